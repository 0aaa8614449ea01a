// The way to an upstream whose questions are requests: DNS over HTTPS (RFC 8484), over gRPC, and over QUIC (RFC 9250). Kept connections,
// many questions on each, and what replies mean. Knows connections and statuses; knows no frames.
import type { Replied, RequestForm, Requests, Unanswered, Waiting } from '../http/client-side.ts';
import { FrameOutput } from '../http/frames.ts';
import { GRPC_STATUS, frameOf, framed, unframed } from '../http/grpc-message.ts';
import { Http1Client } from '../http/h1-client.ts';
import { Http2Client } from '../http/h2-client.ts';
import { joinHostPort } from '../dns/host-port.ts';
import { HEADER, u16 } from '../dns/packet.ts';
import { ExchangeError } from './asking.ts';
import type { Asking, Carrier } from './asking.ts';
import { DialTime } from './dial-time.ts';
import type { Dialer } from './dialer.ts';
import { HttpLink } from './http-link.ts';
import type { HttpLinkOwner } from './http-link.ts';
import { notFound, restAsked } from './http-reply.ts';
import { withoutKeepalive } from './keepalive.ts';
import { dialError, outOfSockets, untrusted } from './network-error.ts';
import type { StreamPeer } from './network-error.ts';
import { UNCOUNTED } from './pool-settings.ts';
import type { PoolCounter, PoolSettings } from './pool-settings.ts';
import { answersQuestion, lengthToSend, writeQuestion } from './question.ts';
import type { RandomIds } from './random-ids.ts';
import type { DialSecurely } from './secure-dial.ts';
import { SocketDialer } from './socket-dialer.ts';
import type { Timers } from './timers.ts';
import type { Way } from './way.ts';

/** Connections to one upstream; questions on one of them before another one is opened. */
const CONNECTIONS = 16, DEPTH = 64;
/** Milliseconds after which a silent connection is not fresh any more. */
const FRESH = 250;
/** How often a question is asked again that the server did not look at. */
const MOST_REFUSALS = 4;
/** What goes out and comes in, where it can be read by words. */
const words = new Int32Array((65536 + 64) >> 2);
const bytes = new Uint8Array(words.buffer);
const output = new FrameOutput();
const base64url = (length: number): string => Buffer.from(words.buffer, 0, length).toString('base64url');

/** What TLS has to agree on, for ALPN. */
export const HTTP_PROTOCOLS = { https: ['h2', 'http/1.1'], grpc: ['h2'] } as const;

/** Where, and how. */
export interface HttpWayParts {
  readonly kind: 'https' | 'grpc' | 'https3' | 'quic';
  readonly method: 'GET' | 'POST';
  readonly to: StreamPeer;
  /** undefined: in the clear. */
  readonly secure?: DialSecurely | undefined;
  /** Over QUIC: what begins connections, for requests of this form. */
  readonly dialer?: (form: RequestForm) => Dialer;
  /** The name in requests, where it is another one than the place. */
  readonly serverName?: string | undefined;
  readonly timers: Timers;
  readonly ids: RandomIds;
  readonly settings: PoolSettings;
  readonly counter?: PoolCounter;
  /** Where questions are asked for over HTTPS. */
  readonly path?: string | undefined;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
}

/** The way, for one thread. */
export class HttpWay implements Way, Carrier, HttpLinkOwner {
  readonly to: HttpWayParts['to'];
  readonly dialer: Dialer;
  readonly timers: Timers;
  readonly settings: PoolSettings;
  readonly ids: RandomIds;
  readonly #counter: PoolCounter;
  /** Questions on one connection before another one is opened: no more than the upstream takes. */
  depth = DEPTH;
  readonly #parts: HttpWayParts;
  readonly #form: RequestForm;
  readonly #place: string;
  readonly #queue = new Set<Asking>();
  readonly #dialTime: DialTime;
  #links: HttpLink[] = [];
  #restUntil = 0;
  #closed = false;

