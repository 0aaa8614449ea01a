// Whether what a question led to is as its zone signed it (RFC 4035 section 5, RFC 6840): sets by their signatures, denials by their
// proofs. Knows steps and the trust in zones; asks only for keys.
import { INFO_CODE } from '../dns/extended-error.ts';
import type { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { TYPE } from '../dns/type-name.ts';
import { HashedDenials } from '../dnssec/validate/nsec3.ts';
import { provesNoData, provesNoName, provesWildcard } from '../dnssec/validate/nsec.ts';
import { rightmost } from '../dnssec/validate/proof.ts';
import type { Denial, Proof } from '../dnssec/validate/proof.ts';
import { isExpanded, isOwnDenial, signerOf, verifySet } from '../dnssec/validate/signed-set.ts';
import type { Errand } from './budget.ts';
import type { KeptSet, Security } from './kept-set.ts';
import type { Step } from './step.ts';
import type { Trust, ZoneTrust } from './trust.ts';
import { effortOf, whyNot } from './verdicts.ts';

/** What validation says of a step. */
export interface Validated {
  readonly security: Security;
  /** The name exists all the same: the denial is one of the type alone. */
  readonly exists?: true;
  readonly why?: string | undefined;
  readonly code?: number | undefined;
}
const INSECURE: Validated = { security: 'insecure' };
const SECURE: Validated = { security: 'secure' };

/** Validates steps. */
export class Validation {
  readonly #trust: Trust;
  constructor(trust: Trust) {
    this.#trust = trust;
  }

  /** Chains that are broken are tried again, as when the network is back. */
  forgetFailures(zone: Name): void {
    this.#trust.forgetFailures(zone);
  }
  /** Forgets what is known of a zone's keys. */
  forget(zone: Name): void {
    this.#trust.forget(zone);
  }
  /** Judges a step, and marks its sets. */
  async judge(step: Step, question: Question, by: Errand): Promise<Validated> {
    const isUnsigned = step.answer.every(({ signatures }) => signatures.length === 0);
    const errand = isUnsigned && step.authority.length > 0 ? { ...by, beside: [...(by.beside ?? []), ...step.authority] } : by;
    if (step.kind === 'nodata' || step.kind === 'nxdomain') return this.#denial(step, question, errand);
    // Signatures are not signed themselves (RFC 4035 section 2.2).
    if (question.type === TYPE.RRSIG) return INSECURE;
    let worst = SECURE;
    for (const set of step.answer) {
      const found = this.#isMade(set, step) ? SECURE : await this.#set(set, step, errand);
      if (found.security === 'bogus') return found;
      if (found.security === 'insecure') worst = INSECURE;
    }
    return worst;
  }
  /** A CNAME that we made ourselves of a DNAME, or the server did, is as good as that. */
  #isMade(set: KeptSet, { answer }: Step): boolean {
    return set.type === TYPE.CNAME
      && answer.some(({ type, name }) => type === TYPE.DNAME && set.name.isUnder(name) && !set.name.equals(name));
  }

  async #zoneOf(set: Pick<KeptSet, 'name' | 'type' | 'signatures'>, errand: Errand): Promise<ZoneTrust | undefined> {
    const signer = signerOf(set);
    const owner = set.type === TYPE.DS ? (set.name.parent ?? set.name) : set.name;
    return this.#trust.of(signer ?? owner, errand);
  }
  async #set(set: KeptSet, step: Step, errand: Errand): Promise<Validated> {
    if (set.security === 'secure' || set.security === 'insecure') return { security: set.security };
    const zone = await this.#zoneOf(set, errand);
    const early = stateOf(zone);
    if (early !== undefined) {
      if (early.security === 'insecure') set.security = 'insecure';
      return early;
    }
    const { verdict, labels, ttl } = verifySet(set, zone!.zone, zone!.keys, this.#trust.settings.wall() / 1000, effortOf(errand));
    if (verdict !== 'valid') return verdict === 'unsupported' ? INSECURE : { security: 'bogus', ...whyNot(verdict, set) };
    if (isExpanded(set, labels)) {
      // RFC 6672 section 3.3: nobody could tell what it is of.
      if (set.type === TYPE.DNAME) return { security: 'bogus', why: `a wildcard made ${set.name.text} DNAME`, code: 6 };
      const proof = this.#proof(step.authority, zone!, errand, {
        plain: (sets) => provesWildcard(sets, set.name, rightmost(set.name, labels)),
        hashed: (sets) => sets.provesWildcard(set.name, rightmost(set.name, labels)),
      });
      if (proof === 'missing') return { security: 'bogus', why: `nothing proves that ${set.name.text} has no records of its own`, code: 6 };
      if (proof === 'insecure') return INSECURE;
    }
    set.security = 'secure';
    shorten(set, ttl);
    return SECURE;
  }

  async #denial(step: Step, { name, type }: Question, errand: Errand): Promise<Validated> {
    const soa = step.authority.find((set) => set.type === TYPE.SOA);
    // Proofs beside an unsigned SOA are the parent's.
    const isOwn = soa === undefined || signerOf(soa) !== undefined;
    const signed = isOwn ? step.authority.find((set) => signerOf(set) !== undefined) : undefined;
    const asked = { name: type === TYPE.DS ? (name.parent ?? name) : name, type: 0, signatures: [] };
    const zone = await this.#zoneOf(signed ?? asked, errand);
    const early = stateOf(zone);
    if (early !== undefined) return early;
    if (signed === undefined) return { security: 'bogus', why: `nothing signed proves what is said of ${name.text}`, code: 10 };
    const about = soa === undefined ? 'valid' : this.#verdict(soa, zone!, errand);
    if (about !== 'valid') return { security: 'bogus', ...whyNot(about, soa!) };
    const isNoName = step.kind === 'nxdomain';
    const proof = this.#proof(step.authority, zone!, errand, {
      plain: (sets) => (isNoName ? provesNoName(sets, name) : provesNoData(sets, name, type)),
      hashed: (sets) => (isNoName ? sets.provesNoName(name) : sets.provesNoData(name, type)),
    });
    if (proof === 'insecure') return INSECURE;
    if (proof === 'missing' && isNoName && this.#proof(step.authority, zone!, errand, {
      plain: (sets) => provesNoData(sets, name, type), hashed: (sets) => sets.provesNoData(name, type),
    }) === 'proven') {
      for (const set of step.authority) set.security = 'secure';
      return { security: 'secure', exists: true };
    }
    if (proof === 'missing') {
      const denials = step.authority.filter((set) => set.type === TYPE.NSEC || set.type === TYPE.NSEC3);
      const bad = denials.find((set) => this.#verdict(set, zone!, errand) !== 'valid');
      if (bad !== undefined) return { security: 'bogus', ...whyNot(this.#verdict(bad, zone!, errand), bad) };
      const code = denials.length > 0 ? INFO_CODE.DNSSEC_BOGUS : INFO_CODE.NSEC_MISSING;
      return { security: 'bogus', why: `nothing proves what is said of ${name.text}`, code };
    }
    for (const set of step.authority) set.security = 'secure';
    return SECURE;
  }
  #verdict(set: KeptSet, zone: ZoneTrust, errand: Errand): ReturnType<typeof verifySet>['verdict'] {
    return set.security === 'secure' ? 'valid'
      : verifySet(set, zone.zone, zone.keys, this.#trust.settings.wall() / 1000, effortOf(errand)).verdict;
  }
  #isOwn(set: KeptSet, zone: ZoneTrust, errand: Errand): boolean {
    const { verdict, labels } = verifySet(set, zone.zone, zone.keys, this.#trust.settings.wall() / 1000, effortOf(errand));
    return verdict === 'valid' && isOwnDenial(set, labels, zone.zone);
  }
  /** What the signed records of either kind prove. */
  #proof(sets: readonly KeptSet[], zone: ZoneTrust, errand: Errand, by: {
    readonly plain: (sets: readonly Denial[]) => Proof; readonly hashed: (sets: HashedDenials) => Proof;
  }): Proof {
    const good = (wanted: number): Denial[] => sets.filter((set) => set.type === wanted && this.#isOwn(set, zone, errand))
      .map((set) => ({ name: set.name, data: set.data[0]! }));
    const plain = good(TYPE.NSEC);
    const proof = plain.length === 0 ? 'missing' : by.plain(plain);
    if (proof !== 'missing') return proof;
    const hashed = good(TYPE.NSEC3);
    return hashed.length === 0 ? 'missing' : by.hashed(new HashedDenials(hashed, this.#trust.settings.mostIterations));
  }
}

/** What is decided before any signature is looked at. */
function stateOf(zone: ZoneTrust | undefined): Validated | undefined {
  if (zone === undefined || zone.state === 'insecure') return INSECURE;
  return zone.state === 'bogus' ? { security: 'bogus', why: zone.why, code: zone.code } : undefined;
}
/** A set lives no longer than it was signed for. */
function shorten(set: KeptSet, seconds: number): void {
  if (seconds >= set.ttl) return;
  const made = set as { -readonly [key in keyof KeptSet]: KeptSet[key] };
  made.until -= (set.ttl - seconds) * 1000;
  made.ttl = seconds;
}
