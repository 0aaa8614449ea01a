// A keyed hash of 64 bits that is made label by label, so that the hash of a name is on the way to that of each name below it. Knows bytes
// and the key of one memory; knows nothing of what a label belongs to.
//
// Each label runs HalfSipHash-1-3 (https://131002.net/siphash) from the two words of the state and the key to two words: nobody without the
// key finds two names with the same hash, and letters have no case.
import { HASH } from './layout.ts';

/** Words with A-Z folded to a-z; a length of up to 63 in the last byte is no letter. */
function fold(word: number): number {
  const low = word & 0x7f7f7f7f;
  return word | ((((low + 0x3f3f3f3f) ^ (low + 0x25252525)) & ~word & 0x80808080) >>> 2);
}

/** The hash of what was absorbed since the last `reset`: two words. */
export class LabelHash {
  /** The two words. Never both 0 after a label. */
  a = 0;
  b = 0;
  readonly #k0: number;
  readonly #k1: number;

  /** With the key of the memory: a hash says nothing elsewhere. */
  constructor({ words }: { readonly words: Int32Array }) {
    this.#k0 = words[HASH]!;
    this.#k1 = words[HASH + 1]!;
  }

  /** The hash of no label. */
  reset(): void {
    this.a = 0;
    this.b = 0;
  }
  /** Goes on with the label of at most 63 octets from `at` to `end`. */
  absorb(bytes: Uint8Array, at: number, end: number): void {
    const k0 = this.#k0, k1 = this.#k1;
    const length = end - at;
    let v0 = this.a ^ k0;
    let v1 = this.b ^ k1;
    let v2 = 0x6c796765 ^ k0;
    let v3 = 0x74656462 ^ k1;
    for (let i = at, last = false; !last; i += 4) {
      const left = end - i;
      last = left < 4;
      const m = fold(last
        ? (length << 24) | (left > 0 ? bytes[i]! : 0) | (left > 1 ? bytes[i + 1]! << 8 : 0) | (left > 2 ? bytes[i + 2]! << 16 : 0)
        : bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
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
    this.a = v0 ^ v2;
    this.b = v1 ^ v3;
  }
}
