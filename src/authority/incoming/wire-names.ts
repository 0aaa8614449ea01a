// Names of a message without their pointers, in record data as well (RFC 1035 section 4.1.4, RFC 3597 section 4). Knows which types have
// names; knows no zone.
import { WireError } from '../../dns/wire.ts';
import { TYPE } from '../../dns/type-name.ts';

/** Octets of the longest name. */
const LONGEST = 255;
/** Of each type with names that somebody may have compressed: the octets before the first one, and how many follow each other. */
const NAMES: ReadonlyMap<number, Names> = new Map<number, Names>([
  ...of([0, 1], TYPE.NS, TYPE.CNAME, TYPE.PTR, TYPE.DNAME, TYPE.MB, TYPE.MG, TYPE.MR, TYPE.MD, TYPE.MF, TYPE.NSEC, TYPE.NXT),
  ...of([0, 2], TYPE.SOA, TYPE.MINFO, TYPE.RP), ...of([2, 1], TYPE.MX, TYPE.AFSDB, TYPE.RT, TYPE.KX), ...of([2, 2], TYPE.PX),
  ...of([6, 1], TYPE.SRV), ...of([18, 1], TYPE.SIG, TYPE.RRSIG),
]);
type Names = readonly [before: number, names: number];
function of(names: Names, ...types: readonly number[]): [number, Names][] {
  return types.map((type) => [type, names]);
}

/** Uncompressed data of a record, a copy in which the letters of names are lower case: equal data are equal octets then (RFC 4343). */
export function foldData(type: number, data: Uint8Array, length: number): Uint8Array {
  const copy = data.slice(0, length);
  const [before, names] = NAMES.get(type) ?? (type === TYPE.NAPTR ? [beforeReplacement(copy, 0, length), 1] : [length, 0]);
  let i = before;
  for (let n = 0; n < names; n++, i++) {
    for (let size = copy[i] ?? 0; size !== 0; size = copy[i] ?? 0) {
      const end = Math.min(length, i + 1 + size);
      for (i++; i < end; i++) if (copy[i]! >= 65 && copy[i]! <= 90) copy[i]! |= 32;
    }
  }
  return copy;
}

/** Where the name that was read last ends in the message. */
let after = 0;

/**
 * Writes the name at `at`, whose pointers lead into the `end` octets of the message before, to `to`; the offset behind it there. Throws
 * WireError where it is none.
 */
export function copyName(bytes: Uint8Array, at: number, end: number, into: Uint8Array, to: number): number {
  const start = to;
  let jumped = false;
  for (let hops = 0; ; ) {
    if (at >= end) throw new WireError('a name runs over the end', at);
    const size = bytes[at]!;
    if (size >= 192) {
      if (at + 2 > end) throw new WireError('a pointer runs over the end', at);
      const target = ((size & 63) << 8) | bytes[at + 1]!;
      if (!jumped) after = at + 2;
      jumped = true;
      if (target >= at || ++hops > 128) throw new WireError('a pointer does not lead backwards', at);
      at = target;
      continue;
    }
    if (size > 63) throw new WireError('a label of no known kind', at);
    if (to - start + size + 1 > LONGEST) throw new WireError('a name has more than 255 octets', at);
    if (at + size + 1 > end) throw new WireError('a label runs over the end', at);
    for (let i = 0; i <= size; i++) into[to + i] = bytes[at + i]!;
    to += size + 1;
    at += size + 1;
    if (size !== 0) continue;
    if (!jumped) after = at;
    return to;
  }
}
/** Where the name that was copied last ends in its message. */
export const behindName = (): number => after;

/** Writes the data of a record of `length` octets at `at` to `into`, names without pointers; how many octets it has. Throws WireError. */
export function copyData(bytes: Uint8Array, at: number, length: number, type: number, into: Uint8Array): number {
  const end = at + length;
  const [before, names] = NAMES.get(type) ?? (type === TYPE.NAPTR ? [beforeReplacement(bytes, at, end), 1] : [length, 0]);
  if (before > length) throw new WireError('data is too short for its type', at);
  let from = at;
  let to = 0;
  for (const first = at + before; from < first; ) into[to++] = bytes[from++]!;
  for (let n = 0; n < names; n++) {
    to = copyName(bytes, from, end, into, to);
    from = behindName();
  }
  while (from < end) into[to++] = bytes[from++]!;
  return to;
}
/** Octets of order, preference, flags, services and regular expression (RFC 3403 section 4.1). */
function beforeReplacement(bytes: Uint8Array, at: number, end: number): number {
  let i = at + 4;
  for (let strings = 0; strings < 3 && i < end; strings++) i += 1 + bytes[i]!;
  return i - at;
}
