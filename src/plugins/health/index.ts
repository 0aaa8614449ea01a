// *health* enables a health check endpoint. Knows whether the process lives; knows no plugin.
import { formatDuration } from '../../wording/duration.ts';
import { every } from '../../kernel/clock.ts';
import { splitHostPort } from '../../dns/host-port.ts';
import { showAt } from '../../kernel/show.ts';
import { SLIM_TIME_BUCKETS, counter, histogram } from '../../kernel/seen/metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { readHealth } from './config.ts';
import { probe } from './probe.ts';

/** Milliseconds between two requests to ourselves, and how long one may take without a warning. */
const INTERVAL = 1000, SLOW = 1000;

const FAMILIES = {
  duration: histogram('coredns_health_request_duration_seconds', 'Histogram of the time (in seconds) each request took.', [],
    SLIM_TIME_BUCKETS),
  failures: counter('coredns_health_request_failures_total', 'The number of times the health check failed.'),
};

/** HLT-3. */
function watch(run: Run, address: string, port: number): void {
  const { clock, metrics, signal } = run;
  const log = run.log.prefix('health');
  const duration = metrics.family(FAMILIES.duration);
  const failures = metrics.family(FAMILIES.failures);
  // Not by the name: a container may have no hosts file.
  const host = splitHostPort(address).host || '127.0.0.1';
  const url = `"http://${address}/health"`;
  every(clock, INTERVAL, signal, run.report, async () => {
    const from = clock.monotonic();
    const failed = await probe(host, port, signal).then(() => undefined, (error: Error) => error);
    if (signal.aborted) return;
    const took = clock.monotonic() - from;
    duration.observe(duration.cell([]), took / 1000);
    if (failed !== undefined) {
      metrics.values[failures.cell([])]!++;
      log.warning(`Local health request to ${url} failed: ${failed.message}`);
    } else if (took > SLOW) log.warning(`Local health request to ${url} took more than 1s: ${formatDuration(took)}`);
  });
}

export default definePlugin({
  name: 'health',
  metrics: FAMILIES,
  parse: readHealth,
  create: ({ address, lameduck }) => ({
    async control(run) {
      const server = await showAt(run, address, '/health', () => ({ status: 200, body: 'OK' }));
      watch(run, address, server.port);
    },
    /** HLT-2: load balancers see that we go while we still answer. */
    drain(run) {
      if (lameduck <= 0) return undefined;
      run.log.prefix('health').info(`Going into lameduck mode for ${formatDuration(lameduck)}`);
      return new Promise<void>((over) => {
        run.clock.after(lameduck, over);
      });
    },
  }),
});
