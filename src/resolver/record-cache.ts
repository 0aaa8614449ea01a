// Record sets and what was said to questions, by rank and by time: what this thread has had in hand lately as objects, and behind that all
// that the threads of the process keep together. Knows sets and denials; knows nothing of who asks or of servers.
import type { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { RCODE } from '../dns/rcode.ts';
import { RANK, isAnswer, targetOf } from './kept-set.ts';
import { DENIAL, KeptName, SET, STEP } from './kept-name.ts';
import type { KeptSet, Security } from './kept-set.ts';
import { Recent } from './recent.ts';
import type { SharedRecords } from './shared-records.ts';
import { SHARED, stepOf } from './step.ts';
import type { Step } from './step.ts';

/** How many names a thread has in hand as objects, and up to twice as many. */
const MOST = 1024;

/** A step of a question, to be shared. */
interface FreshStep {
  readonly name: Name;
  readonly type: number;
  readonly step: Step;
}

/** A cache. */
export class RecordCache {
  readonly #now: () => number;
  readonly #shared: SharedRecords;
  readonly #names = new Recent<KeptName>(MOST);
  readonly #freshSets = new Set<KeptSet>();
  readonly #freshSteps: FreshStep[] = [];
  readonly #validates: boolean;
  #moment: number;

  /** `now` is in milliseconds, and only grows; `validates`: what was said will be judged. */
  constructor(now: () => number, shared: SharedRecords, validates: boolean) {
    this.#validates = validates;
    this.#now = now;
    this.#shared = shared;
    this.#moment = shared.moment;
  }

  /** What is in hand of a name. */
  #name(name: Name, klass: number): KeptName {
    this.#look();
    const key = keyOf(name, klass);
    let known = this.#names.get(key);
    if (known === undefined) this.#names.set(key, known = new KeptName());
    return known;
  }
  /** The set of a name and type that lives. */
  set(name: Name, type: number, klass: number): KeptSet | undefined {
    const now = this.#now();
    return this.#set(name, type, klass, now, now);
  }
  /** The same, at a moment to come. */
  #set(name: Name, type: number, klass: number, at: number, now: number): KeptSet | undefined {
    const kept = this.#name(name, klass);
    const own = kept.set(type);
    if (own !== undefined && own.until > at) return own;
    if (klass !== CLASS.IN || kept.isVain(SET, type, at)) return undefined;
    const found = this.#shared.set(name, type, at);
    if (found === undefined || found.until <= at) {
      if (at === now) kept.inVain(SET, type, now);
      return undefined;
    }
    kept.putSet(found);
    return found;
  }
  /**
   * Keeps a set unless a better one lives, also after `beyond`, and says which one counts. What a zone says of its own servers lives no
   * longer than what its parent said of them, so that nobody who lost a zone keeps it alive (ghost domains).
   */
  keep(set: KeptSet, beyond = 0): KeptSet {
    const now = this.#now();
    const known = this.#set(set.name, set.type, set.class, Math.max(now, beyond), now);
    if (known !== undefined && known.security !== 'bogus' && isBetter(known, set)) return known;
    const leased = known === undefined || isParents(set) ? undefined : isParents(known) ? known.until : known.leased;
    const kept = leased === undefined ? set : { ...set, leased, until: Math.min(set.until, leased) };
    this.#name(set.name, set.class).putSet(kept);
    this.#freshSets.add(kept);
    return kept;
  }
  /** Forgets a set, as when its servers are no good. */
  forget(name: Name, type: number, klass: number): void {
    this.#name(name, klass).dropSet(type);
    if (klass === CLASS.IN) this.#shared.forgetSet(name, type);
  }

  step(name: Name, type: number, klass: number): Step | undefined {
    return this.#step(name, type, klass, this.#now());
  }
  /** What was said, also where it is over: for answers that are better than none (RFC 8767). */
  stale(name: Name, type: number, klass: number): Step | undefined {
    return this.#step(name, type, klass, undefined);
  }
  /** What is alive at a time, or of any time. */
  #step(name: Name, type: number, klass: number, at: number | undefined): Step | undefined {
    const kept = this.#name(name, klass);
    const own = kept.step(type);
    if (own !== undefined && (at === undefined || own.until > at)) return own;
    if (klass !== CLASS.IN || type === TYPE.ANY || (at !== undefined && kept.isVain(STEP, type, at))) return undefined;
    const found = this.#shared.step(name, type, at) ?? this.#ofSet(name, type, at);
    if (found === undefined || (at !== undefined && found.until <= at)) {
      if (at !== undefined) kept.inVain(STEP, type, at);
      return undefined;
    }
    found.said = SHARED;
    kept.putStep(type, found);
    if (found.kind === 'nxdomain' && (at !== undefined || found.until > this.#now())) kept.denied = found;
    return found;
  }
  /** Where something was forgotten, what all threads keep says what is left. */
  #look(): void {
    const { moment } = this.#shared;
    if (moment === this.#moment) return;
    // What was heard before is of the moment before: it counts for others where it was not that which was forgotten.
    this.share();
    this.#moment = moment;
    this.#names.clear();
  }
  /** A step that says no more than its set does is kept as that alone. */
  #ofSet(name: Name, type: number, at: number | undefined): Step | undefined {
    const set = this.#shared.set(name, type, at);
    if (set !== undefined) return isAnswer(set) ? stepOf('answer', [set], undefined) : undefined;
    const alias = type === TYPE.CNAME || type === TYPE.DS ? undefined : this.#shared.set(name, TYPE.CNAME, at);
    return alias === undefined || !isAnswer(alias) ? undefined : stepOf('alias', [alias], targetOf(alias.data[0]!));
  }
  /** Whether `#ofSet` makes the same of it. */
  #isOfSet(name: Name, type: number, { kind, rcode, answer: [set, more], authority, security, until, code }: Step): boolean {
    return set !== undefined && more === undefined && authority.length === 0 && code === undefined && rcode === RCODE.NOERROR
      && (kind === 'answer' ? set.type === type : kind === 'alias' && set.type === TYPE.CNAME && type !== TYPE.DS)
      && isAnswer(set) && set.security === security && set.until === until
      && this.#names.get(keyOf(name, CLASS.IN))?.set(set.type) === set;
  }
  keepStep(name: Name, type: number, klass: number, step: Step): void {
    const kept = this.#name(name, klass);
    const known = kept.step(type) ?? (kept.isVain(STEP, type, this.#now()) ? undefined : this.#step(name, type, klass, undefined));
    if (step.until <= this.#now()) {
      // What is not to be kept replaces what was, all the same.
      this.#drop(name, type, klass);
      return;
    }
    step.before = known === undefined || known === step || known.security === 'bogus' ? undefined : known.before ?? known;
    kept.putStep(type, step);
    this.#renew(name, type, klass, step);
    if (step.kind === 'nxdomain') kept.denied = step;
  }
  #renew(name: Name, type: number, klass: number, step: Step): void {
    if (klass === CLASS.IN && type !== TYPE.ANY) this.#freshSteps.push({ name, type, step });
  }
  #drop(name: Name, type: number, klass: number): void {
    this.#name(name, klass).dropStep(type);
    if (klass === CLASS.IN) this.#shared.forgetStep(name, type);
  }
  forgetStep(name: Name, type: number, klass: number): void {
    const kept = this.#name(name, klass);
    const step = this.#step(name, type, klass, undefined);
    for (const set of step?.answer ?? []) this.forget(set.name, set.type, set.class);
    this.#drop(name, type, klass);
    if (step?.before !== undefined) {
      kept.putStep(type, step.before);
      this.#renew(name, type, klass, step.before);
    }
    kept.denied = undefined;
  }
  /** Whether the name does not exist, for whatever type it was asked. */
  nxdomain(name: Name, klass: number): Step | undefined {
    const kept = this.#name(name, klass);
    const now = this.#now();
    if (kept.denied !== undefined && kept.denied.until > now) return kept.denied;
    if (klass !== CLASS.IN || kept.isVain(DENIAL, 0, now)) return undefined;
    const found = this.#shared.denied(name, now);
    if (found !== undefined && found.until > now) return (kept.denied = found);
    kept.inVain(DENIAL, 0, now);
    return undefined;
  }

  /** Another thread has asked for it: what was not there a moment ago may be. */
  lookAnew({ name, class: klass }: Question): void {
    this.#name(name, klass).lookAnew();
  }
  /** Whether another thread has heard it anew, so that it holds longer than until then: that counts from now on. */
  renewed({ name, type, class: klass }: Question, until: number): boolean {
    const found = klass === CLASS.IN ? this.#shared.step(name, type, until) ?? this.#ofSet(name, type, until) : undefined;
    if (found === undefined || found.until <= until) return false;
    found.said = SHARED;
    this.#name(name, klass).putStep(type, found);
    for (const set of found.answer) this.#name(set.name, set.class).putSet(set);
    return true;
  }
  /** It was judged: what is known now is to be shared. */
  judged({ name, type, class: klass }: Question, step: Step): void {
    if (this.#name(name, klass).step(type) === step) this.#renew(name, type, klass, step);
    for (const sets of [step.answer, step.authority]) {
      for (const set of sets) if (this.#name(set.name, set.class).set(set.type) === set) this.#freshSets.add(set);
    }
  }
  /** Shares what is new, as when a question has its answer. */
  share(): void {
    if (this.#freshSets.size === 0 && this.#freshSteps.length === 0) return;
    const now = this.#now();
    for (const set of this.#freshSets) {
      // It was replaced or forgotten meanwhile, as below.
      if (this.#names.get(keyOf(set.name, set.class))?.set(set.type) !== set) continue;
      if (set.class === CLASS.IN && this.#isShared(set.security, set.until, set.rank, now)) this.#shared.keepSet(set, now, this.#moment);
    }
    this.#freshSets.clear();
    for (const { name, type, step } of this.#freshSteps.splice(0)) {
      // It was replaced or forgotten meanwhile.
      if (this.#names.get(keyOf(name, CLASS.IN))?.step(type) !== step) continue;
      if (this.#isShared(step.security, step.until, RANK.ANSWER, now) && !this.#isOfSet(name, type, step)) {
        this.#shared.keepStep(name, type, step, this.#moment);
      }
    }
  }
  /** What is bogus is nobody's; answers that may turn out to be are shared when they have been judged. */
  #isShared(security: Security, until: number, rank: number, now: number): boolean {
    return until > now && security !== 'bogus' && (security !== 'unchecked' || rank <= RANK.REFERRAL || !this.#validates);
  }
}

/** It stood in a referral. */
const isParents = ({ rank }: KeptSet): boolean => rank <= RANK.REFERRAL;
const isBetter = (known: KeptSet, set: KeptSet): boolean =>
  known.rank > set.rank || (known.rank === set.rank && known.security === 'secure' && set.security !== 'secure');
/** No name has a label of 255 octets. */
const keyOf = (name: Name, klass: number): string => (klass === CLASS.IN ? name.key : `\xff${klass}/${name.key}`);
