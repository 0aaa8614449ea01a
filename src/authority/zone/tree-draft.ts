// The names of a version in the making, from those of another: names that own something else than before are put or cleared, then marks are
// made right around them (RFC 4592, RFC 1034 section 4.3.2). Knows nodes and pages; knows no records.
import type { Memory } from '../../store/memory.ts';
import { KEY_AT, compareBytes, keyLength } from '../../store/ordered-entry.ts';
import { OrderedPages, PagesDraft } from '../../store/ordered-pages.ts';
import { NameKey } from './name-key.ts';
import { ALIAS, BELOW, CUT, EMPTY, FIRST, RENAMED, WILD, endOf, flagsOf, setsAt, wordsOf } from './nodes.ts';

const STAR = 42;
/** What a name is by what it owns. */
const OWN = CUT | RENAMED | ALIAS | EMPTY;
/** What hides all below it. */
const HIDING = CUT | RENAMED;

/** Whose marks may be others: nobody's; its own, those of the names above it and before it; those of all below it, too. */
export type Effect = 'none' | 'near' | 'deep';

/** What became of a tree. */
export interface Tree {
  /** 0: nothing is left. */
  readonly root: number;
  readonly taken: readonly number[];
  readonly gone: readonly number[];
}

/** One tree. */
export class TreeDraft {
  readonly #memory: Memory;
  readonly #root: number;
  readonly #pages: PagesDraft;
  /** Whether names are hashes: they have no marks, and nothing lies between them. */
  readonly #isFlat: boolean;
  /** Nodes that were made here, and those of the version before that this one has not. */
  readonly #fresh = new Set<number>();
  readonly #gone: number[] = [];
  readonly #fixed = new Set<number>();
  /** The name at hand, and another. */
  readonly #key = new NameKey();
  readonly #other = new NameKey();
  /** The node of the name at hand. */
  #old = 0;
  #count: number;
  /** Nodes of names that own something else than before, then and now (0: none). */
  readonly pairs: number[] = [];
  /** Words of nodes that there are more now, or fewer. */
  words = 0;

  /** From a root, 0 for none. */
  constructor(memory: Memory, root: number, isFlat: boolean) {
    this.#memory = memory;
    this.#root = root;
    this.#isFlat = isFlat;
    this.#count = root === 0 ? 0 : new OrderedPages(memory).count(root);
    this.#pages = new PagesDraft(memory, root === 0 ? new Int32Array(0) : root);
  }

