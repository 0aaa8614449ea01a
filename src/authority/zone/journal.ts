// What became of a zone from version to version, for secondaries that have an older one (RFC 1995): steps in the shared memory, the newest
// first. Knows words; makes no difference and sends none.
//
// A step is a block of words: 0 the step before (0: it is not known), 1 and 2 the serials, 3 when it was made (seconds), 4 and 5 bytes of
// what was removed and added, 6 bytes of the SOA before and 7 of the one after; then these four, each from a word on, as difference.ts
// lists records.
import type { Memory } from '../../store/memory.ts';
import type { RecordList } from './difference.ts';

const OLDER = 0, FROM = 1, TO = 2, MADE = 3, PARTS = 4, HEAD = 8;
/** Steps that are kept at most, and for how many seconds. */
const MOST = 100, LONGEST = 86_400;

/** The parts of a step, in their order. */
export type Parts = readonly [removed: Uint8Array, added: Uint8Array, soaBefore: Uint8Array, soaAfter: Uint8Array];

type Listed = Pick<RecordList, 'bytes' | 'length'>;
/** Of a step that is to be kept. */
export interface NewStep {
  /** The step before, 0 for none. */
  readonly older: number;
  readonly from: number;
  readonly to: number;
  /** Seconds since 1970. */
  readonly made: number;
  readonly lists: readonly [removed: Listed, added: Listed, soaBefore: Listed, soaAfter: Listed];
}

/** Writes a step; 0 where memory is full. */
export function writeStep(memory: Memory, { older, from, to, made, lists }: NewStep): number {
  const step = memory.take(HEAD + lists.reduce((sum, { length }) => sum + ((length + 3) >> 2), 0));
  if (step === 0) return 0;
  const { words, bytes } = memory;
  words[step + OLDER] = older;
  words[step + FROM] = from;
  words[step + TO] = to;
  words[step + MADE] = made;
  let at = step + HEAD;
  lists.forEach((list, i) => {
    words[step + PARTS + i] = list.length;
    bytes.set(list.bytes.subarray(0, list.length), at * 4);
    at += (list.length + 3) >> 2;
  });
  return step;
}
/** The parts of a step, copied: they stay. */
export function partsOf({ words, bytes }: Memory, step: number): Parts {
  let at = step + HEAD;
  return [0, 1, 2, 3].map((i) => {
    const length = words[step + PARTS + i]!;
    const part = bytes.slice(at * 4, at * 4 + length);
    at += (length + 3) >> 2;
    return part;
  }) as readonly Uint8Array[] as Parts;
}
/** The serials of a step. */
export const serialsOf = ({ words }: Memory, step: number): readonly [from: number, to: number] =>
  [words[step + FROM]! >>> 0, words[step + TO]! >>> 0];
/** When a step was made, in seconds since 1970. */
export const madeAt = ({ words }: Memory, step: number): number => words[step + MADE]!;
/** The steps that lead from a serial to the newest one, oldest first; undefined where they are not all known. */
export function stepsSince({ words }: Memory, newest: number, serial: number): readonly number[] | undefined {
  const steps: number[] = [];
  for (let step = newest; step !== 0; step = Atomics.load(words, step + OLDER)) {
    steps.unshift(step);
    if (words[step + FROM]! >>> 0 === serial) return steps;
  }
  return undefined;
}
/** All steps from this one on, newest first. */
export function allSteps({ words }: Memory, newest: number): readonly number[] {
  const steps: number[] = [];
  for (let step = newest; step !== 0; step = words[step + OLDER]!) steps.push(step);
  return steps;
}
/** Forgets steps that are too many, too old, or with those after them larger than `most` bytes. Says which: they are to be given back. */
export function trim(memory: Memory, newest: number, most: number, now: number): readonly number[] {
  const { words } = memory;
  let left = most;
  let count = 0;
  let last = 0;
  for (let step = newest; step !== 0; step = words[step + OLDER]!) {
    left -= words[step + PARTS]! + words[step + PARTS + 1]!;
    if (last !== 0 && (++count >= MOST || left < 0 || now - words[step + MADE]! > LONGEST)) {
      Atomics.store(words, last + OLDER, 0);
      return allSteps(memory, step);
    }
    last = step;
  }
  return [];
}
