// *grpc* facilitates proxying DNS messages to upstream resolvers via gRPC protocol. Knows in which order they are asked and what becomes of
// their replies (GRPC-2, GRPC-3); how they are asked is upstream's.
import { RESOLVER_ARPA, isOfResolverArpa, noneDesignated } from '../../authority/resolver-arpa.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import { joinHostPort } from '../../dns/host-port.ts';
import { RCODE } from '../../dns/rcode.ts';
import { NotKnownHere, failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { turnedAway } from '../../kernel/query/turned-away.ts';
import { covers } from '../../kernel/site/fallthrough.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { AnyClass } from '../../kernel/site/site.ts';
import { ExchangeError } from '../../upstream/asking.ts';
import { SecureClient, clientContext } from '../../secure/client.ts';
import { transportSecurity } from '../../secure/node.ts';
import { HTTP_PROTOCOLS, HttpWay } from '../../upstream/http-way.ts';
import { DEFAULT_POOL } from '../../upstream/pool-settings.ts';
import { Pace } from '../../upstream/pace.ts';
import { createPolicy } from '../../upstream/policy.ts';
import type { Policy } from '../../upstream/policy.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import { Timers } from '../../upstream/timers.ts';
import { FAMILIES as SUBSCRIBED } from '../../subscribe/families.ts';
import type { Subscriber } from '../../subscribe/subscriber.ts';
import { askedAt } from './attempt.ts';
import type { Target } from './attempt.ts';
import { readSettings } from './config.ts';
import type { GrpcPlace, Settings } from './config.ts';
import { FAMILIES, UpstreamCounter } from './families.ts';

type SecureContext = ReturnType<typeof clientContext>;

/** Milliseconds in all, where there is an answer that was pushed once, and between looks at connections that are idle. */
const PATIENCE = 5000, WITH_STALE = 1000, SWEEP = 1000;

/** A `grpc` line in one thread. */
class GrpcUpstreams implements Part {
  readonly #settings: Settings;
  #timers!: Timers;
  #policy!: Policy;
  #targets: readonly Target[] = [];
  #subscriber: Subscriber | undefined = undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  readonly rehearsal = {
    asks: true as const,
    handle: (query: Query, next: Handler): Answer => (this.#takes(query) ? this.#wouldAsk() : next(query)),
  };
  #takes({ name }: Query): boolean {
    const { from, except } = this.#settings;
    return name.isUnder(from) && (name.equals(from) || !except.some((zone) => name.isUnder(zone)));
  }
  /** Where nobody is asked: who would be. */
  #wouldAsk(): Answer {
    const names = this.#settings.to.map((place) => ('path' in place ? place.path : joinHostPort(place.address, place.port)));
    return failure(RCODE.SERVFAIL, new NotKnownHere(`grpc would ask ${names.join(', ')}`));
  }
  async start(run: Run): Promise<void> {
    const { to, tls, policy, subscribe, from } = this.#settings;
    const timers = this.#timers = await run.shared.use(`upstream/timers ${run.thread}`, run.signal, () => new Timers(run.clock));
    const ids = new RandomIds();
    const context = tls === undefined ? undefined : clientContext(transportSecurity(), tls);
    this.#policy = createPolicy(policy, ids);
    this.#targets = to.map((place) => this.#target(place, run, timers, ids, context));
    const sweep = (): void => {
      for (const { way } of this.#targets) way.sweep(timers.now);
      cancel = run.clock.after(SWEEP, sweep);
    };
    let cancel = run.clock.after(SWEEP, sweep);
    if (subscribe > 0) {
      const [{ Subscriber }, { WatchLink }] = await Promise.all([
        import('../../subscribe/subscriber.ts'), import('../../upstream/watch-link.ts'),
      ]);
      const { clock, store, metrics } = run;
      this.#subscriber = new Subscriber({
        dial: (source, owner) => new WatchLink(source, owner), zone: from, most: subscribe, clock, store, metrics,
        log: run.log.prefix('grpc'),
        below: (bound) => (policy === 'sequential' && bound === to.length ? 0 : ids.next() % bound),
        sources: to.map((place) => {
          const { name, address, secure, serverName } = this.#peer(place, context);
          return { name, to: address, secure, authority: serverName ?? ('path' in place ? 'localhost' : name) };
        }),
      });
    }
    run.signal.addEventListener('abort', () => {
      cancel();
      this.#subscriber?.close();
      for (const { way } of this.#targets) way.close();
    }, { once: true });
  }
  #target(place: GrpcPlace, run: Run, timers: Timers, ids: RandomIds, context: SecureContext | undefined): Target {
    const { name, address: to, secure, serverName } = this.#peer(place, context);
    const way = new HttpWay({
      kind: 'grpc', method: 'POST', to, secure, serverName, timers, ids, settings: DEFAULT_POOL, wall: () => run.clock.wall(),
    });
    return { name, way, counter: new UpstreamCounter(run.metrics, name), pace: new Pace() };
  }
  /** Where an upstream is, and who it has to be. */
  #peer(place: GrpcPlace, context: SecureContext | undefined) {
    const { tls: pem = {}, serverName: common } = this.#settings;
    const unix = 'path' in place;
    const name = unix ? place.path : joinHostPort(place.address, place.port);
    const address = unix ? { address: '', port: 0, path: place.path } : { address: place.address, port: Number(place.port) };
    const serverName = context === undefined ? undefined : common ?? (unix ? undefined : place.zone);
    const secure = context === undefined ? undefined
      : new SecureClient(transportSecurity(), { pem, serverName, protocols: HTTP_PROTOCOLS.grpc }, context);
    return { name, address, secure, serverName };
  }
  remark(): string | undefined {
    return this.#subscriber?.remark();
  }

  handle(query: Query, next: Handler): Answer {
    const { from } = this.#settings;
    if (!this.#takes(query)) return next(query);
    // Who is the upstream's designated resolver is not for our clients (RFC 9462 section 6.1).
    if (isOfResolverArpa(query) && !from.isUnder(RESOLVER_ARPA)) return noneDesignated(query);
    const known = this.#subscriber?.find(query);
    if (known !== undefined) return this.#judged(known, query, next);
    query.journey.goesOut();
    if (!query.journey.mayAskOthers()) return turnedAway(query);
    return this.#ask(query, next);
  }
  /** What an upstream says; a denial is none where somebody else is to be asked. */
  #judged(outcome: Outcome, query: Query, next: Handler): Answer {
    const denied = outcome.kind === 'reply' && outcome.rcode === RCODE.NXDOMAIN;
    return denied && covers(this.#settings.fallthrough, query.name) ? next(query) : outcome;
  }
  /** Each once, in the order of the policy, until one says something. */
  async #ask(query: Query, next: Handler): Promise<Outcome> {
    const targets = this.#targets;
    const { fallthrough } = this.#settings;
    const order = new Uint8Array(targets.length);
    this.#policy(order, order.length);
    const patience = this.#subscriber?.knows(query) === true ? WITH_STALE : PATIENCE;
    const until = this.#timers.since(query.received) + patience;
    let error: unknown = new Error('no upstream could be asked in time');
    for (const index of order) {
      if (this.#timers.now >= until) break;
      const outcome = await this.#at(targets[index]!, query, until);
      if (outcome instanceof ExchangeError) {
        error = outcome;
        continue;
      }
      return this.#judged(outcome, query, next);
    }
    const stale = query.reading.within(() => this.#subscriber?.stale(query));
    if (stale !== undefined) return stale;
    if (covers(fallthrough, query.name)) return next(query);
    query.extendedError = { code: INFO_CODE.NETWORK_ERROR, text: 'no upstream could be reached' };
    return failure(RCODE.SERVFAIL, error);
  }
  #at(target: Target, query: Query, until: number): Promise<Outcome | ExchangeError> {
    target.counter.asked();
    query.metadata?.set('grpc/upstream', target.name);
    return askedAt(target, query, this.#timers, until);
  }
}

export default definePlugin({
  name: 'grpc',
  metrics: { ...FAMILIES, ...SUBSCRIBED },
  parse: readSettings,
  create(settings, site) {
    site.put(AnyClass, true);
    return new GrpcUpstreams(settings);
  },
});
