// DNS over QUIC (RFC 9250, TR-6): one question on each stream that a client opens. Knows streams, codes and seats; connections are the
// listener's, sockets the port's.
import { DEFAULT_QUIC, QuicSetting } from '../kernel/query/quic-setting.ts';
import type { QuicLimits } from '../kernel/query/quic-setting.ts';
import { TlsSetting } from '../kernel/query/tls-setting.ts';
import { PACKET_ROOM, PEER_ROOM } from '../kernel/query/arena.ts';
import { MESSAGE_MOST, isSane, mayComeEarly, tooEarly } from './doq-message.ts';
import type { Message } from '../kernel/query/message.ts';
import { writePeer } from '../kernel/query/peer.ts';
import { Query } from '../kernel/query/query.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Channel, Service, Transport } from '../kernel/query/transport.ts';
import type { QuicConnection } from '../quic/connection.ts';
import type { SecureChannel } from '../secure/server.ts';
import { unmapped } from './addresses.ts';
import { DoqParts } from './doq-parts.ts';
import { secureOf, quicTransport } from './quic-listener.ts';
import type { QuicHeld, QuicHeldBy, QuicKind, QuicPorts } from './quic-listener.ts';
import { Seats } from './seats.ts';
import type { StreamOptions } from './stream-listener.ts';

/** Codes of RFC 9250 section 4.3. */
const NO_ERROR = 0, INTERNAL_ERROR = 1, PROTOCOL_ERROR = 2, REQUEST_CANCELLED = 3, EXCESSIVE_LOAD = 4;
/** Octets of the length before a message. */
const PREFIX = 2;
/** Milliseconds that a client has where there are nearly as many connections as there may be. */
const BRIEF = 500;
/** Milliseconds after which a client that says nothing has said everything, where the server stops, or the client may ask no more. */
const SILENT = 20;

/** What the questions of a thread share. */
class Doq implements QuicKind {
  readonly scheme = 'quic';
  readonly alpn = 'doq';
  readonly overload = EXCESSIVE_LOAD;
  /** Questions of all connections that wait for their answers. */
  waiting = 0;
  /** Replies on their way out, with their length. */
  readonly framed = new Uint8Array(PREFIX + MESSAGE_MOST);

  limits({ settings }: Service): QuicLimits {
    return settings.get(QuicSetting) ?? DEFAULT_QUIC;
  }
  accept(connection: QuicConnection, service: Service, by: QuicHeldBy): QuicHeld {
    return new DoqConnection(connection, service, by, this);
  }
}

/** A connection, the channel of its questions. */
class DoqConnection implements QuicHeld, Channel {
  readonly transport = 'quic';
  readonly stream = true;
  readonly localAddress: string;
  readonly localPort: number;
  readonly tlvs: Uint8Array | undefined;
  readonly #quic: QuicConnection;
  readonly #by: QuicHeldBy;
  readonly #all: Doq;
  readonly #seats: Seats;
  #service: Service;
  #secure: SecureChannel | undefined;
  /** The client, as it stands in each of its questions' seats. */
  readonly #peer = new Int32Array(PEER_ROOM >> 2);
  readonly #parts: DoqParts;
  /** Those whose answer is later. A question that the client gave up has no stream any more. */
  readonly #streams = new Map<Query, number>();
  readonly #told = new Map<number, () => void>();
  #serving: Query | undefined;
  #early: { readonly message: Message | undefined; readonly messages: AsyncIterable<Uint8Array> | undefined } | undefined;
  #refused = false;
  #asked = 0;
  #since: number;
  /** It may ask no more. */
  #over = false;
  /** Until when it may wait for nothing; it has one question then. */
  #briefUntil = Infinity;

