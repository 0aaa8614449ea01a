// Says when bytes that were taken out of a store can be used again: when no thread is still in a reading (reading.ts) that could have
// seen them. Knows threads and epochs; knows nothing of what the bytes are.
import { BATCH, EPOCH, IDLE, LINE, LINES, PINNED, THREADS } from './layout.ts';
import type { Memory } from './memory.ts';
import type { Pin } from './reading.ts';

/** One thread's part in the epochs. */
export class Epochs {
  readonly #memory: Memory;
  readonly #cell: number;
  /** What waits, oldest first: a block's offset or what to do, with the epoch in which it was retired. */
  #waiting: (number | (() => void))[] = [];
  #since: number[] = [];
  #first = 0;
  readonly #pins = new Map<object, number>();

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#cell = LINES + memory.thread * LINE;
    clearThread(memory, memory.thread);
  }

  /** Keeps all that can be found now until it is released, across readings and awaits. For streams: no byte is recycled meanwhile. */
  pin(): Pin {
    const key = {};
    this.#pins.set(key, Atomics.load(this.#memory.refresh(), EPOCH));
    this.#showPins();
    return {
      release: () => {
        if (this.#pins.delete(key)) this.#showPins();
      },
    };
  }
  #showPins(): void {
    const [oldest] = this.#pins.values();                             // kept in the order in which they were pinned
    Atomics.store(this.#memory.words, this.#cell + PINNED, oldest ?? IDLE);
  }

  /** Gives a block back (or does something) once nobody can be reading it. Called by the writer after it is out of reach. */
  retire(what: number | (() => void)): void {
    this.#waiting.push(what);
    this.#since.push(Atomics.load(this.#memory.words, EPOCH));
  }
  /** How many blocks and actions wait. */
  get waiting(): number {
    return this.#waiting.length - this.#first;
  }
  /** Begins a new epoch if something was retired in this one, and gives back all that nobody can be reading. */
  recycle(): void {
    if (this.waiting === 0) return;
    const { words } = this.#memory;
    const now = Atomics.load(words, EPOCH);
    if (this.#since[this.#since.length - 1] === now) Atomics.add(words, EPOCH, 2);
    const oldest = this.#oldest();
    while (this.#first < this.#waiting.length && ((this.#since[this.#first]! - oldest) | 0) < 0) {
      const what = this.#waiting[this.#first++]!;
      if (typeof what === 'number') this.#memory.give(what);
      else what();
    }
    if (this.#first * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#since = this.#since.slice(this.#first);
      this.#first = 0;
    }
  }
  /** The oldest epoch that a thread is in, or the current one. */
  #oldest(): number {
    const { words } = this.#memory;
    let oldest = Atomics.load(words, EPOCH);
    for (let cell = LINES, end = LINES + Atomics.load(words, THREADS) * LINE; cell < end; cell += LINE) {
      const batch = Atomics.load(words, cell + BATCH);
      const pinned = Atomics.load(words, cell + PINNED);
      if (batch !== IDLE && ((batch - oldest) | 0) < 0) oldest = batch;
      if (pinned !== IDLE && ((pinned - oldest) | 0) < 0) oldest = pinned;
    }
    return oldest;
  }
}

/** A thread is dead: it reads nothing any more. Called by main. */
export function clearThread(memory: Memory, thread: number): void {
  Atomics.store(memory.words, LINES + thread * LINE + BATCH, IDLE);
  Atomics.store(memory.words, LINES + thread * LINE + PINNED, IDLE);
}
