// The types at a name as NSEC and NSEC3 have them (RFC 4034 section 4.1.2). Knows octets; knows no record.
import { typeBitmap } from '../dns/field-number.ts';
import { Writer } from '../dns/wire.ts';

/** The bitmap of these types, in any order. */
export function bitmapOf(types: readonly number[]): Uint8Array {
  const writer = new Writer();
  typeBitmap.write(writer, types);
  return writer.slice();
}

/** Whether a type is in the bitmap from `at` up to `end`. What is malformed has none. */
export function isInBitmap(bitmap: Uint8Array, type: number, at = 0, end: number = bitmap.length): boolean {
  while (at + 2 < end) {
    const window = bitmap[at]!;
    const length = bitmap[at + 1]!;
    if (window === type >> 8) {
      const octet = (type & 0xff) >> 3;
      return octet < length && at + 2 + octet < end && (bitmap[at + 2 + octet]! & (0x80 >> (type & 7))) !== 0;
    }
    at += 2 + length;
  }
  return false;
}
