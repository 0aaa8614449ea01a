// HalfSipHash-1-3 over 32-bit words with a key drawn once a process. Knows words; knows nothing of names.
// A multiplicative hash can be made to collide whatever its seed; this one cannot be without the key.

import { closeSync, openSync, readSync } from 'node:fs';

/** Words that nobody can guess, from the system's generator as it is: loading the engine's own takes five milliseconds of a start. */
function drawn(): Int32Array {
  const words = new Int32Array(2);
  try {
    const file = openSync('/dev/urandom', 'r');
    const length = readSync(file, words, {});
    closeSync(file);
    if (length === words.byteLength) return words;
  } catch {
    // A system without that file.
  }
  return crypto.getRandomValues(words);
}
let [k0, k1] = drawn() as unknown as [number, number];

/** The process's hash key, to be handed to its other threads. */
export const hashKey = (): readonly [number, number] => [k0, k1];
/** Takes over the key of the process; before any name is hashed in this thread. */
export function useHashKey(key: readonly [number, number]): void {
  [k0, k1] = key;
}

/** HalfSipHash-1-3 of `count` words from `at`: a signed 32-bit number (https://131002.net/siphash). */
export function hashWords(words: Int32Array, at: number, count: number): number {
  let v0 = k0;
  let v1 = k1;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  for (let i = at, end = at + count; i <= end; i++) {
    const m = i < end ? words[i]! : count << 26;
    v3 ^= m;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= m;
  }
  v2 ^= 0xff;
  for (let round = 0; round < 3; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  return v1 ^ v3;
}
