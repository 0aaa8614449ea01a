// Keeps what a server said: sets by their rank, the step that answers the question, and what parents say of their children. Knows
// replies and the cache; asks nobody.
import type { Name } from '../dns/name.ts';
import { u32 } from '../dns/packet.ts';
import { AA } from '../dns/parts.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { printAddress } from '../dns/address.ts';
import { Delegation } from './delegation.ts';
import { RANK, setsOf, targetOf } from './kept-set.ts';
import type { KeptSet } from './kept-set.ts';
import type { RecordCache } from './record-cache.ts';
import type { Step } from './step.ts';
import { cutOf } from './reply-kind.ts';
import type { Said } from './reply-kind.ts';
import type { Scrubbed } from './scrub.ts';
import type { ResolverSettings, ServerAddress } from './settings.ts';

/** Seconds of a denial without SOA, which nobody says how long to keep (RFC 2308 section 5 would not keep it). */
const UNSAID = 5;
/** How many children's sides are kept as their parents have them. */
const MOST_PARENTS = 10_000;

/** Keeps replies. */
export class ReplyKeeper {
  readonly #settings: ResolverSettings;
  readonly #cache: RecordCache;
  readonly #now: () => number;
  readonly #parents = new Map<string, Delegation>();
  readonly #glue = new Map<string, readonly ServerAddress[]>();

