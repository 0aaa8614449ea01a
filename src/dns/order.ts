// Orders: of names as DNSSEC has it (RFC 4034 section 6.1), and of serial numbers (RFC 1982). Knows nothing of zones.

import type { Name } from './name.ts';

/** The offsets of the labels of a name, leftmost first. */
function offsets(key: string): number[] {
  const list: number[] = [];
  for (let at = 0; at < key.length - 1; at += 1 + key.charCodeAt(at)) list.push(at);
  return list;
}

/** Below 0 where `a` comes before `b`, above where behind: label by label from the right, by octets, case aside (LIBD-10). */
export function compareNames(a: Name, b: Name): number {
  const one = a.key;
  const other = b.key;
  if (one === other) return 0;
  const ones = offsets(one);
  const others = offsets(other);
  for (let i = ones.length - 1, j = others.length - 1; i >= 0 && j >= 0; i--, j--) {
    const at = ones[i] as number;
    const bt = others[j] as number;
    const label = one.slice(at + 1, at + 1 + one.charCodeAt(at));
    const against = other.slice(bt + 1, bt + 1 + other.charCodeAt(bt));
    if (label !== against) return label < against ? -1 : 1;
  }
  return ones.length - others.length;
}

/**
 * Below 0 where serial `a` is older than `b`, above where newer, 0 where they are the same (RFC 1982 section 3.2). Of two that
 * are 2^31 apart, which RFC 1982 leaves open, the larger number is newer.
 */
export function compareSerials(a: number, b: number): number {
  if (a === b) return 0;
  const ahead = (a - b) >>> 0;
  if (ahead === 0x80000000) return a < b ? -1 : 1;
  return ahead < 0x80000000 ? 1 : -1;
}
