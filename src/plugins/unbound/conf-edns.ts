// What an unbound.conf says of EDNS options: this server's identifier, and strings for servers in some networks. Knows settings.
import { inPrefix, parseAddress } from '../../dns/address.ts';
import { parseHex } from '../../dns/field-text.ts';
import type { EdnsOption } from '../../dns/opt.ts';
import { networks, wrong } from './conf-said.ts';
import type { Said } from './conf-said.ts';

/** The option code of client strings where none is said (the first one for local use, RFC 6891 section 9). */
const CLIENT_STRING = 65001;

/** `nsid`: hexadecimal, or text after `ascii_` (RFC 5001). Throws ConfError. */
export function identifierOf(said: Said): Uint8Array | undefined {
  const found = said.last('nsid');
  if (found === undefined || found.values[0] === '') return undefined;
  const [text = ''] = found.values;
  if (text.startsWith('ascii_')) return Buffer.from(text.slice('ascii_'.length));
  try {
    return parseHex(text);
  } catch {
    throw wrong(found, 'hexadecimal, or ascii_ and text');
  }
}
/** `edns-client-string`: the string of the nearest network that a server is in. Throws ConfError. */
export function clientStrings(said: Said): (address: string) => readonly EdnsOption[] {
  const code = said.number('edns-client-string-opcode', CLIENT_STRING);
  const strings = said.all('edns-client-string').map((setting) => {
    const [network] = networks([setting]);
    return { network: network!, options: [{ code, data: Buffer.from(setting.values[1]!) }] };
  }).sort((one, other) => other.network.bits - one.network.bits);
  if (strings.length === 0) return () => [];
  return (address) => {
    const octets = parseAddress(address);
    return octets === undefined ? [] : strings.find(({ network }) => inPrefix(octets, network.address, network.bits))?.options ?? [];
  };
}
