// What an engine decided, kept for a while: equal questions are asked once, failures are never kept and told once. Knows keys and time;
// knows nothing of who decides.
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/seen/log.ts';

/** How a question to an engine went. */
export type Result = 'decided' | 'undecided' | 'kept' | 'joined' | 'error';
/** All of them. */
export const RESULTS: readonly Result[] = ['decided', 'undecided', 'kept', 'joined', 'error'];

/** What a keeper is told of its engine. */
export interface KeeperParts<T> {
  /** The engine in texts: plugin and name. */
  readonly what: string;
  /** Milliseconds that decisions are kept; 0: none are. */
  readonly cache: number;
  /** What is decided where none can be had, and the word for it; undefined: that is an error. */
  readonly fallback: { readonly value: T; readonly word: string } | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly count: (result: Result) => void;
}
interface Kept<T> {
  readonly value: T | undefined;
  readonly until: number;
}
/** Decisions that are kept, of one thread. */
const MOST = 10_000;

/** The decisions of one engine in one thread. */
export class Keeper<T> {
  readonly #parts: KeeperParts<T>;
  readonly #kept = new Map<string, Kept<T>>();
  readonly #underWay = new Map<string, Promise<T | undefined>>();
  #isFailing = false;

  constructor(parts: KeeperParts<T>) {
    this.#parts = parts;
  }

  /**
   * The decision for this key at this moment. `ask` is called where none is kept or under way; `most` is how many milliseconds a decision
   * says itself that it holds. Throws, or rejects with, Error where none can be had.
   */
  decide(key: string, now: number, ask: () => T | undefined | Promise<T | undefined>, most = (_: T): number => Infinity) {
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > now) {
      this.#parts.count('kept');
      return kept.value;
    }
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) {
      this.#parts.count('joined');
      return underWay;
    }
    try {
      const value = ask();
      if (!(value instanceof Promise)) return this.#decided(key, value, most);
      const answer = value.then((late) => this.#decided(key, late, most), (error: unknown) => this.#failed(error))
        .finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, answer);
      return answer;
    } catch (error) {
      return this.#failed(error);
    }
  }
  #decided(key: string, value: T | undefined, most: (value: T) => number): T | undefined {
    const { what, cache, clock, log, count } = this.#parts;
    count(value === undefined ? 'undecided' : 'decided');
    if (this.#isFailing) log.info(`${what} decides again`);
    this.#isFailing = false;
    const holds = Math.min(cache, value === undefined ? Infinity : most(value));
    if (holds > 0) this.#keep(key, { value, until: clock.monotonic() + holds });
    return value;
  }
  #keep(key: string, kept: Kept<T>): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size <= MOST) return;
    const [oldest] = this.#kept.keys();
    this.#kept.delete(oldest!);
  }
  /** Said once until it decides again: a flood of questions is no flood of lines. */
  #failed(error: unknown): T | undefined {
    const { what, fallback, log, count } = this.#parts;
    count('error');
    const why = error instanceof Error ? error.message : String(error);
    if (!this.#isFailing) log.warning(`${what}: ${why}${fallback === undefined ? '' : `; until it decides again: ${fallback.word}`}`);
    this.#isFailing = true;
    if (fallback === undefined) throw new Error(`${what}: ${why}`, { cause: error });
    return fallback.value;
  }
}
