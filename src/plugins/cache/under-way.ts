// Questions of this thread that are under way, and who waits for the same: a stampede is one question (spoofing a reply is then no
// easier than with one client). Knows keys and copies of replies; knows nothing of what is kept.
import { AD, TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure, upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Hash } from '../../store/hash.ts';
import { haveSameSubnet } from './subnet.ts';
import { isAnswerTo } from './worth.ts';

/** Who waits for the answer to another's question. */
interface Waiting {
  readonly query: Query;
  readonly resolve: (answer: Answer) => void;
}
/** One question. */
interface Flight {
  /** Whose question went on; its key lies where it lay until it is answered. */
  readonly query: Query;
  readonly waiting: Waiting[];
  /** Another question with the same hash. */
  next: Flight | undefined;
}
const SERVFAIL = 2;
const otherQuestion = new Error('the reply is to another question');
/**
 * Zone transfers are told in many messages, to one. A server finds out by HINFO that its questions come back to it, which they cannot while
 * they wait for themselves.
 */
const SINGLE: readonly number[] = [13, 251, 252];

/** What each of them gets, from what came: undefined where the question has to be asked again. */
type Share = (query: Query) => Outcome | undefined;

/** What came of a question, for who asked it, and for the others. */
export interface Landed {
  readonly outcome: Outcome;
  readonly share: Share;
}

/** The questions of one cache in one thread. */
export class UnderWay {
  readonly #flights = new Map<number, Flight>();
  readonly #hash: Hash;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** Waits for the same question where it is under way; undefined where it is not, or where the wait could be for this very question. */
  join(query: Query): Promise<Outcome> | undefined {
    if (this.#flights.size === 0 || query.depth > 0) return undefined;
    let flight = this.#flights.get(query.key.hashBy(this.#hash));
    while (flight !== undefined && !isSame(flight.query, query)) flight = flight.next;
    if (flight === undefined) return undefined;
    const { waiting } = flight;
    return new Promise<Outcome>((resolve) => void waiting.push({ query, resolve }));
  }

  /**
   * The question is under way: `land` makes of what comes the outcome for who asked, and says what the others get. These are answered
   * before him. `again` asks for one whom nothing was given.
   */
  lead(query: Query, answer: Promise<Outcome>, land: (outcome: Outcome) => Landed,
    again: (query: Query) => Answer): Answer {
    if (SINGLE.includes(query.type)) return upon(answer, (outcome) => land(outcome).outcome, query);
    const hash = query.key.hashBy(this.#hash);
    const waiting: Waiting[] = [];
    const flight: Flight = { query, waiting, next: this.#flights.get(hash) };
    this.#flights.set(hash, flight);
    return answer.then((outcome) => query.reading.within(() => {
      this.#forget(hash, flight);
      const landed = land(outcome);
      if (waiting.length > 0) deal(waiting, landed.share, again);
      return landed.outcome;
    }), (error: unknown) => {
      this.#forget(hash, flight);
      for (const { resolve } of waiting) resolve(Promise.reject(error));
      throw error;
    });
  }
  #forget(hash: number, flight: Flight): void {
    let before = this.#flights.get(hash);
    if (before === flight) {
      if (flight.next === undefined) this.#flights.delete(hash);
      else this.#flights.set(hash, flight.next);
      return;
    }
    while (before !== undefined && before.next !== flight) before = before.next;
    if (before !== undefined) before.next = flight.next;
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
  if (!isAnswerTo(query, reply)) return failure(SERVFAIL, otherQuestion);
  const { plain, extended, optAt } = reply;
  const copy = query.adopt(reply.words, reply.at >> 2, reply.length);
  copy.plain = plain;
  copy.optAt = optAt;
  copy.extended = extended;
  if (authentic && (query.wantsDnssec || query.wantsAuthentic)) copy.setFlags(AD);
  else copy.setFlags(0, AD);
  return copy;
}
