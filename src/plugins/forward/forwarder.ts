// What the queries of one `forward` line share in one thread: upstreams, their health, the policy, counts. Knows the line's options;
// knows nothing of what becomes of one query.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Clock } from '../../kernel/clock.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Handler } from '../../kernel/site/plugin.ts';
import type { Remark } from '../../kernel/query/notes.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Tap } from '../../kernel/query/tap.ts';
import type { Hash } from '../../store/hash.ts';
import { createPolicy, fastest } from '../../upstream/policy.ts';
import type { Policy } from '../../upstream/policy.ts';
import type { Pace } from '../../upstream/pace.ts';
import type { Health } from '../../upstream/health.ts';
import type { RoundTrips } from '../../upstream/round-trips.ts';
import type { RandomIds } from '../../upstream/random-ids.ts';
import type { Timers } from '../../upstream/timers.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import type { Options } from './properties.ts';
import { Attempt } from './attempt.ts';
import type { Seated } from './seats.ts';
import { isSix } from './targets.ts';
import { Exchange } from './exchange.ts';
import type { ForwardMetrics, UpstreamMetrics } from './proxy-metrics.ts';
import { UnderWay } from './under-way.ts';

/** The answer where a query would have to wait and too many do. */
const CROWDED = failure(RCODE.SERVFAIL, new Error('too many queries wait for upstreams'));
/** A transfer is several messages, and over QUIC one is what a question gets here (FWD-16). */
const NO_TRANSFER = failure(RCODE.NOTIMP,
  new Error('proxy: unsupported request: zone transfers over DoQ require multi-message response support'));
/** FWD-9: attempts for each upstream, where the configuration does not say. */
const ATTEMPTS = 2;
/** So many questions for one name and type, but with flags or options of their own, may be under way over UDP (RFC 5452 section 5). */
const MOST_ALIKE = 4;

/** One upstream with what belongs to it. */
export interface Target {
  /** Its number among those that threads share. */
  readonly index: number;
  readonly at: Seated;
  /** `127.0.0.1:53` */
  readonly name: string;
  readonly upstream: Upstream;
  readonly pace: Pace;
  readonly metrics: UpstreamMetrics;
}
/** A count that threads share; the kernel's gauges are one. */
export interface Concurrent {
  enter(index: number, most: number): boolean;
  add(index: number, delta: number): void;
}
/** What a forwarder is made of. */
export interface ForwarderParts {
  readonly options: Options;
  readonly targets: readonly Target[];
  readonly health: Health;
  readonly trips: RoundTrips;
  readonly timers: Timers;
  readonly ids: RandomIds;
  readonly metrics: ForwardMetrics;
  /** Shared by the threads: queries under way. */
  readonly concurrent: Concurrent;
  /** That of the store. */
  readonly hash: Hash;
  /** Milliseconds after a query came in which another upstream may be asked (CANCEL-1); Infinity where nothing says. */
  readonly patience: number;
  /** True where the line after this one is a `forward`, too (FWD-11). */
  readonly alternate: boolean;
  /** Who wants to know of questions and answers. */
  readonly taps: readonly Tap[];
}

/** A line at work in one thread. */
export class Forwarder {
  readonly options: Options;
  /** Who is asked now; of a line with host names they come and go. */
  targets: readonly Target[];
  readonly health: Health;
  readonly timers: Timers;
  readonly metrics: ForwardMetrics;
  readonly policy: Policy;
  readonly trips: RoundTrips;
  readonly patience: number;
  readonly alternate: boolean;
  readonly taps: readonly Tap[];
  /** What came of asking the upstream of this number: milliseconds, or -1 where nothing came; -2 where it was passed over. */
  readonly told: Remark = (index, took) => {
    const name = this.targets.find((target) => target.index === index)?.name ?? 'an upstream that is gone';
    return took === -2 ? `${name} is down` : took < 0 ? `${name} did not answer` : `${name} answered in ${took.toFixed(1)} ms`;
  };
  /** Errors after which one gives up; 0 is never. */
  limit = 0;
  /** Where some of them are reached over IPv6 and some over IPv4: which are, in their order. */
  families: readonly boolean[] | undefined = undefined;
  readonly #ids: RandomIds;
  readonly #concurrent: Concurrent;
  readonly #underWay: UnderWay;
  readonly #refusal: ReturnType<typeof failure>;
  readonly #idle: Exchange[] = [];
  /** Attempts that are over, to be used again. */
  readonly attempts: Attempt[] = [];
  /** When any upstream replied last, milliseconds. */
  repliedAt = -Infinity;
  #mine = 0;
  #stopped = false;

