// A map that forgets: bounded in entries and in bytes, for caches, of one thread or of all. Where threads share it each shard has a
// lock, which is tried once and never waited for: a reader that does not get it has a miss, a writer stores nothing. Knows
// threads and shards; knows nothing of what is cached or of when it expires.
import { BUSY, CHANGES, CACHE_HEAD, ENTRIES, EVICTED, LOCK, REFUSED, SHARD, Shards, WORDS } from './cache-shard.ts';
import type { Entry, Key } from './key.ts';
import { SHARING } from './layout.ts';
import type { Memory } from './memory.ts';
import { Packed } from './packed.ts';

/** Shards of a map at most, as a power of two, and entries that a shard has at least where there are several. */
const MOST_BITS = 6, LEAST = 64;
/** Words of a copy that are copied one by one; a longer one is copied as a piece. */
const BY_WORD = 64;

/** What a cache map may hold. */
export interface CacheLimits {
  /** Entries at most. */
  readonly entries: number;
  /** Bytes of entries at most (keys, values and what goes with them; the index is small and comes on top). */
  readonly bytes: number;
  /** How many words of each entry are the owner's: expiry, hits and so on. */
  readonly owned: number;
}
/** Looks at or changes the owner's words of an entry, which begin at `words[at]`, where it lies. Must not throw, wait, or use the map. */
export type Touch = (words: Int32Array, at: number) => void;

/**
 * A cache map. An entry is an offset in `words`, valid until the next call or `await`. An empty map takes 8 bytes of shared memory and has
 * no index. Where threads share it, each has an object of its own, with the same limits, on the same place.
 */
export class CacheMap extends Packed {
  /** Words of a place that all threads share (cleared at first): the offset of the shards, which come with the first entry. */
  static readonly ROOM = 2;
  readonly #memory: Memory;
  readonly #place: number;
  readonly #private: boolean;
  readonly #shards: Shards;
  readonly #bits: number;
  readonly #me: number;
  /** Where this thread's copy of an entry lies, and its room in words. */
  #copy = 0;
  #copyRoom = 0;
  #missed = 0;
  #left = false;
  /** Whether what this thread is doing right now is done under a lock. */
  #locked = false;

