// How many signatures may be made in the turn in which they are needed: at most half of a thread's time goes into them, so that a flood of
// made-up names leaves room for whoever asks for known ones. Those above wait for their turn. Knows time; knows nothing of keys.
import type { Clock } from '../../kernel/clock.ts';

/** Of each millisecond, how much may be spent. */
const SHARE = 0.5;
/** Milliseconds that may be spent at once after a rest, and between two turns of those who wait. */
const BURST = 5, TURN = 2;
/** Signatures that are made elsewhere at the same time. */
const ELSEWHERE = 16;

/** The time of one thread that goes into signatures. */
export class Pace {
  readonly #clock: Clock;
  #credit = BURST;
  #seen: number;
  #elsewhere = 0;
  /** Who waits for a turn here, and for a place elsewhere, in their order. */
  readonly #here: (() => void)[] = [];
  readonly #there: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#seen = clock.monotonic();
  }

  /** Milliseconds to measure by. */
  now(): number {
    return this.#clock.monotonic();
  }
  /** Whether a signature may be made at once. */
  mayBegin(): boolean {
    return this.#here.length === 0 && this.#refill();
  }
  #refill(): boolean {
    const now = this.#clock.monotonic();
    this.#credit = Math.min(BURST, this.#credit + (now - this.#seen) * SHARE);
    this.#seen = now;
    return this.#credit > 0;
  }
  /** So many milliseconds went into one. */
  spent(milliseconds: number): void {
    this.#credit -= milliseconds;
  }

  /** Calls `sign` when it is its turn. */
  here<T>(sign: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#here.push(() => {
        const began = this.#clock.monotonic();
        try {
          resolve(sign());
        } catch (error) {
          reject(error as Error);
        }
        this.spent(this.#clock.monotonic() - began);
      });
      if (this.#here.length === 1) this.#clock.after(TURN, this.#turn);
    });
  }
  readonly #turn = (): void => {
    let done = 0;
    while (done < this.#here.length && this.#refill()) this.#here[done++]!();
    this.#here.splice(0, done);
    if (this.#here.length > 0) this.#clock.after(TURN, this.#turn);
  };

  /** Calls `sign`, which works in other threads, as soon as few others do. */
  async elsewhere<T>(sign: () => Promise<T>): Promise<T> {
    if (this.#elsewhere >= ELSEWHERE) await new Promise<void>((resolve) => void this.#there.push(resolve));
    else this.#elsewhere++;
    try {
      return await sign();
    } finally {
      const next = this.#there.shift();
      if (next === undefined) this.#elsewhere--;
      else next();
    }
  }
}
