// The server's side of one HTTP/3 connection: requests, their rules (RFC 9114 section 4), replies, and how it ends. Knows the service that
// answers; knows no path and nothing of QUIC.
import type { Heading, HttpBounds, HttpOwner, HttpService, Talker } from './exchange.ts';
import type { Field } from './field-bytes.ts';
import { Http3Connection } from './h3-connection.ts';
import {
  EXCESSIVE_LOAD, GOAWAY, ID_ERROR, MESSAGE_ERROR, NO_ERROR, OK, REQUEST_CANCELLED, REQUEST_INCOMPLETE, REQUEST_REJECTED, frame, varints,
} from './h3-frames.ts';
import { sectionOf } from './h3-heading.ts';
import { sendHead, sendMessage, sendPart, sendTrailers } from './h3-output.ts';
import { H3Request } from './h3-request.ts';
import type { H3Stream } from './h3-stream.ts';
import type { StreamWire } from './h3-wire.ts';
import { take } from './request-fields.ts';

/** Bytes of replies that a client may leave untaken before new requests are refused; those shorter than SMALL are not counted. */
const HELD_MOST = 1 << 22, SMALL = 1024;
/** Bytes of a reply that goes on from which on its client has enough. */
const ENOUGH = 1 << 16;
/** Milliseconds from the first GOAWAY to the one that counts, and from the last reply to the end, so that it arrives. */
const SECOND_GOAWAY = 100, LINGER = 100;
/** Streams that we stopped and whose last bytes may still be on their way. */
const STOPPED = 256;
/** No stream has a higher id (RFC 9114 section 5.2). */
const LAST_ID = 2 ** 53 - 4;
const NOTHING = Buffer.alloc(0);

/** A connection that asks us. */
export class Http3Server extends Http3Connection {
  readonly #service: HttpService;
  readonly #bounds: HttpBounds;
  readonly #owner: HttpOwner;
  #until: number;
  /** `leaving`: the client was told so, `left`: and which stream is the last. */
  #state: 'open' | 'leaving' | 'left' = 'open';
  /** When the next step of leaving comes. */
  #leavesAt = Infinity;
  #last = -4;
  /** Streams whose replies the client has not taken yet, and the bytes. */
  readonly #untaken = new Map<number, number>();
  #held = 0;
  readonly #stopped = new Set<number>();
  waiting = 0;
  asked = false;
  since: number;

  constructor(wire: StreamWire, service: HttpService, bounds: HttpBounds, owner: HttpOwner) {
    super(wire, true);
    this.#service = service;
    this.#bounds = bounds;
    this.#owner = owner;
    this.since = owner.now();
    this.#until = this.since + bounds.read;
    this.greet();
  }

  // --- what comes

  protected streamFor(id: number, early: boolean): H3Request | undefined {
    const known = this.streams.get(id) as H3Request | undefined;
    if (known !== undefined) return known;
    if (this.#stopped.has(id)) return undefined;
    // Behind the last GOAWAY: what comes was sent before the client knew, and it asks elsewhere.
    if (this.#state === 'left' || this.streams.size >= this.#bounds.streams || this.#held >= HELD_MOST) {
      this.idleFrames++;
      this.#refuse(id, REQUEST_REJECTED);
      return undefined;
    }
    if (id > this.#last) this.#last = id;
    const stream = new H3Request(id, this, this.#owner.now(), early);
    this.streams.set(id, stream);
    return stream;
  }
  /** Nothing more of a stream is wanted; what is on its way is skipped. */
  #stop(id: number, code: number): void {
    this.wire.stop(id, code);
    this.#stopped.add(id);
    if (this.#stopped.size <= STOPPED) return;
    for (const oldest of this.#stopped) {
      this.#stopped.delete(oldest);
      return;
    }
  }
  #refuse(id: number, code: number): void {
    this.#stop(id, code);
    this.wire.reset(id, code);
  }
  /** Ends a request without a reply. */
  #drop(stream: H3Request, code: number): void {
    this.idleFrames++;
    stream.over = true;
    this.streams.delete(stream.id);
    this.#refuse(stream.id, code);
    if (stream.talker !== undefined) this.sent(stream.id);      // nobody will take what was said
    this.#forget(stream);
  }
  /** It is not waited for any more. */
  #forget(stream: H3Request): void {
    stream.forget();
    if (!stream.asked) return;
    stream.asked = false;
    this.waiting--;
    const { gone, talker } = stream;
    stream.gone = undefined;
    stream.talker = undefined;
    gone?.();
    talker?.gone();
  }

