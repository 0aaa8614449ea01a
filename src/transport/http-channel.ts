// Questions that come over HTTP of any version: each request is the channel of its question. Knows seats and limits; what a request has to
// look like is the kind's, and what carries it is of whoever extends this.
import type { Exchange, HttpBounds, HttpOwner, HttpService } from '../http/exchange.ts';
import { parseAddress, printAddress, unmap } from '../dns/address.ts';
import { PACKET_ROOM, PEER_ROOM } from '../kernel/query/arena.ts';
import type { HttpLimits, Trust } from '../kernel/query/http-setting.ts';
import type { Message } from '../kernel/query/message.ts';
import { writePeer } from '../kernel/query/peer.ts';
import { Query } from '../kernel/query/query.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Channel, HttpQuestion, Service, TransportName } from '../kernel/query/transport.ts';
import type { PushClient } from '../push/evaluation.ts';
import type { SecureChannel } from '../secure/server.ts';
import { unmapped } from './addresses.ts';
import { forwardedClient } from './forwarded.ts';
import { UNREAD } from './ledger.ts';
import { Seats } from './seats.ts';
import type { Ends } from './ends.ts';
import type { Held, HeldBy } from './held.ts';

/** Bytes of a request's head. */
const MOST_HEAD = 16384;

/** What the questions of one scheme look like. */
export interface HttpKind {
  readonly name: TransportName;
  /** Bytes of a request's body. */
  readonly body: number;
  limits(service: Service): HttpLimits;
  /** Takes a request: asks with what is in it, or says why not. */
  request(exchange: Exchange, connection: HttpChannel): void;
  /** Whether a request is handed over when its head is there. */
  talks?(exchange: Exchange): boolean;
  /** Says the reply; no message where there is nothing to say, and `refused` where what came is no question. */
  reply(asked: HttpAsked, message: Message | undefined): void;
  /** Looks for requests whose clients do not wait any longer. */
  expired?(connection: HttpChannel, now: number): void;
}

/** Whatever asks on a connection, by its request: of the rest the connection tells. */
abstract class OnConnection {
  readonly request: HttpQuestion;
  protected readonly connection: HttpChannel;

  constructor(connection: HttpChannel, request: HttpQuestion) {
    this.connection = connection;
    this.request = request;
  }
  get transport(): TransportName {
    return this.connection.kind.name;
  }
  get service(): Service {
    return this.connection.service;
  }
  get localAddress(): string {
    return this.connection.localAddress;
  }
  get localPort(): number {
    return this.connection.localPort;
  }
  get secure(): SecureChannel | undefined {
    return this.connection.secure;
  }
  get tlvs(): Uint8Array | undefined {
    return this.connection.tlvs;
  }
}

/** One request, the channel of its question. */
export class HttpAsked extends OnConnection implements Channel {
  readonly exchange: Exchange;
  readonly stream = true;
  /** What came is no question that could be answered. */
  refused = false;
  /** Milliseconds: when the client does not wait any longer. */
  until = Infinity;
  #early: { readonly message: Message | undefined } | undefined = undefined;

  constructor(exchange: Exchange, connection: HttpChannel, request: HttpQuestion) {
    super(connection, request);
    this.exchange = exchange;
  }
  refuse(): void {
    this.refused = true;
  }
  send(query: Query, message: Message | undefined): void {
    if (this.connection.serving === this) this.#early = { message };
    else this.connection.settle(this, query, message);
  }
  /** What was sent before the service said that it would be later. */
  takeEarly(): { readonly message: Message | undefined } | undefined {
    const early = this.#early;
    this.#early = undefined;
    return early;
  }
}

/** A client of a connection who watches answers. */
class Watcher extends OnConnection implements PushClient {
  readonly peer: Int32Array;

  constructor(connection: HttpChannel, peer: Int32Array, request: HttpQuestion) {
    super(connection, request);
    this.peer = peer;
  }
}

/** What goes on on a connection, and is to be told when the server goes. */
export interface Lasting {
  /** How much it watches. */
  readonly watches: number;
  leave(): void;
}

/** A connection. */
export abstract class HttpChannel implements HttpService, HttpOwner {
  readonly kind: HttpKind;
  service: Service;
  abstract readonly secure: SecureChannel | undefined;
  readonly localAddress: string;
  readonly localPort: number;
  readonly tlvs: Uint8Array | undefined;
  readonly lasting = new Set<Lasting>();
  /** The request whose question is being asked at the moment. */
  serving: HttpAsked | undefined = undefined;
  protected readonly by: HeldBy;
  readonly #seats: Seats;
  /** The client, as it stands in each of its questions' seats. */
  readonly #peer = new Int32Array(PEER_ROOM >> 2);
  readonly #address: Uint8Array;
  /** Those whose answer is later, and that have a time of their own. */
  readonly #timed = new Set<HttpAsked>();
  #unread = 0;

