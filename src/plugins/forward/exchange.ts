// One query on its way through the upstreams of a `forward` line (FWD-9, FWD-11). Knows attempts and their order; knows no sockets.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Handler } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Asking, ExchangeError } from '../../upstream/asking.ts';
import type { Forwarder, Target } from './forwarder.ts';
import { Walked, cutShort, relay, rewritten } from './relay.ts';

const FORMERR = 1, SERVFAIL = 2;
const TC = 2;
/** FWD-9: milliseconds after which no other upstream is asked. */
const PATIENCE = 5000;

const walked = new Walked();
const noHealthy = new Error('no healthy proxies');

/** The state of one query. Objects are used again and again. */
export class Exchange extends Asking {
  readonly #forwarder: Forwarder;
  readonly #order: Uint8Array;
  readonly #keepResolve = (resolve: (outcome: Answer) => void): void => {
    this.#resolve = resolve;
  };
  #resolve!: (outcome: Answer) => void;
  #query!: Query;
  #next!: Handler;
  #target!: Target;
  #started = 0;
  #deadline = 0;
  /** The place in the order of who is asked next, and how many were found down on this round. */
  #place = 0;
  #fails = 0;
  #attempts = 0;
  #failovers = 0;
  #error: ExchangeError | undefined = undefined;

  constructor(forwarder: Forwarder) {
    super();
    this.#forwarder = forwarder;
    this.#order = new Uint8Array(forwarder.targets.length);
  }

  /** Asks; the promise is of the outcome. */
  begin(query: Query, next: Handler): Promise<Outcome> {
    const forwarder = this.#forwarder;
    this.#query = query;
    this.question = query;
    this.#next = next;
    this.#started = forwarder.timers.since(query.received);
    this.#deadline = Math.min(this.#started + PATIENCE, query.received + forwarder.patience);
    this.until = this.#deadline;
    this.apart = false;
    this.#place = 0;
    this.#fails = 0;
    this.#attempts = 0;
    this.#failovers = 0;
    this.#error = undefined;
    forwarder.policy(this.#order, this.#order.length);
    const promise = new Promise<Outcome>(this.#keepResolve as never);
    this.#try();
    return promise;
  }

  /** Asks the next upstream that is not down. */
  #try(): void {
    const { targets, health, options, metrics } = this.#forwarder;
    for (;;) {
      if (this.#place === targets.length) {
        this.#place = 0;
        this.#fails = 0;
      }
      let chosen = this.#order[this.#place++]!;
      if (health.down(chosen, options.maxFails)) {
        if (++this.#fails < targets.length) continue;
        metrics.broken();
        if (options.failfast) return this.#exhausted();
        chosen = this.#forwarder.anyTarget();
      }
      const target = targets[chosen]!;
      this.#target = target;
      this.#query.metadata?.set('forward/upstream', target.name);
      target.upstream.ask(this, options.forceTcp || (this.#query.stream && !options.preferUdp));
      return;
    }
  }
  /** Another upstream, if there is time and the number of attempts allows it. */
  #tryAgain(): void {
    if (this.#forwarder.timers.now < this.#deadline) this.#try();
    else this.#exhausted();
  }

  answered(bytes: Uint8Array, words: Int32Array, at: number, length: number): void {
    const forwarder = this.#forwarder;
    const { options } = forwarder;
    const { tcp } = this;
    const query = this.#query;
    const tooLong = !tcp && length > query.limit;
    walked.read(bytes, at, tooLong ? query.questionEnd : length, query.questionEnd);
    const odd = tooLong || walked.plain === 0;
    const rewrittenReply = odd && !tooLong ? rewritten(query, bytes, at, length) : undefined;
    if (odd && rewrittenReply === undefined && tcp) return this.failed(new ExchangeError('dns: malformed message', 'EBADMSG'));
    const rcode = odd ? rewrittenReply?.rcode ?? bytes[at + 3]! & 15 : walked.rcode;
    this.#target.metrics.replied(rcode, forwarder.timers.now - this.#started);
    if (!tcp && options.preferUdp && ((bytes[at + 2]! & TC) !== 0 || (odd && rewrittenReply === undefined))) {
      this.#target.upstream.ask(this, true);
      return;
    }
    if (options.failover.includes(rcode) && ++this.#failovers < forwarder.targets.length && this.#mayTry()) return this.#try();
    const empty = bytes[at + 6] === 0 && bytes[at + 7] === 0;
    if (forwarder.alternate && (options.next.includes(rcode) || (options.nextOnNodata && rcode === 0 && empty))) {
      return this.#finish(this.#next(query));
    }
    if (!odd) return this.#finish(relay(query, words, at, length, walked));
    this.#finish(rewrittenReply ?? cutShort(query, words, at));
  }
  #mayTry(): boolean {
    return this.#forwarder.timers.now < this.#deadline;
  }
  /** FWD-7: written, so that it can be cached and logged like any other reply. */
  mismatched(): void {
    const query = this.#query;
    query.extendedError = { code: INFO_CODE.NETWORK_ERROR, text: 'the upstream repeated no question, or another one' };
    this.#finish(query.begin(0, FORMERR));
  }
  failed(error: ExchangeError): void {
    const { options, health, targets, limit } = this.#forwarder;
    this.#error = error;
    if (options.maxFails !== 0) health.check(this.#target.index);
    if (limit > 0 && ++this.#attempts >= limit) return this.#exhausted();
    if (this.#fails < targets.length) return this.#tryAgain();
    this.#exhausted();
  }
  #exhausted(): void {
    const error = this.#error;
    this.#query.extendedError = error === undefined || error.timeout
      ? { code: INFO_CODE.NO_REACHABLE_AUTHORITY, text: error === undefined ? 'no upstream is healthy' : 'no upstream answered in time' }
      : { code: INFO_CODE.NETWORK_ERROR, text: 'no upstream could be reached' };
    this.#finish(failure(SERVFAIL, error ?? noHealthy));
  }
  #finish(answer: Answer): void {
    const resolve = this.#resolve;
    this.#resolve = undefined as never;
    this.#query = undefined as never;
    this.question = undefined as never;
    this.#next = undefined as never;
    this.#error = undefined;
    this.#forwarder.release(this);
    resolve(answer);
  }
}
