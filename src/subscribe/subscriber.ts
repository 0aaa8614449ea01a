// Watches the answers to what is asked here: while the stream lives they are valid without their TTL, and a push replaces them. Knows what
// is known and how long it holds; streams are streams.ts's, and what is asked otherwise is its line's.
import type { Name } from '../dns/name.ts';
import { INFO_CODE } from '../dns/extended-error.ts';
import { HEADER } from '../dns/packet.ts';
import type { WatchResponse } from '../http/watch-message.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Metrics } from '../kernel/seen/metrics.ts';
import type { Store } from '../store/store.ts';
import type { ZoneChanges } from '../store/changes.ts';
import type { Watches } from '../upstream/watch-link.ts';
import { FAMILIES } from './families.ts';
import type { KnownAnswer } from './known-answer.ts';
import { KnownAnswers, canBeWatched } from './known-answers.ts';
import { Streams } from './streams.ts';
import type { StreamsParts, StreamsUser } from './streams.ts';

/** Milliseconds after which an answer that nobody asked for is given up, and for which one without a stream is kept. */
const IDLE = 600_000, KEPT = 86_400_000;
/** Answers that are asked for in one go on a new stream. */
const SLICE = 256;

/** What a subscriber is made of. */
export interface SubscriberParts extends StreamsParts {
  readonly zone: Name;
  /** Answers at most. */
  readonly most: number;
  readonly store: Store;
  readonly metrics: Metrics;
}

/** The subscriptions of one line, in one thread. */
export class Subscriber implements StreamsUser {
  readonly #parts: SubscriberParts;
  readonly #changes: ZoneChanges;
  readonly #known: KnownAnswers;
  readonly #streams: Streams;
  readonly #byId = new Map<number, KnownAnswer>();
  /** Those whose subscription was asked for, in order; undefined for one that is gone. */
  #asked: (KnownAnswer | undefined)[] = [];
  #toAsk: KnownAnswer[] = [];
  readonly #cells: Readonly<Record<keyof typeof FAMILIES, number>>;

  constructor(parts: SubscriberParts) {
    const { zone, store, metrics } = parts;
    this.#parts = parts;
    this.#changes = store.changes.zone(zone.key);
    this.#known = new KnownAnswers(store.memory.hash);
    const cells = Object.entries(FAMILIES).map(([key, family]) => [key, metrics.family(family).cell([zone.text])]);
    this.#cells = Object.fromEntries(cells) as never;
    this.#streams = new Streams(parts, this);
  }
  #count(what: keyof typeof FAMILIES, more = 1): void {
    this.#parts.metrics.values[this.#cells[what]]! += more;
  }

  // --- questions

  /** The answer that is known, where it holds; undefined where somebody has to be asked: then it is watched from now on. */
  find(query: Query): Message | undefined {
    if (!canBeWatched(query)) return undefined;
    const known = this.#known.find(query);
    if (known === undefined) {
      this.#add(query);
      return undefined;
    }
    known.askedAt = query.received;
    if (known.token === undefined) return undefined;
    const holds = known.confirmed && this.#streams.used !== undefined;
    const age = holds ? 0 : this.#age(query.received);
    if (!holds && age >= known.ttl) return undefined;
    if (!holds) query.journey.goesOut();
    this.#count('hits');
    return known.reply(query, age);
  }
  /** Whether something was pushed once. */
  knows(query: Query): boolean {
    return canBeWatched(query) && this.#known.find(query)?.token !== undefined;
  }
  /** What was last known, where nobody else can be asked (RFC 8767). */
  stale(query: Query): Message | undefined {
    const known = canBeWatched(query) ? this.#known.find(query) : undefined;
    if (known?.token === undefined) return undefined;
    this.#count('stale');
    query.extendedError = { code: INFO_CODE.STALE_ANSWER, text: 'no upstream is there' };
    return known.reply(query, Math.max(known.ttl, this.#age(query.received)));
  }
  /** Seconds that TTLs have run: they stand still while the stream lives. */
  #age(now: number): number {
    return Math.max(0, Math.floor((now - this.#streams.aliveAt) / 1000));
  }
  #add(query: Query): void {
    if (this.#known.size >= this.#parts.most) return;
    const known = this.#known.add(query);
    known.askedAt = query.received;
    this.#count('answers');
    const { used } = this.#streams;
    if (used !== undefined) this.#ask(known, used);
  }
  #ask(known: KnownAnswer, stream: Watches): void {
    stream.send({ kind: 'create', question: known.question, token: known.token, answers: true });
    this.#asked.push(known);
  }
  #drop(known: KnownAnswer): void {
    this.#known.remove(known);
    this.#count('answers', -1);
    if (known.id > 0) {
      this.#byId.delete(known.id);
      this.#streams.used?.send({ kind: 'cancel', id: known.id });
    }
    known.id = -1;
    const at = this.#asked.indexOf(known);
    if (at >= 0) this.#asked[at] = undefined;
  }

  // --- streams

  /** It is asked with what is known, so that it says only what differs. */
  begins(stream: Watches): void {
    this.#toAsk = [...this.#known];
    this.#askOn(stream);
  }
  #askOn(stream: Watches): void {
    if (this.#streams.used !== stream) return;
    for (const known of this.#toAsk.splice(0, SLICE)) if (known.id === 0) this.#ask(known, stream);
    if (this.#toAsk.length > 0) this.#parts.clock.after(1, () => this.#askOn(stream));
  }
  /** TTLs run until another one has said that nothing changed. */
  loses(): void {
    this.#count('lost');
    this.#byId.clear();
    this.#asked = [];
    for (const known of this.#known) {
      known.id = 0;
      known.confirmed = false;
    }
    // Whoever keeps or watches what is answered here.
    this.#changes.all();
  }
  stand(more: 1 | -1): void {
    this.#count('streams', more);
  }
  look(now: number): void {
    const patience = this.#streams.used === undefined ? KEPT : IDLE;
    for (const known of this.#known) if (now - known.askedAt > patience) this.#drop(known);
  }

  // --- what is pushed

  said({ id, created, canceled, answer, token, initial }: WatchResponse): void {
    if (created === true) return this.#created(id);
    if (id === 0) return this.#refused();
    const known = this.#byId.get(id);
    if (known === undefined) return;
    if (canceled === true) this.#drop(known);
    else if (answer !== undefined) this.#pushed(known, answer, token);
    else known.confirmed ||= initial === true && known.token !== undefined && token !== undefined && isSame(known.token, token);
  }
  #created(id: number): void {
    const known = this.#asked.shift();
    if (known === undefined) return this.#streams.used?.send({ kind: 'cancel', id });
    known.id = id;
    this.#byId.set(id, known);
  }
  /** The upstream does not let this be watched: it is asked as before. */
  #refused(): void {
    const known = this.#asked.shift();
    if (known === undefined) return;
    known.id = -1;
    known.confirmed = false;
  }
  /** First what is kept, then the count: a cache that asks in between keeps what is new. */
  #pushed(known: KnownAnswer, answer: Uint8Array, token: Uint8Array | undefined): void {
    this.#count('pushed');
    known.confirmed = known.take(answer);
    known.token = known.confirmed && token !== undefined ? Uint8Array.from(token) : undefined;
    this.#changes.changed(known.question, HEADER);
  }

  /** What whoever asks for readiness shall know. */
  remark(): string | undefined {
    if (this.#streams.used !== undefined) return undefined;
    return `no upstream pushes since ${Math.round((this.#parts.clock.monotonic() - this.#streams.aliveAt) / 1000)} s`;
  }
  close(): void {
    this.#streams.close();
    this.#count('answers', -this.#known.size);
  }
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
