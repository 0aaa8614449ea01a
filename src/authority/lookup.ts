// The answer to a question from a source of computed records: zone, apex, aliases, NODATA and NXDOMAIN with SOA, fallthrough (DNS of
// what a `Backend` says). Knows no source by name.
import { INFO_CODE } from '../dns/extended-error.ts';
import type { Name } from '../dns/name.ts';
import { HEADER } from '../dns/packet.ts';
import { RCODE } from '../dns/rcode.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { derive } from '../kernel/query/derive.ts';
import { AA, TC } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import { failure, upon } from '../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../kernel/query/outcome.ts';
import type { Handler } from '../kernel/site/plugin.ts';
import type { Query } from '../kernel/query/query.ts';
import { NOWHERE } from './backend.ts';
import type { Backend, Node } from './backend.ts';
import { writeChain } from './chain.ts';
import { Place, ServedZones } from './served-zones.ts';
import type { ServedZone } from './served-zones.ts';
import { CLUSTER_SOA, writeSoa } from './soa.ts';
import { ANSWER, AUTHORITY } from './records.ts';

/** Aliases that are followed one after the other inside a zone: as in CoreDNS, which allows ten before the last one. */
const LONGEST_CHAIN = 11;

/** Answers from one source. Made once a part and thread. */
export class Lookup {
  readonly #backend: Backend;
  readonly #place = new Place();
  /** Zones of names that are handed on, and a place of theirs. */
  readonly #through: ServedZones;
  readonly #aside = new Place();

  constructor(backend: Backend) {
    this.#backend = backend;
    this.#through = new ServedZones(backend.fallthrough.names);
  }

  /** The answer, or what `next` says where this source has nothing to say. */
  handle(query: Query, next: Handler): Answer {
    const place = this.#place;
    if (!this.#backend.zones.find(query, place)) return next(query);
    if ((query.type === TYPE.AXFR || query.type === TYPE.IXFR) && this.#backend.serial !== undefined) return failure(RCODE.REFUSED);
    const node = this.#backend.at(place, query);
    if (node instanceof Promise) return this.#later(node, query, next);
    return this.#answer(node, query, next);
  }
  async #later(node: Promise<Node | undefined>, query: Query, next: Handler): Promise<Outcome> {
    let found: Node | undefined;
    try {
      found = await node;
    } catch (error) {
      query.extendedError ??= { code: INFO_CODE.OTHER, text: 'the source of the records could not be asked' };
      return failure(RCODE.SERVFAIL, error);
    }
    return query.reading.within(() => {
      this.#backend.zones.find(query, this.#place);
      return this.#answer(found, query, next);
    });
  }

  #answer(node: Node | undefined, query: Query, next: Handler): Answer {
    const place = this.#place;
    if (node === undefined) return this.#missing(query, next);
    if (node === NOWHERE) return this.#deny(query, RCODE.NXDOMAIN);
    const target = node.alias?.(query.type);
    if (target !== undefined) {
      const alias = cname(query.name, target, node.aliasTtl ?? this.#backend.ttl);
      return query.type === TYPE.CNAME ? this.#alone(query, alias) : this.#chase(query, alias, target);
    }
    const reply = query.begin(AA, RCODE.NOERROR);
    if (query.type === TYPE.SOA && place.labels === 0 && this.#backend.serial !== undefined) {
      this.#writeSoa(reply, ANSWER, query);
    } else node.write(query.type, reply, query, place);
    if (reply.answers === 0 && !reply.truncated) return this.#deny(query, RCODE.NOERROR);
    this.#mark(query);
    return reply;
  }
  #mark(query: Query): void {
    const stale = this.#backend.stale?.();
    if (stale !== undefined) query.extendedError ??= { code: INFO_CODE.STALE_ANSWER, text: stale };
  }

