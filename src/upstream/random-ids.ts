// Message ids that nobody can guess (RFC 5452 section 4.3): from the system's generator, drawn by the thousand.
import { randomFillSync } from 'node:crypto';

/** Draws ids from 0 to 65535. */
export class RandomIds {
  readonly #numbers = new Uint16Array(2048);
  #at = 2048;

  next(): number {
    if (this.#at === this.#numbers.length) {
      randomFillSync(this.#numbers);
      this.#at = 0;
    }
    return this.#numbers[this.#at++]!;
  }
  /** A number from 0 to `count` - 1; `count` at most 256. */
  below(count: number): number {
    return (this.next() * count) >>> 16;
  }
}
