// Bytes that one thread writes and another one takes, frame by frame, without ever waiting for each other: a ring in the shared memory.
// Knows words and bytes; knows nothing of what is in a frame.
//
// In words: how far was written and how far was taken (bytes, counted up beyond 2^32, which is a multiple of the size), the size in
// bytes, where the bytes of the lap before end that the writer left for the beginning, and frames that found no room; from word 16 on the
// bytes. A frame lies in one piece: where it would not, the writer leaves the rest of the lap.
import type { Memory } from './memory.ts';

const WRITTEN = 0, TAKEN = 1, SIZE = 2, LIMIT = 3, LOST = 4, HEAD = 16;

/** A ring as one thread sees it. One writes, one takes. */
export class Ring {
  readonly #memory: Memory;
  /** Its offset in words, to be told to the other thread. */
  readonly place: number;
  readonly #size: number;
  readonly #base: number;
  /** Where the frame that was begun lies, from the beginning of time. */
  #from = 0;

  /** The ring that another thread made at `place`. */
  constructor(memory: Memory, place: number) {
    this.#memory = memory;
    this.place = place;
    this.#size = memory.refresh()[place + SIZE]!;
    this.#base = (place + HEAD) * 4;
  }
  /** A ring of `bytes` bytes, a power of two; undefined where there is no room. The memory is to be given back (`memory.give(place)`). */
  static make(memory: Memory, bytes: number): Ring | undefined {
    const place = memory.take(HEAD + (bytes >> 2));
    if (place === 0) return undefined;
    memory.words.fill(0, place, place + HEAD);
    memory.words[place + SIZE] = bytes;
    return new Ring(memory, place);
  }

  /** Where at most `most` bytes may be written (an offset in `memory.bytes`); -1 and counted as lost where they have no room. */
  begin(most: number): number {
    const { words } = this.#memory;
    const size = this.#size;
    const written = words[this.place + WRITTEN]! >>> 0;
    const free = size - ((written - Atomics.load(words, this.place + TAKEN)) >>> 0);
    const at = written & (size - 1);
    const rest = size - at;
    if (most <= rest && most <= free) {
      this.#from = written;
      return this.#base + at;
    }
    if (most > rest && rest + most <= free && most <= size) {
      // LIMIT is read by nobody before WRITTEN is in the next lap.
      words[this.place + LIMIT] = at;
      this.#from = (written + rest) >>> 0;
      return this.#base;
    }
    Atomics.add(words, this.place + LOST, 1);
    return -1;
  }
  /** The frame that was begun has this many bytes: it can be taken. */
  end(length: number): void {
    Atomics.store(this.#memory.words, this.place + WRITTEN, (this.#from + length) | 0);
  }

  /** What can be taken now, in one piece, whole frames: bytes of the shared memory; empty where there is nothing. */
  look(): Uint8Array {
    const { words, bytes } = this.#memory;
    const size = this.#size;
    for (;;) {
      const written = Atomics.load(words, this.place + WRITTEN) >>> 0;
      const taken = words[this.place + TAKEN]! >>> 0;
      const at = taken & (size - 1);
      const length = (written - taken) >>> 0;
      const isLapBehind = length > 0 && ((written - 1) >>> 0) - ((written - 1) & (size - 1)) !== taken - at;
      if (!isLapBehind) return bytes.subarray(this.#base + at, this.#base + at + length);
      const limit = words[this.place + LIMIT]!;
      if (limit > at) return bytes.subarray(this.#base + at, this.#base + limit);
      this.take(size - at);
    }
  }
  /** So many bytes of what was looked at have been taken. */
  take(count: number): void {
    const { words } = this.#memory;
    Atomics.store(words, this.place + TAKEN, (words[this.place + TAKEN]! + count) | 0);
  }
  /** Frames that found no room since this was called last. */
  takeLost(): number {
    return Atomics.exchange(this.#memory.words, this.place + LOST, 0);
  }
}
