// The keys of an etcd below one path in shared memory, in the order of etcd: main writes versions, every thread finds what is at a key and
// below it. Knows segments of keys; knows no etcd.
import { latin1, writeLatin1 } from '../../dns/latin1.ts';
import type { Flags } from '../../store/cells.ts';
import type { Memory } from '../../store/memory.ts';
import { KEY_AT, compareBytes, keyLength } from '../../store/ordered-entry.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import type { Store } from '../../store/store.ts';
import { KeptReader } from './kept.ts';
import type { Kept } from '../../skydns/kept.ts';

/** What is known of how the index stands to etcd, where it is not 0, nothing is listed: it is followed; it is not any more. */
export const FOLLOWED = 1, STALE = 2;
/** What stands in which cell. */
export const ROOT = 0, STATE = 1, USERS = 2;
const CELLS = 3;
/** Bytes of a key that is taken in: no name has a longer one. */
const LONGEST = 4096;
const SLASH = 0x2f, STAR = 0x2a;

/** Finds. What it says holds within a reading. */
export class KeyIndex {
  protected readonly store: Store;
  protected readonly cells: Flags;
  protected readonly pages: OrderedPages;
  readonly #reader = new KeptReader();
  /** A key that is looked for, as words for its hash and as bytes. */
  readonly #words = new Int32Array(LONGEST / 4);
  protected readonly key: Uint8Array = new Uint8Array(this.#words.buffer);

  /** Whoever says the same name has the same index, in every thread. */
  constructor(store: Store, name: string) {
    this.store = store;
    this.cells = store.cells.flags(`keys ${name}`, CELLS);
    this.pages = new OrderedPages(store.memory);
  }

  get state(): number {
    return this.cells.get(STATE);
  }
  get size(): number {
    const { root } = this;
    return root === 0 ? 0 : this.pages.count(root);
  }
  protected get root(): number {
    const root = this.cells.get(ROOT);
    this.store.memory.refresh();
    return root;
  }

  /** What is below the key, at most so many in their order; what is at it where that is nothing, or where `deep` is false. */
  range(key: string, deep: boolean, most: number): Kept[] {
    const { root } = this;
    const length = root === 0 ? -1 : this.put(key);
    if (length < 0) return [];
    const found: Kept[] = [];
    for (let entry = deep ? this.#below(root, length) : 0; entry !== 0 && found.length < most; entry = this.#next(root, length)) {
      found.push(this.#kept(entry));
    }
    const own = found.length === 0 ? this.at(root, length) : 0;
    if (own !== 0) found.push(this.#kept(own));
    return found;
  }
  /** What a name owns that has what is at its key and directly below, but for a stored `*`; undefined: nothing is at the key or below. */
  named(key: string, most: number): Kept[] | undefined {
    const { root } = this;
    const length = root === 0 ? -1 : this.put(key);
    if (length < 0) return undefined;
    const own = this.at(root, length);
    const found = own === 0 ? [] : [this.#kept(own)];
    let entry = this.#below(root, length);
    if (own === 0 && entry === 0) return undefined;
    while (entry !== 0 && found.length < most) {
      const end = this.#segment(entry, length + 1);
      if (end < 0) {
        if (!this.#isStar(entry, length + 1)) found.push(this.#kept(entry));
        entry = this.#next(root, length);
        continue;
      }
      // What is deeper is passed over, however much it is: it stands before the first key with what comes after a slash.
      const { bytes } = this.store.memory;
      for (let i = length + 1; i < end; i++) this.key[i] = bytes[entry * 4 + KEY_AT + i]!;
      this.key[end] = SLASH + 1;
      const last = this.pages.before(root, this.key, end + 1);
      entry = last !== 0 && this.#is(last, end + 1) ? this.#within(last, length) : this.#next(root, length);
    }
    return found;
  }
  /** The revision of a key's last change; undefined where it is not there. */
  revisionOf(key: string): bigint | undefined {
    const { root } = this;
    const length = root === 0 ? -1 : this.put(key);
    const entry = length < 0 ? 0 : this.at(root, length);
    return entry === 0 ? undefined : this.#reader.revision(this.store.memory.bytes, dataAt(this.store.memory, entry));
  }
  /** All keys in their order, with their revisions. */
  each(call: (key: string, revision: bigint) => void): void {
    const { root } = this;
    const { memory } = this.store;
    if (root === 0) return;
    for (const entry of this.pages.entries(root)) call(keyAt(memory, entry), this.#reader.revision(memory.bytes, dataAt(memory, entry)));
  }
  /** All that is kept, in order. */
  all(): Kept[] {
    const still = this.still();
    const all = [...still.keys()];
    still.release();
    return all;
  }
  /** All that is kept now, in order, to be read across awaits until it is released: not for long. */
  still(): { keys(): Iterable<Kept>; release(): void } {
    const pin = this.store.pin();
    const { root } = this;
    const entries = root === 0 ? [] : this.pages.entries(root);
    const kept = (entry: number): Kept => this.#kept(entry);
    return {
      *keys() {
        for (const entry of entries) yield kept(entry);
      },
      release: () => pin.release(),
    };
  }

  /** Takes a key up as the one that is looked for; its length, or -1 where none is so long. */
  protected put(key: string): number {
    const { length } = key;
    // Room for what follows it, and nothing in the rest of its last word.
    if (length > LONGEST - 8) return -1;
    writeLatin1(key, this.key, 0);
    for (let i = length; i < length + 4; i++) this.key[i] = 0;
    return length;
  }
  /** The entry of the key that was put, or 0. */
  protected at(root: number, length: number): number {
    for (let i = length; i % 4 !== 0; i++) this.key[i] = 0;
    return this.pages.find(root, this.hash(length), this.key, length);
  }
  protected hash(length: number): number {
    return this.store.memory.hash.of(this.#words, 0, (length + 3) >> 2);
  }
  /** The first entry below the key that was put, or 0. */
  #below(root: number, length: number): number {
    this.key[length] = SLASH;
    const before = this.pages.before(root, this.key, length + 1);
    return before !== 0 && this.#is(before, length + 1) ? before : this.#next(root, length);
  }
  #next(root: number, length: number): number {
    return this.#within(this.pages.next(root), length);
  }
  /** The entry, where it is below the key that was put; 0 otherwise. */
  #within(entry: number, length: number): number {
    if (entry === 0) return 0;
    const { words, bytes } = this.store.memory;
    if (keyLength(words, entry) <= length) return 0;
    const from = entry * 4 + KEY_AT;
    if (bytes[from + length] !== SLASH) return 0;
    for (let i = length - 1; i >= 0; i--) if (bytes[from + i] !== this.key[i]) return 0;
    return entry;
  }
  /** Where the segment that begins at `from` ends in a slash; -1 where it is the key's last one. */
  #segment(entry: number, from: number): number {
    const { words, bytes } = this.store.memory;
    const length = keyLength(words, entry), at = entry * 4 + KEY_AT;
    for (let i = from; i < length; i++) if (bytes[at + i] === SLASH) return i;
    return -1;
  }
  #isStar(entry: number, from: number): boolean {
    const { words, bytes } = this.store.memory;
    return keyLength(words, entry) === from + 1 && bytes[entry * 4 + KEY_AT + from] === STAR;
  }
  #is(entry: number, length: number): boolean {
    const { words, bytes } = this.store.memory;
    return keyLength(words, entry) === length && compareBytes(bytes, entry * 4 + KEY_AT, length, this.key, 0, length) === 0;
  }
  #kept(entry: number): Kept {
    const { memory } = this.store;
    return this.#reader.read(keyAt(memory, entry), memory.bytes, dataAt(memory, entry));
  }
}

const keyAt = ({ words, bytes }: Memory, entry: number): string =>
  latin1(bytes, entry * 4 + KEY_AT, entry * 4 + KEY_AT + keyLength(words, entry));
/** Where what is kept begins: at the word behind the key, which has nothing else in its last one. */
const dataAt = ({ words }: Memory, entry: number): number => entry * 4 + KEY_AT + ((keyLength(words, entry) + 3) & ~3);