  #missing(query: Query, next: Handler): Answer {
    if (this.#through.find(query, this.#aside)) return next(query);
    const incomplete = this.#backend.incomplete(this.#place, query);
    if (this.#backend.serial === undefined) {
      query.extendedError ??= { code: INFO_CODE.OTHER, text: incomplete ?? 'the name is not known' };
      return failure(RCODE.SERVFAIL);
    }
    if (incomplete === undefined) return this.#deny(query, RCODE.NXDOMAIN);
    const instead = this.#backend.instead?.(this.#place);
    if (instead === 'next') return next(query);
    query.extendedError ??= { code: INFO_CODE.NOT_READY, text: incomplete };
    return this.#deny(query, instead === 'denial' ? RCODE.NXDOMAIN : RCODE.SERVFAIL);
  }
  /** An empty answer with the zone's SOA. */
  #deny(query: Query, rcode: number): Message {
    const reply = query.begin(AA, rcode);
    const gain = this.#writeSoa(reply, AUTHORITY, query);
    reply.plain = reply.length + gain;
    if (rcode !== RCODE.SERVFAIL) {
      const stale = this.#backend.stale?.();
      if (stale !== undefined) {
        const code = rcode === RCODE.NXDOMAIN ? INFO_CODE.STALE_NXDOMAIN_ANSWER : INFO_CODE.STALE_ANSWER;
        query.extendedError ??= { code, text: stale };
      }
    }
    return reply;
  }

  #writeSoa(reply: Message, section: number, query: Query): number {
    const { zone } = this.#place;
    const serial = this.#backend.serial?.(zone);
    if (serial === undefined) return 0;
    const { ttl, soa = CLUSTER_SOA } = this.#backend;
    const length = zone.bytes.length;
    const asked = soa.folded && !isFolded(query, zone) ? zone.bytes : HEADER + query.nameLength - length;
    return writeSoa(reply, section, asked, length, ttl, serial, soa);
  }

  #alone(query: Query, alias: RR): Message {
    this.#mark(query);
    return query.reply({ aa: true, answer: [alias] });
  }
  /** Follows aliases inside the zone here, and asks this server for what lies elsewhere (LIB-7). */
  #chase(query: Query, alias: RR, first: Name): Answer {
    const { zone } = this.#place;
    const chain: RR[] = [alias];
    const seen = new Set([query.name.key]);
    for (let target = first; ; ) {
      if (seen.has(target.key) || chain.length > LONGEST_CHAIN) return this.#empty(query);
      seen.add(target.key);
      if (!target.isUnder(zone.name)) return this.#elsewhere(query, chain, target);
      const derived = derive(query, { name: target });
      if (!this.#backend.zones.find(derived, this.#place)) return this.#empty(query);
      const node = this.#backend.at(this.#place, derived);
      // What comes later, or may be known to others behind, is asked of the whole server.
      const isOpen = node === undefined
        && (this.#through.find(derived, this.#aside) || this.#backend.incomplete(this.#place, derived) !== undefined);
      if (node instanceof Promise || isOpen) return this.#elsewhere(query, chain, target);
      if (node === undefined || node === NOWHERE) return this.#denied(query, chain, RCODE.NXDOMAIN);
      const further = node.alias?.(query.type);
      if (further === undefined) {
        const found = derived.begin(AA, RCODE.NOERROR);
        node.write(query.type, found, derived, this.#place);
        return found.answers === 0 ? this.#denied(query, chain, RCODE.NOERROR) : this.#told(query, chain, found);
      }
      chain.push(cname(target, further, node.aliasTtl ?? this.#backend.ttl));
      target = further;
    }
  }
  /** The aliases with what was found at their end; where that is nothing, with the SOA that says so (RFC 2308 section 2.2). */
  #told(query: Query, chain: readonly RR[], found: Message): Message {
    const { answer, authority } = found.parts();
    const reply = query.begin(AA, found.rcode === RCODE.NXDOMAIN ? RCODE.NXDOMAIN : RCODE.NOERROR);
    if (writeChain(reply, chain, answer) && !answer.some(({ type }) => type === query.type)) {
      reply.appendAll(authority.filter(({ type }) => type === TYPE.SOA), AUTHORITY);
    }
    reply.setFlags(found.flags & TC);
    return reply;
  }
  /** The aliases alone: what the last one leads to is in this zone, and has nothing of the type or is not there (RFC 6604). */
  #denied(query: Query, chain: readonly RR[], rcode: number): Message {
    this.#backend.zones.find(query, this.#place);
    const reply = query.begin(AA, rcode);
    if (writeChain(reply, chain, [])) this.#writeSoa(reply, AUTHORITY, query);
    return reply;
  }
  #empty(query: Query): Message {
    this.#backend.zones.find(query, this.#place);
    return this.#deny(query, RCODE.NOERROR);
  }
  #elsewhere(query: Query, chain: readonly RR[], target: Name): Answer {
    const join = (outcome: Outcome): Message => {
      if (outcome.kind === 'reply') return this.#told(query, chain, outcome);
      // The alias holds even if what it leads to cannot be asked: the client, or its resolver, may find more.
      return outcome.kind === 'failure' ? query.reply({ aa: true, answer: chain }) : this.#empty(query);
    };
    const answer = query.resolve({ name: target });
    return upon(answer, join, query);
  }
}

/** Whether the question has the zone, which ends its name, in lower case. */
function isFolded({ bytes, at, nameLength }: Query, { bytes: folded }: ServedZone): boolean {
  const from = at + HEADER + nameLength - folded.length;
  for (let i = 0; i < folded.length; i++) if (bytes[from + i] !== folded[i]) return false;
  return true;
}

/** `owner` is another name for `target`. */
export const cname = (owner: Name, target: Name, ttl: number): RR =>
  ({ name: owner, type: TYPE.CNAME, class: CLASS.IN, ttl, rdata: Uint8Array.from(target.raw, (byte) => byte.charCodeAt(0)) });
