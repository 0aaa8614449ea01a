// One side of an HTTP/3 connection (RFC 9114): which stream is what, the frames that are about the connection, and floods. Knows frames and
// streams; what requests and replies are is the two sides' own.
import type { Field } from './field-bytes.ts';
import {
  CANCEL_PUSH, CLOSED_CRITICAL_STREAM, CONTROL, DATA, EXCESSIVE_LOAD, FRAME_ERROR, FRAME_UNEXPECTED, GOAWAY, HEADERS, ID_ERROR, MAX_PUSH_ID,
  MISSING_SETTINGS, OK, PUSH, PUSH_PROMISE, QPACK_DECODER, QPACK_DECOMPRESSION_FAILED, QPACK_ENCODER, SETTINGS, SETTINGS_ERROR, SET_SECTION,
  SKIP, STREAM_CREATION_ERROR, WHOLE, frame, isOfHttp2, varint, varintLength, varints,
} from './h3-frames.ts';
import { OneWay } from './h3-stream.ts';
import type { H3Stream, StreamSide } from './h3-stream.ts';
import type { StreamWire } from './h3-wire.ts';
import { SectionReader } from './qpack.ts';

/** Bytes of the list that a field section unfolds to, and of a frame that is about the connection. */
const LIST_MOST = 16384, FRAME_MOST = 4096;
/**
 * Whatever costs us something and asks nothing (unknown frames and streams, empty DATA, requests taken back, settings of push) adds, an
 * answered request takes away.
 */
const IDLE_FRAMES = 200;
/** Streams of the peer that go one way, at the same time. */
const ONE_WAY = 16;
const HELLO = Buffer.concat([Buffer.of(CONTROL), frame(SETTINGS, varints(SET_SECTION, LIST_MOST))]);
const sections = new SectionReader();

/** What both sides have in common. `now` moves with what comes. */
export abstract class Http3Connection implements StreamSide {
  protected readonly wire: StreamWire;
  protected readonly streams = new Map<number, H3Stream>();
  /** Frames that asked nothing, more than requests answered. */
  idleFrames = 0;
  /** The peer broke a rule, or is gone: nothing is read or said any more. */
  protected ended = false;
  /** Our control stream. */
  protected control = -1;
  readonly #isServer: boolean;
  readonly #oneWay = new Map<number, OneWay>();
  /** Which of the streams that a connection has once are there: a bit each. */
  #had = 0;
  #settled = false;
  #pushes = -1;
  #memory: Uint8Array | undefined;
  #view: Buffer = Buffer.alloc(0);

  constructor(wire: StreamWire, isServer: boolean) {
    this.wire = wire;
    this.#isServer = isServer;
  }
  /** Says what has to be said first, as soon as the peer lets us. */
  protected greet(): void {
    if (this.control >= 0) return;
    this.control = this.wire.open(true);
    if (this.control >= 0) this.wire.send(this.control, HELLO, 0, HELLO.length, false);
  }
  protected forgetStreams(): void {
    this.control = -1;
    this.streams.clear();
  }

  /** The stream of a request: a new one, or one that is there. Undefined: it is skipped. */
  protected abstract streamFor(id: number, early: boolean): H3Stream | undefined;
  protected abstract goneAway(id: number): number;
  /** The connection is of no more use, and why. */
  protected abstract broke(code: number): void;
  abstract field(stream: H3Stream, field: Field): void;
  abstract headed(stream: H3Stream, tooLong: boolean): void;
  abstract content(stream: H3Stream, bytes: Buffer, at: number, end: number, whole: boolean): void;
  abstract finished(stream: H3Stream): void;

  // --- what comes

