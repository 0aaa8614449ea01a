// `coredns.dns.DnsService/Watch`: one stream on which a client says what it watches, and hears what it became (ecosystem 7.2). Knows the
// messages; what is watched and when it is told is push/'s.
import type { Exchange, Talk, Talker } from '../http/exchange.ts';
import { GRPC_STATUS } from '../http/grpc-message.ts';
import { MessageReader, readWatchRequest, watchResponse } from '../http/watch-message.ts';
import type { WatchRequest, WatchResponse } from '../http/watch-message.ts';
import type { Watched } from '../kernel/query/transport.ts';
import { engineOf } from '../push/engine.ts';
import type { PushClient } from '../push/evaluation.ts';
import { readWatched } from '../push/question.ts';
import { PushStream } from '../push/stream.ts';
import type { Told } from '../push/stream.ts';
import type { PushedAnswer } from '../push/topic.ts';
import { OK, ending, refusal } from './grpc-heading.ts';
import type { HttpChannel, Lasting } from './http-channel.ts';

/** Seconds between signs of life at least and at most. */
const LEAST_BEAT = 1, MOST_BEAT = 3600;
const NOTHING = Buffer.alloc(0);
const DONE = ending(GRPC_STATUS.OK, '');
const SLOW = ending(GRPC_STATUS.RESOURCE_EXHAUSTED, 'what is pushed is not taken');
const LEAVES = ending(GRPC_STATUS.UNAVAILABLE, 'the server goes away');

/** Takes a request for it. */
export function watch(exchange: Exchange, connection: HttpChannel): void {
  const refuse = (status: number, text: string): void => exchange.reply(refusal(status, text), NOTHING, 0, 0);
  const { watched } = connection.service;
  if ((exchange.field('grpc-encoding') ?? 'identity') !== 'identity') {
    return refuse(GRPC_STATUS.UNIMPLEMENTED, 'no compression is spoken here');
  }
  if (watched === undefined || exchange.version === 1 || exchange.talk === undefined) {
    return refuse(GRPC_STATUS.UNIMPLEMENTED, 'nothing can be watched here');
  }
  const client = connection.watcher(exchange);
  if (client === undefined) return refuse(GRPC_STATUS.UNKNOWN, 'invalid request');
  new Watching(exchange, connection, client, watched);
}

/** One stream. */
class Watching implements Talker, Told, Lasting {
  readonly #connection: HttpChannel;
  readonly #watched: Watched;
  readonly #reader = new MessageReader();
  readonly #stream: PushStream;
  readonly #talk: Talk | undefined;
  #isOver = false;

  constructor(exchange: Exchange, connection: HttpChannel, client: PushClient, watched: Watched) {
    this.#connection = connection;
    this.#watched = watched;
    this.#stream = PushStream.open(engineOf(watched), client, this);
    connection.lasting.add(this);
    this.#talk = exchange.talk!(OK, this);
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
    const { lasting, kind, service } = this.#connection;
    const most = kind.limits(service).watches ?? 0;
    let watches = 0;
    if (most > 0) for (const each of lasting) watches += each.watches;
    if (most > 0 && watches >= most) return void this.#say({ id: 0, error: `more than ${most} subscriptions on one connection` });
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
    this.#isOver = true;
    this.#connection.lasting.delete(this);
    this.#stream.close();
  }

  // --- what it is told

  push(id: number, { name, message, digest }: PushedAnswer, isFirst: boolean, answers: boolean): boolean {
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
    this.#isOver = true;
    this.#connection.lasting.delete(this);
    this.#talk?.end(SLOW);
  }
  /** One after the other: what they go to must not get all of them at once. */
  leave(): void {
    this.#watched.clock.after(engineOf(this.#watched).departure(), () => {
      if (this.#isOver) return;
      for (const id of this.#stream.ids()) this.#say({ id, canceled: true });
      this.#end(LEAVES);
    });
  }
}