  constructor(parts: ForwarderParts) {
    this.options = parts.options;
    this.targets = [];
    this.health = parts.health;
    this.timers = parts.timers;
    this.metrics = parts.metrics;
    this.patience = parts.patience;
    this.alternate = parts.alternate;
    this.taps = parts.taps;
    const { policy } = parts.options;
    this.trips = parts.trips;
    this.policy = policy === 'fastest' ? fastest(parts.ids, (i) => this.trips.of(this.targets[i]!.index)) : createPolicy(policy, parts.ids);
    this.#ids = parts.ids;
    this.#concurrent = parts.concurrent;
    this.#underWay = new UnderWay(parts.hash);
    this.take(parts.targets);
    this.#refusal = failure(RCODE.REFUSED, new Error(`concurrent queries exceeded maximum ${parts.options.maxConcurrentText}`));
  }

  /** From now on these are asked. What is under way with others goes on. */
  take(targets: readonly Target[]): void {
    const gone = this.targets.filter((target) => !targets.includes(target));
    this.targets = targets;
    this.limit = this.options.maxConnectAttempts ?? ATTEMPTS * targets.length;
    const six = targets.map(({ at }) => isSix(at));
    this.families = this.options.policy !== 'sequential' && six.includes(true) && six.includes(false) ? six : undefined;
    for (const { upstream } of gone) upstream.close();
  }

  /** Forwards the query; `next` is where `next` and `next_on_nodata` hand it on to. */
  forward(query: Query, next: Handler): Answer {
    if (!query.channel.service.arena.mayWait) {
      query.extendedError = { code: INFO_CODE.OTHER, text: 'too many queries wait for upstreams' };
      return CROWDED;
    }
    if ((query.type === TYPE.AXFR || query.type === TYPE.IXFR) && this.targets.every(({ at }) => at.scheme === 'quic')) return NO_TRANSFER;
    const { maxConcurrent } = this.options;
    if (maxConcurrent > 0 && !this.#concurrent.enter(0, maxConcurrent)) {
      this.metrics.rejected();
      query.extendedError = { code: INFO_CODE.OTHER, text: 'too many queries are being forwarded' };
      return this.#refusal;
    }
    if (query.journey.notes !== undefined) this.#noteDown(query);
    const same = this.#underWay.find(query);
    // Upstreams that know who asks may answer each otherwise.
    if (!this.options.proxyProtocol && same !== undefined && query.type !== TYPE.HINFO) return same.join(query, next);
    const crowded = this.#underWay.alike >= MOST_ALIKE;
    const exchange = this.#idle.pop() ?? new Exchange(this);
    this.#mine++;
    this.#underWay.add(exchange, query);
    return exchange.begin(next, crowded);
  }
  #noteDown(query: Query): void {
    for (const { index } of this.targets) if (this.health.down(index, this.options.maxFails)) query.note(this.told, index, -2);
  }
  /** An object for a question to an upstream. */
  attempt(): Attempt {
    return this.attempts.pop() ?? new Attempt(this);
  }
  /** An exchange is over. */
  release(exchange: Exchange): void {
    if (this.options.maxConcurrent > 0) this.#concurrent.add(0, -exchange.clients);
    this.#underWay.remove(exchange);
    this.#idle.push(exchange);
    if (--this.#mine === 0 && this.#stopped) this.#close();
  }
  /** Writes into the metrics how long upstreams need. */
  tellTrips(): void {
    for (const { index, metrics } of this.targets) {
      const trip = this.trips.of(index);
      if (trip !== 0) metrics.needs(trip / 1e6);
    }
  }
  /** A number drawn at random, for when all are down. */
  below(count: number): number {
    return this.#ids.below(count);
  }

  /** Closes what is idle, from time to time, until the signal aborts; then everything, as soon as no query needs it. */
  keep(clock: Clock, signal: AbortSignal): void {
    const sweep = () => {
      if (signal.aborted) return;
      const now = clock.monotonic();
      for (const { upstream } of this.targets) upstream.sweep(now);
      clock.after(Math.max(1000, this.options.expire / 2), sweep);
    };
    clock.after(Math.max(1000, this.options.expire / 2), sweep);
    signal.addEventListener('abort', () => {
      this.#stopped = true;
      if (this.#mine === 0) this.#close();
    }, { once: true });
  }
  #close(): void {
    for (const { upstream } of this.targets) upstream.close();
  }
}
