// Addresses as names under in-addr.arpa (RFC 1035 section 3.5) and ip6.arpa (RFC 3596 section 2.5), and back.
// Knows addresses and names, nothing of records.

import { parseCIDR, parseIPv4, unmap } from './address.ts';
import { Name, NameError } from './name.ts';

const IN_ADDR = Name.parse('in-addr.arpa.');
const IP6 = Name.parse('ip6.arpa.');

/** The whole reverse name of 4 or 16 octets; an IPv4-mapped address is taken as IPv4 (LIBD-11). */
export function reverseName(address: Uint8Array): Name {
  const octets = unmap(address);
  return octets.length === 4 ? reversePart(octets, 4) : reversePart(octets, 32);
}

/** The reverse name of the first `count` octets (IPv4) or nibbles (IPv6). */
function reversePart(address: Uint8Array, count: number): Name {
  const labels: string[] = [];
  for (let i = 0; i < count; i++) {
    if (address.length === 4) labels.unshift(String(address[i]));
    else labels.unshift((((address[i >> 1] as number) >> (i & 1 ? 0 : 4)) & 15).toString(16));
  }
  return Name.of([...labels, ...(address.length === 4 ? IN_ADDR : IP6).split()]);
}

/** 1 for a name under in-addr.arpa, 2 for one under ip6.arpa, else 0 (LIBD-11). */
export function isReverse(name: Name): 0 | 1 | 2 {
  if (name.isUnder(IN_ADDR) && name.raw.length > IN_ADDR.raw.length) return 1;
  return name.isUnder(IP6) && name.raw.length > IP6.raw.length ? 2 : 0;
}

/** The 4 or 16 octets that a whole reverse name stands for; undefined for others and for parts of one (LIBD-11). */
export function addressOfReverse(name: Name): Uint8Array | undefined {
  const kind = isReverse(name);
  if (kind === 0) return undefined;
  const labels = name.split().slice(0, -2).reverse();
  if (kind === 1) return labels.length === 4 ? parseIPv4(labels.join('.')) : undefined;
  if (labels.length !== 32) return undefined;
  const address = new Uint8Array(16);
  for (let i = 0; i < 32; i++) {
    const nibble = labels[i] as string;
    if (!/^[0-9a-f]$/i.test(nibble)) return undefined;
    address[i >> 1] = (address[i >> 1] as number) | (Number.parseInt(nibble, 16) << (i & 1 ? 0 : 4));
  }
  return address;
}

/**
 * The reverse zones that a prefix such as `10.0.0.0/15` stands for: one where it ends between two octets (IPv4) or nibbles
 * (IPv6), else all the zones below that it covers (KEY-4). Undefined where the text is no prefix, `10.0.0.0/99` among them, and
 * so is a name. Throws NameError for an IPv6 prefix that begins with `:` or `0`, which CoreDNS refuses.
 */
export function reverseZones(text: string): Name[] | undefined {
  const prefix = parseCIDR(text);
  if (prefix === undefined) return undefined;
  if (text.startsWith(':') || (text.startsWith('0') && text.includes(':'))) throw new NameError(`invalid CIDR ${text}`);
  const { network, bits } = prefix;
  const step = network.length === 4 ? 8 : 4;
  const count = Math.ceil(bits / step);
  const zones: Name[] = [];
  const covered = 2 ** (count * step - bits);
  for (let i = 0; i < covered; i++) {
    const child = network.slice();
    if (count > 0) {
      const at = step === 8 ? count - 1 : (count - 1) >> 1;
      const shift = step === 4 && (count & 1) === 1 ? 4 : 0;
      child[at] = (child[at] as number) | (i << shift);
    }
    zones.push(reversePart(child, count));
  }
  return zones;
}
