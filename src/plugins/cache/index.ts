// *cache* enables a frontend cache. Knows when a kept reply answers, and when it is asked for anew before it expires.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { RCODE } from '../../dns/rcode.ts';
import { label } from '../../kernel/site/endpoint.ts';
import { AD } from '../../kernel/query/message.ts';
import type { PerServer } from '../../kernel/seen/metrics.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Slot } from '../../kernel/slot.ts';
import { Deadline, KeptAnswers, Uncached } from '../../kernel/site/site.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Zones } from '../../kernel/site/zones.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { FAMILIES, countersOf, shown } from './counters.ts';
import type { Counters } from './counters.ts';
import type { Entries } from './entry.ts';
import { ask, askFor, background } from './refresh.ts';
import { keptAnswers } from './look.ts';
import { EXPIRED, HELD, JOINED, MISSED, PREFETCHED } from './remarks.ts';
import type { Snapshot } from './snapshot.ts';
import { StaleEntries } from './stale.ts';
import { Stock } from './stock.ts';
import type { Found } from './stock.ts';
import { UnderWay, copyFor } from './under-way.ts';
import type { Lander } from './under-way.ts';

/** RFC 8914 section 4.14. */
const REMEMBERED = { code: INFO_CODE.CACHED_ERROR, text: 'the failure is remembered' };

/** The file of the block's snapshot. */
const SnapshotFile = new Slot<string>('snapshot of a cache');

class Cache implements Part, Lander {
  readonly rehearsal = 'as served';
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #everything: boolean;
  #underWay!: UnderWay;
  #run!: Run;
  #stock!: Stock;
  #stale!: StaleEntries;
  #counters!: PerServer<Counters>;
  #snapshot: Snapshot | undefined = undefined;
  /** Milliseconds after which nobody is asked any more for a query. */
  #patience: number | undefined = undefined;
  /** Zones of which nothing is kept; undefined where there are none. */
  #uncached: Zones | undefined = undefined;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    this.#everything = settings.zones.everything;
    site.put(KeptAnswers, {
      by: 'cache', slices: (from) => keptAnswers(this.#stock.caches, () => this.#run.clock.monotonic(), from),
    });
  }

