// How long one waits before the API is asked again. What concerns the API as a whole is shared by all its resources, so that they come
// back together; what concerns one resource is its own. Knows errors and time; knows no requests.
import type { Clock } from '../kernel/clock.ts';
import type { ApiError } from './api-error.ts';
import { pause } from './pause.ts';

/** Milliseconds: the first wait, the longest one, the longest while no connection comes about, and both for what an operator must mend. */
const FIRST = 200, LONGEST = 30_000, LONGEST_UNREACHABLE = 5000, FIRST_REFUSED = 5000;
/** The longest that `Retry-After` is believed, milliseconds. */
const LONGEST_ASKED = 120_000;

/** Failures of one resource in a row. */
export interface Trouble {
  /** How many, at least 1. */
  readonly failures: number;
  /** `clock.monotonic()` of the first of them. */
  readonly since: number;
}

/** Of one API. */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: () => number;
  /** Rounds in a row in which no connection came about, and when the next one may begin. */
  #rounds = 0;
  #next = -Infinity;
  #succeededAt = -Infinity;
  readonly #sleepers = new Set<() => void>();

  /** `random` gives 0 to 1. */
  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Waits until one may try again after this error; returns early when another resource has found the API well. */
  async wait(error: ApiError, trouble: Trouble, signal: AbortSignal): Promise<void> {
    const milliseconds = this.#length(error, trouble);
    // What a success of others says nothing about: refusals of this resource alone, and one that failed on while they succeeded.
    const wakeable = !asked(error) && !mustBeMended(error) && this.#succeededAt < trouble.since;
    let mine: (() => void) | undefined;
    await pause(this.#clock, milliseconds, signal, (wake) => {
      if (wakeable) this.#sleepers.add(mine = wake);
    });
    if (mine !== undefined) this.#sleepers.delete(mine);
  }
  /** The API has answered a request as it should: nothing that was counted holds any more. */
  succeeded(): void {
    this.#succeededAt = this.#clock.monotonic();
    this.#rounds = 0;
    this.#next = -Infinity;
    for (const wake of [...this.#sleepers]) wake();
  }

  #length(error: ApiError, { failures }: Trouble): number {
    if (asked(error)) return Math.min(LONGEST_ASKED, error.refusal!.retryAfter! * 1000) * (1 + this.#random() / 5);
    if (mustBeMended(error)) return (0.5 + this.#random() / 2) * Math.min(LONGEST, FIRST_REFUSED * 2 ** Math.min(failures - 1, 10));
    if (error.kind === 'unreachable') return this.#round();
    return this.#jitter(Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 20)));
  }
  /** However many resources fail in one round, it is one, and the next begins for all at once. */
  #round(): number {
    const now = this.#clock.monotonic();
    if (now >= this.#next) {
      this.#next = now + this.#jitter(Math.min(LONGEST_UNREACHABLE, FIRST * 2 ** Math.min(this.#rounds, 20)));
      this.#rounds++;
    }
    return this.#next - now;
  }
  /** Anything up to the whole, but never nothing. */
  #jitter(milliseconds: number): number {
    return Math.max(50, milliseconds * this.#random());
  }
}

/** Whether the API said itself when to come back. */
const asked = ({ refusal }: ApiError): boolean => refusal?.retryAfter !== undefined;
/** Whether an operator has to do something first. */
const mustBeMended = ({ refusal }: ApiError): boolean => refusal !== undefined && (refusal.status === 403 || refusal.status === 404);
