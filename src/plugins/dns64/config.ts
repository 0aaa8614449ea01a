// The settings of *dns64* (D64-1). Knows words and prefixes.
import type { Directive, PropertyReaders } from '../../corefile/directive.ts';
import { parseCIDR, printAddress } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { WELL_KNOWN, readTranslationPrefix } from '../../dns/embedded.ts';
import type { TranslationPrefix } from '../../dns/embedded.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { quoted } from '../../wording/quote.ts';

/** What a block's `dns64` says. */
export interface Settings extends TranslationPrefix {
  /** Whether names that have AAAA records get made ones in their place. */
  readonly translateAll: boolean;
  /** Whether clients that ask over IPv4 get them too. */
  readonly allowIpv4: boolean;
  /** AAAA records in these networks are as if they were not there (RFC 6147 section 5.1.4). */
  readonly excluded: readonly Network[];
  /** Whether every address behind the prefix is an alias of the address in it, for everybody. */
  readonly ptr: boolean;
}

/** A network of IPv6 addresses: its 16 octets, and how many bits of them count. */
export type Network = Pick<CIDR, 'network' | 'bits'>;

/** `::ffff:0:0/96`: an IPv4 address is in it, which no client can reach over IPv6. */
const MAPPED: Network = { network: Uint8Array.of(...new Uint8Array(10), 0xff, 0xff, 0, 0, 0, 0), bits: 96 };

/** Reads every `dns64` of a block; what a later line says holds. */
export function readSettings(lines: Lines): Settings {
  let settings: Settings = { ...WELL_KNOWN, translateAll: false, allowIpv4: false, excluded: [MAPPED], ptr: false };
  // CoreDNS does not have these two: there is no way of its own to read them behind a prefix on the line.
  const own: PropertyReaders = {
    exclude: (property) => {
      settings = { ...settings, excluded: [...settings.excluded, ...readNetworks(property)] };
    },
    ptr: (property) => {
      property.end();
      settings = { ...settings, ptr: true };
    },
  };
  for (const line of lines) {
    if (line.more) {
      settings = { ...settings, ...readPrefix(line) };
      line.end();
      line.properties(own, (inner) => {
        settings = { ...settings, ...readStray(inner) };
      });
      continue;
    }
    line.properties({
      ...own,
      prefix: (property) => {
        settings = { ...settings, ...readPrefix(property) };
      },
      translate_all: () => {
        settings = { ...settings, translateAll: true };
      },
      allow_ipv4: () => {
        settings = { ...settings, allowIpv4: true };
      },
    });
  }
  return settings;
}

/** One network or more. */
function readNetworks(line: Directive): Network[] {
  const networks: Network[] = [];
  do {
    const text = line.arg();
    const found = parseCIDR(text);
    if (found === undefined) return line.fail(`invalid CIDR address: ${text}`, 'a network is written as 2001:db8::/32');
    const shown = quoted(`${printAddress(found.network)}/${found.bits}`);
    if (found.network.length !== 16) line.fail(`invalid netmask 32 IPv6 address: ${shown}`, 'AAAA records have IPv6 addresses');
    networks.push(found);
  } while (line.more);
  return networks;
}

/** CoreDNS does not read the block behind a prefix: each line of it counts as another `dns64`, whose word is not looked at. */
function readStray(line: Directive): Partial<Settings> {
  if (line.args.length <= 1) return line.more ? readPrefix(line) : {};
  line.rest();
  return line.wrongArgs();
}
/** 32, 40, 48, 56, 64 or 96 bits: no other prefix has a way to write an address behind it (D64-5). */
function readPrefix(line: Directive): TranslationPrefix {
  const text = line.arg();
  const found = readTranslationPrefix(text);
  if ('octets' in found) return found;
  if (found.fault === 'none') return line.refuse(`invalid CIDR address: ${text}`);
  if (found.fault === 'family') return line.fail(`invalid netmask ${found.bits} IPv6 address: ${quoted(found.shown)}`);
  return line.fail(`invalid prefix length ${quoted(found.shown)}`, 'a prefix has 32, 40, 48, 56, 64 or 96 bits');
}
