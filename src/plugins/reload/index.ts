// *reload* allows automatic reload of a changed Corefile. Knows an interval and a fingerprint of the configuration (RLD-1, RLD-2).
import { createHash } from 'node:crypto';
import { gauge } from '../../kernel/seen/metrics.ts';
import { RELOADS_FAILED } from '../../kernel/serving/reloads.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Run, Written } from '../../kernel/site/plugin.ts';
import { every } from '../../kernel/clock.ts';

/** Milliseconds. */
interface Settings {
  readonly interval: number;
  readonly jitter: number;
}

const FAMILIES = {
  failed: RELOADS_FAILED,
  version: gauge('coredns_reload_version_info', "A metric with a constant '1' value labeled by hash, and value.", ['hash', 'value']),
};

/** Watches until the load ends; `digest` is that of the configuration in force. */
function watch({ interval, jitter }: Settings, run: Run): void {
  const log = run.log.prefix('reload');
  const version = run.metrics.family(FAMILIES.version);
  let { canonical } = run.whole.running();
  let complaint = '';
  const tell = (digest: string) => {
    version.clear();
    run.metrics.values[version.cell(['sha512', digest])] = 1;
    return digest;
  };
  log.info(`Running configuration SHA512 = ${tell(sha512(run.whole.running().parsed()))}`);
  if (!run.whole.reloadable) return;
  const wait = () => interval + (jitter === 0 ? 0 : Math.random() * jitter - jitter / 2);
  every(run.clock, wait, run.signal, run.report, async () => {
    let now: Written;
    try {
      now = run.whole.now();
    } catch (error) {
      // Said once, not every interval.
      const text = error instanceof Error ? error.message : String(error);
      if (text !== complaint) log.warning(`Corefile parse failed: ${text}`);
      complaint = text;
      return;
    }
    complaint = '';
    if (now.canonical === canonical || now.canonical === run.whole.passedOver()) return;
    ({ canonical } = now);
    await run.whole.reload().catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      log.error(`Corefile changed but reload failed: starting with listener file descriptors: ${text}`);
    });
    tell(sha512(now.parsed()));
  });
}
const sha512 = (text: string) => createHash('sha512').update(text).digest('hex');

export default definePlugin<Settings>({
  name: 'reload',
  metrics: FAMILIES,
  parse([line]) {
    const args = line.words(0, 2);
    const interval = args[0] === undefined ? 30_000 : line.duration(args[0]);
    if (interval < 2000) line.refuse('interval value must be greater or equal to 2s');
    const jitter = args[1] === undefined ? 15_000 : line.duration(args[1]);
    if (jitter !== 0 && jitter < 1000) line.refuse('jitter value must be 0 or greater or equal to 1s');
    return { interval, jitter: Math.min(jitter, interval / 2) };
  },
  create: (settings, site) => ({
    control(run) {
      // As CoreDNS: one watch a process, with the settings of the first block that has the word.
      if (run.sites.find((other) => other.parts.some(({ name }) => name === 'reload')) === site) watch(settings, run);
    },
  }),
});