  constructor(parts: HttpWayParts) {
    const { kind, method, to, secure, dialer, serverName, timers, settings, path = '/dns-query' } = parts;
    this.#parts = parts;
    this.to = to;
    this.#dialTime = new DialTime(true);
    this.timers = timers;
    this.ids = parts.ids;
    this.#counter = parts.counter ?? UNCOUNTED;
    this.settings = settings;
    this.#place = to.path ?? joinHostPort(to.address.replace(/%.*/, ''), to.port);
    this.#form = {
      method: kind === 'grpc' ? 'POST' : method, scheme: secure === undefined && dialer === undefined ? 'http' : 'https',
      authority: serverName ?? (to.path === undefined ? this.#place : 'localhost'),
      target: kind === 'grpc' ? '/coredns.dns.DnsService/Query' : path,
      fields: kind === 'grpc' ? [['content-type', 'application/grpc'], ['te', 'trailers']]
        : [['accept', 'application/dns-message'], ...(method === 'GET' ? [] : [['content-type', 'application/dns-message'] as const])],
    };
    this.dialer = dialer?.(this.#form) ?? new SocketDialer(to, secure, (socket, alpn) =>
      (alpn === 'http/1.1' && kind === 'https' ? new Http1Client(socket, this.#form)
        : new Http2Client(socket, output, this.#form, this.depth)));
  }

  ask(asking: Asking): ExchangeError | undefined {
    // As CoreDNS: a port that is none is noticed when somebody asks.
    const { port } = this.to;
    if (!(port >= 0 && port <= 65535)) return new ExchangeError(`dial ${this.dialer.network}: address ${port}: invalid port`, 'EINVAL');
    if (this.#restUntil > this.timers.now) return this.#error('asks not to be asked for a while', 'HTTP');
    asking.index = 0;
    return this.#carry(asking);
  }
  #carry(asking: Asking): ExchangeError | undefined {
    const kept = this.#choose(asking.apart);
    if (kept !== undefined) {
      kept.ask(asking);
      return undefined;
    }
    if (this.#links.length >= CONNECTIONS && !asking.apart) {
      this.#queue.add(asking);
      asking.carrier = this;
      this.timers.set(asking, this.settings.readTimeout);
      return undefined;
    }
    return this.#open(asking);
  }
  #open(asking: Asking): ExchangeError | undefined {
    let link: HttpLink;
    try {
      link = new HttpLink(this, this.#dialTime.most(asking.until - this.timers.now), asking.apart);
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      const open = outOfSockets(code) ? this.#links.find((each) => each.connected && each.free) : undefined;
      if (open === undefined) return dialError(this.dialer.network, this.to, code);
      open.ask(asking);
      return undefined;
    }
    if (this.#closed) link.retired = true;
    else this.#links.push(link);
    link.ask(asking);
    return undefined;
  }
  /** The least busy connection with room; one that nothing came on of late is none for who was on one that died. */
  #choose(fresh: boolean): HttpLink | undefined {
    const since = fresh ? this.timers.now - FRESH : -Infinity;
    let best: HttpLink | undefined;
    for (const link of [...this.#links]) {
      if (this.#worn(link, this.timers.now)) this.#close(link);
      else if (link.free && link.freshSince(since) && (best === undefined || link.waiting < best.waiting)) best = link;
    }
    return best !== undefined && best.waiting >= this.depth && this.#links.length < CONNECTIONS ? undefined : best;
  }
  #worn(link: HttpLink, now: number): boolean {
    return (link.waiting === 0 && now - link.usedAt > this.settings.expire) || now - link.openedAt > link.most;
  }
  #close(link: HttpLink): void {
    this.retire(link);
    if (link.waiting === 0) link.close();
  }
  get open(): boolean {
    return this.#links.some(({ connected }) => connected);
  }
  sweep(now: number): void {
    for (const link of [...this.#links]) if (this.#worn(link, now)) this.#close(link);
  }
  close(): void {
    this.#closed = true;
    for (const link of [...this.#links]) this.#close(link);
    this.dialer.close();
  }

  // --- what connections say

  /** Writes the request of a question. */
  write(side: Requests, waiting: Waiting, asking: Asking): void {
    const { question } = asking;
    const { kind, ids } = this.#parts;
    let length = lengthToSend(question);
    const fields = question.journey?.followed?.fields;
    // Caches of HTTP find the same question again (RFC 8484 section 4.1); over QUIC it has to be 0 (RFC 9250 section 4.2.1).
    asking.id = kind === 'grpc' ? ids.next() : 0;
    writeQuestion(question, length, asking.id, words, bytes, 0);
    if (kind === 'quic') length = withoutKeepalive(bytes, question.optAt, length);
    if (kind === 'grpc') {
      const frame = frameOf(bytes, 0, length);
      side.send(waiting, frame, 0, frame.length, undefined, fields);
    } else if (kind === 'quic' || this.#form.method === 'POST') side.send(waiting, bytes, 0, length, undefined, fields);
    else side.send(waiting, bytes, 0, 0, `${this.#form.target}?dns=${base64url(length)}`, fields);
  }
  opened(resumed: boolean | undefined): void {
    this.#counter.opened(this.#parts.kind, resumed);
  }
  closed(): void {
    this.#counter.closed(this.#parts.kind);
  }
  muted(): void {
    this.#counter.mute();
  }
  dialed(milliseconds: number): void {
    this.#dialTime.took(milliseconds);
  }
  /** An upstream takes so many questions at once. */
  takes(most: number): void {
    this.depth = Math.max(1, Math.min(DEPTH, most));
  }
  idle(link: HttpLink): void {
    link.usedAt = this.timers.now;
    this.#next();
    const { maxIdle, expire } = this.settings;
    if (link.waiting > 0 || link.retired) return;
    const idle = this.#links.filter(({ waiting }) => waiting === 0).length;
    if (expire === 0 || this.#closed || (maxIdle > 0 && idle > maxIdle)) this.#close(link);
  }
  /** Those that wait for a connection get it. */
  #next(): void {
    for (const asking of this.#queue) {
      const link = this.#choose(false);
      if (link === undefined) return;
      this.#queue.delete(asking);
      this.timers.clear(asking);
      link.ask(asking);
    }
  }
  /** A connection turned out to take fewer questions than were put on it. */
  elsewhere(asking: Asking): void {
    const error = this.#carry(asking);
    if (error !== undefined) asking.failed(error);
  }
  retire(link: HttpLink): void {
    link.retired = true;
    const place = this.#links.indexOf(link);
    if (place >= 0) this.#links.splice(place, 1);
  }
  quietSince(): boolean {
    return false;
  }
  /** It waited for a connection in vain. */
  expired(asking: Asking): void {
    this.#queue.delete(asking);
    asking.carrier = undefined;
    asking.failed(this.silent(true));
  }

  // --- what becomes of questions

  #error(text: string, code: string): ExchangeError {
    return new ExchangeError(`${this.#parts.kind}://${this.#place}: ${text}`, code);
  }
  silent(connected: boolean): ExchangeError {
    return connected ? this.#error('i/o timeout', 'timeout') : dialError(this.dialer.network, this.to, 'timeout');
  }
  unreachable(code: string, told: string | undefined): ExchangeError {
    const { network } = this.dialer;
    return told === undefined ? dialError(network, this.to, code) : untrusted(network, this.to, told);
  }
  /**
   * Those that were on a connection when it died are asked once more, on a fresh one; those that the server did not look at a few times,
   * since it may take fewer at once than it has said yet.
   */
  unanswered(link: HttpLink, asking: Asking, why: Unanswered, text: string): void {
    const unasked = why === 'unasked' && asking.index++ < MOST_REFUSALS;
    const lost = why === 'lost' && (link.replies > 0 || link.shared) && !asking.apart;
    if ((!unasked && !lost) || this.timers.now >= asking.until) {
      return asking.failed(this.#error(text, why === 'lost' ? 'EOF' : 'HTTP'));
    }
    asking.apart ||= lost;
    const error = this.#carry(asking);
    if (error !== undefined) asking.failed(error);
  }
  replied(asking: Asking, reply: Replied): void {
    const message = this.#messageOf(asking, reply);
    if (message instanceof ExchangeError) return asking.failed(message);
    if (message.length < HEADER || message.length > 65535 || (this.#parts.kind === 'grpc' && u16(message, 0) !== asking.id)) {
      return asking.failed(this.#error('what came is no reply', 'EBADMSG'));
    }
    bytes.set(message);
    if (answersQuestion(asking.question, bytes, words, 0, message.length)) asking.arrived(bytes, words, 0, message.length);
    else asking.mismatched();
  }
  #messageOf(asking: Asking, reply: Replied): Uint8Array | ExchangeError {
    const { status, body } = reply;
    if (status !== 200) return this.#status(reply);
    if (this.#parts.kind !== 'grpc') return body;
    const code = reply.field('grpc-status');
    if (code === String(GRPC_STATUS.NOT_FOUND)) return notFound(asking);
    if (code !== '0') return this.#error(`rpc error: code = ${code ?? 'none'} desc = ${reply.field('grpc-message') ?? ''}`, 'GRPC');
    const message = framed(body);
    if (typeof message === 'string') return this.#error(message, 'EBADMSG');
    return unframed(message) ?? this.#error('what came is no DnsPacket', 'EBADMSG');
  }
  /** Another status than 200; one that asks for rest gets it (RFC 9110 section 10.2.3). */
  #status(reply: Replied): ExchangeError {
    const { status } = reply;
    const wait = restAsked(reply, this.#parts.wall());
    if (wait > 0) this.#restUntil = this.timers.now + wait;
    return this.#error(`HTTP status ${status}`, 'HTTP');
  }
}
