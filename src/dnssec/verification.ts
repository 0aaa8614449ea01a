// Whether a signature over a record set holds (RFC 4035 section 5.3). Knows one set, one signature and one key; knows nothing of chains of
// trust.
import { verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { compareSerials } from '../dns/order.ts';
import { algorithmOf } from './algorithm.ts';
import { labelsOf, signedLabels } from './canonical.ts';
import { REVOKED, ZONE_KEY, algorithmNumber, flagsOf, keyTag, publicKey } from './dnskey.ts';
import { formOf } from './set-form.ts';
import type { RRset } from './set-form.ts';
import { readSignature, toSign } from './signature.ts';

/** What came of looking at a signature; only `valid` is good. */
export type Verdict = 'valid' | 'malformed' | 'other set' | 'other key' | 'unsupported' | 'expired' | 'not yet' | 'bogus';

/** A public key that signatures are held against; made once, used often. */
export class VerifyingKey {
  /** The DNSKEY's data. */
  readonly data: Uint8Array;
  readonly tag: number;
  /** Made when it is first needed: that costs half of what a signature does. */
  #key: KeyObject | undefined;
  #isMade = false;
  /** What its flags have to be of those that count. */
  readonly #flags: number;

  /**
   * Of a DNSKEY's data, whatever it is: one that is not supported verifies nothing, and one that is revoked neither, but where its last
   * word is wanted (RFC 5011 section 2.1).
   */
  constructor(data: Uint8Array, isRevoked = false) {
    this.data = data;
    this.#flags = isRevoked ? ZONE_KEY | REVOKED : ZONE_KEY;
    this.tag = keyTag(data);
  }
  get #public(): KeyObject | undefined {
    if (!this.#isMade) this.#key = publicKey(this.data);
    this.#isMade = true;
    return this.#key;
  }

  /**
   * Whether the signature holds over the set at `now`, in seconds since 1970. That the signer is the zone of the key is for the caller to
   * see to; that it is at or above the owner is looked at here.
   */
  verify(set: RRset, rrsig: Uint8Array, now: number): Verdict {
    const fields = readSignature(rrsig);
    if (fields === undefined) return 'malformed';
    if (fields.covered !== set.type || fields.labels > signedLabels(set.owner) || !isAbove(fields.signer, set.owner)) return 'other set';
    if (fields.keyTag !== this.tag || fields.algorithm !== algorithmNumber(this.data)) return 'other key';
    if ((flagsOf(this.data) & (ZONE_KEY | REVOKED)) !== this.#flags || this.data[2] !== 3) return 'other key';
    const algorithm = algorithmOf(fields.algorithm);
    const key = algorithm === undefined ? undefined : this.#public;
    if (algorithm === undefined || key === undefined) return 'unsupported';
    if (compareSerials(now >>> 0, fields.expiration) > 0) return 'expired';
    if (compareSerials(now >>> 0, fields.inception) < 0) return 'not yet';
    if (algorithm.signatureLength !== 0 && fields.signature.length !== algorithm.signatureLength) return 'bogus';
    const signature = algorithm.kind === 'ec' ? derOf(fields.signature) : fields.signature;
    try {
      return verify(algorithm.hash, toSign(formOf(set), fields), key, signature) ? 'valid' : 'bogus';
    } catch {
      return 'malformed';                                       // data that is not what its type says, or a signature that is no number
    }
  }
}

/** Two numbers of equal length (RFC 6605 section 4) as OpenSSL takes them: told to read them as they are, it takes half as long again. */
function derOf(pair: Uint8Array): Uint8Array {
  const half = pair.length >> 1;
  const der = new Uint8Array(pair.length + 8);
  const first = writeInteger(der, 2, pair.subarray(0, half));
  const end = writeInteger(der, first, pair.subarray(half));
  der[0] = 0x30;
  der[1] = end - 2;
  return der.subarray(0, end);
}
/** An integer of DER (X.690 section 8.3): no octets that say nothing, and none that makes it negative. */
function writeInteger(der: Uint8Array, at: number, octets: Uint8Array): number {
  let from = 0;
  while (from < octets.length - 1 && octets[from] === 0) from++;
  const zero = octets[from]! >= 0x80 ? 1 : 0;
  const length = octets.length - from + zero;
  der[at] = 2;
  der[at + 1] = length;
  der.set(octets.subarray(from), at + 2 + zero);
  return at + 2 + length;
}

/** Whether the lowered name `zone` is `name` or above it; letters of `name` are of any case. */
function isAbove(zone: Uint8Array, name: Uint8Array): boolean {
  let at = 0;
  for (let more = labelsOf(name) - labelsOf(zone); more > 0; more--) at += name[at]! + 1;
  if (name.length - at !== zone.length) return false;
  for (let i = 0; i < zone.length; i++) {
    const octet = name[at + i]!;
    if (zone[i] !== (octet >= 65 && octet <= 90 ? octet | 32 : octet)) return false;
  }
  return true;
}
