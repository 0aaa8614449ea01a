// Which addresses checks may reach. Whoever registers says where this server connects to, so what only this machine or its network's own
// services should hear is refused unless it is allowed. Knows addresses; opens nothing.
import { inPrefix, parseAddress, parseCIDR, unmap } from '../../../dns/address.ts';
import type { CIDR } from '../../../dns/address.ts';

const networks = (texts: readonly string[]): readonly CIDR[] => texts.map((text) => parseCIDR(text)!);
/** By their kind; the metadata of clouds stands at addresses of its own at AWS, Azure, Google, Oracle and Alibaba. */
const REFUSED: readonly (readonly [what: string, networks: readonly CIDR[]])[] = [
  ['an address of this machine', networks(['127.0.0.0/8', '::1/128', '0.0.0.0/8', '::/128'])],
  ['an address of metadata', networks(['169.254.169.254/32', 'fd00:ec2::/32', 'fd20:ce::254/128', '168.63.129.16/32', '192.0.0.192/32',
    '100.100.100.200/32'])],
  ['a link-local address', networks(['169.254.0.0/16', 'fe80::/10'])],
  ['an address of many', networks(['224.0.0.0/4', '255.255.255.255/32', 'ff00::/8'])],
];
/** Networks whose addresses have one of IPv4 in their last octets (RFC 6052, RFC 4291 section 2.5.5.1). */
const EMBEDDING = networks(['64:ff9b::/96', '::/96']);

/** Why an address may not be reached; undefined: it may. */
export function refusedAddress(text: string, allowed: readonly Pick<CIDR, 'network' | 'bits'>[]): string | undefined {
  const parsed = parseAddress(text);
  if (parsed === undefined) return 'no address';
  const address = unmap(parsed);
  const isIn = (each: Uint8Array, list: readonly Pick<CIDR, 'network' | 'bits'>[]): boolean =>
    list.some(({ network, bits }) => inPrefix(each, network, bits));
  if (isIn(address, allowed)) return undefined;
  const faces = address.length === 16 && isIn(address, EMBEDDING) ? [address, address.subarray(12)] : [address];
  return REFUSED.find(([, list]) => faces.some((face) => isIn(face, list)))?.[0];
}
