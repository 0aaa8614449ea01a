// The case of the letters of a name, drawn at random, which a forger has to guess too (draft-vixie-dnsext-dns0x20). Knows bytes of names;
// knows nothing of sockets.
import type { RandomIds } from './random-ids.ts';

const isLetter = (byte: number): boolean => (byte | 32) >= 97 && (byte | 32) <= 122;

/** Draws each letter of the name at `at`, which has no pointers, anew. A copy of what was drawn. */
export function drawLetters(bytes: Uint8Array, at: number, length: number, ids: RandomIds): Uint8Array {
  let bits = 0;
  let left = 0;
  for (let i = at; i < at + length; i++) {
    // Lengths are below 64, so they are no letters.
    if (!isLetter(bytes[i]!)) continue;
    if (left === 0) {
      bits = ids.next();
      left = 16;
    }
    bytes[i] = (bits & 1) === 0 ? bytes[i]! | 32 : bytes[i]! & ~32;
    bits >>= 1;
    left--;
  }
  return bytes.slice(at, at + length);
}

/** Whether the name at `at` has these very letters. */
export function sameLetters(drawn: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < drawn.length; i++) if (drawn[i] !== bytes[at + i]) return false;
  return true;
}

/** Writes a name as it was asked wherever the message repeats it as it was drawn, up to `end`: nobody else shall see the letters. */
export function restoreLetters(drawn: Uint8Array, bytes: Uint8Array, at: number, end: number, asked: Uint8Array, askedAt: number): void {
  const last = end - drawn.length;
  for (let i = bytes.indexOf(drawn[0]!, at); i >= 0 && i <= last; i = bytes.indexOf(drawn[0]!, i + 1)) {
    if (sameLetters(drawn, bytes, i)) for (let k = 0; k < drawn.length; k++) bytes[i + k] = asked[askedAt + k]!;
  }
}