  field(stream: H3Stream, field: Field): void {
    take(stream, field);
  }
  headed(stream: H3Stream, tooLong: boolean): void {
    const request = stream as H3Request;
    if (tooLong) return this.#drop(request, EXCESSIVE_LOAD);
    const { bad, method, target, scheme } = request;
    // Whom a request is for is said once, or in both places (RFC 9114 section 4.3.1).
    const nobody = request.authority === '' && request.field('host') === undefined;
    if (bad || method === '' || target === '' || scheme === '' || nobody) this.#drop(request, MESSAGE_ERROR);
  }
  content(stream: H3Stream, bytes: Buffer, at: number, end: number, whole: boolean): void {
    const request = stream as H3Request;
    if (request.tooLarge) return;                               // answered before all of its body came: that is skipped
    if (request.size + end - at > this.#bounds.body) {
      request.forget();
      request.tooLarge = true;
      return this.#ask(request);
    }
    if (!whole) return request.add(bytes, at, end);
    request.finish(bytes, at, end);
    this.#whole(request);
  }
  finished(stream: H3Stream): void {
    const request = stream as H3Request;
    if (!request.headed) return this.#drop(request, REQUEST_INCOMPLETE);
    if (request.tooLarge) return;
    if (request.size > 0) request.finish(NOTHING, 0, 0);
    this.#whole(request);
  }
  #whole(stream: H3Request): void {
    if (stream.length !== -1 && stream.length !== stream.size) return this.#drop(stream, MESSAGE_ERROR);
    this.#ask(stream);
  }
  #ask(stream: H3Request): void {
    stream.asked = this.asked = true;
    this.waiting++;
    this.since = this.#owner.now();
    this.#until = this.since + this.#bounds.idle;
    this.#service.request(stream);
    stream.forget();
  }
  protected cancelled(stream: H3Stream): void {
    this.#drop(stream as H3Request, REQUEST_CANCELLED);
  }
  protected unwanted(stream: H3Stream): void {
    this.#drop(stream as H3Request, REQUEST_CANCELLED);
  }
  /** Of pushes, which there are none of; it cannot grow. */
  #pushesEnd = Infinity;
  protected goneAway(id: number): number {
    if (id > this.#pushesEnd) return ID_ERROR;
    this.#pushesEnd = id;
    return OK;
  }

  // --- what is said

  /** Sends a reply; it leaves with the others of the turn. */
  reply(stream: H3Request, heading: Heading, body: Uint8Array, at: number, length: number, trailers?: Heading): void {
    if (this.ended || stream.over || !stream.asked) return;
    this.#answered(stream);
    if (this.idleFrames > 0) this.idleFrames--;
    const none = stream.method === 'HEAD';
    const counted = !none && length > SMALL;
    if (counted) this.#hold(stream.id, length);
    sendMessage(this.wire, stream.id, sectionOf(heading), trailers === undefined && heading.sized && !none, body, at, none ? 0 : length,
      trailers && sectionOf(trailers), counted);
    this.#said(stream);
  }
  #answered(stream: H3Request): void {
    stream.gone = undefined;
    stream.talker = undefined;
    stream.asked = false;
    this.waiting--;
  }
  #said(stream: H3Request): void {
    stream.over = true;
    this.streams.delete(stream.id);
    // The rest of its body is not wanted (RFC 9114 section 4.1).
    if (!stream.ended) this.#stop(stream.id, NO_ERROR);
    this.since = this.#owner.now();
    this.#until = this.since + this.#bounds.idle;
  }
  /** Begins a reply that goes on. */
  talk(stream: H3Request, heading: Heading, talker: Talker): void {
    if (this.ended || stream.over || !stream.asked) return talker.gone();
    stream.gone = undefined;
    stream.talker = talker;
    if (this.idleFrames > 0) this.idleFrames--;
    sendHead(this.wire, stream.id, sectionOf(heading));
  }
  say(stream: H3Request, bytes: Uint8Array, at: number, length: number): boolean {
    if (this.ended || stream.talker === undefined) return false;
    const held = (this.#untaken.get(stream.id) ?? 0) + length;
    this.#hold(stream.id, length);
    sendPart(this.wire, stream.id, bytes, at, length);
    if (held < ENOUGH || stream.fullSince >= 0) return stream.fullSince < 0;
    stream.fullSince = this.#owner.now();
    return false;
  }
  finish(stream: H3Request, trailers: Heading | undefined): void {
    if (this.ended || stream.talker === undefined) return;
    this.#answered(stream);
    sendTrailers(this.wire, stream.id, trailers && sectionOf(trailers));
    this.#said(stream);
  }
  #hold(id: number, bytes: number): void {
    this.#untaken.set(id, (this.#untaken.get(id) ?? 0) + bytes);
    this.#held += bytes;
    this.#owner.unread?.(this.#held);
  }
  /** All of a reply was taken. */
  sent(id: number): void {
    const bytes = this.#untaken.get(id);
    if (bytes === undefined) return;
    this.#untaken.delete(id);
    this.#held -= bytes;
    this.#until = Math.max(this.#until, this.#owner.now() + this.#bounds.idle);
    this.#owner.unread?.(this.#held);
    const stream = this.streams.get(id) as H3Request | undefined;
    if (stream === undefined || stream.fullSince < 0) return;
    stream.fullSince = -1;
    stream.talker?.drained();
  }
  override stoppedBy(id: number, code: number): void {
    super.stoppedBy(id, code);
    if (!this.#untaken.has(id)) return;
    this.wire.reset(id, REQUEST_CANCELLED);
    this.sent(id);
  }

  // --- how it ends

  check(now: number): void {
    if (this.ended) return;
    if (this.idleFrames > 0) this.idleFrames--;
    if (this.#state === 'leaving' && now >= this.#leavesAt) this.#left(now);
    for (const stream of [...this.streams.values()] as H3Request[]) {
      const isLate = stream.asked ? stream.fullSince >= 0 && now - stream.fullSince > this.#bounds.write
        : now - stream.since > this.#bounds.read;
      if (isLate) this.#drop(stream, REQUEST_CANCELLED);
    }
    if (this.#state === 'left') {
      if (this.streams.size > 0) this.#leavesAt = now + LINGER;
      else if (now >= this.#leavesAt) this.end(NO_ERROR);
      return;
    }
    if (now >= this.#until && this.waiting === 0) this.end(this.#held > 0 ? EXCESSIVE_LOAD : NO_ERROR);
  }
  /** Twice (RFC 9114 section 5.2): what is on its way when the client hears it is still answered. */
  leave(): void {
    if (this.#state !== 'open' || this.ended) return;
    this.#state = 'leaving';
    this.#leavesAt = this.#owner.now() + SECOND_GOAWAY;
    this.#goaway(LAST_ID);
  }
  #left(now: number): void {
    this.#state = 'left';
    this.#leavesAt = now + (this.asked ? LINGER : 0);
    this.#goaway(this.#last + 4);
  }
  #goaway(id: number): void {
    if (this.control < 0) return;
    const bytes = frame(GOAWAY, varints(id));
    this.wire.send(this.control, bytes, 0, bytes.length, false);
  }
  protected broke(): void {
    this.closed();
  }
  /** The connection is gone. */
  closed(): void {
    this.ended = true;
    for (const stream of [...this.streams.values()] as H3Request[]) {
      stream.over = true;
      this.#forget(stream);
    }
    this.streams.clear();
    this.#untaken.clear();
    if (this.#held > 0) this.#owner.unread?.(0);
    this.#held = 0;
  }
}
