// Hands out and takes back words of the shared memory. Each thread has slabs of its own, so nothing waits; a block that another
// thread gives back travels to the slab's owner. Knows sizes; knows nothing of what is kept.
//
// A slab is 16 KB. It holds blocks of one size, or is part of a run that is one large block. What is known about a slab lies in
// eight words of shared memory, written in an order that leaves them sound wherever the thread may die: at worst a block
// is lost. The lists over them are the thread's own; whoever gets a dead thread's number finds them anew.
import { LINE, LINES, META, METAS, RETURNED, SLAB, SLAB_BITS } from './layout.ts';

/**
 * Words about a slab: what it is (with its class), whose, its first free block, how many blocks were ever cut and how many are in use, its
 * neighbours in a list, slabs of a run.
 */
const STATE = 0, OWNER = 1, FREE = 2, CUT = 3, USED = 4, PREVIOUS = 5, NEXT = 6, RUN = 7;
const EMPTY = 1, SMALL = 2, LARGE = 3, LARGE_FREE = 4;
/** Slabs that are claimed at a time: 256 KB. */
const CHUNK = 16;

/** Sizes of blocks in words. */
const SIZES: number[] = [];
for (let size = 2; size <= 64; size += 2) SIZES.push(size);
SIZES.push(80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 584, 682, 818, 1024, 1364, 2048, SLAB);
/** The class of each size up to a slab. */
const CLASS = new Uint8Array(SLAB + 1);
SIZES.forEach((size, c) => CLASS.fill(c, c === 0 ? 0 : SIZES[c - 1]! + 1, size + 1));
/** Runs are of 2, 3, 4, 6, 8, 12 ... slabs. */
const RUNS = 40;
const runSize = (c: number): number => (c & 1 ? 3 : 2) << (c >> 1);
const runClass = (slabs: number): number => {
  let c = 0;
  while (runSize(c) < slabs) c++;
  return c;
};
const metaOf = (slab: number): number => METAS + slab * META;

/** What slabs need of the memory: its words as far as this thread has looked, and more of them. */
interface Ground {
  readonly thread: number;
  readonly words: Int32Array;
  /** Bytes that there are. */
  readonly extent: number;
  /** The words, at least up to this one. */
  reach(word: number): Int32Array;
  /** The first of so many new slabs; 0 where the memory is full. */
  claim(slabs: number): number;
}

/** The slabs of one thread. */
export class Slabs {
  readonly #memory: Ground;
  readonly #owner: number;
  readonly #returned: number;
  /** The first slab of each class that has room; the first free run of each class; the first empty slab. 0 for none. */
  readonly #partial = new Int32Array(SIZES.length);
  readonly #runs = new Int32Array(RUNS);
  #empty = 0;
  /** Words in use. */
  used = 0;

  constructor(memory: Ground) {
    this.#memory = memory;
    this.#owner = memory.thread + 1;
    this.#returned = LINES + memory.thread * LINE + RETURNED;
    this.#takeOver();
  }

  take(count: number): number {
    if (count > SLAB) return this.#takeRun(Math.ceil(count / SLAB));
    const c = CLASS[count]!;
    const size = SIZES[c]!;
    const slab = this.#partial[c] || this.#freshPartial(c);
    if (slab === 0) return 0;
    const { words } = this.#memory;
    const meta = metaOf(slab);
    let at = words[meta + FREE]!;
    if (at !== 0) words[meta + FREE] = words[at]!;
    else at = slab * SLAB + words[meta + CUT]!++ * size;
    const used = words[meta + USED]! + 1;
    words[meta + USED] = used;
    if ((used + 1) * size > SLAB) this.#leave(c, meta);
    this.used += size;
    return at;
  }

  give(at: number): void {
    const { words } = this.#memory;
    const slab = at >> SLAB_BITS;
    const meta = metaOf(slab);
    if (words[meta + OWNER] !== this.#owner) this.#return(at, words[meta + OWNER]!);
    else if ((words[meta + STATE]! & 255) === LARGE) this.#giveRun(slab, meta);
    else {
      const c = words[meta + STATE]! >> 8;
      const size = SIZES[c]!;
      words[at] = words[meta + FREE]!;
      words[meta + FREE] = at;
      const used = words[meta + USED]! - 1;
      words[meta + USED] = used;
      this.used -= size;
      if ((used + 2) * size > SLAB) this.#join(c, slab, meta);
      if (used === 0 && (this.#partial[c] !== slab || words[meta + NEXT] !== 0)) {
        this.#leave(c, meta);
        this.#keep(slab, meta);
      }
    }
  }
  /** Hands a block to the thread that owns its slab: a stack that all push on and the owner alone empties, all of it at once. */
  #return(at: number, owner: number): void {
    const words = this.#memory.reach(at + 1);
    const stack = LINES + (owner - 1) * LINE + RETURNED;
    for (let top = Atomics.load(words, stack); ;) {
      words[at] = top;
      const seen = Atomics.compareExchange(words, stack, top, at);
      if (seen === top) return;
      top = seen;
    }
  }
  #giveReturned(): void {
    const { words } = this.#memory;
    if (words[this.#returned] === 0) return;
    for (let at = Atomics.exchange(words, this.#returned, 0); at !== 0;) {
      const next = this.#memory.reach(at + 1)[at]!;
      this.give(at);
      at = next;
    }
  }

  /** Puts a slab at the head of its class's list of slabs with room. */
  #join(c: number, slab: number, meta: number): void {
    const { words } = this.#memory;
    const head = this.#partial[c]!;
    words[meta + PREVIOUS] = 0;
    words[meta + NEXT] = head;
    if (head !== 0) words[metaOf(head) + PREVIOUS] = slab;
    this.#partial[c] = slab;
  }
  #leave(c: number, meta: number): void {
    const { words } = this.#memory;
    const previous = words[meta + PREVIOUS]!;
    const next = words[meta + NEXT]!;
    if (previous === 0) this.#partial[c] = next;
    else words[metaOf(previous) + NEXT] = next;
    if (next !== 0) words[metaOf(next) + PREVIOUS] = previous;
  }
  #keep(slab: number, meta: number): void {
    const { words } = this.#memory;
    words[meta + STATE] = EMPTY;
    words[meta + OWNER] = this.#owner;
    words[meta + NEXT] = this.#empty;
    this.#empty = slab;
  }

