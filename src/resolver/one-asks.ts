// Equal questions of several threads are one: one of them asks, the others wait until it has its answer. Knows claims and a clock; knows
// nothing of how a question is asked.
import type { Question } from '../dns/parts.ts';
import type { Claims } from '../store/claims.ts';
import type { Hash } from '../store/hash.ts';
import { Key } from '../store/key.ts';
import { within } from './within.ts';

/** What it needs. `epoch` is added to this thread's times; `salt` sets apart what does not ask the same servers. */
export interface OneAsksParts {
  readonly claims: Claims;
  readonly hash: Hash;
  readonly salt: number;
  readonly epoch: number;
}
/** The same, of a thread with a clock. */
interface Clocked extends OneAsksParts {
  readonly now: () => number;
  readonly after: (milliseconds: number, call: () => void) => () => void;
}

/** The questions of one thread, beside those of the others. */
export class OneAsks {
  readonly #parts: Clocked;
  readonly #key = new Key();

  constructor(parts: Clocked) {
    this.#parts = parts;
  }
  /** Whether there are others. */
  get areOthers(): boolean {
    return this.#parts.claims.areOthers;
  }
  /**
   * What `ask` finds, after it was this thread's turn: at most so many milliseconds from now. `waited` is called when another's is over.
   */
  async inTurn<T>(question: Question, most: number, ask: () => Promise<T>, waited: () => void): Promise<T> {
    const { claims, now, after, epoch } = this.#parts;
    const hash = this.#hashOf(question);
    const until = now() + most;
    for (;;) {
      const claim = claims.take(hash, now() + epoch);
      const left = until - now();
      if (typeof claim === 'function') return ask().finally(claim);
      if (left <= 0) return ask();
      await within(after, left, claim.free);
      waited();
    }
  }
  /** As `inTurn`, unless another thread is at it. */
  unlessOther<T>(question: Question, ask: () => Promise<T>): Promise<T> | undefined {
    const claim = this.#parts.claims.take(this.#hashOf(question), this.#parts.now() + this.#parts.epoch);
    return typeof claim === 'function' ? ask().finally(claim) : undefined;
  }
  #hashOf({ name, type, class: klass }: Question): number {
    return this.#key.named(name.key, type).hashBy(this.#parts.hash) ^ this.#parts.salt ^ klass;
  }
}
