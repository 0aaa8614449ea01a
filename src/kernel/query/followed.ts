// Somebody who follows one question through the parts of its block: told when each of them is entered and left. Knows names of parts and
// numbers; knows nothing of what is made of it.
import type { Outcome } from './outcome.ts';
import type { Query } from './query.ts';

/** A part as the Corefile names it. */
export interface NamedStep {
  readonly name: string;
  /** Where its line stands; undefined of a part that no line of the block asked for. */
  readonly at?: { readonly file: string; readonly line: number } | undefined;
}

/** What becomes of a question that is followed. It hangs on the question's journey, and so on those of all questions that it leads to. */
export interface Followed {
  /** What whoever follows calls it: the id of a trace. */
  readonly id: string;
  /** The number of the part that was entered last of those that have not been left. */
  readonly deepest: number;
  /** What a request to another server says of it, as HTTP writes it. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Nothing is to be left of the question: parts that look on are passed, and caches keep nothing of it. */
  readonly isDry?: boolean;
  /** Of who follows from the first part on (`explain`): the view whose block is taken, whoever asks; undefined is usual. */
  readonly view?: string | undefined;
  /** Of who follows from the first part on: a block took the question. The number that its first part is entered from within. */
  chosen?(block: { readonly index: number; readonly view: string }, query: Query): number;
  /** A part is entered, from within the one with the number `from`: its own number, or -1 where nobody is told any more. */
  enter(step: NamedStep, from: number, query: Query): number;
  /** It is left; without an outcome where it threw. */
  leave(number: number, outcome: Outcome | undefined, query: Query): void;
}
