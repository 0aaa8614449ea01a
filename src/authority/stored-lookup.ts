// The answer to a question from a zone of record sets: the walk of RFC 1034 section 4.3.2 with DNAME (RFC 6672), wildcards (RFC 4592),
// DNSSEC (RFC 4035) and referrals. Its states: find, tell, follow, deny, refer. Knows no source by name.
import { INFO_CODE } from '../dns/extended-error.ts';
import { Name } from '../dns/name.ts';
import { latin1 } from '../dns/latin1.ts';
import { setU16, u16, u32 } from '../dns/packet.ts';
import { NO_RECORDS } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { AA, TC } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import { failure, upon } from '../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../kernel/query/outcome.ts';
import type { Handler } from '../kernel/site/plugin.ts';
import type { Query } from '../kernel/query/query.ts';
import { Additional } from './additional.ts';
import { Denial } from './denial.ts';
import { asksExpiry, tellExpiry } from './expiry.ts';
import { FLAT_ALIAS, asOwn, flatTarget } from './flat-alias.ts';
import { RECORD_HEAD, SET_HEAD, findSet, typeAt } from './record-sets.ts';
import { ANSWER, AUTHORITY } from './records.ts';
import { Place, ServedZones } from './served-zones.ts';
import type { Source } from './source.ts';
import { LONGEST_NAME } from './spelling.ts';
import { Walk } from './walk.ts';
import { ZoneReply } from './zone-reply.ts';

/** Aliases that are followed one after the other (FILE-7). */
const LONGEST_CHAIN = 10;

/** Types that an alias may own itself: it is not followed for them (RFC 4035 section 2.5). At a cut they are those of the zone above it. */
const isSecured = (type: number): boolean => type === TYPE.NSEC || type === TYPE.RRSIG;

/** Aliases that lead elsewhere: the reply so far, where the zone's name stands in it, and what is to be proved of them. */
interface Aliases {
  readonly reply: Message;
  readonly zoneAt: number;
  readonly proofs: readonly RR[];
  /** Whose the records shall be, where an alias is told as what is behind it. */
  readonly owner: Name | undefined;
}

