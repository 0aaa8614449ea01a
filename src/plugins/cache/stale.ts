// What becomes of an entry that has expired (CACHE-14 to 16): served while it is asked for anew, or after that led to nothing. Knows
// entries and when a new answer takes their place; knows nothing of those that have not expired.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { RCODE } from '../../dns/rcode.ts';
import { AD } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Handler, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Settings } from './config.ts';
import type { Counters } from './counters.ts';
import type { Entries } from './entry.ts';
import { acceptable, aside, ask, askFor, background } from './refresh.ts';
import { STALE } from './remarks.ts';
import type { Found, Stock } from './stock.ts';
import { UnderWay, copyFor } from './under-way.ts';
import type { Lander } from './under-way.ts';
import { isAnswerTo, judge } from './worth.ts';

/** The stale entries of one block. */
export class StaleEntries {
  readonly #settings: Settings;
  readonly #stock: Stock;
  readonly #run: Run;
  readonly #site: Site;
  readonly #underWay: UnderWay;

  constructor(settings: Settings, stock: Stock, run: Run, site: Site) {
    this.#settings = settings;
    this.#stock = stock;
    this.#run = run;
    this.#underWay = new UnderWay(run.store.memory.hash);
    this.#site = site;
  }

  /** The answer where all that is kept has expired. */
  handle(query: Query, next: Handler, found: Found, counters: Counters): Answer {
    const { verify, timeout, recheck } = this.#settings.stale;
    const { in: entries } = found;
    const now = query.received | 0;
    if (!verify) {
      // First the reply: what is asked for anew may be answered at once, and then the entry is another one.
      const hits = entries.hits(found.entry);
      const reply = this.#serve(query, found, counters);
      if (!entries.begin(query, now)) return reply;
      counters.values[counters.prefetches()]!++;
      void this.#refresh(background(query, this.#site), next, entries, hits, counters);
      return reply;
    }
    // CACHE-25: where clients need not wait for it, one question at a time is enough.
    if ((recheck > 0 || timeout > 0) && !entries.begin(query, now)) {
      return this.#serveAgain(query, entries, counters, failure(RCODE.SERVFAIL));
    }
    return timeout > 0 ? this.#verifyInTime(query, next, entries, counters) : this.#verify(query, next, entries, counters);
  }

  #serve(query: Query, { in: entries, entry }: Found, counters: Counters): Outcome {
    counters.values[counters.stale()]!++;
    const { stale, keepTtl } = this.#settings;
    const ttl = keepTtl && stale.ttl === 0 ? entries.ttl(entry) : stale.ttl;
    const reply = entries.reply(query, entry, ttl);
    query.note(STALE, ttl);
    if (query.optAt !== 0) {
      const code = reply.rcode === RCODE.NXDOMAIN ? INFO_CODE.STALE_NXDOMAIN_ANSWER : INFO_CODE.STALE_ANSWER;
      query.extendedError = { code, text: 'served past its TTL' };
    }
    return reply;
  }
  /** The entry is looked up again, since it may have moved while others were asked; what they said stands in where it is gone. */
  #serveAgain(query: Query, entries: Entries, counters: Counters, instead: Outcome, moment = this.#stock.moment): Outcome {
    const found = this.#stock.again(query, entries);
    if (found !== undefined) return this.#serve(query, found, counters);
    return instead.kind === 'reply' ? this.#stock.pass(query, instead, counters, moment) : instead;
  }

  /** Asks in the background. Says what came if it counts: then it is kept. */
  async #refresh(query: Query, next: Handler, entries: Entries, hits: number, counters: Counters): Promise<Message | undefined> {
    const { recheck } = this.#settings.stale;
    const { moment } = this.#stock;
    const outcome = await ask(query, next, this.#run);
    const refreshed = query.reading.within(() => this.#renew(query, outcome, counters, moment));
    if (!this.#stock.closed) entries.end(query, this.#run.clock.monotonic() | 0, refreshed ? 0 : recheck, refreshed ? hits : 0);
    return refreshed && outcome.kind === 'reply' ? outcome : undefined;
  }
  /** Keeps what counts, and with `prefer_positive` also what takes no answer's place; says whether it counts. */
  #renew(query: Query, outcome: Outcome, counters: Counters, moment: number): boolean {
    if (outcome.kind !== 'reply' || outcome.truncated || !isAnswerTo(query, outcome)) return false;
    const { preferPositive } = this.#settings.stale;
    const { kind, answering } = judge(query, outcome, outcome.records(), this.#settings, this.#run.clock);
    const accepted = preferPositive ? answering && kind === 'NOERROR' : acceptable(outcome, kind);
    if (accepted || preferPositive) this.#stock.pass(query, outcome, counters, moment, true);
    return accepted;
  }

  /** The client waits for as long as those below take, and so do others with the same question. */
  #verify(query: Query, next: Handler, entries: Entries, counters: Counters): Answer {
    const waiting = this.#underWay.join(query);
    if (waiting !== undefined) return waiting;
    query.setFlags(AD);
    const { moment } = this.#stock;
    const answer = askFor(query, next);
    const lander = this.#lander(entries, counters);
    return answer instanceof Promise ? this.#underWay.lead(query, answer, lander, next, moment) : lander.land(query, answer, moment);
  }
  /** What comes of one question about an entry that has expired: the entry answers where nothing better came. */
  #lander(entries: Entries, counters: Counters): Lander {
    let refreshed = false;
    return {
      land: (query, outcome, moment) => {
        if (!query.wantsAuthentic) query.setFlags(0, AD);
        const { recheck } = this.#settings.stale;
        refreshed = this.#renew(query, outcome, counters, moment);
        if (recheck > 0 && !this.#stock.closed) entries.end(query, this.#run.clock.monotonic() | 0, refreshed ? 0 : recheck, 0);
        return refreshed ? outcome : this.#serveAgain(query, entries, counters, outcome, moment);
      },
      share: (query, landed, authentic) => (other) => {
        const found = refreshed ? undefined : this.#stock.again(other, entries);
        if (found !== undefined) return this.#serve(other, found, counters);
        return landed.kind === 'reply' ? copyFor(other, landed, query.limit, authentic) : landed;
      },
      again: (query, next) => this.#verify(query, next, entries, counters),
    };
  }
  /** Those below are asked without the client, which gets the stale entry where that takes too long. */
  #verifyInTime(query: Query, next: Handler, entries: Entries, counters: Counters): Answer {
    return new Promise((resolve) => {
      let waiting = true;
      const answer = (fresh: Message | undefined) => {
        if (!waiting) return;
        waiting = false;
        cancel();
        resolve(fresh === undefined ? this.#serveAgain(query, entries, counters, failure(RCODE.SERVFAIL)) : this.#serveFresh(query, fresh));
      };
      const cancel = this.#run.clock.after(this.#settings.stale.timeout, () => answer(undefined));
      void this.#refresh(aside(query, this.#site), next, entries, 0, counters).then(answer);
    });
  }
  /** What was asked for in the background, for the client: from its entry, or as it came where it was not kept. */
  #serveFresh(query: Query, fresh: Message): Outcome {
    const found = this.#stock.find(query, this.#run.clock.monotonic());
    if (found !== undefined && found.left > 0) return this.#stock.reply(query, found);
    const reply = query.adopt(fresh.words, fresh.at >> 2, fresh.length);
    if (!query.wantsDnssec && !query.wantsAuthentic) reply.setFlags(0, AD);
    return reply;
  }
}
