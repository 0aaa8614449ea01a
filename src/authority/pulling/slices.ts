// How much of each turn goes to zones that are opened and read at a start: there may be a hundred thousand, and questions come meanwhile.
// Knows time and turns; knows nothing of zones.
import { setImmediate as inNextTurn } from 'node:timers';

/** Milliseconds that all of it takes in one turn. */
const SHARE = 4;

/** Shares the turns of a process. */
export class Slices {
  #until = 0;

  /** Undefined while this turn has time left; else it resolves in the next one. `now` is in milliseconds. */
  wait(now: () => number): Promise<void> | undefined {
    if (now() < this.#until) return undefined;
    return new Promise((resolve) => {
      inNextTurn(() => {
        if (now() >= this.#until) this.#until = now() + SHARE;
        resolve();
      });
    });
  }
}