  start(run: Run): void {
    this.#run = run;
    this.#underWay = new UnderWay(run.store.memory.hash);
    this.#patience = this.#site.last(Deadline);
    const uncached = this.#site.all(Uncached);
    this.#uncached = uncached.length === 0 ? undefined : new Zones(uncached);
    this.#stock = new Stock(run, this.#settings, run.space(this.#site, { keep: this.#site.fingerprint }));
    this.#stale = new StaleEntries(this.#settings, this.#stock, run, this.#site);
    const zones = this.#settings.zones.names.map(({ text }) => text).join(',');
    this.#counters = countersOf(run.metrics, zones, this.#site.view);
    const servers = this.#site.endpoints.map(({ scheme, address, port }) => label(scheme, address, port));
    if (run.thread === 0) run.metrics.whenAsked(run.signal, () => this.#stock.tell(shown(run.metrics, servers, zones, this.#site.view)));
    run.signal.addEventListener('abort', () => this.#stock.close(), { once: true });
  }
  whole(sites: readonly Site[]): void {
    const other = sites.find((site) => site.index < this.#site.index && site.last(SnapshotFile) === this.#site.last(SnapshotFile));
    if (this.#settings.snapshot === '' || other === undefined) return;
    throw new Error(`snapshot ${this.#settings.snapshot} is another block's too: each needs a file of its own`);
  }
  /** What the file has is taken over once everything is there that may say something else; who is asked before that misses. */
  async started(run: Run): Promise<void> {
    const { snapshot } = this.#settings;
    if (snapshot === '') return;
    const { Snapshot } = await import('./snapshot.ts');
    this.#snapshot = new Snapshot(this.#site.path(snapshot), this.#site.fingerprint, this.#stock.caches, run);
    if (run.first) await this.#snapshot.restore();
    this.#snapshot.keep();
  }
  handOver(_run: Run, failed: AbortSignal): Promise<void> | undefined {
    return this.#snapshot?.handOver(failed);
  }
  async drain(): Promise<void> {
    await this.#snapshot?.saveLast();
  }

  handle(query: Query, next: Handler): Answer {
    // CACHE-23: a NOTIFY or an UPDATE is no question for what is kept.
    if (query.opcode !== 0) return next(query);
    if (!this.#everything && this.#settings.zones.match(query.name) === undefined) return next(query);
    if (this.#uncached?.match(query.name) !== undefined) return next(query);
    query.journey.goesOut();
    const counters = this.#counters.of(query.channel.service);
    const { values } = counters;
    values[counters.requests]!++;
    const found = this.#stock.find(query, query.received);
    if (found === undefined) {
      query.note(MISSED);
      values[counters.misses()]!++;
      return this.#ask(query, next);
    }
    values[found.in === this.#stock.denial ? counters.denialHits() : counters.successHits()]!++;
    if (found.left <= 0) {
      query.note(EXPIRED, -found.left, this.#settings.stale.verify ? 1 : 0);
      return this.#stale.handle(query, next, found, counters);
    }
    query.note(HELD, found.left, found.in.ttl(found.entry));
    if (this.#settings.prefetch.amount > 0) return this.#hitAndPrefetch(query, next, found, counters);
    return this.#hit(query, found);
  }

  #hit(query: Query, found: Found): Outcome {
    const reply = this.#stock.reply(query, found);
    if (query.optAt !== 0 && reply.rcode === RCODE.SERVFAIL) query.extendedError = REMEMBERED;
    return reply;
  }
  /** CACHE-5: whoever is asked below is asked for authentic data, whatever the client wants. Who asks the same meanwhile waits. */
  #ask(query: Query, next: Handler): Answer {
    const waiting = this.#underWay.join(query);
    if (waiting !== undefined) {
      query.note(JOINED);
      return waiting;
    }
    query.setFlags(AD);
    const { moment } = this.#stock;
    const answer = askFor(query, next);
    if (!(answer instanceof Promise)) return this.#pass(query, answer, moment);
    return this.#underWay.lead(query, answer, this, next, moment);
  }
  #pass(query: Query, outcome: Outcome, moment: number): Outcome {
    if (!query.wantsAuthentic) query.setFlags(0, AD);
    const counters = this.#counters.of(query.channel.service);
    if (outcome.kind === 'reply') return this.#stock.pass(query, outcome, counters, moment);
    if (isFailed(outcome) && !this.#isLate(query)) this.#stock.pass(query, query.begin(0, RCODE.SERVFAIL), counters, moment);
    return outcome;
  }
  /** What came late, for the client whose question it was. */
  land(query: Query, outcome: Outcome, moment: number): Outcome {
    return this.#pass(query, outcome, moment);
  }
  /** The same for those who asked the same. */
  share(query: Query, landed: Outcome, authentic: boolean): (other: Query) => Outcome | undefined {
    const gaveUp = isFailed(landed) && this.#isLate(query);
    return (other) => {
      if (landed.kind === 'stream' || (gaveUp && !this.#isLate(other))) return undefined;
      other.extendedError ??= query.extendedError;
      return landed.kind === 'reply' ? copyFor(other, landed, query.limit, authentic) : landed;
    };
  }
  /** Asks anew, for one who got nothing of it. */
  again(query: Query, next: Handler): Answer {
    return this.#ask(query, next);
  }
  /** Whether nobody is asked any more for the client's sake (CANCEL-1): a failure is his alone then. */
  #isLate({ received }: Query): boolean {
    return this.#patience !== undefined && this.#run.clock.monotonic() - received >= this.#patience;
  }

  /** CACHE-13: an entry that is asked for often and about to expire is asked for anew. */
  #hitAndPrefetch(query: Query, next: Handler, found: Found, counters: Counters): Outcome {
    const { in: entries, left, entry } = found;
    const { amount, duration, percentage } = this.#settings.prefetch;
    const now = query.received | 0;
    const hits = entries.hit(query, now, duration);
    const due = hits >= amount && left <= Math.ceil((percentage / 100) * entries.ttl(entry));
    const reply = this.#hit(query, found);
    if (due && entries.begin(query, now)) {
      counters.values[counters.prefetches()]!++;
      query.note(PREFETCHED, hits);
      void this.#refresh(background(query, this.#site), next, entries, counters, hits);
    }
    return reply;
  }
  async #refresh(query: Query, next: Handler, entries: Entries, counters: Counters, hits: number): Promise<void> {
    const { moment } = this.#stock;
    const outcome = await ask(query, next, this.#run);
    if (this.#stock.closed) return;
    if (outcome.kind === 'reply') query.reading.within(() => this.#stock.pass(query, outcome, counters, moment, true));
    entries.end(query, this.#run.clock.monotonic() | 0, 0, hits);
  }
}

/** CACHE-22: whether nobody answered, for a reason. */
const isFailed = (outcome: Outcome): boolean =>
  outcome.kind === 'failure' && outcome.rcode === RCODE.SERVFAIL && outcome.cause !== undefined;

export default definePlugin({
  name: 'cache',
  metrics: FAMILIES,
  parse: readSettings,
  create(settings, site) {
    if (settings.snapshot !== '') site.put(SnapshotFile, site.path(settings.snapshot));
    return new Cache(settings, site);
  },
});
