// Answers a question: from what is kept, or by asking, along all its aliases. Knows steps; knows nothing of servers and of clients.
import { INFO_CODE } from '../dns/extended-error.ts';
import type { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { CLASS, TYPE, typeName } from '../dns/type-name.ts';
import { Budget, NOBODY, ResolutionError } from './budget.ts';
import { Denials } from './denials.ts';
import { reportName } from './error-reports.ts';
import type { ExchangeParts } from './exchange.ts';
import { EqualQuestions } from './equal-questions.ts';
import { Iteration } from './iteration.ts';
import type { Errand } from './budget.ts';
import { KeptAnswers, once, weakest } from './kept-answers.ts';
import { stepOf } from './step.ts';
import type { KeptSet } from './kept-set.ts';
import { OneAsks } from './one-asks.ts';
import type { Resolved } from './resolved.ts';
import { RecordCache } from './record-cache.ts';
import type { Step } from './step.ts';
import type { ValidationSettings } from './anchors.ts';
import { StoppedError, show } from './server-watch.ts';
import type { Stop, Watch } from './server-watch.ts';
import { Trust } from './trust.ts';
import { Validation } from './validation.ts';
import { within } from './within.ts';
import type { Validated } from './validation.ts';
import type { ResolverSettings, StaleSettings } from './settings.ts';

/** How often another server is asked where what one said is bogus. */
const MOST_AGAIN = 3;

/** A resolver, with what it keeps. */
export class Resolver {
  readonly cache: RecordCache;
  readonly #iteration: Iteration;
  readonly #validation: Validation | undefined;
  readonly settings: ResolverSettings;
  /** What is trusted; undefined where nothing is. */
  readonly trusts: ValidationSettings | undefined;
  readonly #parts: ExchangeParts;
  readonly #kept: KeptAnswers;
  readonly denials: Denials | undefined;
  readonly #equal: EqualQuestions;

  /** Without `validation` nothing is looked at. */
  constructor(settings: ResolverSettings, parts: ExchangeParts, validation?: ValidationSettings) {
    this.settings = settings;
    this.#parts = parts;
    this.#equal = new EqualQuestions(parts.now, new OneAsks({ ...parts.turns, now: parts.now, after: parts.after }),
      () => this.#iteration.notice());
    this.trusts = validation;
    this.cache = new RecordCache(parts.now, parts.records, validation !== undefined);
    if (validation?.aggressive === true) this.denials = new Denials(parts.now, validation.mostIterations);
    this.#kept = new KeptAnswers(settings, this.cache, parts.now, this.denials);
    this.#iteration = new Iteration(settings, this.cache, parts, async (step, question, errand) =>
      settings.hardenBelowNxdomain && (await this.#judged(step, question, errand)).security === 'secure', (zone) => this.#back(zone));
    const fetch = (question: Question, errand: Errand): Promise<Step> => this.#fetch(question, errand);
    const signal = validation?.signals === true ? (name: Name): void => this.#signal(name) : undefined;
    if (validation !== undefined) this.#validation = new Validation(new Trust(validation, this.cache, parts.now, fetch, signal));
  }
  /** What failed for want of servers may be asked for at once. */
  #back(zone: Name): void {
    this.#equal.failures.forgetBelow(zone);
    this.#validation?.forgetFailures(zone);
  }
  readonly #cached = { isKnown: (question: Question): boolean => this.#kept.step(question) !== undefined,
    lookAnew: (question: Question): void => this.cache.lookAnew(question) };
  readonly now = (): number => this.#parts.now();
  /** Whether a set of a zone's own is as the zone signed it, where these are the zone's keys. */
  async judgeApex(keys: KeptSet | undefined, set: KeptSet): Promise<Validated> {
    const { name, type, class: klass } = set;
    if (this.#validation === undefined) return { security: 'insecure' };
    const errand = { ...this.#errand(), ...(keys && { brought: keys }) };
    const found = await this.#validation.judge(stepOf('answer', [set], undefined), { name, type, class: klass }, errand);
    // Whoever brought wrong ones says nothing about the zone's own.
    if (found.security === 'bogus') this.#validation.forget(name);
    return found;
  }
  /** What a server says now, none of these, whatever is kept: nobody has looked at it. Rejects with a ResolutionError. */
  askAnew(question: Question, avoided: Set<object>): Promise<Step> {
    return this.#iteration.ask(question, { ...this.#errand(), avoided: [...avoided] });
  }
  /** Asks for what nobody waits for (RFC 8145, RFC 9567). */
  #signal(name: Name, type: number = TYPE.NULL): void {
    const question: Question = { name, type, class: CLASS.IN };
    if (this.#kept.step(question) === undefined) void this.#iteration.ask(question, this.#errand()).catch(unlessOver);
  }
  #report({ agent, code }: Step, question: Question): void {
    const name = agent === undefined || code === undefined ? undefined : reportName(question, code, agent);
    if (name !== undefined) this.#signal(name, TYPE.TXT);
  }
  async #fetch(question: Question, errand: Errand): Promise<Step> {
    const { name, type, class: klass } = question;
    const { brought } = errand;
    if (brought?.type === type && brought.name.equals(name)) return stepOf('answer', [brought], undefined);
    const ds = type === TYPE.DS ? this.cache.set(name, type, klass) : undefined;
    if (ds !== undefined) return stepOf('answer', [ds], undefined);
    return this.#kept.step(question) ?? await this.#iteration.ask(question, errand);
  }
  /** A step, asked for again elsewhere where it is bogus. */
  async #step(question: Question, errand: Errand): Promise<Step> {
    const bare = this.#kept.step(question);
    const kept = this.#kept.told(bare);
    if (errand.watch !== undefined && kept !== undefined) this.#showNearest(question, errand.watch);
    if (kept !== undefined && this.#kept.isNearEnd(kept)) this.#refresh(question, kept.until);
    const found = this.#judged(kept ?? await this.#asked(question, errand, bare), question, errand);
    let step = found instanceof Promise ? await found : found;
    for (let again = 0; again < MOST_AGAIN && step.security === 'bogus' && step.said !== undefined; again++) {
      errand.avoided.push(step.said);
      try {
        step = await this.#judged(await this.#iteration.ask(question, errand), question, errand);
      } catch (error) {
        if (error instanceof ResolutionError) return step;
        throw error;
      }
    }
    return step;
  }
  /** What servers say; where nobody says anything, what is known otherwise. */
  async #asked(question: Question, errand: Errand, bare: Step | undefined): Promise<Step> {
    try {
      return await this.#iteration.ask(question, errand);
    } catch (error) {
      if (bare !== undefined && error instanceof ResolutionError) return bare;
      throw error;
    }
  }
  /** Shows the servers that what is kept came from. */
  #showNearest(question: Question, watch: Watch): void {
    const at = this.#iteration.delegations.nearest(question, NOBODY);
    if (at !== undefined) show(watch, at);
  }
  #judged(step: Step, question: Question, errand: Errand): Step | Promise<Step> {
    if (this.#validation !== undefined && step.security === 'unchecked') return this.#validated(this.#validation, step, question, errand);
    step.before = undefined;
    return step;
  }
  async #validated(validation: Validation, step: Step, question: Question, errand: Errand): Promise<Step> {
    const { security, exists, why, code } = await validation.judge(step, question, { ...errand, watch: undefined });
    if (exists === true) {
      const nodata: Step = { ...step, kind: 'nodata', rcode: RCODE.NOERROR, security };
      this.cache.forgetStep(question.name, question.type, question.class);
      this.cache.keepStep(question.name, question.type, question.class, nodata);
      this.#learn(nodata);
      return nodata;
    }
    if (security !== 'bogus') step.before = undefined;
    step.security = security;
    if (security !== 'bogus') this.cache.judged(question, step);
    step.why ??= why;
    step.code ??= code;
    if (security === 'bogus') this.#report(step, question);
    if (security === 'bogus' && this.trusts?.permissive === true) step.security = 'insecure';
    else if (security === 'secure') this.#learn(step);
    else if (security === 'bogus') this.cache.forgetStep(question.name, question.type, question.class);
    return step;
  }

  /** Secure denials are of use for other names, unless their zone contradicts them. */
  #learn(step: Step): void {
    if (this.denials === undefined) return;
    if (step.kind === 'nodata' || step.kind === 'nxdomain') this.denials.learn(step);
    else for (const set of step.answer) this.denials.contradict(set);
  }

  /** What was said, for who checks it himself (CD): secure only where that is known already. Never rejects for what servers do. */
  resolveUnchecked(question: Question, watch?: Watch): Promise<Resolved> {
    return this.#patiently(question, this.#shared(question, watch, false));
  }
  /** What is kept, and nobody asked: the answer, or else the nearest servers that are known. */
  known(question: Question): Resolved | Promise<Resolved> {
    const { name, class: klass } = question;
    const failed = this.#equal.failed(question);
    if (failed !== undefined) return failed;
    const step = this.#kept.step(question);
    const isGood = step !== undefined && (this.#validation === undefined || step.security === 'secure' || step.security === 'insecure');
    if (isGood) return { ...step, why: undefined, code: undefined };
    const old = this.#kept.stale(question);
    if (old !== undefined) {
      void this.#shared(question);
      return old;
    }
    let servers: KeptSet | undefined;
    for (let zone: Name | undefined = name; zone !== undefined && servers === undefined; zone = zone.parent) {
      servers = this.cache.set(zone, TYPE.NS, klass);
    }
    const authority = servers === undefined ? [] : [servers];
    const said: Resolved = { rcode: RCODE.NOERROR, answer: [], authority, security: 'unchecked', why: undefined, code: undefined };
    if (servers === undefined || servers.signatures.length === 0 || this.#validation === undefined) return said;
    const asked = { name: servers.name, type: servers.type, class: klass };
    return this.#validation.judge(stepOf('answer', authority, undefined), asked, this.#errand()).then(({ security }) =>
      (security === 'bogus' ? said : { ...said, security }));
  }
  /** What is kept and alive, newer, or over: the answer to a question. Never rejects for what servers do. */
  resolve(question: Question, watch?: Watch): Promise<Resolved> {
    const { stale } = this.settings;
    const old = stale === undefined || this.#kept.step(question) !== undefined ? undefined : this.#kept.stale(question);
    const newer = this.#shared(question, watch);
    return old === undefined ? this.#patiently(question, newer) : this.#orOld(old, newer, stale!);
  }
  async #orOld(old: Resolved, newer: Promise<Resolved>, stale: StaleSettings): Promise<Resolved> {
    if (stale.after === 0) {
      void newer.catch(() => {});
      return old;
    }
    const found = await within(this.#parts.after, stale.after, newer);
    return found === undefined || found.rcode === RCODE.SERVFAIL ? old : found;
  }
  /** A client that has waited long enough is told so; what it asked for is looked for a while longer, for the next one. */
  #patiently(question: Question, found: Promise<Resolved>): Promise<Resolved> {
    const { name, type, class: klass } = question;
    if (this.cache.step(name, type, klass) !== undefined) return found;
    return within(this.#parts.after, this.settings.patience, found).then((inTime) => inTime ?? this.#tooLate(question));
  }
  #tooLate({ name, type }: Question): Resolved {
    const { patience } = this.settings;
    this.#parts.events?.spent('time');
    const why = `${name.text} ${typeName(type)} was not found within ${patience} ms`;
    return { rcode: RCODE.SERVFAIL, answer: [], authority: [], security: 'unchecked', why, code: INFO_CODE.NO_REACHABLE_AUTHORITY };
  }
  /** Equal questions that come while one is under way share it. */
  #shared(question: Question, watch?: Watch, checked = true): Promise<Resolved> {
    const kind = `${checked ? '' : 'CD '}${watch === undefined ? '' : `${watch.key} `}`;
    return this.#equal.once(question, kind, () => this.#resolve(question, watch, checked), this.#cached, this.settings.mostTime);
  }
  /** Asks for what is near its end, so that the next one need not wait. */
  #refresh(question: Question, until: number): void {
    this.#equal.again(question, async () => {
      if (this.cache.renewed(question, until)) return;
      const errand = this.#errand(until);
      try {
        await this.#judged(await this.#iteration.ask(question, errand), question, errand);
      } catch (error) {
        unlessOver(error);
      }
      this.cache.share();
    });
  }
  #errand(beyond = 0, watch?: Watch): Errand {
    const budget = new Budget(this.settings, this.#parts.now() + this.settings.mostTime);
    return { budget, depth: 0, pending: NOBODY, avoided: [], beyond, watch };
  }
  async #resolve(question: Question, watch: Watch | undefined, checked: boolean): Promise<Resolved> {
    const errand = this.#errand(0, watch);
    try {
      return await this.#follow(question, errand, checked);
    } catch (error) {
      if (!(error instanceof ResolutionError)) throw error;
      if (errand.budget.spent !== undefined) this.#parts.events?.spent(errand.budget.spent);
      return { rcode: RCODE.SERVFAIL, answer: [], authority: [], security: 'unchecked', why: error.message, code: error.code,
        isPassing: error.isPassing };
    } finally {
      this.cache.share();
    }
  }

  /** The answer along all aliases. Throws ResolutionError. */
  async #follow(question: Question, own: Errand, checked: boolean): Promise<Resolved> {
    const answer: KeptSet[] = [];
    const proofs: KeptSet[] = [];
    const errand: Errand = { ...own, beside: proofs };
    const steps: Step[] = [];
    let asked = question;
    for (let aliases = 0; aliases <= errand.budget.aliases; aliases++) {
      let step: Step;
      try {
        step = checked ? await this.#step(asked, errand) : this.#kept.step(asked) ?? await this.#iteration.ask(asked, errand);
      } catch (error) {
        if (error instanceof StoppedError) return stoppedAt({ name: asked.name, servers: error.servers }, answer);
        throw error;
      }
      if (step.security === 'bogus') {
        return { rcode: RCODE.SERVFAIL, answer: [], authority: [], security: 'bogus', why: step.why, code: step.code };
      }
      if (step.target === undefined && steps.length === 0) return resolvedAtOnce(step);
      steps.push(step);
      answer.push(...step.answer.filter((set) => !answer.includes(set)));
      if (step.target === undefined) {
        const authority = once([...proofs, ...step.authority]);
        return { rcode: step.rcode, answer, authority, security: weakest(steps), why: step.why, code: step.code };
      }
      if (errand.watch?.endsAt(step.target) === true) return stoppedAt({ name: step.target, servers: undefined }, answer);
      proofs.push(...step.authority);
      asked = { ...question, name: step.target };
    }
    throw errand.budget.alias(asked.name);
  }
}
/** What a step says that no alias led to. */
const resolvedAtOnce = ({ rcode, answer, authority, security, why, code }: Step): Resolved =>
  ({ rcode, answer, authority: once(authority), security, why, code });
/** Nobody waits for it, so that nobody misses it. */
const unlessOver = (error: unknown): void => {
  if (!(error instanceof ResolutionError)) throw error;
};
/** What there is where somebody ended it. */
const stoppedAt = (stopped: Stop, answer: readonly KeptSet[]): Resolved =>
  ({ rcode: RCODE.NOERROR, answer, authority: [], security: 'unchecked', why: undefined, code: undefined, stopped });
