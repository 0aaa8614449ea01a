// The record sets of one name as a stored zone has them: bytes that are copied into a reply and patched. Knows their layout; knows no zone,
// name or reply.
//
//   set      type u16, how many records u16, bytes of them u16, flags u16, then the records; behind the last set stands a type 0
//   record   owner C0 0C, type, class IN, TTL, length of the data, data: as it goes on the wire where the owner is the question
//   names    with the flag CUT, a name that ends the data may lack its end: C0 00 stands for the zone's name, C0 01 for the record's
//            owner, which is no wildcard then, since that is told with the owner that was asked for. A set in which a whole name ends in
//            a label that ends in C0 is never cut, so both are told from names by their end
//   order    the signatures of a set (RRSIG) follow it directly, as a set of their own
import { u16 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';

/** Bytes of a set before its records. */
export const SET_HEAD = 8;
/** Bytes of a record before its data. */
export const RECORD_HEAD = 12;
/** Flag of a set: names in it may lack their end. */
export const CUT = 1;
/** The second byte of what stands in place of an end, behind C0. */
export const ZONE_END = 0, OWNER_END = 1;

/** The type of the set at `at`; 0 behind the last one. */
export const typeAt = u16;
/** How many records the set has. */
export const recordsIn = (bytes: Uint8Array, set: number): number => u16(bytes, set + 2);
/** Bytes of its records. */
export const sizeOf = (bytes: Uint8Array, set: number): number => u16(bytes, set + 4);
/** Whether names in it may lack their end. */
export const isCut = (bytes: Uint8Array, set: number): boolean => (bytes[set + 7]! & CUT) !== 0;
/** Which end the data lack that end at `end`, in a set of this kind: `ZONE_END`, `OWNER_END`; -1: none. */
export const lackingEnd = (bytes: Uint8Array, mayLack: boolean, end: number): number =>
  (mayLack && bytes[end - 2] === 0xc0 && bytes[end - 1]! <= OWNER_END ? bytes[end - 1]! : -1);
/** Where the next set begins, or the 0. */
export const nextSet = (bytes: Uint8Array, set: number): number => set + SET_HEAD + u16(bytes, set + 4);

/** Where the set of this type begins among those from `sets` on; 0 where there is none. For RRSIG it is the first one of several. */
export function findSet(bytes: Uint8Array, sets: number, type: number): number {
  if (sets === 0) return 0;
  for (let at = sets; ; at = nextSet(bytes, at)) {
    const found = u16(bytes, at);
    if (found === type) return at;
    if (found === 0) return 0;
  }
}
/** Where the signatures of a set begin, 0 where it has none. */
export function signaturesOf(bytes: Uint8Array, set: number): number {
  const at = nextSet(bytes, set);
  return u16(bytes, at) === TYPE.RRSIG ? at : 0;
}
