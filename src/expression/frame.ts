// One run of an expression: what its steps share, and the limits that bound it.

import { Fault } from './error.ts';
import type { Type } from './type.ts';

/** How many list elements one run may make, as in expr-lang. */
const maximumMemory = 1_000_000;
/** How many times one run may evaluate predicates. A deviation: expr-lang has no such limit. */
const maximumSteps = 10_000_000;

/** The state of one run. */
export class Frame {
  /** What the host hands to its functions. */
  readonly context: unknown;
  /** Values of `let` names, `#`, `#index` and `#acc`, each in a slot of its own. */
  readonly slots: unknown[] = [];
  private memory = 0;
  private steps = 0;

  constructor(context: unknown) {
    this.context = context;
  }

  /** Accounts for `size` more list elements. Throws a `Fault` past the limit. */
  grow(size: number, offset: number): void {
    this.memory += size;
    if (this.memory >= maximumMemory) throw new Fault('memory budget exceeded', offset);
  }

  /** Accounts for one evaluation of a predicate. Throws a `Fault` past the limit. */
  step(offset: number): void {
    this.steps += 1;
    if (this.steps > maximumSteps) throw new Fault('step budget exceeded', offset);
  }
}

/** Computes one part of an expression. */
export type Run = (frame: Frame) => unknown;

/** A part of an expression that was checked and made runnable. */
export interface Term {
  readonly type: Type;
  readonly run: Run;
  /** Where it stands in the source. */
  readonly offset: number;
  /** Whether it is a literal or made of literals, so that running it once is enough. */
  readonly constant: boolean;
}

/** A term that is `value` wherever it runs. */
export function constantTerm(type: Type, value: unknown, offset: number): Term {
  return { type, run: () => value, offset, constant: true };
}

/** A term that has to run. */
export function term(type: Type, offset: number, run: Run): Term {
  return { type, run, offset, constant: false };
}

/** The term, run now if nothing in it can change. Throws a `Fault` when that run fails. */
export function folded(unfolded: Term, ...parts: readonly Term[]): Term {
  if (!parts.every((part) => part.constant)) return unfolded;
  return constantTerm(unfolded.type, unfolded.run(new Frame(undefined)), unfolded.offset);
}
