// The endpoint /metrics of one load: who shows it, and what it tells of the program itself. Knows no plugin's metrics; counts no query.
import { label } from '../../kernel/site/endpoint.ts';
import type { Securing } from '../../http/server.ts';
import { Slot } from '../../kernel/slot.ts';
import { showAt } from '../../kernel/show.ts';
import { gauge } from '../../kernel/seen/metrics.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { COREDNS_VERSION, VERSION } from '../../kernel/version.ts';
import type { PrometheusConfig } from './config.ts';
import { ProcessMetrics } from './process.ts';
import { replyTo } from './reply.ts';
import { watchRuntime } from './runtime.ts';

/** Where blocks say what they want. */
export const Secured = new Slot<PrometheusConfig>('metrics over TLS');
/** What is told of the program and of its plugins. */
export const FAMILIES = {
  build: gauge('coredns_build_info',
    "A metric with a constant '1' value labeled by version, revision, and goversion from which CoreDNS was built.",
    ['version', 'revision', 'goversion']),
  enabled: gauge('coredns_plugin_enabled', 'A metric that indicates whether a plugin is enabled on per server and zone basis.',
    ['server', 'zone', 'view', 'name']),
};

/** Serves `/metrics`. Where the address cannot be had, the log says so and queries are answered all the same, as CoreDNS does. */
export async function openEndpoint(run: Run, config: PrometheusConfig): Promise<void> {
  const { metrics } = run;
  const build = metrics.family(FAMILIES.build);
  metrics.values[build.cell([COREDNS_VERSION, `coredns-ts-${VERSION}`, `node${process.versions.node}`])] = 1;
  await run.shared.use('process metrics', run.signal, () => new ProcessMetrics(metrics));
  if (config.runtime) await run.shared.use('runtime metrics', run.signal, () => watchRuntime(metrics));
  let securing: Securing | undefined;
  try {
    securing = await securingOf(run, config.address);
  } catch (error) {
    run.log.prefix('metrics').error(`Invalid TLS config: ${(error as Error).message}`);
    return;
  }
  try {
    const server = await showAt(run, config.address, '/metrics', (request) => replyTo(metrics, request));
    // What another load said of the address is over.
    server.securing = securing;
  } catch (error) {
    run.log.error(`Failed to start metrics handler: ${(error as Error).message}`);
  }
}

/** Blocks that share an address share its TLS: what one of them wants is not shown without. */
async function securingOf(run: Run, address: string): Promise<Securing | undefined> {
  const files = run.sites.flatMap((site) => site.all(Secured)).filter((each) => each.address === address && each.tls !== undefined);
  const [file, ...others] = new Set(files.map(({ tls }) => tls!));
  if (others.length > 0) throw new Error(`${address} is to be served with ${file} and with ${others[0]}`);
  if (file === undefined) return undefined;
  const { securedBy } = await import('./secured.ts');
  return securedBy(file, run);
}

/** PROM-4: which plugins handle queries in each block that has `prometheus`, in place of what the load before said. */
export function tellPlugins(run: Run, sites: readonly Site[]): void {
  const family = run.metrics.family(FAMILIES.enabled);
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
