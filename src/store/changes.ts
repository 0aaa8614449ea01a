// Who changed when, so that a cache is never older than its source: moments of the last change, in memory that all threads share. Knows
// names as wire text and moments; knows nothing of sources or of what a cache keeps.
//
// A source first publishes what is new, then counts: `zone.changed(name)`. A cache takes the moment before it asks, and keeps it with the
// names that the answer is made of as a stamp; a hit whose stamp is not `fresh` is a miss. Nothing is locked, sent or searched, and
// nothing can be lost: an old answer that arrives after the change has an older moment than the change. Names that share a place cost a
// miss, never a wrong answer. A name in no zone of a source that counts has no place, so most answers of others cost nothing.
import type { Memory } from './memory.ts';
import { claim } from './names.ts';

/** Places of names and of zones: powers of two. */
const NAMES = 4096, ZONES = 2048;
/** Cells: the moment of the last change of all; when a zone was added; each zone as a whole, each with what is in it; names. */
const NOW = 0, ADDED = 1, WHOLE = 2, ANYTHING = WHOLE + ZONES, NAME = ANYTHING + ZONES, MOMENTS = NAME + NAMES;
/** Behind them, of each place of zones a bit for each of 32 kinds of zones that are known, and how many bits there are. */
const KNOWN = MOMENTS, BITS = KNOWN + ZONES, CELLS = BITS + 1;
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
  /** Names that are found one after the other, and are others all at once: however many, they take no room. */
  several(): SeveralNames;
}
/** Names of a zone, of which none is another one before `changed`. */
export interface SeveralNames {
  add(bytes: Uint8Array, at: number): void;
  changed(): void;
}

/** What the seed is a hash of: any words that no key has. */
const SEEDED = Int32Array.of(-1);

/** The changes of a process, for one thread. */
export class Changes {
  /** Words of a stamp. */
  static readonly STAMP = 1 + MOST / 2;
  /** Offset of the cells, the first of which is the moment. */
  readonly at: number;
  readonly #cells: Int32Array;
  /** Drawn with the memory: nobody outside knows which names share a place. */
  readonly #seed: number;
  /** Of the name that was looked at last: where its labels begin, and the places of the zones that it is in. */
  readonly #labels = new Int32Array(128);
  readonly #found = new Int32Array(128);
  #zones = 0;

  constructor(memory: Memory) {
    this.#seed = memory.hash.of(SEEDED, 0, SEEDED.length);
    this.at = claim(memory, 'changes', CELLS);
    this.#cells = new Int32Array(memory.handle.buffer, this.at * 4, CELLS);
  }

  /** A zone whose source counts, by its wire name. From main, when the source begins. */
  zone(name: string): ZoneChanges {
    const hash = this.#look(Uint8Array.from(name, (byte) => byte.charCodeAt(0)), 0);
    const place = hash & (ZONES - 1);
    if ((Atomics.or(this.#cells, KNOWN + place, kindOf(hash)) & kindOf(hash)) === 0) {
      Atomics.add(this.#cells, BITS, 1);
      this.#count(ADDED);
    }
    return {
      changed: (bytes, at) => this.#count(nameCell(this.#look(bytes, at)), ANYTHING + place),
      all: () => this.#count(WHOLE + place, ANYTHING + place),
      several: () => {
        const cells = new Set<number>();
        return {
          add: (bytes, at) => void cells.add(nameCell(this.#look(bytes, at))),
          changed: () => cells.forEach((cell) => this.#count(cell, ANYTHING + place)),
        };
      },
    };
  }

  /** Whether nobody counts: then no stamp has a name. */
  get quiet(): boolean {
    return this.#cells[BITS] === 0;
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
  /** The answer is made of this name too, in wire form from `bytes[from]` on. False where no source counts what becomes of the name. */
  add(words: Int32Array, at: number, bytes: Uint8Array, from: number): boolean {
    const hash = this.#look(bytes, from);
    const found = this.#found;
    const count = this.#zones;
    if (count === 0) return false;
    let fits = put(words, at, nameCell(hash));
    for (let i = 0; i < count && fits; i++) fits = put(words, at, WHOLE + found[i]!);
    if (!fits) this.#widen(words, at);
    return true;
  }
  /** Too many: zones with all that is in them, of the name that was looked at last and of those before. */
  #widen(words: Int32Array, at: number): void {
    const wide = new Set<number>();
    for (let i = 0; i < this.#zones; i++) wide.add(ANYTHING + this.#found[i]!);
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

  /**
   * The hash of a name, whatever its letters; afterwards `#found` has the places of the zones that it is in. It is made from the end, so
   * that it is that of each zone on the way.
   */
  #look(bytes: Uint8Array, from: number): number {
    const labels = this.#labels;
    const cells = this.#cells;
    let count = 0;
    let end = from;
    while (bytes[end] !== 0) {
      labels[count++] = end;
      end += bytes[end]! + 1;
    }
    let hash = this.#seed;
    let zones = 0;
    for (let i = end; ; ) {
      const start = count === 0 || i === end ? i : labels[--count]!;
      for (; i >= start; i--) {
        const byte = bytes[i]!;
        hash = Math.imul(hash ^ (byte >= 65 && byte <= 90 ? byte | 32 : byte), PRIME);
      }
      const mixed = mix(hash);
      if ((cells[KNOWN + (mixed & (ZONES - 1))]! & kindOf(mixed)) !== 0) this.#found[zones++] = mixed & (ZONES - 1);
      if (count === 0) {
        this.#zones = zones;
        return mixed;
      }
    }
  }

  /** Two threads may count at once: the later moment stays. */
  #count(...cells: readonly number[]): void {
    const moment = (Atomics.add(this.#cells, NOW, 1) + 1) | 0;
    for (const cell of cells) this.#raise(cell, moment);
    if ((moment & (AGE - 1)) === 0) for (let cell = ADDED; cell < MOMENTS; cell++) this.#raise(cell, (moment - OLD) | 0);
  }
  #raise(cell: number, moment: number): void {
    for (let seen = Atomics.load(this.#cells, cell); ((moment - seen) | 0) > 0;) {
      const was = Atomics.compareExchange(this.#cells, cell, seen, moment);
      if (was === seen) return;
      seen = was;
    }
  }
}

/** FNV-1a over bytes (http://www.isthe.com/chongo/tech/comp/fnv/). Whoever made names meet would gain misses, no more. */
const PRIME = 0x01000193;
/** The same with its bits spread. */
function mix(hash: number): number {
  const spread = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return spread ^ (spread >>> 13);
}
/** One of the 32 bits of its place, for a zone of this hash. */
const kindOf = (hash: number): number => 1 << (hash >>> 27);
const nameCell = (hash: number): number => NAME + (hash & (NAMES - 1));
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
