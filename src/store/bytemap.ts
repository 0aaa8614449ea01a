// Packed entries found by a key of words: one thread writes, every thread reads and never waits. Knows words and hashes; knows
// nothing of what they mean.
//
// Head of the map, in words: 0 root (buckets.ts), 1 entries, 2 words of them, 3 refused. Of an entry (packed.ts) three words are its own.
import type { Epochs } from './epochs.ts';
import type { Entry, Key } from './key.ts';
import type { Memory } from './memory.ts';
import { Packed } from './packed.ts';
import { FEWEST, GONE, PROBES, copyBuckets, countTouched, indexOf, indexWords, bucketFor, bucketsOf } from './buckets.ts';

/** Words before the owner's. */
const HEAD = 3;
/** In place of a count: the map is another thread's. */
const HANDED = -1;
const ROOT = 0, ENTRIES = 1, BYTES = 2, REFUSED = 3;
/** A map without a name on its way from one thread to another. */
export interface HandedMap {
  readonly at: number;
  readonly owned: number;
}
/** Entries in one piece of memory. */
export type Listed = ArrayLike<Entry> & Iterable<Entry>;
/** The largest size of an index, as a power of two. */
const LARGEST = 24;

/** A map of packed entries. Every thread has an object of its own on the same head. */
export class ByteMap extends Packed {
  /** Words that the head of a map takes. */
  static readonly ROOM = 8;
  /** Offset of the map's head: what another thread needs to read it. */
  readonly at: number;
  readonly #memory: Memory;
  readonly #epochs: Epochs;
  readonly #owned: number;
  /** Buckets in use or once used. The writer's. */
  #touched = 0;

  /**
   * A map with `owned` words of its owner's in each entry: a new one, or the one whose head (ROOM cleared words) is `at`. Throws RangeError
   * where the memory is full.
   */
  constructor(memory: Memory, epochs: Epochs, owned = 0, at = memory.takeCleared(ByteMap.ROOM)) {
    if (at === 0) throw new RangeError('the shared memory is full');
    super(memory, HEAD, owned);
    this.#memory = memory;
    this.#epochs = epochs;
    this.#owned = owned;
    this.at = at;
    this.#touched = countTouched(this.words, this.words[at + ROOT]!);
  }

  /** How many entries there are, the bytes of them and the index, and how many found no place or no room. */
  get entries(): number {
    return this.words[this.at + ENTRIES]!;
  }
  get size(): number {
    const root = this.words[this.at + ROOT]!;
    return this.words[this.at + BYTES]! * 4 + (root === 0 ? 0 : 8 << (root & 31));
  }
  get refused(): number {
    return this.words[this.at + REFUSED]!;
  }

  /** The entry with this key, or 0. It stays as it is until the reading ends. */
  find(key: Key): Entry | 0 {
    const memory = this.#memory;
    let { words } = memory;
    const root = Atomics.load(words, this.at + ROOT);
    if (root === 0) return 0;
    const bits = root & 31;
    const index = root & ~31;
    const mask = (1 << bits) - 1;
    if (index + (2 << bits) > words.length) words = memory.reach(index + (2 << bits));
    const hash = key.hashBy(memory.hash);
    const { words: wanted, at } = key;
    const n = key.length >> 2;
    const want = key.flavour | (n << 8);
    const skip = HEAD + this.#owned;
    for (let bucket = hash & mask, step = 1; step <= PROBES; bucket = (bucket + step++) & mask) {
      const entry = Atomics.load(words, index + bucket * 2 + 1);
      if (entry === 0) return 0;
      if (entry === GONE || words[index + bucket * 2] !== hash) continue;
      if (entry >= words.length) words = memory.reach(entry + 1);
      if (words[entry + 1] !== want) continue;
      const from = entry + skip;
      if (from + n > words.length) words = memory.reach(from + n);
      let i = 0;
      while (i < n && words[from + i] === wanted[at + i]) i++;
      if (i < n) continue;
      memory.reach(from + n + ((words[entry + 2]! + 3) >> 2));
      return entry as Entry;
    }
    return 0;
  }

