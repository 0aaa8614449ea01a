// Where in the shared memory the things lie that every thread must find: offsets and sizes in words. Knows nothing else.

/** Most threads that a process can have. */
export const MOST_THREADS = 256;
/** Offset of the number of the next slab that nobody had. */
export const TOP = 1;
/** Offset of the current epoch. */
export const EPOCH = 2;
/** Offset of the highest thread number that was ever used, plus one. */
export const THREADS = 3;
/** Offset of how many slabs the memory can have. */
export const SLABS = 4;
/** Offset of how many words the memory has, raised when one let it grow. */
export const LENGTH = 5;
/** Offset of whether there can be threads but main. */
export const SHARING = 6;
/** Offset of the key of the hash: two words. */
export const HASH = 7;
/** Offset of the first thread's line. */
export const LINES = 16;
/** Words of a thread's line: 64 bytes, a cache line. */
export const LINE = 16;
/** In a thread's line: the epoch of its reading, and the oldest epoch that it pinned. */
export const BATCH = 0, PINNED = 1;
/** What both say where there is none. Epochs are odd, so that none is ever this. */
export const IDLE = 0;
/** In a thread's line: the first of the blocks that others gave back. */
export const RETURNED = 8;
/** Offset of the buckets of names. */
export const BUCKETS = LINES + MOST_THREADS * LINE;
/** How many buckets of names there are, a power of two. */
export const BUCKET_COUNT = 8192;
/** Offset of what is known about slab 0. */
export const METAS = BUCKETS + BUCKET_COUNT;
/** Words that describe one slab. */
export const META = 8;
/** Words of a slab (16 KB) as a power of two, and themselves. */
export const SLAB_BITS = 12, SLAB = 1 << SLAB_BITS;
/** Words of a page of WebAssembly memory (64 KB). */
export const PAGE = 16384;