  constructor(quic: QuicConnection, service: Service, by: QuicHeldBy, all: Doq) {
    this.#quic = quic;
    this.#service = service;
    this.#by = by;
    this.#all = all;
    this.#seats = Seats.of(service.arena);
    this.#parts = new DoqParts(this, by.connections);
    this.#since = by.now();
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0, tlvs } = quic.peer ?? {};
    this.tlvs = tlvs;
    this.localAddress = unmapped(localAddress);
    this.localPort = localPort;
    writePeer(new Uint8Array(this.#peer.buffer), 0, unmapped(remoteAddress), remotePort);
  }

  get service(): Service {
    return this.#service;
  }
  set service(service: Service) {
    this.#service = service;
  }
  get secure(): SecureChannel {
    return (this.#secure ??= secureOf(this.#quic));
  }
  get leaving(): boolean {
    return this.#by.connections.ledger.leaving;
  }
  refuse(): void {
    this.#refused = true;
  }

  // --- what QUIC says

  data(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean, early: boolean): void {
    if ((stream & 3) !== 0) return this.#fail(PROTOCOL_ERROR);
    if (fin && !this.#parts.has(stream)) return this.#whole(stream, bytes, at, length, early);
    const whole = this.#parts.add(stream, bytes.slice(at, at + length), this.#by.now() + this.#service.timeouts.read);
    if (whole > PREFIX + MESSAGE_MOST) return this.#fail(PROTOCOL_ERROR);
    if (fin) this.#whole(stream, this.#parts.take(stream), 0, whole, early);
  }
  #whole(stream: number, bytes: Uint8Array, at: number, length: number, early: boolean): void {
    const size = length - PREFIX;
    if (size < 12 || ((bytes[at]! << 8) | bytes[at + 1]!) !== size || !isSane(bytes, at + PREFIX, size)) return this.#fail(PROTOCOL_ERROR);
    if (this.#over) return this.#giveUp(stream, EXCESSIVE_LOAD);
    this.#since = this.#by.now();
    this.#asked++;
    if (this.#all.waiting >= this.#all.limits(this.#service).workers) return this.#giveUp(stream, EXCESSIVE_LOAD);
    this.#by.enter(this.#service);
    this.#ask(stream, bytes, at + PREFIX, size, early);
    this.#over = this.#briefUntil !== Infinity;
  }
  #giveUp(stream: number, code: number): void {
    this.#quic.stop(stream, code);
    this.#quic.reset(stream, code);
  }
  resetBy(stream: number): void {
    // Whoever takes a question back wants no answer (RFC 9250 section 4.3.1).
    this.#parts.take(stream);
    this.#forget(stream);
    this.#quic.reset(stream, REQUEST_CANCELLED);
  }
  stoppedBy(stream: number): void {
    this.#forget(stream);
  }
  #forget(stream: number): void {
    for (const [query, each] of this.#streams) if (each === stream) this.#streams.set(query, -1);
    this.sent(stream);
  }
  sent(stream: number): void {
    const told = this.#told.get(stream);
    this.#told.delete(stream);
    told?.();
  }
  room(): void {}
  opened(): void {
    this.#by.opened(this);
  }
  closed(): void {
    for (const told of this.#told.values()) told();
    this.#told.clear();
    for (const query of this.#streams.keys()) this.#streams.set(query, -1);
    this.#parts.clear();
    this.#by.gone(this);
  }
  #fail(code: 1 | 2): void {
    this.#count(code);
    this.#quic.close(code, '');
  }
  #count(code: 0 | 1 | 2): void {
    this.#service.settings.get(TlsSetting)?.[0].quic?.answered(this.#service.label, code);
  }

  // --- questions

  #ask(stream: number, bytes: Uint8Array, at: number, length: number, early: boolean): void {
    const query = this.#take(length);
    if (length <= 64) for (let i = 0; i < length; i++) query.bytes[query.at + i] = bytes[at + i]!;
    else query.bytes.set(bytes.subarray(at, at + length), query.at);
    for (let i = 0, to = query.peerAt >> 2; i < PEER_ROOM >> 2; i++) query.words[to + i] = this.#peer[i]!;
    query.arrive(length, this);
    this.#refused = false;
    this.#serving = query;
    const late = early && this.#quic.handshaking && !mayComeEarly(bytes, at, length);
    const outcome = late ? tooEarly(query) : this.#service.serve(query);
    this.#serving = undefined;
    if (outcome !== LATER) return this.#answer(query, stream, outcome);
    this.#streams.set(query, stream);
    this.#all.waiting++;
    const settled = this.#early;
    this.#early = undefined;
    if (settled !== undefined) this.#settle(query, settled.message, settled.messages);
  }
  /** A seat, while enough are left for UDP; else memory of its own. */
  #take(length: number): Query {
    const seats = this.#seats;
    if (length > PACKET_ROOM || seats.arena.left * 2 < seats.arena.capacity) return Query.alone(Math.max(length, 12));
    return seats.take() ?? Query.alone(PACKET_ROOM);
  }
  send(query: Query, message: Message | undefined): void {
    if (query === this.#serving) this.#early = { message, messages: undefined };
    else this.#settle(query, message, undefined);
  }
  sendAll(query: Query, messages: AsyncIterable<Uint8Array>): void {
    if (query === this.#serving) this.#early = { message: undefined, messages };
    else this.#settle(query, undefined, messages);
  }
  #settle(query: Query, message: Message | undefined, messages: AsyncIterable<Uint8Array> | undefined): void {
    const stream = this.#streams.get(query) ?? -1;
    if (messages !== undefined) return void this.#stream(query, stream, messages);
    this.#end(query);
    if (stream >= 0) this.#answer(query, stream, message);
    else this.#seats.release(query);
  }
  #end(query: Query): void {
    if (!this.#streams.delete(query)) return;
    this.#all.waiting--;
    this.#since = this.#by.now();
  }
  #answer(query: Query, stream: number, message: Message | undefined): void {
    if (message !== undefined) {
      this.#write(stream, message.bytes, message.at, message.length, true);
      this.#count(NO_ERROR);
    } else if (this.#refused) this.#fail(PROTOCOL_ERROR);
    else {
      this.#count(INTERNAL_ERROR);
      this.#quic.reset(stream, INTERNAL_ERROR);
    }
    this.#seats.release(query);
  }
  #write(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean): void {
    const { framed } = this.#all;
    framed[0] = length >> 8;
    framed[1] = length;
    if (length <= 256) for (let i = 0; i < length; i++) framed[PREFIX + i] = bytes[at + i]!;
    else framed.set(bytes.subarray(at, at + length), PREFIX);
    this.#quic.send(stream, framed, 0, PREFIX + length, fin, !fin);
  }
  /** A transfer: the next message is asked for when the client has taken the one before (RFC 9250 section 4.2). */
  async #stream(query: Query, stream: number, messages: AsyncIterable<Uint8Array>): Promise<void> {
    const open = (): boolean => stream >= 0 && !this.#quic.ended && this.#streams.get(query) === stream;
    try {
      for await (const message of messages) {
        if (!open()) break;
        const taken = new Promise<void>((resolve) => this.#told.set(stream, resolve));
        this.#write(stream, message, 0, message.length, false);
        await taken;
      }
      if (open()) this.#quic.send(stream, this.#all.framed, 0, 0, true);
      this.#count(NO_ERROR);
    } catch {
      if (open()) this.#quic.reset(stream, INTERNAL_ERROR);
      this.#count(INTERNAL_ERROR);
    }
    this.#end(query);
    this.#seats.release(query);
  }

  // --- what the listener asks

  get claim(): number {
    return this.#asked === 0 ? 0 : this.#streams.size === 0 ? 1 : 2;
  }
  get since(): number {
    return this.#since;
  }
  check(now: number): void {
    for (const stream of this.#parts.expire(now)) {
      // A question that does not come to its end costs its stream alone (TR-14).
      this.#count(INTERNAL_ERROR);
      this.#giveUp(stream, INTERNAL_ERROR);
    }
    if (this.#over) this.leave(now);
    else if (now >= this.#briefUntil && this.claim < 2) this.destroy();
  }
  brief(now: number): void {
    this.#briefUntil = now + BRIEF;
  }
  stop(): void {
    this.#since = Math.max(this.#since, this.#by.now());
  }
  leave(now: number): void {
    if (this.#streams.size === 0 && now - this.#since >= SILENT) this.destroy();
  }
  drop(): void {
    this.#parts.clear();
    this.#quic.close(NO_ERROR, 'too many connections');
  }
  destroy(): void {
    this.#quic.close(NO_ERROR, '');
  }
}

/** DNS over QUIC for this thread, on the ports that HTTP/3 has too. */
export const doq = (ports: QuicPorts, options: StreamOptions = {}): Transport => quicTransport(new Doq(), ports, options);
