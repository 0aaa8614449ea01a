// The order of pages that have one: entries by their keys, in chunks behind a directory. Knows words; knows nothing of the index, nor who
// reads.
//
// A chunk is a word (how many) and its entries. The directory has the chunks in their order.
import { KEY_AT, compareKey, keyLength } from './ordered-entry.ts';
import type { Pages } from './index-pages.ts';
import type { Memory } from './memory.ts';

/** Words of a chunk, and entries of one that is made whole. */
export const CHUNK = 512;
const FILLED = 384;

/** Where an entry stands in the order. */
export interface Spot {
  /** The chunk's place in the directory, and the entry's in the chunk (0 is the first). */
  chunk: number;
  place: number;
}

/**
 * The last entry at or before a key, with its spot; 0 (and the spot before the first) where there is none. The directory of `chunks` lies
 * at `at` of `directory`. Neither allocates nor writes elsewhere.
 */
export function lastBefore(
  memory: Memory, directory: Int32Array, at: number, chunks: number, key: Uint8Array, length: number, spot: Spot,
): number {
  const { words, bytes } = memory;
  let low = 0;
  let high = chunks - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (compareKey(words, bytes, words[directory[at + middle]! + 1]!, key, length) <= 0) low = middle;
    else high = middle - 1;
  }
  spot.chunk = low;
  spot.place = -1;
  if (chunks === 0) return 0;
  const chunk = directory[at + low]!;
  low = -1;
  high = words[chunk]! - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (compareKey(words, bytes, words[chunk + 1 + middle]!, key, length) <= 0) low = middle;
    else high = middle - 1;
  }
  spot.place = low;
  return low < 0 ? 0 : words[chunk + 1 + low]!;
}

/** An order that is being changed: chunks that are touched are copied first. */
export class OrderDraft {
  directory: Int32Array;
  chunks: number;
  readonly #memory: Memory;
  readonly #pages: Pages;
  readonly #spot: Spot = { chunk: 0, place: -1 };

  /** One that begins as that of another version: its directory is copied. */
  constructor(memory: Memory, pages: Pages, at: number, chunks: number) {
    this.#memory = memory;
    this.#pages = pages;
    this.chunks = chunks;
    this.directory = new Int32Array(chunks + 8);
    this.directory.set(memory.words.subarray(at, at + chunks));
  }

  /** The last entry at or before a key, with its spot; 0 where there is none. */
  before(key: Uint8Array, length: number, spot: Spot): number {
    return lastBefore(this.#memory, this.directory, 0, this.chunks, key, length, spot);
  }
  /** The entry behind a spot, which moves there; 0 where there is none. */
  next(spot: Spot): number {
    const { words } = this.#memory;
    if (spot.chunk >= this.chunks) return 0;
    if (++spot.place >= words[this.directory[spot.chunk]!]!) {
      spot.place = 0;
      if (++spot.chunk >= this.chunks) return 0;
    }
    return words[this.directory[spot.chunk]! + 1 + spot.place]!;
  }
  /** The entry before a spot, which moves there; 0 where there is none. */
  previous(spot: Spot): number {
    const { words } = this.#memory;
    if (--spot.place < 0) {
      if (--spot.chunk < 0) return 0;
      spot.place = words[this.directory[spot.chunk]!]! - 1;
    }
    return words[this.directory[spot.chunk]! + 1 + spot.place]!;
  }

  /** Puts so many entries, which stand in their order, in place of all. */
  fill(entries: Int32Array, count: number): void {
    const each = Math.min(count, FILLED);
    this.chunks = count === 0 ? 0 : Math.ceil(count / each);
    this.directory = new Int32Array(this.chunks + 8);
    for (let c = 0; c < this.chunks; c++) {
      const first = c * each;
      const held = Math.min(each, count - first);
      // What is small, and alone, is as small as it can be.
      const chunk = this.#pages.take(count <= FILLED ? roomFor(held) : CHUNK);
      const { words } = this.#memory;
      words[chunk] = held;
      for (let i = 0; i < held; i++) words[chunk + 1 + i] = entries[first + i]!;
      this.directory[c] = chunk;
    }
  }
  /** Adds an entry whose key is not there. */
  add(entry: number): void {
    if (this.chunks === 0) {
      this.fill(Int32Array.of(entry), 1);
      return;
    }
    this.#seek(entry);
    let { chunk: c, place } = this.#spot;
    let chunk = this.#own(c, 1);
    if (this.#memory.words[chunk]! === CHUNK - 1) {
      const left = this.#split(c, chunk);
      if (place >= left) {
        c++;
        place -= left;
      }
      chunk = this.directory[c]!;
    }
    const { words } = this.#memory;
    const count = words[chunk]!;
    words.copyWithin(chunk + place + 3, chunk + place + 2, chunk + 1 + count);
    words[chunk + place + 2] = entry;
    words[chunk] = count + 1;
  }
  /** Puts an entry in the place of the one with its key. */
  replace(entry: number): void {
    this.#seek(entry);
    const { chunk: c, place } = this.#spot;
    const chunk = this.#own(c, 0);
    this.#memory.words[chunk + 1 + place] = entry;
  }
  /** Takes an entry out, and its chunk where that is empty then. */
  remove(entry: number): void {
    this.#seek(entry);
    const { chunk: c, place } = this.#spot;
    const chunk = this.#own(c, 0);
    const { words } = this.#memory;
    const count = words[chunk]!;
    words.copyWithin(chunk + 1 + place, chunk + 2 + place, chunk + 1 + count);
    words[chunk] = count - 1;
    if (count > 1) return;
    this.directory.copyWithin(c, c + 1, this.chunks);
    this.chunks--;
    this.#pages.drop(chunk);
  }

  #seek(entry: number): void {
    const { words, bytes } = this.#memory;
    const from = entry * 4 + KEY_AT;
    const length = keyLength(words, entry);
    lastBefore(this.#memory, this.directory, 0, this.chunks, bytes.subarray(from, from + length), length, this.#spot);
  }
  /** A chunk of this version alone, with room for so many more. */
  #own(c: number, more: number): number {
    const chunk = this.directory[c]!;
    const count = this.#memory.words[chunk]!;
    const room = roomFor(count);
    const needed = roomFor(Math.min(CHUNK - 1, count + more));
    if (this.#pages.isFresh(chunk) && (room >= needed || this.chunks > 1)) return chunk;
    const copy = this.#pages.take(this.chunks > 1 ? CHUNK : needed);
    const { words } = this.#memory;
    words.copyWithin(copy, chunk, chunk + 1 + count);
    this.directory[c] = copy;
    this.#pages.drop(chunk);
    return copy;
  }
  /** A full chunk becomes two; says how many the first one has. */
  #split(c: number, chunk: number): number {
    const right = this.#pages.take(CHUNK);
    const { words } = this.#memory;
    const left = CHUNK >> 1;
    words[right] = CHUNK - 1 - left;
    words.copyWithin(right + 1, chunk + 1 + left, chunk + CHUNK);
    words[chunk] = left;
    if (this.chunks === this.directory.length) {
      const longer = new Int32Array(this.chunks * 2);
      longer.set(this.directory);
      this.directory = longer;
    }
    this.directory.copyWithin(c + 2, c + 1, this.chunks);
    this.directory[c + 1] = right;
    this.chunks++;
    return left;
  }
}

/** Words of a chunk that is alone and holds so many: some more than it must. */
const roomFor = (count: number): number => Math.min(CHUNK, (count + 4) & ~3);
