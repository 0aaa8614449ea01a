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
  /** The file that says how it is served over TLS, from where the process runs. */
  readonly tls: string | undefined;
}

/** Throws CorefileError. */
export function readPrometheus(lines: Lines): PrometheusConfig {
  const line = once(lines);
  const address = line.more ? line.arg() : 'localhost:9153';
  line.attempt(() => splitHostPort(address));
  line.end();
  line.mentions({ what: 'http', address });
  let runtime = false;
  let tls: string | undefined;
  line.properties({
    runtime_metrics(property) {
      property.end();
      runtime = true;
    },
    tls(property) {
      tls = property.arg();
      property.end();
      property.mentions({ what: 'file', path: tls });
    },
  }, (unknown) => unknown.fail(`unknown option: ${unknown.word}`));
  return { address, runtime, tls };
}
