// Which keys a zone has, along the chain from an anchor down (RFC 4035 section 5): DS, DNSKEY, and the proof where a zone has no DS. Knows
// zones and their keys; knows no answer.
import { INFO_CODE } from '../dns/extended-error.ts';
import type { Name } from '../dns/name.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { SHA1, setHas } from '../dnssec/delegation.ts';
import { VerifyingKey } from '../dnssec/verification.ts';
import { HashedDenials } from '../dnssec/validate/nsec3.ts';
import { provesCut, provesWildcard } from '../dnssec/validate/nsec.ts';
import type { CutProof } from '../dnssec/validate/proof.ts';
import { rightmost } from '../dnssec/validate/proof.ts';
import { isExpanded, isOwnDenial, verifySet } from '../dnssec/validate/signed-set.ts';
import { anchorOf } from './anchors.ts';
import type { TrustAnchor, ValidationSettings } from './anchors.ts';
import { ResolutionError } from './budget.ts';
import type { Errand } from './budget.ts';
import type { KeptSet } from './kept-set.ts';
import type { RecordCache } from './record-cache.ts';
import type { Step } from './step.ts';
import { signalName } from './sentinel.ts';
import type { Question } from '../dns/parts.ts';
import { effortOf, whyNot } from './verdicts.ts';

/** What is known of a zone's keys. */
export interface ZoneTrust {
  readonly zone: Name;
  readonly state: 'secure' | 'insecure' | 'bogus';
  readonly keys: readonly VerifyingKey[];
  /** Milliseconds of the clock. */
  readonly until: number;
  readonly why: string | undefined;
  readonly code: number | undefined;
}

/** How often another server is asked where what one said is bogus. */
const MOST_AGAIN = 3;
/** How long a failed chain is believed to be one, in milliseconds, and one of which nothing could be had: then it is tried again. */
const BOGUS = 60_000, NOTHING = 5000;
const MOST = 10_000;
const NO_KEYS: readonly VerifyingKey[] = [];

/** Keys of zones, kept. */
export class Trust {
  readonly settings: ValidationSettings;
  readonly #fetch: (question: Question, errand: Errand) => Promise<Step>;
  readonly #now: () => number;
  readonly #cache: RecordCache;
  readonly #signal: ((name: Name) => void) | undefined;
  readonly #zones = new Map<string, ZoneTrust>();

  /** `fetch` asks without validating; `signal` asks for a name that tells its zone what is trusted. */
  constructor(
    settings: ValidationSettings, cache: RecordCache, now: () => number, fetch: (question: Question, errand: Errand) => Promise<Step>,
    signal?: (name: Name) => void,
  ) {
    this.settings = settings;
    this.#cache = cache;
    this.#now = now;
    this.#fetch = fetch;
    this.#signal = signal;
  }