  /**
   * Room for an entry with a value of `size` bytes that nobody finds yet: the caller writes the owner's words (they are 0) and the value,
   * then calls `publish`. 0: there is no room.
   */
  prepare(key: Key, size: number): Entry | 0 {
    if (this.#epochs.waiting >= PROBES) this.#epochs.recycle();
    const n = key.length >> 2;
    const skip = HEAD + this.#owned;
    const entry = this.#memory.take(skip + n + ((size + 3) >> 2));
    const { words } = this.#memory;
    if (entry === 0) {
      words[this.at + REFUSED]!++;
      return 0;
    }
    words[entry] = key.hashBy(this.#memory.hash);
    words[entry + 1] = key.flavour | (n << 8);
    words[entry + 2] = size;
    for (let i = HEAD; i < skip; i++) words[entry + i] = 0;
    for (let i = 0; i < n; i++) words[entry + skip + i] = key.words[key.at + i]!;
    return entry as Entry;
  }

  /** Lets an entry be found, in place of one with the same key and flavour. False: it had no place and is gone. */
  publish(entry: Entry): boolean {
    if (this.#touched === HANDED) throw new Error('the map was handed over');
    const skip = HEAD + this.#owned;
    let bucket = this.#makeRoom() ? bucketFor(this.words, this.words[this.at + ROOT]!, entry, skip) : -1;
    while (bucket < 0 && this.entries > 0 && !this.#sparse() && this.#rebuild((this.words[this.at + ROOT]! & 31) + 1)) {
      bucket = bucketFor(this.words, this.words[this.at + ROOT]!, entry, skip);
    }
    if (bucket < 0) {
      this.words[this.at + REFUSED]!++;
      this.#memory.give(entry);
      return false;
    }
    this.#set(bucket, entry);
    return true;
  }
  #set(bucket: number, entry: number): void {
    const { words } = this.#memory;
    const old = words[bucket + 1]!;
    words[bucket] = words[entry]!;
    Atomics.store(words, bucket + 1, entry);
    words[this.at + BYTES]! += this.#room(entry);
    if (old > GONE) {
      words[this.at + BYTES]! -= this.#room(old);
      this.#epochs.retire(old);
    } else {
      words[this.at + ENTRIES]!++;
      if (old === 0) this.#touched++;
    }
  }
  /** `prepare`, the value's bytes, and `publish`. */
  put(key: Key, value: Uint8Array): boolean {
    const entry = this.prepare(key, value.length);
    if (entry === 0) return false;
    this.bytes.set(value, this.bytesAt(entry));
    return this.publish(entry);
  }

  /** Takes an entry out; false where there was none. */
  remove(key: Key): boolean {
    const entry = this.find(key);
    if (entry === 0) return false;
    const { words } = this.#memory;
    const root = words[this.at + ROOT]!;
    const mask = (1 << (root & 31)) - 1;
    let bucket = words[entry]! & mask;
    for (let step = 1; words[(root & ~31) + bucket * 2 + 1] !== entry; step++) bucket = (bucket + step) & mask;
    Atomics.store(words, (root & ~31) + bucket * 2 + 1, GONE);
    this.#forget(entry);
    return true;
  }

  /**
   * Puts all that `fresh` has in place of all that this map has, at once. `fresh`, made by this thread or handed over to it, with as
   * many owner's words, is used up.
   */
  replaceAll(fresh: ByteMap): void {
    if (fresh.#owned !== this.#owned) throw new RangeError('maps with other words of their owners');
    const { words } = this.#memory;
    const old = words[this.at + ROOT]!;
    Atomics.store(words, this.at + ROOT, words[fresh.at + ROOT]!);
    words[this.at + ENTRIES] = words[fresh.at + ENTRIES]!;
    words[this.at + BYTES] = words[fresh.at + BYTES]!;
    words[this.at + REFUSED]! += words[fresh.at + REFUSED]!;
    this.#touched = fresh.#touched;
    this.#memory.give(fresh.at);
    this.#retireAll(old);
  }
  /**
   * Gives a map without a name to another thread, which is sent what this says: `Store.taken` makes a map of it there, to be written or put
   * in place of another. From now on this thread cannot write it, and must not read it.
   */
  handOver(): HandedMap {
    const { at } = this;
    this.#touched = HANDED;
    return { at, owned: this.#owned };
  }
  /** Takes every entry out. */
  clear(): void {
    const { words } = this.#memory;
    const old = words[this.at + ROOT]!;
    Atomics.store(words, this.at + ROOT, 0);
    words[this.at + ENTRIES] = 0;
    words[this.at + BYTES] = 0;
    this.#touched = 0;
    this.#retireAll(old);
  }
  #retireAll(root: number): void {
    if (root === 0) return;
    this.#epochs.retire(() => {
      for (const entry of this.#entriesOf(root)) this.#memory.give(entry);
      this.#memory.give(indexOf(root));
    });
    this.#epochs.recycle();
  }

  /** Offsets of all entries: in the order of `compare` where it is given, else in none. Valid until the reading ends. */
  *walk(compare?: (a: Entry, b: Entry) => number): Generator<Entry> {
    const root = Atomics.load(this.words, this.at + ROOT);
    if (compare === undefined) yield* this.#entriesOf(root);
    else yield* [...this.#entriesOf(root)].sort(compare);
  }
  /** Offsets of all entries, found in one go: some nanoseconds for each bucket. For the thread that writes the map. */
  list(): Listed {
    const { words } = this.#memory;
    const root = words[this.at + ROOT]!;
    const found = new Int32Array(this.entries);
    let count = 0;
    for (let at = indexOf(root), end = root === 0 ? at : at + indexWords(root); at < end; at += 2) {
      if (words[at + 1]! > GONE) found[count++] = words[at + 1]!;
    }
    return found as Iterable<number> as Listed;
  }
  *#entriesOf(root: number): Generator<Entry> {
    if (root === 0) return;
    const end = indexOf(root) + indexWords(root);
    this.#memory.reach(end);
    for (let at = indexOf(root); at < end; at += 2) {
      const entry = Atomics.load(this.words, at + 1);
      if (entry <= GONE) continue;
      this.#memory.reach(entry + 1);
      this.#memory.reach(entry + this.#room(entry));
      yield entry as Entry;
    }
  }

  #room(entry: number): number {
    const { words } = this.#memory;
    return HEAD + this.#owned + (words[entry + 1]! >>> 8) + ((words[entry + 2]! + 3) >> 2);
  }
  /** Whether more room in the index would not help: keys collide. */
  #sparse(): boolean {
    return this.entries * 8 < bucketsOf(this.words[this.at + ROOT]!);
  }
  /** Sees to it that half of the index is empty. False where the memory is full. */
  #makeRoom(): boolean {
    const root = this.words[this.at + ROOT]!;
    return (root !== 0 && (this.#touched + 1) * 2 <= bucketsOf(root)) || this.#rebuild(FEWEST);
  }
  /** A new index: four buckets an entry, 2 to the power of `least` at least; published when it is whole. False where the memory is full. */
  #rebuild(least: number): boolean {
    const old = this.words[this.at + ROOT]!;
    const bits = Math.min(LARGEST, Math.max(least, 32 - Math.clz32(Math.max(1, this.entries * 4 - 1))));
    for (let more = 0; more < 4; more++) {
      const index = this.#memory.takeCleared(2 << (bits + more));
      if (index === 0) return false;
      const root = index | (bits + more);
      const lost: number[] = [];
      if (copyBuckets(this.words, old, root, (entry) => more === 3 && lost.push(entry) > 0)) {
        Atomics.store(this.words, this.at + ROOT, root);
        if (old !== 0) this.#epochs.retire(indexOf(old));
        for (const entry of lost) this.#forget(entry);
        this.words[this.at + REFUSED]! += lost.length;
        this.#touched = this.entries;
        return true;
      }
      this.#memory.give(index);
    }
    return false;
  }
  #forget(entry: number): void {
    this.words[this.at + ENTRIES]!--;
    this.words[this.at + BYTES]! -= this.#room(entry);
    this.#epochs.retire(entry);
  }
}
