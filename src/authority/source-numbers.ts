// What is told of the sources of computed names in numbers: as of when their names are, and for how long they have not been followed. Knows
// names of metrics; knows no source.
import { every } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import { gauge } from '../kernel/seen/metrics.ts';
import type { Metrics } from '../kernel/seen/metrics.ts';
import type { Signal } from '../kernel/signal.ts';

/** The families of whatever follows a store or an API. */
export const SOURCE_FAMILIES = {
  revision: gauge('coredns_source_revision', 'Gauge of the revision of a source that answers are made of.', ['plugin', 'source']),
  lag: gauge('coredns_source_lag_seconds', 'Gauge of the seconds for which a source has not been followed.', ['plugin', 'source']),
};
/** Milliseconds between two looks. */
const LOOK = 1000;

/** What a source says of itself. */
export interface SourceState {
  /** undefined: it has none that is one number. */
  readonly revision: bigint | undefined;
  /** Since when it is not followed, in milliseconds of the wall clock. */
  readonly since: number | undefined;
}
/** Tells of a source until the signal aborts. */
export function tellSource(
  { clock, metrics }: { readonly clock: Clock; readonly metrics: Metrics }, plugin: string, source: string, state: () => SourceState,
  signal: Signal,
): void {
  const set = (family: typeof SOURCE_FAMILIES.lag, value: number): void => {
    metrics.values[metrics.family(family).cell([plugin, source])] = value;
  };
  const tell = (): void => {
    const { revision, since } = state();
    if (revision !== undefined) set(SOURCE_FAMILIES.revision, Number(revision));
    set(SOURCE_FAMILIES.lag, since === undefined ? 0 : Math.max(0, (clock.wall() - since) / 1000));
  };
  tell();
  every(clock, LOOK, signal, () => {}, tell);
  // Nobody is behind who is not there any more.
  signal.addEventListener('abort', () => set(SOURCE_FAMILIES.lag, 0), { once: true });
}
