// Questions that are equal, while one is under way or has failed lately: they are one. Knows results and who waits; asks nobody itself.
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { Failures } from './failures.ts';
import type { OneAsks } from './one-asks.ts';
import type { Resolved } from './resolved.ts';

/** Whose questions: `''` as they are, otherwise what sets them apart. */
const keyOf = ({ name, type, class: klass }: Question, kind = ''): string => `${kind}${type}/${klass}/${name.key}`;

/** Where what others ask for is found. */
interface Cached {
  isKnown(question: Question): boolean;
  /** Another thread may have heard it. */
  lookAnew(question: Question): void;
}

/** Those of one thread, beside those of the others. */
export class EqualQuestions {
  readonly #underWay = new Map<string, Promise<Resolved>>();
  readonly #refreshing = new Set<string>();
  readonly #turns: OneAsks;
  readonly #notice: () => void;
  readonly failures: Failures;

  /** `notice` is called before a failure is looked at: it may be one no more. */
  constructor(now: () => number, turns: OneAsks, notice: () => void) {
    this.#turns = turns;
    this.#notice = notice;
    this.failures = new Failures(now);
  }
  /** A failure that is kept. */
  failed(question: Question, kind = ''): Resolved | undefined {
    if (this.failures.size > 0) this.#notice();
    return this.failures.of(keyOf(question, kind));
  }
  /**
   * What comes of a question, which `ask` finds unless that is under way. Where it is not known, other threads that ask for it are waited
   * for, at most so many milliseconds: then it is.
   */
  once(question: Question, kind: string, ask: () => Promise<Resolved>, cached: Cached, most: number): Promise<Resolved> {
    const failed = this.failed(question, kind);
    if (failed !== undefined) return Promise.resolve(failed);
    const key = keyOf(question, kind);
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const isAlone = kind !== '' || !this.#turns.areOthers || cached.isKnown(question);
    const begun = this.#begun(question, key, isAlone ? ask() : this.#turns.inTurn(question, most, ask, () => cached.lookAnew(question)));
    this.#underWay.set(key, begun);
    return begun;
  }
  async #begun({ name }: Question, key: string, found: Promise<Resolved>): Promise<Resolved> {
    let result: Resolved;
    try {
      result = await found;
    } finally {
      this.#underWay.delete(key);
    }
    if (result.isPassing === true) return result;
    if (result.rcode === RCODE.SERVFAIL) this.failures.keep(key, result, name);
    else if (this.failures.size > 0) this.failures.forget(key);
    return result;
  }
  /** Asks again for what is known, unless somebody is at it. `ask` never rejects. */
  again(question: Question, ask: () => Promise<void>): void {
    const key = keyOf(question);
    if (this.#refreshing.has(key)) return;
    const asked = this.#turns.areOthers ? this.#turns.unlessOther(question, ask) : ask();
    if (asked === undefined) return;
    this.#refreshing.add(key);
    void asked.finally(() => this.#refreshing.delete(key));
  }
}