/** Answers from one source with sets. Made once a part and thread. */
export class StoredLookup {
  readonly #source: Source;
  readonly #walk: Walk;
  readonly #reply: ZoneReply;
  readonly #denial: Denial;
  readonly #additional: Additional;
  /** Zones of names that are handed on, and a place of theirs. */
  readonly #through: ServedZones;
  readonly #aside = new Place();
  readonly #target = new Uint8Array(256);
  /** The DNAME that was told last. */
  #told = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#walk = new Walk(source);
    this.#reply = new ZoneReply(this.#walk);
    this.#denial = new Denial(this.#walk);
    this.#additional = new Additional(this.#walk, this.#reply);
    this.#through = new ServedZones(source.fallthrough.names);
  }

  /** The answer, or what `next` says where the zone has nothing to say. */
  handle(query: Query, next: Handler): Answer {
    const walk = this.#walk;
    if (!walk.begin(query)) return next(query);
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return failure(RCODE.REFUSED);
    if (query.type !== TYPE.DS || walk.place.labels > 0 || !this.#isDelegated(query)) this.#find(query);
    if (this.#isHandedOn(query)) return next(walk.handedOn(query));
    this.#denial.begin();
    this.#told = 0;
    walk.open();
    this.#reply.begin();
    for (;;) {
      const answer = this.#step();
      if (answer !== undefined) return answer;
    }
  }
  #find(query: Query): void {
    const walk = this.#walk;
    if (query.type === TYPE.DS) walk.begin(query);
    void this.#source.find(walk.place, query, walk.finding);
  }
  /** Whether the name of a zone is a cut of another one that is served here, which then has its DS; that is what is found. */
  #isDelegated(query: Query): boolean {
    const { place, finding } = this.#walk;
    if (!this.#source.zones.findAbove(query, place)) return false;
    this.#walk.zone = place.zone;
    void this.#source.find(place, query, finding);
    return finding.kind === 'cut' && finding.label === 0;
  }
  /** FILE-11: what is not there, or owns nothing, others may have. */
  #isHandedOn(query: Query): boolean {
    const { finding } = this.#walk;
    const isOthers = finding.kind === 'nothing' || (finding.kind === 'node' && finding.isEmpty)
      || (finding.kind === 'unready' && this.#source.passesUnready === true);
    if (!isOthers) return false;
    return this.#through.zones.length > 0 && this.#through.find(query, this.#aside);
  }

  /** What is found at the name of this step; undefined: it leads to another one, which is the next step's. */
  #step(): Answer | undefined {
    const { finding, asked: { type } } = this.#walk;
    this.#walk.remark();
    switch (finding.kind) {
      case 'unready': return this.#unready(finding.why);
      case 'nothing': return this.#deny(RCODE.NXDOMAIN);
      case 'rename': return this.#rename();
      case 'cut': return finding.label === 0 && this.#isAboveCut(type) ? this.#tell() : this.#refer();
      default: {
        if (finding.kind === 'wildcard') this.#walk.tellWildcard();
        const alias = findSet(finding.bytes, finding.sets, TYPE.CNAME);
        return alias === 0 || type === TYPE.CNAME ? this.#tell() : this.#alias(alias);
      }
    }
  }
  /** Whether the zone above the cut that was found has the type there (RFC 4035 section 3.1.4.1). */
  #isAboveCut(type: number): boolean {
    const { bytes, sets } = this.#walk.finding;
    return type === TYPE.DS || (isSecured(type) && findSet(bytes, sets, type) > 0);
  }
  #unready(why: string): Answer {
    const { query } = this.#walk;
    query.extendedError ??= { code: INFO_CODE.NOT_READY, text: why };
    return failure(RCODE.SERVFAIL, new Error(why));
  }

  /** The set that was asked for, who serves the zone, and what belongs beside it. */
  #tell(): Answer {
    const { finding: { bytes, sets, kind }, asked: { type }, place, reply, hops } = this.#walk;
    const zone = this.#reply;
    const set = type === TYPE.ANY ? sets : findSet(bytes, sets, type);
    if (set === 0 || bytes[set] === 0 && bytes[set + 1] === 0) return this.#flat() ?? this.#deny(RCODE.NOERROR);
    if (this.#source.hasFlatAliases === true && typeAt(bytes, set) === FLAT_ALIAS) return this.#deny(RCODE.NOERROR);
    if (kind === 'wildcard' && zone.signed) this.#denial.noCloserName();
    let data = 0;
    if (type === TYPE.RRSIG) zone.signatures();
    else data = zone.signedSet(ANSWER, set);
    if (reply.truncated) return reply;
    if (type !== TYPE.NS || place.labels > 0 || hops > 0) zone.ns();
    this.#denial.write(zone);
    // Recorded: an alias to a name with name servers has them without their addresses.
    if (type !== TYPE.NS || hops === 0) this.#additional.beside(type, set, data);
    return type === TYPE.SOA && place.labels === 0 && asksExpiry(this.#walk.query) ? this.#expiring(set) : reply;
  }
  /** RFC 7314: a zone of another server may be served as long as is left of its time, another one as its SOA says. */
  #expiring(set: number): Message {
    const { finding: { bytes }, place, reply, query } = this.#walk;
    const data = set + SET_HEAD + RECORD_HEAD;
    return tellExpiry(reply, query, this.#source.remaining?.(place.zone) ?? u32(bytes, data + u16(bytes, data - 2) - 8));
  }

  /** Follows an alias, or stops at it. */
  #alias(set: number): Answer | undefined {
    const { finding, asked: { type }, reply } = this.#walk;
    if (isSecured(type)) return this.#tell();
    if (finding.kind === 'wildcard' && this.#reply.signed) this.#denial.noCloserName();
    return this.#follow(this.#reply.signedSet(ANSWER, set), reply);
  }
  /** Goes on with the name that stands at `data`, the data of a CNAME. */
  #follow(data: number, reply: Message): Answer | undefined {
    const walk = this.#walk;
    const { query, finding, zone } = walk;
    if (data === 0) return reply;
    walk.follow(data);
    if (walk.isSelf()) return this.#self(reply);
    if (query.type === TYPE.ANY) return this.#stop();
    if (walk.isLoop() || walk.hops >= LONGEST_CHAIN) return this.#stop();
    if (!walk.staysInZone || !walk.step() || walk.place.zone !== zone) return this.#elsewhere();
    this.#reply.step(data);
    void this.#source.find(walk.place, walk.asked, finding);
    return this.#isHandedOn(walk.asked) ? this.#elsewhere() : undefined;
  }
  /** An alias to itself (FILE-14); what a wildcard makes of it is told. */
  #self(reply: Message): Answer {
    const { query, finding } = this.#walk;
    if (finding.kind === 'wildcard') {
      reply.rcode = RCODE.SERVFAIL;
      return this.#stop();
    }
    query.extendedError ??= { code: INFO_CODE.OTHER, text: 'an alias leads to itself' };
    return failure(RCODE.SERVFAIL);
  }
  /** The aliases as far as they were followed, with who serves the zone. */
  #stop(): Message {
    this.#reply.ns();
    this.#denial.write(this.#reply);
    return this.#walk.reply;
  }

  /** A name below a DNAME is another name for one below its target (RFC 6672 section 3.2). */
  #rename(): Answer | undefined {
    const { finding: { bytes, sets, label }, place, asked, reply, hops } = this.#walk;
    const zone = this.#reply;
    const set = findSet(bytes, sets, TYPE.DNAME);
    // Of a chain that comes back to it, it is told once.
    if (set !== this.#told && zone.signedSet(ANSWER, set, label) === 0) return reply;
    this.#told = set;
    const before = place.at[label]! - place.at[0]!;
    const from = set + SET_HEAD + RECORD_HEAD;
    let end = from;
    while (bytes[end] !== 0) end += bytes[end]! + 1;
    const length = before + end + 1 - from;
    if (length > LONGEST_NAME) {
      reply.rcode = RCODE.YXDOMAIN;
      return reply;
    }
    for (let i = 0; i < before; i++) this.#target[i] = asked.bytes[place.at[0]! + i]!;
    for (let i = before; i < length; i++) this.#target[i] = bytes[from + i - before]!;
    const data = zone.alias(this.#target, length, u32(bytes, set + SET_HEAD + 6));
    if (data === 0) return reply;
    if (asked.type === TYPE.CNAME) return this.#stop();
    if (hops < LONGEST_CHAIN - 2) return this.#follow(data, reply);
    reply.rcode = RCODE.SERVFAIL;
    return this.#stop();
  }

  /** SOA and proofs: the name is not there, or owns nothing of the type. */
  #deny(rcode: number): Message {
    const { reply } = this.#walk;
    const zone = this.#reply;
    reply.rcode = rcode;
    zone.soa();
    if (zone.signed && !reply.truncated) {
      if (rcode === RCODE.NXDOMAIN) this.#denial.noName();
      else this.#denial.noType();
      this.#denial.write(zone);
    }
    return reply;
  }
  /** The name servers of a cut, with DS or the proof that there is none. */
  #refer(): Message {
    const { finding: { bytes, sets, label }, reply, hops } = this.#walk;
    const zone = this.#reply;
    if (hops === 0) reply.setFlags(0, AA);
    const set = findSet(bytes, sets, TYPE.NS);
    const data = zone.set(AUTHORITY, set, label);
    if (zone.signed) {
      const ds = findSet(bytes, sets, TYPE.DS);
      if (ds > 0) zone.signedSet(AUTHORITY, ds, label);
      else this.#denial.noDs();
    }
    this.#denial.write(zone);
    this.#additional.glue(set, data, label);
    return reply;
  }

  /** What is behind an alias that is told as the name's own; undefined: the name has none for the type. */
  #flat(): Answer | undefined {
    if (this.#source.hasFlatAliases !== true) return undefined;
    const { finding: { bytes, sets }, asked: { type }, query, hops } = this.#walk;
    const target = flatTarget(bytes, sets, type);
    return target === undefined ? undefined : this.#elsewhere(target, hops === 0 ? query.name : this.#end);
  }
  get #end(): Name {
    return Name.wire(latin1(this.#walk.name, 0, this.#walk.length));
  }
  /** Asks this server for what an alias leads to (LIB-7), and tells it with the aliases (FILE-7). */
  #elsewhere(target = this.#end, owner?: Name): Answer {
    const { query, reply } = this.#walk;
    const { zoneAt } = this.#reply;
    const proofs = this.#proofs(reply);
    return upon(query.resolve({ name: target }), (outcome) => this.#join(query, { reply, zoneAt, proofs, owner }, outcome), query);
  }
  /** What the aliases have to prove, aside: it stands behind the answer, which is not there yet. */
  #proofs(reply: Message): readonly RR[] {
    if (this.#denial.isEmpty) return NO_RECORDS;
    const { length } = reply;
    this.#denial.write(this.#reply);
    const { authority } = reply.parts();
    reply.length = length;
    setU16(reply.bytes, reply.at + AUTHORITY, 0);
    return authority;
  }
  #join(query: Query, { reply, zoneAt, proofs, owner }: Aliases, outcome: Outcome): Message {
    const walk = this.#walk;
    const zone = this.#reply;
    walk.begin(query);
    walk.reply = reply;
    zone.begin(zoneAt);
    void this.#source.find(walk.place, query, walk.finding);
    const said = outcome.kind === 'reply' || outcome.kind === 'failure' ? outcome.rcode : RCODE.SERVFAIL;
    // The name itself is there, whatever it leads to.
    const rcode = owner !== undefined && said === RCODE.NXDOMAIN ? RCODE.NOERROR : said;
    const found = outcome.kind === 'reply' ? outcome.parts().answer : [];
    const answer = owner === undefined ? found : asOwn(found, owner, query.type);
    // The alias holds even if what it leads to cannot be asked: the client, or its resolver, may find more.
    reply.rcode = rcode === RCODE.NXDOMAIN || rcode === RCODE.SERVFAIL ? rcode : RCODE.NOERROR;
    if (!reply.appendAll(answer, ANSWER)) return reply;
    if (rcode === RCODE.NXDOMAIN || (rcode === RCODE.NOERROR && answer.length === 0)) zone.soa();
    else zone.ns();
    reply.appendAll(proofs, AUTHORITY);
    if (outcome.kind === 'reply') reply.setFlags(outcome.flags & TC);
    return reply;
  }
}
