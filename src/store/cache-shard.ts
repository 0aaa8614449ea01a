// Bounded maps of packed entries in shared memory, each for one user at a time: an index, and the queue that says what goes when it is
// full (SIEVE: the hand walks from old to new, passes what was visited since, and takes the first that was not). Knows words
// and hashes; knows nothing of threads or of what entries mean.
//
// Head of a shard, in words: 0 lock (cache-map.ts), 1 root (buckets.ts; linear probes here, removal moves entries back), 2 entries,
// 3 words of them, 4 newest, 5 oldest, 6 hand, 7 how often it was busy, 8 evicted and 10 refused (doubles), 12 changes. Entry: 0 hash,
// 1 flavour | words of the key << 8, 2 bytes of the value, 3 the newer one, 4 the older one, 5 visited, then the owner's words, the
// key, and the value from a word's beginning.
import type { Entry, Key } from './key.ts';
import type { Memory } from './memory.ts';
import { FEWEST, PROBES, indexOf, indexWords, bucketsOf } from './buckets.ts';

/** Words of a shard's head: a cache line. */
export const SHARD = 16;
/** Words before the owner's in an entry. */
export const CACHE_HEAD = 6;
/**
 * Places in a shard's head: the lock, how many entries, their words, how often it was busy; evicted and refused are doubles; how often an
 * entry came or went.
 */
export const LOCK = 0, ENTRIES = 2, WORDS = 3, BUSY = 7, EVICTED = 8, REFUSED = 10, CHANGES = 12;
const ROOT = 1, NEWEST = 4, OLDEST = 5, HAND = 6;
const NEWER = 3, OLDER = 4, VISITED = 5;
/** Entries that the hand passes at most for one eviction: a bound on the time that one insertion takes. */
const PASSES = 128;

/** What is done in all shards of one map. Everything but `find` may change what lies in `memory.words`' view. */
export class Shards {
  readonly #memory: Memory;
  readonly #owned: number;
  readonly #mostEntries: number;
  readonly #mostWords: number;

  /** `owned` words of the owner's in an entry; how many entries and words of entries a shard may have. */
  constructor(memory: Memory, owned: number, mostEntries: number, mostWords: number) {
    this.#memory = memory;
    this.#owned = owned;
    this.#mostEntries = mostEntries;
    this.#mostWords = mostWords;
  }

  /** Words of an entry. */
  room(entry: number): number {
    const { words } = this.#memory;
    return CACHE_HEAD + this.#owned + (words[entry + 1]! >>> 8) + ((words[entry + 2]! + 3) >> 2);
  }

