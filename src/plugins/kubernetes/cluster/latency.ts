// How long it took from a change in the cluster to the answer that tells of it, as a metric. Knows the annotation that says when the
// change was made; knows nothing of answers.
import { histogram } from '../../../kernel/seen/metrics.ts';
import type { Metrics } from '../../../kernel/seen/metrics.ts';
import { HEADLESS, SERVICE } from './layout.ts';
import { ObjectKey } from './maps.ts';
import type { Maps } from './maps.ts';

/** Seconds, from a millisecond to 17 minutes. */
const BUCKETS: readonly number[] = Array.from({ length: 20 }, (_, n) => 0.001 * 2 ** n);

/** How long changes took. */
export const LATENCY = histogram('coredns_kubernetes_dns_programming_duration_seconds',
  'Histogram of the time (in seconds) it took to program a dns instance.', ['service_kind', 'cluster'], BUCKETS);

/** Where it is counted, and what its cluster is called where there are several. */
interface Measured {
  readonly metrics: Metrics;
  readonly label?: readonly string[] | undefined;
}

/** Observes changes of slices whose service is known. */
export class Latency {
  readonly #metrics: Metrics;
  readonly #label: readonly string[];
  readonly #maps: Maps;
  readonly #now: () => number;
  readonly #warn: (text: string) => void;
  readonly #key = new ObjectKey();

  /** `now` in milliseconds since 1970. */
  constructor({ metrics, label = [] }: Measured, maps: Maps, now: () => number, warn: (text: string) => void) {
    this.#metrics = metrics;
    this.#label = label;
    this.#maps = maps;
    this.#now = now;
    this.#warn = warn;
  }

  /** A slice of this service was taken over; `changed` is when its endpoints changed (RFC 3339), '' where nobody says. */
  seen(service: string, namespace: string, slice: string, changed: string): void {
    if (changed === '') return;
    const at = Date.parse(changed);
    if (Number.isNaN(at)) {
      this.#warn(`DnsProgrammingLatency cannot be calculated for Endpoints '${namespace}/${slice}'; ` +
        `invalid "endpoints.kubernetes.io/last-change-trigger-time" annotation RFC3339 value of ${changed}`);
      return;
    }
    const map = this.#maps.services;
    const entry = this.#key.of(service, namespace).in(map);
    const flags = entry === 0 ? 0 : map.bytes[map.bytesAt(entry)]!;
    if ((flags & SERVICE) === 0) return;
    this.#observe((flags & HEADLESS) !== 0 ? 'headless_with_selector' : 'cluster_ip', (this.#now() - at) / 1000);
  }
  #observe(kind: string, seconds: number): void {
    const family = this.#metrics.family(LATENCY);
    family.observe(family.cell([kind, ...this.#label]), seconds);
  }
}
