// Who watches which answers of this server, and what is pushed to whom. Counters of changes say which questions to ask again, and only an
// answer that differs is told. Everything is done in slices, so that queries go between. Knows streams as an interface; knows no protocol.
import { setImmediate as inNextTurn } from 'node:timers';
import { Records } from '../dns/packet.ts';
import { RCODE } from '../dns/rcode.ts';
import { AA } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';
import { nameAll } from '../kernel/query/stamp.ts';
import type { Watched } from '../kernel/query/transport.ts';
import type { Witness } from '../kernel/query/witness.ts';
import { Changes } from '../store/changes.ts';
import { readAnswer } from './answer.ts';
import { PushCounters } from './counters.ts';
import { evaluate } from './evaluation.ts';
import type { PushClient } from './evaluation.ts';
import type { PushOwner, Streaming } from './owner.ts';
import { Queue } from './queue.ts';
import { DIRTY, NEW, NONE, SAME, Subscriptions } from './subscriptions.ts';
import type { Topic } from './topic.ts';
import { Topics } from './topics.ts';

/** Milliseconds between looks at the counters, and between looks at streams. */
const TICK = 2, ROUND = 250;
/** What is done of each kind before others have a turn: counters compared, questions asked, answers told; and milliseconds of all. */
const SCANNED = 4096, ASKED = 64, TOLD = 128, SLICE = 1;
/** Seconds after which is asked again what failed, at the latest what has no TTL, and at most; failures after which one is told. */
const RETRY = 2, NO_TTL = 5, MOST_TTL = 3600, LASTING = 3;

/** Milliseconds between two streams that are sent away at most, and of all of them together. */
const BETWEEN = 20, DEPARTURES = 3000;

/** Of one thread. */
export class PushEngine implements PushOwner {
  readonly subscriptions = new Subscriptions();
  readonly topics: Topics;
  readonly counters: PushCounters;
  readonly changes: Changes;
  readonly #watched: Watched;
  readonly #nextTurn: (call: () => void) => void;
  readonly #streams = new Map<number, Streaming>();
  #lastStream = 0;
  readonly #records = new Records();
  #moment: number;
  #noticed = 0;
  /** Topics whose counters are still to be compared, and where to go on. */
  #unscanned = 0;
  #scanAt = 0;
  /** Topics by the second in which they are looked at. */
  readonly #due = new Map<number, Topic[]>();
  #second: number;
  readonly #toAsk = new Queue<Topic>();
  readonly #toTell = new Queue<Streaming>();
  #roundAt = 0;
  #cancel: (() => void) | undefined = undefined;
  #turning = false;
  #departures = 0;

  /** `nextTurn` calls in the next turn of the loop. */
  constructor(watched: Watched, nextTurn: (call: () => void) => void = inNextTurn) {
    this.#watched = watched;
    this.#nextTurn = nextTurn;
    this.changes = watched.changes;
    this.counters = new PushCounters(watched.metrics);
    this.topics = new Topics(Changes.STAMP);
    this.#moment = this.changes.moment;
    this.#second = Math.floor(this.now / 1000);
  }
  get now(): number {
    return this.#watched.clock.monotonic();
  }
  /** Whether everything that changed was looked at. */
  get isCurrent(): boolean {
    return this.#unscanned === 0 && this.#toAsk.length === 0 && this.changes.moment === this.#moment;
  }

  // --- streams

