// How many notifies leave in a second, whoever they are for. Knows time; knows no message.
import type { Clock } from '../../kernel/clock.ts';

/** Notifies of one second. */
const A_SECOND = 50;

/** Lets so many through in each second. */
export class Pace {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #began = -Infinity;
  #passed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  /** Calls at once, or when there is room for it. */
  take(call: () => void): void {
    const now = this.#clock.monotonic();
    if (now - this.#began >= 1000) {
      this.#began = now;
      this.#passed = 0;
    }
    if (this.#passed < A_SECOND && this.#waiting.length === 0) {
      this.#passed++;
      return call();
    }
    this.#waiting.push(call);
    if (this.#waiting.length === 1) this.#later(this.#began + 1000 - now);
  }
  #later(milliseconds: number): void {
    this.#clock.after(milliseconds, () => {
      const next = this.#waiting.splice(0);
      for (const call of next) this.take(call);
    });
  }
}
