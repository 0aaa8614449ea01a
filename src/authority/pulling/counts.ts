// What is counted of a transferred zone: looks at its primaries, what came of them, and how it came. Knows metrics; knows no primary.
import { counter, gauge } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';

/** Families of *secondary* beside those of zones. */
export const FAMILIES = {
  transfers: counter('coredns_secondary_transfers_total', 'Counter of looks at primaries and what came of them.', ['zone', 'result']),
  contact: gauge('coredns_secondary_contact_timestamp_seconds', 'When a primary of the zone was heard last.', ['zone']),
  failures: gauge('coredns_secondary_failures', 'Looks at primaries that failed since one was heard last.', ['zone']),
  received: counter('coredns_secondary_received_total', 'Counter of transfers that were taken, by what came.', ['zone', 'kind']),
  bytes: counter('coredns_secondary_received_bytes_total', 'Bytes of transfers that were taken.', ['zone']),
  seconds: counter('coredns_secondary_received_seconds_total', 'Seconds that transfers took which were taken.', ['zone']),
};

/** What one zone adds, under its name or with others. */
export class Counts {
  readonly #metrics: Metrics;
  readonly #label: string;
  /** Failures since a primary was heard. */
  #failures = 0;

  constructor(metrics: Metrics, label: string) {
    this.#metrics = metrics;
    this.#label = label;
  }

  /** A look has ended; `seconds` of the wall clock. */
  looked(result: string, seconds: number): void {
    const { values } = this.#metrics;
    values[this.#cell('transfers', result)]!++;
    if (result === 'failed') {
      this.#fail(1);
      return;
    }
    values[this.#cell('contact')] = seconds;
    this.heard();
  }
  /** Nothing is wrong any more, or nobody wants to know. */
  heard(): void {
    if (this.#failures > 0) this.#fail(-this.#failures);
  }
  /** A transfer was taken: all of the zone, or differences. */
  received(kind: 'whole' | 'differences', bytes: number, seconds: number): void {
    const { values } = this.#metrics;
    values[this.#cell('received', kind)]!++;
    values[this.#cell('bytes')]! += bytes;
    values[this.#cell('seconds')]! += seconds;
  }
  #fail(more: number): void {
    this.#failures += more;
    this.#metrics.values[this.#cell('failures')]! += more;
  }
  #cell(family: keyof typeof FAMILIES, ...more: readonly string[]): number {
    return this.#metrics.family(FAMILIES[family]).cell([this.#label, ...more]);
  }
}
