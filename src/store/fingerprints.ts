// A table of fingerprints (64 bits, as label-hash.ts makes them), each with a word of its owner's: 12 bytes a slot in shared memory. One
// thread makes it and publishes its offset; every thread reads it and never waits. What it is of lies nowhere, so a fingerprint that is
// found is believed: of a thousand million names that nobody put in, less than one in a thousand is taken for one that somebody did.
//
// In words: the slots, those in use, then the slots: two words of the fingerprint, and the owner's, 0 in a free one.
import type { Memory } from './memory.ts';

const SLOTS = 0, USED = 1, HEAD = 2, SLOT = 3;
/** Of a hundred slots so many are used: searches that find nothing look at eight slots that lie side by side. */
const LOAD = 0.75;
/** Fingerprints in a piece of what is being collected. */
const PIECE = 1 << 15;

/** What a slot's first word says about its place: a table has any number of slots. */
const placeOf = (a: number, slots: number): number => Math.floor(((a >>> 0) / 4294967296) * slots);

/** Fingerprints on their way into a table, in the memory of one thread. */
export class FingerprintDraft {
  /** Pieces that are full, or of which a part is used. */
  readonly #pieces: Int32Array[] = [];
  #piece = new Int32Array(0);
  #at = 0;
  #count = 0;

  /** One more; `word` is not 0. The words of one fingerprint are joined by OR. */
  add(a: number, b: number, word: number): void {
    if (this.#at === this.#piece.length) {
      this.#seal();
      this.#piece = new Int32Array(PIECE * SLOT);
    }
    const piece = this.#piece;
    piece[this.#at] = a;
    piece[this.#at + 1] = b;
    piece[this.#at + 2] = word;
    this.#at += SLOT;
    this.#count++;
  }
  /** All that another one has, which is used up by this. */
  join(other: FingerprintDraft): void {
    other.#seal();
    this.#pieces.push(...other.#pieces.splice(0));
    this.#count += other.#count;
  }
  #seal(): void {
    if (this.#at > 0) this.#pieces.push(this.#piece.subarray(0, this.#at));
    this.#piece = new Int32Array(0);
    this.#at = 0;
  }
  /**
   * The offset of a table of them all in shared memory, 0 where that is full. Each word of `cleared` is taken away from whatever has that
   * fingerprint, and leaves something of what it had. Both are used up by this.
   */
  make(memory: Memory, cleared: FingerprintDraft = new FingerprintDraft()): number {
    const slots = slotsFor(this.#count);
    const first = memory.takeCleared(HEAD + slots * SLOT);
    if (first === 0) return 0;
    memory.words[first + SLOTS] = slots;
    let used = 0;
    for (let piece = this.#take(); piece !== undefined; piece = this.#take()) used += fill(memory.words, first, piece);
    memory.words[first + USED] = used;
    for (let piece = cleared.#take(); piece !== undefined; piece = cleared.#take()) clear(memory.words, first, piece);
    // Lists that have the same names leave room that nobody needs.
    const fewer = slotsFor(used);
    if (fewer > slots * 0.8) return first;
    const second = memory.takeCleared(HEAD + fewer * SLOT);
    if (second === 0) return first;
    const { words } = memory;
    words[second + SLOTS] = fewer;
    words[second + USED] = fill(words, second, words.subarray(first + HEAD, first + HEAD + slots * SLOT));
    memory.give(first);
    return second;
  }
  /** The next piece, which is forgotten here. */
  #take(): Int32Array | undefined {
    this.#seal();
    return this.#pieces.pop();
  }
}
const slotsFor = (count: number): number => Math.max(4, Math.ceil(count / LOAD));

/** Puts what a piece has into the table at `table`; how many of them were not there yet. */
function fill(words: Int32Array, table: number, piece: Int32Array): number {
  const slots = words[table + SLOTS]!;
  let fresh = 0;
  for (let i = 0; i < piece.length; i += SLOT) {
    const word = piece[i + 2]!;
    if (word === 0) continue;
    const at = slotOf(words, table, slots, piece[i]!, piece[i + 1]!);
    if (words[at + 2] === 0) {
      fresh++;
      words[at] = piece[i]!;
      words[at + 1] = piece[i + 1]!;
    }
    words[at + 2]! |= word;
  }
  return fresh;
}
function clear(words: Int32Array, table: number, piece: Int32Array): void {
  const slots = words[table + SLOTS]!;
  for (let i = 0; i < piece.length; i += SLOT) {
    const at = slotOf(words, table, slots, piece[i]!, piece[i + 1]!);
    words[at + 2]! &= ~piece[i + 2]!;
  }
}
/** The slot that has the fingerprint, or the free one where it would go. */
function slotOf(words: Int32Array, table: number, slots: number, a: number, b: number): number {
  const end = table + HEAD + slots * SLOT;
  for (let at = table + HEAD + placeOf(a, slots) * SLOT; ; ) {
    if (words[at + 2] === 0 || (words[at] === a && words[at + 1] === b)) return at;
    at += SLOT;
    if (at === end) at = table + HEAD;
  }
}

/** The word of a fingerprint in the table at an offset; 0 where it is not there. Within a reading. */
export function fingerprintWord(memory: Memory, table: number, a: number, b: number): number {
  let { words } = memory;
  if (table + HEAD > words.length) words = memory.reach(table + HEAD);
  const slots = words[table + SLOTS]!;
  if (table + HEAD + slots * SLOT > words.length) words = memory.reach(table + HEAD + slots * SLOT);
  return words[slotOf(words, table, slots, a, b) + 2]!;
}
/** How many fingerprints a table has, and the bytes that it takes. */
export const fingerprintCount = ({ words }: Memory, table: number): number => words[table + USED]!;
/** Calls with each fingerprint of a table and its word. */
export function eachFingerprint({ words }: Memory, table: number, call: (a: number, b: number, word: number) => void): void {
  for (let at = table + HEAD, end = at + words[table + SLOTS]! * SLOT; at < end; at += SLOT) {
    if (words[at + 2] !== 0) call(words[at]!, words[at + 1]!, words[at + 2]!);
  }
}
