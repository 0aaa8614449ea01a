// The index of pages that have an order: entries by the hash of their keys, in pages behind a directory. Knows words; knows nothing of the
// order, nor who reads.
//
// A page is a word (entries, and how many bits of the hash brought here above them) and slots, searched one after the other. The upper bits
// of a hash are the page's place in the directory. A page that is full becomes two, by one bit more; neighbours in the directory may be
// one page.
import { KEY_AT } from './ordered-entry.ts';
import type { Memory } from './memory.ts';

/** The most slots of a page, and entries of one that is made whole. */
const SLOTS = 1023, FILLED = 600;
/** The most bits of the hash that a directory uses. */
const MOST_BITS = 22;

/** The place in a directory of a hash. */
const placeOf = (hash: number, bits: number): number => (bits === 0 ? 0 : hash >>> (32 - bits));
const slotOf = (hash: number, slots: number): number => (hash & 0x7fffffff) % slots;
/** Entries that a page takes. */
const most = (slots: number): number => slots - (slots >> 3) - 1;

/**
 * The entry with this hash and key, or 0, behind a directory that lies at `at` of `directory`. Neither allocates nor writes.
 */
export function findIn(
  memory: Memory, directory: Int32Array, at: number, bits: number, slots: number, hash: number, key: Uint8Array, length: number,
): number {
  const { words, bytes } = memory;
  const page = directory[at + placeOf(hash, bits)]! + 1;
  for (let slot = slotOf(hash, slots), entry: number; (entry = words[page + slot]!) !== 0; slot = slot + 1 === slots ? 0 : slot + 1) {
    if (words[entry] !== hash || (words[entry + 1]! & 0xffff) !== length) continue;
    const from = entry * 4 + KEY_AT;
    let i = 0;
    while (i < length && bytes[from + i] === key[i]) i++;
    if (i === length) return entry;
  }
  return 0;
}

/** Where new pages come from, and where those go that a new version does not have any more. Throws RangeError where memory is full. */
export interface Pages {
  take(words: number): number;
  /** Whether a page was taken for this version, so that nobody else reads it. */
  isFresh(page: number): boolean;
  drop(page: number): void;
}

/** An index that is being changed: pages that are touched are copied first. */
export class IndexDraft {
  directory: Int32Array;
  bits: number;
  slots: number;
  /** How many pages there are. */
  pages: number;
  readonly #memory: Memory;
  readonly #pages: Pages;

  /** One that begins as that of another version (its directory is copied), or empty for so many entries. */
  constructor(memory: Memory, pages: Pages, from: { at: number; bits: number; slots: number; pages: number } | number) {
    this.#memory = memory;
    this.#pages = pages;
    if (typeof from !== 'number') {
      this.bits = from.bits;
      this.slots = from.slots;
      this.pages = from.pages;
      this.directory = memory.words.slice(from.at, from.at + (1 << from.bits));
      return;
    }
    this.bits = 0;
    while ((FILLED << this.bits) < from) this.bits++;
    this.slots = this.bits > 0 ? SLOTS : Math.min(SLOTS, (4 << (32 - Math.clz32(Math.max(from, 1)))) / 2 - 1);
    this.directory = new Int32Array(1 << this.bits);
    this.pages = this.directory.length;
    for (let i = 0; i < this.directory.length; i++) this.directory[i] = this.#fresh(this.bits);
  }

