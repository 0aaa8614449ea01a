// How many connections each prefix of clients has in the other threads: counters in shared memory, found by two hashes, of which the lower
// one counts. So nobody is ever counted too few, and hardly anybody too many. Knows numbers alone.

/** Counters of a thread (a power of two), threads that others hear of, words before the first row. */
const COUNTERS = 16_384, THREADS = 64, HEAD = 2;
/** Words before the rows: what the hashes begin with, which clients cannot know, and the highest thread's number that ever counted. */
const SEED = 0, HIGHEST = 1;
/** Words that all of it takes. */
export const CLIENT_WORDS = HEAD + (THREADS * COUNTERS) / 2;

/** One thread's view: it writes its own row. */
export class ClientCounts {
  readonly #head: Int32Array;
  readonly #rows: Int16Array;
  readonly #thread: number;

  /** `words` are `CLIENT_WORDS` long, zero at first. A thread that takes a dead one's number begins anew. */
  constructor(words: Int32Array, thread: number) {
    this.#head = words;
    this.#rows = new Int16Array(words.buffer, words.byteOffset + HEAD * 4, THREADS * COUNTERS);
    this.#thread = thread;
    if (thread === 0) Atomics.compareExchange(words, SEED, 0, Math.trunc(Math.random() * 0x7fffffff) | 1);
    if (thread >= THREADS) return;
    if (thread > 0) this.#rows.fill(0, thread * COUNTERS, (thread + 1) * COUNTERS);
    for (let highest = words[HIGHEST]!; highest < thread; highest = words[HIGHEST]!) {
      Atomics.compareExchange(words, HIGHEST, highest, thread);
    }
  }
  /** Another connection, or one less (-1), of the prefix with this key. */
  add(key: string, count: 1 | -1): void {
    if (this.#thread >= THREADS) return;
    const row = this.#thread * COUNTERS;
    const hash = this.#hash(key);
    for (const place of [first(hash), second(hash)]) this.#rows[row + place]! += count;
  }
  /** How many it has in other threads. */
  elsewhere(key: string): number {
    const highest = this.#head[HIGHEST]!;
    if (highest === 0) return 0;
    const hash = this.#hash(key);
    let sum = 0;
    for (let thread = 0; thread <= highest; thread++) {
      const row = thread * COUNTERS;
      if (thread !== this.#thread) sum += Math.min(this.#rows[row + first(hash)]!, this.#rows[row + second(hash)]!);
    }
    return sum;
  }
  #hash(key: string): number {
    let hash = this.#head[SEED]!;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x5bd1e995) ^ (hash >>> 15);
    hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995);
    return hash ^ (hash >>> 15);
  }
}
const first = (hash: number): number => hash & (COUNTERS - 1);
const second = (hash: number): number => (hash >>> 14) & (COUNTERS - 1);
