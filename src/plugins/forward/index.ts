// *forward* facilitates proxying DNS messages to upstream resolvers. Knows its lines and which names they are for; the rest is in the
// files beside it.
import { pluginError } from '../../corefile/error.ts';
import { definePlugin } from '../../kernel/plugin.ts';
import type { Part, Run } from '../../kernel/plugin.ts';
import type { Query } from '../../kernel/query.ts';
import { AnyClass, Deadline } from '../../kernel/site.ts';
import type { Site } from '../../kernel/site.ts';
import { ask, makeQuestion } from '../../upstream/ask.ts';
import type { UpstreamAddress } from '../../upstream/address.ts';
import { Health } from '../../upstream/health.ts';
import { hostPort } from '../../upstream/network-error.ts';
import { DEFAULT_POOL } from '../../upstream/pool-settings.ts';
import type { PoolCounter, PoolSettings } from '../../upstream/pool-settings.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import { Timers } from '../../upstream/timers.ts';
import { Upstream } from '../../upstream/upstream.ts';
import { readStanza } from './config.ts';
import type { Stanza } from './config.ts';
import { Forwarder } from './forwarder.ts';
import { ForwardMetrics, UpstreamMetrics } from './proxy-metrics.ts';
import { resolveTargets } from './targets.ts';

const NS = 2;
/** FWD-10: milliseconds that a health check waits. */
const CHECK_TIMEOUT = 1000;
const uncounted: PoolCounter = { hit() {}, miss() {} };

/** One line (FWD-2). */
class Line {
  readonly #stanza: Stanza;
  readonly #site: Site;
  readonly #alternate: boolean;
  readonly #everything: boolean;
  readonly #underWay = new Int32Array(new SharedArrayBuffer(4));
  #addresses: readonly UpstreamAddress[] = [];
  #health!: Health;
  #forwarder!: Forwarder;

  constructor(stanza: Stanza, site: Site, alternate: boolean) {
    this.#stanza = stanza;
    this.#site = site;
    this.#alternate = alternate;
    this.#everything = stanza.from.key === '\0' && stanza.options.except.length === 0;
  }

  part(): Part {
    return {
      handle: (query, next) => (this.#everything || this.#matches(query) ? this.#forwarder.forward(query, next) : next(query)),
      control: (run) => this.#control(run),
      start: (run) => this.#start(run),
    };
  }
  /** FWD-3: what is excepted is not forwarded, except FROM itself. */
  #matches(query: Query): boolean {
    const { from, options } = this.#stanza;
    const { name } = query;
    return name.isUnder(from) && (name.equals(from) || !options.except.some((zone) => name.isUnder(zone)));
  }

  /** Looks host names up and watches over the upstreams. */
  async #control(run: Run): Promise<void> {
    const { warning, to, options } = this.#stanza;
    if (warning !== undefined) run.log.prefix('forward').warning(warning);
    const timers = await timersOf(run);
    const ids = new RandomIds();
    const open = (address: string, port: number, settings: PoolSettings) =>
      new Upstream({ to: peer(address, port, options.source), datagrams: run.datagrams, timers, ids, settings, counter: uncounted });
    try {
      this.#addresses = await resolveTargets(to, options.resolvers, (address, port) => open(address, port, DEFAULT_POOL));
    } catch (error) {
      throw pluginError('forward', error);
    }
    this.#health = new Health(this.#addresses.length);
    const settings = { ...DEFAULT_POOL, readTimeout: CHECK_TIMEOUT, expire: 0 };
    const probed = this.#addresses.map(({ address, port, zone }) => open(scoped(address, zone), Number(port), settings));
    const counted = this.#addresses.map((address) => new UpstreamMetrics(new ForwardMetrics(run.metrics), nameOf(address)));
    const question = makeQuestion(options.checkName, NS, options.checkRecursion);
    this.#health.run({
      after: (milliseconds, call) => run.clock.after(milliseconds, call), interval: options.checkInterval, signal: run.signal,
      probe: (index) => ask(probed[index]!, question, options.forceTcp),
      failed: (index) => counted[index]!.checkFailed(),
    });
    run.signal.addEventListener('abort', () => {
      for (const upstream of probed) upstream.close();
    }, { once: true });
  }

  async #start(run: Run): Promise<void> {
    const { options } = this.#stanza;
    const timers = await timersOf(run);
    const ids = new RandomIds();
    const metrics = new ForwardMetrics(run.metrics);
    const targets = this.#addresses.map((at, index) => {
      const name = nameOf(at);
      const counter = new UpstreamMetrics(metrics, name);
      const to = peer(scoped(at.address, at.zone), Number(at.port), options.source);
      const upstream = new Upstream({ to, datagrams: run.datagrams, timers, ids, settings: options, counter });
      return { index, name, metrics: counter, upstream };
    });
    this.#forwarder = new Forwarder({
      options, targets, health: this.#health, timers, ids, metrics, underWay: this.#underWay,
      patience: this.#site.last(Deadline) ?? Infinity, alternate: this.#alternate,
    });
    this.#forwarder.keep(run.clock, run.signal);
  }
}

/** One wheel for each thread. */
const timersOf = (run: Run) => run.shared.use(`upstream/timers ${run.thread}`, run.signal, () => new Timers(run.clock));
const peer = (address: string, port: number, source: string | undefined) =>
  ({ address, port, ...(source === undefined ? {} : { source }) });
/** An address with its interface, where that is needed to reach it. */
const scoped = (address: string, zone: string | undefined) =>
  (zone !== undefined && /^fe[89ab]/i.test(address) ? `${address}%${zone}` : address);
const nameOf = ({ address, port }: UpstreamAddress) => hostPort(address, port);

export default definePlugin({
  name: 'forward',
  parse: (lines, context) => lines.map((line) => readStanza(line, context)),
  create(stanzas, site) {
    site.put(AnyClass, true);
    return stanzas.map((stanza, i) => new Line(stanza, site, i < stanzas.length - 1).part());
  },
});
