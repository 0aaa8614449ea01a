// The counters of `forward` (section 10 of the metrics' documentation). Knows names and labels, and nothing of what is counted.
import { rcodeName } from '../../dns/rcode.ts';
import { TIME_BUCKETS, counter, gauge, histogram } from '../../kernel/seen/metrics.ts';
import type { Family, Metrics } from '../../kernel/seen/metrics.ts';
import type { PoolCounter } from '../../upstream/pool-settings.ts';
import type { Network } from '../../upstream/network.ts';

/** What is counted, for each upstream and whatever the upstream. */
export const FAMILIES = {
  broken: counter('coredns_forward_healthcheck_broken_total', 'Counter of the number of complete failures of the healthchecks.'),
  rejects: counter('coredns_forward_max_concurrent_rejects_total',
    'Counter of the number of queries rejected because the concurrent queries were at maximum.'),
  duration: histogram('coredns_proxy_request_duration_seconds', 'Histogram of the time each request took.', ['proxy_name', 'to', 'rcode'],
    TIME_BUCKETS),
  checkFailures: counter('coredns_proxy_healthcheck_failures_total', 'Counter of the number of failed healthchecks.', ['proxy_name', 'to']),
  strays: counter('coredns_forward_stray_replies_total',
    'Counter of the datagrams with an id or a question that nobody waited for.', ['to']),
  besieged: counter('coredns_forward_besieged_sockets_total',
    'Counter of the sockets that were given up because of stray replies; what waited on them is asked over TCP.', ['to']),
  open: gauge('coredns_upstream_connections', 'Connections over TLS that stand.', ['to', 'proto']),
  handshakes: counter('coredns_upstream_handshakes_total',
    'Counter of the handshakes with upstreams over TLS, and whether they went on with a session.', ['to', 'resumed']),
  mute: counter('coredns_upstream_mute_connections_total',
    'Counter of the connections that went mute: what waited on them was asked over another one.', ['to']),
  raced: counter('coredns_upstream_raced_total',
    'Counter of the questions that were asked of an upstream while another one was silent.', ['to']),
  trip: gauge('coredns_upstream_round_trip_seconds', 'The time that an upstream usually needs.', ['to']),
  hits: counter('coredns_proxy_conn_cache_hits_total', 'Counter of connection cache hits per upstream and protocol.',
    ['proxy_name', 'to', 'proto']),
  misses: counter('coredns_proxy_conn_cache_misses_total', 'Counter of connection cache misses per upstream and protocol.',
    ['proxy_name', 'to', 'proto']),
};

/** How CoreDNS calls networks in its metrics. */
const PROTO: { readonly [network in Network]?: string } = { tls: 'tcp-tls' };

/** The counters of one upstream. */
export class UpstreamMetrics implements PoolCounter {
  readonly #all: ForwardMetrics;
  readonly #to: string;
  readonly #durations: number[] = [];
  #strays = 0;
  readonly #kept = new Map<Network, [hits: number, misses: number]>();

  constructor(all: ForwardMetrics, to: string) {
    this.#all = all;
    this.#to = to;
  }
  hit(network: Network): void {
    this.#count(network, 0, this.#all.hits);
  }
  miss(network: Network): void {
    this.#count(network, 1, this.#all.misses);
    // Which of several sockets a question leaves by is drawn at random, so whether one was open already is too: both are always there.
    if (network === 'udp') this.#cells(network)[0] ||= this.#all.hits.cell(['forward', this.#to, network]);
  }
  stray(): void {
    this.#all.metrics.values[(this.#strays ||= this.#all.strays.cell([this.#to]))]!++;
  }
  besieged(): void {
    const { metrics, besieged } = this.#all;
    metrics.values[besieged.cell([this.#to])]!++;
  }
  opened(network: Network, resumed: boolean | undefined): void {
    this.#open(network, 1);
    const { metrics, handshakes } = this.#all;
    if (resumed !== undefined) metrics.values[handshakes.cell([this.#to, String(resumed)])]!++;
  }
  closed(network: Network): void {
    this.#open(network, -1);
  }
  /** Those in the clear cost little, and dashboards of CoreDNS do not know them. */
  #open(network: Network, change: number): void {
    if (network === 'tcp') return;
    const { metrics, open } = this.#all;
    metrics.values[open.cell([this.#to, PROTO[network] ?? network])]! += change;
  }
  mute(): void {
    const { metrics, mute } = this.#all;
    metrics.values[mute.cell([this.#to])]!++;
  }
  /** It was asked since another one was silent. */
  raced(): void {
    const { metrics, raced } = this.#all;
    metrics.values[raced.cell([this.#to])]!++;
  }
  /** It usually needs so many seconds. */
  needs(seconds: number): void {
    const { metrics, trip } = this.#all;
    metrics.values[trip.cell([this.#to])] = seconds;
  }
  #cells(network: Network): [hits: number, misses: number] {
    let cells = this.#kept.get(network);
    if (cells === undefined) this.#kept.set(network, (cells = [0, 0]));
    return cells;
  }
  #count(network: Network, which: 0 | 1, family: Family): void {
    const cell = (this.#cells(network)[which] ||= family.cell(['forward', this.#to, PROTO[network] ?? network]));
    this.#all.metrics.values[cell]!++;
  }
  /** A reply came after so many milliseconds. */
  replied(rcode: number, milliseconds: number): void {
    const cell = (this.#durations[rcode] ??= this.#all.duration.cell(['forward', this.#to, rcodeName(rcode).replace(/^RCODE/, '')]));
    this.#all.duration.observe(cell, milliseconds / 1000);
  }
  checkFailed(): void {
    const { metrics, checkFailures } = this.#all;
    metrics.values[checkFailures.cell(['forward', this.#to])]!++;
  }
}

/** The families, one for a thread. */
export class ForwardMetrics {
  readonly metrics: Metrics;
  readonly duration: Family;
  readonly hits: Family;
  readonly misses: Family;
  readonly checkFailures: Family;
  readonly strays: Family;
  readonly besieged: Family;
  readonly open: Family;
  readonly handshakes: Family;
  readonly mute: Family;
  readonly raced: Family;
  readonly trip: Family;
  readonly #broken: number;
  readonly #rejects: number;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    this.#broken = metrics.family(FAMILIES.broken).cell([]);
    this.#rejects = metrics.family(FAMILIES.rejects).cell([]);
    this.duration = metrics.family(FAMILIES.duration);
    this.checkFailures = metrics.family(FAMILIES.checkFailures);
    this.strays = metrics.family(FAMILIES.strays);
    this.besieged = metrics.family(FAMILIES.besieged);
    this.open = metrics.family(FAMILIES.open);
    this.handshakes = metrics.family(FAMILIES.handshakes);
    this.mute = metrics.family(FAMILIES.mute);
    this.raced = metrics.family(FAMILIES.raced);
    this.trip = metrics.family(FAMILIES.trip);
    this.hits = metrics.family(FAMILIES.hits);
    this.misses = metrics.family(FAMILIES.misses);
  }
  /** Every upstream is down. */
  broken(): void {
    this.metrics.values[this.#broken]!++;
  }
  /** A query more than may be under way. */
  rejected(): void {
    this.metrics.values[this.#rejects]!++;
  }
}
