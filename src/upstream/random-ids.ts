// Message ids that nobody can guess (RFC 5452 section 4.3): from the system's generator, drawn by the thousand.
import { closeSync, openSync, readSync } from 'node:fs';

/** The generator as it is: the engine's own brings all of its cryptography along, 5 ms of a start and 2 MB of each thread. */
function fill(into: Uint16Array<ArrayBuffer>): void {
  try {
    const file = openSync('/dev/urandom', 'r');
    try {
      if (readSync(file, into, {}) === into.byteLength) return;
    } finally {
      closeSync(file);
    }
  } catch {
    // A system without that file, or a process without a free descriptor.
  }
  crypto.getRandomValues(into);
}

/** Draws ids from 0 to 65535. */
export class RandomIds {
  readonly #numbers = new Uint16Array(2048);
  #at = 2048;

  next(): number {
    if (this.#at === this.#numbers.length) {
      fill(this.#numbers);
      this.#at = 0;
    }
    return this.#numbers[this.#at++]!;
  }
  /** A number from 0 to `count` - 1; `count` at most 256. */
  below(count: number): number {
    return (this.next() * count) >>> 16;
  }
}
