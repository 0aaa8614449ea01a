// How long a query took, read from the clock once however many want to know. Knows queries and clocks.
import type { Clock } from '../clock.ts';

/** What is measured: when it came and when its outcome was first looked at (milliseconds of the clock; 0 before). */
export interface Timed {
  readonly received: number;
  finished: number;
}

/** Milliseconds between the arrival of a query and the moment when somebody first asked this. */
export function elapsed({ journey }: { readonly journey: Timed }, clock: Clock): number {
  if (journey.finished === 0) journey.finished = clock.monotonic();
  return journey.finished - journey.received;
}
