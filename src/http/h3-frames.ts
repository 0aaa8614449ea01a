// The numbers of HTTP/3 (RFC 9114, sections 7 and 8), and how frames lie on a stream. Knows bytes; knows no connection.

/** Types of frames. */
export const DATA = 0, HEADERS = 1, CANCEL_PUSH = 3, SETTINGS = 4, PUSH_PROMISE = 5, GOAWAY = 7, MAX_PUSH_ID = 13;
/** Types of streams that go one way. */
export const CONTROL = 0, PUSH = 1, QPACK_ENCODER = 2, QPACK_DECODER = 3;
/** The settings: bytes of a field section; and those of the table of QPACK, which are 0 as long as nothing is said. */
export const SET_SECTION = 6;
/** Why a stream or a connection ends; `OK` (0) is none of them. */
export const OK = 0, NO_ERROR = 0x100, STREAM_CREATION_ERROR = 0x103, CLOSED_CRITICAL_STREAM = 0x104,
  FRAME_UNEXPECTED = 0x105, FRAME_ERROR = 0x106, EXCESSIVE_LOAD = 0x107, ID_ERROR = 0x108, SETTINGS_ERROR = 0x109, MISSING_SETTINGS = 0x10a,
  REQUEST_REJECTED = 0x10b, REQUEST_CANCELLED = 0x10c, REQUEST_INCOMPLETE = 0x10d, MESSAGE_ERROR = 0x10e,
  QPACK_DECOMPRESSION_FAILED = 0x200, QPACK_ENCODER_STREAM_ERROR = 0x201, QPACK_DECODER_STREAM_ERROR = 0x202;
/** Frames that HTTP/2 had and HTTP/3 has not, a bit each: who sends them is confused (section 7.2.8). */
const OF_HTTP2 = (1 << 2) | (1 << 6) | (1 << 8) | (1 << 9);
/** Whether a frame may come on no stream at all. */
export const isOfHttp2 = (type: number): boolean => type < 16 && (OF_HTTP2 & (1 << type)) !== 0;

/** Bytes of the variable-length integer that begins so (RFC 9000 section 16). */
export const varintLength = (first: number): number => 1 << (first >> 6);
/** The integer there, all of which is there. Beyond 2^53 it is about that large. */
export function varint(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  let value = first & 0x3f;
  for (let i = 1; i < varintLength(first); i++) value = value * 256 + bytes[at + i]!;
  return value;
}
/** Writes an integer below 2^53; returns where it ends. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  if (value < 64) bytes[at++] = value;
  else if (value < 16384) {
    bytes[at++] = 0x40 | (value >> 8);
    bytes[at++] = value;
  } else if (value < 0x40000000) {
    bytes[at++] = 0x80 | (value >> 24);
    bytes[at++] = value >> 16;
    bytes[at++] = value >> 8;
    bytes[at++] = value;
  } else {
    let high = Math.floor(value / 2 ** 32);
    bytes[at + 3] = high;
    bytes[at + 2] = high >>= 8;
    bytes[at + 1] = high >>= 8;
    bytes[at] = 0xc0 | (high >> 8);
    for (let i = 7, low = value % 2 ** 32; i > 3; i--, low = Math.floor(low / 256)) bytes[at + i] = low;
    at += 8;
  }
  return at;
}
/** A frame. */
export function frame(type: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(16 + payload.length);
  const at = putVarint(bytes, putVarint(bytes, 0, type), payload.length);
  bytes.set(payload, at);
  return bytes.subarray(0, at + payload.length);
}
/** Integers, one after the other. */
export function varints(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  let at = 0;
  for (const value of values) at = putVarint(bytes, at, value);
  return bytes.subarray(0, at);
}

/** How a frame is taken that begins; a number above 0 is the error that ends the connection instead. */
export const WHOLE = -1, PIECES = -2, SKIP = -3;
/** What a sink says where nothing more of the stream is wanted. */
export const HALT = -4;

