// The names that an answer leads to: what aliases, HTTPS and SVCB records point at. Knows replies as bytes; judges nothing.
import { HEADER, nameLength, skipName, u16 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';

const name = new Uint8Array(256);

/** A reply that was written. */
interface Reply {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly length: number;
  readonly questionEnd: number;
}

/**
 * Calls with each name that the answer section leads to, in wire form from the beginning of the bytes, until `call` is true; says
 * whether it was. What cannot be read ends the walk.
 */
export function someTarget({ bytes, at, length, questionEnd }: Reply, call: (bytes: Uint8Array) => boolean): boolean {
  const end = at + length;
  let i = at + (questionEnd < HEADER ? HEADER : questionEnd);
  for (let left = u16(bytes, at + 6); left > 0; left--) {
    const fixed = skipName(bytes, i, end);
    if (fixed < 0 || fixed + 10 > end) return false;
    const type = u16(bytes, fixed);
    i = fixed + 10 + u16(bytes, fixed + 8);
    if (i > end) return false;
    const target = type === TYPE.CNAME || type === TYPE.DNAME ? fixed + 10 : type === TYPE.HTTPS || type === TYPE.SVCB ? fixed + 12 : 0;
    if (target !== 0 && target < i && expand(bytes, target, at, end) && call(name)) return true;
  }
  return false;
}
/** Writes the name at an offset without pointers; false where it cannot be followed, or is the root. */
function expand(bytes: Uint8Array, from: number, start: number, end: number): boolean {
  const size = nameLength(bytes, from, start, end);
  if (size <= 1) return false;
  for (let i = 0, next = from; i < size; ) {
    const label = bytes[next]!;
    if (label >= 192) next = start + (((label & 63) << 8) | bytes[next + 1]!);
    else for (let stop = next + label; next <= stop; next++) name[i++] = bytes[next]!;
  }
  return true;
}
