// Accounts that are credited by time and debited by use: token buckets of 16 bytes in the shared memory, found by a keyed hash. Knows
// hashes, times and amounts; knows nothing of who has an account.
//
// A set is a cache line of four accounts. Where a new one finds no room in its set, the one that was not used for longest goes: there is
// always room, and nobody is without an account. Threads do not wait for each other: of two debits at one moment one may be lost.
import type { Memory } from './memory.ts';
import { claim } from './names.ts';

/** Words of an account: the hash (0: nobody's), the time of its last use in milliseconds, its balance as a float, what `miss` counts. */
const WORDS = 4, HASH = 0, TIME = 1, BALANCE = 2, MISSED = 3;
/** Accounts and words of a set, as powers of two. */
const SET = 4, SET_BITS = 4;
/** Most accounts of a table. */
const MOST = 1 << 22;

/** What an account gets each second, and how far its balance goes up and down. */
export interface Terms {
  readonly rate: number;
  readonly ceiling: number;
  readonly floor: number;
}

/** One table of accounts, the same in every thread. */
export class Accounts {
  readonly #words: Int32Array;
  readonly #balances: Float32Array;
  /** Sets, less one. */
  readonly #mask: number;
  /** Where the account that was used last begins. */
  #at = 0;

  /** At least `least` accounts under this name. Throws RangeError where the memory is full. */
  constructor(memory: Memory, name: string, least: number) {
    let sets = 4;
    while (sets * SET < Math.min(least, MOST)) sets *= 2;
    const count = sets << SET_BITS;
    const from = claim(memory, `accounts ${sets} ${name}`, count);
    const { buffer } = memory.handle;
    this.#words = new Int32Array(buffer, from * 4, count);
    this.#balances = new Float32Array(buffer, from * 4, count);
    this.#mask = sets - 1;
  }

  /** Debits the account of this hash at this time in milliseconds: its balance after that. A new one begins with the ceiling. */
  spend(hash: number, now: number, terms: Terms, cost: number): number {
    const at = this.#find(hash === 0 ? 1 : hash, now | 0, terms);
    const elapsed = ((now | 0) - this.#words[at + TIME]!) | 0;
    const before = this.#balances[at + BALANCE]!;
    const credited = elapsed > 0 ? Math.min(terms.ceiling, before + (elapsed * terms.rate) / 1000) : before;
    const after = Math.max(credited - cost, terms.floor);
    // A clock that is behind another thread's takes nothing back.
    if (elapsed > 0) this.#words[at + TIME] = now | 0;
    this.#balances[at + BALANCE] = after;
    return after;
  }
  /** Counts what the account that was used last did not get: how many times until now. */
  miss(): number {
    return Atomics.add(this.#words, this.#at + MISSED, 1) + 1;
  }

  #find(hash: number, now: number, { ceiling }: Terms): number {
    const words = this.#words;
    const from = (hash & this.#mask) << SET_BITS;
    let oldest = from;
    let age = -1;
    for (let at = from; at < from + SET * WORDS; at += WORDS) {
      const holder = words[at + HASH]!;
      if (holder === hash) return (this.#at = at);
      const since = holder === 0 ? 0x7fffffff : (now - words[at + TIME]!) & 0x7fffffff;
      if (since > age) {
        age = since;
        oldest = at;
      }
    }
    words[oldest + HASH] = hash;
    words[oldest + TIME] = now;
    words[oldest + MISSED] = 0;
    this.#balances[oldest + BALANCE] = ceiling;
    return (this.#at = oldest);
  }
}
