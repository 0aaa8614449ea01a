/** The reverse zones of a network, `10.0.0.0/8` to `10.in-addr.arpa.`; knows addresses as text, and nothing of keys. */

/**
 * The zones that cover a network exactly: one on the boundary of a label (8 bits of IPv4, 4 of IPv6), several off it (KEY-4).
 * Undefined when the text is no network with a mask.
 */
export function reverseZones(network: string): [string, ...string[]] | undefined {
  const slash = network.indexOf('/');
  if (slash === -1 || !/^[0-9]{1,8}$/.test(network.slice(slash + 1))) return undefined;
  const mask = Number(network.slice(slash + 1));
  const address = network.slice(0, slash);
  const four = parseIPv4(address);
  if (four !== undefined) return mask > 32 ? undefined : zones(four, 8, mask, 'in-addr.arpa.');
  const six = parseIPv6(address);
  return six === undefined || mask > 128 ? undefined : zones(six.flatMap(nibbles), 4, mask, 'ip6.arpa.');
}

function zones(digits: readonly number[], bits: number, mask: number, suffix: string): [string, ...string[]] {
  const whole = digits.slice(0, Math.floor(mask / bits));
  const left = mask % bits;
  if (left === 0) return [zone(whole, bits, suffix)];
  const size = 1 << (bits - left);
  const first = (digits[whole.length] as number) & ~(size - 1);
  const each = Array.from({ length: size }, (_, index) => zone([...whole, first + index], bits, suffix));
  return each as [string, ...string[]];
}

function zone(digits: readonly number[], bits: number, suffix: string): string {
  const labels = digits.toReversed().map((digit) => digit.toString(bits === 4 ? 16 : 10));
  return [...labels, suffix].join('.');
}

function nibbles(group: number): number[] {
  return [group >> 12, (group >> 8) & 15, (group >> 4) & 15, group & 15];
}

/** Four numbers without leading zeros. */
function parseIPv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return parts.map(Number);
}

/** Eight groups of 16 bits; the last two may be written as an IPv4 address. */
function parseIPv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const before = groups(halves[0] as string, halves.length === 1);
  const after = groups(halves[1] ?? '', true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...before, ...Array<number>(missing).fill(0), ...after];
}

function groups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const found: number[] = [];
  for (const [index, part] of parts.entries()) {
    const four = last && index === parts.length - 1 ? parseIPv4(part) : undefined;
    if (four !== undefined) {
      const [a, b, c, d] = four as [number, number, number, number];
      found.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) found.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return found;
}
