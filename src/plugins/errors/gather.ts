// Counts errors that look alike, in all threads, and tells of them once a period (EL-2). Knows texts and a clock; knows nothing of queries.
import { formatDuration } from '../../wording/duration.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Flags } from '../../store/cells.ts';
import type { Consolidation } from './config.ts';

/** What threads share: how many errors came, and the second of 1970 in which the first one did. */
export const CELLS = 2;
const COUNT = 0, SINCE = 1;
/** Seconds beyond a period after which the thread that was to tell of it is gone. */
const GONE = 5;

/** One `consolidate` while it is served. */
export class Gatherer {
  readonly config: Consolidation;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #shared: Flags;

  constructor(config: Consolidation, log: Log, clock: Clock, signal: AbortSignal, shared: Flags) {
    this.config = config;
    this.#shared = shared;
    this.#log = log;
    this.#clock = clock;
    this.#signal = signal;
  }
  matches(text: string): boolean {
    return this.config.pattern.test(text);
  }
  /** Counts one error; false where it has to be logged by itself. The period begins with the first. */
  take(): boolean {
    if (this.#signal.aborted) return false;
    const seconds = Math.floor(this.#clock.wall() / 1000) | 0;
    if (this.#shared.add(COUNT, 1) > 0 && !this.#takesOver(seconds)) return true;
    this.#shared.set(SINCE, seconds);
    const done = () => {
      cancel();
      this.#signal.removeEventListener('abort', done);
      this.#tell();
    };
    const cancel = this.#clock.after(this.config.period, done);
    this.#signal.addEventListener('abort', done, { once: true });
    return !this.config.showFirst;
  }
  /** Whether this thread tells in place of one that died. */
  #takesOver(seconds: number): boolean {
    const since = this.#shared.get(SINCE);
    return seconds - since > this.config.period / 1000 + GONE && this.#shared.exchange(SINCE, since, seconds);
  }
  #tell(): void {
    let count = this.#shared.get(COUNT);
    while (!this.#shared.exchange(COUNT, count, 0)) count = this.#shared.get(COUNT);
    const { pattern, period, level, showFirst } = this.config;
    if (count <= (showFirst ? 1 : 0)) return;
    this.#log[level](`${count} errors like '${pattern.pattern}' occurred in last ${formatDuration(period)}`);
  }
}
