// How fast and how many at once the API is asked (`apiserver_qps`, `apiserver_burst`, `apiserver_max_inflight`): both are shared by all
// requests to one API. Knows counts and time; knows no requests.
import type { Clock } from '../kernel/clock.ts';
import { pause } from './pause.ts';

/** So many a second, and so many at once after a rest. Who waits is served in the order in which it came. */
export class TokenBucket {
  readonly #perMillisecond: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, clock: Clock) {
    this.#perMillisecond = perSecond / 1000;
    this.#burst = Math.max(1, burst);
    this.#clock = clock;
    this.#tokens = this.#burst;
    this.#at = clock.monotonic();
  }
  /** Resolves when it is one's turn, or when the signal aborts. */
  async take(signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMillisecond) - 1;
    this.#at = now;
    if (this.#tokens < 0) await pause(this.#clock, -this.#tokens / this.#perMillisecond, signal);
  }
}

/** Lets so many in at once. */
export class Turnstile {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  constructor(most: number) {
    this.#free = most;
  }
  /** Resolves when there is room, or when the signal aborts; what it resolves to gives the room back, once. */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else if (!await this.#turn(signal)) return () => {};
    let inside = true;
    return () => {
      if (inside) this.#leave();
      inside = false;
    };
  }
  /** False where the signal aborted first. */
  #turn(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const enter = () => {
        signal.removeEventListener('abort', give);
        resolve(true);
      };
      const give = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        resolve(false);
      };
      if (signal.aborted) return resolve(false);
      this.#waiting.push(enter);
      signal.addEventListener('abort', give, { once: true });
    });
  }
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
