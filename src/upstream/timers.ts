// Deadlines of many questions on one timer: a wheel whose spokes are lists. Knows milliseconds; knows nothing of what waits.

/** What the wheel needs of a clock; the kernel's `Clock` is one. */
export interface TimerClock {
  monotonic(): number;
  after(milliseconds: number, call: () => void): () => void;
}

/** Something with one deadline. The fields are the wheel's. */
export interface OnWheel {
  timerNext: OnWheel | undefined;
  timerBefore: OnWheel | undefined;
  /** The spoke it hangs on, or -1. */
  spoke: number;
  /** How often the wheel turns fully before its time comes. */
  turns: number;
  /** Its time came. It is off the wheel. */
  expire(): void;
}

/** Milliseconds between two spokes: how late a deadline may be noticed. */
const TICK = 20;
const SPOKES = 512;

/** Deadlines of one thread. Nothing runs while nothing waits. */
export class Timers {
  readonly #clock: TimerClock;
  readonly #spokes: (OnWheel | undefined)[] = new Array<OnWheel | undefined>(SPOKES).fill(undefined);
  readonly #turn = () => this.#advance();
  #tick = 0;
  #waiting = 0;
  #running = false;
  /** Milliseconds of the clock when it was last looked at: when datagrams came, or a spoke passed. */
  now: number;

  constructor(clock: TimerClock) {
    this.#clock = clock;
    this.now = clock.monotonic();
  }

  /** Looks at the clock. */
  readonly look = (): void => {
    this.now = this.#clock.monotonic();
  };
  /** Milliseconds, for durations; at least as new as `known`. */
  since(known: number): number {
    if (known > this.now) this.now = known;
    return this.now;
  }

  /** `thing.expire` will be called after so many milliseconds, up to two ticks later. It must not hang already. */
  set(thing: OnWheel, milliseconds: number): void {
    const ticks = 1 + Math.ceil(milliseconds / TICK);
    const spoke = (this.#tick + ticks) % SPOKES;
    const head = this.#spokes[spoke];
    thing.spoke = spoke;
    thing.turns = Math.floor((ticks - 1) / SPOKES);
    thing.timerNext = head;
    thing.timerBefore = undefined;
    if (head !== undefined) head.timerBefore = thing;
    this.#spokes[spoke] = thing;
    this.#waiting++;
    if (this.#running) return;
    this.#running = true;
    this.#clock.after(TICK, this.#turn);
  }
  /** Takes it off, if it hangs. */
  clear(thing: OnWheel): void {
    if (thing.spoke < 0) return;
    const { timerNext: next, timerBefore: before } = thing;
    if (before === undefined) this.#spokes[thing.spoke] = next;
    else before.timerNext = next;
    if (next !== undefined) next.timerBefore = before;
    thing.timerNext = undefined;
    thing.timerBefore = undefined;
    thing.spoke = -1;
    this.#waiting--;
  }
  #advance(): void {
    this.look();
    this.#tick = (this.#tick + 1) % SPOKES;
    let thing = this.#spokes[this.#tick];
    let due: OnWheel[] | undefined;
    while (thing !== undefined) {
      if (thing.turns-- === 0) (due ??= []).push(thing);
      thing = thing.timerNext;
    }
    // What one of them does may take another one off the wheel.
    if (due !== undefined) {
      for (const each of due) {
        if (each.spoke !== this.#tick || each.turns >= 0) continue;
        this.clear(each);
        each.expire();
      }
    }
    if (this.#waiting > 0) this.#clock.after(TICK, this.#turn);
    else this.#running = false;
  }
  /** For who shares it (`Shared`): what waits is still waited for, and then nothing runs. */
  close(): void {}
}
