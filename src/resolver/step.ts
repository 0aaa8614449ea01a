// What one question led to: an answer, an alias, or a denial. Knows sets; knows no cache.
import type { Name } from '../dns/name.ts';
import { RCODE } from '../dns/rcode.ts';
import type { KeptSet, Security } from './kept-set.ts';

/** What one question led to, without aliases followed. */
export interface Step {
  readonly kind: 'answer' | 'alias' | 'nodata' | 'nxdomain';
  readonly rcode: number;
  /** The sets of the answer: one, more for ANY; of an alias the DNAME, if that made it, and the CNAME. */
  readonly answer: readonly KeptSet[];
  /** SOA and proofs. */
  readonly authority: readonly KeptSet[];
  /** Where an alias leads. */
  readonly target: Name | undefined;
  /** Milliseconds of the clock: when it came, and until when it may be used. */
  readonly came: number;
  readonly until: number;
  security: Security;
  /** Who said so, so that another can be asked; `SHARED` where another thread may have heard it. */
  said?: object | undefined;
  /** To whom errors of it are told (RFC 9567). */
  agent?: Name;
  /** What was said before: it counts again where this one is bogus. */
  before?: Step | undefined;
  /** Why it is bogus or failed, for people. */
  why?: string | undefined;
  /** The Extended DNS Error that says so. */
  code?: number | undefined;
}

/** Who said it is not known any more. */
export const SHARED: object = {};

/** A step of sets that are kept. */
export function stepOf(kind: 'answer' | 'alias', answer: readonly KeptSet[], target: Name | undefined): Step {
  const security = answer.every((set) => set.security === 'secure') ? 'secure' : answer[0]!.security;
  const until = Math.min(...answer.map((set) => set.until));
  return { kind, rcode: RCODE.NOERROR, answer, authority: [], target, came: until - answer[0]!.ttl * 1000, until, security };
}