  /** The entry with this key, or 0. */
  find(shard: number, key: Key): number {
    return this.#find(shard, key.hashBy(this.#memory.hash), key.flavour | (key.length << 6), key.words, key.at);
  }
  /** The entry with this hash, second word and key, which begins at `wanted[at]`. */
  #find(shard: number, hash: number, want: number, wanted: Int32Array, at: number): number {
    const { words } = this.#memory;
    const root = words[shard + ROOT]!;
    if (root === 0) return 0;
    const index = indexOf(root);
    const mask = bucketsOf(root) - 1;
    const n = want >>> 8;
    const skip = CACHE_HEAD + this.#owned;
    for (let bucket = hash & mask, left = PROBES; left > 0; bucket = (bucket + 1) & mask, left--) {
      const entry = words[index + bucket * 2 + 1]!;
      if (entry === 0) return 0;
      if (words[index + bucket * 2] !== hash || words[entry + 1] !== want) continue;
      const key = entry + skip;
      let i = 0;
      while (i < n && words[key + i] === wanted[at + i]) i++;
      if (i < n) continue;
      if (words[entry + VISITED] === 0) words[entry + VISITED] = 1;
      return entry;
    }
    return 0;
  }

  /** Shows what is in places of the index from `from` on, `most` of them; says where to go on, or -1. */
  walk(shard: number, from: number, most: number, each: (entry: Entry) => void): number {
    const { words } = this.#memory;
    const root = words[shard + ROOT]!;
    const buckets = root === 0 ? 0 : bucketsOf(root);
    const end = Math.min(buckets, from + most);
    for (let bucket = from; bucket < end; bucket++) {
      const entry = words[indexOf(root) + bucket * 2 + 1]!;
      if (entry !== 0) each(entry as Entry);
    }
    return end === buckets || from >= buckets ? -1 : end;
  }

  /** An entry that is in no shard yet, its owner's words cleared; 0 where it can have no place. */
  prepare(key: Key, size: number): number {
    const n = key.length >> 2;
    const skip = CACHE_HEAD + this.#owned;
    const room = skip + n + ((size + 3) >> 2);
    const entry = room > this.#mostWords ? 0 : this.#memory.take(room);
    if (entry === 0) return 0;
    const { words } = this.#memory;
    words[entry] = key.hashBy(this.#memory.hash);
    words[entry + 1] = key.flavour | (n << 8);
    words[entry + 2] = size;
    for (let i = VISITED; i < skip; i++) words[entry + i] = 0;
    for (let i = 0; i < n; i++) words[entry + skip + i] = key.words[key.at + i]!;
    return entry;
  }

  /** Puts an entry in, in place of one with its key, and takes out what there is no room for. False: it has no place and is gone. */
  insert(shard: number, entry: number): boolean {
    const memory = this.#memory;
    const { words } = memory;
    const key = entry + CACHE_HEAD + this.#owned;
    const old = this.#find(shard, words[entry]!, words[entry + 1]!, words, key);
    if (old !== 0) this.take(shard, old);
    const room = this.room(entry);
    while (words[shard + ENTRIES]! >= this.#mostEntries || words[shard + WORDS]! + room > this.#mostWords) {
      if (words[shard + ENTRIES] === 0) break;
      this.#evict(shard);
    }
    const bucket = this.#free(shard, words[entry]!);
    if (bucket < 0) {
      memory.doubles[(shard + REFUSED) >> 1]!++;
      memory.give(entry);
      return false;
    }
    const newest = words[shard + NEWEST]!;
    words[entry + NEWER] = 0;
    words[entry + OLDER] = newest;
    if (newest === 0) words[shard + OLDEST] = entry;
    else words[newest + NEWER] = entry;
    words[shard + NEWEST] = entry;
    words[shard + ENTRIES]!++;
    words[shard + CHANGES]!++;
    words[shard + WORDS]! += room;
    memory.words[bucket] = words[entry]!;
    Atomics.store(memory.words, bucket + 1, entry);
    return true;
  }

  /** Takes an entry out and gives its bytes back. */
  take(shard: number, entry: number): void {
    const { words } = this.#memory;
    const newer = words[entry + NEWER]!;
    const older = words[entry + OLDER]!;
    if (words[shard + HAND] === entry) words[shard + HAND] = newer;
    if (newer === 0) words[shard + NEWEST] = older;
    else words[newer + OLDER] = older;
    if (older === 0) words[shard + OLDEST] = newer;
    else words[older + NEWER] = newer;
    words[shard + ENTRIES]!--;
    words[shard + CHANGES]!++;
    words[shard + WORDS]! -= this.room(entry);
    this.#unlink(words[shard + ROOT]!, entry);
    this.#memory.give(entry);
  }

  /** Empties a shard, in whatever state a thread left it that died inside: the index never names what was given back. */
  clear(shard: number): void {
    const { words } = this.#memory;
    const root = words[shard + ROOT]!;
    const entries = new Set<number>();
    if (root !== 0) for (let at = indexOf(root) + 1, end = at + indexWords(root); at < end; at += 2) entries.add(words[at]!);
    entries.delete(0);
    for (const place of [ROOT, ENTRIES, WORDS, NEWEST, OLDEST, HAND]) words[shard + place] = 0;
    for (const entry of entries) this.#memory.give(entry);
    if (root !== 0) this.#memory.give(indexOf(root));
  }

  #evict(shard: number): void {
    const { words } = this.#memory;
    const oldest = words[shard + OLDEST]!;
    let at = words[shard + HAND]! || oldest;
    for (let left = PASSES; words[at + VISITED] !== 0 && left > 0; left--) {
      words[at + VISITED] = 0;
      at = words[at + NEWER]! || oldest;
    }
    words[shard + HAND] = words[at + NEWER]!;
    this.take(shard, at);
    this.#memory.doubles[(shard + EVICTED) >> 1]!++;
  }

  /** Offset of a free bucket for this hash, -1 beyond the bound or where the memory is full. */
  #free(shard: number, hash: number): number {
    const root = this.#spacious(shard);
    const { words } = this.#memory;
    if (root === 0) return -1;
    const mask = bucketsOf(root) - 1;
    for (let bucket = hash & mask, left = PROBES; left > 0; bucket = (bucket + 1) & mask, left--) {
      if (words[indexOf(root) + bucket * 2 + 1] === 0) return indexOf(root) + bucket * 2;
    }
    return -1;
  }
  /** The shard's index, replaced by one twice as large where half of it would be used; 0 where there is no room for one. */
  #spacious(shard: number): number {
    const memory = this.#memory;
    const old = memory.words[shard + ROOT]!;
    if (old !== 0 && (memory.words[shard + ENTRIES]! + 1) * 2 <= bucketsOf(old)) return old;
    const bits = old === 0 ? FEWEST : (old & 31) + 1;
    const index = memory.takeCleared(2 << bits);
    if (index === 0) return 0;
    const { words } = memory;
    const mask = (1 << bits) - 1;
    for (let at = indexOf(old), end = old === 0 ? 0 : at + indexWords(old); at < end; at += 2) {
      if (words[at + 1] === 0) continue;
      let bucket = words[at]! & mask;
      while (words[index + bucket * 2 + 1] !== 0) bucket = (bucket + 1) & mask;
      words[index + bucket * 2] = words[at]!;
      words[index + bucket * 2 + 1] = words[at + 1]!;
    }
    words[shard + ROOT] = index | bits;
    if (old !== 0) memory.give(indexOf(old));
    return index | bits;
  }
  /** Takes an entry out of the index, moving back what had to make way for it. */
  #unlink(root: number, entry: number): void {
    const { words } = this.#memory;
    const index = indexOf(root);
    const mask = bucketsOf(root) - 1;
    let bucket = words[entry]! & mask;
    while (words[index + bucket * 2 + 1] !== entry) bucket = (bucket + 1) & mask;
    for (let next = (bucket + 1) & mask; ; next = (next + 1) & mask) {
      const other = words[index + next * 2 + 1]!;
      if (other === 0) break;
      if (((next - words[index + next * 2]!) & mask) < ((next - bucket) & mask)) continue;
      words[index + bucket * 2] = words[index + next * 2]!;
      words[index + bucket * 2 + 1] = other;
      bucket = next;
    }
    words[index + bucket * 2 + 1] = 0;
  }
}
