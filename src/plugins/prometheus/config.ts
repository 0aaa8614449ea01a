// Reads `prometheus` (PROM-1). Knows the syntax; opens nothing.
import { once } from '../../corefile/directive.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { splitHostPort } from '../../dns/host-port.ts';

/** What a block says. */
export interface PrometheusConfig {
  /** `host:port`. */
  readonly address: string;
  /** `runtime_metrics`: more of the runtime's own numbers. */
  readonly runtime: boolean;
}

/** Throws CorefileError. */
export function readPrometheus(lines: Lines): PrometheusConfig {
  const line = once(lines);
  const address = line.more ? line.arg() : 'localhost:9153';
  line.attempt(() => splitHostPort(address));
  line.end();
  line.mentions({ what: 'http', address });
  let runtime = false;
  line.properties({
    runtime_metrics(property) {
      property.end();
      runtime = true;
    },
    tls(property) {
      property.arg();
      property.end();
      property.fail('tls is not built yet', 'put the endpoint behind a proxy that speaks TLS, or bind it to loopback');
    },
  }, (unknown) => unknown.fail(`unknown option: ${unknown.word}`));
  return { address, runtime };
}
