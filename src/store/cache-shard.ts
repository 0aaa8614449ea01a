// A bounded map of packed entries in shared memory, for one user at a time: its index, and the queue that says what goes when it is
// full (SIEVE: the hand walks from old to new, passes what was visited since, and takes the first that was not). Knows words
// and hashes; knows nothing of threads or of what entries mean.
//
// Head of a shard, in words: 0 lock (shared-cache-map.ts), 1 root (slots.ts; linear probes here, and removal moves entries back),
// 2 entries, 3 words of them, 4 newest, 5 oldest, 6 hand, 7 times the lock was taken elsewhere, 8 and 10 evicted and refused (doubles). Entry: 0 hash, 1
// flavour | words of the key << 8, 2 bytes of the value, 3 the newer one, 4 the older one, 5 visited, then the owner's words, the key,
// and the value from a word's beginning.
import type { Memory } from './memory.ts';
import { FEWEST, PROBES, indexOf, slotsOf } from './slots.ts';

/** Words of a shard's head: a cache line. */
export const SHARD = 16;
/** Words before the owner's in an entry. */
export const CACHE_HEAD = 6;
/** In a shard's head. */
export const LOCK = 0, ENTRIES = 2, WORDS = 3, BUSY = 7, EVICTED = 4, REFUSED = 5;
const ROOT = 1, NEWEST = 4, OLDEST = 5, HAND = 6;
/** In an entry. */
const NEWER = 3, OLDER = 4, VISITED = 5;
/** Entries that the hand passes at most for one eviction: a bound on the time that one insertion takes. */
const PASSES = 128;

/** The words of a whole entry with `owned` words of its owner's. */
export const entryWords = (words: Int32Array, entry: number, owned: number): number =>
  CACHE_HEAD + owned + (words[entry + 1]! >>> 8) + ((words[entry + 2]! + 3) >> 2);

/** The entry with this key, or 0. It counts as visited. */
export function findIn(
  memory: Memory, shard: number, owned: number, hash: number, flavour: number, keyWords: Int32Array, at: number, length: number,
): number {
  const { words } = memory;
  const root = words[shard + ROOT]!;
  if (root === 0) return 0;
  const index = indexOf(root);
  const mask = slotsOf(root) - 1;
  const n = length >> 2;
  const want = flavour | (n << 8);
  for (let slot = hash & mask, left = PROBES; left > 0; slot = (slot + 1) & mask, left--) {
    const entry = words[index + slot * 2 + 1]!;
    if (entry === 0) return 0;
    if (words[index + slot * 2] !== hash || words[entry + 1] !== want) continue;
    const key = entry + CACHE_HEAD + owned;
    let i = 0;
    while (i < n && words[key + i] === keyWords[at + i]) i++;
    if (i === n) return entry;
  }
  return 0;
}
