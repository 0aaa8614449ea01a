// One question on its way through the upstreams of a `forward` line (FWD-9, FWD-11), and all who wait for its answer. Knows attempts and
// their order; knows no sockets.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { RCODE } from '../../dns/rcode.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Handler } from '../../kernel/site/plugin.ts';
import { ExchangeError } from '../../upstream/asking.ts';
import type { OnWheel } from '../../upstream/timers.ts';
import { tellTarget } from './asked.ts';
import type { Attempt } from './attempt.ts';
import { NO_HEALTHY, failureReason } from './failure-reason.ts';
import { otherFamily } from '../../upstream/policy.ts';
import type { Forwarder, Target } from './forwarder.ts';
import { settled } from './settled.ts';
import { Walked, cutShort, endsEarly, relay, rewritten } from '../../kernel/query/relay.ts';

const TC = 2;
/** FWD-9: milliseconds after which no other upstream is asked. */
const PATIENCE = 5000;
/** A question is asked over so many fresh paths, where those before are mute; over UDP one that is merely slow gets all of them. */
const MOST_DOUBTS = 3, MOST_COPIES = 2;
/** Milliseconds after which a connection that was not mute yet is looked at again. */
const AGAIN = 50;
/** In place of an upstream: none that could be asked now, and all of them are down. */
const NONE = -1, BROKEN = -2;

const walked = new Walked();
/** The order of one upstream, whatever the policy. */
const ONE = new Uint8Array(1);
const NOTHING = new Uint8Array(0);

/** Somebody who asked the same while it was under way. */
interface Follower {
  readonly query: Query;
  readonly next: Handler;
  readonly resolve: (answer: Answer) => void;
}

