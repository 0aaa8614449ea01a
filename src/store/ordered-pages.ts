// Entries with an order beside a hash, in versions: who reads one finds by hash, and neighbours by order, while the next one is made, of
// which only the pages that changed are new. Knows words; knows nothing of what entries say, nor where a version's root is kept.
//
// A version is its root. In words: 0 directory of the index, 1 bits of it, 2 slots of a page, 3 directory of the order, 4 chunks of it,
// 5 entries, 6 pages of the index. Nothing that a root reaches is ever written again. Whoever publishes one does so by one `Atomics.store`
// and retires what the version before had alone; whoever loads one calls `memory.refresh()` behind that.
import { IndexDraft, findIn } from './index-pages.ts';
import type { Pages } from './index-pages.ts';
import { KEY_AT, compareBytes, keyLength } from './ordered-entry.ts';
import { CHUNK, OrderDraft, lastBefore } from './order-pages.ts';
import type { Spot } from './order-pages.ts';
import type { Memory } from './memory.ts';

const INDEX = 0, BITS = 1, SLOTS = 2, ORDER = 3, CHUNKS = 4, ENTRIES = 5, PAGES = 6, WORDS = 7;

/** Reads versions. One object a thread; `chunk` and `place` tell where the last `before`, `first`, `next` or `previous` stood. */
export class OrderedPages implements Spot {
  readonly #memory: Memory;
  chunk = 0;
  place = -1;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** How many entries a version has. */
  count(root: number): number {
    return this.#memory.words[root + ENTRIES]!;
  }
  /** The entry with this key (its first `length` bytes), whose hash is known, or 0. */
  find(root: number, hash: number, key: Uint8Array, length: number): number {
    const { words } = this.#memory;
    return findIn(this.#memory, words, words[root + INDEX]!, words[root + BITS]!, words[root + SLOTS]!, hash, key, length);
  }
  /** The last entry at or before a key, or 0. */
  before(root: number, key: Uint8Array, length: number): number {
    const { words } = this.#memory;
    return lastBefore(this.#memory, words, words[root + ORDER]!, words[root + CHUNKS]!, key, length, this);
  }
  /** The first entry of all, or 0. */
  first(root: number): number {
    this.chunk = 0;
    this.place = -1;
    return this.next(root);
  }
  /** The last entry of all, or 0. */
  last(root: number): number {
    this.chunk = this.#memory.words[root + CHUNKS]!;
    this.place = 0;
    return this.previous(root);
  }
  /** The entry behind the one where this stands, or 0. */
  next(root: number): number {
    const { words } = this.#memory;
    if (this.chunk >= words[root + CHUNKS]!) return 0;
    let chunk = words[words[root + ORDER]! + this.chunk]!;
    if (++this.place >= words[chunk]!) {
      this.place = 0;
      if (++this.chunk >= words[root + CHUNKS]!) return 0;
      chunk = words[words[root + ORDER]! + this.chunk]!;
    }
    return words[chunk + 1 + this.place]!;
  }
  /** The entry before the one where this stands, or 0. */
  previous(root: number): number {
    const { words } = this.#memory;
    if (--this.place < 0) {
      if (--this.chunk < 0) return 0;
      this.place = words[words[words[root + ORDER]! + this.chunk]!]! - 1;
    }
    return words[words[words[root + ORDER]! + this.chunk]! + 1 + this.place]!;
  }

  /**
   * Calls for each key that two versions have otherwise, in order, with the entry of each (0: not there). Entries that are the same block
   * are equal; what both have the same chunks of is passed over. `from` 0: there was nothing.
   */
  differ(from: number, to: number, call: (old: number, entry: number) => void): void {
    const { words, bytes } = this.#memory;
    const [a, b] = this.#unshared(from, to);
    for (let i = 0, j = 0; i < a.length || j < b.length;) {
      const old = a[i] ?? 0;
      const entry = b[j] ?? 0;
      const order = old === 0 ? 1 : entry === 0 ? -1 : old === entry ? 0 : compareBytes(bytes, old * 4 + KEY_AT, keyLength(words, old),
        bytes, entry * 4 + KEY_AT, keyLength(words, entry));
      if (order <= 0) i++;
      if (order >= 0) j++;
      if (old !== entry) call(order <= 0 ? old : 0, order >= 0 ? entry : 0);
    }
  }
  #unshared(from: number, to: number): [Int32Array, Int32Array] {
    const mine = new Set(this.#chunks(from));
    const theirs = this.#chunks(to);
    const shared = new Set(theirs.filter((chunk) => mine.has(chunk)));
    return [this.#entries(mine, shared), this.#entries(theirs, shared)];
  }
  #chunks(root: number): number[] {
    const { words } = this.#memory;
    return root === 0 ? [] : [...words.subarray(words[root + ORDER]!, words[root + ORDER]! + words[root + CHUNKS]!)];
  }
  #entries(chunks: Iterable<number>, but: ReadonlySet<number>): Int32Array {
    const { words } = this.#memory;
    const wanted = [...chunks].filter((chunk) => !but.has(chunk));
    const all = new Int32Array(wanted.reduce((sum, chunk) => sum + words[chunk]!, 0));
    let count = 0;
    for (const chunk of wanted) for (let i = 1; i <= words[chunk]!; i++) all[count++] = words[chunk + i]!;
    return all;
  }

  /** All entries, in order. */
  entries(root: number): Int32Array {
    return this.#entries(this.#chunks(root), new Set());
  }
  /** Bytes of pages and directories that a version has, without its entries. */
  size(root: number): number {
    const { words } = this.#memory;
    const chunks = words[root + CHUNKS]!;
    const chunk = chunks === 1 ? words[words[words[root + ORDER]!]!]! + 1 : CHUNK;
    const index = (1 << words[root + BITS]!) + words[root + PAGES]! * (words[root + SLOTS]! + 1);
    return (WORDS + index + Math.max(1, chunks) + chunks * chunk) * 4;
  }
  /** The blocks of a version, entries apart: where, and how many words each. */
  blocks(root: number): [at: number, words: number][] {
    const { words } = this.#memory;
    const places = 1 << words[root + BITS]!;
    const index = words[root + INDEX]!;
    const pages = new Set(words.subarray(index, index + places));
    const chunks = this.#chunks(root);
    const small = chunks.length === 1 ? words[chunks[0]!]! + 1 : CHUNK;
    return [
      [root, WORDS], [index, places], ...[...pages].map((page): [number, number] => [page, words[root + SLOTS]! + 1]),
      [words[root + ORDER]!, Math.max(1, chunks.length)], ...chunks.map((chunk): [number, number] => [chunk, small]),
    ];
  }
}

/**
 * A version in the making, from another or from nothing. What is found in it is as it will be. `commit` says its root; where anything
 * throws (RangeError: memory is full) `abort` gives back what was taken, and the version before is as it was.
 */
export class PagesDraft implements Pages {
  readonly #memory: Memory;
  readonly #from: number;
  readonly #index: IndexDraft;
  readonly #order: OrderDraft;
  readonly #fresh = new Set<number>();
  readonly #dropped: number[] = [];
  readonly #spot: Spot = { chunk: 0, place: -1 };
  #count: number;

