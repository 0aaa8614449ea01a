// How often something may be done: so many a second, and some at once after a rest. Knows a clock alone.
import type { Clock } from '../kernel/clock.ts';

/** One account. */
export class Rate {
  readonly #clock: Clock;
  readonly #each: number;
  readonly #most: number;
  #left: number;
  #at: number;

  /** `each` a second, `most` at once. */
  constructor(clock: Clock, each: number, most: number) {
    this.#clock = clock;
    this.#each = each;
    this.#most = most;
    this.#left = most;
    this.#at = clock.monotonic();
  }
  /** Whether once more is in order; that is counted then. */
  take(): boolean {
    const now = this.#clock.monotonic();
    this.#left = Math.min(this.#most, this.#left + ((now - this.#at) * this.#each) / 1000);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
