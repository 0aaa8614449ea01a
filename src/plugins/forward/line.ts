// One `forward` line at work (FWD-2): which names it is for, and its upstreams as they come and go with the addresses of host names. Knows
// a load and its threads; what becomes of one query is the forwarder's.
import { RESOLVER_ARPA, isOfResolverArpa, noneDesignated } from '../../authority/resolver-arpa.ts';
import { pluginError } from '../../corefile/error.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import { joinHostPort } from '../../dns/host-port.ts';
import type { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Message } from '../../kernel/query/message.ts';
import { NotKnownHere, failure, onReply } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { turnedAway } from '../../kernel/query/turned-away.ts';
import { Taps } from '../../kernel/query/tap.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { Deadline, Upstreams } from '../../kernel/site/site.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Slot } from '../../kernel/slot.ts';
import type { Note } from '../../store/notes.ts';
import { ask, makeQuestion } from '../../upstream/ask.ts';
import { CELLS, Health } from '../../upstream/health.ts';
import { Pace } from '../../upstream/pace.ts';
import { DEFAULT_POOL, UNCOUNTED } from '../../upstream/pool-settings.ts';
import type { PoolSettings } from '../../upstream/pool-settings.ts';
import { RoundTrips } from '../../upstream/round-trips.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import { ownHeader } from '../../upstream/spoken-for.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import type { Subscriber } from '../../subscribe/subscriber.ts';
import { schemesOf } from './config.ts';
import type { Stanza } from './config.ts';
import { Forwarder } from './forwarder.ts';
import type { Target } from './forwarder.ts';
import { ChangingUpstreams } from './changing.ts';
import { leadsBack } from './own-blocks.ts';
import type { NeedsNames } from './own-blocks.ts';
import { ForwardMetrics, UpstreamMetrics } from './proxy-metrics.ts';
import { orStale, subscriberOf } from './pushed.ts';
import type { Seated } from './seats.ts';
import { serviceText } from './service-name.ts';
import { shownOf } from './shown.ts';
import { targetsOf } from './targets.ts';
import { timersOf } from './timers-of.ts';
import { UpstreamMaker } from './upstream-maker.ts';

/** FWD-10: a health check waits one second, and keeps no socket. */
const CHECKED: PoolSettings = { ...DEFAULT_POOL, readTimeout: 1000, expire: 0 };
/** Milliseconds between two looks whether names have addresses now, and how long a query waits for that. */
const LOOK = 20, WAIT = 2000;
/** The lines of a block. */
const Lines = new Slot<Line>('forward lines');

/** What a thread asks upstreams with. */
interface Tools {
  readonly run: Run;
  readonly maker: UpstreamMaker;
  readonly metrics: ForwardMetrics;
  readonly checked: (Upstream | undefined)[];
}

/** A line. */
export class Line implements NeedsNames {
  readonly site: Site;
  readonly hosts: readonly string[];
  /** Its number in the block. */
  readonly #number: number;
  readonly #stanza: Stanza;
  readonly #alternate: boolean;
  readonly #everything: boolean;
  /** Asked for the very zone that no resolver hands on (RFC 9462 section 6.1). */
  readonly #isOfResolverArpa: boolean;
  readonly #changing: ChangingUpstreams;
  #note: Note | undefined;
  /** How often the addresses had been written when this thread read them. */
  #round = 0;
  #why = '';
  #trips: RoundTrips | undefined;
  #tools!: Tools;
  #forwarder!: Forwarder;
  #subscriber: Subscriber | undefined = undefined;

