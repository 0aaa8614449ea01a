// The counters of queries and replies that the `prometheus` plugin shows (PROM-2). Knows labels and buckets; knows no plugin.
import type { Name } from '../../dns/name.ts';
import { rcodeName } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import { TIME_BUCKETS, counter, histogram } from '../seen/metrics.ts';
import type { Family, Metrics } from '../seen/metrics.ts';
import { isIPv4 } from '../query/peer.ts';
import type { Query } from '../query/query.ts';
import { Slot } from '../slot.ts';
import { overUdp } from '../query/transport.ts';

/** Types with a label of their own; every other one is `other`. */
const LABELLED = [
  'AAAA', 'A', 'CNAME', 'DNSKEY', 'DS', 'MX', 'NSEC3', 'NSEC', 'NS', 'PTR', 'RRSIG', 'SOA', 'SRV', 'TXT', 'HTTPS', 'SVCB',
  'IXFR', 'AXFR', 'ANY',
] as const;
const typeLabels = ['other', ...LABELLED];
/** Where in `typeLabels` a type's label stands. */
const typeIndex = new Uint8Array(65536);
LABELLED.forEach((label, i) => (typeIndex[TYPE[label]] = i + 1));

const SIZE_BUCKETS = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3];

const BLOCK = ['server', 'zone', 'view'];
const FAMILIES = {
  panics: counter('coredns_panics_total', 'A metrics that counts the number of panics.'),
  requests: counter('coredns_dns_requests_total', 'Counter of DNS requests made per zone, protocol and family.',
    [...BLOCK, 'proto', 'family', 'type']),
  duration: histogram('coredns_dns_request_duration_seconds', 'Histogram of the time (in seconds) each request took per zone.',
    BLOCK, TIME_BUCKETS),
  requestSize: histogram('coredns_dns_request_size_bytes',
    'Size of the EDNS0 UDP buffer in bytes (64K for TCP) per zone and protocol.', [...BLOCK, 'proto'], SIZE_BUCKETS),
  responseSize: histogram('coredns_dns_response_size_bytes', 'Size of the returned response in bytes.', [...BLOCK, 'proto'], SIZE_BUCKETS),
  dnssec: counter('coredns_dns_do_requests_total', 'Counter of DNS requests with DO bit set per zone.', BLOCK),
  responses: counter('coredns_dns_responses_total', 'Counter of response status codes.', [...BLOCK, 'rcode', 'plugin']),
};
/** Not among them: CoreDNS has no such counter, so it is shown when there are lost lines. */
const LOST = counter('coredns_log_lines_dropped_total', 'Counter of log lines that nobody read in time.');

const STATUS = ['server', 'status'];
const HTTPS = counter('coredns_dns_https_responses_total', 'Counter of DoH responses per server and http status code.', STATUS);
const HTTPS3 = counter('coredns_dns_https3_responses_total', 'Counter of DoH3 responses per server and http status code.', STATUS);
const CUT = counter('coredns_connections_cut_total',
  'Counter of connections that were cut, or had one question alone, by reason.', ['server', 'reason']);

/** The cells of one server, zone and view; made once, added to by every query. */
export class TrafficCells {
  readonly #traffic: Traffic;
  readonly #labels: readonly [server: string, zone: string, view: string];
  readonly #requests = new Int32Array(typeLabels.length * 4);
  readonly #responses = new Map<string, Int32Array>();
  readonly #duration: number;
  readonly #sizes: Int32Array;
  #dnssec = 0;
  #lastPlugin: string | undefined;
  #lastResponses: Int32Array | undefined;

