// *flatten* answers with the addresses that an alias leads to, as the name's own. Knows replies; what is behind an alias is found by asking
// this server again.
import { Name } from '../../dns/name.ts';
import { u16 } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';
import { record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { AA, RA } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { onReply, upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part } from '../../kernel/site/plugin.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';

/** Where an alias was followed to. */
interface Walk {
  /** What is answered where there are no addresses: what was said first. */
  readonly first: Message;
  name: Name;
  /** The one that this server was asked for last. */
  asked: Name;
  /** Seconds: the least of all on the way. */
  ttl: number;
  /** How many times this server may still be asked. */
  left: number;
  /** The names that were passed. */
  readonly passed: Set<string>;
}

class Flatten implements Part {
  readonly rehearsal = 'as served';
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  handle(query: Query, next: Handler): Answer {
    const { zones, isApexAlone } = this.#settings;
    if (query.class !== CLASS.IN || (query.type !== TYPE.A && query.type !== TYPE.AAAA)) return next(query);
    const zone = zones.match(query.name);
    if (zone === undefined || (isApexAlone && !query.name.equals(zone))) return next(query);
    return onReply(next(query), this.#begin, query);
  }

  readonly #begin = (reply: Message, query: Query): Answer => {
    if (reply.truncated || !hasAlias(reply)) return reply;
    const { name } = query;
    const { depth } = this.#settings;
    return this.#look(query, { first: reply, name, asked: name, ttl: 0x7fffffff, left: depth, passed: new Set() }, reply);
  };
  /** Addresses at the end of what is known are the answer; where it ends in a name, that one is asked for. */
  #look(query: Query, walk: Walk, found: Outcome): Answer {
    if (found.kind !== 'reply' || found.truncated) return walk.first;
    const { answer } = found.parts();
    if (!follow(walk, answer)) return walk.first;
    const addresses = answer.filter(({ name, type, class: klass }) => type === query.type && klass === CLASS.IN && name.equals(walk.name));
    if (addresses.length > 0) return flat(query, walk, found, addresses);
    // A name that was asked for and has no addresses has none.
    if (walk.name.equals(walk.asked) || walk.left-- <= 0) return walk.first;
    walk.asked = walk.name;
    return upon(query.resolve({ name: walk.name, type: query.type }), (outcome) => this.#look(query, walk, outcome), query);
  }
}

/** Whether an alias is among its answers: nothing is decoded for it. */
function hasAlias(reply: Message): boolean {
  if (reply.answers === 0) return false;
  const records = reply.records();
  if (records === undefined) return false;
  for (let r = 0; r < records.authority; r++) if (u16(reply.bytes, records.fixedAt[r]!) === TYPE.CNAME) return true;
  return false;
}
/** Follows aliases as far as they are told; false where they lead back. */
function follow(walk: Walk, answer: readonly RR[]): boolean {
  for (;;) {
    const alias = answer.find(({ name, type }) => type === TYPE.CNAME && name.equals(walk.name));
    if (alias === undefined) return true;
    if (walk.passed.has(walk.name.key)) return false;
    walk.passed.add(walk.name.key);
    walk.ttl = Math.min(walk.ttl, alias.ttl);
    walk.name = Name.read(alias.rdata, 0);
  }
}
/** These addresses as the name's own. What the signatures of the aliases say is not said of it. */
function flat(query: Query, { ttl, first }: Walk, found: Message, addresses: readonly RR[]): Message {
  const answer = addresses.map(({ type, class: klass, ttl: own, rdata }) => record(query.name, type, klass, Math.min(ttl, own), rdata));
  // One of these is the message that becomes the reply.
  const flags = (first.flags & AA) | (found.flags & RA);
  query.extendedError = undefined;
  const reply = query.reply({ rcode: RCODE.NOERROR, answer });
  reply.setFlags(flags);
  return reply;
}

export default definePlugin({ name: 'flatten', parse: readSettings, create: (settings) => new Flatten(settings) });
