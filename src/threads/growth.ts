// Whether one more thread shall serve: only under load that lasts. Knows times and how busy threads were; starts nothing.

/** What a decision is made of. */
export interface GrowthOptions {
  /** Never more threads than this. */
  readonly most: number;
  /** How busy threads are on average when another one helps, of 1. */
  readonly busy?: number;
  /** Milliseconds for which they have to be that busy. */
  readonly lasting?: number;
}

/** Watches the load and says when to grow. It never says to shrink: closing a socket loses what is queued on it. */
export class Growth {
  readonly #most: number;
  readonly #busy: number;
  readonly #lasting: number;
  #since: number | undefined = undefined;

  constructor({ most, busy = 0.85, lasting = 5000 }: GrowthOptions) {
    this.#most = most;
    this.#busy = busy;
    this.#lasting = lasting;
  }

  /** Whether to add a thread now. `loads` has for each thread the part of the time since the last call in which it was at work. */
  observe(now: number, loads: readonly number[]): boolean {
    const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
    if (loads.length >= this.#most || !(mean >= this.#busy)) {
      this.#since = undefined;
      return false;
    }
    this.#since ??= now;
    if (now - this.#since < this.#lasting) return false;
    this.#since = undefined;
    return true;
  }
}
