// Whether a set is signed by a zone's keys, and why it is not (RFC 4035 section 5.3; KeyTrap, CVE-2023-50387, bounds what is tried). Knows
// one set and the keys of one zone.
import { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import { signedLabels } from '../canonical.ts';
import { readSignature } from '../signature.ts';
import type { Verdict, VerifyingKey } from '../verification.ts';

/** A set with its signatures. */
export interface SignedSet {
  /** As it came, letters of any case. */
  readonly name: Name;
  readonly type: number;
  readonly class: number;
  readonly data: readonly Uint8Array[];
  /** The data of the RRSIGs that cover it. */
  readonly signatures: readonly Uint8Array[];
  /** Seconds, as it came. */
  readonly ttl: number;
}
/** What came of it. */
export interface SetVerdict {
  readonly verdict: Verdict | 'unsigned';
  /** How many labels the name has that was signed: fewer than the owner's where a wildcard stands for it. */
  readonly labels: number;
  /** Seconds for which it may be kept: not longer than it was signed for, nor than the signature lives (RFC 4035 section 5.3.3). */
  readonly ttl: number;
}

/** What is tried for one set: signatures, keys of one tag, and one with another. */
const MOST_SIGNATURES = 8, MOST_KEYS = 4, MOST_TRIED = 16;

/** Counts verifications, which are dear. */
export interface Effort {
  left: number;
}

/** Holds the set's signatures by `zone` against its keys. `now` is in seconds since 1970. */
export function verifySet(set: SignedSet, zone: Name, keys: readonly VerifyingKey[], now: number, effort: Effort): SetVerdict {
  let worst: Verdict | 'unsigned' = 'unsigned';
  const owner = set.name.octets;
  let tried = 0;
  for (const rrsig of set.signatures.slice(0, MOST_SIGNATURES)) {
    const fields = readSignature(rrsig);
    if (fields === undefined || !Name.read(fields.signer, 0).equals(zone)) continue;
    const candidates = keys.filter(({ tag }) => tag === fields.keyTag).slice(0, MOST_KEYS);
    if (candidates.length === 0 && worst === 'unsigned') worst = 'other key';
    for (const key of candidates) {
      if (tried++ >= MOST_TRIED || effort.left-- <= 0) return { verdict: 'bogus', labels: 0, ttl: 0 };
      const verdict = key.verify({ owner, type: set.type, class: set.class, ttl: set.ttl, data: set.data }, rrsig, now);
      if (verdict === 'valid') {
        const lives = Math.max(0, (fields.expiration - now) | 0);
        return { verdict, labels: fields.labels, ttl: Math.min(set.ttl, fields.originalTtl, lives) };
      }
      worst = verdict;
    }
  }
  return { verdict: worst, labels: 0, ttl: 0 };
}
/**
 * Whether a denial whose signature holds may be used: not one that was made of a wildcard, which says nothing of where it stands
 * (CVE-2017-15105), nor an NSEC that leads out of its zone.
 */
export const isOwnDenial = (set: SignedSet, labels: number, zone: Name): boolean =>
  !isExpanded(set, labels) && (set.type !== TYPE.NSEC || Name.read(set.data[0]!, 0).isUnder(zone));
/** Whether the set was made of a wildcard. */
export const isExpanded = (set: SignedSet, labels: number): boolean => labels < signedLabels(set.name.octets);

/** Who signed the set, at or above its owner; undefined where nobody did. */
export function signerOf(set: Pick<SignedSet, 'signatures' | 'name'>): Name | undefined {
  for (const rrsig of set.signatures) {
    const fields = readSignature(rrsig);
    if (fields === undefined) continue;
    const signer = Name.read(fields.signer, 0);
    if (set.name.isUnder(signer)) return signer;
  }
  return undefined;
}
