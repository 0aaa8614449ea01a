// The answer to a question from a source: the walk of RFC 1034 section 4.3.2. It finds what is at a name, then tells it, follows where it
// leads, or denies it. Knows no source by name.
import { INFO_CODE } from '../dns/extended-error.ts';
import type { Name } from '../dns/name.ts';
import { RCODE } from '../dns/rcode.ts';
import { TYPE } from '../dns/type-name.ts';
import { AA, TC } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import { failure, upon } from '../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../kernel/query/outcome.ts';
import type { Handler } from '../kernel/site/plugin.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Node } from './backend.ts';
import { writeAlias, writeTarget } from './aliases.ts';
import { Place, ServedZones } from './served-zones.ts';
import { ANSWER, AUTHORITY } from './records.ts';
import type { Source } from './source.ts';
import { StoredLookup } from './stored-lookup.ts';
import { Walk } from './walk.ts';

/** Aliases that are followed one after the other inside a zone: as in CoreDNS, which allows ten before the last one. */
const LONGEST_CHAIN = 11;

/** Answers from one source. Made once a part and thread. */
export class Lookup {
  readonly #source: Source;
  readonly #walk: Walk;
  /** Where the source has sets: it answers. */
  readonly #stored: StoredLookup | undefined;
  /** Zones of names that are handed on, and a place of theirs. */
  readonly #through: ServedZones;
  readonly #aside = new Place();

  constructor(source: Source) {
    this.#source = source;
    this.#walk = new Walk(source);
    this.#stored = source.exactly === undefined ? undefined : new StoredLookup(source);
    this.#through = new ServedZones(source.fallthrough.names);
  }

