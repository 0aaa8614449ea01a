// One question, from the nearest servers that are known down to those that have the answer (RFC 1034 section 5.3.3). Knows servers,
// kinds of replies and the cache; follows no alias and checks no signature.
import { INFO_CODE } from '../dns/extended-error.ts';
import { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { NOBODY, ResolutionError } from './budget.ts';
import type { Errand } from './budget.ts';
import { Delegation } from './delegation.ts';
import { Delegations } from './delegations.ts';
import type { ExchangeParts } from './exchange.ts';
import { Hearing } from './hearing.ts';
import type { Heard } from './hearing.ts';
import { ReplyKeeper } from './reply-keeper.ts';
import type { RecordCache } from './record-cache.ts';
import type { Step } from './step.ts';
import type { Scrubbed } from './scrub.ts';
import type { ResolverSettings } from './settings.ts';
import { isPending } from './server-lookup.ts';
import { Tried } from './tried.ts';

/** Labels that are asked for one by one before the rest is asked for at once (RFC 9156 section 2.3). */
const SINGLE_LABELS = 10;

/** What is told of an answer of which something was left out (RFC 8914). */
const SPOILT = { code: INFO_CODE.OTHER, why: 'the server sent records whose data is not what their type says' };

/** Whether a step is a denial that is proven. */
export type IsProven = (step: Step, question: Question, errand: Errand) => Promise<boolean>;

/** Asks servers. */
export class Iteration {
  readonly delegations: Delegations;
  readonly #settings: ResolverSettings;
  readonly #cache: RecordCache;
  readonly #hearing: Hearing;
  readonly #keeper: ReplyKeeper;
  readonly #isProven: IsProven;
  #priming: Promise<Delegation> | undefined;

  /**
   * `isProven` says whether a denial is, so that nothing below the name need be asked for (RFC 8020); `back` is told of
   * zones whose servers answer again.
   */
  constructor(settings: ResolverSettings, cache: RecordCache, parts: ExchangeParts, isProven: IsProven, back: (zone: Name) => void) {
    this.#isProven = isProven;
    this.#settings = settings;
    this.#cache = cache;
    this.delegations = new Delegations(settings, cache);
    this.#keeper = new ReplyKeeper(settings, cache, parts.now);
    this.#hearing = new Hearing({ settings, cache, parts, delegations: this.delegations, keeper: this.#keeper,
      ask: (question, errand) => this.ask(question, errand), primed: (question, errand) => this.#primed(question, errand), back });
  }

  /** Takes note of a network that is back, as another thread may have found out. */
  notice(): void {
    this.#hearing.notice();
  }
  /** What the servers say. Throws ResolutionError where none says anything. */
  async ask(question: Question, errand: Errand): Promise<Step> {
    let passed: Set<string> | undefined;
    for (;;) {
      const from = this.#known(question, errand, passed ?? NOBODY) ?? await this.#primed(question, errand);
      try {
        return await this.#descend(from, question, errand);
      } catch (error) {
        // `stub-first`, `forward-first`: what is given did not help.
        if (!(error instanceof ResolutionError) || !this.#isPassed(from, passed ??= new Set())) throw error;
      }
    }
  }
  #isPassed(from: Delegation, passed: Set<string>): boolean {
    const given = from.isGiven ? this.delegations.givenFor(from) : undefined;
    const key = `${from.source} ${from.zone.key}`;
    if (given?.first !== true || passed.has(key)) return false;
    passed.add(key);
    return true;
  }
  #known(question: Question, errand: Errand, passed: ReadonlySet<string>): Delegation | undefined {
    let skipped: Set<string> | undefined;
    for (;;) {
      const found = this.delegations.nearest(question, skipped ?? passed, errand.beyond);
      if (found === undefined || found.known().length > 0 || found.servers.some(({ name }) => !isPending(errand, name))) return found;
      (skipped ??= new Set(passed)).add(found.zone.key);
    }
  }
  /** The root's servers, as the root says (RFC 9609); those of the hints where it says nothing. */
  async #primed(question: Question, errand: Errand): Promise<Delegation> {
    const hints = this.delegations.hints();
    const asked: Question = { name: Name.root, type: TYPE.NS, class: CLASS.IN };
    if (question.name.raw.length === 1 && question.type === TYPE.NS) return hints;
    this.#priming ??= (async () => {
      try {
        const heard = await this.#hearing.hear(hints, asked, errand, new Tried());
        if (heard.kind !== 'referral') this.#keeper.keep(heard.reply, heard.kind, asked, hints);
        const kept = this.#cache.set(Name.root, TYPE.NS, CLASS.IN);
        const found = kept === undefined ? hints : this.delegations.ofSet(kept);
        return found.known().length > 0 ? found : hints;
      } catch (error) {
        if (error instanceof ResolutionError) return hints;
        throw error;
      } finally {
        this.#priming = undefined;
      }
    })();
    return this.#priming;
  }

  async #descend(from: Delegation, question: Question, errand: Errand): Promise<Step> {
    let at = from;
    let labels = at.zone.labels;
    let whole = this.#settings.minimise === 'off' || at.recursive;
    for (;;) {
      const asked: Question = whole ? question : minimised(question, labels + 1);
      const isWhole = whole || asked.name.labels === question.name.labels;
      let heard: Heard;
      try {
        heard = await this.#hearing.hear(at, isWhole ? question : asked, errand, new Tried());
      } catch (error) {
        // A server that breaks on a shorter name may still know the whole one.
        if (isWhole || !(error instanceof ResolutionError) || this.#settings.minimise === 'strict') throw error;
        whole = true;
        continue;
      }
      const { kind, reply } = heard;
      if (kind === 'referral') {
        at = this.#refer(reply, at, isWhole ? question : asked, errand.beyond);
        labels = at.zone.labels;
        continue;
      }
      const step = this.#keeper.keep(reply, kind, isWhole ? question : asked, at);
      step.said = heard.server;
      if (heard.agent !== undefined) step.agent = heard.agent;
      if (heard.isSpoilt) Object.assign(step, SPOILT);
      if (isWhole) return step;
      if (kind === 'nxdomain' && (this.#settings.minimise === 'strict' || await this.#isProven(step, asked, errand))) return step;
      if (kind === 'nxdomain' || kind === 'alias' || labels + 1 - at.zone.labels >= SINGLE_LABELS) whole = true;
      labels++;
    }
  }
  /** Keeps a referral and says where it leads. */
  #refer(reply: Scrubbed, from: Delegation, { name }: Question, beyond: number): Delegation {
    const kept = this.#keeper.refer(reply, from, name, beyond);
    const next = this.delegations.ofSet(kept);
    return next.zone.equals(from.zone) ? from : new Delegation(next.zone, 'parent', next.servers, [], next.tcp, next.until);
  }
}

/** The question for the name with so many labels, for addresses: a type that exists everywhere (RFC 9156 section 2.1). */
function minimised({ name, type, class: klass }: Question, labels: number): Question {
  if (labels >= name.labels) return { name, type, class: klass };
  let shorter = name;
  for (let more = name.labels - labels; more > 0; more--) shorter = shorter.parent!;
  return { name: shorter, type: TYPE.A, class: klass };
}
