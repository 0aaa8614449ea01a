// `coredns.dns.DnsService/Watch`: one stream on which a client says what it watches, and hears what it became (ecosystem 7.2). Knows the
// messages; whose connection it is on and what is allowed there it is told.
import type { Name } from '../dns/name.ts';
import type { Exchange, Talk, Talker } from '../http/exchange.ts';
import { OK, ending } from '../http/grpc-heading.ts';
import { GRPC_STATUS } from '../http/grpc-message.ts';
import { MessageReader, readWatchRequest, watchResponse } from '../http/watch-message.ts';
import type { WatchRequest, WatchResponse } from '../http/watch-message.ts';
import type { Watched } from '../kernel/query/transport.ts';
import { engineOf } from './engine.ts';
import type { PushClient } from './evaluation.ts';
import { readWatched } from './question.ts';
import { PushStream } from './stream.ts';
import type { Told } from './stream.ts';
import type { PushedAnswer } from './topic.ts';

/** Seconds between signs of life at least and at most. */
const LEAST_BEAT = 1, MOST_BEAT = 3600;
const DONE = ending(GRPC_STATUS.OK, '');
const SLOW = ending(GRPC_STATUS.RESOURCE_EXHAUSTED, 'what is pushed is not taken');
const LEAVES = ending(GRPC_STATUS.UNAVAILABLE, 'the server goes away');

/** What a stream stands on. */
export interface GrpcWatchBy {
  readonly client: PushClient;
  readonly watched: Watched;
  /** Why nothing more can be watched here; undefined: more can. */
  full(): string | undefined;
  /** Whether its client may hear of a name, at each time that it would. */
  mayHear(name: Name): boolean;
  /** It is over, whoever ended it. */
  over(watch: GrpcWatch): void;
}

/** One stream. */
export class GrpcWatch implements Talker, Told {
  readonly #by: GrpcWatchBy;
  readonly #reader = new MessageReader();
  readonly #stream: PushStream;
  #talk: Talk | undefined;
  #isOver = false;

  private constructor(by: GrpcWatchBy) {
    this.#by = by;
    this.#stream = PushStream.open(engineOf(by.watched), by.client, this);
  }
  /** Begins the reply of a request that can go on. `began` has it before anything is said. */
  static begin(exchange: Exchange, by: GrpcWatchBy, began: (watch: GrpcWatch) => void): void {
    const watch = new GrpcWatch(by);
    began(watch);
    watch.#talk = exchange.talk!(OK, watch);
  }
  #say(response: WatchResponse): boolean {
    const bytes = watchResponse(response);
    return this.#talk?.say(bytes, 0, bytes.length) === true;
  }
  #end(trailers: typeof DONE): void {
    if (this.#isOver) return;
    this.gone();
    this.#talk?.end(trailers);
  }
  /** How much it watches. */
  get watches(): number {
    return this.#stream.count;
  }

  // --- what the client says

  part(bytes: Buffer, at: number, end: number): void {
    const wrong = this.#reader.feed(bytes, at, end, (message) => {
      if (!this.#isOver) this.#request(readWatchRequest(message));
    });
    if (wrong !== undefined) this.#end(ending(wrong === 'compressed' ? GRPC_STATUS.UNIMPLEMENTED : GRPC_STATUS.INTERNAL, wrong));
  }
  #request(request: WatchRequest | undefined): void {
    if (request === undefined) return this.#end(ending(GRPC_STATUS.INTERNAL, 'a request is no WatchRequest'));
    if (request.kind === 'create') return this.#create(request.question, request.answers, request.token);
    if (request.kind === 'heartbeat') {
      const { seconds } = request;
      return this.#stream.beats(seconds === 0 ? 0 : Math.min(Math.max(seconds, LEAST_BEAT), MOST_BEAT) * 1000);
    }
    const { id } = request;
    if (this.#stream.cancel(id)) this.#say({ id, canceled: true });
    else this.#say({ id, error: `there is no watch ${id} on this stream` });
  }
  /** The subscription stands before its client hears so: no change falls in between. */
  #create(message: Uint8Array, answers: boolean, token: Uint8Array | undefined): void {
    const question = readWatched(message);
    if (typeof question === 'string') return void this.#say({ id: 0, error: question });
    const full = this.#by.full();
    if (full !== undefined) return void this.#say({ id: 0, error: full });
    if (!this.#by.mayHear(question.name)) return void this.#say({ id: 0, error: NOT_ALLOWED });
    const id = this.#stream.subscribe(question, { answers, token: token && Buffer.from(token) });
    if (id === undefined) this.#say({ id: 0, error: 'the server has as many subscriptions as it can have' });
    else this.#say({ id, created: true });
  }
  ended(): void {
    this.#end(DONE);
  }
  drained(): void {
    this.#stream.drained();
  }
  gone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#by.over(this);
    this.#stream.close();
  }

  // --- what it is told

  push(id: number, { name, message, digest }: PushedAnswer, isFirst: boolean, answers: boolean): boolean {
    if (!this.#by.mayHear(name)) {
      this.#stream.cancel(id);
      return this.#say({ id, canceled: true, error: NOT_ALLOWED });
    }
    if (!answers) return this.#say({ id, name: name.text });
    return this.#say({ id, name: name.text, answer: message, token: digest, initial: isFirst });
  }
  same(id: number, { name, digest }: PushedAnswer): boolean {
    return this.#say({ id, name: name.text, token: digest, initial: true });
  }
  beat(): boolean {
    return this.#say({ id: 0, heartbeat: true });
  }
  refused(id: number, error: string): boolean {
    return this.#say({ id, canceled: true, error });
  }
  cut(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#by.over(this);
    this.#talk?.end(SLOW);
  }
  /** Sends it away: one after the other, since what they go to must not get all of them at once. */
  leave(): void {
    const { watched } = this.#by;
    watched.clock.after(engineOf(watched).departure(), () => this.end());
  }
  /** The same at once. */
  end(): void {
    if (this.#isOver) return;
    for (const id of this.#stream.ids()) this.#say({ id, canceled: true });
    this.#end(LEAVES);
  }
}
const NOT_ALLOWED = 'its client may not ask for this name';
