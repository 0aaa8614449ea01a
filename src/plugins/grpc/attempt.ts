// A question at one upstream (GRPC-2): on a kept connection, and on a fresh one too where that may be dead. Knows what becomes of replies;
// knows nothing of the order of upstreams.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { RCODE } from '../../dns/rcode.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Walked, relay, rewritten } from '../../kernel/query/relay.ts';
import { Asking, ExchangeError } from '../../upstream/asking.ts';
import type { Pace } from '../../upstream/pace.ts';
import { copyQuestion } from '../../upstream/question.ts';
import type { OnWheel, Timers } from '../../upstream/timers.ts';
import type { Way } from '../../upstream/way.ts';
import type { UpstreamCounter } from './families.ts';

const walked = new Walked();
/** A question is asked on so many fresh connections, where those before are mute. */
const MOST_DOUBTS = 3;
/** Milliseconds after which a connection that was not mute yet is looked at again. */
const AGAIN = 50;

/** One upstream. */
export interface Target {
  readonly name: string;
  readonly way: Way;
  readonly counter: UpstreamCounter;
  readonly pace: Pace;
}

/** One request. */
class Attempt extends Asking {
  readonly #at: QuestionAt;
  readonly askedAt: number;

  constructor(at: QuestionAt, apart: boolean) {
    super();
    this.#at = at;
    this.askedAt = at.timers.now;
    this.question = at.query;
    this.until = at.until;
    this.apart = apart;
  }
  answered(bytes: Uint8Array, words: Int32Array, at: number, length: number): void {
    this.#at.answered(this, bytes, words, at, length);
  }
  mismatched(): void {
    this.#at.mismatched(this);
  }
  failed(error: ExchangeError): void {
    this.#at.failed(this, error);
  }
}

/** The question, until the first of its requests says something. */
class QuestionAt implements OnWheel {
  timerNext: OnWheel | undefined = undefined;
  timerBefore: OnWheel | undefined = undefined;
  spoke = -1;
  turns = 0;
  readonly query: Query;
  readonly timers: Timers;
  readonly until: number;
  readonly #target: Target;
  readonly #resolve: (outcome: Outcome | ExchangeError) => void;
  #live: Attempt[] = [];
  #doubts = 0;
  #lost = false;

  constructor(query: Query, target: Target, timers: Timers, until: number, resolve: (outcome: Outcome | ExchangeError) => void) {
    this.query = query;
    this.timers = timers;
    this.until = until;
    this.#target = target;
    this.#resolve = resolve;
    this.#begin(false);
    if (this.#live.length > 0) timers.set(this, target.pace.afresh);
  }
  #begin(apart: boolean): void {
    const attempt = new Attempt(this, apart);
    this.#live.push(attempt);
    const error = this.#target.way.ask(attempt);
    if (error !== undefined) this.failed(attempt, error);
  }
  /** Nothing came for three times as long as is usual: where nothing at all came on its connection, that may be dead. */
  expire(): void {
    const { pace } = this.#target;
    const carrier = this.#live.at(-1)?.carrier;
    if (carrier === undefined || !pace.known || this.timers.now >= this.until || this.#doubts === MOST_DOUBTS) return;
    // Something came on it a moment ago: that may have been the last.
    if (!carrier.quietSince(this.timers.now - pace.afresh)) return this.timers.set(this, AGAIN);
    this.#doubts++;
    carrier.doubt?.();
    this.#begin(true);
    if (this.#live.length > 0) this.timers.set(this, pace.afresh);
  }

  answered(attempt: Attempt, bytes: Uint8Array, words: Int32Array, at: number, length: number): void {
    const took = this.timers.now - attempt.askedAt;
    this.#target.pace.replied(took);
    if (this.#live.length === 0) return;
    const { query } = this;
    walked.read(bytes, at, length, query.questionEnd);
    let anew: Uint8Array | undefined;
    if (walked.plain === 0) {
      const told = rewritten(bytes, at, length);
      const { name } = this.#target;
      if (typeof told === 'string') {
        return this.failed(attempt, new ExchangeError(`${name}: dns: malformed message: ${told}`, 'EBADMSG'));
      }
      anew = told;
      walked.read(anew, 0, anew.length, query.questionEnd);
    }
    this.#target.counter.replied(walked.rcode, took);
    this.#over(anew === undefined ? relay(query, words, at, length, walked)
      : relay(query, new Int32Array(anew.buffer), 0, anew.length, walked), attempt);
  }
  mismatched(attempt: Attempt): void {
    if (this.#live.length === 0) return;
    this.query.extendedError = { code: INFO_CODE.NETWORK_ERROR, text: 'the upstream repeated no question, or another one' };
    this.#over(this.query.begin(0, RCODE.FORMERR), attempt);
  }
  failed(attempt: Attempt, error: ExchangeError): void {
    const place = this.#live.indexOf(attempt);
    if (place < 0) return;
    this.#live.splice(place, 1);
    // One that was on a connection when that ended is asked once more, whatever became of it before.
    if (error.code === 'EOF' && !this.#lost && this.timers.now < this.until) {
      this.#lost = true;
      return this.#begin(true);
    }
    // The other one may still be answered.
    if (this.#live.length === 0) this.#over(error, attempt);
  }
  #over(outcome: Outcome | ExchangeError, by: Attempt): void {
    this.timers.clear(this);
    // What still waits has nobody who wants to know, and the query's octets will be another one's.
    for (const attempt of this.#live) if (attempt !== by) attempt.question = copyQuestion(attempt.question);
    this.#live = [];
    this.#resolve(outcome);
  }
}

/** What an upstream says until that moment of the timers' clock, or why it says nothing. */
export const askedAt = (target: Target, query: Query, timers: Timers, until: number): Promise<Outcome | ExchangeError> =>
  new Promise((resolve) => void new QuestionAt(query, target, timers, until, resolve));
