// Counts errors that look alike and tells of them once a period (EL-2). Knows texts and a clock; knows nothing of queries.
import { formatDuration } from '../../corefile/duration.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Consolidation } from './config.ts';

/** One `consolidate` while it is served. */
export class Gatherer {
  readonly config: Consolidation;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #count = 0;

  constructor(config: Consolidation, log: Log, clock: Clock, signal: AbortSignal) {
    this.config = config;
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
    if (++this.#count > 1) return true;
    const done = () => {
      cancel();
      this.#signal.removeEventListener('abort', done);
      this.#tell();
    };
    const cancel = this.#clock.after(this.config.period, done);
    this.#signal.addEventListener('abort', done, { once: true });
    return !this.config.showFirst;
  }
  #tell(): void {
    const count = this.#count;
    this.#count = 0;
    const { pattern, period, level, showFirst } = this.config;
    if (count > 1 || !showFirst) this.#log[level](`${count} errors like '${pattern.pattern}' occurred in last ${formatDuration(period)}`);
  }
}
