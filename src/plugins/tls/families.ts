// What is counted of certificates and handshakes. Knows names and labels; knows no connection.
import { counter, gauge } from '../../kernel/seen/metrics.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { FailureReason, HandshakeCounter, QuicCounter } from '../../secure/server-tls.ts';

/** Shown as soon as something is counted. */
export const FAMILIES = {
  expiry: gauge('coredns_tls_certificate_expiry_timestamp_seconds',
    'When the certificate ends that is served with, in seconds since 1970.', ['name']),
  handshakes: counter('coredns_tls_handshakes_total', 'Counter of TLS handshakes, by version and by whether a session was resumed.',
    ['version', 'resumed']),
  failures: counter('coredns_tls_handshake_failures_total', 'Counter of TLS handshakes that failed, by reason.', ['reason']),
  quicResponses: counter('coredns_dns_quic_responses_total', 'Counter of DoQ responses per server and QUIC application code.',
    ['server', 'status']),
  quicConnections: gauge('coredns_quic_connections', 'Connections of QUIC that are open or under way.', ['server']),
  quicEvents: counter('coredns_quic_events_total',
    'Counter of what sockets of QUIC did: retry, refused, lost, astray (for another thread), panic.', ['server', 'event']),
  orders: counter('coredns_tls_acme_orders_total',
    'Counter of certificates that were ordered, by first name and result.', ['name', 'result']),
};

/** Counts the handshakes of a thread. */
export class CountedHandshakes implements HandshakeCounter {
  readonly #metrics: Metrics;
  readonly #cells = new Map<string, number>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }
  succeeded(version: string, resumed: boolean): void {
    const key = `${version} ${resumed}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = this.#metrics.family(FAMILIES.handshakes).cell([version.replace(/^TLSv/, ''), String(resumed)]);
      this.#cells.set(key, cell);
    }
    this.#metrics.values[cell]!++;
  }
  failed(reason: FailureReason): void {
    this.#metrics.values[this.#metrics.family(FAMILIES.failures).cell([reason])]!++;
  }
}

/** Counts the connections of QUIC of a thread. */
export class CountedQuic implements QuicCounter {
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #cells = new Map<string, number>();
  #said = '';

  constructor(metrics: Metrics, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
  }
  answered(server: string, code: 0 | 1 | 2): void {
    this.#metrics.values[this.#cell('quicResponses', server, `0x${code}`)]!++;
  }
  counted(server: string, counts: { readonly [what: string]: number }, connections: number): void {
    this.#metrics.values[this.#cell('quicConnections', server)] = connections;
    for (const [what, count] of Object.entries(counts)) {
      if (count > 0) this.#metrics.values[this.#cell('quicEvents', server, what)]! += count;
    }
  }
  refused(reason: string): void {
    if (this.#said === reason) return;
    this.#said = reason;
    this.#log.warning(`QUIC goes on with the certificate before: ${reason}`);
  }
  panicked(text: string): void {
    this.#log.error(`QUIC has lost a connection to a fault of its library: ${text}`);
  }
  #cell(family: 'quicResponses' | 'quicConnections' | 'quicEvents', ...labels: readonly string[]): number {
    const key = `${family} ${labels.join(' ')}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.set(key, (cell = this.#metrics.family(FAMILIES[family]).cell([...labels])));
    return cell;
  }
}
