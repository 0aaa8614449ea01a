// Verdicts on signatures in words, with the Extended DNS Error of each (RFC 8914), and how many may be looked at for one question. Knows no
// zone.
import { INFO_CODE } from '../dns/extended-error.ts';
import { Name } from '../dns/name.ts';
import { typeName } from '../dns/type-name.ts';
import { readSignature } from '../dnssec/signature.ts';
import type { Effort, SetVerdict, SignedSet } from '../dnssec/validate/signed-set.ts';
import type { Errand } from './budget.ts';

/** Verifications that one question may cost (CVE-2023-50387). */
const MOST_VERIFIED = 64;
const EFFORTS = new WeakMap<object, Effort>();

/** What is left for the question on whose account it is. */
export function effortOf({ budget }: Errand): Effort {
  let effort = EFFORTS.get(budget);
  if (effort === undefined) EFFORTS.set(budget, effort = { left: MOST_VERIFIED });
  return effort;
}

/** Why a set is not good, by whom and with which key it was signed, and the info code. */
export function whyNot(
  verdict: SetVerdict['verdict'], { name, type, signatures }: Pick<SignedSet, 'name' | 'type' | 'signatures'>,
): { readonly why: string; readonly code: number } {
  const what = `${name.text} ${typeName(type)}`;
  const by = signerText(signatures);
  switch (verdict) {
    case 'unsigned': return { why: `no signature of ${what}`, code: INFO_CODE.RRSIGS_MISSING };
    case 'expired': return { why: `the signature of ${what}${by} has expired`, code: INFO_CODE.SIGNATURE_EXPIRED };
    case 'not yet': return { why: `the signature of ${what}${by} is not valid yet`, code: INFO_CODE.SIGNATURE_NOT_YET_VALID };
    case 'other key': return { why: `the key that signed ${what}${by} is not in the zone`, code: INFO_CODE.DNSKEY_MISSING };
    case 'unsupported':
      return { why: `the algorithm that signed ${what}${by} is not supported`, code: INFO_CODE.UNSUPPORTED_DNSKEY_ALGORITHM };
    default: return { why: `the signature of ${what}${by} does not hold`, code: INFO_CODE.DNSSEC_BOGUS };
  }
}
/** ` by example. (key 12345)` */
function signerText([first]: readonly Uint8Array[]): string {
  const fields = first === undefined ? undefined : readSignature(first);
  return fields === undefined ? '' : ` by ${Name.read(fields.signer, 0).text} (key ${fields.keyTag})`;
}
