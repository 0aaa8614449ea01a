// Finds by a name what all threads share: whoever asks first makes the place, everybody else gets the same. Knows names and offsets;
// knows nothing of what lies there.
//
// A place is one block: the next in its bucket, words of the name, words of the place, then the name as UTF-16 (a length and two
// units a word) and the place itself from an even offset. Blocks are only ever added, with one compare and exchange.
import { BUCKETS, BUCKET_COUNT } from './layout.ts';
import type { Memory } from './memory.ts';

const NEXT = 0, NAME_WORDS = 1, PLACE_WORDS = 2, NAME = 4;

/**
 * The offset of `count` cleared words that bear this name in every thread. Throws RangeError where they are of another count, and where the
 * memory is full.
 */
export function claim(memory: Memory, name: string, count: number): number {
  const packed = pack(name);
  const bucket = BUCKETS + bucketOf(packed);
  let mine = 0;
  for (let first = Atomics.load(memory.words, bucket); ;) {
    const found = search(memory, first, packed);
    if (found !== 0) {
      if (mine !== 0) memory.give(mine);
      if (memory.words[found + PLACE_WORDS] !== count) throw new RangeError(`"${name}" has another size elsewhere`);
      return placeAt(memory.words, found);
    }
    if (mine === 0) mine = write(memory, packed, count);
    memory.words[mine + NEXT] = first;
    const seen = Atomics.compareExchange(memory.words, bucket, first, mine);
    if (seen === first) return placeAt(memory.words, mine);
    first = seen;
  }
}

const placeAt = (words: Int32Array, block: number): number => (block + NAME + words[block + NAME_WORDS]! + 1) & ~1;

function write(memory: Memory, packed: Int32Array, count: number): number {
  const block = memory.takeCleared(NAME + packed.length + 1 + count);
  if (block === 0) throw new RangeError('the shared memory is full');
  memory.words[block + NAME_WORDS] = packed.length;
  memory.words[block + PLACE_WORDS] = count;
  memory.words.set(packed, block + NAME);
  return block;
}

function search(memory: Memory, first: number, packed: Int32Array): number {
  const words = memory.refresh();
  for (let block = first; block !== 0; block = words[block + NEXT]!) {
    if (words[block + NAME_WORDS] !== packed.length) continue;
    let i = 0;
    while (i < packed.length && words[block + NAME + i] === packed[i]) i++;
    if (i === packed.length) return block;
  }
  return 0;
}

function pack(name: string): Int32Array {
  const packed = new Int32Array(1 + ((name.length + 1) >> 1));
  packed[0] = name.length;
  for (let i = 0; i < name.length; i++) packed[1 + (i >> 1)]! |= name.charCodeAt(i) << ((i & 1) * 16);
  return packed;
}
function bucketOf(packed: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const word of packed) hash = Math.imul(hash ^ word ^ (word >>> 15), 0x01000193);
  return (hash ^ (hash >>> 16)) & (BUCKET_COUNT - 1);
}
