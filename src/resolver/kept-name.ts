// What a thread has in hand of one name: sets, steps, whether it does not exist, and what is not kept anywhere. Knows one name; knows no
// time but what it is told.
import type { KeptSet } from './kept-set.ts';
import type { Step } from './step.ts';

/** What may be missing: a set or a step of a type, or a denial of the whole name. */
export const SET = 0, STEP = 1, DENIAL = 2;
/** Milliseconds for which what was looked for in vain is not looked for again: another thread may have heard it meanwhile. */
const VAIN = 100;

/** One name. */
export class KeptName {
  readonly #sets: KeptSet[] = [];
  readonly #types: number[] = [];
  readonly #steps: Step[] = [];
  denied: Step | undefined = undefined;
  #vain: number[] | undefined = undefined;
  #vainUntil = 0;

  set(type: number): KeptSet | undefined {
    for (const set of this.#sets) if (set.type === type) return set;
    return undefined;
  }
  putSet(set: KeptSet): void {
    const at = this.#sets.findIndex(({ type }) => type === set.type);
    if (at < 0) this.#sets.push(set);
    else this.#sets[at] = set;
  }
  dropSet(type: number): void {
    const at = this.#sets.findIndex((set) => set.type === type);
    if (at >= 0) this.#sets.splice(at, 1);
  }
  step(type: number): Step | undefined {
    return this.#steps[this.#types.indexOf(type)];
  }
  putStep(type: number, step: Step): void {
    const at = this.#types.indexOf(type);
    if (at >= 0) this.#steps[at] = step;
    else {
      this.#types.push(type);
      this.#steps.push(step);
    }
  }
  dropStep(type: number): void {
    const at = this.#types.indexOf(type);
    if (at < 0) return;
    this.#types.splice(at, 1);
    this.#steps.splice(at, 1);
  }

  /** Whether it was looked for in vain, at that time or a moment before. */
  isVain(what: number, type: number, now: number): boolean {
    return this.#vain !== undefined && now < this.#vainUntil && this.#vain.includes(type * 4 + what);
  }
  /** It may be there by now, all of it. */
  lookAnew(): void {
    this.#vain = undefined;
  }
  /** It was looked for in vain. */
  inVain(what: number, type: number, now: number): void {
    if (this.#vain === undefined || now >= this.#vainUntil) {
      this.#vain = [];
      this.#vainUntil = now + VAIN;
    }
    this.#vain.push(type * 4 + what);
  }
}
