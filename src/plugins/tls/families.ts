// What is counted of certificates and handshakes. Knows names and labels; knows no connection.
import { counter, gauge } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { FailureReason, HandshakeCounter } from '../../secure/server-tls.ts';

/** Shown as soon as something is counted. */
export const FAMILIES = {
  expiry: gauge('coredns_tls_certificate_expiry_timestamp_seconds',
    'When the certificate ends that is served with, in seconds since 1970.', ['name']),
  handshakes: counter('coredns_tls_handshakes_total', 'Counter of TLS handshakes, by version and by whether a session was resumed.',
    ['version', 'resumed']),
  failures: counter('coredns_tls_handshake_failures_total', 'Counter of TLS handshakes that failed, by reason.', ['reason']),
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
