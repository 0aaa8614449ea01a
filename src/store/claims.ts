// Who of all threads does something at the moment, so that the others wait for it: a table of claims by hash. Knows hashes, threads and
// times; knows nothing of what is done.
//
// A claim has two words: the hash (0: nobody's), and when it was taken. A thread that died with one has it until it is old. Whoever finds
// another's hash in its place claims nothing, and does it all the same: a claim saves work, nothing depends on it.
import type { Memory } from './memory.ts';
import { SHARING } from './layout.ts';
import { claim } from './names.ts';

/** Claims of a table, a power of two. */
const COUNT = 1024, WIDTH = 2;

/** A claim that is held: called once, it lets others do the same. */
export type Release = () => void;
const NOTHING: Release = () => {};

/** The claims of one name, as one thread sees them. */
export class Claims {
  readonly #memory: Memory;
  readonly #at: number;
  readonly #old: number;

  /** A claim that is `old` milliseconds old is nobody's. Throws RangeError where the memory is full. */
  constructor(memory: Memory, name: string, old: number) {
    this.#memory = memory;
    this.#at = claim(memory, `claims ${name}`, COUNT * WIDTH);
    this.#old = old;
  }
  /** Whether there are other threads. */
  get areOthers(): boolean {
    return this.#memory.words[SHARING] !== 0;
  }
  /** Claims what has this hash, at a time in milliseconds that all threads understand; what is returned otherwise waits for who has it. */
  take(hash: number, time: number): Release | { readonly free: Promise<unknown> } {
    const { words } = this.#memory;
    const at = this.#at + ((hash >>> 0) % COUNT) * WIDTH;
    const wanted = hash || 1;
    const had = Atomics.compareExchange(words, at, 0, wanted);
    if (had !== 0) {
      // Another thread's clock may be a little ahead of ours.
      const isOld = Math.abs(((time | 0) - Atomics.load(words, at + 1)) | 0) > this.#old;
      if (!isOld || Atomics.compareExchange(words, at, had, wanted) !== had) return had === wanted ? this.#wait(at, wanted) : NOTHING;
    }
    Atomics.store(words, at + 1, time | 0);
    return () => {
      if (Atomics.compareExchange(words, at, wanted, 0) === wanted) Atomics.notify(words, at);
    };
  }
  #wait(at: number, hash: number): { readonly free: Promise<unknown> } {
    const { async, value } = Atomics.waitAsync(this.#memory.words, at, hash);
    return { free: async ? value : Promise.resolve() };
  }
}
