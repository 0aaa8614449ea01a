// The counters of `grpc`. Knows names and labels.
import { rcodeName } from '../../dns/rcode.ts';
import { TIME_BUCKETS, counter, histogram } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';

/** What is counted of each upstream. */
export const FAMILIES = {
  requests: counter('coredns_grpc_requests_total', 'Counter of requests made per upstream.', ['to']),
  responses: counter('coredns_grpc_responses_total', 'Counter of response codes made per upstream.', ['rcode', 'to']),
  duration: histogram('coredns_grpc_request_duration_seconds', 'Histogram of the time each request took.', ['to'], TIME_BUCKETS),
};

/** The counters of one upstream. */
export class UpstreamCounter {
  readonly #metrics: Metrics;
  readonly #to: string;
  readonly #cells: number[] = [];
  readonly #requests: number;
  readonly #durations: number;

  constructor(metrics: Metrics, to: string) {
    this.#metrics = metrics;
    this.#to = to;
    this.#requests = metrics.family(FAMILIES.requests).cell([to]);
    this.#durations = metrics.family(FAMILIES.duration).cell([to]);
  }
  asked(): void {
    this.#metrics.values[this.#requests]!++;
  }
  replied(rcode: number, milliseconds: number): void {
    const { values } = this.#metrics;
    values[(this.#cells[rcode] ??= this.#metrics.family(FAMILIES.responses).cell([rcodeName(rcode), this.#to]))]!++;
    this.#metrics.family(FAMILIES.duration).observe(this.#durations, milliseconds / 1000);
  }
}