  /** Bytes of a stream, in order. They are there until this returns. */
  came(id: number, bytes: Uint8Array, at: number, length: number, fin: boolean, early: boolean): void {
    if (this.ended) return;
    this.greet();
    const error = (id & 2) === 0 ? this.#both(id, this.#seen(bytes), at, at + length, fin, early)
      : this.#one(id, this.#seen(bytes), at, at + length, fin);
    if (error > OK) this.end(error);
    else if (this.idleFrames > IDLE_FRAMES && !this.ended) this.end(EXCESSIVE_LOAD);
  }
  /** The memory that bytes lie in, as a Buffer; it is nearly always the same. */
  #seen(bytes: Uint8Array): Buffer {
    if (bytes !== this.#memory) {
      this.#memory = bytes;
      this.#view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#view;
  }
  #both(id: number, bytes: Buffer, at: number, end: number, fin: boolean, early: boolean): number {
    if ((id & 1) !== 0) return STREAM_CREATION_ERROR;          // a server's, which there are none of
    const stream = this.streamFor(id, early);
    return stream === undefined ? OK : stream.read(this, bytes, at, end, fin);
  }
  #one(id: number, bytes: Buffer, at: number, end: number, fin: boolean): number {
    let stream = this.#oneWay.get(id);
    if (stream === undefined) {
      if (this.#oneWay.size >= ONE_WAY) return EXCESSIVE_LOAD;
      this.#oneWay.set(id, (stream = new OneWay()));
    }
    const from = stream.kind < 0 ? stream.begin(bytes, at, end) : at;
    if (stream.kind < 0) {
      // It said nothing at all, which is nobody's business.
      if (fin) this.#oneWay.delete(id);
      this.idleFrames++;
      return OK;
    }
    const error = stream.known ? OK : this.#kind(id, stream);
    if (error !== OK || !stream.known) return error;
    const read = stream.read(this, bytes, from, end);
    return read === OK && fin ? CLOSED_CRITICAL_STREAM : read;
  }
  /** What a stream is was said now. */
  #kind(id: number, stream: OneWay): number {
    const { kind } = stream;
    if (kind === PUSH) return this.#isServer ? STREAM_CREATION_ERROR : ID_ERROR;
    if (kind !== CONTROL && kind !== QPACK_ENCODER && kind !== QPACK_DECODER) {
      this.idleFrames++;
      this.#oneWay.delete(id);
      this.wire.stop(id, STREAM_CREATION_ERROR);
      return OK;
    }
    if ((this.#had & (1 << kind)) !== 0) return STREAM_CREATION_ERROR;
    this.#had |= 1 << kind;
    stream.known = true;
    return OK;
  }
  resetBy(id: number, code: number): void {
    if (this.ended) return;
    const stream = this.streams.get(id);
    if (stream !== undefined) this.cancelled(stream, code);
    else if (this.#oneWay.get(id)?.known === true) this.end(CLOSED_CRITICAL_STREAM);
    else this.#oneWay.delete(id);
    if (this.idleFrames > IDLE_FRAMES) this.end(EXCESSIVE_LOAD);
  }
  stoppedBy(id: number, code: number): void {
    if (this.ended) return;
    if (id === this.control) return this.end(CLOSED_CRITICAL_STREAM);
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    this.unwanted(stream, code);
    if (this.idleFrames > IDLE_FRAMES) this.end(EXCESSIVE_LOAD);
  }
  room(): void {
    if (!this.ended) this.greet();
  }
  /** The peer takes back what it says on a stream, or does not want what we say on it. */
  protected abstract cancelled(stream: H3Stream, code: number): void;
  protected abstract unwanted(stream: H3Stream, code: number): void;

  /** Gives the fields of a section to `field`; the error that it ends the connection with. */
  section(stream: H3Stream, bytes: Buffer, at: number, end: number): number {
    if (!sections.read(bytes, at, end, (field) => this.field(stream, field), LIST_MOST)) return QPACK_DECOMPRESSION_FAILED;
    this.headed(stream, sections.tooLong);
    return OK;
  }

  // --- what is about the connection

  /** A frame of the control stream begins. */
  controlBegins(type: number, length: number): number {
    if (!this.#settled && type !== SETTINGS) return MISSING_SETTINGS;
    switch (type) {
      case SETTINGS: return this.#settled ? FRAME_UNEXPECTED : length > FRAME_MOST ? EXCESSIVE_LOAD : WHOLE;
      case GOAWAY: case CANCEL_PUSH: case MAX_PUSH_ID: return length > 8 ? FRAME_ERROR : WHOLE;
      case DATA: case HEADERS: case PUSH_PROMISE: return FRAME_UNEXPECTED;
      default:
        this.idleFrames++;
        return isOfHttp2(type) ? FRAME_UNEXPECTED : SKIP;
    }
  }
  controlFrame(type: number, bytes: Buffer, at: number, end: number): number {
    if (type === SETTINGS) return this.#settings(bytes, at, end);
    if (at === end || varintLength(bytes[at]!) !== end - at) return FRAME_ERROR;
    const value = varint(bytes, at);
    this.idleFrames++;
    if (type === GOAWAY) return this.goneAway(value);
    if (type === CANCEL_PUSH) return ID_ERROR;                  // there is no push that it could be about
    if (!this.#isServer) return FRAME_UNEXPECTED;
    if (value < this.#pushes) return ID_ERROR;
    this.#pushes = value;
    return OK;
  }
  #settings(bytes: Buffer, at: number, end: number): number {
    this.#settled = true;
    const seen = new Set<number>();
    while (at < end) {
      const middle = at + varintLength(bytes[at]!);
      const next = middle < end ? middle + varintLength(bytes[middle]!) : end + 1;
      if (next > end) return FRAME_ERROR;
      const name = varint(bytes, at);
      // Those of HTTP/2, and what is said twice (section 7.2.4).
      if ((name >= 2 && name <= 5) || seen.has(name)) return SETTINGS_ERROR;
      seen.add(name);
      at = next;
    }
    return OK;
  }

  // --- how it ends

  protected end(code: number): void {
    if (this.ended) return;
    this.wire.close(code, '');
    this.broke(code);
  }
}
