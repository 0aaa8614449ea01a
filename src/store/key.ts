// The key of an entry: words wherever they lie, how many bytes of them, and a flavour. Knows words, the store's hash, and names as wire
// text; knows no store.
import type { Hash } from './hash.ts';

const IN = 1;
/** Words of a name of 255 octets with its type and class, and of two texts of 255 octets with their lengths. */
const ROOM = 132;

/** An entry of a map: its offset in `words`. Only maps make them, they hold until the reading ends, and 0 is none. */
export type Entry = number & { readonly entry: unique symbol };

/**
 * What an entry is found by. It can be filled again and again; the hash is made when a map first asks for it. Whoever changes the words by
 * other means than those here calls `reset`.
 */
export class Key {
  /** The words of the key begin at `words[at]`; there are `length` bytes of them, a multiple of 4. */
  words: Int32Array;
  at: number;
  length = 0;
  /** 0 to 255: what makes entries of the same words differ. */
  flavour = 0;
  #hash = 0;
  #by: Hash | undefined = undefined;

  /** A key in memory of its own, with room for a question or two texts; or one that lies elsewhere. */
  constructor(words: Int32Array = new Int32Array(ROOM), at = 0) {
    this.words = words;
    this.at = at;
  }

  /** The hash under which one memory keeps it. */
  hashBy(hash: Hash): number {
    if (this.#by !== hash) {
      this.#hash = hash.of(this.words, this.at, this.length >> 2);
      this.#by = hash;
    }
    return this.#hash;
  }
  /** That hash where it was made already; else 0. */
  hashedBy(hash: Hash): number {
    return this.#by === hash ? this.#hash : 0;
  }
  /** The words are others now, `length` bytes of them. */
  reset(length: number): this {
    this.length = length;
    this.#by = undefined;
    return this;
  }
  /** Whether the words are the same. */
  equals({ words, at, length }: Key): boolean {
    if (length !== this.length) return false;
    for (let i = 0, n = length >> 2; i < n; i++) if (words[at + i] !== this.words[this.at + i]) return false;
    return true;
  }
  /** The same words as those of another key, where they lie, in another flavour. Hashed there, so that it is done once. */
  like(key: Key, flavour: number, hash: Hash): this {
    this.#hash = key.hashBy(hash);
    this.#by = hash;
    this.words = key.words;
    this.at = key.at;
    this.length = key.length;
    this.flavour = flavour;
    return this;
  }

  /** A lower-case wire name (`Name.key`) and a type, in class IN: the same words that a question has as its key. */
  named(name: string, type: number): this {
    const { words, at } = this;
    const n = (name.length + 3) >> 2;
    words.fill(0, at, at + n);
    for (let i = 0; i < name.length; i++) words[at + (i >> 2)]! |= name.charCodeAt(i) << ((i & 3) * 8);
    words[at + n] = type | (IN << 16);
    return this.reset((n + 1) * 4);
  }
}