  constructor(kind: HttpKind, service: Service, by: HeldBy, ends: Ends) {
    this.kind = kind;
    this.service = service;
    this.by = by;
    this.#seats = Seats.of(service.arena);
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0, tlvs } = ends;
    this.localAddress = unmapped(localAddress);
    this.localPort = localPort;
    this.tlvs = tlvs;
    writePeer(new Uint8Array(this.#peer.buffer), 0, remoteAddress, remotePort);
    this.#address = unmap(parseAddress(remoteAddress.replace(/%.*/, '')) ?? new Uint8Array(4));
  }
  /** As its listener counts it. */
  protected abstract get held(): Held;
  /** What it may do, as its service says. */
  protected bounds(): HttpBounds {
    const { kind, service } = this;
    const { timeouts: { read, write, idle } } = service;
    const { streams } = kind.limits(service);
    return { head: MOST_HEAD, body: kind.body, streams: streams === 0 ? Infinity : streams, read, write, idle };
  }

  // --- what HTTP says

  now(): number {
    return this.by.now();
  }
  wall(): number {
    return Date.now();
  }
  begin(): void {
    this.service.begin();
  }
  end(): void {
    this.service.end();
  }
  request(exchange: Exchange): void {
    this.kind.request(exchange, this);
  }
  talks(exchange: Exchange): boolean {
    return this.kind.talks?.(exchange) === true;
  }
  /** Whether somebody else could have repeated what comes now (0-RTT). */
  get unproven(): boolean {
    return false;
  }
  unread(bytes: number): void {
    if (bytes === this.#unread) return;
    const before = this.#unread;
    this.#unread = bytes;
    this.by.connections.hold(this.held, UNREAD, bytes, before);
  }

  // --- questions

  /**
   * Where a proxy that is trusted has passed it on, who asks: written into the question's seat. False where nobody can tell, since the
   * fields name two.
   */
  #forward(exchange: Exchange, query: Query, trust: Trust): boolean {
    const { fields } = exchange;
    const client = forwardedClient(this.#address, trust.networks, fields.get('forwarded'), fields.get('x-forwarded-for'));
    if (client === 'torn') {
      trust.torn(printAddress(this.#address));
      return false;
    }
    if (client !== undefined) writePeer(query.bytes, query.peerAt, printAddress(client.address), client.port);
    return true;
  }
  /** Who watches answers by this request; undefined where nobody can tell, since the fields of a proxy name two. */
  watcher(exchange: Exchange): PushClient | undefined {
    const { trust } = this.kind.limits(this.service);
    const peer = this.#peer.slice();
    if (trust !== undefined) {
      const query = Query.alone(PACKET_ROOM);
      if (!this.#forward(exchange, query, trust)) return undefined;
      if (query.bytes[query.peerAt] !== 0) peer.set(query.words.subarray(query.peerAt >> 2, (query.peerAt + PEER_ROOM) >> 2));
    }
    return new Watcher(this, peer, { path: exchange.target, field: (name) => exchange.field(name) });
  }
  /** Asks with these bytes. `until`: when the client does not wait any longer. */
  ask(exchange: Exchange, request: HttpQuestion, bytes: Uint8Array, at: number, length: number, until = Infinity): void {
    const asked = new HttpAsked(exchange, this, request);
    const { trust } = this.kind.limits(this.service);
    const query = this.#take(length);
    if (length <= 64) for (let i = 0; i < length; i++) query.bytes[query.at + i] = bytes[at + i]!;
    else query.bytes.set(bytes.subarray(at, at + length), query.at);
    for (let i = 0, to = query.peerAt >> 2; i < PEER_ROOM >> 2; i++) query.words[to + i] = this.#peer[i]!;
    if (trust !== undefined && !this.#forward(exchange, query, trust)) {
      asked.refused = true;
      return this.#answer(asked, query, undefined);
    }
    query.arrive(length, asked);
    this.serving = asked;
    const outcome = this.service.serve(query);
    this.serving = undefined;
    if (outcome !== LATER) return this.#answer(asked, query, outcome);
    const early = asked.takeEarly();
    if (early !== undefined) return this.#answer(asked, query, early.message);
    if (until !== Infinity) {
      asked.until = until;
      this.#timed.add(asked);
    }
  }
  /** A seat, while enough are left for UDP; else memory of its own. */
  #take(length: number): Query {
    const seats = this.#seats;
    if (length > PACKET_ROOM || seats.arena.left * 2 < seats.arena.capacity) return Query.alone(Math.max(length, 12));
    return seats.take() ?? Query.alone(PACKET_ROOM);
  }
  /** The answer that was to come later. */
  settle(asked: HttpAsked, query: Query, message: Message | undefined): void {
    this.#timed.delete(asked);
    this.#answer(asked, query, message);
  }
  #answer(asked: HttpAsked, query: Query, message: Message | undefined): void {
    this.kind.reply(asked, message);
    this.#seats.release(query);
    this.answered();
  }
  /** A question got its reply, or none. */
  protected answered(): void {}
  /** Gives up those whose clients do not wait any longer; `late` says so. */
  expire(now: number, late: (asked: HttpAsked) => void): void {
    for (const asked of this.#timed) {
      if (now < asked.until) continue;
      this.#timed.delete(asked);
      late(asked);
    }
  }
  /** Looks for requests whose clients do not wait any longer. */
  protected checkTimes(now: number): void {
    if (this.#timed.size > 0) this.kind.expired?.(this, now);
  }
}
