// *dns64* makes AAAA records from A records, for clients that have IPv6 alone (RFC 6147; D64-1 to 4). Knows questions and replies; who
// answers the question for A records is found by asking this server again.
import { record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { IN } from '../../dns/type-name.ts';
import type { Parts } from '../../dns/parts.ts';
import { u16, u32 } from '../../dns/packet.ts';
import { classify } from '../../kernel/query/classify.ts';
import type { Clock } from '../../kernel/clock.ts';
import { PerServer } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import { TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure, upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Server } from '../../kernel/serving/serve.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { embed } from './embed.ts';

const A = 1, SOA = 6, AAAA = 28;
const SERVFAIL = 2;
/** Seconds that a made record holds at most where nothing says how long there is no AAAA record (RFC 6147 section 5.1.7). */
const LONGEST = 600;

class Dns64 implements Part {
  readonly #settings: Settings;
  #clock!: Clock;
  #metrics!: Metrics;
  #translated!: PerServer<number>;

  constructor(settings: Settings) {
    this.#settings = settings;
  }
  start({ clock, metrics }: Run): void {
    const family = metrics.counter('coredns_dns64_requests_translated_total', 'Counter of DNS requests translated by dns64.', ['server']);
    this.#clock = clock;
    this.#metrics = metrics;
    this.#translated = new PerServer(({ label }) => family.cell([label]));
  }

  handle(query: Query, next: Handler): Answer {
    if (query.type !== AAAA || query.class !== IN || (!this.#settings.allowIpv4 && query.clientLength === 4)) return next(query);
    return upon(next(query), this.#look, query);
  }
  /** D64-2: what is said of AAAA records stands where the name does not exist or has some. An alias of such a name exists (LIB-5). */
  readonly #look = (outcome: Outcome, query: Query): Answer => {
    if (outcome.kind !== 'reply' || classify(outcome, this.#clock) === 'NXDOMAIN') return outcome;
    const said = look(outcome);
    if (said.hasAddress && !this.#settings.translateAll) return outcome;
    const found = (query.channel.service as Server).resolve(query, { type: A, class: IN });
    return upon(found, (other) => this.#translate(query, said.negativeTtl, other), query);
  };
  /** D64-3: always NOERROR, whatever came of the question for A records. */
  #translate(query: Query, most: number, found: Outcome): Outcome {
    if (found.kind === 'drop' || found.kind === 'stream') {
      return failure(SERVFAIL, new Error('the question for A records brought no reply'));
    }
    this.#metrics.values[this.#translated.of(query.channel.service)]!++;
    query.extendedError = undefined;
    if (found.kind === 'failure') return query.begin(0, 0);
    return this.#write(query, most, found.parts(), found.truncated);
  }
  #write(query: Query, most: number, { answer, authority, additional, edns }: Parts, truncated: boolean): Message {
    const { prefix, octets } = this.#settings;
    const made = answer.map((one): RR => {
      if (one.type !== A) return one;
      return record(one.name, AAAA, one.class, Math.min(one.ttl, most), embed(prefix, octets, one.rdata));
    });
    const reply = query.reply({ answer: made, authority, additional });
    if (truncated) reply.setFlags(TC);
    if (edns !== undefined) reply.setEdns(edns);
    return reply;
  }
}

/** Whether a reply has an AAAA record in its answer, and for how many seconds it may be taken that there is none. */
function look(reply: Message): { readonly hasAddress: boolean; readonly negativeTtl: number } {
  const records = reply.records();
  let hasAddress = false;
  let negativeTtl = LONGEST;
  if (records === undefined) return { hasAddress, negativeTtl };
  for (let r = 0; r < records.additional; r++) {
    const fixed = records.fixedAt[r]!;
    const type = u16(reply.bytes, fixed);
    if (r < records.authority) hasAddress ||= type === AAAA;
    else if (type === SOA) negativeTtl = u32(reply.bytes, fixed + 4);
  }
  return { hasAddress, negativeTtl };
}

export default definePlugin({ name: 'dns64', parse: readSettings, create: (settings) => new Dns64(settings) });