/** Takes frames. Each says OK, HALT, or the error that ends the connection. */
export interface FrameSink {
  begins(type: number, length: number): number;
  /** All of a frame that was to be whole. */
  frame(type: number, bytes: Buffer, at: number, end: number): number;
  /** Some of a frame that was to come in pieces; the last of them may be empty. */
  piece(type: number, bytes: Buffer, at: number, end: number, last: boolean): number;
}

/** Bytes of a type and a length. */
const HEAD_MOST = 16;

/** Cuts a stream into frames, whatever pieces it comes in. Only what is to be whole is kept, and it is the sink that bounds it. */
export class FrameReader {
  #type = -1;
  #mode = SKIP;
  #left = 0;
  /** The beginning of a head, or of a frame that is to be whole: `used` bytes of it are there. */
  #kept: Buffer | undefined = undefined;
  #used = 0;

  /** No frame has begun that has not ended. */
  get between(): boolean {
    return this.#type < 0 && this.#kept === undefined;
  }
  /** Returns OK, HALT or an error as the sink said it. */
  read(sink: FrameSink, bytes: Buffer, at: number, end: number): number {
    for (;;) {
      if (this.#type < 0) {
        at = this.#head(bytes, at, end);
        if (this.#type < 0) return OK;
        this.#mode = sink.begins(this.#type, this.#left);
        if (this.#mode >= 0 || this.#mode === HALT) return this.#mode;
      }
      const size = Math.min(this.#left, end - at);
      this.#left -= size;
      const error = this.#take(sink, bytes, at, at + size);
      if (error !== OK) return error;
      at += size;
      if (this.#left > 0) return OK;
      this.#type = -1;
    }
  }
  #take(sink: FrameSink, bytes: Buffer, at: number, end: number): number {
    if (this.#mode === SKIP) return OK;
    const last = this.#left === 0;
    if (this.#mode === PIECES) return end > at || last ? sink.piece(this.#type, bytes, at, end, last) : OK;
    if (last && this.#kept === undefined) return sink.frame(this.#type, bytes, at, end);
    const kept = this.#keep(bytes, at, end, this.#used + end - at + this.#left);
    if (!last) return OK;
    const whole = this.#used;
    this.#forget();
    return sink.frame(this.#type, kept, 0, whole);
  }
  /** Adds to what is kept, of which there will be no more than `most` bytes. */
  #keep(bytes: Buffer, at: number, end: number, most: number): Buffer {
    const used = this.#used + end - at;
    let kept = this.#kept;
    if (kept === undefined || kept.length < used) {
      const before = kept;
      // Twice as much each time, so that a frame that comes byte by byte is not copied each time.
      kept = this.#kept = Buffer.allocUnsafeSlow(Math.min(most, Math.max(64, 2 * used)));
      before?.copy(kept, 0, 0, this.#used);
    }
    bytes.copy(kept, this.#used, at, end);
    this.#used = used;
    return kept;
  }
  #forget(): void {
    this.#kept = undefined;
    this.#used = 0;
  }
  /** Reads type and length, as soon as they are there; returns where they end. */
  #head(bytes: Buffer, at: number, end: number): number {
    const before = this.#used;
    const head = before === 0 ? bytes : this.#keep(bytes, at, Math.min(end, at + HEAD_MOST - before), HEAD_MOST);
    const from = before === 0 ? at : 0;
    const to = before === 0 ? end : this.#used;
    const middle = from < to ? from + varintLength(head[from]!) : to;
    const done = middle < to ? middle + varintLength(head[middle]!) : to + 1;
    if (done > to) {
      if (before === 0 && at < end) this.#keep(bytes, at, end, HEAD_MOST);
      return end;
    }
    this.#type = varint(head, from);
    this.#left = varint(head, middle);
    this.#forget();
    return at + done - from - before;
  }
}
