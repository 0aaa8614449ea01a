// What a parent has of a child's keys: DS, and CDS and CDNSKEY for it to take (RFC 4034 section 5, RFC 7344, RFC 8078). Knows digests;
// knows nothing of who is the parent.
import { createHash } from 'node:crypto';
import { setU16, u16 } from '../dns/packet.ts';
import { algorithmNumber, keyTag } from './dnskey.ts';

/** Digest types of DS (RFC 3658, RFC 4509, RFC 6605). */
export const SHA1 = 1, SHA256 = 2, SHA384 = 4;
const HASHES: ReadonlyMap<number, string> = new Map([[SHA1, 'sha1'], [SHA256, 'sha256'], [SHA384, 'sha384']]);

const LENGTHS: ReadonlyMap<number, number> = new Map([[SHA1, 20], [SHA256, 32], [SHA384, 48]]);

/** Whether a digest type is known, and so how long its digests are; undefined where it is not. */
export const digestLength = (kind: number): number | undefined => LENGTHS.get(kind);

/**
 * The data of the DS, or of the CDS, for a DNSKEY's data. `owner` is the wire form of the zone's name in lower case. Throws RangeError for
 * a digest type that is not known.
 */
export function delegationData(owner: Uint8Array, dnskey: Uint8Array, kind: number): Uint8Array {
  const hash = HASHES.get(kind);
  if (hash === undefined) throw new RangeError(`digest type ${kind} is not known`);
  const digest = createHash(hash).update(owner).update(dnskey).digest();
  const data = new Uint8Array(4 + digest.length);
  setU16(data, 0, keyTag(dnskey));
  data[2] = algorithmNumber(dnskey);
  data[3] = kind;
  data.set(digest, 4);
  return data;
}

/** Whether a set of DS names this DNSKEY, by whichever digest that is known. `owner` is the wire form of the zone's name in lower case. */
export function setHas(set: readonly Uint8Array[], owner: Uint8Array, dnskey: Uint8Array): boolean {
  const tag = keyTag(dnskey);
  return set.some((data) => u16(data, 0) === tag && HASHES.has(data[3] ?? 0)
    && Buffer.compare(delegationData(owner, dnskey, data[3]!), data) === 0);
}