  /** Another stream. Its number is its own for as long as the engine lives. */
  enter<S extends Streaming>(make: (number: number) => S): S {
    const number = ++this.#lastStream;
    const stream = make(number);
    this.#streams.set(number, stream);
    this.counters.add('subscribers', 1);
    this.#cancel ??= this.#watched.clock.after(TICK, this.#tick);
    return stream;
  }
  /** A stream has ended. */
  leave({ number }: Streaming): void {
    if (this.#streams.delete(number)) this.counters.add('subscribers', -1);
  }
  /** Milliseconds after which one more stream is to be sent away, so that not all go at once. */
  departure(): number {
    return this.#departures++ * Math.min(BETWEEN, DEPARTURES / Math.max(1, this.#streams.size));
  }
  /** As whom a stream asks. */
  clientOf(stream: number): PushClient | undefined {
    return this.#streams.get(stream)?.client;
  }
  /** A stream has something to tell. */
  willTell(stream: Streaming): void {
    if (stream.queued || stream.blockedSince >= 0) return;
    stream.queued = true;
    this.#toTell.add(stream);
    this.#soon();
  }
  /** A topic is to be asked. */
  ask(topic: Topic, since = this.now): void {
    if (topic.queued) return;
    topic.queued = true;
    topic.since = since;
    if (topic.asking) return;                                   // once that is over
    this.#toAsk.add(topic);
    this.#soon();
  }

  // --- time

  readonly #tick = (): void => {
    const { now } = this;
    const { moment } = this.changes;
    if (moment !== this.#moment) {
      this.#moment = moment;
      this.#noticed = now;
      this.#unscanned = this.topics.size;
    }
    for (const second = Math.floor(now / 1000); this.#second <= second; this.#second++) this.#fallDue(this.#second);
    if (now >= this.#roundAt) this.#round(now);
    this.#cancel = this.#streams.size > 0 ? this.#watched.clock.after(TICK, this.#tick) : undefined;
    if (!this.#turning && this.#unscanned + this.#toAsk.length + this.#toTell.length > 0) this.#turn();
  };
  #fallDue(second: number): void {
    for (const topic of this.#due.get(second) ?? []) if (topic.due === second && this.topics.has(topic)) this.ask(topic);
    this.#due.delete(second);
  }
  /** Looks at each stream: whether it takes nothing, has another server now, or is to hear that it is alive. */
  #round(now: number): void {
    this.#roundAt = now + ROUND;
    for (const stream of this.#streams.values()) stream.look(now);
  }
  #soon(): void {
    if (this.#turning) return;
    this.#turning = true;
    this.#nextTurn(this.#turn);
  }
  readonly #turn = (): void => {
    this.#turning = true;
    const until = this.now + SLICE;
    this.#scan();
    let asked = 0;
    let told = 0;
    for (; asked < ASKED && this.#toAsk.length > 0 && (asked === 0 || this.now < until); asked++) this.#evaluate(this.#toAsk.take()!);
    for (let left = this.#toTell.length; left > 0 && told < TOLD && (told === 0 || this.now < until); left--) {
      const stream = this.#toTell.take()!;
      stream.queued = false;
      told += 1 + stream.tell(TOLD - told);
    }
    this.#turning = false;
    if (this.#unscanned + this.#toAsk.length + this.#toTell.length > 0) this.#soon();
  };
  #scan(): void {
    const { topics, changes } = this;
    for (let left = Math.min(SCANNED, this.#unscanned); left > 0; left--, this.#unscanned--) {
      if (this.#scanAt >= topics.size) this.#scanAt = 0;
      const topic = topics.at(this.#scanAt++);
      if (topic !== undefined && !topic.queued && topic.digest !== undefined && !changes.fresh(topics.stamps, topics.stampOf(topic))) {
        this.ask(topic, this.#noticed);
      }
    }
  }

  // --- answers

  #evaluate(topic: Topic): void {
    topic.queued = false;
    if (!this.topics.has(topic)) return;
    topic.asking = true;
    const { moment } = this.changes;
    evaluate(topic.client, topic.question.packet, (query, message, witness) => this.#answered(topic, query, message, witness, moment));
  }
  #answered(topic: Topic, query: Query, message: Message | undefined, witness: Witness, moment: number): void {
    topic.asking = false;
    if (!this.topics.has(topic)) return;
    if (topic.queued) this.#toAsk.add(topic);
    if (message === undefined) return this.#refused(topic);
    const { stamps } = this.topics;
    const at = this.topics.stampOf(topic);
    this.changes.begin(stamps, at, moment);
    const { bytes } = message;
    const isRead = this.#records.read(bytes, message.at, message.length, query.questionEnd);
    const counted = isRead && nameAll(this.changes, stamps, at, query, message, this.#records);
    const owned = counted && !witness.foreign && (bytes[message.at + 2]! & (AA >> 8)) !== 0;
    const copy = Uint8Array.from(bytes.subarray(message.at, message.at + message.length));
    copy[0] = copy[1] = 0;
    const answer = isRead ? readAnswer(copy, owned) : undefined;
    if (witness.looked && !topic.looked) this.#split(topic);
    const hasFailed = answer === undefined || answer.rcode === RCODE.SERVFAIL;
    topic.failures = hasFailed ? topic.failures + 1 : 0;
    // A failure is told once it has lasted: those who watch do better with what they know.
    if (answer === undefined || (hasFailed && topic.digest !== undefined && topic.failures < LASTING)) return this.#lookAgain(topic, RETRY);
    const hasChanged = topic.digest === undefined || Buffer.compare(topic.digest, answer.digest) !== 0;
    if (hasChanged && topic.digest !== undefined) this.counters.add('changes', 1);
    topic.keep(copy, answer.digest, owned, this.now);
    const isFresh = this.changes.fresh(stamps, at);
    if (hasChanged || topic.hasNew) this.#spread(topic, hasChanged, isFresh);
    if (hasFailed) this.#lookAgain(topic, RETRY);
    else if (!owned || answer.signed) this.#lookAgain(topic, Math.max(1, Math.min(answer.ttl ?? NO_TTL, MOST_TTL)));
    else topic.due = -1;
    if (!isFresh) this.ask(topic);
  }
  #lookAgain(topic: Topic, seconds: number): void {
    const second = Math.floor(this.now / 1000) + seconds;
    if (topic.due === second) return;
    topic.due = second;
    const all = this.#due.get(second);
    if (all === undefined) this.#due.set(second, [topic]);
    else all.push(topic);
  }
  /** Marks what has to be told. */
  #spread(topic: Topic, hasChanged: boolean, isFresh: boolean): void {
    const { flags, nextOfTopic, stream } = this.subscriptions;
    topic.hasNew = false;
    for (let at = topic.first; at !== NONE; at = nextOfTopic[at]!) {
      if (!hasChanged && (flags[at]! & NEW) === 0) continue;
      if (hasChanged) flags[at]! &= ~SAME;
      const of = this.#streams.get(stream[at]!);
      if ((flags[at]! & NEW) !== 0 ? of?.knows(at, topic, isFresh) === true : of === undefined) continue;
      if ((flags[at]! & DIRTY) !== 0) this.counters.add('coalesced', 1);
      else of!.mark(at);
    }
  }
  /** The server says nothing at all to this client. */
  #refused(topic: Topic): void {
    const { nextOfTopic, stream } = this.subscriptions;
    for (let at = topic.first; at !== NONE; ) {
      const next = nextOfTopic[at]!;
      this.#streams.get(stream[at]!)?.refuse(at, 'the server says nothing to this question');
      at = next;
    }
  }
  /** Somebody on the way looked at the client, so each of those who watch is asked for alone. */
  #split(topic: Topic): void {
    topic.looked = true;
    const { nextOfTopic, stream } = this.subscriptions;
    for (let at = topic.first; at !== NONE; ) {
      const next = nextOfTopic[at]!;
      const of = this.#streams.get(stream[at]!);
      if (of !== undefined && of.client !== topic.client) of.move(at);
      at = next;
    }
  }
}

const engines = new WeakMap<Changes, PushEngine>();
/** The engine of the thread that has these. */
export function engineOf(watched: Watched): PushEngine {
  let engine = engines.get(watched.changes);
  if (engine === undefined) engines.set(watched.changes, engine = new PushEngine(watched));
  return engine;
}
