// *siit* makes A records from AAAA records, for clients whose IPv4 is translated to IPv6 (RFC 7915, RFC 7757; SIIT-1 to 7). Knows
// questions and replies; who answers the question for AAAA records is found by asking this server again.
import { printAddress } from '../../dns/address.ts';
import { extract } from '../../dns/embedded.ts';
import { u16, u32 } from '../../dns/packet.ts';
import type { Parts } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import { record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { PerServer, counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import { AA, RA, TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure, upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';

/** Seconds that a made record holds at most where nothing says how long there is no A record. */
const LONGEST = 600;

const FAMILIES = {
  translated: counter('coredns_siit_requests_translated_total', 'Counter of DNS requests translated by siit.', ['server']),
};

class Siit implements Part {
  readonly rehearsal = 'as served';
  readonly #settings: Settings;
  #metrics!: Metrics;
  #translated!: PerServer<number>;

  constructor(settings: Settings) {
    this.#settings = settings;
  }
  start({ metrics }: Run): void {
    const family = metrics.family(FAMILIES.translated);
    this.#metrics = metrics;
    this.#translated = new PerServer(({ label }) => family.cell([label]));
  }

  handle(query: Query, next: Handler): Answer {
    if (query.type !== TYPE.A || query.class !== CLASS.IN || query.translating) return next(query);
    return upon(next(query), this.#look, query);
  }
  /** SIIT-3: what is said of A records stands where the name does not exist, has some, or where not all was said. */
  readonly #look = (outcome: Outcome, query: Query): Answer => {
    if (outcome.kind !== 'reply' || outcome.rcode === RCODE.NXDOMAIN || outcome.truncated) return outcome;
    const most = withoutAddress(outcome);
    if (most === undefined) return outcome;
    const found = query.resolve({ type: TYPE.AAAA, class: CLASS.IN, translating: true });
    return upon(found, (other) => this.#translate(query, outcome, most, other), query);
  };
  /** SIIT-4, SIIT-5. */
  #translate(query: Query, own: Message, most: number, found: Outcome): Outcome {
    if (found.kind === 'drop' || found.kind === 'stream') return failure(RCODE.SERVFAIL, new Error('siit: upstream returned no response'));
    if (found.kind === 'failure') return found;
    const parts = found.parts();
    if (found.rcode !== RCODE.NOERROR) return rewritten(query, found, parts, parts.answer);
    let made = 0;
    const answer = parts.answer.flatMap((one): RR[] => {
      if (one.type !== TYPE.AAAA) return [one];
      const address = this.#address(one.rdata);
      if (address === undefined) return [];
      made++;
      return [record(one.name, TYPE.A, one.class, Math.min(one.ttl, most), address)];
    });
    if (made === 0) return own;
    this.#metrics.values[this.#translated.of(query.channel.service)]!++;
    return rewritten(query, found, parts, answer);
  }
  /** The IPv4 address that a translator gives an IPv6 one, undefined where it gives none. Mappings go before the prefix (RFC 7757). */
  #address(six: Uint8Array): Uint8Array | undefined {
    const { mappings, prefix } = this.#settings;
    return mappings.get(printAddress(six)) ?? extract(prefix, six);
  }
}

/** Seconds for which it may be taken that there is no A record; undefined where there is one. */
function withoutAddress(reply: Message): number | undefined {
  const records = reply.records();
  if (records === undefined) return LONGEST;
  let most = LONGEST;
  for (let r = 0; r < records.additional; r++) {
    const fixed = records.fixedAt[r]!;
    const type = u16(reply.bytes, fixed);
    if (r < records.authority) {
      if (type === TYPE.A) return undefined;
    } else if (type === TYPE.SOA) most = u32(reply.bytes, fixed + 4);
  }
  return most;
}
/** What was found as the reply to the question, with these records for an answer: nobody has validated them. */
function rewritten(query: Query, found: Message, { authority, additional, edns }: Parts, answer: readonly RR[]): Message {
  query.extendedError = undefined;
  const reply = query.reply({ rcode: found.rcode, answer, authority, additional });
  reply.setFlags(found.flags & (AA | RA | TC));
  if (edns !== undefined) reply.setEdns(edns);
  return reply;
}

export default definePlugin({ name: 'siit', metrics: FAMILIES, parse: readSettings, create: (settings) => new Siit(settings) });
