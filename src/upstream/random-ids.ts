// Message ids that nobody can guess (RFC 5452 section 4.3): from the system's generator, drawn by the thousand.
import { createRequire } from 'node:module';

/** The generator, loaded when the first id is drawn: nothing else of a start needs it. */
let fill: ((into: Uint16Array) => unknown) | undefined;
const random = (into: Uint16Array) =>
  (fill ??= (createRequire(import.meta.url)('node:crypto') as { randomFillSync: (into: Uint16Array) => unknown }).randomFillSync)(into);

/** Draws ids from 0 to 65535. */
export class RandomIds {
  readonly #numbers = new Uint16Array(2048);
  #at = 2048;

  next(): number {
    if (this.#at === this.#numbers.length) {
      random(this.#numbers);
      this.#at = 0;
    }
    return this.#numbers[this.#at++]!;
  }
  /** A number from 0 to `count` - 1; `count` at most 256. */
  below(count: number): number {
    return (this.next() * count) >>> 16;
  }
}
