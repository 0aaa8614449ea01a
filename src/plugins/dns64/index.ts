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
import { look, withoutExcluded } from './look.ts';
import type { Said } from './look.ts';

const FAMILIES = {
  translated: counter('coredns_dns64_requests_translated_total', 'Counter of DNS requests translated by dns64.', ['server']),
};

class Dns64 implements Part {
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
    if (query.class !== CLASS.IN || (!this.#settings.allowIpv4 && query.clientLength === 4)) return next(query);
    if (query.type === TYPE.AAAA) return upon(next(query), this.#look, query);
    return query.type === TYPE.PTR ? this.#reverse(query, next) : next(query);
  }
  /**
   * D64-2: what is said of AAAA records stands where the name does not exist or has some, and where not all was said: there may be some.
   * An alias of a name that does not exist does exist (LIB-5).
   */
  readonly #look = (outcome: Outcome, query: Query): Answer => {
    if (outcome.kind !== 'reply' || outcome.truncated || classify(outcome, this.#clock) === 'NXDOMAIN') return outcome;
    const said = look(outcome);
    if (said.hasAddress && !this.#settings.translateAll) return withoutExcluded(outcome, said);
    const found = query.resolve({ type: TYPE.A, class: CLASS.IN });
    return upon(found, (other) => this.#translate(query, outcome, said, other), query);
  };
  /** D64-3, D64-6: what came of the question for A records is the answer. Nobody who has AAAA records loses them by it. */
  #translate(query: Query, own: Message, said: Said, found: Outcome): Outcome {
    if (found.kind === 'drop' || found.kind === 'stream') return failure(RCODE.SERVFAIL, new Error('dns64: upstream returned no response'));
    this.#metrics.values[this.#translated.of(query.channel.service)]!++;
    if (found.kind === 'failure') return said.hasAddress ? withoutExcluded(own, said) : found;
    const parts = found.parts();
    if (said.hasAddress && !parts.answer.some(({ type }) => type === TYPE.A)) return withoutExcluded(own, said);
    query.extendedError = undefined;
    return rewritten(query, found, parts, parts.answer.map((one): RR => {
      if (one.type !== TYPE.A) return one;
      return record(one.name, TYPE.AAAA, one.class, Math.min(one.ttl, said.negativeTtl), embed(this.#settings, one.rdata));
    }));
  }

  /** RFC 6147 section 5.3.1: the name of an address that was made is an alias of that of the address in it, where that has one. */
  #reverse(query: Query, next: Handler): Answer {
    const address = addressOfReverse(query.name);
    const inside = address === undefined ? undefined : extract(this.#settings, address);
    if (inside === undefined) return next(query);
    const name = reverseName(inside);
    const found = query.resolve({ name, type: TYPE.PTR, class: CLASS.IN });
    return upon(found, (other) => {
      if (other.kind !== 'reply' || other.rcode !== RCODE.NOERROR || other.answers === 0) return next(query);
      const parts = other.parts();
      const [first] = parts.answer;
      query.extendedError = undefined;
      return rewritten(query, other, parts, [record(query.name, TYPE.CNAME, CLASS.IN, first!.ttl, name.octets), ...parts.answer]);
    }, query);
  }
}

/** What was found as the reply to the question, with these records for an answer. */
function rewritten(query: Query, found: Message, { authority, additional, edns }: Parts, answer: readonly RR[]): Message {
  const reply = query.reply({ rcode: found.rcode, answer, authority, additional });
  reply.setFlags(found.flags & (RA | TC));
  if (edns !== undefined) reply.setEdns(edns);
  return reply;
}

export default definePlugin({ name: 'dns64', metrics: FAMILIES, parse: readSettings, create: (settings) => new Dns64(settings) });
