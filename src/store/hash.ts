// HalfSipHash-1-3 over 32-bit words with a key that belongs to one memory: it is drawn with it and lies in its header, so that all threads
// have the same. Knows words; knows nothing of names.
// A multiplicative hash can be made to collide whatever its seed; this one cannot be without the key.
import { closeSync, openSync, readSync } from 'node:fs';

/** A keyed hash. Two memories have two, and a hash of one says nothing in the other. */
export class Hash {
  readonly #k0: number;
  readonly #k1: number;

  /** The key as two words. */
  constructor(k0: number, k1: number) {
    this.#k0 = k0;
    this.#k1 = k1;
  }

  /** One of its own, for what no memory keeps. */
  static drawn(): Hash {
    const [k0, k1] = drawKey();
    return new Hash(k0!, k1!);
  }

  /** HalfSipHash-1-3 of `count` words from `at`: a signed 32-bit number (https://131002.net/siphash). */
  of(words: Int32Array, at: number, count: number): number {
    let v0 = this.#k0;
    let v1 = this.#k1;
    let v2 = 0x6c796765 ^ v0;
    let v3 = 0x74656462 ^ v1;
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

  /**
   * The hashes of beginnings of bytes, in one pass: `hashes[n]` of the first `ends[n]` of them, for `n` from `first` to `last`. Each piece
   * between two ends is words of its own, the last one filled up with 0: what begins alike ends its pieces at the same places.
   */
  ofBeginnings(bytes: Uint8Array, ends: Int32Array, first: number, last: number, hashes: Int32Array): void {
    let v0 = this.#k0;
    let v1 = this.#k1;
    let v2 = 0x6c796765 ^ v0;
    let v3 = 0x74656462 ^ v1;
    let at = 0;
    let count = 0;
    for (let n = 0; ; n++) {
      if (n >= first) hashes[n] = finish(v0, v1, v2, v3, count << 26);
      if (n === last) return;
      for (const end = ends[n + 1]!; at < end; count++) {
        let m = bytes[at++]!;
        for (let shift = 8; shift < 32 && at < end; shift += 8) m |= bytes[at++]! << shift;
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
    }
  }
}
/** The last word and the rounds that end a hash. */
function finish(w0: number, w1: number, w2: number, w3: number, m: number): number {
  let v0 = w0;
  let v1 = w1;
  let v2 = w2;
  let v3 = w3 ^ m;
  for (let round = 0; round < 4; round++) {
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
    if (round > 0) continue;
    v0 ^= m;
    v2 ^= 0xff;
  }
  return v1 ^ v3;
}

/** A key that nobody can guess, from the system's generator as it is: loading the engine's own takes five milliseconds of a start. */
export function drawKey(): Int32Array {
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
