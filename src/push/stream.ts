// One stream on which answers are watched: what it watches, what it was not told yet, and whether its client takes what it is told. Knows
// the interface of a protocol; knows no bytes of it.
import type { Service } from '../kernel/query/transport.ts';
import type { PushClient } from './evaluation.ts';
import type { PushOwner, Streaming } from './owner.ts';
import type { WatchedQuestion } from './question.ts';
import { ANSWERS, DIRTY, NEW, NONE, SAME } from './subscriptions.ts';
import type { PushedAnswer, Topic } from './topic.ts';

/** Milliseconds that a client may take nothing before it is cut. */
const PATIENCE = 10_000;

/** What is said on a stream, in the words of its protocol. Each says false where the client takes no more at the moment. */
export interface Told {
  /** An answer: `isFirst` where nothing was told of this subscription yet. */
  push(id: number, answer: PushedAnswer, isFirst: boolean, wantsAnswers: boolean): boolean;
  /** The answer that there is is the one whose token the client gave. */
  same(id: number, answer: PushedAnswer): boolean;
  /** Everything that was pushed until now is all that there is. */
  beat(): boolean;
  /** The subscription is over: why. */
  refused(id: number, why: string): boolean;
  /** The stream is over, since its client is too slow. Nothing may be said any more. */
  cut(): void;
}
/** How one question is watched. */
export interface Wish {
  /** Its client wants answers, the one that there is to begin with; without it hears of changes alone. */
  readonly answers?: boolean;
  /** What the answer is known by that its client has: the same is not told again. */
  readonly token?: Uint8Array | undefined;
}

/** A stream. */
export class PushStream implements Streaming {
  readonly number: number;
  readonly client: PushClient;
  readonly #engine: PushOwner;
  readonly #told: Told;
  readonly #tokens = new Map<number, Uint8Array>();
  #service: Service;
  #first = NONE;
  #firstDirty = NONE;
  #lastDirty = NONE;
  #beatEvery = 0;
  #beatAt = Infinity;
  #isOver = false;
  /** It waits for its turn to tell. */
  queued = false;
  /** Since when its client takes nothing; -1 where it does. */
  blockedSince = -1;
  /** How many it watches. */
  count = 0;

  /** A stream that watches nothing yet. */
  static open(engine: PushOwner, client: PushClient, told: Told): PushStream {
    return engine.enter((number) => new PushStream(engine, client, told, number));
  }
  private constructor(engine: PushOwner, client: PushClient, told: Told, number: number) {
    this.#engine = engine;
    this.client = client;
    this.#told = told;
    this.number = number;
    this.#service = client.service;
  }

