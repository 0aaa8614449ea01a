// How long answers took, second by second, as sums that can be drawn. Knows steps and their bounds; draws nothing.
import type { Latency, Second, Steps } from './shapes.ts';

/** Seconds that are kept. */
const KEPT = 600;
const KINDS = ['cache', 'own', 'upstream'] as const;

/** Questions of a list of steps. */
const sumOf = (steps: Steps): number => steps.reduce((sum, [, count]) => sum + count, 0);
/** All questions of a second. */
export const questionsOf = (second: Second): number => KINDS.reduce((sum, kind) => sum + sumOf(second[kind]), 0);
/** Those of them that were answered from a cache. */
export const cachedOf = ({ cache }: Second): number => sumOf(cache);

/** Seconds with newer ones, each once, the oldest gone. */
export function joined(old: readonly Second[], fresh: readonly Second[]): readonly Second[] {
  const first = fresh[0]?.at ?? Infinity;
  return [...old.filter(({ at }) => at < first), ...fresh].slice(-KEPT);
}
/** How many took how long, of all these seconds: counts by step. */
export function histogram(seconds: readonly Second[]): readonly number[] {
  const counts: number[] = [];
  for (const second of seconds) {
    for (const kind of KINDS) for (const [step, count] of second[kind]) counts[step] = (counts[step] ?? 0) + count;
  }
  return counts;
}
/** The time, in seconds, within which this part of the answers came; undefined where there were none. */
export function within(seconds: readonly Second[], part: number, bounds: Latency['bounds']): number | undefined {
  const counts = histogram(seconds);
  const wanted = counts.reduce((sum, count) => sum + (count ?? 0), 0) * part;
  if (wanted === 0) return undefined;
  let sum = 0;
  const step = counts.findIndex((count) => (sum += count ?? 0) >= wanted);
  return (bounds[step + 1] ?? bounds[step] ?? 0) / 1e6;
}

/** A cell of the picture: a span of time and of durations, and how many answers fall into it. */
export interface Cell {
  readonly column: number;
  readonly row: number;
  readonly count: number;
}
/** What the picture shows: so many seconds a column, so many steps a row, from the lowest. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly seconds: number;
  /** When the first column begins, in seconds since 1970. */
  readonly begins: number;
}
/** Steps a row, and the first that is drawn (8 us) and the last (8 s). */
const STEPS = 4, LOWEST = 8, HIGHEST = 168;

/** The picture of the last ten minutes up to now, in seconds since 1970. */
export function gridOf(now: number, columns: number): Grid {
  const seconds = Math.ceil(KEPT / columns);
  const ends = (Math.floor(now / seconds) + 1) * seconds;
  return { columns, rows: (HIGHEST - LOWEST) / STEPS, seconds, begins: ends - columns * seconds };
}
/** Its cells that have something. */
export function cellsOf(seconds: readonly Second[], { columns, rows, seconds: span, begins }: Grid): readonly Cell[] {
  const counts = new Map<number, number>();
  for (const second of seconds) {
    const column = Math.floor((second.at - begins) / span);
    if (column < 0 || column >= columns) continue;
    for (const kind of KINDS) {
      for (const [step, count] of second[kind]) {
        const row = Math.max(0, Math.min(rows - 1, Math.floor((step - LOWEST) / STEPS)));
        counts.set(column * rows + row, (counts.get(column * rows + row) ?? 0) + count);
      }
    }
  }
  return [...counts].map(([at, count]) => ({ column: Math.floor(at / rows), row: at % rows, count }));
}
/** The times, in microseconds, between which a row lies; the last has no end. */
export const bandOf = (row: number, rows: number, bounds: Latency['bounds']): readonly [from: number, until: number | undefined] => [
  row === 0 ? 0 : bounds[LOWEST + row * STEPS]!, row === rows - 1 ? undefined : bounds[LOWEST + (row + 1) * STEPS]!,
];
/** The row in which a time of microseconds lies. */
export function rowOf(microseconds: number, rows: number, bounds: Latency['bounds']): number {
  const step = bounds.findLastIndex((bound) => bound <= microseconds);
  return Math.max(0, Math.min(rows - 1, (step - LOWEST) / STEPS));
}
