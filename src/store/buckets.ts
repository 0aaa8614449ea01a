// The index of a byte map: where entries have their places. Knows the words of an index and the first two of an entry; knows
// nothing of who writes and who reads.
//
// A root is the offset of the index (a multiple of 32) with its size as a power of two in the low five bits. A bucket is two words,
// hash and entry: 0 was never used, GONE was removed. Probed in triangular steps, which visit each bucket once.

/** Buckets that a look-up visits at most. What has no place in them is not stored. */
export const PROBES = 64;
/** What a bucket says whose entry was removed. */
export const GONE = 1;
/** The smallest size of an index, as a power of two. */
export const FEWEST = 4;

/** Offset of the index that a root names. */
export const indexOf = (root: number): number => root & ~31;
/** How many buckets the index that a root names has. */
export const bucketsOf = (root: number): number => 1 << (root & 31);
/** Words of an index. */
export const indexWords = (root: number): number => 2 << (root & 31);

/** Offset of the bucket for an entry: that of its predecessor with the same key, else the first that is free, -1 beyond the bound. */
export function bucketFor(words: Int32Array, root: number, entry: number, skip: number): number {
  const index = indexOf(root);
  const mask = bucketsOf(root) - 1;
  const hash = words[entry]!;
  let free = -1;
  for (let bucket = hash & mask, step = 1; step <= PROBES; bucket = (bucket + step++) & mask) {
    const other = words[index + bucket * 2 + 1]!;
    if (other <= GONE) {
      if (free < 0) free = index + bucket * 2;
      if (other === 0) break;
    } else if (words[index + bucket * 2] === hash && sameKey(words, other, entry, skip)) return index + bucket * 2;
  }
  return free;
}

/** Whether two entries, whose keys lie `skip` words behind them, have the same flavour and key. */
export function sameKey(words: Int32Array, a: number, b: number, skip: number): boolean {
  if (words[a + 1] !== words[b + 1]) return false;
  for (let i = skip, end = skip + (words[a + 1]! >>> 8); i < end; i++) if (words[a + i] !== words[b + i]) return false;
  return true;
}

/** Copies an index to an empty one. An entry without a place goes to `failed`, which says whether to go on. True: it went on to the end. */
export function copyBuckets(words: Int32Array, from: number, to: number, failed: (entry: number) => boolean): boolean {
  if (from === 0) return true;
  const index = indexOf(to);
  const mask = bucketsOf(to) - 1;
  for (let at = indexOf(from), end = at + indexWords(from); at < end; at += 2) {
    if (words[at + 1]! <= GONE) continue;
    let bucket = words[at]! & mask;
    let step = 1;
    while (step <= PROBES && words[index + bucket * 2 + 1] !== 0) bucket = (bucket + step++) & mask;
    if (step > PROBES) {
      if (failed(words[at + 1]!)) continue;
      return false;
    }
    words[index + bucket * 2] = words[at]!;
    words[index + bucket * 2 + 1] = words[at + 1]!;
  }
  return true;
}

/** How many buckets are in use or were once. */
export function countTouched(words: Int32Array, root: number): number {
  let touched = 0;
  if (root !== 0) for (let at = indexOf(root), end = at + indexWords(root); at < end; at += 2) if (words[at + 1] !== 0) touched++;
  return touched;
}
