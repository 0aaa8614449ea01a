// Queries whose answers come later, and where each answer goes. Knows promises of outcomes; knows nothing of replies.
import type { Outcome } from '../query/outcome.ts';
import type { Query } from '../query/query.ts';

/** What is done with a late answer. `came` is what the transport has of the query. */
export interface LateEnds {
  /** The outcome is there. */
  answerLate(query: Query, came: Query, outcome: Outcome): void;
  /** A part threw, or its promise was rejected. */
  failLate(query: Query, came: Query, error: unknown): void;
}

/** So many objects are kept to be used again; a flood leaves no more behind. */
const KEPT = 1024;

/** One that waits. Objects are used again: a late answer makes no closures. */
class Waiting {
  query!: Query;
  came!: Query;
  readonly answered: (outcome: Outcome) => void;
  readonly failed: (error: unknown) => void;

  constructor(ends: LateEnds, free: Waiting[]) {
    this.answered = (outcome) => {
      const { query, came } = this;
      this.#leave(free);
      ends.answerLate(query, came, outcome);
    };
    this.failed = (error) => {
      const { query, came } = this;
      this.#leave(free);
      ends.failLate(query, came, error);
    };
  }
  #leave(free: Waiting[]): void {
    this.query = undefined as never;
    this.came = undefined as never;
    if (free.length < KEPT) free.push(this);
  }
}

/** The late answers of one server. */
export class LateAnswers {
  readonly #ends: LateEnds;
  readonly #free: Waiting[] = [];

  constructor(ends: LateEnds) {
    this.#ends = ends;
  }

  /** Hands the answer on once it is there, never before this returns. */
  wait(query: Query, came: Query, answer: Promise<Outcome>): void {
    const waiting = this.#free.pop() ?? new Waiting(this.#ends, this.#free);
    waiting.query = query;
    waiting.came = came;
    void answer.then(waiting.answered, waiting.failed);
  }
}
