// Numbers that all threads share: counters that only grow, gauges of what is under way, and flags. Knows numbers and threads; knows nothing
// of what is counted.
//
// Counters and gauges have a row for each thread, which it alone writes, so counting is adding. The rows hang on the name in a list
// that only grows: next row, thread, then the numbers.
import type { Memory } from './memory.ts';
import { claim } from './names.ts';

/** Counters of one name: each thread adds in its own row. */
export interface Counters {
  /** This thread's numbers. Add to them: `mine[HITS]++`. */
  readonly mine: Float64Array;
  /** The sum over all threads, dead ones too. */
  total(index: number): number;
}
/** Numbers of what is under way: the part of a thread that died is taken back. */
export interface Gauges {
  /** Adds in this thread's row. */
  add(index: number, delta: number): void;
  /** The sum over all threads. */
  total(index: number): number;
  /** Adds one where the total stays at most `most`, else adds nothing and is false. Threads at the limit at once may all be refused. */
  enter(index: number, most: number): boolean;
  /** Sets all of them to 0, in every thread's row: nobody may be counting. */
  clear(): void;
}
/** Whole numbers (32 bits) that every thread reads and writes: health bits, rounds, times. */
export interface Flags {
  get(index: number): number;
  set(index: number, value: number): void;
  /** Adds, and says what it was before. */
  add(index: number, delta: number): number;
  /** Sets it to `value` if it is `expected`; says whether it was. */
  exchange(index: number, expected: number, value: number): boolean;
}

const NEXT = 0, THREAD = 1, ROW = 2;

/** The cells of a process, for one thread. */
export class Cells {
  readonly #memory: Memory;
  readonly #counters = new Map<string, Counters>();
  readonly #gauges = new Map<string, RowGauges>();
  readonly #flags = new Map<string, Flags>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** `count` counters, the same in every thread that says this name and count. Throws RangeError where the memory is full. */
  counters(name: string, count: number): Counters {
    const whole = `counters ${count} ${name}`;
    const known = this.#counters.get(whole);
    if (known !== undefined) return known;
    const memory = this.#memory;
    const list = claim(memory, whole, 2);
    const row = rowOf(memory, list, count * 2);
    const made: Counters = {
      mine: new Float64Array(memory.handle.buffer, (row + ROW) * 4, count),
      total: (index) => sumDoubles(memory, list, index),
    };
    this.#counters.set(whole, made);
    return made;
  }
  /** `count` gauges, the same in every thread that says this name and count. */
  gauges(name: string, count: number): Gauges {
    const whole = `gauges ${count} ${name}`;
    const known = this.#gauges.get(whole);
    if (known !== undefined) return known;
    const made = new RowGauges(this.#memory, claim(this.#memory, whole, 2), count);
    this.#gauges.set(whole, made);
    return made;
  }
  /** `count` flags, the same in every thread that says this name; 0 at first. */
  flags(name: string, count: number): Flags {
    const whole = `flags ${count} ${name}`;
    const known = this.#flags.get(whole);
    if (known !== undefined) return known;
    const made = new WordFlags(this.#memory, claim(this.#memory, whole, count));
    this.#flags.set(whole, made);
    return made;
  }

  /** A thread is dead: nothing of it is under way. Main calls it; it knows the gauges that main asked for too. */
  bury(thread: number): void {
    for (const gauges of this.#gauges.values()) gauges.bury(thread);
  }
}

/** Words of the memory: there are ten thousands of such, so it has no view of its own. */
class WordFlags implements Flags {
  readonly #memory: Memory;
  readonly #at: number;

  constructor(memory: Memory, at: number) {
    this.#memory = memory;
    this.#at = at;
  }

  get(index: number): number {
    return Atomics.load(this.#memory.words, this.#at + index);
  }
  set(index: number, value: number): void {
    Atomics.store(this.#memory.words, this.#at + index, value);
  }
  add(index: number, delta: number): number {
    return Atomics.add(this.#memory.words, this.#at + index, delta);
  }
  exchange(index: number, expected: number, value: number): boolean {
    return Atomics.compareExchange(this.#memory.words, this.#at + index, expected, value) === expected;
  }
}

class RowGauges implements Gauges {
  readonly #memory: Memory;
  readonly #list: number;
  readonly #count: number;
  readonly #mine: Int32Array;

  constructor(memory: Memory, list: number, count: number) {
    this.#memory = memory;
    this.#list = list;
    this.#count = count;
    const row = rowOf(memory, list, count);
    this.bury(memory.thread);
    this.#mine = new Int32Array(memory.handle.buffer, (row + ROW) * 4, count);
  }

  add(index: number, delta: number): void {
    Atomics.add(this.#mine, index, delta);
  }
  total(index: number): number {
    const words = this.#memory.refresh();
    let sum = 0;
    for (let row = Atomics.load(words, this.#list); row !== 0; row = words[row + NEXT]!) sum += Atomics.load(words, row + ROW + index);
    return sum;
  }
  enter(index: number, most: number): boolean {
    this.add(index, 1);
    if (this.total(index) <= most) return true;
    this.add(index, -1);
    return false;
  }
  clear(): void {
    const words = this.#memory.refresh();
    for (let row = Atomics.load(words, this.#list); row !== 0; row = words[row + NEXT]!) words.fill(0, row + ROW, row + ROW + this.#count);
  }
  bury(thread: number): void {
    const row = findRow(this.#memory, this.#list, thread);
    if (row !== 0) for (let i = 0; i < this.#count; i++) Atomics.store(this.#memory.words, row + ROW + i, 0);
  }
}

/** The row of a thread in a list, or 0. */
function findRow(memory: Memory, list: number, thread: number): number {
  const words = memory.refresh();
  let row = Atomics.load(words, list);
  while (row !== 0 && words[row + THREAD] !== thread) row = words[row + NEXT]!;
  return row;
}
/** This thread's row of `count` words in a list, added where it has none. */
function rowOf(memory: Memory, list: number, count: number): number {
  const found = findRow(memory, list, memory.thread);
  if (found !== 0) return found;
  const row = memory.takeCleared(ROW + count);
  if (row === 0) throw new RangeError('the shared memory is full');
  memory.words[row + THREAD] = memory.thread;
  for (let first = Atomics.load(memory.words, list); ;) {
    memory.words[row + NEXT] = first;
    const seen = Atomics.compareExchange(memory.words, list, first, row);
    if (seen === first) return row;
    first = seen;
  }
}
function sumDoubles(memory: Memory, list: number, index: number): number {
  const words = memory.refresh();
  let sum = 0;
  for (let row = Atomics.load(words, list); row !== 0; row = words[row + NEXT]!) sum += memory.doubles[((row + ROW) >> 1) + index]!;
  return sum;
}