  /** `from` is a root; or entries in their order, without two of one key: a version of pages that are made anew. */
  constructor(memory: Memory, from: number | Int32Array) {
    this.#memory = memory;
    const { words } = memory;
    try {
      if (typeof from === 'number') {
        this.#from = from;
        this.#count = words[from + ENTRIES]!;
        this.#index = new IndexDraft(memory, this, {
          at: words[from + INDEX]!, bits: words[from + BITS]!, slots: words[from + SLOTS]!, pages: words[from + PAGES]!,
        });
        this.#order = new OrderDraft(memory, this, words[from + ORDER]!, words[from + CHUNKS]!);
        return;
      }
      this.#from = 0;
      this.#count = from.length;
      this.#index = new IndexDraft(memory, this, from.length);
      this.#order = new OrderDraft(memory, this, 0, 0);
      this.#order.fill(from, from.length);
      for (let i = 0; i < from.length; i++) this.#index.add(from[i]!);
    } catch (error) {
      this.abort();
      throw error;
    }
  }

  /** As `OrderedPages.find`. */
  find(hash: number, key: Uint8Array, length: number): number {
    return this.#index.find(hash, key, length);
  }
  /** As `OrderedPages.before`; what stands behind and before that is told until something is put or removed. */
  before(key: Uint8Array, length: number): number {
    return this.#order.before(key, length, this.#spot);
  }
  next(): number {
    return this.#order.next(this.#spot);
  }
  previous(): number {
    return this.#order.previous(this.#spot);
  }
  /** Puts an entry in place of the one with its key; says which that was, or 0. Entries are never given back here. */
  put(entry: number): number {
    const { words, bytes } = this.#memory;
    const length = keyLength(words, entry);
    const from = entry * 4 + KEY_AT;
    const old = this.#index.find(words[entry]!, bytes.subarray(from, from + length), length);
    if (old !== entry) this.replace(old, entry);
    return old;
  }
  /** The same where it is known which one has its key; 0: none has. */
  replace(old: number, entry: number): void {
    if (old !== 0) {
      this.#index.replace(old, entry);
      this.#order.replace(entry);
      return;
    }
    this.#index.add(entry);
    this.#order.add(entry);
    this.#count++;
  }
  /** Takes an entry out, which is in it. */
  remove(entry: number): void {
    this.#index.remove(entry);
    this.#order.remove(entry);
    this.#count--;
  }

  /**
   * The root of the version. `taken` are then the blocks, entries apart, that it has and the one before had not, and `dropped` those that
   * the one before had and this one has not.
   */
  commit(): { readonly root: number; readonly taken: readonly number[]; readonly dropped: readonly number[] } {
    const root = this.take(WORDS);
    const index = this.#kept(this.#index.directory, 1 << this.#index.bits);
    const order = this.#kept(this.#order.directory, this.#order.chunks);
    const { words } = this.#memory;
    words[root + INDEX] = index;
    words[root + BITS] = this.#index.bits;
    words[root + SLOTS] = this.#index.slots;
    words[root + ORDER] = order;
    words[root + CHUNKS] = this.#order.chunks;
    words[root + ENTRIES] = this.#count;
    words[root + PAGES] = this.#index.pages;
    if (this.#from !== 0) this.#dropped.push(this.#from, words[this.#from + INDEX]!, words[this.#from + ORDER]!);
    const taken = [...this.#fresh];
    this.#fresh.clear();
    return { root, taken, dropped: this.#dropped };
  }
  #kept(directory: Int32Array, count: number): number {
    const at = this.take(Math.max(1, count));
    this.#memory.words.set(directory.subarray(0, count), at);
    return at;
  }
  /** Gives back all that was taken. */
  abort(): void {
    for (const page of this.#fresh) this.#memory.give(page);
    this.#fresh.clear();
  }

  take(words: number): number {
    const at = this.#memory.take(words);
    if (at === 0) throw new RangeError('the shared memory is full');
    this.#fresh.add(at);
    return at;
  }
  isFresh(page: number): boolean {
    return this.#fresh.has(page);
  }
  drop(page: number): void {
    if (this.#fresh.delete(page)) this.#memory.give(page);
    else this.#dropped.push(page);
  }
}
