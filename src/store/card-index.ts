// Cards of some words in the shared memory, found by a hash of 64 bits: of what is known of many things, the same in every thread. Knows
// hashes and times; knows nothing of what lies in a card.
//
// A set is four cards. Where a new one finds no room in its set, the one that was not used for longest goes. Threads do not wait for each
// other: what two write at one moment one of them has written.
import type { Memory } from './memory.ts';
import { claim } from './names.ts';

/** Words at the beginning of a card: the hash (0: nobody's), and the time of its last use in milliseconds. */
const LOW = 0, HIGH = 1, TIME = 2;
/** What is free for the owner begins here. */
export const CARD_HEAD = 3;
/** What is longer is cut before it is hashed: no name is. */
const LONGEST_TEXT = 300;
/** Cards of a set, and how many more than is asked for there are: sets fill unevenly. */
const SET = 4, SPARE = 1.25;
/** A card's time is written again when it is so many milliseconds old. */
const FRESH = 1000;

/** One table of cards. */
export class CardIndex {
  readonly words: Int32Array;
  /** The same, for who keeps fractions. */
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
  readonly #memory: Memory;
  readonly #width: number;
  readonly #sets: number;
  /** Words of the table's own, in front of the cards. */
  readonly #head: number;
  readonly #scratch = new Int32Array(LONGEST_TEXT / 2 + 2);

  /** Room for `least` things in cards of `width` words, and `head` words of the whole table. Throws RangeError where the memory is full. */
  constructor(memory: Memory, name: string, width: number, least: number, head: number) {
    const sets = Math.ceil((least * SPARE) / SET);
    const count = head + sets * SET * width;
    const from = claim(memory, `cards ${width} ${count} ${name}`, count);
    const { buffer } = memory.handle;
    this.words = new Int32Array(buffer, from * 4, count);
    this.floats = new Float32Array(buffer, from * 4, count);
    this.bytes = new Uint8Array(buffer, from * 4, count * 4);
    this.#memory = memory;
    this.#width = width;
    this.#sets = sets;
    this.#head = head;
  }
  /** A hash of a text, never 0. */
  hashOf(text: string, seed: 0 | 1 = 0): number {
    const words = this.#scratch;
    const length = Math.min(text.length, LONGEST_TEXT);
    words.fill(0, 0, (length + 3) >> 1);
    words[0] = (text.length << 1) | seed;
    for (let i = 0; i < length; i++) words[1 + (i >> 1)]! |= text.charCodeAt(i) << ((i & 1) * 16);
    return this.#memory.hash.of(words, 0, 1 + ((length + 1) >> 1)) || 1;
  }
  /** Where the card of this hash begins: it is cleared where it is new. */
  find(low: number, high: number, now: number): number {
    const { words } = this;
    const from = this.#head + ((low >>> 0) % this.#sets) * SET * this.#width;
    let oldest = from;
    let age = -1;
    for (let i = 0, at = from; i < SET; i++, at += this.#width) {
      if (words[at + LOW] === low && words[at + HIGH] === high) {
        if (((now | 0) - words[at + TIME]!) > FRESH) words[at + TIME] = now | 0;
        return at;
      }
      const since = words[at + LOW] === 0 ? 0x7fffffff : ((now | 0) - words[at + TIME]!) & 0x7fffffff;
      if (since > age) {
        age = since;
        oldest = at;
      }
    }
    words.fill(0, oldest, oldest + this.#width);
    words[oldest + HIGH] = high;
    words[oldest + TIME] = now | 0;
    words[oldest + LOW] = low;
    return oldest;
  }
  /** Whether the card is of this hash still. */
  isOf(at: number, low: number, high: number): boolean {
    return this.words[at + LOW] === low && this.words[at + HIGH] === high;
  }
  /** Each card that is somebody's. */
  forEach(call: (at: number) => void): void {
    for (let at = this.#head; at < this.words.length; at += this.#width) if (this.words[at + LOW] !== 0) call(at);
  }
}
