// The streams of HTTP/3: one with a request and its reply, and those that go one way. Knows frames; the connection is an interface.
import type { Field } from './field-bytes.ts';
import {
  CANCEL_PUSH, CONTROL, DATA, EXCESSIVE_LOAD, FRAME_ERROR, FRAME_UNEXPECTED, FrameReader, GOAWAY, HALT, HEADERS, MAX_PUSH_ID, OK, PIECES,
  PUSH_PROMISE, QPACK_DECODER_STREAM_ERROR, QPACK_ENCODER, QPACK_ENCODER_STREAM_ERROR, SETTINGS, SKIP, WHOLE, isOfHttp2, varint,
  varintLength,
} from './h3-frames.ts';
import type { FrameSink } from './h3-frames.ts';
import { Incoming } from './incoming.ts';

/** What a stream needs of its connection. */
export interface StreamSide {
  idleFrames: number;
  /** Reads a field section; OK, or the error that ends the connection. */
  section(stream: H3Stream, bytes: Buffer, at: number, end: number): number;
  field(stream: H3Stream, field: Field): void;
  /** A field section is there. */
  headed(stream: H3Stream, tooLong: boolean): void;
  /** Some of the body; `whole`: it ends with this, and so does the stream. */
  content(stream: H3Stream, bytes: Buffer, at: number, end: number, whole: boolean): void;
  /** The peer has said everything, and no byte came with that. */
  finished(stream: H3Stream): void;
  controlBegins(type: number, length: number): number;
  controlFrame(type: number, bytes: Buffer, at: number, end: number): number;
}
/** Bytes of a field section. */
const SECTION_MOST = 16384;

/** The stream of a request. */
export class H3Stream extends Incoming implements FrameSink {
  /** Nothing more that comes on it is looked at. */
  over = false;
  /** A head came, and whatever stands behind the body. */
  headed = false;
  trailed = false;
  readonly #frames = new FrameReader();
  #side: StreamSide | undefined = undefined;
  /** The piece that is being read ends the stream, and there. */
  #fin = false;
  #end = 0;

  /** Reads a piece; OK, or the error that ends the connection. */
  read(side: StreamSide, bytes: Buffer, at: number, end: number, fin: boolean): number {
    if (this.over) return OK;
    this.#side = side;
    this.#fin = fin;
    this.#end = end;
    const error = this.#frames.read(this, bytes, at, end);
    this.#side = undefined;
    if (error !== OK) return error === HALT ? OK : error;
    if (!fin || this.over || this.ended) return OK;
    if (!this.#frames.between) return FRAME_ERROR;
    this.ended = true;
    side.finished(this);
    return OK;
  }
  begins(type: number, length: number): number {
    if (type === DATA) {
      if (!this.headed || this.trailed) return FRAME_UNEXPECTED;
      if (length === 0) this.#side!.idleFrames++;
      return PIECES;
    }
    if (type === HEADERS) {
      if (this.trailed) return FRAME_UNEXPECTED;
      if (length <= SECTION_MOST) return WHOLE;
      this.#side!.headed(this, true);
      return this.over ? HALT : EXCESSIVE_LOAD;
    }
    if (type === SETTINGS || type === GOAWAY || type === MAX_PUSH_ID || type === CANCEL_PUSH || type === PUSH_PROMISE || isOfHttp2(type)) {
      return FRAME_UNEXPECTED;
    }
    this.#side!.idleFrames++;
    return SKIP;
  }
  frame(_type: number, bytes: Buffer, at: number, end: number): number {
    this.trailed = this.trailing = this.headed;
    this.headed = true;
    const error = this.#side!.section(this, bytes, at, end);
    return error === OK && this.over ? HALT : error;
  }
  piece(_type: number, bytes: Buffer, at: number, end: number, last: boolean): number {
    // The usual case: the frame and the stream end together, and the body is read where it lies.
    const whole = last && this.#fin && end === this.#end;
    if (whole) this.ended = true;
    this.#side!.content(this, bytes, at, end, whole);
    return this.over ? HALT : OK;
  }
}

/** A stream that goes one way: what it is is said first. */
export class OneWay implements FrameSink {
  /** -1 while that is not known. */
  kind = -1;
  /** It is one of those that a connection has once. */
  known = false;
  #frames: FrameReader | undefined = undefined;
  #side: StreamSide | undefined = undefined;
  #first: Buffer | undefined = undefined;
  /** The integer of an instruction goes on. */
  #goesOn = false;

  /** Reads the kind as soon as it is there; returns where it ends. */
  begin(bytes: Buffer, at: number, end: number): number {
    const before = this.#first?.length ?? 0;
    const all = this.#first === undefined ? bytes.subarray(at, Math.min(end, at + 8))
      : Buffer.concat([this.#first, bytes.subarray(at, Math.min(end, at + 8 - before))]);
    if (all.length === 0 || varintLength(all[0]!) > all.length) {
      this.#first = Buffer.from(all);
      return end;
    }
    this.#first = undefined;
    this.kind = varint(all, 0);
    return at + varintLength(all[0]!) - before;
  }
  /** OK, or the error that ends the connection. */
  read(side: StreamSide, bytes: Buffer, at: number, end: number): number {
    if (this.kind !== CONTROL) return this.kind === QPACK_ENCODER ? inserted(bytes, at, end) : this.#acknowledged(side, bytes, at, end);
    this.#side = side;
    const error = (this.#frames ??= new FrameReader()).read(this, bytes, at, end);
    this.#side = undefined;
    return error === HALT ? OK : error;
  }
  /** We insert nothing: all that may be said is that a stream is not read any more, an integer behind 01 (RFC 9204 section 4.4.2). */
  #acknowledged(side: StreamSide, bytes: Buffer, at: number, end: number): number {
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (this.#goesOn) this.#goesOn = (byte & 0x80) !== 0;
      else {
        if ((byte & 0xc0) !== 0x40) return QPACK_DECODER_STREAM_ERROR;
        side.idleFrames++;
        this.#goesOn = (byte & 0x3f) === 0x3f;
      }
    }
    return OK;
  }
  begins(type: number, length: number): number {
    return this.#side!.controlBegins(type, length);
  }
  frame(type: number, bytes: Buffer, at: number, end: number): number {
    return this.#side!.controlFrame(type, bytes, at, end);
  }
  piece(): number {
    return OK;
  }
}

/** The table has no room, so that all that can be said of it is that it has none (RFC 9204 section 4.3.1). */
function inserted(bytes: Buffer, at: number, end: number): number {
  for (let i = at; i < end; i++) if (bytes[i] !== 0x20) return QPACK_ENCODER_STREAM_ERROR;
  return OK;
}
