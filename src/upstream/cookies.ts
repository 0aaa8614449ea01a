// Cookies between us and one upstream (RFC 7873): a half that we draw, and a half that it gives. Knows octets; knows no messages.
import type { RandomIds } from './random-ids.ts';

/** Octets of our half, and bounds of the other one. */
const OURS = 8, LEAST = 8, MOST = 32;
/** So many replies in a row without a cookie, from an upstream that gave some before, and none is expected any more. */
const MISSES = 3;
const NONE = new Uint8Array(0);

/** The cookies of one upstream in one thread. */
export class Cookies {
  readonly #ours = new Uint8Array(OURS);
  #theirs = NONE;
  #missed = 0;

  constructor(ids: RandomIds) {
    for (let i = 0; i < OURS; i++) this.#ours[i] = ids.next();
  }

  /** What a question carries. */
  toSend(): Uint8Array {
    const both = new Uint8Array(OURS + this.#theirs.length);
    both.set(this.#ours);
    both.set(this.#theirs, OURS);
    return both;
  }
  /** What a reply carries; undefined where it has none. */
  learn(cookie: Uint8Array | undefined): 'right' | 'stray' | 'doubtful' {
    if (cookie === undefined) return this.#miss();
    if (cookie.length < OURS || this.#ours.some((octet, i) => octet !== cookie[i])) return 'stray';
    this.#missed = 0;
    const theirs = cookie.length - OURS;
    if (theirs >= LEAST && theirs <= MOST) this.#theirs = cookie.slice(OURS);
    return 'right';
  }
  /** Of several servers behind one address some may give none. */
  #miss(): 'right' | 'doubtful' {
    if (this.#theirs.length === 0) return 'right';
    if (++this.#missed < MISSES) return 'doubtful';
    this.#theirs = NONE;
    this.#missed = 0;
    return 'doubtful';
  }
}