/** The state of one question. Objects are used again and again. */
export class Exchange implements OnWheel {
  timerNext: OnWheel | undefined = undefined;
  timerBefore: OnWheel | undefined = undefined;
  spoke = -1;
  turns = 0;
  /** The query that is asked for all, its hash, and the next exchange whose question has the same one. */
  query!: Query;
  hash = 0;
  following: Exchange | undefined = undefined;
  readonly #forwarder: Forwarder;
  #targets: readonly Target[];
  #order: Uint8Array;
  readonly #keepResolve = (resolve: (outcome: Answer) => void): void => {
    this.#resolve = resolve;
  };
  #resolve!: (outcome: Answer) => void;
  #next!: Handler;
  #followers: Follower[] = [];
  /** Attempts under way, to different upstreams but for one that is doubted. */
  #live: Attempt[] = [];
  #deadline = 0;
  #crowded = false;
  #apart = false;
  /** The place in the order of who is asked next, and how many were found down on this round. */
  #place = 0;
  #fails = 0;
  #attempts = 0;
  #failovers = 0;
  /** Paths that were taken for mute. */
  #doubts = 0;
  #error: ExchangeError | undefined = undefined;

  constructor(forwarder: Forwarder) {
    this.#forwarder = forwarder;
    this.#targets = forwarder.targets;
    this.#order = orderOf(this.#targets);
  }

  /** Asks what `query`, which is set, asks; the promise is of the outcome. `crowded` begins over TCP: many like it are under way. */
  begin(next: Handler, crowded: boolean): Promise<Outcome> {
    const forwarder = this.#forwarder;
    const { query } = this;
    this.#next = next;
    this.#crowded = crowded;
    const { received } = query;
    this.#deadline = Math.min(forwarder.timers.since(received) + PATIENCE, received + forwarder.patience);
    this.#apart = false;
    this.#place = 0;
    this.#fails = 0;
    this.#attempts = 0;
    this.#failovers = 0;
    this.#doubts = 0;
    this.#error = undefined;
    if (this.#targets !== forwarder.targets) {
      this.#targets = forwarder.targets;
      this.#order = orderOf(this.#targets);
    }
    forwarder.policy(this.#order, this.#order.length);
    if (forwarder.families !== undefined) otherFamily(this.#order, forwarder.families);
    const promise = new Promise<Outcome>(this.#keepResolve as never);
    this.#try();
    for (let more = forwarder.options.race; more > 1 && this.#live.length > 0; more--) this.#try();
    return promise;
  }
  /** Waits for the answer too; the promise is of an outcome of its own. */
  join(query: Query, next: Handler): Promise<Outcome> {
    return new Promise<Outcome>((resolve) => this.#followers.push({ query, next, resolve: resolve as (answer: Answer) => void }));
  }
  /** How many wait. */
  get clients(): number {
    return 1 + this.#followers.length;
  }

  /** Asks the next upstream, if there is one that could be asked. Where there is none and nobody is being asked, that is the end. */
  #try(): void {
    const { timers, metrics, options } = this.#forwarder;
    let chosen = this.#choose(timers.now);
    if (chosen === NONE) return;
    if (chosen === BROKEN) {
      metrics.broken();
      if (options.failfast) return this.#exhausted();
      chosen = this.#forwarder.below(this.#targets.length);
    }
    this.#ask(this.#targets[chosen]!, this.#apart);
  }
  /** The number of an upstream that is not down, not silent, and not being asked already. */
  #choose(now: number): number {
    const { health, options, repliedAt } = this.#forwarder;
    const targets = this.#targets;
    let silent = NONE;
    for (let n = targets.length; n > 0; n--) {
      if (this.#place === targets.length) {
        this.#place = 0;
        this.#fails = 0;
      }
      const index = this.#order[this.#place++]!;
      const target = targets[index]!;
      if (this.#live.length > 0 && this.#isAsked(target)) continue;
      if (health.down(target.index, options.maxFails)) this.#fails++;
      else {
        const { pace } = target;
        if (options.race === 0 || !pace.silent(now, repliedAt) || pace.recovered(health.recoveries(target.index))) return index;
        // A silent one gets a question now and then, to find out whether it is there again; somebody else is asked as well.
        if (pace.mayProbe(now, options.checkInterval)) this.#ask(target, false);
        else if (silent === NONE) silent = index;
      }
    }
    if (silent !== NONE || this.#live.length > 0) return silent;
    this.#fails = targets.length;
    return BROKEN;
  }
  #isAsked(target: Target): boolean {
    return this.#live.some((attempt) => attempt.target === target && !attempt.doubted);
  }
  #ask(target: Target, apart: boolean): void {
    const { options, timers } = this.#forwarder;
    const { query } = this;
    const attempt = this.#forwarder.attempt();
    attempt.question = query;
    attempt.until = this.#deadline;
    attempt.apart = apart;
    this.#live.push(attempt);
    tellTarget(query, target);
    const crowded = this.#crowded && this.#attempts === 0;
    attempt.begin(this, target, crowded || options.forceTcp || (query.stream && !options.preferUdp) ? 'tcp' : 'udp');
    if (options.race === 0 || this.spoke >= 0) return;
    if (this.#live.length < this.#targets.length) timers.set(this, target.pace.another);
    else if (!attempt.doubted && (attempt.tcp || this.#targets.length === 1)) timers.set(this, target.pace.afresh);
  }
  /** Nothing came for as long as is usual three times over: another one is asked too, or the same over a fresh connection. */
  expire(): void {
    if (!this.#mayTry()) return;
    const before = this.#live.length;
    if (before < this.#targets.length) this.#try();
    if (this.#live.length > before) this.#live.at(-1)!.target.metrics.raced();
    for (const attempt of this.#live.slice(0, before)) {
      // Over UDP another upstream does as well.
      if (!attempt.doubtful || (!attempt.tcp && this.#targets.length > 1)) continue;
      if (this.#doubts++ >= (attempt.tcp ? MOST_DOUBTS : MOST_COPIES)) continue;
      attempt.doubt();
      this.#ask(attempt.target, true);
    }
    // Something came on its connection a moment ago: that may have been the last.
    if (this.spoke < 0 && this.#live.some(({ doubted, tcp }) => tcp && !doubted)) this.#forwarder.timers.set(this, AGAIN);
  }
  #mayTry(): boolean {
    return this.#forwarder.timers.now < this.#deadline;
  }

  /** A reply to the question came. */
  answered(attempt: Attempt, bytes: Uint8Array, words: Int32Array, at: number, length: number): void {
    const { options, alternate } = this.#forwarder;
    const { query } = this;
    const { tcp } = attempt;
    const tooLong = !tcp && length > query.limit;
    walked.read(bytes, at, tooLong ? query.questionEnd : length, query.questionEnd);
    let rcode = walked.rcode;
    let cut = tooLong;
    let anew: Uint8Array | undefined;
    if (!tooLong && walked.plain === 0) {
      const told = rewritten(bytes, at, length);
      if (typeof told !== 'string') anew = told;
      cut = anew === undefined && !tcp && endsEarly(bytes, at, length, query.questionEnd);
      if (anew !== undefined) rcode = walked.read(anew, 0, anew.length, query.questionEnd).rcode;
      else if (!cut) return attempt.failed(new ExchangeError(`dns: malformed message: ${told}`, 'EBADMSG'));
    }
    attempt.counts(rcode);
    if (!tcp && options.preferUdp && ((bytes[at + 2]! & TC) !== 0 || cut)) return attempt.overTcp();
    attempt.tell(query, bytes, at, length);
    this.#drop(attempt);
    if (options.failover.includes(rcode) && ++this.#failovers < this.#targets.length && this.#mayTry()) {
      this.#try();
      if (this.#live.length > 0 || this.query === undefined) return;
    }
    this.#name(attempt);
    const empty = anew === undefined ? bytes[at + 6] === 0 && bytes[at + 7] === 0 : anew[6] === 0 && anew[7] === 0;
    if (alternate && (options.next.includes(rcode) || (options.nextOnNodata && rcode === 0 && empty))) {
      return this.#tell((each, next) => next(each));
    }
    if (cut) return this.#tell((each) => cutShort(each, words, at));
    if (anew !== undefined) {
      const copy = new Int32Array(anew.buffer);
      return this.#tell((each) => relay(each, copy, 0, anew.length, walked));
    }
    this.#relayed(words, at, length);
  }
  #relayed(words: Int32Array, at: number, length: number): void {
    const answer = relay(this.query, words, at, length, walked);
    const followers = this.#followers;
    for (let i = 0; i < followers.length; i++) followers[i]!.resolve(relay(followers[i]!.query, words, at, length, walked));
    this.#finish(answer);
  }
  /** FWD-7: written, so that it can be cached and logged like any other reply. */
  mismatched(attempt: Attempt): void {
    this.#drop(attempt, false);
    this.#name(attempt);
    this.#tell((query) => {
      query.extendedError = { code: INFO_CODE.NETWORK_ERROR, text: 'the upstream repeated no question, or another one' };
      return query.begin(0, RCODE.FORMERR);
    });
  }
  /** The attempt brought an error, or nothing in time: another upstream is asked, if there is time and the number of errors allows it. */
  failed(attempt: Attempt, error: ExchangeError): void {
    const { limit, timers } = this.#forwarder;
    attempt.tell(this.query, NOTHING, 0, 0);
    this.#error = error;
    this.#apart ||= attempt.apart;
    const { doubted } = attempt;
    this.#drop(attempt);
    // Who was asked in its place may still be answered, and counts as well.
    if (doubted && this.#live.length > 0) return;
    timers.clear(this);
    // Those that are still under way may bring an error each.
    const over = limit > 0 && ++this.#attempts + this.#live.length >= limit;
    if (!over && this.#fails < this.#targets.length && this.#mayTry()) this.#try();
    if (this.query !== undefined && this.#live.length === 0) this.#exhausted();
  }
  #drop(attempt: Attempt, release = true): void {
    const { length } = this.#live;
    if (length === 1) this.#live.pop();
    else this.#live = this.#live.filter((each) => each !== attempt);
    if (release) attempt.release();
  }
  #name({ target }: Attempt): void {
    tellTarget(this.query, target);
    for (const { query } of this.#followers) tellTarget(query, target);
  }
  #exhausted(): void {
    const error = this.#error;
    const outcome = failure(RCODE.SERVFAIL, error ?? NO_HEALTHY);
    const why = failureReason(error);
    this.#tell((query) => {
      query.extendedError = why;
      return outcome;
    });
  }
  /** Gives each of those who wait an answer of its own. */
  #tell(answer: (query: Query, next: Handler) => Answer): void {
    const first = settled(answer, this.query, this.#next);
    for (const { query, next, resolve } of this.#followers) resolve(settled(answer, query, next));
    this.#finish(first);
  }
  #finish(answer: Answer): void {
    const forwarder = this.#forwarder;
    const resolve = this.#resolve;
    forwarder.timers.clear(this);
    // Who was overtaken may still say something, if only that it is there.
    while (this.#live.length > 0) this.#live.pop()!.leave();
    forwarder.release(this);
    this.#resolve = undefined as never;
    this.query = undefined as never;
    this.#next = undefined as never;
    if (this.#followers.length > 0) this.#followers = [];
    this.#error = undefined;
    resolve(answer);
  }
}

const orderOf = ({ length }: readonly Target[]): Uint8Array => (length === 1 ? ONE : new Uint8Array(length));
