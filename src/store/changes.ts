// Who changed when, so that a cache is never older than its source: moments of the last change, in memory that all threads share. Knows
// names as wire text and moments; knows nothing of sources or of what a cache keeps.
//
// A source first publishes what is new, then counts: `zone.changed(name)`. A cache takes the moment before it asks, and keeps it with the
// names that the answer is made of as a stamp; a hit whose stamp is not `fresh` is a miss. Nothing is locked, sent or searched, and
// nothing can be lost: an old answer that arrives after the change has an older moment than the change. Names that share a place cost a
// miss, never a wrong answer. A name in no zone of a source that counts has no place, so most answers of others cost nothing.
import type { ByteMap } from './bytemap.ts';
import type { Hash } from './hash.ts';
import { Key } from './key.ts';
import type { Memory } from './memory.ts';
import { claim } from './names.ts';

/** Places of names and of zones: powers of two. */
const NAMES = 4096, ZONES = 2048;
/** Cells: the moment of the last change of all; when a zone was added; each zone as a whole, each with what is in it; names. */
const NOW = 0, ADDED = 1, WHOLE = 2, ANYTHING = WHOLE + ZONES, NAME = ANYTHING + ZONES, CELLS = NAME + NAMES;
/** Cells of a stamp, two a word, 0 for none; the first word is the moment. In place of NOW, EVERYTHING says that too many are concerned. */
const MOST = 8, EVERYTHING = 0xffff;
/** After so many changes moments that are long ago are moved up, so that none seems to lie ahead when the counter wraps. */
const AGE = 1 << 24, OLD = 1 << 30;

/** The changes of one zone of a source. */
export interface ZoneChanges {
  /** This name, in wire form from `bytes[at]` on, is another one now, or is gone: after that was published. */
  changed(bytes: Uint8Array, at: number): void;
  /** Anything in the zone may be another. */
  all(): void;
}

/** The changes of a process, for one thread. */
export class Changes {
  /** Words of a stamp. */
  static readonly STAMP = 1 + MOST / 2;
  /** Offset of the cells, the first of which is the moment. */
  readonly at: number;
  readonly #cells: Int32Array;
  readonly #zones: ByteMap;
  readonly #found: number[] = [];
  readonly #hash: Hash;
  readonly #key = new Key();
  readonly #bytes = new Uint8Array(this.#key.words.buffer);

  /** `zones` is a map of its own for the zones that are known. */
  constructor(memory: Memory, zones: ByteMap) {
    this.#hash = memory.hash;
    this.at = claim(memory, 'changes', CELLS);
    this.#cells = new Int32Array(memory.handle.buffer, this.at * 4, CELLS);
    this.#zones = zones;
  }

