// What is counted of those who watch. Knows names; shown once somebody watches.
import { counter, gauge, histogram } from '../kernel/seen/metrics.ts';
import type { Metrics } from '../kernel/seen/metrics.ts';

const FAMILIES = {
  subscribers: gauge('coredns_push_subscribers', 'Streams on which answers are watched.'),
  subscriptions: gauge('coredns_push_subscriptions', 'Questions whose answers are watched, each as often as somebody does.'),
  changes: counter('coredns_push_changes_total', 'Counter of watched answers that became other ones.'),
  pushes: counter('coredns_push_pushes_total', 'Counter of answers that were pushed.'),
  coalesced: counter('coredns_push_coalesced_total', 'Counter of answers that were never pushed since a later one took their place.'),
  cut: counter('coredns_push_cut_total', 'Counter of streams that were cut since their clients took nothing for too long.'),
  seconds: histogram('coredns_push_duration_seconds', 'Histogram of the time from a change that was noticed to its push.', [],
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5]),
};

/** The cells of a thread. */
export class PushCounters {
  readonly #metrics: Metrics;
  readonly #cells: Readonly<Record<keyof typeof FAMILIES, number>>;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#cells = Object.fromEntries(Object.entries(FAMILIES).map(([key, family]) => [key, metrics.family(family).cell([])])) as never;
  }
  /** Adds to one. */
  add(what: Exclude<keyof typeof FAMILIES, 'seconds'>, more: number): void {
    this.#metrics.values[this.#cells[what]]! += more;
  }
  /** A push left so many milliseconds after its change was noticed. */
  took(milliseconds: number): void {
    this.#metrics.family(FAMILIES.seconds).observe(this.#cells.seconds, milliseconds / 1000);
  }
}
