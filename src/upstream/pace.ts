// How long an upstream usually takes, and when it counts as silent. Knows times; knows no socket and no question.

/** Milliseconds after which another one is asked, at least, and a fresh connection to the same one. */
const ANOTHER = 50, AFRESH = 250;
/** Milliseconds that one is taken to need before anything is known of it. */
const UNKNOWN = 100;
/** Weights of a reply that took longer than usual, and of one that did not: what is usual covers most replies. */
const SLOWER = 1 / 4, QUICKER = 1 / 16;

/** Three times what is usual, and not less than `least`: whoever has said nothing by then is silent. Milliseconds. */
export const silentAfter = (usual: number, least: number): number => Math.max(least, 3 * usual);

/** What one thread has seen of one upstream. Times are milliseconds of one clock. */
export class Pace {
  #usual = UNKNOWN;
  /** Since when nothing came though something was asked; -1 where that is not so. */
  #unheard = -1;
  #probed = -Infinity;
  #recoveries = 0;

  /** After so long another upstream is asked too. */
  get another(): number {
    return silentAfter(this.#usual, ANOTHER);
  }
  /** After so long the same one is asked over a fresh connection too. */
  get afresh(): number {
    return silentAfter(this.#usual, AFRESH);
  }
  /** Whether it ever replied. */
  known = false;
  /** It was asked. */
  asked(now: number): void {
    if (this.#unheard < 0) this.#unheard = now;
  }
  /** It replied after so many milliseconds. */
  replied(milliseconds: number): void {
    this.known = true;
    this.#unheard = -1;
    this.#usual += (milliseconds - this.#usual) * (milliseconds > this.#usual ? SLOWER : QUICKER);
  }
  /** Whether it has been silent for longer than it usually needs, while somebody else replied at `others`. */
  silent(now: number, others: number): boolean {
    return this.#unheard >= 0 && now - this.#unheard > this.another && others > this.#unheard;
  }
  /** So often it was found well by others: true, and it is silent no more, where that is news. */
  recovered(recoveries: number): boolean {
    if (recoveries === this.#recoveries) return false;
    this.#recoveries = recoveries;
    this.#unheard = -1;
    return true;
  }
  /** Whether a silent one may be asked, to find out whether it is there again: once in so many milliseconds. */
  mayProbe(now: number, interval: number): boolean {
    if (now - this.#probed < interval) return false;
    this.#probed = now;
    return true;
  }
}