  /** This thread's own map, or that of all threads at `place` (from `claim` of names.ts). Throws RangeError where the memory is full. */
  constructor(memory: Memory, limits: CacheLimits, place = 0) {
    super(memory, CACHE_HEAD, limits.owned);
    this.#memory = memory;
    this.#private = place === 0;
    this.#place = place || memory.takeCleared(CacheMap.ROOM);
    if (this.#place === 0) throw new RangeError('the shared memory is full');
    this.#me = memory.thread + 1;
    this.#bits = this.#private ? 0 : Math.max(0, Math.min(MOST_BITS, 31 - Math.clz32(limits.entries / LEAST)));
    const shards = 1 << this.#bits;
    const entries = Math.max(1, Math.floor(limits.entries / shards));
    this.#shards = new Shards(memory, limits.owned, entries, Math.floor(limits.bytes / 4 / shards));
  }

  /** How many entries there are, and the bytes of them. */
  get entries(): number {
    return this.#sum((shard) => this.words[shard + ENTRIES]!);
  }
  get size(): number {
    return this.#sum((shard) => this.words[shard + WORDS]!) * 4;
  }
  /** A number that is another one when an entry came or went. */
  get changes(): number {
    return this.#sum((shard) => this.words[shard + CHANGES]!);
  }
  /** How many were evicted, found no place or no room, and how often a call gave up since another thread was at work in its shard. */
  get evicted(): number {
    return this.#sum((shard) => this.#memory.doubles[(shard + EVICTED) >> 1]!);
  }
  get refused(): number {
    return this.#missed + this.#sum((shard) => this.#memory.doubles[(shard + REFUSED) >> 1]!);
  }
  get busy(): number {
    return this.#sum((shard) => Atomics.load(this.words, shard + BUSY));
  }
  /**
   * The entry with this key, or 0. It is for reading: it may be a copy. Changes that shall last are made by `touch`, which sees the entry
   * itself.
   */
  find(key: Key, touch?: Touch): Entry | 0 {
    const shard = this.#enter(key.hashBy(this.#memory.hash));
    if (shard === 0) return 0;
    let entry = this.#shards.find(shard, key);
    if (entry !== 0) {
      if (touch !== undefined) touch(this.#memory.words, entry + CACHE_HEAD);
      if (this.#locked) entry = this.#copyOut(entry);
    }
    this.#exit(shard);
    return entry as Entry | 0;
  }
  /**
   * Room for an entry with a value of `size` bytes, found by nobody yet: write the owner's words (they are 0) and the value, then call
   * `publish` or `discard`. 0: there is no room.
   */
  prepare(key: Key, size: number): Entry | 0 {
    const entry = this.#shards.prepare(key, size);
    if (entry === 0) this.#missed++;
    return entry as Entry | 0;
  }
  /** Lets a prepared entry be found, in place of one with the same key and flavour. False: it found no place and is gone. */
  publish(entry: Entry): boolean {
    const shard = !this.#left && this.#makeShards() ? this.#enter(this.words[entry]!) : 0;
    if (shard === 0) {
      this.#memory.give(entry);
      return false;
    }
    const stored = this.#shards.insert(shard, entry);
    this.#exit(shard);
    return stored;
  }
  /** Gives a prepared entry up. */
  discard(entry: Entry): void {
    this.#memory.give(entry);
  }
  /** Takes an entry out; false where there was none. */
  remove(key: Key): boolean {
    const shard = this.#enter(key.hashBy(this.#memory.hash));
    if (shard === 0) return false;
    const entry = this.#shards.find(shard, key);
    if (entry !== 0) this.#shards.take(shard, entry);
    this.#exit(shard);
    return entry !== 0;
  }
  /** How many shards there are to walk through. */
  get shards(): number {
    return Atomics.load(this.#memory.words, this.#place) === 0 ? 0 : 1 << this.#bits;
  }
  /**
   * Shows the entries in at most `most` places of a shard from place `from` on, each where it lies: `each` must not throw, wait, or use the
   * map. Says where to go on, -1 at the end of the shard; `from` where another thread is at work in it. What is put in or taken out
   * meanwhile may be shown twice, or not.
   */
  walk(shard: number, from: number, most: number, each: (entry: Entry) => void): number {
    const shards = Atomics.load(this.#memory.words, this.#place);
    if (shards === 0) return -1;
    const head = shards + shard * SHARD;
    if (!this.#try(head)) return from;
    const next = this.#shards.walk(head, from, most, each);
    this.#exit(head);
    return next;
  }
  /** Takes all entries out (where threads share it: of the shards in which nobody is at work). */
  clear(): void {
    for (const shard of this.#heads()) {
      if (!this.#try(shard)) continue;
      this.#shards.clear(shard);
      this.#exit(shard);
    }
  }
  /** A thread is dead: the shards that it held are emptied and freed. Called by main. */
  bury(thread: number): void {
    for (const shard of this.#heads()) {
      if (Atomics.load(this.#memory.words, shard + LOCK) !== thread + 1) continue;
      this.#shards.clear(shard);
      Atomics.store(this.#memory.words, shard + LOCK, 0);
    }
  }
  /** This thread does not use the map any more: it finds nothing, and keeps nothing. Others may. */
  leave(): void {
    this.#left = true;
    if (this.#copy !== 0) this.#memory.give(this.#copy);
    this.#copy = 0;
    this.#copyRoom = 0;
  }
  /** No thread uses the map any more: gives all of it back. A shared place can be used again, since it is as it was at first. */
  close(): void {
    this.leave();
    for (const shard of this.#heads()) this.#shards.clear(shard);
    const shards = Atomics.exchange(this.#memory.words, this.#place, 0);
    if (shards !== 0) this.#memory.give(shards);
    if (this.#private) this.#memory.give(this.#place);
  }

  /** The head of the shard for a hash, for this thread alone until `#exit`; 0 where there is none, or another thread is in it. */
  #enter(hash: number): number {
    const shards = this.#left ? 0 : Atomics.load(this.#memory.words, this.#place);
    if (shards === 0) return 0;
    const shard = this.#bits === 0 ? shards : shards + (hash >>> (32 - this.#bits)) * SHARD;
    return this.#try(shard) ? shard : 0;
  }
  #try(shard: number): boolean {
    const { words } = this.#memory;
    this.#locked = !this.#private && words[SHARING] !== 0;
    return !this.#locked || this.#tryLock(shard);
  }
  #tryLock(shard: number): boolean {
    const words = this.#memory.refresh();
    if (Atomics.compareExchange(words, shard + LOCK, 0, this.#me) === 0) {
      this.#memory.refresh();                                         // what is in the shard may lie in memory that is new
      return true;
    }
    Atomics.add(words, shard + BUSY, 1);
    return false;
  }
  #exit(shard: number): void {
    if (this.#locked) Atomics.store(this.#memory.words, shard + LOCK, 0);
  }
  #copyOut(entry: number): number {
    const room = this.#shards.room(entry);
    if (room > this.#copyRoom && !this.#makeCopy(room)) return 0;
    const { words } = this.#memory;
    const to = this.#copy;
    if (room > BY_WORD) words.copyWithin(to, entry, entry + room);
    else for (let i = 0; i < room; i++) words[to + i] = words[entry + i]!;
    return to;
  }
  #makeCopy(room: number): boolean {
    if (this.#copy !== 0) this.#memory.give(this.#copy);
    this.#copyRoom = Math.max(256, room * 2);
    this.#copy = this.#memory.take(this.#copyRoom);
    if (this.#copy === 0) this.#copyRoom = 0;
    return this.#copy !== 0;
  }
  #makeShards(): boolean {
    if (Atomics.load(this.#memory.words, this.#place) !== 0) return true;
    const shards = this.#memory.takeCleared(SHARD << this.#bits);
    if (shards === 0) return false;
    if (Atomics.compareExchange(this.#memory.words, this.#place, 0, shards) !== 0) this.#memory.give(shards);
    return true;
  }
  #heads(): number[] {
    const words = this.#memory.refresh();
    const shards = Atomics.load(words, this.#place);
    return shards === 0 ? [] : Array.from({ length: 1 << this.#bits }, (_, i) => shards + i * SHARD);
  }
  #sum(of: (shard: number) => number): number {
    return this.#heads().reduce((sum, shard) => sum + of(shard), 0);
  }
}
