// A clock that a test moves by hand. Knows timers and their order; knows nothing of what they do.
import type { Clock } from '../kernel/clock.ts';

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** The moment at which a fake clock starts: 1 January 2026, milliseconds since 1970. */
export const FIRST_MOMENT = Date.UTC(2026, 0, 1);

/** Time stands still until `elapse`. */
export class FakeClock implements Clock {
  readonly #wall: number;
  readonly #timers = new Set<Timer>();
  #now = 1e6;

  constructor(wall = FIRST_MOMENT) {
    this.#wall = wall - this.#now;
  }

  monotonic(): number {
    return this.#now;
  }
  wall(): number {
    return this.#wall + this.#now;
  }
  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, milliseconds), call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets so many milliseconds pass: every timer that falls due is called at its moment, and what it began is let finish. */
  async elapse(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    await settled();
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#now = timer.at;
      this.#timers.delete(timer);
      timer.call();
      await settled();
    }
    this.#now = until;
  }
  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  }
}

/** What the event loop is busy with that ends by itself and soon. */
const ENDS_SOON = /^FSReq|^CloseReq|^GetAddrInfo|^Immediate/;
/** Turns without a pause; after them, milliseconds: a busy machine may keep the thread that reads from running for long. */
const AT_ONCE = 200, PAUSES = 10_000;

/** Resolves when promises and reads of files that are under way have ended. Does not wait for sockets or timers. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 3 || (turns < AT_ONCE + PAUSES && busy()); turns++) {
    await new Promise((resolve) => (turns < AT_ONCE ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
}
function busy(): boolean {
  return process.getActiveResourcesInfo().some((name) => ENDS_SOON.test(name));
}
