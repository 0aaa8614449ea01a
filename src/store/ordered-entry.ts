// An entry of pages that have an order: its hash, its key, and what is its owner's behind that. Knows where these lie; knows nothing of
// what keys mean.
//
// In words: 0 hash, 1 bytes of the key with the owner's flags above them (16 bits each), then the key's bytes and the owner's bytes.

/** Bytes before an entry's key. */
export const KEY_AT = 8;

/** Bytes of an entry's key. */
export const keyLength = (words: Int32Array, entry: number): number => words[entry + 1]! & 0xffff;

/** Below 0, 0 or above 0, as the first bytes stand before, are, or stand behind the second. The beginning of another stands before it. */
export function compareBytes(a: Uint8Array, at: number, length: number, b: Uint8Array, from: number, size: number): number {
  const shared = length < size ? length : size;
  for (let i = 0; i < shared; i++) {
    const difference = a[at + i]! - b[from + i]!;
    if (difference !== 0) return difference;
  }
  return length - size;
}

/** How an entry's key stands to another: see `compareBytes`. */
export const compareKey = (words: Int32Array, bytes: Uint8Array, entry: number, key: Uint8Array, length: number): number =>
  compareBytes(bytes, entry * 4 + KEY_AT, words[entry + 1]! & 0xffff, key, 0, length);