  /** A zone whose source counts, by its wire name. From main, when the source begins. Throws RangeError where the memory is full. */
  zone(name: string): ZoneChanges {
    const key = this.#keyOf(Uint8Array.from(name, (byte) => byte.charCodeAt(0)), 0, name.length);
    const place = key.hashBy(this.#hash) & (ZONES - 1);
    if (this.#zones.find(key) === 0) {
      if (!this.#zones.put(key, Uint8Array.of(place & 255, place >> 8))) throw new RangeError('the shared memory is full');
      this.#count(ADDED);
    }
    return {
      changed: (bytes, at) => this.#count(this.#nameCell(bytes, at), ANYTHING + place),
      all: () => this.#count(WHOLE + place, ANYTHING + place),
    };
  }

  /** Whether nobody counts: then no stamp has a name. */
  get quiet(): boolean {
    return this.#zones.entries === 0;
  }
  /** What a cache takes before it asks. */
  get moment(): number {
    return Atomics.load(this.#cells, NOW);
  }
  /** Begins a stamp of STAMP words from `words[at]`: an answer that was asked for at a moment, and that is made of no name yet. */
  begin(words: Int32Array, at: number, moment: number): void {
    words[at] = moment;
    for (let i = 1; i < Changes.STAMP; i++) words[at + i] = 0;
  }
  /** The answer is made of this name too, in wire form from `bytes[from]` on. Within a reading. */
  add(words: Int32Array, at: number, bytes: Uint8Array, from: number): void {
    const zones = this.#zonesOf(bytes, from);
    if (zones.length === 0) return;
    const narrow = [this.#nameCell(bytes, from), ...zones.map((place) => WHOLE + place)];
    if (narrow.every((cell) => put(words, at, cell))) return;
    // Too many: zones with all that is in them, of this name and of those before.
    const wide = new Set(zones.map((place) => ANYTHING + place));
    for (let i = 0; i < MOST; i++) {
      const cell = cellOf(words, at, i);
      if (cell >= WHOLE && cell < NAME) wide.add(cell < ANYTHING ? cell + ZONES : cell);
    }
    this.begin(words, at, words[at]!);
    if ([...wide].every((cell) => put(words, at, cell))) return;
    this.begin(words, at, words[at]!);
    put(words, at, EVERYTHING);
  }
  /** Whether nothing that the stamp names has changed since its moment. Plain reads cost a hit least, and soon see what changed. */
  fresh(words: Int32Array, at: number): boolean {
    const cells = this.#cells;
    const moment = words[at]!;
    if (((cells[ADDED]! - moment) | 0) > 0) return false;
    for (let i = at + 1, end = at + Changes.STAMP; i < end; i++) {
      const pair = words[i]!;
      if (pair === 0) return true;
      const first = pair & 0xffff, second = pair >>> 16;
      if (((cells[first === EVERYTHING ? NOW : first]! - moment) | 0) > 0) return false;
      if (second !== 0 && ((cells[second]! - moment) | 0) > 0) return false;
    }
    return true;
  }

  #nameCell(bytes: Uint8Array, at: number): number {
    return NAME + (this.#keyOf(bytes, at, endOf(bytes, at) - at).hashBy(this.#hash) & (NAMES - 1));
  }
  /** The key of a name. Lengths of labels are no letters, so all of it is folded. */
  #keyOf(bytes: Uint8Array, at: number, length: number): Key {
    const key = this.#key;
    const n = (length + 3) >> 2;
    key.words[n - 1] = 0;
    for (let i = 0; i < length; i++) {
      const byte = bytes[at + i]!;
      this.#bytes[i] = byte >= 65 && byte <= 90 ? byte | 32 : byte;
    }
    return key.reset(n * 4);
  }
  /** Places of the zones that a name is in. */
  #zonesOf(bytes: Uint8Array, from: number): readonly number[] {
    const zones = this.#zones;
    const found = this.#found;
    found.length = 0;
    if (zones.entries === 0) return found;
    const end = endOf(bytes, from);
    for (let at = from; at < end; at += bytes[at]! + 1) {
      const entry = zones.find(this.#keyOf(bytes, at, end - at));
      if (entry === 0) continue;
      const value = zones.bytesAt(entry);
      found.push(zones.bytes[value]! | (zones.bytes[value + 1]! << 8));
    }
    return found;
  }

  /** Two threads may count at once: the later moment stays. */
  #count(...cells: readonly number[]): void {
    const moment = (Atomics.add(this.#cells, NOW, 1) + 1) | 0;
    for (const cell of cells) this.#raise(cell, moment);
    if ((moment & (AGE - 1)) === 0) for (let cell = ADDED; cell < CELLS; cell++) this.#raise(cell, (moment - OLD) | 0);
  }
  #raise(cell: number, moment: number): void {
    for (let seen = Atomics.load(this.#cells, cell); ((moment - seen) | 0) > 0;) {
      const was = Atomics.compareExchange(this.#cells, cell, seen, moment);
      if (was === seen) return;
      seen = was;
    }
  }
}

/** Where a name in wire form ends. */
function endOf(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] !== 0) at += bytes[at]! + 1;
  return at + 1;
}
/** The i-th cell of a stamp, 0 where there is none. */
const cellOf = (words: Int32Array, at: number, i: number): number => (words[at + 1 + (i >> 1)]! >>> ((i & 1) * 16)) & 0xffff;
/** Puts a cell into a stamp, once; false where it is full. */
function put(words: Int32Array, at: number, cell: number): boolean {
  for (let i = 0; i < MOST; i++) {
    const other = cellOf(words, at, i);
    if (other === cell) return true;
    if (other !== 0) continue;
    words[at + 1 + (i >> 1)]! |= cell << ((i & 1) * 16);
    return true;
  }
  return false;
}
