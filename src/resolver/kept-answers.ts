// What a resolver can say from what it keeps: steps, sets that came with other answers, and, in hard times, what is over (RFC 8767). Knows
// the cache; asks nobody.
import { INFO_CODE } from '../dns/extended-error.ts';
import { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { record } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import type { Denials } from './denials.ts';
import { isAnswer, targetOf } from './kept-set.ts';
import type { KeptSet, Security } from './kept-set.ts';
import type { RecordCache } from './record-cache.ts';
import type { Resolved } from './resolved.ts';
import { synthesized } from './scrub.ts';
import type { ResolverSettings } from './settings.ts';
import { stepOf } from './step.ts';
import type { Step } from './step.ts';

/** Aliases that what is over is followed along. */
const MOST_ALIASES = 11;
/** The last part of its life in which what is kept is asked for again, one in so many. */
const LAST = 10;

/** Answers without asking. */
export class KeptAnswers {
  readonly #settings: ResolverSettings;
  readonly #cache: RecordCache;
  readonly #now: () => number;

  readonly #denials: Denials | undefined;

  /** Without `denials` a denial says nothing of other names than its own. */
  constructor(settings: ResolverSettings, cache: RecordCache, now: () => number, denials?: Denials) {
    this.#settings = settings;
    this.#denials = denials;
    this.#cache = cache;
    this.#now = now;
  }

  /** What is kept for a question: what was said to it, or sets that came with other answers. */
  step(question: Question): Step | undefined {
    const { name, type, class: klass } = question;
    const step = this.#cache.step(name, type, klass);
    if (step !== undefined) return step;
    if (type === TYPE.ANY) return undefined;
    const set = this.#cache.set(name, type, klass);
    if (set !== undefined && isAnswer(set)) return stepOf('answer', [set], undefined);
    // A DS is its parent's word, which is asked for it: an alias at the name says nothing of that.
    const cname = type === TYPE.CNAME || type === TYPE.DS ? undefined : this.#cache.set(name, TYPE.CNAME, klass);
    if (cname !== undefined && isAnswer(cname)) return stepOf('alias', [cname], targetOf(cname.data[0]!));
    return this.#dname(name, klass) ?? this.#denial(name, type, klass) ?? this.#spanned(question);
  }
  /** A denial that came with a referral, with the SOA that who asks for it is to be told (RFC 2308 section 3); undefined without one. */
  told(step: Step | undefined): Step | undefined {
    if (step?.kind !== 'nodata' || step.authority.length === 0 || step.authority.some(({ type }) => type === TYPE.SOA)) return step;
    const soa = this.#denials?.soaOf(step);
    return soa && { ...step, authority: [soa, ...step.authority] };
  }
  /** What denials of other names say of it, below the servers that are given for it. */
  #spanned(question: Question): Step | undefined {
    if (this.#denials === undefined) return undefined;
    let above = Name.root;
    for (const { zone } of this.#settings.given) if (question.name.isUnder(zone) && zone.labels > above.labels) above = zone;
    return this.#denials.step(question, above);
  }
  #dname(name: Name, klass: number): Step | undefined {
    for (let above = name.parent; above !== undefined; above = above.parent) {
      const dname = this.#cache.set(above, TYPE.DNAME, klass);
      // One that nobody signed is asked for again: it speaks for all names below it, and for as long as it lives.
      if (dname === undefined || dname.security !== 'secure') continue;
      const made = synthesized(record(dname.name, TYPE.DNAME, klass, dname.ttl, dname.data[0]!), name);
      if (made === undefined) return undefined;
      const cname: KeptSet = { ...dname, name, type: TYPE.CNAME, data: [made.rdata], signatures: [] };
      return stepOf('alias', [dname, cname], targetOf(made.rdata));
    }
    return undefined;
  }
  /** Nothing exists below a name that does not exist, where that was proved (RFC 8020); nor of another type at it. */
  #denial(name: Name, type: number, klass: number): Step | undefined {
    if (!this.#settings.hardenBelowNxdomain) return undefined;
    for (let above: Name | undefined = name; above !== undefined && above.raw.length > 1; above = above.parent) {
      const denied = this.#cache.nxdomain(above, klass);
      if (denied !== undefined && (above === name || denied.security === 'secure') && type !== TYPE.DS) return denied;
      // Nobody above speaks for a zone whose servers are given.
      if (this.#settings.given.some(({ zone }) => zone.equals(above!))) return undefined;
    }
    return undefined;
  }

  /** Whether it is time to ask for it again, so that nobody has to wait. */
  isNearEnd({ came, until }: Step): boolean {
    return this.#settings.prefetch && until - this.#now() <= (until - came) / LAST;
  }
  /** What is over but not for too long, along its aliases; undefined where some of it was never known. */
  stale(question: Question): Resolved | undefined {
    const { stale } = this.#settings;
    if (stale === undefined) return undefined;
    const until = this.#now() + stale.ttl * 1000;
    const answer: KeptSet[] = [];
    const steps: Step[] = [];
    let asked = question;
    while (steps.length <= MOST_ALIASES) {
      const step = this.#cache.stale(asked.name, asked.type, asked.class);
      if (step === undefined || step.security === 'bogus' || step.until + stale.keep <= this.#now()) return undefined;
      steps.push(step);
      const now = this.#now();
      answer.push(...step.answer.map((set) => (set.until > now ? set : { ...set, until: now + Math.min(stale.ttl, set.ttl) * 1000 })));
      if (step.target === undefined) {
        const isName = step.rcode !== RCODE.NXDOMAIN;
        return { rcode: step.rcode, answer, authority: step.authority.map((set) => ({ ...set, until })), security: weakest(steps),
          why: undefined, code: isName ? INFO_CODE.STALE_ANSWER : INFO_CODE.STALE_NXDOMAIN_ANSWER };
      }
      asked = { ...question, name: step.target };
    }
    return undefined;
  }
}

/** Several steps of a chain may have the same proofs. */
export const once = (sets: readonly KeptSet[]): readonly KeptSet[] => (sets.length < 2 ? sets
  : sets.filter((set, i) => sets.findIndex((other) => other.type === set.type && other.name.equals(set.name)) === i));
const ORDER: readonly Security[] = ['bogus', 'unchecked', 'insecure', 'secure'];
/** An answer is no more secure than the least secure step to it. */
export const weakest = (steps: readonly Step[]): Security =>
  steps.reduce<Security>((worst, { security }) => (ORDER.indexOf(security) < ORDER.indexOf(worst) ? security : worst), 'secure');
