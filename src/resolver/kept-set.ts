// A record set as it is kept: how far it is believed (RFC 2181 section 5.4.1), until when, and what is known of its signatures. Knows one
// set; knows no cache.
import { Name } from '../dns/name.ts';
import { record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import type { SignedSet } from '../dnssec/validate/signed-set.ts';

/** How far a set is believed: a lower one never replaces a higher one that lives. */
export const RANK = {
  /** What stood in the additional section, or is a server's address beside a referral. */
  GLUE: 1,
  /** The NS and DS of a referral. */
  REFERRAL: 2,
  /** The answer of a server that is not authoritative: of a forwarder. */
  HEARSAY: 3,
  /** The authority section of an authoritative answer. */
  AUTHORITY: 4,
  /** An authoritative answer. */
  ANSWER: 5,
} as const;

/** What validation made of something (RFC 4035 section 4.3). */
export type Security = 'unchecked' | 'bogus' | 'insecure' | 'secure';

/** A set. */
export interface KeptSet extends SignedSet {
  /** Milliseconds of the clock until when it may be used. */
  readonly until: number;
  /** Seconds that the zone says, where others are made of them. */
  readonly original?: number | undefined;
  readonly rank: number;
  /** Of a zone's servers and their addresses: until when the parent's word for them holds, in milliseconds of the clock. */
  readonly leased?: number | undefined;
  security: Security;
}

/**
 * Whether a set is an answer by itself: it is believed so far, and no wildcard made it, which would have to be proved beside it
 * (RFC 4035 section 5.3.4).
 */
export const isAnswer = ({ rank, name, signatures }: KeptSet): boolean =>
  rank >= RANK.HEARSAY && !signatures.some((rrsig) => rrsig[3]! < name.labels - (name.isWildcard ? 1 : 0));

/** Signatures of a set that are kept: nobody would look at more (CVE-2023-50387). */
const MOST_SIGNATURES = 8;

/** Seconds that are left. */
export const leftOf = (set: KeptSet, now: number): number => Math.max(0, Math.ceil((set.until - now) / 1000));

/**
 * The records of a set, with the TTL that is left (that it came with: no `now`), and its signatures behind them where they are wanted;
 * under that name, behind those that are there.
 */
export function recordsOf(
  set: KeptSet, now: number | undefined, signatures: boolean, name: Name = set.name, records: RR[] = [],
): RR[] {
  const ttl = now === undefined ? set.original ?? set.ttl : leftOf(set, now);
  for (const data of set.data) records.push(record(name, set.type, set.class, ttl, data));
  if (signatures) for (const data of set.signatures) records.push(record(name, TYPE.RRSIG, set.class, ttl, data));
  return records;
}

/** The name that the data begins with: that of an NS, CNAME, DNAME or PTR. */
export const targetOf = (data: Uint8Array): Name => Name.read(data, 0);

/** Sets of records, in the order in which their first ones stand; RRSIGs go to the sets that they cover, unless they were asked for. */
export function setsOf(
  records: readonly RR[], rank: number, now: number, ttlOf: (ttl: number) => number, asked = 0,
): readonly KeptSet[] {
  const [first, second] = records;
  if (first === undefined) return NONE;
  // Most are one record, with a signature or without.
  const isOne = first.type !== TYPE.RRSIG && (second === undefined || (records.length === 2 && second.type === TYPE.RRSIG
    && asked !== TYPE.RRSIG && second.class === first.class && covered(second) === first.type && second.name.equals(first.name)));
  if (isOne) return [setOf(first, [first.rdata], second === undefined ? [] : [second.rdata], first.ttl, rank, now, ttlOf)];
  const sets = new Map<string, { first: RR; data: Uint8Array[]; signatures: Uint8Array[]; ttl: number }>();
  const signed: RR[] = [];
  for (const each of records) {
    if (each.type === TYPE.RRSIG && asked !== TYPE.RRSIG) {
      signed.push(each);
      continue;
    }
    const key = `${each.type}/${each.class}/${each.name.key}`;
    const known = sets.get(key);
    if (known === undefined) sets.set(key, { first: each, data: [each.rdata], signatures: [], ttl: each.ttl });
    else {
      known.ttl = Math.min(known.ttl, each.ttl);
      if (!known.data.some((has) => Buffer.compare(has, each.rdata) === 0)) known.data.push(each.rdata);
    }
  }
  for (const each of signed) {
    const type = covered(each);
    if (type < 0) continue;
    const set = sets.get(`${type}/${each.class}/${each.name.key}`);
    if (set === undefined || set.signatures.length >= MOST_SIGNATURES) continue;
    if (!set.signatures.some((has) => Buffer.compare(has, each.rdata) === 0)) set.signatures.push(each.rdata);
  }
  return [...sets.values()].map(({ first: { name, type, class: klass }, data, signatures, ttl }) =>
    setOf({ name, type, class: klass }, data, signatures, ttl, rank, now, ttlOf));
}
const NONE: readonly KeptSet[] = [];
function setOf(
  { name, type, class: klass }: Pick<RR, 'name' | 'type' | 'class'>, data: Uint8Array[], signatures: Uint8Array[], ttl: number,
  rank: number, now: number, ttlOf: (ttl: number) => number,
): KeptSet {
  const seconds = ttlOf(ttl);
  const until = now + seconds * 1000;
  return { name, type, class: klass, data, signatures, original: ttl, ttl: seconds, until, rank, security: 'unchecked' };
}
/** The type that a signature is of; -1 where it is none. */
const covered = ({ rdata }: RR): number => (rdata.length < 19 ? -1 : (rdata[0]! << 8) | rdata[1]!);
