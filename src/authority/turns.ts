// Who of those that have much to do may do some of it in this turn of the event loop. Knows time and turns; knows nothing of what is done.
import { setImmediate as inNextTurn } from 'node:timers';
import type { Clock } from '../kernel/clock.ts';
import type { Store } from '../store/store.ts';

/** Milliseconds that all of them together take in one turn. */
const SHARE = 1;
/** How many of them have work of theirs half done at the same time: each holds memory until it is done. */
const RUNNING = 4;

/** Shares the turns of one thread. */
export class Turns {
  readonly #now: () => number;
  readonly #nextTurn: (call: () => void) => void;
  /** Those who wait for their first turn, and those who wait to go on. */
  readonly #beginners: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Until when there is work in this turn; whether somebody works, and whether a turn was asked for. */
  #until = 0;
  #busy = false;
  #asked = false;

  /** `now` in milliseconds; `nextTurn` calls in the next turn. */
  constructor(now: () => number, nextTurn: (call: () => void) => void = inNextTurn) {
    this.#now = now;
    this.#nextTurn = nextTurn;
  }

  /** Resolves when a piece of work may begin, in a turn that has time left. Its end is to be said with `end`, whatever happens. */
  begin(): Promise<void> {
    return new Promise((resolve) => {
      this.#beginners.push(resolve);
      this.#ask();
    });
  }
  /** Whether the time of this turn is up: then `rest`. */
  get isUp(): boolean {
    return this.#now() >= this.#until;
  }
  /** Resolves in another turn. */
  rest(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#pass();
    });
  }
  /** The piece of work is done. */
  end(): void {
    this.#running--;
    this.#pass();
  }

  #pass(): void {
    this.#busy = false;
    if (this.#now() < this.#until) this.#next();
    else this.#ask();
  }
  #ask(): void {
    if (this.#asked || this.#busy || this.#waiting.length + this.#beginners.length === 0) return;
    this.#asked = true;
    this.#nextTurn(this.#turn);
  }
  readonly #turn = (): void => {
    this.#asked = false;
    this.#until = this.#now() + SHARE;
    this.#next();
  };
  /** One after the other: who goes on first, then who begins. */
  #next(): void {
    let next = this.#waiting.shift();
    if (next === undefined && this.#running < RUNNING && this.#beginners.length > 0) {
      next = this.#beginners.shift();
      this.#running++;
    }
    if (next === undefined) return;
    this.#busy = true;
    next();
  }
}

const all = new WeakMap<Store, Turns>();
/** The turns of the thread that has this store. */
export function turnsOf(store: Store, clock: Clock): Turns {
  let turns = all.get(store);
  if (turns === undefined) all.set(store, turns = new Turns(() => clock.monotonic()));
  return turns;
}
