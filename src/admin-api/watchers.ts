// Whoever watches a process: readers of its questions and of what happens, over reloads. Knows how many there may be.
import { EventStream } from '../http/event-stream.ts';
import type { Exchange } from '../http/exchange.ts';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import type { Clock } from '../kernel/clock.ts';
import { LatencyHistory } from '../kernel/seen/latency.ts';
import type { Memory } from '../store/memory.ts';
import { EventFeed, isEventId } from './event-feed.ts';
import { readFilter } from './filter.ts';
import { readCursor } from './queries.ts';
import { QueryFeed } from './query-feed.ts';
import { Rate } from './rate.ts';

/** Readers at the same time, and explanations a second. */
const MOST = 32, EXPLAINED = 100;

/** All of them. */
export class Watchers {
  /** What tells places in this process from those in one before it. */
  readonly process: string;
  /** Milliseconds of the clock when the process began to serve. */
  readonly since: number;
  readonly #queries: QueryFeed;
  readonly events: EventFeed;
  /** How long answers took in the seconds before. */
  readonly latency: LatencyHistory;
  /** Explanations, each of which asks the server and perhaps others. */
  readonly explanations: Rate;
  readonly #clock: Clock;
  #count = 0;
  #cancel: () => void;

  constructor(memory: Memory, clock: Clock) {
    this.since = clock.monotonic();
    this.process = clock.wall().toString(36);
    this.#queries = new QueryFeed(memory, clock, this.process);
    this.events = new EventFeed(clock, this.process);
    this.latency = new LatencyHistory(memory);
    this.explanations = new Rate(clock, EXPLAINED, EXPLAINED);
    this.#clock = clock;
    this.#cancel = clock.after(1000, this.#second);
  }
  readonly #second = (): void => {
    this.latency.tick(Math.floor(this.#clock.wall() / 1000));
    this.#cancel = this.#clock.after(1000, this.#second);
  };
  close(): void {
    this.#cancel();
    this.#queries.close();
    this.events.close();
  }
  /** Whether somebody wants to be told as it happens. */
  static wants(exchange: Exchange): boolean {
    return /(^|,)\s*text\/event-stream\b/.test(exchange.field('accept') ?? '');
  }

  /** Tells the questions that a filter fits; the reply where it does not. */
  queries(exchange: Exchange, query: URLSearchParams): HttpReply | undefined {
    const filter = readFilter(query.get('filter') ?? '');
    if (typeof filter === 'string') return problem(400, 'No filter', filter);
    const after = placeOf(exchange, query);
    const cursor = after === undefined ? undefined : readCursor(after, this.process);
    if (after !== undefined && cursor === undefined) return problem(400, 'No place to go on from', 'Last-Event-ID is the id of an event');
    let leave = (): void => {};
    const stream = this.#open(exchange, () => leave());
    if (!(stream instanceof EventStream)) return stream;
    leave = this.#queries.add(stream, filter, cursor);
    return undefined;
  }
  /** Tells what happens; the reply where it does not. */
  happenings(exchange: Exchange, query: URLSearchParams): HttpReply | undefined {
    const after = placeOf(exchange, query);
    if (after !== undefined && !isEventId(after)) return problem(400, 'No place to go on from', 'Last-Event-ID is the id of an event');
    const stream = this.#open(exchange, () => {
      if (stream instanceof EventStream) this.events.remove(stream);
    });
    if (!(stream instanceof EventStream)) return stream;
    this.events.add(stream, after);
    return undefined;
  }
  #open(exchange: Exchange, over: () => void): EventStream | HttpReply {
    if (this.#count >= MOST) return problem(503, 'Too many readers', `${MOST} watch already`);
    const stream = EventStream.open(exchange, () => {
      this.#count--;
      over();
    });
    if (stream === undefined) return problem(406, 'Not acceptable', 'events are told over HTTP/1.1 and HTTP/2');
    this.#count++;
    return stream;
  }
}
/** Where a reader was: what its program says when it comes back (WHATWG HTML 9.2.3), or what it asks for. */
const placeOf = (exchange: Exchange, query: URLSearchParams): string | undefined =>
  exchange.field('last-event-id') ?? query.get('after') ?? undefined;
