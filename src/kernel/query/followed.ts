// Somebody who follows one question through the parts of its block: told when each of them is entered and left. Knows names of parts and
// numbers; knows nothing of what is made of it.
import type { Outcome } from './outcome.ts';

/** What becomes of a question that is followed. It hangs on the question's journey, and so on those of all questions that it leads to. */
export interface Followed {
  /** What whoever follows calls it: the id of a trace. */
  readonly id: string;
  /** The number of the part that was entered last of those that have not been left. */
  readonly deepest: number;
  /** What a request to another server says of it, as HTTP writes it. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** A part is entered, from within the one with the number `from`: its own number, or -1 where nobody is told any more. */
  enter(name: string, from: number): number;
  /** It is left; without an outcome where it threw. */
  leave(number: number, outcome: Outcome | undefined): void;
}
