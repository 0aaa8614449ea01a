// DNS over HTTPS over QUIC (RFC 8484 on RFC 9114, TR-4): a connection as its listener holds it. Knows QUIC's streams and limits; requests
// are doh.ts's, frames of HTTP/3 h3-server.ts's.
import { EXCESSIVE_LOAD, NO_ERROR } from '../http/h3-frames.ts';
import { Http3Server } from '../http/h3-server.ts';
import type { Exchange } from '../http/exchange.ts';
import { DEFAULT_HTTPS3, Https3Setting } from '../kernel/query/http-setting.ts';
import type { HttpLimits } from '../kernel/query/http-setting.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Service, Transport } from '../kernel/query/transport.ts';
import type { QuicConnection } from '../quic/connection.ts';
import type { SecureChannel } from '../secure/server.ts';
import { unmapped } from './addresses.ts';
import { BODY_MOST, DohRequests } from './doh.ts';
import type { Held } from './held.ts';
import { HttpChannel } from './http-channel.ts';
import type { HttpAsked, HttpKind } from './http-channel.ts';
import { quicTransport, secureOf } from './quic-listener.ts';
import type { QuicHeld, QuicHeldBy, QuicKind, QuicPorts } from './quic-listener.ts';
import type { StreamOptions } from './stream-listener.ts';

/** Requests at once of one connection where no limit is said: QUIC has to name a number. */
const MOST_STREAMS = 4096;

/** Milliseconds that a client has where there are nearly as many connections as there may be. */
const BRIEF = 500;

/** A connection. */
class Http3Held extends HttpChannel implements QuicHeld {
  readonly #quic: QuicConnection;
  readonly #listener: QuicHeldBy;
  readonly #server: Http3Server;
  #secure: SecureChannel | undefined = undefined;
  /** Until when it may wait for nothing; it is told to go with its first answer then. */
  #briefUntil = Infinity;

  constructor(quic: QuicConnection, kind: Https3, service: Service, by: QuicHeldBy) {
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0, tlvs } = quic.peer ?? {};
    super(kind, service, by, { remoteAddress: unmapped(remoteAddress), remotePort, localAddress, localPort, ...(tlvs && { tlvs }) });
    this.#quic = quic;
    this.#listener = by;
    this.#server = new Http3Server(quic, this, this.bounds(), this);
  }
  get secure(): SecureChannel {
    return (this.#secure ??= secureOf(this.#quic));
  }
  override get unproven(): boolean {
    return this.#quic.handshaking;
  }
  protected get held(): Held {
    return this;
  }

  // --- what QUIC says

  data(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean, early: boolean): void {
    this.#server.came(stream, bytes, at, length, fin, early);
  }
  override request(exchange: Exchange): void {
    this.#listener.enter(this.service);
    super.request(exchange);
  }
  resetBy(stream: number, code: number): void {
    this.#server.resetBy(stream, code);
  }
  stoppedBy(stream: number, code: number): void {
    this.#server.stoppedBy(stream, code);
  }
  sent(stream: number): void {
    this.#server.sent(stream);
  }
  room(): void {
    this.#server.room();
  }
  opened(): void {
    this.#listener.opened(this);
    this.#server.room();
  }
  closed(): void {
    this.#server.closed();
    this.unread(0);
    this.by.gone(this);
  }

  // --- what the listener asks

  get claim(): number {
    return this.#quic.ended ? -1 : this.#server.waiting > 0 ? 2 : this.#server.asked ? 1 : 0;
  }
  get since(): number {
    return this.#server.since;
  }
  check(now: number): void {
    this.#server.check(now);
    if (now >= this.#briefUntil && this.claim < 2) this.destroy();
    this.checkTimes(now);
  }
  brief(now: number): void {
    this.#briefUntil = now + BRIEF;
  }
  protected override answered(): void {
    if (this.#briefUntil !== Infinity) this.#server.leave();
  }
  stop(): void {
    this.#server.leave();
  }
  leave(now: number): void {
    this.#server.check(now);
  }
  drop(): void {
    this.#quic.close(EXCESSIVE_LOAD, 'too many connections');
  }
  destroy(): void {
    this.#quic.close(NO_ERROR, '');
  }
}

class Https3 implements QuicKind, HttpKind {
  readonly scheme = 'https3';
  readonly name = 'https3';
  readonly alpn = 'h3';
  readonly overload = EXCESSIVE_LOAD;
  readonly body = BODY_MOST;
  readonly #requests = new DohRequests(({ service }) => this.limits(service).paths);

  accept(connection: QuicConnection, service: Service, by: QuicHeldBy): QuicHeld {
    return new Http3Held(connection, this, service, by);
  }
  limits({ settings }: Service): HttpLimits {
    const limits = settings.get(Https3Setting) ?? DEFAULT_HTTPS3;
    return limits.streams === 0 ? { ...limits, streams: MOST_STREAMS } : limits;
  }
  request(exchange: Exchange, connection: HttpChannel): void {
    this.#requests.take(exchange, connection);
  }
  reply(asked: HttpAsked, message: Message | undefined): void {
    this.#requests.answer(asked, message);
  }
}

/** DNS over HTTP/3 for this thread, on the ports that DNS over QUIC has too. */
export const https3 = (ports: QuicPorts, options: StreamOptions = {}): Transport => quicTransport(new Https3(), ports, options);
