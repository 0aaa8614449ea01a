// How many handshakes a process has under way: more wait their turn, and while some wait the ones that take long are given up. Knows
// numbers and who waits; knows nothing of TLS.
import { HANDSHAKES } from './ledger.ts';
import type { Ledger } from './ledger.ts';

/** Milliseconds that a handshake may take while others wait: several round trips around the world. */
const LONG = 750;

/** A handshake as others see it. */
export interface Shaking {
  /** Since when it has been under way, milliseconds; Infinity where it waits. */
  begun: number;
  /** Its turn. */
  begin(): void;
  /** It is given up, since others wait. */
  giveUp(): void;
}

/** Those of one thread. */
export class Handshakes {
  readonly #ledger: Ledger;
  readonly #underWay = new Set<Shaking>();
  readonly #waiting = new Set<Shaking>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Begins one, now or when it is its turn; `most` are under way in the process. */
  enter(one: Shaking, most: number, now: number): void {
    if (this.#waiting.size === 0 && this.#ledger.total(HANDSHAKES) < most) this.#begin(one, now);
    else this.#waiting.add(one);
  }
  #begin(one: Shaking, now: number): void {
    this.#underWay.add(one);
    this.#ledger.add(HANDSHAKES, 1);
    one.begun = now;
    one.begin();
  }
  /** It is over, or was given up. */
  leave(one: Shaking, most: number, now: number): void {
    this.#waiting.delete(one);
    if (!this.#underWay.delete(one)) return;
    this.#ledger.add(HANDSHAKES, -1);
    this.#more(most, now);
  }
  #more(most: number, now: number): void {
    for (const next of this.#waiting) {
      if (this.#ledger.total(HANDSHAKES) >= most) return;
      this.#waiting.delete(next);
      this.#begin(next, now);
    }
  }
  /** Called now and then: other threads may have made room, and who is slow makes some. */
  check(most: number, now: number): void {
    this.#more(most, now);
    if (this.#waiting.size === 0) return;
    for (const one of this.#underWay) if (now - one.begun >= LONG) one.giveUp();
  }
}
