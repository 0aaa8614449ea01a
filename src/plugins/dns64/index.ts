// *dns64* makes AAAA records from A records, for clients that have IPv6 alone (RFC 6147; D64-1 to 6). Knows questions and replies; who
// answers the question for A records is found by asking this server again.
import { embed, extract } from '../../dns/embedded.ts';
import type { Parts } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import { addressOfReverse, reverseName } from '../../dns/reverse.ts';
import { record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { classify } from '../../kernel/query/classify.ts';
import type { Clock } from '../../kernel/clock.ts';
import { PerServer, counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import { RA, TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure, upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { LONGEST, look, withoutExcluded } from './look.ts';
import type { Said } from './look.ts';

const FAMILIES = {
  translated: counter('coredns_dns64_requests_translated_total', 'Counter of DNS requests translated by dns64.', ['server']),
};

class Dns64 implements Part {
  readonly rehearsal = 'as served';
  readonly #settings: Settings;
  #clock!: Clock;
  #metrics!: Metrics;
  #translated!: PerServer<number>;

  constructor(settings: Settings) {
    this.#settings = settings;
  }
  start({ clock, metrics }: Run): void {
    const family = metrics.family(FAMILIES.translated);
    this.#clock = clock;
    this.#metrics = metrics;
    this.#translated = new PerServer(({ label }) => family.cell([label]));
  }

  handle(query: Query, next: Handler): Answer {
    const { allowIpv4, ptr } = this.#settings;
    if (query.class !== CLASS.IN) return next(query);
    const served = allowIpv4 || query.clientLength !== 4;
    if (query.type === TYPE.AAAA && served) return upon(next(query), this.#look, query);
    return query.type === TYPE.PTR && (served || ptr) ? this.#reverse(query, next) : next(query);
  }
  /**
   * D64-2: what is said of AAAA records stands where the name does not exist or has some, and where not all was said: there may be some.
   * An alias of a name that does not exist does exist (LIB-5).
   */
  readonly #look = (outcome: Outcome, query: Query): Answer => {
    if (outcome.kind !== 'reply' || outcome.truncated || classify(outcome, this.#clock) === 'NXDOMAIN') return outcome;
    const said = look(outcome, this.#settings.excluded);
    if (said.hasAddress && !this.#settings.translateAll) return withoutExcluded(outcome, said, this.#settings.excluded);
    const found = query.resolve({ type: TYPE.A, class: CLASS.IN });
    return upon(found, (other) => this.#translate(query, outcome, said, other), query);
  };
  /** D64-3, D64-6: what came of the question for A records is the answer. Nobody who has AAAA records loses them by it. */
  #translate(query: Query, own: Message, said: Said, found: Outcome): Outcome {
    if (found.kind === 'drop' || found.kind === 'stream') return silence();
    const { excluded } = this.#settings;
    this.#metrics.values[this.#translated.of(query.channel.service)]!++;
    if (found.kind === 'failure') return said.hasAddress ? withoutExcluded(own, said, excluded) : found;
    const parts = found.parts();
    if (said.hasAddress && !parts.answer.some(({ type }) => type === TYPE.A)) return withoutExcluded(own, said, excluded);
    query.extendedError = undefined;
    return rewritten(query, found, parts, parts.answer.map((one): RR => {
      if (one.type !== TYPE.A) return one;
      return record(one.name, TYPE.AAAA, one.class, Math.min(one.ttl, said.negativeTtl), embed(this.#settings, one.rdata));
    }));
  }

  /**
   * RFC 6147 section 5.3.1: the name of an address that was made is an alias of that of the address in it. With `ptr` it is so
   * whatever there is of that one, else where that has a name.
   */
  #reverse(query: Query, next: Handler): Answer {
    const address = addressOfReverse(query.name);
    const inside = address === undefined ? undefined : extract(this.#settings, address);
    if (inside === undefined) return next(query);
    const name = reverseName(inside);
    const { ptr, excluded } = this.#settings;
    const found = query.resolve({ name, type: TYPE.PTR, class: CLASS.IN });
    return upon(found, (other) => {
      const named = other.kind === 'reply' && other.rcode === RCODE.NOERROR && other.answers > 0;
      if (!named && !ptr) return next(query);
      if (other.kind === 'drop' || other.kind === 'stream') return silence();
      const alias = (ttl: number): RR => record(query.name, TYPE.CNAME, CLASS.IN, ttl, name.octets);
      if (other.kind === 'failure') {
        // Who asks of this server the names below the prefix alone finds those of IPv4 addresses elsewhere.
        if (other.rcode !== RCODE.REFUSED) return other;
        query.extendedError = undefined;
        return query.reply({ rcode: RCODE.NOERROR, answer: [alias(LONGEST)], authority: [], additional: [] });
      }
      const parts = other.parts();
      // What could not be found out is told as it is.
      if (other.rcode !== RCODE.NOERROR && other.rcode !== RCODE.NXDOMAIN) return rewritten(query, other, parts, parts.answer);
      query.extendedError = undefined;
      return rewritten(query, other, parts, [alias(parts.answer[0]?.ttl ?? look(other, excluded).negativeTtl), ...parts.answer]);
    }, query);
  }
}

/** Nobody answered. */
function silence(): Outcome {
  return failure(RCODE.SERVFAIL, new Error('dns64: upstream returned no response'));
}

/** What was found as the reply to the question, with these records for an answer. */
function rewritten(query: Query, found: Message, { authority, additional, edns }: Parts, answer: readonly RR[]): Message {
  const reply = query.reply({ rcode: found.rcode, answer, authority, additional });
  reply.setFlags(found.flags & (RA | TC));
  if (edns !== undefined) reply.setEdns(edns);
  return reply;
}

export default definePlugin({ name: 'dns64', metrics: FAMILIES, parse: readSettings, create: (settings) => new Dns64(settings) });