  constructor(settings: ResolverSettings, cache: RecordCache, now: () => number) {
    this.#settings = settings;
    this.#cache = cache;
    this.#now = now;
  }
  /** Bit 31 means zero (RFC 2181 section 8). */
  readonly #ttl = (ttl: number): number =>
    (ttl > 0x7fffffff ? 0 : Math.max(this.#settings.leastTtl, Math.min(ttl, this.#settings.mostTtl)));

  /** Keeps a reply that is no referral, and says what it means for the question. */
  keep(reply: Scrubbed, kind: Exclude<Said, 'referral'>, question: Question, from: Delegation): Step {
    const now = this.#now();
    if (!from.keeps) return this.#unkept(reply, kind, question, now);
    const isAuthoritative = (reply.parts.flags & AA) !== 0 && !from.recursive;
    const answer = setsOf(reply.answer, isAuthoritative ? RANK.ANSWER : RANK.HEARSAY, now, this.#ttl, question.type);
    const authority = setsOf(reply.authority, isAuthoritative ? RANK.AUTHORITY : RANK.REFERRAL, now, this.#ttl);
    const kept = answer.map((set) => (isMade(set, answer) ? set : this.#cache.keep(set)));
    for (const set of authority) {
      // NS that nobody asked for are not kept: any answer could replace the servers of its zone (CVE-2025-11411), and a child would prolong
      // what its parent took away (ghost domains). What an NSEC proves of its owner is of use for other questions.
      if (set.type === TYPE.NSEC && set.signatures.length > 0) this.#cache.keep(set);
      const isOwnWord = isAuthoritative || (set.signatures.length > 0 && !from.recursive);
      if (this.#settings.promiscuous && set.type === TYPE.NS && isOwnWord && set.name.equals(from.zone)) this.#cache.keep(set);
    }
    for (const set of setsOf(reply.additional, RANK.GLUE, now, this.#ttl)) {
      if (this.#cache.set(set.name, set.type, set.class) === undefined) this.#cache.keep(set);
    }
    const step = this.#step(reply, kind, question, kept, authority, now);
    this.#cache.keepStep(question.name, question.type, question.class, step);
    if (step.target !== undefined) this.#further(step, question, kept, now);
    // Who asked is told what the zone says, for how long we ever keep it.
    const isLeased = kept.some((set, i) => set.leased !== undefined && set.data === answer[i]!.data);
    return isLeased ? this.#step(reply, kind, question, answer, authority, now) : step;
  }
  /** Of servers whose answers are asked for each time. */
  #unkept(reply: Scrubbed, kind: Exclude<Said, 'referral'>, question: Question, now: number): Step {
    const answer = setsOf(reply.answer, RANK.HEARSAY, now, this.#ttl, question.type);
    return this.#step(reply, kind, question, answer, setsOf(reply.authority, RANK.REFERRAL, now, this.#ttl), now);
  }
  /** Aliases that the same reply goes on with are steps too, with the same proofs. */
  #further(first: Step, { type, class: klass }: Question, kept: readonly KeptSet[], now: number): void {
    const met = new Set<string>();
    for (let name = first.target!; !met.has(name.key); met.add(name.key)) {
      const own = kept.filter((set) => set.type === type && set.name.equals(name));
      const answer = own.length > 0 ? own : firstAlias(kept, name);
      if (answer.length === 0 || (own.length === 0 && answer.at(-1)!.type !== TYPE.CNAME)) return;
      const target = own.length > 0 ? undefined : targetOf(answer.at(-1)!.data[0]!);
      const until = Math.min(...answer.map((set) => set.until));
      const step: Step = { ...first, kind: target === undefined ? 'answer' : 'alias', answer, target, came: now, until };
      this.#cache.keepStep(name, type, klass, step);
      if (target === undefined) return;
      name = target;
    }
  }
  #step(
    reply: Scrubbed, kind: Step['kind'], { name, type }: Question, answer: readonly KeptSet[], authority: readonly KeptSet[], now: number,
  ): Step {
    const proofs = authority.filter((set) => set.type === TYPE.SOA || set.type === TYPE.NSEC || set.type === TYPE.NSEC3);
    const rcode = kind === 'nxdomain' ? RCODE.NXDOMAIN : reply.tooLong ? RCODE.YXDOMAIN : RCODE.NOERROR;
    if (kind === 'nodata' || kind === 'nxdomain') {
      const soa = proofs.find((set) => set.type === TYPE.SOA);
      const minimum = soa?.data[0] === undefined || soa.data[0].length < 4 ? UNSAID : u32(soa.data[0], soa.data[0].length - 4);
      const { mostNegativeTtl, leastNegativeTtl } = this.#settings;
      const seconds = Math.max(leastNegativeTtl, Math.min(soa?.ttl ?? UNSAID, minimum, mostNegativeTtl));
      const until = now + seconds * 1000;
      const shortened = proofs.map((set) => (set.until !== until && set.type === TYPE.SOA ? { ...set, until } : set));
      return { kind, rcode, answer: [], authority: shortened, target: undefined, came: now, until, security: 'unchecked' };
    }
    const own = kind === 'alias' ? firstAlias(answer, name)
      : answer.filter((set) => set.name.equals(name) && (type === TYPE.ANY || set.type === type));
    const until = Math.min(...own.map((set) => set.until), Infinity);
    const leads = kind === 'alias' && !reply.tooLong ? targetOf(own.at(-1)!.data[0]!) : undefined;
    // A DNAME may make a name lead to itself: that is all there is to say. A CNAME that does is an error.
    const target = own.length > 1 && leads?.equals(name) === true ? undefined : leads;
    return { kind, rcode, answer: own, authority: proofs.filter(({ type: is }) => is !== TYPE.SOA), target, came: now, until,
      security: 'unchecked' };
  }

  /** Keeps a referral; the NS set of the zone that it leads to, as it counts now. */
  refer(reply: Scrubbed, from: Delegation, name: Name, beyond = 0): KeptSet {
    const now = this.#now();
    const cut = cutOf(reply, name)!;
    const authority = setsOf(reply.authority, RANK.REFERRAL, now, this.#ttl);
    const glue = setsOf(reply.additional, RANK.GLUE, now, this.#ttl);
    for (const set of glue) this.#cache.keep(set, beyond);
    let servers: KeptSet | undefined;
    for (const set of authority) {
      if (set.type === TYPE.NS && set.name.equals(cut)) servers = this.#cache.keep(within(set, from), beyond);
      else if (set.type === TYPE.DS && set.name.equals(cut)) this.#cache.keep(set);
    }
    this.#undelegated(cut, authority, now);
    const said = authority.find((set) => set.type === TYPE.NS && set.name.equals(cut))!;
    this.#remember(cut, said, glue, from);
    return servers!;
  }
  /** A referral without DS has the proof that there is none, which is the answer for it. */
  #undelegated(cut: Name, authority: readonly KeptSet[], now: number): void {
    if (authority.some(({ type, name }) => type === TYPE.DS && name.equals(cut))) return;
    const proofs = authority.filter(({ type }) => type === TYPE.NSEC || type === TYPE.NSEC3);
    if (proofs.length === 0) return;
    const until = Math.min(...proofs.map((set) => set.until), now + this.#settings.mostNegativeTtl * 1000);
    const step: Step = {
      kind: 'nodata', rcode: RCODE.NOERROR, answer: [], authority: proofs, target: undefined, came: now, until, security: 'unchecked',
    };
    this.#cache.keepStep(cut, TYPE.DS, CLASS.IN, step);
  }
  #remember(zone: Name, said: KeptSet, glue: readonly KeptSet[], from: Delegation): void {
    const servers = said.data.map((data) => {
      const name = targetOf(data);
      const addresses = glue.filter((set) => set.name.equals(name))
        .flatMap(({ data: each }) => each.map((octets) => ({ address: printAddress(octets), port: 53 })));
      return { name, addresses, hasLooked: false };
    });
    for (const { name, addresses } of servers) if (addresses.length > 0) put(this.#glue, name.key, addresses);
    put(this.#parents, zone.key, new Delegation(zone, 'parent', servers, [], from.tcp));
  }
  /** The addresses of a server that stood beside the last referral to it. */
  glueOf(name: Name): readonly ServerAddress[] {
    return this.#glue.get(name.key) ?? [];
  }
  /** The servers of a zone as its parent named them last. */
  parentSide(zone: Name, usable: (addresses: readonly ServerAddress[]) => ServerAddress[]): Delegation | undefined {
    const known = this.#parents.get(zone.key);
    if (known === undefined) return undefined;
    const servers = known.servers.map(({ name, addresses }) => ({ name, addresses: usable(addresses), hasLooked: false }));
    return new Delegation(known.zone, 'parent', servers, [], known.tcp);
  }
}

/** No delegation outlives the one under which it was learnt. */
const within = (set: KeptSet, { until }: Delegation): KeptSet => (set.until > until ? { ...set, until } : set);
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST_PARENTS) map.delete(map.keys().next().value!);
}
/** Whether a CNAME was made of a DNAME that stands before it. */
const isMade = (cname: KeptSet, sets: readonly KeptSet[]): boolean =>
  cname.type === TYPE.CNAME && cname.signatures.length === 0
  && sets.some((set) => set.type === TYPE.DNAME && cname.name.isUnder(set.name) && !cname.name.equals(set.name));

/** The first alias of a chain: a CNAME, or a DNAME and what was made of it. */
function firstAlias(answer: readonly KeptSet[], name: Name): KeptSet[] {
  const cname = answer.find((set) => set.type === TYPE.CNAME && set.name.equals(name));
  const dname = answer.find((set) => set.type === TYPE.DNAME && name.isUnder(set.name) && !name.equals(set.name));
  return [...(dname === undefined ? [] : [dname]), ...(cname === undefined ? [] : [cname])];
}
