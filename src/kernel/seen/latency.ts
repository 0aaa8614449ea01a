// How long questions took: how many fell into each of eight steps an octave, for each kind of answer. Each thread counts in its own cells;
// main keeps what each second added. Knows microseconds and kinds.
import type { Memory } from '../../store/memory.ts';
import { ownPlace, placesOf } from './places.ts';

/** What answered: what was kept, records of its own, or another server. */
export const KINDS = ['cache', 'own', 'upstream'] as const;
/** Steps an octave as a power of two, and steps in all: from 1 us to 67 s. */
const STEP_BITS = 3, STEPS = 25 * 8;
const NAME = 'latency';

/** The step of a time. Steps of less than eight microseconds are of one each. */
export function stepOf(microseconds: number): number {
  if (microseconds < 8) return microseconds < 0 ? 0 : microseconds | 0;
  const octave = 31 - Math.clz32(microseconds | 0);
  const step = ((octave - STEP_BITS + 1) << STEP_BITS) + ((microseconds >>> (octave - STEP_BITS)) & 7);
  return step < STEPS ? step : STEPS - 1;
}
/** Where a step begins, in microseconds. */
export function boundOf(step: number): number {
  if (step < 8) return step;
  const octave = (step >> STEP_BITS) + STEP_BITS - 1;
  return (8 + (step & 7)) * 2 ** (octave - STEP_BITS);
}

/** Counts for one thread. */
export class LatencyWriter {
  readonly #words: Int32Array;
  readonly #at: number;

  /** Throws RangeError where the shared memory is full. */
  constructor(memory: Memory, thread: number) {
    this.#at = ownPlace(memory, NAME, thread, KINDS.length * STEPS);
    this.#words = memory.words;
  }
  /** One more of the kind with this number. */
  count(kind: number, microseconds: number): void {
    this.#words[this.#at + kind * STEPS + stepOf(microseconds)]!++;
  }
}

/** What a second added. */
export interface LatencySecond {
  /** Seconds since 1970. */
  readonly at: number;
  /** For each kind the steps that were met, and how often. */
  readonly counts: readonly (readonly (readonly [step: number, count: number])[])[];
}
/** Seconds that are kept. */
const KEPT = 600;

/** What main keeps. */
export class LatencyHistory {
  readonly #memory: Memory;
  readonly #before = new Map<number, Int32Array>();
  readonly seconds: LatencySecond[] = [];

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#added();
  }
  /** A second is over. */
  tick(at: number): void {
    this.seconds.push({ at, counts: this.#added() });
    if (this.seconds.length > KEPT) this.seconds.shift();
  }
  #added(): LatencySecond['counts'] {
    const words = this.#memory.refresh();
    const sums = new Int32Array(KINDS.length * STEPS);
    for (const [thread, place] of placesOf(this.#memory, NAME)) {
      const now = words.slice(place, place + sums.length);
      const before = this.#before.get(thread);
      this.#before.set(thread, now);
      for (let i = 0; i < sums.length; i++) sums[i]! += (now[i]! - (before?.[i] ?? 0)) | 0;
    }
    return KINDS.map((_, kind) => Array.from(sums.subarray(kind * STEPS, (kind + 1) * STEPS), (count, step) => [step, count] as const)
      .filter(([, count]) => count !== 0));
  }
}