  /** From now on it is about the name of this key. Says its node, 0 for none. */
  seek(bytes: Uint8Array, at: number, length: number): number {
    const key = this.#read(this.#key, bytes, at, length);
    this.#old = this.#find(key, key.labels);
    return this.#old;
  }
  #read(key: NameKey, bytes: Uint8Array, at: number, length: number): NameKey {
    key.labels = 0;
    for (let i = 0; i < length; i++) {
      key.bytes[i] = bytes[at + i]!;
      if (bytes[at + i] === 0) key.ends[++key.labels] = i + 1;
    }
    return key.hash(this.#memory.hash);
  }
  #find(key: NameKey, labels: number): number {
    return this.#pages.find(key.hashes[labels]!, key.bytes, key.ends[labels]!);
  }

  /** The name owns these sets, and is what `flags` say of them. Says what becomes of marks. */
  put(flags: number, sets: Uint8Array, size: number): Effect {
    const key = this.#key;
    const old = this.#old;
    const before = old === 0 ? 0 : flagsOf(this.#memory.words, old);
    if (old !== 0 && (before & OWN) === flags && this.#isSame(old, sets, size)) return 'none';
    const node = this.#node(key.labels, flags | (before & ~OWN), sets, size);
    if (old === 0 && !this.#isFlat) this.#above();
    this.pairs.push(old, node);
    this.#swap(old, node);
    if (this.#isFlat || (old !== 0 && ((before ^ flags) & HIDING) === 0)) return 'none';
    return old === 0 ? 'near' : 'deep';
  }
  /** The name owns nothing. Says the same. */
  clear(): Effect {
    const key = this.#key;
    const old = this.#old;
    const flags = old === 0 ? EMPTY : flagsOf(this.#memory.words, old);
    if ((flags & EMPTY) !== 0) return 'none';
    if (!this.#isFlat && this.#hasBelow(key.bytes, key.length)) {
      const node = this.#node(key.labels, EMPTY | (flags & ~OWN), NOTHING, NOTHING.length);
      // Nothing is owned there, and the node may go with what is below it.
      this.pairs.push(old, 0);
      this.#swap(old, node);
      return (flags & HIDING) === 0 ? 'none' : 'deep';
    }
    this.pairs.push(old, 0);
    this.#drop(old);
    if (!this.#isFlat) this.#dropAbove();
    return this.#isFlat ? 'none' : 'near';
  }
  /** What lies between the name and the next one above that is there. */
  #above(): void {
    const key = this.#key;
    for (let n = key.labels - 1; n > 0 && this.#find(key, n) === 0; n--) this.#swap(0, this.#node(n, EMPTY, NOTHING, NOTHING.length));
  }
  /** What was there only for the sake of a name below it. */
  #dropAbove(): void {
    const key = this.#key;
    for (let n = key.labels - 1; n > 0; n--) {
      const node = this.#find(key, n);
      if ((flagsOf(this.#memory.words, node) & EMPTY) === 0 || this.#hasBelow(key.bytes, key.ends[n]!)) return;
      this.#drop(node);
    }
  }
  #hasBelow(key: Uint8Array, length: number): boolean {
    this.#pages.before(key, length);
    return this.#isBelow(this.#pages.next(), key, 0, length);
  }
  #isBelow(node: number, key: Uint8Array, at: number, length: number): boolean {
    const { words, bytes } = this.#memory;
    return node !== 0 && keyLength(words, node) > length && compareBytes(bytes, node * 4 + KEY_AT, length, key, at, length) === 0;
  }

  /** Makes marks right that depend on the name at hand, when all names are put and cleared. */
  mark(effect: Effect): void {
    if (effect === 'none') return;
    const key = this.#key;
    for (let n = 0; n <= key.labels; n++) {
      const node = this.#find(key, n);
      if (node === 0) break;
      const isNew = n > 0 && !this.#fixed.has(node) && this.#fresh.has(node);
      this.#fix(node);
      if (isNew) this.#fixBefore(key.ends[n]!, true);
    }
    this.#fixBefore(key.length, this.#find(key, key.labels) !== 0);
    if (effect === 'deep') for (const node of this.#below()) this.#fix(node);
  }
  #fixBefore(length: number, isThere: boolean): void {
    let node = this.#pages.before(this.#key.bytes, length);
    if (isThere) node = this.#pages.previous();
    if (node !== 0) this.#fix(node);
  }
  #below(): number[] {
    const key = this.#key;
    const nodes: number[] = [];
    let node = this.#pages.before(key.bytes, key.length);
    while (this.#isBelow(node = this.#pages.next(), key.bytes, 0, key.length)) nodes.push(node);
    return nodes;
  }
  #fix(node: number): void {
    if (this.#fixed.has(node)) return;
    const { words, bytes } = this.#memory;
    const key = this.#read(this.#other, bytes, node * 4 + KEY_AT, keyLength(words, node));
    const { labels, length } = key;
    let flags = flagsOf(words, node) & OWN;
    if (labels > 0 && (flagsOf(words, this.#find(key, labels - 1)) & (HIDING | BELOW)) !== 0) flags |= BELOW;
    this.#pages.before(key.bytes, length);
    const next = this.#pages.next();
    if (!this.#isBelow(next, key.bytes, 0, length) || bytes[next * 4 + KEY_AT + length]! > STAR) flags |= FIRST;
    key.star(labels).hash(this.#memory.hash, labels + 1);
    if (this.#find(key, labels + 1) !== 0) flags |= WILD;
    this.#fixed.add(this.#flagged(node, flags));
  }
  /** The node with these flags: itself, or a copy where the version before has it too. */
  #flagged(node: number, flags: number): number {
    const { words } = this.#memory;
    if (flagsOf(words, node) === flags) return node;
    let to = node;
    if (!this.#fresh.has(node)) {
      const count = wordsOf(this.#memory, node);
      to = this.#take(count);
      this.#memory.words.copyWithin(to, node, node + count);
    }
    this.#memory.words[to + 1] = keyLength(words, node) | (flags << 16);
    if (to !== node) this.#swap(node, to);
    return to;
  }

  #isSame(node: number, sets: Uint8Array, size: number): boolean {
    const { words, bytes } = this.#memory;
    const from = setsAt(words, node);
    return compareBytes(bytes, from, endOf(this.#memory, node) - from, sets, 0, size) === 0;
  }
  #node(labels: number, flags: number, sets: Uint8Array, size: number): number {
    const key = this.#key;
    const length = key.ends[labels]!;
    const node = this.#take((KEY_AT + length + size + 3) >> 2);
    const { words, bytes } = this.#memory;
    words[node] = key.hashes[labels]!;
    words[node + 1] = length | (flags << 16);
    const at = node * 4 + KEY_AT;
    for (let i = 0; i < length; i++) bytes[at + i] = key.bytes[i]!;
    if (size > 64) bytes.set(sets.subarray(0, size), at + length);
    else for (let i = 0; i < size; i++) bytes[at + length + i] = sets[i]!;
    return node;
  }
  #take(words: number): number {
    const at = this.#memory.take(words);
    if (at === 0) throw new RangeError('the shared memory is full');
    this.#fresh.add(at);
    return at;
  }
  /** Puts a node in the place of another, 0 for none. */
  #swap(old: number, node: number): void {
    this.words += wordsOf(this.#memory, node);
    this.#pages.replace(old, node);
    if (old === 0) this.#count++;
    else this.#forget(old);
  }
  #drop(node: number): void {
    this.#pages.remove(node);
    this.#count--;
    this.#forget(node);
  }
  #forget(node: number): void {
    this.words -= wordsOf(this.#memory, node);
    if (this.#fresh.delete(node)) this.#memory.give(node);
    else this.#gone.push(node);
  }

  /** The tree as it is now. */
  finish(): Tree {
    if (this.#count > 0) {
      const { root, taken, dropped } = this.#pages.commit();
      return { root, taken: [...this.#fresh, ...taken], gone: [...this.#gone, ...dropped] };
    }
    this.abort();
    const blocks = this.#root === 0 ? [] : new OrderedPages(this.#memory).blocks(this.#root).map(([at]) => at);
    return { root: 0, taken: [], gone: [...this.#gone, ...blocks] };
  }
  /** It shall not be: what was taken for it is given back. */
  abort(): void {
    this.#pages.abort();
    for (const node of this.#fresh) this.#memory.give(node);
    this.#fresh.clear();
  }
}
const NOTHING = new Uint8Array(2);