  /** The zone that the name is in, as far as the chain of trust leads towards it. Undefined where nothing is trusted above it. */
  async of(name: Name, errand: Errand): Promise<ZoneTrust | undefined> {
    const anchor = anchorOf(this.settings, name);
    if (anchor === undefined) return undefined;
    let at = this.#nearest(name, anchor) ?? await this.#anchored(anchor, errand);
    for (let labels = at.zone.labels + 1; at.state === 'secure' && labels <= name.labels; labels++) {
      const child = rightmost(name, labels);
      const found = await this.#child(at, child, errand);
      if (found === 'no name') return at;
      if (found !== undefined) at = found;
    }
    return at;
  }
  /** What is kept of the nearest zone between the name and the anchor. */
  #nearest(name: Name, { zone }: TrustAnchor): ZoneTrust | undefined {
    for (let at: Name | undefined = name; at?.isUnder(zone) === true; at = at.parent) {
      const known = this.#zones.get(at.key);
      if (known !== undefined && known.until > this.#now()) return known;
    }
    return undefined;
  }
  #keep(trust: ZoneTrust): ZoneTrust {
    this.#zones.set(trust.zone.key, trust);
    if (this.#zones.size > MOST) this.#zones.delete(this.#zones.keys().next().value!);
    return trust;
  }
  /** Those at and below this one that failed are asked for again. */
  forgetFailures(above: Name): void {
    for (const [key, { state, zone }] of this.#zones) if (state === 'bogus' && zone.isUnder(above)) this.#zones.delete(key);
  }
  /** Forgets what is known of a zone's keys: the next one who wants them asks. */
  forget(zone: Name): void {
    this.#zones.delete(zone.key);
  }
  #bogus(zone: Name, why: string, code: number): ZoneTrust {
    return this.#keep(this.#broken(zone, why, code));
  }
  #broken(zone: Name, why: string, code: number): ZoneTrust {
    return { zone, state: 'bogus', keys: NO_KEYS, until: this.#now() + BOGUS, why, code };
  }
  #insecure(zone: Name, until: number): ZoneTrust {
    return this.#keep({ zone, state: 'insecure', keys: [], until, why: undefined, code: undefined });
  }

  async #anchored(anchor: TrustAnchor, errand: Errand): Promise<ZoneTrust> {
    const { zone, ds, keys } = anchor;
    const usable = this.#usable(ds);
    if (usable.length === 0 && !keys.some((data) => this.settings.supports(data[3] ?? 0))) return this.#insecure(zone, Infinity);
    const isTrusted = (data: Uint8Array): boolean =>
      setHas(usable, zone.folded.octets, data) || keys.some((key) => Buffer.compare(key, data) === 0);
    this.#signal?.(signalName(anchor));
    const found = await this.#entered(zone, isTrusted, Infinity, errand);
    // Who wishes for that does without validation where a zone's keys cannot be had at all.
    const isMissing = this.#cache.set(zone, TYPE.DNSKEY, CLASS.IN) === undefined;
    return found.state === 'bogus' && isMissing && !this.settings.hardenStripped ? this.#insecure(zone, found.until) : found;
  }
  /** The DS that can be checked; where there are others, SHA-1 does not count (RFC 4509 section 3). */
  #usable(ds: readonly Uint8Array[]): Uint8Array[] {
    const known = ds.filter((data) => data.length > 4 && this.settings.supports(data[2]!) && this.settings.supportsDigest(data[3]!));
    const better = known.filter((data) => data[3] !== SHA1);
    return better.length > 0 ? better : known;
  }
  /** Asks for a zone's keys, one of which is trusted already. */
  async #entered(zone: Name, isTrusted: (data: Uint8Array) => boolean, until: number, errand: Errand, again = 0): Promise<ZoneTrust> {
    const question = { name: zone, type: TYPE.DNSKEY, class: CLASS.IN };
    const asked = await this.#asked(question, errand);
    const step = asked instanceof ResolutionError ? undefined : asked;
    const found = this.#keysOf(step, zone, isTrusted, until, errand);
    if (found.state !== 'bogus' || step?.said === undefined || again >= MOST_AGAIN) return this.#keep(found);
    errand.avoided.push(step.said);
    this.#cache.forgetStep(zone, TYPE.DNSKEY, CLASS.IN);
    const other = await this.#entered(zone, isTrusted, until, errand, again + 1);
    return other.state === 'bogus' ? this.#keep(found) : other;
  }
  #keysOf(step: Step | undefined, zone: Name, isTrusted: (data: Uint8Array) => boolean, until: number, errand: Errand): ZoneTrust {
    const set = step?.answer.find(({ type, name }) => type === TYPE.DNSKEY && name.equals(zone));
    if (set === undefined) {
      const broken = this.#broken(zone, `no DNSKEY of ${zone.text}`, INFO_CODE.DNSKEY_MISSING);
      return step === undefined ? { ...broken, until: this.#now() + NOTHING } : broken;
    }
    const trusted = set.data.filter(isTrusted).map((data) => new VerifyingKey(data));
    if (trusted.length === 0) return this.#broken(zone, `no DNSKEY of ${zone.text} is the one that is trusted`, INFO_CODE.DNSKEY_MISSING);
    const { verdict, ttl } = verifySet(set, zone, trusted, this.settings.wall() / 1000, effortOf(errand));
    if (verdict !== 'valid') {
      const { why, code } = whyNot(verdict, set);
      return this.#broken(zone, why, code);
    }
    set.security = 'secure';
    const keys = set.data.map((data) => trusted.find((key) => key.data === data) ?? new VerifyingKey(data));
    return { zone, state: 'secure', keys, until: Math.min(until, set.until, this.#now() + ttl * 1000), why: undefined, code: undefined };
  }
  async #asked(question: Question, errand: Errand): Promise<Step | ResolutionError> {
    try {
      return await this.#fetch(question, errand);
    } catch (error) {
      if (error instanceof ResolutionError && !error.isPassing) return error;
      throw error;
    }
  }

  /** The zone of that name below a zone with keys; undefined where no zone begins there. */
  async #child(parent: ZoneTrust, name: Name, errand: Errand, again = 0): Promise<ZoneTrust | 'no name' | undefined> {
    const proof = this.#keptCut(parent, name, errand);
    if (proof !== undefined) return proof.cut === 'no cut' ? undefined : this.#insecure(name, Math.min(proof.until, parent.until));
    const { beside } = errand;
    const here = beside === undefined || beside.length === 0 ? 'missing' : this.#cut(parent, name, beside, errand);
    if (here === 'unsigned cut' || here === 'insecure') {
      return this.#insecure(name, Math.min(parent.until, ...beside!.map(({ until }) => until)));
    }
    const step = await this.#asked({ name, type: TYPE.DS, class: CLASS.IN }, errand);
    if (step instanceof ResolutionError) return { ...this.#broken(name, `no answer for the DS of ${name.text}`, step.code), until: 0 };
    const found = await this.#fromDs(parent, name, step, errand);
    // DNSKEYs were asked for elsewhere already; a DS, or the proof that there is none, was not.
    if (typeof found !== 'object' || found.state !== 'bogus' || again >= MOST_AGAIN) return found;
    // Where the DS holds, only one that no key fits may be an old one.
    if (found.code !== INFO_CODE.DNSKEY_MISSING && step.answer.some(({ type, security }) => type === TYPE.DS && security === 'secure')) {
      return found;
    }
    // Who said it beside a referral is not known any more, and is asked itself at first.
    if (step.said !== undefined) errand.avoided.push(step.said);
    this.#cache.forgetStep(name, TYPE.DS, CLASS.IN);
    this.#cache.forget(name, TYPE.DS, CLASS.IN);
    this.#zones.delete(name.key);
    const other = await this.#child(parent, name, errand, again + 1);
    return typeof other === 'object' && other.state === 'bogus' ? this.#keep(found) : other;
  }
  async #fromDs(parent: ZoneTrust, name: Name, step: Step, errand: Errand): Promise<ZoneTrust | 'no name' | undefined> {
    const ds = step.answer.find(({ type }) => type === TYPE.DS);
    if (ds !== undefined) return this.#delegated(parent, name, ds, errand);
    if (step.kind === 'alias') return this.#aliased(parent, name, step, errand);
    const until = step.until;
    const cut = this.#cut(parent, name, step.authority, errand);
    if (cut === 'no cut') return undefined;
    if (cut === 'no name') return 'no name';
    if (cut === 'missing') return this.#bogus(name, `nothing proves that there is no DS of ${name.text}`, INFO_CODE.NSEC_MISSING);
    return this.#insecure(name, Math.min(until, parent.until));
  }
  /** What a kept NSEC of the name says. */
  #keptCut(parent: ZoneTrust, name: Name, errand: Errand): { readonly cut: CutProof; readonly until: number } | undefined {
    const nsec = this.#cache.set(name, TYPE.NSEC, CLASS.IN);
    if (nsec === undefined || !this.#isOwn(parent, nsec, errand)) return undefined;
    const cut = provesCut([{ name, data: nsec.data[0]! }], name);
    return cut === 'no cut' || cut === 'unsigned cut' ? { cut, until: nsec.until } : undefined;
  }
  async #delegated(parent: ZoneTrust, name: Name, ds: KeptSet, errand: Errand): Promise<ZoneTrust> {
    const { verdict } = this.#verify(parent, ds, errand);
    if (verdict !== 'valid') {
      const { why, code } = whyNot(verdict, ds);
      return this.#bogus(name, why, code);
    }
    ds.security = 'secure';
    const usable = this.#usable(ds.data);
    const until = Math.min(ds.until, parent.until);
    if (usable.length === 0) return this.#insecure(name, until);
    return this.#entered(name, (data) => setHas(usable, name.folded.octets, data), until, errand);
  }
  /** An alias is no zone's beginning. */
  #aliased(parent: ZoneTrust, name: Name, step: Step, errand: Errand): ZoneTrust | undefined {
    const dname = step.answer.find(({ type }) => type === TYPE.DNAME);
    const set = dname ?? step.answer[0]!;
    const { verdict, labels } = this.#verify(parent, set, errand);
    if (verdict !== 'valid') {
      const { why, code } = whyNot(verdict, set);
      return this.#bogus(name, why, code);
    }
    if (!isExpanded(set, labels) || this.#provesWildcard(parent, set.name, labels, step.authority, errand)) return undefined;
    return this.#bogus(name, `nothing proves that ${set.name.text} has no records of its own`, INFO_CODE.DNSSEC_BOGUS);
  }
  /** Whether the wildcard of so many labels may stand for the name. */
  #provesWildcard(parent: ZoneTrust, name: Name, labels: number, sets: readonly KeptSet[], errand: Errand): boolean {
    const of = (type: number) => sets.filter((set) => set.type === type && this.#isOwn(parent, set, errand))
      .map((set) => ({ name: set.name, data: set.data[0]! }));
    if (provesWildcard(of(TYPE.NSEC), name, rightmost(name, labels)) === 'proven') return true;
    return new HashedDenials(of(TYPE.NSEC3), this.settings.mostIterations).provesWildcard(name, rightmost(name, labels)) !== 'missing';
  }
  #verify(parent: ZoneTrust, set: KeptSet, errand: Errand): ReturnType<typeof verifySet> {
    return verifySet(set, parent.zone, parent.keys, this.settings.wall() / 1000, effortOf(errand));
  }
  #isOwn(parent: ZoneTrust, set: KeptSet, errand: Errand): boolean {
    const { verdict, labels } = this.#verify(parent, set, errand);
    return verdict === 'valid' && isOwnDenial(set, labels, parent.zone);
  }
  #cut(parent: ZoneTrust, name: Name, sets: readonly KeptSet[], errand: Errand): CutProof {
    const of = (type: number) => sets.filter((set) => set.type === type && this.#isOwn(parent, set, errand))
      .map((set) => ({ name: set.name, data: set.data[0]! }));
    const plain = of(TYPE.NSEC);
    if (plain.length > 0) {
      const proof = provesCut(plain, name);
      if (proof !== 'missing') return proof;
    }
    const hashed = of(TYPE.NSEC3);
    return hashed.length === 0 ? 'missing' : new HashedDenials(hashed, this.settings.mostIterations).provesCut(name);
  }
}
