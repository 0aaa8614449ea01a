// How names are spelled: whether a question has capitals, and what name stands at a place of a reply. Knows the bytes of names alone.
import { HEADER, foldByte, u16 } from '../dns/packet.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';

/** Octets of the longest name (RFC 1035 section 2.3.4). */
export const LONGEST_NAME = 255;

/** Whether the question was asked in lower case: then its key, which must have been made, is its spelling. */
export function isLowerCase(query: Query): boolean {
  const { words, nameLength } = query;
  const name = (query.at + HEADER) >> 2;
  const key = query.keyAt >> 2;
  const whole = nameLength >> 2;
  for (let i = 0; i < whole; i++) if (words[name + i] !== words[key + i]) return false;
  const rest = nameLength & 3;
  return rest === 0 || (words[name + whole]! & ((1 << (rest * 8)) - 1)) === words[key + whole];
}

/** Copies the name at offset `from` of a reply to the start of `to`, without pointers; says how long it is, 0 where it is none. */
export function copyNameAt({ bytes, at }: Message, from: number, to: Uint8Array): number {
  let length = 0;
  for (let next = at + from, hops = 0; hops < 128; ) {
    const size = bytes[next]!;
    if (size >= 0xc0) {
      next = at + (u16(bytes, next) & 0x3fff);
      hops++;
      continue;
    }
    if (length + size + 1 > LONGEST_NAME) return 0;
    for (let i = 0; i <= size; i++) to[length++] = bytes[next++]!;
    if (size === 0) return length;
  }
  return 0;
}

/** Whether a name of `length` octets is the one that stands in lower case at `from` of `other`, or is below it. */
export function isUnder(name: Uint8Array, length: number, other: Uint8Array, from = 0): boolean {
  let size = 1;
  for (let at = from; other[at] !== 0; at += other[at]! + 1) size += other[at]! + 1;
  const end = length - size;
  let at = 0;
  while (at < end) at += name[at]! + 1;
  if (at !== end) return false;
  for (let i = 0; i < size; i++) if (foldByte(name[end + i]!) !== other[from + i]) return false;
  return true;
}
