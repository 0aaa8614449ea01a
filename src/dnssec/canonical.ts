// Names and record data in canonical form (RFC 4034 section 6.2, as RFC 6840 section 5.1 has it): pointers followed, letters lowered where
// the types of old have names. Knows octets and which types hold names; knows nothing of sets or signatures.
import { foldByte } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import { WireError } from '../dns/wire-error.ts';

/** Octets before the first name of some data, character-strings behind those, and how many names follow. */
export type NamesInData = readonly [before: number, strings: number, names: number];

/**
 * The types whose names are lowered: those of RFC 4034 section 6.2 without NSEC (RFC 6840 section 5.1). HINFO has no name, and A6, which is
 * historic (RFC 6563), is octets here. No other type may have its names compressed, so that these alone need to be looked at.
 */
const PLACES: ReadonlyMap<number, NamesInData> = new Map<number, NamesInData>([
  ...[TYPE.NS, TYPE.MD, TYPE.MF, TYPE.CNAME, TYPE.MB, TYPE.MG, TYPE.MR, TYPE.PTR, TYPE.NXT, TYPE.DNAME]
    .map((type): [number, NamesInData] => [type, [0, 0, 1]]),
  ...[TYPE.SOA, TYPE.MINFO, TYPE.RP].map((type): [number, NamesInData] => [type, [0, 0, 2]]),
  ...[TYPE.MX, TYPE.AFSDB, TYPE.RT, TYPE.KX].map((type): [number, NamesInData] => [type, [2, 0, 1]]),
  ...[TYPE.SIG, TYPE.RRSIG].map((type): [number, NamesInData] => [type, [18, 0, 1]]),
  [TYPE.PX, [2, 0, 2]], [TYPE.SRV, [6, 0, 1]], [TYPE.NAPTR, [4, 3, 1]],
]);

/** Where names lie in the data of a type that may have pointers in it; undefined where it may not. */
export const namesInData = (type: number): NamesInData | undefined => PLACES.get(type);

/** More pointers than a name of 255 octets can need. */
const MOST_POINTERS = 126;
/** Where the name that was written last ends where it stood, a pointer included. */
let nameEnd = 0;

/**
 * Writes the name at `at`, pointers followed and letters lowered, to `out` from `to` on; says where it ends there. Pointers count from
 * `base` and lead anywhere before `limit`. Throws WireError where it cannot be followed or is longer than 255 octets.
 */
export function writeCanonicalName(bytes: Uint8Array, at: number, limit: number, base: number, out: Uint8Array, to: number): number {
  const start = to;
  nameEnd = -1;
  for (let pointers = 0; ;) {
    if (at >= limit) throw new WireError('name runs over the end', at);
    const size = bytes[at]!;
    if (size >= 0xc0) {
      if (at + 2 > limit || ++pointers > MOST_POINTERS) throw new WireError('bad compression pointer', at);
      if (nameEnd < 0) nameEnd = at + 2;
      at = base + (((size & 0x3f) << 8) | bytes[at + 1]!);
      continue;
    }
    if (size > 63) throw new WireError('reserved label type', at);
    if (to - start + size + 1 > 255 || at + size + 1 > limit) throw new WireError('name longer than 255 octets', at);
    out[to++] = size;
    for (let i = at + 1, end = at + size; i <= end; i++) out[to++] = foldByte(bytes[i]!);
    at += size + 1;
    if (size === 0) break;
  }
  if (nameEnd < 0) nameEnd = at;
  return to;
}

/**
 * Writes `length` octets of record data at `at` in canonical form to `out` from `to` on, which has room for 512 more than that; says where
 * they end there. `limit` and `base` as for `writeCanonicalName`: the message's, or the data's own. Throws WireError.
 */
export function writeCanonicalData(
  type: number, bytes: Uint8Array, at: number, length: number, limit: number, base: number, out: Uint8Array, to: number,
): number {
  const end = at + length;
  const place = PLACES.get(type);
  if (place !== undefined && length > 0) {
    let from = at + place[0];
    for (let n = 0; n < place[1]; n++) from += 1 + (bytes[from] ?? 0);
    if (from > end) throw new WireError('data runs over the end', at);
    while (at < from) out[to++] = bytes[at++]!;
    for (let n = 0; n < place[2]; n++) {
      if (at >= end) throw new WireError('data runs over the end', at);
      to = writeCanonicalName(bytes, at, limit, base, out, to);
      at = nameEnd;
    }
    if (at > end) throw new WireError('data runs over the end', at);
  }
  if (end - at > 48) {
    out.set(bytes.subarray(at, end), to);
    return to + end - at;
  }
  while (at < end) out[to++] = bytes[at++]!;
  return to;
}

/** How many labels the wire name at `at` has, the root's not counted. */
export function labelsOf(name: Uint8Array, at = 0): number {
  let count = 0;
  for (let size = name[at]!; size !== 0 && at < name.length; size = name[at]!) {
    at += size + 1;
    count++;
  }
  return count;
}

/** Labels of a name as signatures count them: neither the root's nor a `*` in front (RFC 4034 section 3.1.3). */
export function signedLabels(name: Uint8Array, at = 0): number {
  return labelsOf(name, at) - (name[at] === 1 && name[at + 1] === 0x2a ? 1 : 0);
}
