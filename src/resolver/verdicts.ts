// Verdicts on signatures in words, with the Extended DNS Error of each (RFC 8914), and how many may be looked at for one question. Knows no
// zone.
import { typeName } from '../dns/type-name.ts';
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

/** Why a set is not good, and the info code. */
export function whyNot(
  verdict: SetVerdict['verdict'], { name, type }: Pick<SignedSet, 'name' | 'type'>,
): { readonly why: string; readonly code: number } {
  const what = `${name.text} ${typeName(type)}`;
  switch (verdict) {
    case 'unsigned': return { why: `no signature of ${what}`, code: 10 };
    case 'expired': return { why: `the signature of ${what} has expired`, code: 7 };
    case 'not yet': return { why: `the signature of ${what} is not valid yet`, code: 8 };
    case 'other key': return { why: `no key that signed ${what} is in the zone`, code: 9 };
    case 'unsupported': return { why: `the algorithm that signed ${what} is not supported`, code: 1 };
    default: return { why: `the signature of ${what} does not hold`, code: 6 };
  }
}
