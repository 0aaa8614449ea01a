// Chaskey with its eight rounds (Mouha and others 2014): a keyed hash of 128 bits over octets, for what is found by its hash alone. Nobody
// without the key finds two texts with the same one. Knows words; knows nothing of what they say.

const ROUNDS = 8;
/** Words of a block. */
const BLOCK = 4;

/** A keyed hash of 128 bits. What it said last stands in `words`. */
export class Mac {
  /** The hash that was made last: four words. */
  readonly words: Int32Array = new Int32Array(BLOCK);
  readonly #key: Int32Array;
  /** The keys of a last block that is whole, and of one that is not: the key doubled once and twice in the field of 2^128. */
  readonly #whole: Int32Array;
  readonly #cut: Int32Array;

  /** `key` are 16 octets that nobody can guess. */
  constructor(key: Uint8Array) {
    // A copy of its own: `slice` of a Buffer is a view of a larger one.
    this.#key = new Int32Array(Uint8Array.from(key.subarray(0, BLOCK * 4)).buffer);
    this.#whole = doubled(this.#key);
    this.#cut = doubled(this.#whole);
  }

  /** The hash of `length` octets from `from` on; `bytes` has room for 16 more behind them, which are overwritten. */
  of(bytes: Uint8Array, from: number, length: number): Int32Array {
    const last = from + (length === 0 ? 0 : (length - 1) & ~15);
    const cut = from + length - last < 16;
    if (cut) {
      bytes[from + length] = 1;
      bytes.fill(0, from + length + 1, last + 16);
    }
    const key = this.#key;
    let v0 = key[0]!;
    let v1 = key[1]!;
    let v2 = key[2]!;
    let v3 = key[3]!;
    for (let at = from; at <= last; at += 16) {
      v0 ^= word(bytes, at);
      v1 ^= word(bytes, at + 4);
      v2 ^= word(bytes, at + 8);
      v3 ^= word(bytes, at + 12);
      const end = cut ? this.#cut : this.#whole;
      if (at === last) {
        v0 ^= end[0]!;
        v1 ^= end[1]!;
        v2 ^= end[2]!;
        v3 ^= end[3]!;
      }
      for (let round = 0; round < ROUNDS; round++) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 13) | (v3 >>> 19)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 7) | (v1 >>> 25)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      if (at === last) {
        v0 ^= end[0]!;
        v1 ^= end[1]!;
        v2 ^= end[2]!;
        v3 ^= end[3]!;
      }
    }
    const { words } = this;
    words[0] = v0;
    words[1] = v1;
    words[2] = v2;
    words[3] = v3;
    return words;
  }
}

const word = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

function doubled(key: Int32Array): Int32Array {
  const [k0, k1, k2, k3] = key as unknown as [number, number, number, number];
  return Int32Array.of((k0 << 1) ^ (k3 < 0 ? 0x87 : 0), (k1 << 1) | (k0 >>> 31), (k2 << 1) | (k1 >>> 31), (k3 << 1) | (k2 >>> 31));
}
