// Whether one more thread shall serve: only under load that lasts, and where a core is free for it. Knows times and how busy threads were;
// starts nothing.

/** What a decision is made of. */
export interface GrowthOptions {
  /** Never more threads than this. */
  readonly most: number;
  /** How busy threads are on average when another one helps, of 1. */
  readonly busy?: number;
  /** Milliseconds for which they have to be that busy. */
  readonly lasting?: number;
  /** Cores that have to be idle: without one, another thread takes from the first and from others what it gives. */
  readonly idle?: number;
}

/** Watches the load and says when to grow. It never says to shrink: closing a socket loses what is queued on it. */
export class Growth {
  readonly #most: number;
  readonly #busy: number;
  readonly #lasting: number;
  readonly #idle: number;
  #since: number | undefined = undefined;

  constructor({ most, busy = 0.85, lasting = 5000, idle = 0.5 }: GrowthOptions) {
    this.#most = most;
    this.#busy = busy;
    this.#lasting = lasting;
    this.#idle = idle;
  }

  /**
   * Whether to add a thread now. `loads` has for each thread the part of the time since the last call in which it was at work; `idle` is
   * how many cores of the machine had nothing to do meanwhile.
   */
  observe(now: number, loads: readonly number[], idle: number): boolean {
    const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
    if (loads.length >= this.#most || !(mean >= this.#busy) || idle < this.#idle) {
      this.#since = undefined;
      return false;
    }
    this.#since ??= now;
    if (now - this.#since < this.#lasting) return false;
    this.#since = undefined;
    return true;
  }
}
