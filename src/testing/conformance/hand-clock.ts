// Time that a test moves, with timers that end at once. Knows nothing of what waits.
import type { Clock } from '../../kernel/clock.ts';

/** A clock that stands still but for `elapse`. */
export class HandClock implements Clock {
  readonly #timers = new Map<() => void, number>();
  #now = 1e6;
  readonly monotonic = (): number => this.#now;
  readonly wall = (): number => this.#now;
  after(milliseconds: number, call: () => void): () => void {
    const timer = (): void => call();
    this.#timers.set(timer, this.#now + milliseconds);
    return () => void this.#timers.delete(timer);
  }
  elapse(milliseconds: number): void {
    for (const until = this.#now + milliseconds; this.#now < until;) {
      this.#now++;
      for (const [timer, at] of this.#timers) if (at <= this.#now && this.#timers.delete(timer)) timer();
    }
  }
}
