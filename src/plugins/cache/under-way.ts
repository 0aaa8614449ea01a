// Questions of this thread that are under way, and who waits for the same: a stampede is one question (spoofing a reply is then no
// easier than with one client). Knows keys and copies of replies; knows nothing of what is kept.
import { RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import { AD, TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure, upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Handler } from '../../kernel/site/plugin.ts';
import type { Hash } from '../../store/hash.ts';
import { haveSameSubnet } from './subnet.ts';
import { isAnswerTo } from './worth.ts';

/** Who waits for the answer to another's question. */
interface Waiting {
  readonly query: Query;
  readonly resolve: (answer: Answer) => void;
}
/** What each of them gets, from what came: undefined where the question has to be asked again. */
type Share = (query: Query) => Outcome | undefined;

/** Whose question it is. */
export interface Lander {
  /** What came of a question, for who asked it. `moment` is that of `lead`. */
  land(query: Query, outcome: Outcome, moment: number): Outcome;
  /** What the others get, who asked the same. `authentic`: AD was set as it came. */
  share(query: Query, landed: Outcome, authentic: boolean): Share;
  /** Asks for one whom nothing was given. */
  again(query: Query, next: Handler): Answer;
}

const otherQuestion = new Error('the reply is to another question');
/** A power of two: lists of questions whose hashes end alike. */
const LISTS = 1024;
const NOBODY: Waiting[] = [];

/** One question that went on. Objects are used again: a miss makes none but its promise. */
class Flight {
  /** Whose question it is; its key lies where it lay until it is answered. */
  query!: Query;
  lander!: Lander;
  next!: Handler;
  moment = 0;
  hash = 0;
  /** Another one of the same list. */
  following: Flight | undefined = undefined;
  waiting: Waiting[] = NOBODY;
  readonly landed: (outcome: Outcome) => Outcome;
  readonly failed: (error: unknown) => never;

  constructor(questions: UnderWay) {
    this.landed = (outcome) => questions.land(this, outcome);
    this.failed = (error) => questions.fail(this, error);
  }
}

/** The questions of one cache in one thread. */
export class UnderWay {
  readonly #first = new Array<Flight | undefined>(LISTS).fill(undefined);
  readonly #free: Flight[] = [];
  readonly #hash: Hash;
  #count = 0;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** Waits for the same question where it is under way; undefined where it is not, or where the wait could be for this very question. */
  join(query: Query): Promise<Outcome> | undefined {
    if (this.#count === 0 || query.depth > 0) return undefined;
    const hash = query.key.hashBy(this.#hash);
    let flight = this.#first[hash & (LISTS - 1)];
    while (flight !== undefined && (flight.hash !== hash || !isSame(flight.query, query))) flight = flight.following;
    if (flight === undefined) return undefined;
    if (flight.waiting === NOBODY) flight.waiting = [];
    const { waiting } = flight;
    return new Promise<Outcome>((resolve) => void waiting.push({ query, resolve }));
  }

  /** The question is under way to `next`: what comes is landed for who asked, and those who joined are answered before him. */
  lead(query: Query, answer: Promise<Outcome>, lander: Lander, next: Handler, moment: number): Answer {
    if (isSingle(query.type)) return upon(answer, (outcome) => lander.land(query, outcome, moment), query);
    const flight = this.#free.pop() ?? new Flight(this);
    const hash = query.key.hashBy(this.#hash);
    const list = hash & (LISTS - 1);
    flight.query = query;
    flight.lander = lander;
    flight.next = next;
    flight.moment = moment;
    flight.hash = hash;
    flight.following = this.#first[list];
    this.#first[list] = flight;
    this.#count++;
    return answer.then(flight.landed, flight.failed);
  }
  /** What came of a flight. Called by it. */
  land(flight: Flight, outcome: Outcome): Outcome {
    const { query, lander, next, moment, waiting } = flight;
    this.#forget(flight);
    const { reading } = query;
    reading.enter();
    try {
      const authentic = outcome.kind === 'reply' && (outcome.flags & AD) !== 0;
      const landed = lander.land(query, outcome, moment);
      if (waiting.length > 0) deal(waiting, lander.share(query, landed, authentic), (other) => lander.again(other, next));
      return landed;
    } catch (error) {
      for (const { resolve } of waiting) resolve(Promise.reject(error));
      throw error;
    } finally {
      reading.linger();
    }
  }
  /** Nothing came of a flight but an error. Called by it. */
  fail(flight: Flight, error: unknown): never {
    const { waiting } = flight;
    this.#forget(flight);
    for (const { resolve } of waiting) resolve(Promise.reject(error));
    throw error;
  }
  #forget(flight: Flight): void {
    const list = flight.hash & (LISTS - 1);
    let each = this.#first[list];
    if (each === flight) this.#first[list] = flight.following;
    else {
      while (each!.following !== flight) each = each!.following;
      each!.following = flight.following;
    }
    this.#count--;
    flight.query = undefined as never;
    flight.lander = undefined as never;
    flight.next = undefined as never;
    flight.following = undefined;
    flight.waiting = NOBODY;
    this.#free.push(flight);
  }
}

/** Gives each his own. Who gets nothing asks again: first the one who may be told most, and the others wait for him. */
function deal(waiting: readonly Waiting[], share: Share, again: (query: Query) => Answer): void {
  const left: Waiting[] = [];
  for (const each of waiting) {
    const outcome = share(each.query);
    if (outcome === undefined) left.push(each);
    else each.resolve(outcome);
  }
  left.sort((a, b) => b.query.limit - a.query.limit);
  for (const { query, resolve } of left) resolve(again(query));
}

/**
 * Zone transfers are told in many messages, to one. A server finds out by HINFO that its questions come back to it, which they cannot while
 * they wait for themselves.
 */
const isSingle = (type: number): boolean => type === TYPE.HINFO || type === TYPE.AXFR || type === TYPE.IXFR;

/** Whether both are the same question, for one answer. */
function isSame(a: Query, b: Query): boolean {
  return a.flavour === b.flavour && a.key.equals(b.key) && ((a.optAt === 0 && b.optAt === 0) || haveSameSubnet(a, b));
}

/**
 * A reply to one as the reply to another who asked the same; undefined where it was cut for the one, and the other can have more.
 * `authentic`: AD was set in it as it came.
 */
export function copyFor(query: Query, reply: Message, limit: number, authentic: boolean): Outcome | undefined {
  if ((reply.flags & TC) !== 0 && query.limit > limit) return undefined;
  if (!isAnswerTo(query, reply)) return failure(RCODE.SERVFAIL, otherQuestion);
  const { plain, extended, optAt } = reply;
  const copy = query.adopt(reply.words, reply.at >> 2, reply.length);
  copy.plain = plain;
  copy.optAt = optAt;
  copy.extended = extended;
  if (authentic && (query.wantsDnssec || query.wantsAuthentic)) copy.setFlags(AD);
  else copy.setFlags(0, AD);
  return copy;
}
