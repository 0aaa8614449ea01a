// What an entry of a map has, and where: some words of the map's own, the owner's words, the key, and the value from a word's beginning.
// Knows offsets; knows nothing of how entries are found.
//
// The first three words are those of any map: 0 hash, 1 flavour | words of the key << 8, 2 bytes of the value.
import type { Hash } from './hash.ts';
import type { Entry } from './key.ts';
import type { Memory } from './memory.ts';

/** Entries that lie in the shared memory. */
export class Packed {
  readonly #memory: Memory;
  readonly #head: number;
  readonly #key: number;

  /** With so many words of the map's own, and then of its owner's, in each entry. */
  constructor(memory: Memory, head: number, owned: number) {
    this.#memory = memory;
    this.#head = head;
    this.#key = head + owned;
  }

  /** The hash of its keys. */
  get hasher(): Hash {
    return this.#memory.hash;
  }
  /** The memory's words and bytes. Take them after each call that finds or makes an entry, not before: the memory may have grown. */
  get words(): Int32Array {
    return this.#memory.words;
  }
  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }
  /** Offset in `words` of the owner's words of an entry. */
  ownedAt(entry: Entry): number {
    return entry + this.#head;
  }
  /** Offset in `words` of an entry's key, and the words of it. */
  keyAt(entry: Entry): number {
    return entry + this.#key;
  }
  keyWords(entry: Entry): number {
    return this.words[entry + 1]! >>> 8;
  }
  /** Offset of an entry's value, in `words` and in `bytes`, and the bytes of it. */
  valueAt(entry: Entry): number {
    return entry + this.#key + (this.words[entry + 1]! >>> 8);
  }
  bytesAt(entry: Entry): number {
    return this.valueAt(entry) * 4;
  }
  valueSize(entry: Entry): number {
    return this.words[entry + 2]!;
  }
  flavour(entry: Entry): number {
    return this.words[entry + 1]! & 255;
  }
  hash(entry: Entry): number {
    return this.words[entry]!;
  }
}
