// The endpoint /metrics of one load: which families stand there from the start, and what is brought up to date when it is read. Knows
// names of metrics; counts no query.
import { label } from '../../kernel/site/endpoint.ts';
import { showAt } from '../../kernel/http.ts';
import { SLIM_TIME_BUCKETS } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { COREDNS_VERSION, VERSION } from '../../kernel/version.ts';
import type { PrometheusConfig } from './config.ts';
import { CONTENT_TYPE, expose } from './exposition.ts';
import { ProcessMetrics } from './process.ts';
import { watchRuntime } from './runtime.ts';

/** Serves `/metrics`. Where the address cannot be had, the log says so and queries are answered all the same, as CoreDNS does. */
export async function openEndpoint(run: Run, config: PrometheusConfig): Promise<void> {
  const { metrics } = run;
  standing(metrics);
  await run.shared.use('process metrics', run.signal, () => new ProcessMetrics(metrics));
  if (config.runtime) await run.shared.use('runtime metrics', run.signal, () => watchRuntime(metrics));
  try {
    await showAt(run, config.address, '/metrics', () => ({ status: 200, type: CONTENT_TYPE, body: expose(metrics) }));
  } catch (error) {
    run.log.error(`Failed to start metrics handler: ${(error as Error).message}`);
  }
}

/** What CoreDNS shows although nothing uses it: metrics without labels are there as soon as their plugin is (MET-2). */
function standing(metrics: Metrics): void {
  metrics.counter('coredns_forward_healthcheck_broken_total', 'Counter of the number of complete failures of the healthchecks.');
  metrics.counter('coredns_forward_max_concurrent_rejects_total',
    'Counter of the number of queries rejected because the concurrent queries were at maximum.');
  metrics.histogram('coredns_health_request_duration_seconds', 'Histogram of the time (in seconds) each request took.', [],
    SLIM_TIME_BUCKETS);
  metrics.counter('coredns_health_request_failures_total', 'The number of times the health check failed.');
  metrics.gauge('coredns_hosts_reload_timestamp_seconds', 'The timestamp of the last reload of hosts file.');
  metrics.counter('coredns_local_localhost_requests_total', 'Counter of special localhost subdomain requests.');
  metrics.counter('coredns_reload_failed_total', 'Counter of the number of failed reload attempts.');
  const build = metrics.gauge('coredns_build_info',
    "A metric with a constant '1' value labeled by version, revision, and goversion from which CoreDNS was built.",
    ['version', 'revision', 'goversion']);
  metrics.values[build.cell([COREDNS_VERSION, `coredns-ts-${VERSION}`, `node${process.versions.node}`])] = 1;
}

/** PROM-4: which plugins handle queries in each block that has `prometheus`, in place of what the load before said. */
export function tellPlugins(run: Run, sites: readonly Site[]): void {
  const family = run.metrics.gauge('coredns_plugin_enabled',
    'A metric that indicates whether a plugin is enabled on per server and zone basis.', ['server', 'zone', 'view', 'name']);
  family.clear();
  for (const site of sites) {
    const [first] = site.endpoints;
    for (const { scheme, address, port } of site.endpoints) {
      if (first === undefined || scheme !== first.scheme || port !== first.port) continue;
      for (const { name } of site.handlers) {
        run.metrics.values[family.cell([label(scheme, address, port), site.zones[0]!.text, site.view, name])] = 1;
      }
    }
  }
}
