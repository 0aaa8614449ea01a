// The server's side of one HTTP/2 connection: requests, their rules (RFC 9113 section 8), replies, and how it ends. Knows the service that
// answers; knows no path.
import type { Heading, HttpBounds, HttpOwner, HttpService, ServerSide, Talker, Wire } from './exchange.ts';
import {
  CANCEL, ENHANCE_YOUR_CALM, OK, PING, PREFACE, PROTOCOL_ERROR, REFUSED_STREAM, SET_LIST, SET_STREAMS, SET_TABLE, SET_WINDOW, STREAM_CLOSED,
  WINDOW, WINDOW_MOST, settingsFrame, windowFrame, END_STREAM,
} from './frames.ts';
import type { FrameOutput } from './frames.ts';
import { CONNECTION_WINDOW, Http2Connection, LIST_MOST, STREAM_WINDOW, TABLE } from './h2-connection.ts';
import { ServerStream } from './h2-request.ts';
import { blockOf, lengthOf } from './h2-heading.ts';
import type { H2Stream } from './h2-stream.ts';
import { take } from './request-fields.ts';
import type { Field } from './field-bytes.ts';

/** Bytes of replies that a client may leave in windows before new requests are refused. */
const HELD_MOST = 1 << 22;
/** Milliseconds from the first GOAWAY to the one that counts, where the client does not answer our PING. */
const SECOND_GOAWAY = 1000;
const NOTHING = Buffer.alloc(0);

/** A connection that asks us. */
export class Http2Server extends Http2Connection implements ServerSide {
  readonly #service: HttpService;
  readonly #bounds: HttpBounds;
  readonly #owner: HttpOwner;
  #preface = 0;
  #now: number;
  #until: number;
  #reading = false;
  #scheduled = false;
  /** Bytes that the client does not take, as far as the owner was told. */
  #unread = 0;
  /** `leaving`: the client was told so, `left`: and which stream is the last. */
  #state: 'open' | 'leaving' | 'left' = 'open';
  #leavesAt = Infinity;
  readonly canBeTold = true;
  waiting = 0;
  asked = false;
  since: number;

  constructor(wire: Wire, out: FrameOutput, service: HttpService, bounds: HttpBounds, owner: HttpOwner) {
    super(wire, out);
    this.#service = service;
    this.#bounds = bounds;
    this.#owner = owner;
    this.#now = this.since = owner.now();
    this.#until = this.#now + bounds.read;
    const streams = Math.min(bounds.streams, WINDOW_MOST);
    const settings = settingsFrame([[SET_TABLE, TABLE], [SET_STREAMS, streams], [SET_WINDOW, STREAM_WINDOW], [SET_LIST, LIST_MOST]]);
    wire.write(Buffer.concat([settings, windowFrame(0, CONNECTION_WINDOW - WINDOW)]));
  }

