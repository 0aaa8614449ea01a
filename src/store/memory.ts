// The one shared memory of a process, seen from one thread: its views, its growth and the places every thread knows. Knows
// words; knows nothing of what is kept in them.
//
// In words: a header of 16, a line of 16 for each thread (epochs.ts, slabs.ts), the buckets of the names (names.ts), 8 about each slab
// (slabs.ts), then the slabs.
import { Hash, drawKey } from './hash.ts';
import { EPOCH, HASH, LENGTH, META, METAS, MOST_THREADS, PAGE, SHARING, SLAB, SLABS, THREADS, TOP } from './layout.ts';
import { Slabs } from './slabs.ts';

/** The handle of the memory, as it is sent to another thread (`workerData`). */
export interface MemoryHandle {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  readonly Memory: new (shape: { initial: number; maximum: number; shared: boolean }) => MemoryHandle;
};

/** A thread's view of the shared memory. One object a thread. */
export class Memory {
  /** What is sent to other threads. */
  readonly handle: MemoryHandle;
  /** The number of this thread: 0 is main. */
  readonly thread: number;
  /** The whole memory. Read the property anew after whatever may allocate: growth replaces the views; old ones hold for what they cover. */
  words!: Int32Array;
  bytes!: Uint8Array;
  doubles!: Float64Array;
  /** The hash of all keys that are kept here. */
  readonly hash: Hash;
  readonly #slabs: Slabs;

  private constructor(handle: MemoryHandle, thread: number) {
    this.handle = handle;
    this.thread = thread;
    this.#view();
    for (let most = Atomics.load(this.words, THREADS); most <= thread; most = Atomics.load(this.words, THREADS)) {
      Atomics.compareExchange(this.words, THREADS, most, thread + 1);
    }
    this.hash = new Hash(this.words[HASH]!, this.words[HASH + 1]!);
    this.#slabs = new Slabs(this);
  }

  /**
   * A new memory of at most `maximum` bytes (up to 2 GB), and main's view of it. Untouched pages cost nothing. `key` is the hash's: drawn
   * where none is given, which only tests may do, whom a collision in some thousand runs would mislead.
   */
  static create(maximum = 1 << 30, key = drawKey()): Memory {
    const slabs = Math.floor(Math.min(maximum, 2 ** 31 - PAGE * 4) / (SLAB * 4));
    const first = Math.ceil((METAS + slabs * META) / PAGE) * PAGE;
    const pages = Math.max(first / PAGE + 4, Math.floor((slabs * SLAB) / PAGE));
    const handle = new WebAssembly.Memory({ initial: first / PAGE, maximum: pages, shared: true });
    const words = new Int32Array(handle.buffer);
    words[TOP] = first / SLAB;
    words[EPOCH] = 1;
    words[LENGTH] = words.length;
    words.set(key, HASH);
    words[SLABS] = (pages * PAGE) / SLAB;
    return new Memory(handle, 0);
  }

  /**
   * The memory of the process in a thread that got its handle. A number may be used again when the thread that had it is
   * dead: what that one had free is taken over. Main must have called `share`.
   */
  static join(handle: MemoryHandle, thread: number): Memory {
    if (!Number.isInteger(thread) || thread < 0 || thread >= MOST_THREADS) throw new RangeError(`no thread has the number ${thread}`);
    const memory = new Memory(handle, thread);
    if (thread !== 0 && memory.words[SHARING] === 0) throw new Error('a thread joined a memory that is not shared yet');
    return memory;
  }

  /** Threads will come: from now on what is shared is locked. Main calls it before it starts the first, not inside a reading. */
  share(): void {
    this.words[SHARING] = 1;
  }

  /** The views, after another thread let the memory grow, if they do not reach `end` (in words). */
  reach(end: number): Int32Array {
    if (end > this.words.length) {
      this.handle.grow(0);                                            // where another thread grew it, `buffer` can lag behind
      this.#view();
    }
    return this.words;
  }

  /** The views of all that any thread has published until now. */
  refresh(): Int32Array {
    const length = Atomics.load(this.words, LENGTH);
    return length > this.words.length ? this.reach(length) : this.words;
  }

  /**
   * The offset of at least `count` words, not cleared; 0: no room is left. It is even; a block of a power of two words from 32 on is
   * aligned to them, up to a slab.
   */
  take(count: number): number {
    return this.#slabs.take(count);
  }
  /** As `take`, cleared. */
  takeCleared(count: number): number {
    const at = this.#slabs.take(count);
    if (at !== 0) this.words.fill(0, at, at + count);
    return at;
  }
  /** Gives back what `take` gave, in any thread. Nobody may read it any more. */
  give(at: number): void {
    this.#slabs.give(at);
  }

  /** Words that this thread took from the memory and that are in use, for metrics and tests. */
  get used(): number {
    return this.#slabs.used;
  }
  /** Bytes from the beginning that were ever handed out, of all threads. */
  get extent(): number {
    return Atomics.load(this.words, TOP) * SLAB * 4;
  }

  /** The number of the first of `count` slabs nobody had before, the memory grown to hold them; 0: no room is left. */
  claim(count: number): number {
    let first = Atomics.load(this.words, TOP);
    for (;;) {
      if (first + count > this.words[SLABS]!) return 0;
      const seen = Atomics.compareExchange(this.words, TOP, first, first + count);
      if (seen === first) break;
      first = seen;
    }
    return this.#grow((first + count) * SLAB) ? first : 0;
  }
  #grow(end: number): boolean {
    while (this.reach(end).length < end) {
      const pages = Math.ceil((end - this.words.length) / PAGE);
      try {
        this.handle.grow(pages);
      } catch {
        if (this.reach(end).length < end) return false;               // the system has no more; or another thread grew it past us
      }
      this.#view();
    }
    const { words } = this;
    for (let length = Atomics.load(words, LENGTH); length < words.length;) {
      const seen = Atomics.compareExchange(words, LENGTH, length, words.length);
      if (seen === length) break;
      length = seen;
    }
    return true;
  }
  #view(): void {
    const { buffer } = this.handle;
    this.words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.doubles = new Float64Array(buffer);
  }
}