  find(hash: number, key: Uint8Array, length: number): number {
    return findIn(this.#memory, this.directory, 0, this.bits, this.slots, hash, key, length);
  }
  /** Adds an entry whose key is not there. */
  add(entry: number): void {
    const hash = this.#memory.words[entry]!;
    for (let page = this.#own(hash); ; page = this.#own(hash)) {
      const { words } = this.#memory;
      if ((words[page]! & 0xffff) < most(this.slots)) {
        this.#put(page, entry);
        return;
      }
      if (this.slots < SLOTS) this.#enlarge(page);
      else this.#split(hash, page);
    }
  }
  /** Puts an entry in the place of the one with its key. */
  replace(old: number, entry: number): void {
    const { slot } = this.#slotOf(old);
    this.#memory.words[slot] = entry;
  }
  /** Takes an entry out. Those behind it move up, so that searches find them. */
  remove(entry: number): void {
    const { page, slot } = this.#slotOf(entry);
    const { words } = this.#memory;
    const { slots } = this;
    const first = page + 1;
    let gap = slot - first;
    for (let at = gap + 1 === slots ? 0 : gap + 1, next: number; (next = words[first + at]!) !== 0; at = at + 1 === slots ? 0 : at + 1) {
      const home = slotOf(words[next]!, slots);
      // It may stay where its home lies behind the gap, going round.
      if (gap <= at ? home > gap && home <= at : home > gap || home <= at) continue;
      words[first + gap] = next;
      gap = at;
    }
    words[first + gap] = 0;
    words[page]!--;
  }

  #slotOf(entry: number): { page: number; slot: number } {
    const page = this.#own(this.#memory.words[entry]!);
    const { words } = this.#memory;
    let slot = slotOf(words[entry]!, this.slots);
    while (words[page + 1 + slot] !== entry) slot = slot + 1 === this.slots ? 0 : slot + 1;
    return { page, slot: page + 1 + slot };
  }
  #put(page: number, entry: number): void {
    const { words } = this.#memory;
    let slot = slotOf(words[entry]!, this.slots);
    while (words[page + 1 + slot] !== 0) slot = slot + 1 === this.slots ? 0 : slot + 1;
    words[page + 1 + slot] = entry;
    words[page]!++;
  }
  #fresh(depth: number): number {
    const page = this.#pages.take(this.slots + 1);
    this.#memory.words.fill(0, page, page + this.slots + 1);
    this.#memory.words[page] = depth << 16;
    return page;
  }
  /** The page of a hash, a copy where another version has it too. */
  #own(hash: number): number {
    const place = placeOf(hash, this.bits);
    const page = this.directory[place]!;
    if (this.#pages.isFresh(page)) return page;
    const copy = this.#pages.take(this.slots + 1);
    const { words } = this.#memory;
    words.copyWithin(copy, page, page + this.slots + 1);
    this.#set(place, words[copy]! >>> 16, copy);
    this.#pages.drop(page);
    return copy;
  }
  /** All places in the directory that share so many bits with this one have this page. */
  #set(place: number, depth: number, page: number): void {
    const span = 1 << (this.bits - depth);
    const first = place & -span;
    this.directory.fill(page, first, first + span);
  }
  /** A page that is small and alone becomes one of twice the size. */
  #enlarge(page: number): void {
    const before = this.slots;
    this.slots = Math.min(SLOTS, before * 2 + 1);
    const larger = this.#fresh(0);
    const { words } = this.#memory;
    for (let i = 1; i <= before; i++) if (words[page + i] !== 0) this.#put(larger, words[page + i]!);
    this.directory[0] = larger;
    this.#pages.drop(page);
  }
  #split(hash: number, page: number): void {
    const depth = this.#memory.words[page]! >>> 16;
    if (depth === this.bits) this.#double();
    const left = this.#fresh(depth + 1);
    const right = this.#fresh(depth + 1);
    const { words } = this.#memory;
    const bit = 1 << (31 - depth);
    for (let i = 1; i <= this.slots; i++) {
      const entry = words[page + i]!;
      if (entry !== 0) this.#put((words[entry]! & bit) === 0 ? left : right, entry);
    }
    const half = placeOf((hash & ~bit), this.bits);
    this.#set(half, depth + 1, left);
    this.#set(placeOf(hash | bit, this.bits), depth + 1, right);
    this.pages++;
    this.#pages.drop(page);
  }
  #double(): void {
    if (this.bits === MOST_BITS) throw new RangeError('too many keys with one hash');
    const { directory } = this;
    this.directory = new Int32Array(directory.length * 2);
    for (let i = 0; i < directory.length; i++) this.directory[i * 2] = this.directory[i * 2 + 1] = directory[i]!;
    this.bits++;
  }
}
