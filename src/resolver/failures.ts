// Questions that failed, kept for a while (RFC 9520): twice as long each time. Knows results and time; asks nobody.
import type { Name } from '../dns/name.ts';
import type { Resolved } from './resolved.ts';

/** Milliseconds for which a failure is kept (RFC 9520). */
const FAILED = 5_000;
/** It is kept twice as long each time, up to so many milliseconds, or doublings. */
const LONGEST = 300_000, MOST_DOUBLED = 6;
/** Failures that are kept. */
const MOST = 10_000;

/** A failure that is kept. */
interface Failure {
  readonly until: number;
  readonly result: Resolved;
  readonly times: number;
  readonly name: Name;
}

/** Failures by question. */
export class Failures {
  readonly #now: () => number;
  readonly #all = new Map<string, Failure>();

  /** `now` is in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }
  /** How many are kept. */
  get size(): number {
    return this.#all.size;
  }
  /** What came of the question a short time ago; undefined where it may be asked. */
  of(key: string): Resolved | undefined {
    const failed = this.#all.get(key);
    return failed !== undefined && failed.until > this.#now() ? failed.result : undefined;
  }
  /** It failed, once more. */
  keep(key: string, result: Resolved, name: Name): void {
    const times = Math.min(MOST_DOUBLED, (this.#all.get(key)?.times ?? -1) + 1);
    this.#all.delete(key);
    this.#all.set(key, { until: this.#now() + Math.min(LONGEST, FAILED * 2 ** times), result, times, name });
    if (this.#all.size > MOST) this.#all.delete(this.#all.keys().next().value!);
  }
  /** It did not fail any more. */
  forget(key: string): void {
    this.#all.delete(key);
  }
  /** What failed for want of servers may be asked for at once. */
  forgetBelow(zone: Name): void {
    for (const [key, { name }] of this.#all) if (name.isUnder(zone)) this.#all.delete(key);
  }
}