  /** A slab for blocks of this class: what others gave back, then an empty one, then part of a free run, then new memory. */
  #freshPartial(c: number): number {
    this.#giveReturned();
    if (this.#partial[c] !== 0) return this.#partial[c]!;
    if (this.#empty === 0 && !this.#breakRun()) this.#keepAll(this.#memory.claim(CHUNK), CHUNK);
    if (this.#empty === 0) this.#keepAll(this.#memory.claim(1), 1);
    const slab = this.#empty;
    if (slab === 0) return 0;
    const { words } = this.#memory;
    const meta = metaOf(slab);
    this.#empty = words[meta + NEXT]!;
    words[meta + FREE] = 0;
    words[meta + CUT] = 0;
    words[meta + USED] = 0;
    words[meta + STATE] = SMALL | (c << 8);
    this.#join(c, slab, meta);
    return slab;
  }
  #keepAll(first: number, count: number): void {
    if (first !== 0) for (let slab = first + count - 1; slab >= first; slab--) this.#keep(slab, metaOf(slab));
  }
  #breakRun(): boolean {
    const c = this.#runs.findIndex((run) => run !== 0);
    if (c < 0) return false;
    const slab = this.#popRun(c);
    this.#keepAll(slab, this.#memory.words[metaOf(slab) + RUN]!);
    return true;
  }
  #popRun(c: number): number {
    const slab = this.#runs[c]!;
    this.#runs[c] = this.#memory.words[metaOf(slab) + NEXT]!;
    return slab;
  }
  #takeRun(slabs: number): number {
    this.#giveReturned();
    const c = runClass(slabs);
    const slab = this.#runs[c] ? this.#popRun(c) : this.#memory.claim(runSize(c));
    if (slab === 0) return 0;
    const { words } = this.#memory;
    const meta = metaOf(slab);
    words[meta + RUN] = runSize(c);
    words[meta + STATE] = LARGE;
    words[meta + OWNER] = this.#owner;
    this.used += runSize(c) * SLAB;
    return slab * SLAB;
  }
  #giveRun(slab: number, meta: number): void {
    const { words } = this.#memory;
    const c = runClass(words[meta + RUN]!);
    words[meta + NEXT] = this.#runs[c]!;
    words[meta + STATE] = LARGE_FREE;
    this.#runs[c] = slab;
    this.used -= runSize(c) * SLAB;
  }

  /** Finds the slabs that an earlier thread of this number had. */
  #takeOver(): void {
    const memory = this.#memory;
    const end = memory.extent / 4 / SLAB;
    const words = memory.reach(end * SLAB);
    for (let slab = Math.ceil((METAS + 1) / SLAB); slab < end;) {
      const meta = metaOf(slab);
      const state = words[meta + STATE]! & 255;
      const run = state === LARGE || state === LARGE_FREE ? words[meta + RUN]! : 1;
      if (words[meta + OWNER] === this.#owner) this.#adopt(slab, meta, state);
      slab += run;
    }
  }
  #adopt(slab: number, meta: number, state: number): void {
    const { words } = this.#memory;
    if (state === EMPTY) this.#keep(slab, meta);
    else if (state === LARGE) this.used += words[meta + RUN]! * SLAB;
    else if (state === LARGE_FREE) {
      this.used += words[meta + RUN]! * SLAB;
      this.#giveRun(slab, meta);
    } else if (state === SMALL) {
      const c = words[meta + STATE]! >> 8;
      const size = SIZES[c]!;
      let free = 0;
      for (let at = words[meta + FREE]!; at !== 0; at = words[at]!) free++;
      const used = words[meta + CUT]! - free;
      words[meta + USED] = used;
      this.used += used * size;
      if ((used + 1) * size <= SLAB) this.#join(c, slab, meta);
    }
  }
}
