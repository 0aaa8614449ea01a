// A thread's reading of the shared memory: while one is open, what this thread has found stays as it is. Knows the thread's cell; knows
// nothing of what is read or of who recycles.
import { BATCH, EPOCH, IDLE, LINE, LINES } from './layout.ts';
import type { Memory } from './memory.ts';

/** What is said of it is called behind what was queued before. */
const queued = Promise.resolve();

/** Bytes that stay until they are let go, across readings and awaits: for streams and copies, not for long. */
export interface Pin {
  /** Lets go; a second call does nothing. */
  release(): void;
}

/**
 * One thread's readings, which may lie within each other: the outermost one is what counts. The kernel opens one around all that runs for a
 * query, at once or late, so whoever looks things up there need not think of it. Whoever reads maps elsewhere, in a timer or behind an
 * `await` of its own, does so `within` one. It ends with the turn: what shall stay across an `await` needs a pin.
 */
export class Reading {
  readonly #memory: Memory;
  readonly #cell: number;
  #depth = 0;
  #lingering = false;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#cell = LINES + memory.thread * LINE + BATCH;
  }

  /** Whether one is open. */
  get open(): boolean {
    return this.#depth !== 0;
  }
  /** What is found from now on stays until the `leave` that belongs to this. */
  enter(): void {
    if (this.#depth++ !== 0) return;
    const words = this.#memory.refresh();
    Atomics.store(words, this.#cell, Atomics.load(words, EPOCH));
  }
  /** Ends what `enter` began. With the outermost this thread holds nothing, however long it sleeps. */
  leave(): void {
    if (--this.#depth === 0) Atomics.store(this.#memory.words, this.#cell, IDLE);
  }
  /**
   * As `leave`, but the outermost reading ends once what is queued behind this has had its turn: replies come many at once, and beginning
   * and ending are what costs. For what a promise calls.
   */
  linger(): void {
    if (!this.#lingering && this.#depth === 1) {
      this.#lingering = true;
      this.#depth++;
      void queued.then(this.#end);
    }
    this.leave();
  }
  readonly #end = (): void => {
    this.#lingering = false;
    this.leave();
  };
  /** What `call` says, which reads. A promise of it is not waited for: what runs later reads within another one. */
  within<T>(call: () => T): T {
    this.enter();
    try {
      return call();
    } finally {
      this.leave();
    }
  }
}