  /** The answer, or what `next` says where this source has nothing to say. */
  handle(query: Query, next: Handler): Answer {
    if (this.#stored !== undefined) return this.#stored.handle(query, next);
    const walk = this.#walk;
    if (!walk.begin(query)) return next(query);
    if ((query.type === TYPE.AXFR || query.type === TYPE.IXFR) && this.#source.writeSoa !== undefined) return failure(RCODE.REFUSED);
    const later = this.#source.find(walk.place, query, walk.finding);
    return later === undefined ? this.#answer(query, next) : this.#later(later, query, next);
  }
  async #later(later: Promise<Node | undefined>, query: Query, next: Handler): Promise<Outcome> {
    let found: Node | undefined;
    try {
      found = await later;
    } catch (error) {
      query.extendedError ??= { code: INFO_CODE.OTHER, text: 'the source of the records could not be asked' };
      return failure(RCODE.SERVFAIL, error);
    }
    return query.reading.within(() => {
      this.#walk.begin(query);
      this.#walk.finding.computed(found);
      return this.#answer(query, next);
    });
  }

  #answer(query: Query, next: Handler): Answer {
    const { finding, place } = this.#walk;
    const { node } = finding;
    this.#remark(query, query);
    if (node === undefined) return finding.isCertain ? this.#deny(query, RCODE.NXDOMAIN) : this.#missing(query, next);
    const target = node.alias?.(query.type);
    if (target !== undefined) return this.#follow(query, node, target);
    const reply = query.begin(AA, RCODE.NOERROR);
    if (query.type === TYPE.SOA && place.labels === 0 && this.#source.writeSoa !== undefined) {
      this.#source.writeSoa(reply, ANSWER, place.zone, query);
    } else node.write(query.type, reply, query, place);
    if (reply.answers === 0 && !reply.truncated) return this.#deny(query, RCODE.NOERROR);
    this.#mark(query);
    return reply;
  }
  /** Remarks what a name of this question's way is to the source, where anybody listens: then it is said at once. */
  #remark(query: Query, asked: Query): void {
    if (query.journey.notes === undefined || this.#source.told === undefined) return;
    const text = this.#source.told(this.#walk.place, asked);
    query.note(() => text);
  }
  #mark(query: Query): void {
    const stale = this.#source.stale?.();
    if (stale !== undefined) query.extendedError ??= { code: INFO_CODE.STALE_ANSWER, text: stale };
  }

  #missing(query: Query, next: Handler): Answer {
    const source = this.#source;
    if (this.#through.find(query, this.#aside)) return next(query);
    const { place } = this.#walk;
    const incomplete = source.incomplete?.(place, query);
    if (source.unknown === 'failure') {
      query.extendedError ??= { code: INFO_CODE.OTHER, text: incomplete ?? 'the name is not known' };
      return failure(RCODE.SERVFAIL);
    }
    if (incomplete === undefined) return this.#deny(query, RCODE.NXDOMAIN);
    const instead = source.instead?.(place);
    if (instead === 'next') return next(query);
    query.extendedError ??= { code: INFO_CODE.NOT_READY, text: incomplete };
    return this.#deny(query, instead === 'denial' ? RCODE.NXDOMAIN : RCODE.SERVFAIL);
  }
  /** An empty answer with the zone's SOA. */
  #deny(query: Query, rcode: number, zone = this.#walk.zone): Message {
    const reply = query.begin(AA, rcode);
    const gain = this.#source.writeSoa?.(reply, AUTHORITY, zone, query) ?? 0;
    reply.plain = reply.length + gain;
    if (rcode !== RCODE.SERVFAIL) {
      const stale = this.#source.stale?.();
      if (stale !== undefined) {
        const code = rcode === RCODE.NXDOMAIN ? INFO_CODE.STALE_NXDOMAIN_ANSWER : INFO_CODE.STALE_ANSWER;
        query.extendedError ??= { code, text: stale };
      }
    }
    return reply;
  }

  /** Follows aliases inside the zone here, and asks this server for what lies elsewhere (LIB-7). */
  #follow(query: Query, first: Node, to: Name): Answer {
    const walk = this.#walk;
    const { finding, place } = walk;
    const source = this.#source;
    const reply = walk.open();
    for (let node = first, target = to; ; ) {
      const at = writeAlias(reply, walk.owner, target, node.aliasTtl ?? source.aliasTtl ?? 0);
      if (query.type === TYPE.CNAME) return this.#alone(query, reply);
      walk.follow(at);
      if (walk.isLoop() || walk.hops > LONGEST_CHAIN) return this.#deny(query, RCODE.NOERROR);
      if (!walk.staysInZone) return this.#elsewhere(query, target);
      if (!walk.step()) return this.#deny(query, RCODE.NOERROR);
      const later = source.find(place, walk.asked, finding);
      // What comes later, or may be known to others behind, is asked of the whole server.
      if (later === undefined) this.#remark(query, walk.asked);
      if (later !== undefined || this.#isOpen(walk)) return this.#elsewhere(query, target);
      if (finding.node === undefined) return this.#denied(RCODE.NXDOMAIN);
      const further = finding.node.alias?.(query.type);
      if (further === undefined) return this.#tell(finding.node, target);
      node = finding.node;
      target = further;
    }
  }
  /** Whether others may have the name of this step. */
  #isOpen({ finding, place, asked }: Walk): boolean {
    if (finding.kind !== 'nothing' || finding.isCertain) return false;
    return this.#through.find(asked, this.#aside) || this.#source.incomplete?.(place, asked) !== undefined;
  }
  #alone(query: Query, reply: Message): Message {
    this.#mark(query);
    return reply;
  }
  /** What the node has that the last alias leads to. */
  #tell(node: Node, target: Name): Message {
    const { asked, reply, owner, place, query } = this.#walk;
    const found = asked.begin(AA, RCODE.NOERROR);
    node.write(query.type, found, asked, place);
    if (found.answers === 0) return this.#denied(RCODE.NOERROR);
    return told(query, reply, owner, target, found);
  }
  /** The aliases alone: what the last one leads to is in this zone, and has nothing of the type or is not there (RFC 6604). */
  #denied(rcode: number): Message {
    const { reply, zone, query } = this.#walk;
    reply.rcode = rcode;
    if (!reply.truncated) this.#source.writeSoa?.(reply, AUTHORITY, zone, query);
    return reply;
  }
  #elsewhere(query: Query, target: Name): Answer {
    const { reply, owner, zone } = this.#walk;
    const join = (outcome: Outcome): Message => {
      if (outcome.kind === 'reply') return told(query, reply, owner, target, outcome);
      // The alias holds even if what it leads to cannot be asked: the client, or its resolver, may find more.
      return outcome.kind === 'failure' ? reply : this.#deny(query, RCODE.NOERROR, zone);
    };
    return upon(query.resolve({ name: target }), join, query);
  }
}

/**
 * The aliases with what was found at their end, whose name stands at offset `owner`; where that is nothing, with the SOA that says so
 * (RFC 2308 section 2.2).
 */
function told({ type: asked }: Query, reply: Message, owner: number, target: Name, found: Message): Message {
  const { answer, authority } = found.parts();
  reply.rcode = found.rcode === RCODE.NXDOMAIN ? RCODE.NXDOMAIN : RCODE.NOERROR;
  if (writeTarget(reply, owner, target.raw, answer) && !answer.some(({ type }) => type === asked)) {
    reply.appendAll(authority.filter(({ type }) => type === TYPE.SOA), AUTHORITY);
  }
  reply.setFlags(found.flags & TC);
  return reply;
}