  receive(chunk: Buffer): void {
    if (this.ended) return;
    let from = 0;
    for (; this.#preface < PREFACE.length && from < chunk.length; from++, this.#preface++) {
      if (chunk[from] !== PREFACE[this.#preface]) return this.#end(PROTOCOL_ERROR);
    }
    if (from === chunk.length && this.#preface < PREFACE.length) return;
    this.#now = this.#owner.now();
    this.#reading = true;
    this.#service.begin?.();
    const error = this.read(chunk, from);
    this.#service.end?.();
    this.#reading = false;
    if (error !== OK) this.#end(error);
    else this.#flush();
  }
  #flush(): void {
    if (this.ended) return;
    if (!this.sender.flush()) {
      this.wire.pause();                                        // who does not read is not read from
      this.#until = this.#now + this.#bounds.write;
    }
    this.#tell(this.sender.blocked ? this.wire.writableLength + this.sender.held : 0);
    if (this.#state === 'left' && this.streams.size === 0) this.#close();
  }
  #tell(unread: number): void {
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.#owner.unread?.(unread);
  }
  drained(): void {
    if (this.ended) return;
    this.sender.full = false;
    this.#until = this.#owner.now() + this.#bounds.idle;
    this.wire.resume();
    for (const stream of this.streams.values() as Iterable<ServerStream>) if (stream.rest === undefined) stream.talker?.drained();
    this.#flush();
  }

  // --- what comes

  protected streamFor(id: number, flags: number): ServerStream | number {
    if ((id & 1) === 0) return PROTOCOL_ERROR;
    const known = this.streams.get(id) as ServerStream | undefined;
    if (known !== undefined) {
      if (known.ended) return STREAM_CLOSED;
      if (!(flags & END_STREAM)) return PROTOCOL_ERROR;         // trailers that do not end
      known.trailing = true;
      return known;
    }
    if (id <= this.last) return STREAM_CLOSED;
    const stream = new ServerStream(id, this.sender.initial, this, this.#now);
    // Behind the last GOAWAY: what comes was sent before the client knew, and it asks elsewhere.
    this.last = id;
    if (this.#state === 'left') {
      this.#late.add(stream);
      this.ignore(id);
    } else if (this.streams.size < this.#bounds.streams && this.sender.held < HELD_MOST) this.streams.set(id, stream);
    return stream;
  }
  readonly #late = new WeakSet<H2Stream>();

  protected field(stream: ServerStream, field: Field): void {
    take(stream, field);
  }
  protected headed(stream: ServerStream, ends: boolean, tooLong: boolean): void {
    if (!this.streams.has(stream.id)) {
      if (!this.#late.has(stream)) this.reset(stream, REFUSED_STREAM);
      return;
    }
    if (tooLong) return this.reset(stream, ENHANCE_YOUR_CALM);
    if (stream.bad || stream.method === '' || stream.target === '' || stream.scheme === '') return this.reset(stream, PROTOCOL_ERROR);
    if (stream.talker !== undefined) return this.#heard(stream, ends);
    if (!ends) return this.#service.talks?.(stream) === true ? this.#ask(stream) : undefined;
    if (stream.size > 0) stream.finish(NOTHING, 0, 0);
    this.#whole(stream);
  }
  protected data(stream: ServerStream, bytes: Buffer, at: number, end: number, ends: boolean): void {
    if (stream.talker !== undefined) {
      this.took(stream, end - at);
      if (end > at) stream.talker.part(bytes, at, end);
      return this.#heard(stream, ends);
    }
    if (stream.tooLarge) {                                      // answered before all of its body came: that is skipped
      stream.ended = ends;
      return;
    }
    if (stream.size + end - at > this.#bounds.body) {
      stream.forget();
      stream.tooLarge = true;
      stream.ended = ends;
      return this.#ask(stream);
    }
    if (!ends) return stream.add(bytes, at, end);
    stream.finish(bytes, at, end);
    this.#whole(stream);
  }
  #heard(stream: ServerStream, ends: boolean): void {
    if (!ends) return;
    stream.ended = true;
    stream.talker?.ended();
  }
  #whole(stream: ServerStream): void {
    stream.ended = true;
    if (stream.length !== -1 && stream.length !== stream.size) return this.reset(stream, PROTOCOL_ERROR);
    this.#ask(stream);
  }
  #ask(stream: ServerStream): void {
    stream.asked = this.asked = true;
    this.waiting++;
    this.since = this.#now;
    this.#until = this.#now + this.#bounds.idle;
    this.#service.request(stream);
    stream.forget();
  }
  protected cancelled(stream: ServerStream): void {
    if (!stream.asked) return;
    stream.asked = false;
    this.waiting--;
    const { gone, talker } = stream;
    stream.gone = undefined;
    stream.talker = undefined;
    gone?.();
    talker?.gone();
  }
  protected goneAway(): void {}
  protected pinged(): void {
    this.idleFrames++;
    if (this.#state === 'leaving') this.#left();
  }

  // --- what is said

  /** Lays out a reply; it leaves with the others of the chunk or of the turn. */
  reply(stream: ServerStream, heading: Heading, body: Uint8Array, at: number, length: number, trailers?: Heading): void {
    if (this.ended || !this.streams.has(stream.id) || !stream.asked) return;
    stream.gone = undefined;
    if (this.idleFrames > 0) this.idleFrames--;
    stream.trailers = trailers && blockOf(trailers);
    const none = length === 0 || stream.method === 'HEAD';
    const size = trailers === undefined && heading.sized ? lengthOf(length) : undefined;
    this.sender.headers(stream.id, blockOf(heading), none && trailers === undefined, size);
    if (none && trailers === undefined) this.sent(stream);
    else this.sender.data(stream, body, at, none ? 0 : length);
    this.#later();
  }
  #later(): void {
    if (this.#reading || this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#advance);
  }
  /** Begins a reply that goes on; what is said of it leaves with the rest of the chunk or the turn. */
  talk(stream: ServerStream, heading: Heading, talker: Talker): void {
    if (this.ended || !this.streams.has(stream.id) || !stream.asked) return talker.gone();
    stream.talker = talker;
    stream.open = true;
    if (this.idleFrames > 0) this.idleFrames--;
    this.sender.headers(stream.id, blockOf(heading), false);
    this.#later();
  }
  say(stream: ServerStream, bytes: Uint8Array, at: number, length: number): boolean {
    if (this.ended || !stream.open || !this.streams.has(stream.id)) return false;
    const takes = this.sender.say(stream, bytes, at, length);
    this.#later();
    return takes;
  }
  end(stream: ServerStream, trailers: Heading | undefined): void {
    if (this.ended || !stream.open || !this.streams.has(stream.id)) return;
    stream.talker = undefined;
    this.sender.end(stream, trailers && blockOf(trailers));
    this.#later();
  }
  readonly #advance = (): void => {
    this.#scheduled = false;
    this.#now = this.#owner.now();
    this.since = this.#now;
    this.#until = this.#now + (this.sender.full ? this.#bounds.write : this.#bounds.idle);
    this.#flush();
  };
  protected sent(stream: ServerStream): void {
    if (stream.open) return stream.talker?.drained();
    if (stream.asked) this.waiting--;
    stream.asked = false;
    if (stream.ended) this.streams.delete(stream.id);
    else this.drop(stream, OK);                                 // the rest of its body is not wanted (RFC 9113 section 8.1)
  }

  // --- how it ends

  finished(): void {
    // A client that closes its side cannot be told windows any more, but reads what it asked for.
    this.#state = 'left';
    for (const stream of [...this.streams.values()] as ServerStream[]) if (!stream.asked) this.streams.delete(stream.id);
    this.#flush();
  }
  check(now: number): void {
    if (this.idleFrames > 0) this.idleFrames--;
    if (this.#state === 'leaving' && now >= this.#leavesAt) this.#left();
    for (const stream of this.streams.values() as Iterable<ServerStream>) {
      if (!stream.asked && !stream.ended && now - stream.since > this.#bounds.read) this.reset(stream, CANCEL);
    }
    this.#flush();
    if (now < this.#until || (this.waiting > 0 && !this.sender.blocked)) return;
    if (this.sender.blocked || this.#state !== 'open') this.wire.destroy();
    else this.#end(OK);
  }
  /** Twice (RFC 9113 section 6.8): what is on its way when the client hears it is still answered. */
  leave(): void {
    if (this.#state !== 'open' || this.ended) return;
    this.#state = 'leaving';
    this.#leavesAt = this.#owner.now() + SECOND_GOAWAY;
    this.sender.goaway(WINDOW_MOST, OK);
    this.sender.frame(PING, 0, Buffer.alloc(8));
    this.#flush();
  }
  #left(): void {
    this.#state = 'left';
    this.sender.goaway(this.last, OK);
    this.#flush();
  }
  #end(code: number): void {
    if (this.ended) return;
    this.sender.goaway(this.last, code);
    this.sender.flush();
    this.#close();
  }
  #close(): void {
    this.closed();
    this.wire.end();
    this.wire.resume();
    this.#until = this.#owner.now();
  }
  closed(): void {
    this.ended = true;
    for (const stream of this.streams.values() as Iterable<ServerStream>) this.cancelled(stream);
    this.streams.clear();
    this.#tell(0);
  }
}