  constructor(stanza: Stanza, site: Site, number: number, alternate: boolean) {
    this.#number = number;
    this.#stanza = stanza;
    this.site = site;
    this.#alternate = alternate;
    this.#everything = stanza.from.key === '\0' && stanza.options.except.length === 0;
    this.#isOfResolverArpa = stanza.from.isUnder(RESOLVER_ARPA);
    this.#changing = new ChangingUpstreams(stanza, site);
    this.hosts = stanza.options.resolveSelf ? this.#changing.entries.map(({ host }) => host) : [];
    site.put(Lines, this);
    site.put(Upstreams, shownOf(() => this.#current()));
  }
  /** The forwarder with whom main would ask now. */
  #current(): Forwarder {
    if (this.#note !== undefined && this.#note.round !== this.#round) this.#renew();
    return this.#forwarder;
  }

  part(): Part {
    const asked = !this.#changing.any ? (query: Query, next: Handler) => this.#forwarder.forward(query, next)
      : (query: Query, next: Handler) => this.#byName(query, next);
    const { private: refused } = this.#stanza.options;
    const cleanse = (reply: Message, query: Query) => refused!.cleanse(reply, query);
    const forward = refused === undefined ? asked : (query: Query, next: Handler) => onReply(asked(query, next), cleanse, query);
    return {
      rehearsal: { asks: true, handle: (query, next) => (this.takes(query.name) ? this.#wouldAsk() : next(query)) },
      handle: (query, next) => {
        if (!this.#everything && !this.takes(query.name)) return next(query);
        // Who is the upstream's designated resolver is not for our clients: they would leave for it.
        if (isOfResolverArpa(query) && !this.#isOfResolverArpa) return noneDesignated(query);
        const pushed = this.#subscriber?.find(query);
        if (pushed !== undefined) return pushed;
        query.journey.goesOut();
        if (!query.journey.mayAskOthers()) return turnedAway(query);
        return this.#subscriber === undefined ? forward(query, next) : orStale(this.#subscriber, query, forward(query, next));
      },
      control: (run) => this.#control(run),
      start: (run) => this.#start(run),
      started: () => this.#changing.started(),
      remark: () => this.#changing.remark() ?? this.#subscriber?.remark(),
    };
  }
  /** FWD-3: what is excepted is not forwarded, except FROM itself. */
  takes(name: Name): boolean {
    const { from, options } = this.#stanza;
    return name.isUnder(from) && (name.equals(from) || !options.except.some((zone) => name.isUnder(zone)));
  }
  /** Where nobody is asked: who would be. */
  #wouldAsk(): Answer {
    const { to, options } = this.#stanza;
    const names = to.flatMap((entry) => ('host' in entry ? [entry.host] : 'service' in entry ? [serviceText(entry)]
      : entry.addresses.map(({ scheme, address, port }) => `${scheme === 'dns' ? '' : `${scheme}://`}${joinHostPort(address, port)}`)));
    const order = names.length > 1 ? ` (policy ${options.policy})` : '';
    return failure(RCODE.SERVFAIL, new NotKnownHere(`forward would ask ${names.join(', ')}${order}`));
  }
  #byName(query: Query, next: Handler): Answer {
    if (this.#note!.round !== this.#round) this.#renew();
    if (this.#forwarder.targets.length > 0) return this.#forwarder.forward(query, next);
    return this.#round === 0 ? this.#waiting(query, next) : this.#nowhere(query);
  }
  #nowhere(query: Query): Answer {
    query.extendedError = { code: INFO_CODE.NO_REACHABLE_AUTHORITY, text: 'no upstream has an address yet' };
    return failure(RCODE.SERVFAIL, new Error(this.#why || 'no upstream has an address yet'));
  }
  /** The names are being looked up for the first time. */
  async #waiting(query: Query, next: Handler): Promise<Awaited<Answer>> {
    const { clock, signal } = this.#tools.run;
    const until = clock.monotonic() + WAIT;
    while (this.#note!.round === this.#round && clock.monotonic() < until && !signal.aborted) {
      await new Promise<void>((resolve) => clock.after(LOOK, resolve));
    }
    return query.reading.within(() => {
      if (this.#note!.round !== this.#round) this.#renew();
      return this.#forwarder.targets.length > 0 ? this.#forwarder.forward(query, next) : this.#nowhere(query);
    });
  }

  // --- on main

  /** Finds the addresses that come and go, for all threads. */
  async #control(run: Run): Promise<void> {
    const { warning } = this.#stanza;
    if (warning !== undefined) run.log.prefix('forward').warning(warning);
    if (!this.#changing.any) return;
    const loop = this.hosts.length === 0 ? undefined : leadsBack(this, run.sites, (site) => site.all(Lines));
    if (loop !== undefined) throw pluginError('forward', new Error(loop));
    this.#note = run.space(this.site).note(`forward ${this.#number}`);
    await this.#changing.begin(run, this.#note, (seats) => {
      // Whoever had the number before may have been down.
      for (const seat of seats) {
        this.#forwarder?.health.forget(seat);
        this.#trips?.forget(seat);
      }
    });
  }

  // --- in every thread

  async #start(run: Run): Promise<void> {
    const { options, to } = this.#stanza;
    const timers = await timersOf(run);
    const ids = new RandomIds();
    const metrics = new ForwardMetrics(run.metrics);
    const schemes = to.flatMap(schemesOf);
    const maker = await UpstreamMaker.for(schemes, run, options, timers, ids);
    this.#tools = { run, maker, metrics, checked: [] };
    if (this.#changing.any) this.#note ??= run.space(this.site).note(`forward ${this.#number}`);
    const seats = this.#changing.any ? this.#changing.seats.count : targetsOf(to).length;
    const trips = this.#trips = new RoundTrips(run.space(this.site).flags(`forward trips ${this.#number}`, seats));
    this.#forwarder = new Forwarder({
      options, targets: [], health: this.#health(seats), trips, timers, ids, metrics,
      concurrent: run.space(this.site).gauges(`forward ${this.#number}`, 1),
      hash: run.store.memory.hash, patience: this.site.last(Deadline) ?? Infinity, alternate: this.#alternate,
      taps: this.site.all(Taps),
    });
    if (this.#note === undefined) this.#take(targetsOf(to).map((at, seat) => ({ ...at, seat })));
    else if (this.#note.round !== 0) this.#renew();
    this.#forwarder.keep(run.clock, run.signal);
    if (options.subscribe.length > 0) this.#subscriber = await subscriberOf(run, this.#stanza.from, options, ids);
    // They are shared, so one thread tells of them.
    if (run.thread === 0 && options.policy === 'fastest') run.metrics.whenAsked(run.signal, () => this.#forwarder.tellTrips());
  }
  /** Takes over what main found. */
  #renew(): void {
    this.#round = this.#note!.round;
    const { seated, why = '' } = JSON.parse(this.#note!.read()) as { seated: readonly Seated[]; why?: string };
    this.#why = why;
    this.#take(seated);
  }
  /** Those that were there stay as they are. */
  #take(seated: readonly Seated[]): void {
    const { maker, metrics, checked } = this.#tools;
    const { options } = this.#stanza;
    const before = new Map(this.#forwarder.targets.map((target) => [keyOf(target.at), target]));
    const targets = seated.map((at): Target => {
      const known = before.get(keyOf(at));
      if (known !== undefined) return known;
      const name = joinHostPort(at.address, at.port);
      const counter = new UpstreamMetrics(metrics, name);
      checked[at.seat]?.close();
      checked[at.seat] = maker.open(at, CHECKED, UNCOUNTED);
      return { at, index: at.seat, name, metrics: counter, pace: new Pace(), upstream: maker.open(at, options, counter) };
    });
    this.#forwarder.take(targets);
  }
  #health(count: number): Health {
    const { options } = this.#stanza;
    const { run, checked } = this.#tools;
    const numbers = run.space(this.site).flags(`forward ${this.#number}`, CELLS * count);
    const question = makeQuestion(options.checkName, TYPE.NS, options.checkRecursion);
    const header = options.proxyProtocol ? ownHeader() : undefined;
    run.signal.addEventListener('abort', () => {
      for (const upstream of checked) upstream?.close();
    }, { once: true });
    return new Health({
      count, numbers,
      after: (milliseconds, call) => run.clock.after(milliseconds, call), wall: () => run.clock.wall(),
      interval: options.checkInterval, signal: run.signal,
      probe: (index) => ask(checked[index]!, question, options.forceTcp ? 'tcp' : 'udp', header),
      failed: (index) => this.#forwarder.targets.find((target) => target.index === index)?.metrics.checkFailed(),
    });
  }
}

const keyOf = ({ seat, scheme, address, port, zone = '' }: Seated): string => [seat, scheme, address, port, zone].join(' ');
