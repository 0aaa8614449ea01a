// What is seen most often, in bounded memory: space-saving (Metwally, Agrawal, El Abbadi, 2005) in sets of eight places, of this minute
// and of the last one. Each thread counts in its own places. Knows hashes and words; knows nothing of what is counted.
//
// What finds no place takes that of the least of its set, with the count of that as its error: how often it really came lies between count
// - error and count, always.
import type { Memory } from '../../store/memory.ts';
import { ownPlace, placesOf } from './places.ts';

const PLACES = 8;
/** Words of a set: a tag, a count and an error for each place. */
const SET = PLACES * 3, COUNTS = PLACES, ERRORS = PLACES * 2;
/** Words before the sets: of which minute they are. */
const HEAD = 2;

/** How a top is laid out. */
export interface TopForm {
  readonly name: string;
  /** As a power of two. */
  readonly setBits: number;
  /** Words that a key has at most: how many octets it has, in the lowest byte, and these, with 0 behind them to the end of a word. */
  readonly room: number;
}
const wordsOf = ({ setBits, room }: TopForm): number => HEAD + (1 << setBits) * (SET + PLACES * room);

/** Counts for one thread. */
export class TopWriter {
  readonly #words: Int32Array;
  readonly #place: number;
  readonly #form: TopForm;
  readonly #size: number;
  readonly #sets: number;
  readonly #shift: number;
  #at = 0;
  /** The number of the place that was counted last. */
  index = 0;
  /** How often that came at most. */
  last = 0;

  /** Throws RangeError where the shared memory is full. */
  constructor(memory: Memory, form: TopForm, thread: number) {
    this.#form = form;
    this.#size = wordsOf(form);
    this.#sets = 1 << form.setBits;
    this.#shift = 32 - form.setBits;
    this.#place = ownPlace(memory, form.name, thread, this.#size * 2);
    this.#words = memory.words;
  }
  /** A minute begins: what was counted in the one before stays there until the next. */
  turn(minute: number): void {
    const words = this.#words;
    this.#at = this.#place + (minute & 1) * this.#size;
    // Blocks share the thread's places.
    if (words[this.#at] === minute) return;
    words.fill(0, this.#at + HEAD, this.#at + HEAD + this.#sets * SET);
    Atomics.store(words, this.#at, minute);
  }
  /** Once more. The offset where its key's words are to be written where it has a place from now on; 0 where it had one. */
  count(hash: number): number {
    const words = this.#words;
    const set = hash >>> this.#shift;
    const at = this.#at + HEAD + set * SET;
    const tag = hash | 1;
    // Most often it is there: counts of others are not looked at then. A tag is never 0, and one without a count stands nowhere.
    for (let i = 0; i < PLACES; i++) {
      if (words[at + i] !== tag) continue;
      const count = words[at + COUNTS + i]! + 1;
      words[at + COUNTS + i] = count;
      this.index = set * PLACES + i;
      this.last = count;
      return 0;
    }
    let least = words[at + COUNTS]!;
    let place = 0;
    for (let i = 1; i < PLACES; i++) {
      const count = words[at + COUNTS + i]!;
      if (count >= least) continue;
      least = count;
      place = i;
    }
    words[at + place] = tag;
    words[at + COUNTS + place] = least + 1;
    words[at + ERRORS + place] = least;
    this.index = set * PLACES + place;
    this.last = least + 1;
    return this.#at + HEAD + this.#sets * SET + this.index * this.#form.room;
  }
}

/** One line of a list. */
export interface TopRow {
  /** The words of its key. */
  readonly key: Int32Array;
  /** How often it came at most, and by how much that may be too many. */
  readonly count: number;
  readonly error: number;
  /** The places that it has, by thread: what else is kept of it lies under the same number. */
  readonly places: readonly (readonly [thread: number, index: number])[];
}
interface Sum extends TopRow {
  count: number;
  error: number;
  readonly places: (readonly [number, number])[];
}
/** All that have a place in a minute, in no order. They are to be listed by how often they came at least: count - error. */
export function topOf(memory: Memory, form: TopForm, minute: number): readonly TopRow[] {
  const size = wordsOf(form), sets = 1 << form.setBits;
  const threads = [...placesOf(memory, form.name)].map(([thread, place]) => ({ thread, at: place + (minute & 1) * size }));
  const words = memory.refresh();
  const there = threads.filter(({ at }) => Atomics.load(words, at) === minute);
  const rows = new Map<string, { readonly row: Sum; readonly set: number; readonly seen: Set<number> }>();
  for (const { thread, at } of there) {
    for (let index = 0; index < sets * PLACES; index++) {
      const set = at + HEAD + (index >> 3) * SET, place = index & 7;
      const count = words[set + COUNTS + place]!;
      if (count === 0) continue;
      const from = at + HEAD + sets * SET + index * form.room;
      const key = words.slice(from, from + 1 + (((words[from]! & 255) + 3) >> 2));
      const text = `${words[set + place]} ${key.join(' ')}`;
      let known = rows.get(text);
      if (known === undefined) rows.set(text, (known = { row: { key, count: 0, error: 0, places: [] }, set: index >> 3, seen: new Set() }));
      known.row.count += count;
      known.row.error += words[set + ERRORS + place]!;
      known.row.places.push([thread, index]);
      known.seen.add(thread);
    }
  }
  for (const { row, set, seen } of rows.values()) {
    // A thread in which it has no place may have had it as often as what has one there least.
    for (const { thread, at } of there) {
      if (seen.has(thread)) continue;
      const from = at + HEAD + set * SET + COUNTS;
      const least = Math.min(...words.subarray(from, from + PLACES));
      row.count += least;
      row.error += least;
    }
  }
  return [...rows.values()].map(({ row }) => row);
}
