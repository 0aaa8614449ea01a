// Reads `prometheus` (PROM-1). Knows the syntax; opens nothing.
import type { Lines } from '../../kernel/plugin.ts';
import { splitHostPort } from '../../kernel/host-port.ts';

/** What a block says. */
export interface PrometheusConfig {
  /** `host:port`. */
  readonly address: string;
  /** `runtime_metrics`: more of the runtime's own numbers. */
  readonly runtime: boolean;
  /** A web configuration file for TLS, undefined where the endpoint is plain HTTP. */
  readonly webConfig: string | undefined;
}

/** Throws CorefileError, or Error with Go's text for an address. */
export function readPrometheus(lines: Lines): PrometheusConfig {
  const [line, again] = lines;
  if (again !== undefined) again.refuse('this plugin can only be used once per Server Block');
  const address = line.more ? line.arg() : 'localhost:9153';
  splitHostPort(address);
  line.end();
  let runtime = false;
  let webConfig: string | undefined;
  line.properties({
    runtime_metrics(property) {
      property.end();
      runtime = true;
    },
    tls(property) {
      if (webConfig !== undefined) property.fail('tls block already specified');
      webConfig = property.arg();
      property.end();
    },
  }, (unknown) => unknown.fail(`unknown option: ${unknown.word}`));
  return { address, runtime, webConfig };
}
