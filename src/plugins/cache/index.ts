// *cache* enables a frontend cache. Knows when a kept reply answers, when it is asked again and when a stale one is served.
import { definePlugin } from '../../kernel/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/plugin.ts';
import type { PerServer } from '../../kernel/metrics.ts';
import { upon } from '../../kernel/outcome.ts';
import type { Answer, Outcome } from '../../kernel/outcome.ts';
import type { Query } from '../../kernel/query.ts';
import type { Touch } from '../../store/cache-map.ts';
import type { Site } from '../../kernel/site.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { countersOf } from './counters.ts';
import type { Counters } from './counters.ts';
import { HITS, LAST_HIT, REFRESHING, RETRY_AT, TTL } from './entry.ts';
import type { Entries } from './entry.ts';
import { acceptable, background } from './refresh.ts';
import { Store } from './store.ts';
import type { Found } from './store.ts';
import { judge } from './worth.ts';

/** RFC 8914 codes. */
const STALE = 3, CACHED_ERROR = 13, STALE_NXDOMAIN = 19;
const NXDOMAIN = 3, SERVFAIL = 2;

class Cache implements Part {
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #everything: boolean;
  #run!: Run;
  #store!: Store;
  #counters!: PerServer<Counters>;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    this.#everything = settings.zones.everything;
  }

  start(run: Run): void {
    this.#run = run;
    this.#store = new Store(run, this.#settings, `${run.generation} ${this.#site.index}`);
    this.#counters = countersOf(run.metrics, this.#settings.zones.names.map(({ text }) => text).join(','), this.#site.view);
    if (run.thread === 0) run.metrics.whenAsked(run.signal, () => this.#store.tell(this.#counters.all()));
    if (run.thread === 0) run.signal.addEventListener('abort', () => this.#store.close(), { once: true });
  }

  handle(query: Query, next: Handler): Answer {
    if (!this.#everything && this.#settings.zones.match(query.name) === undefined) return next(query);
    const counters = this.#counters.of(query.channel.service);
    counters.values[counters.requests]!++;
    const now = query.received | 0;
    const found = this.#store.find(query, now, counters);
    if (found === undefined) {
      counters.values[counters.misses()]!++;
      return this.#ask(query, next);
    }
    if (found.left <= 0) return this.#stale(query, next, found, now, counters);
    if (this.#settings.prefetch.amount > 0 && this.#due(found, query, now)) this.#refresh(query, next, found, now, counters, false);
    return this.#hit(query, found);
  }

  #hit(query: Query, { in: entries, entry, left }: Found): Outcome {
    const reply = entries.reply(query, entry, this.#settings.keepTtl ? entries.get(entry, TTL) : left);
    if (query.optAt !== 0 && reply.rcode === SERVFAIL) query.extendedError = { code: CACHED_ERROR, text: 'the failure is remembered' };
    return reply;
  }
  /** CACHE-5: the upstream is asked for authentic data, whatever the client wants. */
  #ask(query: Query, next: Handler): Answer {
    query.bytes[query.at + 3] = query.bytes[query.at + 3]! | 0x20;
    return upon(next(query), this.#pass, query);
  }
  readonly #pass = (outcome: Outcome, query: Query): Outcome =>
    outcome.kind === 'reply' && !this.#run.signal.aborted ? this.#store.pass(query, outcome, this.#counters.of(query.channel.service), false) : outcome;

  /** CACHE-13: whether it was asked for often enough and is about to expire. */
  #due({ in: entries, left }: Found, query: Query, now: number): boolean {
    this.#now = now;
    const entry = entries.find(query, this.#countHit);
    const { amount, percentage } = this.#settings.prefetch;
    return entry !== 0 && this.#hits >= amount && left <= Math.ceil((percentage / 100) * entries.get(entry, TTL));
  }
  #now = 0;
  #hits = 0;
  readonly #countHit: Touch = (words, at) => {
    const recent = words[at + HITS]! > 0 && ((this.#now - words[at + LAST_HIT]!) | 0) <= this.#settings.prefetch.duration;
    this.#hits = recent ? words[at + HITS]! + 1 : 1;
    words[at + HITS] = this.#hits;
    words[at + LAST_HIT] = this.#now;
  };

  /** Takes the right to ask again for an entry; false where somebody is at it, or it failed a short while ago. */
  #begin(entries: Entries, query: Query, now: number, recheck: number): boolean {
    let mine = false;
    entries.find(query, (words, at) => {
      const retryAt = words[at + RETRY_AT]!;
      if ((recheck > 0 && retryAt !== 0 && ((retryAt - now) | 0) > 0) || words[at + REFRESHING] !== 0) return;
      words[at + REFRESHING] = 1;
      mine = true;
    });
    return mine;
  }
  /** Gives the right back. A refresh that succeeded has put another entry there; its hits go on. */
  #end(entries: Entries, query: Query, recheck: number, refreshed: boolean, hits: number): void {
    if (this.#run.signal.aborted) return;
    const now = this.#run.clock.monotonic() | 0;
    entries.find(query, (words, at) => {
      words[at + REFRESHING] = 0;
      words[at + RETRY_AT] = recheck > 0 && !refreshed ? (now + recheck) | 1 : 0;
      if (!refreshed || hits === 0) return;
      words[at + HITS] = hits;
      words[at + LAST_HIT] = now;
    });
  }
  /** Asks again, in the background. */
  #refresh(query: Query, next: Handler, { in: entries, entry }: Found, now: number, counters: Counters, stale: boolean): void {
    const hits = entries.get(entry, HITS);
    const recheck = stale ? this.#settings.stale.recheck : 0;
    if (!this.#begin(entries, query, now, recheck)) return;
    counters.values[counters.prefetches()]!++;
    const asked = background(query);
    void Promise.resolve(upon(next(asked), (outcome) => {
      this.#end(entries, asked, recheck, this.#renew(asked, outcome, counters, stale), hits);
      return outcome;
    }, asked)).catch((error: unknown) => {
      this.#end(entries, asked, recheck, false, 0);
      this.#run.report(error);
    });
  }
  /** Keeps what a refresh brought, if it counts; says whether it did. */
  #renew(query: Query, outcome: Outcome, counters: Counters, stale: boolean): boolean {
    if (outcome.kind !== 'reply' || this.#run.signal.aborted) return false;
    if (stale && !this.#accepts(query, outcome)) {
      if (this.#settings.stale.preferPositive && !outcome.truncated) this.#store.pass(query, outcome, counters, true);
      return false;
    }
    this.#store.pass(query, outcome, counters, true);
    return true;
  }
  #accepts(query: Query, outcome: Outcome): boolean {
    if (outcome.kind !== 'reply') return false;
    const { kind, answering } = judge(query, outcome, this.#settings, this.#run.clock);
    return this.#settings.stale.preferPositive ? answering && kind === 'NOERROR' && !outcome.truncated : acceptable(outcome, kind);
  }

  /** CACHE-14: an expired entry. */
  #stale(query: Query, next: Handler, found: Found, now: number, counters: Counters): Answer {
    const { verify, timeout } = this.#settings.stale;
    if (!verify) {
      this.#refresh(query, next, found, now, counters, true);
      return this.#serveStale(query, found, counters);
    }
    const { recheck } = this.#settings.stale;
    if (recheck > 0 && !this.#begin(found.in, query, now, recheck)) return this.#serveStale(query, found, counters);
    return timeout > 0 ? this.#verifyInTime(query, next, found.in, counters) : this.#verify(query, next, found.in, counters);
  }
  #serveStale(query: Query, { in: entries, entry }: Found, counters: Counters): Outcome {
    counters.values[counters.stale()]!++;
    const reply = entries.reply(query, entry, this.#settings.keepTtl && this.#settings.stale.ttl === 0 ? entries.get(entry, TTL) : this.#settings.stale.ttl);
    if (query.optAt !== 0) query.extendedError = { code: reply.rcode === NXDOMAIN ? STALE_NXDOMAIN : STALE, text: 'served past its TTL' };
    return reply;
  }
  /** The entry is looked up again, since it may have moved while the upstream was asked. */
  #serveStaleLater(query: Query, entries: Entries, counters: Counters, instead: Outcome): Outcome {
    const entry = this.#run.signal.aborted ? 0 : entries.find(query);
    return entry === 0 ? instead : this.#serveStale(query, { in: entries, entry, left: 0 }, counters);
  }
  #verify(query: Query, next: Handler, entries: Entries, counters: Counters): Answer {
    query.bytes[query.at + 3] = query.bytes[query.at + 3]! | 0x20;
    return upon(next(query), (outcome) => {
      const refreshed = this.#renewFor(query, outcome, counters);
      this.#end(entries, query, this.#settings.stale.recheck, refreshed, 0);
      return refreshed ? outcome : this.#serveStaleLater(query, entries, counters, outcome);
    }, query);
  }
  #renewFor(query: Query, outcome: Outcome, counters: Counters): boolean {
    if (outcome.kind !== 'reply' || this.#run.signal.aborted) return false;
    const accepted = this.#accepts(query, outcome);
    if (accepted) this.#store.pass(query, outcome, counters, false);
    else if (this.#settings.stale.preferPositive && !outcome.truncated) this.#store.pass(query, outcome, counters, false);
    return accepted;
  }
  /** The upstream is asked without the client; the stale entry is served where that takes too long. */
  #verifyInTime(query: Query, next: Handler, entries: Entries, counters: Counters): Answer {
    const asked = background(query);
    return new Promise((resolve) => {
      let waiting = true;
      const answer = (outcome: Outcome) => {
        if (!waiting) return;
        waiting = false;
        resolve(outcome);
      };
      const cancel = this.#run.clock.after(this.#settings.stale.timeout, () => answer(this.#serveStaleLater(query, entries, counters, { kind: 'failure', rcode: SERVFAIL, cause: undefined })));
      void Promise.resolve(next(asked)).then((outcome) => {
        cancel();
        const refreshed = this.#renew(asked, outcome, counters, true);
        this.#end(entries, asked, this.#settings.stale.recheck, refreshed, 0);
        if (!waiting) return;
        const found = refreshed ? this.#store.find(query, this.#run.clock.monotonic() | 0, counters) : undefined;
        if (found !== undefined && found.left > 0) answer(this.#hit(query, found));
        else answer(refreshed && outcome.kind === 'reply' ? query.adopt(outcome.words, outcome.at >> 2, outcome.length) : this.#serveStaleLater(query, entries, counters, outcome));
      }).catch((error: unknown) => {
        this.#run.report(error);
        answer({ kind: 'failure', rcode: SERVFAIL, cause: error });
      });
    });
  }
}

export default definePlugin({
  name: 'cache',
  parse: readSettings,
  create: (settings, site) => new Cache(settings, site),
});
