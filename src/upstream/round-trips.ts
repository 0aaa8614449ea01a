// How long upstreams usually need, as all threads see it. Knows shared numbers and milliseconds; knows nothing of who asks.
import type { SharedNumbers } from './health.ts';

/** The weight of the newest, as a shift; and what a question without a reply counts as, in milliseconds at least. */
const SHIFT = 3, LEAST_LOSS = 100;
/** No trip is longer, microseconds. */
const LONGEST = 60_000_000;

/** Smoothed round trips of upstreams by their numbers, in microseconds: what threads write at the same time may be lost, one of many. */
export class RoundTrips {
  readonly #numbers: SharedNumbers;

  constructor(numbers: SharedNumbers) {
    this.#numbers = numbers;
  }

  /** Microseconds; 0 where nothing is known. */
  of(index: number): number {
    return this.#numbers.get(index);
  }
  /** A reply came after so many milliseconds. */
  took(index: number, milliseconds: number): void {
    const trip = Math.min(LONGEST, Math.max(1, Math.round(milliseconds * 1000)));
    const before = this.#numbers.get(index);
    this.#numbers.set(index, before === 0 ? trip : Math.max(1, before + ((trip - before) >> SHIFT)));
  }
  /** None came: it counts as twice what is usual, so that the quickest of those that answer is asked first. */
  lost(index: number): void {
    this.#numbers.set(index, Math.min(LONGEST, Math.max(LEAST_LOSS * 1000, 2 * this.#numbers.get(index))));
  }
  /** Another upstream has the number now. */
  forget(index: number): void {
    this.#numbers.set(index, 0);
  }
}