  /** The id of a new subscription, which stands when this returns; undefined where there are as many as there can be. */
  subscribe(question: WatchedQuestion, { answers = false, token }: Wish): number | undefined {
    const { subscriptions, counters } = this.#engine;
    const at = subscriptions.take(NONE, this.number, NEW | (answers ? ANSWERS : 0));
    if (at === NONE) return undefined;
    this.count++;
    counters.add('subscriptions', 1);
    subscriptions.linkStream(at, this.#first);
    this.#first = at;
    if (token !== undefined) this.#tokens.set(at, token);
    this.#join(at, question);
    return subscriptions.id(at);
  }
  #join(at: number, question: WatchedQuestion): void {
    const { subscriptions, topics } = this.#engine;
    const { topic, isNew } = topics.find(question, this.client, this.number);
    subscriptions.topic[at] = topic.index;
    subscriptions.linkTopic(at, topic.first);
    topic.first = at;
    topic.count++;
    if (isNew || topic.digest === undefined) {
      topic.hasNew = true;
      if (isNew) this.#engine.ask(topic);
    } else if (!this.knows(at, topic, true)) this.mark(at);
  }
  /** Somebody doubts what a subscription was told: it is asked for again. */
  again(id: number): void {
    const { subscriptions, topics } = this.#engine;
    const at = subscriptions.find(id, this.number);
    if (at !== NONE) this.#engine.ask(topics.at(subscriptions.topic[at]!)!);
  }
  /** Ends a subscription; false where there is none of this id. */
  cancel(id: number): boolean {
    const at = this.#engine.subscriptions.find(id, this.number);
    if (at === NONE) return false;
    this.#end(at);
    return true;
  }
  #end(at: number): void {
    const { subscriptions, counters } = this.#engine;
    this.#unmark(at);
    this.#part(at);
    this.#first = subscriptions.unlinkStream(at, this.#first);
    this.#tokens.delete(at);
    subscriptions.give(at);
    this.count--;
    counters.add('subscriptions', -1);
  }
  /** Takes it away from its topic, which ends with the last one. */
  #part(at: number): Topic {
    const { subscriptions, topics } = this.#engine;
    const topic = topics.at(subscriptions.topic[at]!)!;
    topic.first = subscriptions.unlinkTopic(at, topic.first);
    if (--topic.count === 0) topics.remove(topic);
    else if (topic.client === this.client) topic.client = this.#engine.clientOf(subscriptions.stream[topic.first]!) ?? topic.client;
    return topic;
  }
  /** The chain looks at who asks: from now on it is asked for this stream alone. */
  move(at: number): void {
    const { question } = this.#part(at);
    this.#engine.subscriptions.flags[at]! |= NEW;
    this.#join(at, question);
  }

  // --- what is to be told

  /** Whether a client that was told nothing yet knows enough: then it is told when the next answer differs. */
  knows(at: number, { digest }: Topic, isFresh: boolean): boolean {
    const { flags } = this.#engine.subscriptions;
    const token = this.#tokens.get(at);
    const wantsAnswers = (flags[at]! & ANSWERS) !== 0;
    this.#tokens.delete(at);
    if (wantsAnswers) {
      if (token !== undefined && digest !== undefined && Buffer.compare(token, digest) === 0) flags[at]! |= SAME;
      return false;
    }
    if (isFresh) flags[at]! &= ~NEW;
    return isFresh;
  }
  /** It is to be told. */
  mark(at: number): void {
    const { flags, nextDirty } = this.#engine.subscriptions;
    flags[at]! |= DIRTY;
    nextDirty[at] = NONE;
    if (this.#lastDirty === NONE) this.#firstDirty = at;
    else nextDirty[this.#lastDirty] = at;
    this.#lastDirty = at;
    this.#engine.willTell(this);
  }
  #unmark(at: number): void {
    const { flags, nextDirty } = this.#engine.subscriptions;
    if ((flags[at]! & DIRTY) === 0) return;
    let before = NONE;
    for (let each = this.#firstDirty; each !== at && each !== NONE; each = nextDirty[each]!) before = each;
    if (before === NONE) this.#firstDirty = nextDirty[at]!;
    else nextDirty[before] = nextDirty[at]!;
    if (this.#lastDirty === at) this.#lastDirty = before;
    flags[at]! &= ~DIRTY;
  }
  /** Tells so much of it at most; how much it was. */
  tell(most: number): number {
    const { subscriptions, topics, counters, now } = this.#engine;
    let told = 0;
    while (!this.#isOver && this.#firstDirty !== NONE && this.blockedSince < 0) {
      if (told === most) {
        this.#engine.willTell(this);
        return told;
      }
      const at = this.#firstDirty;
      const isFirst = (subscriptions.flags[at]! & NEW) !== 0;
      const topic = topics.at(subscriptions.topic[at]!)!;
      this.#unmark(at);
      const isSame = (subscriptions.flags[at]! & SAME) !== 0;
      subscriptions.flags[at]! &= ~(NEW | SAME);
      const answer = topic.state(now);
      if (answer === undefined) continue;
      told++;
      if (isSame) {
        this.#took(this.#told.same(subscriptions.id(at), answer));
        continue;
      }
      counters.add('pushes', 1);
      if (!isFirst) counters.took(now - topic.since);
      this.#took(this.#told.push(subscriptions.id(at), answer, isFirst, (subscriptions.flags[at]! & ANSWERS) !== 0));
    }
    if (!this.#isOver && this.#firstDirty === NONE && this.blockedSince < 0 && now >= this.#beatAt) this.#beat(now);
    return told;
  }
  #beat(now: number): void {
    if (!this.#engine.isCurrent) return;
    this.#beatAt = now + this.#beatEvery;
    this.#took(this.#told.beat());
  }
  /** Its client is told every so many milliseconds that it is alive and misses nothing. */
  beats(milliseconds: number): void {
    this.#beatEvery = milliseconds;
    this.#beatAt = milliseconds === 0 ? Infinity : this.#engine.now + milliseconds;
  }
  #took(takes: boolean): void {
    if (!takes && this.blockedSince < 0) this.blockedSince = this.#engine.now;
  }
  /** Its client takes bytes again. */
  drained(): void {
    if (this.#isOver || this.blockedSince < 0) return;
    this.blockedSince = -1;
    this.#engine.willTell(this);
  }
  /** The server says nothing to it. */
  refuse(at: number, why: string): void {
    const id = this.#engine.subscriptions.id(at);
    this.#end(at);
    this.#took(this.#told.refused(id, why));
  }

  // --- what the engine looks at now and then

  look(now: number): void {
    if (this.blockedSince >= 0 && now - this.blockedSince >= PATIENCE) {
      this.#engine.counters.add('cut', 1);
      this.close();
      return this.#told.cut();
    }
    if (now >= this.#beatAt) this.#engine.willTell(this);
    if (this.client.service !== this.#service) this.#renew();
  }
  /** A reload: everything may be another one. */
  #renew(): void {
    this.#service = this.client.service;
    const { subscriptions: { nextOfStream, topic }, topics } = this.#engine;
    for (let at = this.#first; at !== NONE; at = nextOfStream[at]!) this.#engine.ask(topics.at(topic[at]!)!);
  }
  /** Ids of all that it watches. */
  *ids(): Generator<number> {
    const { subscriptions } = this.#engine;
    for (let at = this.#first; at !== NONE; at = subscriptions.nextOfStream[at]!) yield subscriptions.id(at);
  }
  /** Nobody listens any more. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#firstDirty = this.#lastDirty = NONE;
    while (this.#first !== NONE) {
      this.#engine.subscriptions.flags[this.#first]! &= ~DIRTY;
      this.#end(this.#first);
    }
    this.#engine.leave(this);
  }
}
