// What is counted of requests to an API (K8S-18, names and labels as CoreDNS has them). Knows families; knows no requests.
import { counter, histogram } from '../kernel/seen/metrics.ts';
import type { Family, Metrics } from '../kernel/seen/metrics.ts';

/** Seconds: what Prometheus takes where nobody says otherwise. */
const BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const PREFIX = 'coredns_kubernetes_rest_client';

/** What is counted of requests: whoever uses an API declares it. */
export const REQUEST_FAMILIES = {
  duration: histogram(`${PREFIX}_request_duration_seconds`, 'Request latency in seconds. Broken down by verb and host.',
    ['verb', 'host', 'cluster'], BUCKETS),
  limiter: histogram(`${PREFIX}_rate_limiter_duration_seconds`,
    'Client side rate limiter latency in seconds. Broken down by verb and host.', ['verb', 'host', 'cluster'], BUCKETS),
  requests: counter(`${PREFIX}_requests_total`, 'Number of HTTP requests, partitioned by status code, method, and host.',
    ['code', 'method', 'host', 'cluster']),
};

/** The three families, for one host. As in CoreDNS the durations are those of lists: of a watch only the result is counted. */
export class RequestMetrics {
  readonly #metrics: Metrics;
  readonly #place: readonly string[];
  readonly #duration: Family;
  readonly #limiter: Family;
  readonly #requests: Family;

  /** `host` as it stands in the URL; `label`: what the cluster is called, where there are several. */
  constructor(metrics: Metrics, host: string, label: readonly string[] = []) {
    this.#metrics = metrics;
    this.#place = [host, ...label];
    this.#duration = metrics.family(REQUEST_FAMILIES.duration);
    this.#limiter = metrics.family(REQUEST_FAMILIES.limiter);
    this.#requests = metrics.family(REQUEST_FAMILIES.requests);
  }
  /** A reply's head came, or none did. */
  answered(status: number | undefined): void {
    this.#metrics.values[this.#requests.cell([status === undefined ? '<error>' : String(status), 'GET', ...this.#place])]!++;
  }
  /** A list is whole, or has failed: milliseconds. */
  took(milliseconds: number): void {
    this.#duration.observe(this.#duration.cell(['GET', ...this.#place]), milliseconds / 1000);
  }
  /** What a list waited for its turn: milliseconds. */
  waited(milliseconds: number): void {
    this.#limiter.observe(this.#limiter.cell(['GET', ...this.#place]), milliseconds / 1000);
  }
}
