// By how much the clock on the wall was set while a process runs: what only goes on says so. Knows two clocks.
import type { Clock } from '../../kernel/clock.ts';

/** Seconds by which the clock may differ from what went by before that is taken for a jump. */
const JUMP = 60;

/** One look after the other. */
export class ClockJumps {
  readonly #clock: Clock;
  /** When time was looked at last: on the wall, and what only goes on. */
  #wall: number;
  #steady: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#wall = clock.wall();
    this.#steady = clock.monotonic();
  }
  /** Seconds by which it was set since this was asked last; 0 where it was not. */
  look(): number {
    const [wall, steady] = [this.#clock.wall(), this.#clock.monotonic()];
    const jump = Math.round((wall - this.#wall - (steady - this.#steady)) / 1000);
    if (Math.abs(jump) < JUMP) return 0;
    this.#wall = wall;
    this.#steady = steady;
    return jump;
  }
}
