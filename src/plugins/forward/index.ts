// *forward* facilitates proxying DNS messages to upstream resolvers. Knows its lines and which names they are for; the rest is in the
// files beside it.
import { RESOLVER_ARPA, isOfResolverArpa, noneDesignated } from '../../authority/resolver-arpa.ts';
import { joinHostPort } from '../../dns/host-port.ts';
import { TYPE } from '../../dns/type-name.ts';
import { pluginError } from '../../corefile/error.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Taps } from '../../kernel/query/tap.ts';
import { AnyClass, Deadline } from '../../kernel/site/site.ts';
import type { Site } from '../../kernel/site/site.ts';
import { ask, makeQuestion } from '../../upstream/ask.ts';
import type { Note } from '../../store/notes.ts';
import type { UpstreamAddress } from '../../upstream/address.ts';
import { CELLS, Health } from '../../upstream/health.ts';
import { DEFAULT_POOL, UNCOUNTED } from '../../upstream/pool-settings.ts';
import type { PoolSettings } from '../../upstream/pool-settings.ts';
import { Pace } from '../../upstream/pace.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import { Timers } from '../../upstream/timers.ts';
import { Upstream } from '../../upstream/upstream.ts';
import { readStanza } from './config.ts';
import type { Stanza } from './config.ts';
import { Forwarder } from './forwarder.ts';
import type { Target } from './forwarder.ts';
import { UpstreamMaker } from './upstream-maker.ts';
import { FAMILIES, ForwardMetrics, UpstreamMetrics } from './proxy-metrics.ts';
import { resolveTargets } from './targets.ts';

/** FWD-10: a health check waits one second, and keeps no socket. */
const CHECKED: PoolSettings = { ...DEFAULT_POOL, readTimeout: 1000, expire: 0 };

/** One line (FWD-2). */
class Line {
  /** Its number in the block. */
  readonly #number: number;
  readonly #stanza: Stanza;
  readonly #site: Site;
  readonly #alternate: boolean;
  readonly #everything: boolean;
  /** Asked for the very zone that no resolver hands on (RFC 9462 section 6.1). */
  readonly #isOfResolverArpa: boolean;
  #addresses: readonly UpstreamAddress[] = [];
  #forwarder!: Forwarder;

  constructor(stanza: Stanza, site: Site, number: number, alternate: boolean) {
    this.#number = number;
    this.#stanza = stanza;
    this.#site = site;
    this.#alternate = alternate;
    this.#everything = stanza.from.key === '\0' && stanza.options.except.length === 0;
    this.#isOfResolverArpa = stanza.from.isUnder(RESOLVER_ARPA);
  }

  part(): Part {
    return {
      handle: (query, next) => (this.#everything || this.#matches(query) ? this.#forward(query, next) : next(query)),
      control: (run) => this.#control(run),
      start: (run) => this.#start(run),
    };
  }
  /** Who is the upstream's designated resolver is not for our clients: they would leave for it (RFC 9462 section 6.1). */
  #forward(query: Query, next: Handler): Answer {
    return isOfResolverArpa(query) && !this.#isOfResolverArpa ? noneDesignated(query) : this.#forwarder.forward(query, next);
  }
  /** FWD-3: what is excepted is not forwarded, except FROM itself. */
  #matches(query: Query): boolean {
    const { from, options } = this.#stanza;
    const { name } = query;
    return name.isUnder(from) && (name.equals(from) || !options.except.some((zone) => name.isUnder(zone)));
  }

  /** Looks host names up, once for all threads. */
  async #control(run: Run): Promise<void> {
    const { warning, to, options } = this.#stanza;
    if (warning !== undefined) run.log.prefix('forward').warning(warning);
    const timers = await timersOf(run);
    const ids = new RandomIds();
    const open = (address: string, port: number) => new Upstream({
      to: peer(address, port, options.source), datagrams: run.datagrams, timers, ids, settings: DEFAULT_POOL, counter: UNCOUNTED,
    });
    try {
      this.#addresses = await resolveTargets(to, options.resolvers, open);
    } catch (error) {
      throw pluginError('forward', error);
    }
    if (to.some((entry) => 'host' in entry)) this.#note(run).write(JSON.stringify(this.#addresses));
  }
  #note(run: Run): Note {
    return run.space(this.#site).note(`forward ${this.#number}`);
  }
  /** FWD-1: what main found; where nothing had to be looked up, every thread finds the same. */
  async #targets(run: Run): Promise<readonly UpstreamAddress[]> {
    if (run.thread === 0) return this.#addresses;
    const { to } = this.#stanza;
    if (to.some((entry) => 'host' in entry)) return JSON.parse(this.#note(run).read()) as UpstreamAddress[];
    return resolveTargets(to, [], () => {
      throw new Error('there is nothing to look up');
    });
  }

  async #start(run: Run): Promise<void> {
    const { options } = this.#stanza;
    const timers = await timersOf(run);
    const ids = new RandomIds();
    const metrics = new ForwardMetrics(run.metrics);
    const addresses = await this.#targets(run);
    const maker = await UpstreamMaker.for(addresses, run, options, timers, ids);
    const targets = addresses.map((at, index) => {
      const name = joinHostPort(at.address, at.port);
      const counter = new UpstreamMetrics(metrics, name);
      return { index, name, metrics: counter, pace: new Pace(), upstream: maker.open(at, options, counter) };
    });
    const health = this.#health(run, targets, addresses.map((at) => maker.open(at, CHECKED, UNCOUNTED)));
    this.#forwarder = new Forwarder({
      options, targets, health, timers, ids, metrics, concurrent: run.space(this.#site).gauges(`forward ${this.#number}`, 1),
      hash: run.store.memory.hash, patience: this.#site.last(Deadline) ?? Infinity, alternate: this.#alternate,
      taps: this.#site.all(Taps),
    });
    this.#forwarder.keep(run.clock, run.signal);
  }
  #health(run: Run, targets: readonly Target[], probed: readonly Upstream[]): Health {
    const { options } = this.#stanza;
    const question = makeQuestion(options.checkName, TYPE.NS, options.checkRecursion);
    run.signal.addEventListener('abort', () => {
      for (const upstream of probed) upstream.close();
    }, { once: true });
    return new Health({
      count: targets.length, numbers: run.space(this.#site).flags(`forward ${this.#number}`, CELLS * targets.length),
      after: (milliseconds, call) => run.clock.after(milliseconds, call), wall: () => run.clock.wall(),
      interval: options.checkInterval, signal: run.signal,
      probe: (index) => ask(probed[index]!, question, options.forceTcp ? 'tcp' : 'udp'),
      failed: (index) => targets[index]!.metrics.checkFailed(),
    });
  }
}

/** One wheel for each thread. */
const timersOf = (run: Run) => run.shared.use(`upstream/timers ${run.thread}`, run.signal, () => new Timers(run.clock));
const peer = (address: string, port: number, source: string | undefined) =>
  ({ address, port, ...(source === undefined ? {} : { source }) });

export default definePlugin({
  name: 'forward',
  metrics: FAMILIES,
  parse: (lines, context) => lines.map((line) => readStanza(line, context)),
  create(stanzas, site) {
    site.put(AnyClass, true);
    return stanzas.map((stanza, i) => new Line(stanza, site, i, i < stanzas.length - 1).part());
  },
});
