// What of a server's reply is believed (RFC 2181 section 5.4.1, RFC 5452): what was asked for and lies in the zone that the server
// was asked for; the rest is as if it had not been sent. Knows one reply; knows no cache.
import { type Name, NameError } from '../dns/name.ts';
import { QR } from '../dns/parts.ts';
import type { Parts, Question } from '../dns/parts.ts';
import { record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { targetOf } from './kept-set.ts';

/** A reply of which nothing is left that does not belong. */
export interface Scrubbed {
  readonly parts: Parts;
  /** The aliases of the answer in their order, and the sets that the last one leads to. */
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  readonly additional: readonly RR[];
  /** The name at the end of the aliases, and whether there are any: one may lead to itself. */
  readonly last: Name;
  readonly isAlias: boolean;
  /** A DNAME of the answer leads to a name that is too long (RFC 6672 section 2.2). */
  readonly tooLong: boolean;
}

const PROOFS: ReadonlySet<number> = new Set([TYPE.NSEC, TYPE.NSEC3, TYPE.DS]);

/** Whether it is a reply to the question at all. */
export function repliesTo(parts: Parts, question: Question): boolean {
  const { question: asked } = parts;
  return (parts.flags & QR) !== 0 && parts.opcode === 0 && asked !== undefined && asked.type === question.type
    && asked.class === question.class && asked.name.equals(question.name);
}

/** How a reply is looked through. */
export interface Scrubbing {
  readonly zone: Name;
  /** The server resolves: its aliases are believed to their end. Of others only the first one is theirs to say. */
  readonly recursive: boolean;
  /** Addresses of servers outside of the zone count too. */
  readonly anyGlue: boolean;
  /** How many servers of a zone count. */
  readonly mostServers: number;
  /** Records that are not for public names. */
  readonly isRefused: (rr: RR) => boolean;
}

/** Types whose answers are looked at closely, whatever they look like. */
const DELICATE: ReadonlySet<number> = new Set([TYPE.NS, TYPE.CNAME, TYPE.DNAME, TYPE.DS, TYPE.RRSIG, TYPE.NSEC, TYPE.ANY]);

/** A reply that is the set that was asked for, its signatures, and nothing else; undefined where it is not as simple as that. */
function simple(parts: Parts, { name, type, class: klass }: Question, { zone, isRefused }: Scrubbing): Scrubbed | undefined {
  const { answer, authority, additional } = parts;
  if (answer.length === 0 || authority.length > 0 || additional.length > 0 || DELICATE.has(type) || !name.isUnder(zone)) return undefined;
  let signed = 0;
  for (const rr of answer) {
    if (rr.class !== klass || (rr.name !== name && !rr.name.equals(name)) || isRefused(rr)) return undefined;
    if (rr.type === TYPE.RRSIG && coveredBy(rr) === type) signed++;
    else if (rr.type !== type || signed > 0) return undefined;
  }
  if (signed === answer.length) return undefined;
  return { parts, answer, authority, additional, last: name, isAlias: false, tooLong: false };
}
/** Looks through a reply of a server. */
export function scrub(parts: Parts, question: Question, scrubbing: Scrubbing): Scrubbed {
  return simple(parts, question, scrubbing) ?? closely(parts, question, scrubbing);
}
function closely(parts: Parts, question: Question, { zone, recursive, anyGlue, mostServers, isRefused }: Scrubbing): Scrubbed {
  const isOfClass = (rr: RR): boolean => question.class === CLASS.ANY || rr.class === question.class;
  const belongs = (rr: RR): boolean => isOfClass(rr) && rr.name.isUnder(zone) && !isRefused(rr) && !leadsOut(rr, zone);
  const all = fewServers(parts.answer.filter(belongs), mostServers);
  const chain = followed(all, question, recursive);
  // Who refers to the very zone has its DS beside the referral.
  if (question.type === TYPE.DS && chain.records.length === 0) {
    chain.records.push(...parts.authority.filter((rr) => belongs(rr) && rr.type === TYPE.DS && rr.name.equals(question.name)));
  }
  // A signature belongs to its set, wherever it stands.
  const signed = [...parts.answer, ...parts.authority, ...parts.additional].filter((rr) => rr.type === TYPE.RRSIG && belongs(rr));
  const signaturesOf = (sets: readonly RR[]): RR[] => (question.type === TYPE.RRSIG ? []
    : signed.filter((rr) => sets.some((kept) => kept.type === coveredBy(rr) && kept.name.equals(rr.name))));
  // Servers of a zone above are no news, but that they are named says who answered.
  const authority = fewServers(parts.authority.filter((rr) =>
    (belongs(rr) || (rr.type === TYPE.NS && isOfClass(rr) && zone.isUnder(rr.name))) && isProper(rr, question.name, chain.last)),
  mostServers);
  const servers = new Set([...chain.records, ...authority].filter(({ type }) => type === TYPE.NS).map(({ rdata }) => targetOf(rdata).key));
  const isAddress = ({ type }: RR): boolean => type === TYPE.A || type === TYPE.AAAA;
  const additional = parts.additional.filter((rr) => (anyGlue || belongs(rr)) && isAddress(rr) && servers.has(rr.name.key));
  const { records, last, tooLong } = chain;
  const withSignatures = (sets: readonly RR[]): RR[] => [...sets, ...signaturesOf(sets)];
  return { parts, answer: withSignatures(records), authority: withSignatures(authority), additional, last, isAlias: chain.isAlias,
    tooLong };
}
/** Without the NS that are too many. */
function fewServers(records: readonly RR[], most: number): readonly RR[] {
  let left = most;
  return records.filter(({ type }) => type !== TYPE.NS || left-- > 0);
}
const coveredBy = ({ rdata }: RR): number => (rdata.length < 2 ? 0 : (rdata[0]! << 8) | rdata[1]!);

/** An NSEC whose next name is in another zone denies what is none of its signer's business. */
function leadsOut({ type, rdata }: RR, zone: Name): boolean {
  return type === TYPE.NSEC && !targetOf(rdata).isUnder(zone);
}

/** NS and SOA of the zone that the name is in, proofs, and their signatures. */
function isProper(rr: RR, name: Name, last: Name): boolean {
  const { type } = rr;
  if (type === TYPE.NS || type === TYPE.SOA) return name.isUnder(rr.name) || last.isUnder(rr.name);
  return PROOFS.has(type);
}

interface Chain {
  readonly records: RR[];
  readonly last: Name;
  readonly isAlias: boolean;
  readonly tooLong: boolean;
}
/** The answer's records in the order of their aliases; what is not on the way is left out. */
function followed(records: readonly RR[], { name, type }: Question, recursive: boolean): Chain {
  const kept: RR[] = [];
  const met = new Set<string>();
  let last = name;
  for (;;) {
    if (met.has(last.key)) return { records: kept, last, isAlias: kept.length > 0, tooLong: false };
    met.add(last.key);
    const here = records.filter((rr) => rr.name.equals(last) && (type === TYPE.ANY ? true : rr.type === type));
    // Nothing else is at a name that has an alias (RFC 1034 section 3.6.2): where there is, what stands first counts.
    const isFirst = type === TYPE.ANY || records.find((rr) => rr.name.equals(last) && rr.type !== TYPE.RRSIG)?.type !== TYPE.CNAME
      || type === TYPE.CNAME;
    if (here.length > 0 && isFirst) return { records: [...kept, ...here], last, isAlias: kept.length > 0, tooLong: false };
    const next = aliasAt(records, last, type);
    if (next === undefined) return { records: kept, last, isAlias: kept.length > 0, tooLong: false };
    kept.push(...next.records);
    if (next.target === undefined) return { records: kept, last, isAlias: true, tooLong: true };
    last = next.target;
    if (!recursive) return { records: kept, last, isAlias: kept.length > 0, tooLong: false };
  }
}
function aliasAt(records: readonly RR[], name: Name, type: number): { records: RR[]; target: Name | undefined } | undefined {
  const dname = records.filter((rr) => rr.type === TYPE.DNAME && !rr.name.equals(name) && name.isUnder(rr.name));
  if (dname.length === 1) {
    const made = synthesized(dname[0]!, name);
    return { records: made === undefined ? dname : [...dname, made], target: made === undefined ? undefined : targetOf(made.rdata) };
  }
  if (type === TYPE.CNAME) return undefined;
  const cname = records.filter((rr) => rr.type === TYPE.CNAME && rr.name.equals(name));
  if (cname.length === 0) return undefined;
  return { records: [cname[0]!], target: targetOf(cname[0]!.rdata) };
}

/** The CNAME that a DNAME makes of a name below it (RFC 6672 section 3.1); undefined where it would be too long. */
export function synthesized(dname: RR, name: Name): RR | undefined {
  const labels = name.split();
  const own = labels.slice(0, labels.length - dname.name.labels);
  try {
    const target = own.reduceRight((under, label) => under.under(label), targetOf(dname.rdata));
    return record(name, TYPE.CNAME, dname.class, dname.ttl, target.octets);
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}
