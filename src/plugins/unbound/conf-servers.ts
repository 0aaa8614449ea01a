// Which addresses of servers an unbound.conf lets be asked, and at which others a translator has them. Knows settings and addresses.
import { inPrefix, parseAddress, parseCIDR, printAddress } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { WELL_KNOWN, embed, extract, readTranslationPrefix } from '../../dns/embedded.ts';
import type { TranslationPrefix } from '../../dns/embedded.ts';
import { networks, wrong } from './conf-said.ts';
import type { Said } from './conf-said.ts';

const LOOPBACK: readonly CIDR[] = ['127.0.0.0/8', '::1/128'].map((text) => parseCIDR(text)!);

/** What may be asked. */
export interface ServerRules {
  readonly refused: (address: string) => boolean;
  readonly translated: ((address: string) => string) | undefined;
}

/** `do-not-query-address`, `do-nat64` and what belongs to them. Throws ConfError. */
export function serverRules(said: Said): ServerRules {
  const refused = [...networks(said.all('do-not-query-address')), ...(said.yes('do-not-query-localhost', true) ? LOOPBACK : [])];
  const prefix = said.yes('do-nat64', false) ? translationPrefix(said) : undefined;
  const isRefused = (octets: Uint8Array): boolean => refused.some(({ address, bits }) => inPrefix(octets, address, bits));
  return {
    refused(text) {
      const octets = parseAddress(text);
      if (octets === undefined) return false;
      // Behind the translator is the world of IPv4, whatever is said of IPv6.
      return prefix === undefined || extract(prefix, octets) === undefined ? isRefused(octets) : false;
    },
    translated: prefix === undefined ? undefined : (text) => printAddress(embed(prefix, parseAddress(text)!)),
  };
}
function translationPrefix(said: Said): TranslationPrefix {
  const found = said.last('nat64-prefix') ?? said.last('dns64-prefix');
  if (found === undefined) return WELL_KNOWN;
  const prefix = readTranslationPrefix(found.values[0]!);
  if ('fault' in prefix) throw wrong(found, 'a network of IPv6 with 32, 40, 48, 56, 64 or 96 bits');
  return prefix;
}
