// Answers a question: from what is kept, or by asking, along all its aliases. Knows steps; knows nothing of servers and of clients.
import type { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { TYPE } from '../dns/type-name.ts';
import { record } from '../dns/rr.ts';
import { Budget, ResolutionError } from './budget.ts';
import type { ExchangeParts } from './exchange.ts';
import { Iteration } from './iteration.ts';
import type { Errand } from './budget.ts';
import { RANK, targetOf } from './kept-set.ts';
import type { KeptSet, Security } from './kept-set.ts';
import { RecordCache } from './record-cache.ts';
import type { Step } from './record-cache.ts';
import { synthesized } from './scrub.ts';
import type { ValidationSettings } from './anchors.ts';
import { Trust } from './trust.ts';
import { Validation } from './validation.ts';
import type { ResolverSettings } from './settings.ts';

/** What resolving a question gave. */
export interface Resolved {
  readonly rcode: number;
  /** Aliases first. */
  readonly answer: readonly KeptSet[];
  readonly authority: readonly KeptSet[];
  readonly security: Security;
  /** Why there is no answer, for people, and the info code of the Extended DNS Error (RFC 8914). */
  readonly why: string | undefined;
  readonly code: number | undefined;
}

/** How often another server is asked where what one said is bogus. */
const MOST_AGAIN = 3;
/** Milliseconds that one question may take, and for how long a failure is kept (RFC 9520). */
const PATIENCE = 15_000, FAILED = 5_000;

/** A resolver, with what it keeps. */
export class Resolver {
  readonly cache: RecordCache;
  readonly #iteration: Iteration;
  readonly #validation: Validation | undefined;
  readonly #settings: ResolverSettings;
  readonly #permissive: boolean;
  readonly #parts: ExchangeParts;
  readonly #underWay = new Map<string, Promise<Resolved>>();
  readonly #failures = new Map<string, { readonly until: number; readonly result: Resolved }>();

  /** Without `validation` nothing is looked at. */
  constructor(settings: ResolverSettings, parts: ExchangeParts, validation?: ValidationSettings) {
    this.#settings = settings;
    this.#parts = parts;
    this.#permissive = validation?.permissive === true;
    this.cache = new RecordCache(parts.now);
    this.#iteration = new Iteration(settings, this.cache, parts);
    const fetch = (question: Question, errand: Errand): Promise<Step> => this.#fetch(question, errand);
    if (validation !== undefined) this.#validation = new Validation(new Trust(validation, this.cache, parts.now, fetch));
  }
  async #fetch(question: Question, errand: Errand): Promise<Step> {
    const { name, type, class: klass } = question;
    const ds = type === TYPE.DS ? this.cache.set(name, type, klass) : undefined;
    if (ds !== undefined) return stepOf('answer', [ds], undefined);
    return this.kept(question) ?? await this.#iteration.ask(question, errand);
  }
  /** A step, asked for again elsewhere where it is bogus. */
  async #step(question: Question, errand: Errand): Promise<Step> {
    let step = await this.#judged(this.kept(question) ?? await this.#iteration.ask(question, errand), question, errand);
    for (let again = 0; again < MOST_AGAIN && step.security === 'bogus' && step.said !== undefined; again++) {
      errand.avoided.add(step.said);
      try {
        step = await this.#judged(await this.#iteration.ask(question, errand), question, errand);
      } catch (error) {
        if (error instanceof ResolutionError) return step;
        throw error;
      }
    }
    return step;
  }
  async #judged(step: Step, question: Question, errand: Errand): Promise<Step> {
    if (this.#validation === undefined || step.security !== 'unchecked') return step;
    const { security, why, code } = await this.#validation.judge(step, question, errand);
    step.security = security;
    step.why = why;
    step.code = code;
    if (security === 'bogus' && this.#permissive) step.security = 'insecure';
    else if (security === 'bogus') this.cache.forgetStep(question.name, question.type, question.class);
    return step;
  }

  /** Equal questions that come while one is under way share it. Never rejects for what servers do. */
  resolve(question: Question): Promise<Resolved> {
    const key = `${question.type}/${question.class}/${question.name.key}`;
    const failed = this.#failures.get(key);
    if (failed !== undefined && failed.until > this.#parts.now()) return Promise.resolve(failed.result);
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const begun = this.#resolve(question).then((result) => {
      this.#underWay.delete(key);
      if (result.rcode === RCODE.SERVFAIL) this.#failures.set(key, { until: this.#parts.now() + FAILED, result });
      else this.#failures.delete(key);
      return result;
    });
    this.#underWay.set(key, begun);
    return begun;
  }
  async #resolve(question: Question): Promise<Resolved> {
    const budget = new Budget(this.#settings, this.#parts.now() + PATIENCE);
    try {
      return await this.follow(question, { budget, depth: 0, pending: new Set(), avoided: new Set() });
    } catch (error) {
      if (!(error instanceof ResolutionError)) throw error;
      return { rcode: RCODE.SERVFAIL, answer: [], authority: [], security: 'unchecked', why: error.message, code: error.code };
    }
  }

  /** The answer along all aliases. Throws ResolutionError. */
  async follow(question: Question, errand: Errand): Promise<Resolved> {
    const answer: KeptSet[] = [];
    const proofs: KeptSet[] = [];
    const steps: Step[] = [];
    let asked = question;
    for (let aliases = 0; aliases <= errand.budget.aliases; aliases++) {
      const step = await this.#step(asked, errand);
      if (step.security === 'bogus') {
        return { rcode: RCODE.SERVFAIL, answer: [], authority: [], security: 'bogus', why: step.why, code: step.code };
      }
      steps.push(step);
      answer.push(...step.answer.filter((set) => !answer.includes(set)));
      if (step.target === undefined) {
        const authority = [...proofs, ...step.authority];
        return { rcode: step.rcode, answer, authority, security: weakest(steps), why: step.why, code: step.code };
      }
      proofs.push(...step.authority);
      asked = { ...question, name: step.target };
    }
    throw new ResolutionError('too many aliases', 22);
  }

  /** What is kept for a question: what was said to it, or sets that came with other answers. */
  kept(question: Question): Step | undefined {
    const { name, type, class: klass } = question;
    const step = this.cache.step(name, type, klass);
    if (step !== undefined) return step;
    if (type === TYPE.ANY) return undefined;
    const set = this.cache.set(name, type, klass);
    if (set !== undefined && set.rank >= RANK.HEARSAY) return stepOf('answer', [set], undefined);
    const cname = type === TYPE.CNAME ? undefined : this.cache.set(name, TYPE.CNAME, klass);
    if (cname !== undefined && cname.rank >= RANK.HEARSAY) return stepOf('alias', [cname], targetOf(cname.data[0]!));
    return this.#keptDname(name, klass) ?? this.#keptDenial(name, type, klass);
  }
  #keptDname(name: Name, klass: number): Step | undefined {
    for (let above = name.parent; above !== undefined; above = above.parent) {
      const dname = this.cache.set(above, TYPE.DNAME, klass);
      if (dname === undefined || dname.rank < RANK.HEARSAY) continue;
      const made = synthesized(record(dname.name, TYPE.DNAME, klass, dname.ttl, dname.data[0]!), name);
      if (made === undefined) return undefined;
      const cname: KeptSet = { ...dname, name, type: TYPE.CNAME, data: [made.rdata], signatures: [] };
      return stepOf('alias', [dname, cname], targetOf(made.rdata));
    }
    return undefined;
  }
  /** Nothing exists below a name that does not exist, where that was proved (RFC 8020); nor of another type at it. */
  #keptDenial(name: Name, type: number, klass: number): Step | undefined {
    if (!this.#settings.hardenBelowNxdomain) return undefined;
    for (let above: Name | undefined = name; above !== undefined && above.raw.length > 1; above = above.parent) {
      const denied = this.cache.nxdomain(above, klass);
      if (denied !== undefined && (above === name || denied.security === 'secure') && type !== TYPE.DS) return denied;
    }
    return undefined;
  }
}

function stepOf(kind: 'answer' | 'alias', answer: readonly KeptSet[], target: Name | undefined): Step {
  return { kind, rcode: RCODE.NOERROR, answer, authority: [], target, until: Math.min(...answer.map(({ until }) => until)),
    security: answer.every(({ security }) => security === 'secure') ? 'secure' : answer[0]!.security };
}
const ORDER: readonly Security[] = ['bogus', 'unchecked', 'insecure', 'secure'];
/** An answer is no more secure than the least secure step to it. */
const weakest = (steps: readonly Step[]): Security =>
  steps.reduce<Security>((worst, { security }) => (ORDER.indexOf(security) < ORDER.indexOf(worst) ? security : worst), 'secure');