  constructor(traffic: Traffic, server: string, zone: string, view: string) {
    this.#traffic = traffic;
    this.#labels = [server, zone, view];
    this.#duration = traffic.duration.cell(this.#labels);
    this.#sizes = Int32Array.of(0, 0, 0, 0);
  }
  /** Counts a query and what became of it. `milliseconds` is how long it took; `plugin` the label (PROM-3). */
  count(query: Query, rcode: number, size: number, milliseconds: number, plugin: string): void {
    const t = this.#traffic;
    const { values } = t.metrics;
    const stream = overUdp(query.channel.transport) ? 0 : 1;
    const { type } = query.told;
    const family = isIPv4(query.bytes, query.words, query.peerAt) ? 0 : 1;
    const request = (typeIndex[type]! << 2) | (stream << 1) | family;
    let cell = this.#requests[request]!;
    if (cell === 0) {
      const [server, zone, view] = this.#labels;
      cell = t.requests.cell([server, zone, view, stream ? 'tcp' : 'udp', family ? '2' : '1', typeLabels[typeIndex[type]!]!]);
      this.#requests[request] = cell;
    }
    values[cell]!++;
    if (query.wantsDnssec) values[(this.#dnssec ||= t.dnssec.cell(this.#labels))]!++;
    const seconds = milliseconds / 1000;
    const bucket = seconds <= 0.00025 ? 0 : Math.min(16, 32 - Math.clz32(Math.ceil(seconds / 0.00025) - 1));
    values[this.#duration + bucket]!++;
    values[this.#duration + 17]! += seconds;
    this.#size(0 + stream, t.requestSize, query.size);
    this.#size(2 + stream, t.responseSize, size);
    values[this.#response(rcode, plugin)]!++;
  }
  #size(which: number, family: Family, size: number): void {
    let cell = this.#sizes[which]!;
    if (cell === 0) {
      cell = family.cell([...this.#labels, (which & 1) === 1 ? 'tcp' : 'udp']);
      this.#sizes[which] = cell;
    }
    family.observe(cell, size);
  }
  #response(rcode: number, plugin: string): number {
    if (plugin !== this.#lastPlugin) {
      this.#lastPlugin = plugin;
      this.#lastResponses = this.#responses.get(plugin);
      if (this.#lastResponses === undefined) this.#responses.set(plugin, (this.#lastResponses = new Int32Array(64)));
    }
    const cells = this.#lastResponses!;
    const index = rcode & 63;
    let cell = cells[index]!;
    if (cell === 0) cells[index] = cell = this.#traffic.responses.cell([...this.#labels, rcodeName(rcode), plugin]);
    return cell;
  }
}

/** The families of DNS traffic, of panics and of lost log lines, one for a thread. */
export class Traffic {
  readonly metrics: Metrics;
  readonly requests: Family;
  readonly duration: Family;
  readonly requestSize: Family;
  readonly responseSize: Family;
  readonly dnssec: Family;
  readonly responses: Family;
  readonly #panics: Family;
  readonly #rejected = new Map<string, TrafficCells>();

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    this.#panics = metrics.family(FAMILIES.panics);
    this.requests = metrics.family(FAMILIES.requests);
    this.duration = metrics.family(FAMILIES.duration);
    this.requestSize = metrics.family(FAMILIES.requestSize);
    this.responseSize = metrics.family(FAMILIES.responseSize);
    this.dnssec = metrics.family(FAMILIES.dnssec);
    this.responses = metrics.family(FAMILIES.responses);
  }
  /** A query that no block got (SRV-10). */
  rejected(query: Query, server: string, rcode: number): void {
    let cells = this.#rejected.get(server);
    if (cells === undefined) this.#rejected.set(server, (cells = new TrafficCells(this, server, 'dropped', '')));
    cells.count(query, rcode, query.questionEnd, 0, '');
  }
  /** Lines of the log that could not be written. */
  readonly lostLines = (count: number): void => {
    this.metrics.values[this.metrics.family(LOST).cell([])]! += count;
  };
  /** A connection was cut. */
  cut(server: string, reason: string): void {
    this.metrics.values[this.metrics.family(CUT).cell([server, reason])]!++;
  }
  /** The cell of DNS over HTTPS' answers with a status (PROM-2). */
  statusCell(server: string, version: number, status: number): number {
    return this.metrics.family(version === 3 ? HTTPS3 : HTTPS).cell([server, String(status)]);
  }
  /** A panic in a plugin (SRV-5). */
  panicked(): void {
    this.metrics.values[this.#panics.cell([])]!++;
  }
}

/**
 * Zones beside those of the block's keys that the `zone` label may name (PROM-2): `auto` puts those that it serves at the moment, the same
 * list as long as they are the same.
 */
export const CountedZones = new Slot<() => readonly Name[]>('counted zones');
