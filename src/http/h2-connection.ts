// One side of an HTTP/2 connection (RFC 9113): frames are read where the chunk lies, and what a chunk made us say leaves with one write.
// Knows frames, header blocks, windows and floods; what streams are about is the two sides' own.
import type { Wire } from './exchange.ts';
import {
  ACK, COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, FRAME_HEAD, FRAME_MOST,
  FRAME_SIZE_ERROR, GOAWAY, HEADERS, OK, PADDED, PING, PRIORITIZED, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE, RST_STREAM, SETTINGS, SET_FRAME,
  SET_PUSH, SET_STREAMS, SET_WINDOW, STREAM_CLOSED, WINDOW_MOST, WINDOW_UPDATE,
} from './frames.ts';
import type { FrameOutput } from './frames.ts';
import { Sender } from './h2-sender.ts';
import type { H2Stream } from './h2-stream.ts';
import { Decoder } from './hpack.ts';
import type { Field } from './field-bytes.ts';

/** Bytes of the table of what the peer says, of a header block, and of the list that it unfolds to. */
export const TABLE = 4096, BLOCK_MOST = 16384, LIST_MOST = 16384;
/** What the peer may send on the whole connection; told again when half of it has come. And on one stream: more than any body has. */
export const CONNECTION_WINDOW = 1 << 20, STREAM_WINDOW = 1 << 17;
/**
 * Whatever costs us something and asks nothing (PING, SETTINGS, RST_STREAM, resets that we are made to send, empty DATA and CONTINUATION,
 * unknown frames) adds, an answered request takes away. Rapid reset (CVE-2023-44487), made-you-reset (CVE-2025-8671) and the
 * CONTINUATION flood are all it.
 */
const IDLE_FRAMES = 200;
/** Bytes of a window that are not worth a frame. */
const DRIBBLE = 64;
/** Streams that we reset and whose last frames may still be on their way. */
const RESETS = 64;
const NOTHING = Buffer.alloc(0);

/** A header block that goes on in CONTINUATION frames. */
interface Block { readonly stream: H2Stream; readonly flags: number; readonly parts: Buffer[]; size: number }

/** What both sides have in common. */
export abstract class Http2Connection {
  protected readonly wire: Wire;
  protected readonly sender: Sender<H2Stream>;
  protected readonly streams = new Map<number, H2Stream>();
  /** The highest stream that was opened. */
  protected last = 0;
  /** Frames that asked nothing, more than requests answered. */
  protected idleFrames = 0;
  /** The peer broke a rule, or is gone: nothing is read or said any more. */
  protected ended = false;
  /** Streams that the peer lets us open. */
  protected peerStreams = Infinity;
  readonly #decoder = new Decoder(TABLE);
  readonly #wasReset: number[] = [];
  #pending: Buffer = NOTHING;
  #block: Block | undefined;
  #received = 0;
  #settled = false;

  constructor(wire: Wire, out: FrameOutput) {
    this.wire = wire;
    this.sender = new Sender(wire, out, (stream) => this.sent(stream));
  }

  /** The stream of a header block: a new one, or one that is there; a number is the error that ends the connection. */
  protected abstract streamFor(id: number, flags: number): H2Stream | number;
  /** A field of such a block. */
  protected abstract field(stream: H2Stream, field: Field): void;
  /** All of the block is there. */
  protected abstract headed(stream: H2Stream, ends: boolean, tooLong: boolean): void;
  /** Data of a stream that is open. */
  protected abstract data(stream: H2Stream, bytes: Buffer, at: number, end: number, ends: boolean): void;
  /** Everything that we say on it was said. */
  protected abstract sent(stream: H2Stream): void;
  /** The peer ended a stream early. */
  protected abstract cancelled(stream: H2Stream, code: number): void;
  protected abstract goneAway(last: number, code: number): void;
  protected abstract pinged(): void;

  /** Reads all whole frames of what came; returns the error that ended it, OK for none. */
  protected read(chunk: Buffer, from: number): number {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk.subarray(from)]);
    let at = this.#pending.length === 0 ? from : 0;
    let error = OK;
    while (bytes.length - at >= FRAME_HEAD) {
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      const type = bytes[at + 3]!;
      if (length > FRAME_MOST) error = FRAME_SIZE_ERROR;
      else if (!this.#settled && type !== SETTINGS) error = PROTOCOL_ERROR;
      if (error !== OK || bytes.length - at < FRAME_HEAD + length) break;
      const id = ((bytes[at + 5]! & 0x7f) << 24) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!;
      error = this.#frame(type, bytes[at + 4]!, id, bytes, at + FRAME_HEAD, at + FRAME_HEAD + length);
      if (error === OK && this.idleFrames > IDLE_FRAMES) error = ENHANCE_YOUR_CALM;
      if (error !== OK || this.ended) break;
      at += FRAME_HEAD + length;
    }
    this.#pending = at === bytes.length || this.ended ? NOTHING : Buffer.from(bytes.subarray(at));
    if (this.#received >= CONNECTION_WINDOW >> 1) {
      this.sender.update(0, this.#received);
      this.#received = 0;
    }
    return error;
  }

  #frame(type: number, flags: number, id: number, bytes: Buffer, at: number, end: number): number {
    if (this.#block !== undefined && (type !== CONTINUATION || id !== this.#block.stream.id)) return PROTOCOL_ERROR;
    switch (type) {
      case DATA: return this.#data(flags, id, bytes, at, end);
      case HEADERS: return this.#headers(flags, id, bytes, at, end);
      case CONTINUATION: return this.#continued(flags, bytes, at, end);
      case WINDOW_UPDATE: return this.#credit(id, bytes, at, end);
      case SETTINGS: return this.#settings(flags, id, bytes, at, end);
      case PING: return this.#ping(flags, id, bytes, at, end);
      case RST_STREAM: return this.#reset(id, bytes, at, end);
      case PRIORITY:
        this.idleFrames++;
        if (id === 0) return PROTOCOL_ERROR;
        return end - at !== 5 ? FRAME_SIZE_ERROR : (bytes.readUInt32BE(at) & WINDOW_MOST) === id ? PROTOCOL_ERROR : OK;
      case PUSH_PROMISE: return PROTOCOL_ERROR;
      case GOAWAY:
        if (id !== 0) return PROTOCOL_ERROR;
        if (end - at < 8) return FRAME_SIZE_ERROR;
        this.goneAway(bytes.readUInt32BE(at) & WINDOW_MOST, bytes.readUInt32BE(at + 4));
        return OK;
      default:
        this.idleFrames++;
        return OK;
    }
  }

  #headers(flags: number, id: number, bytes: Buffer, at: number, end: number): number {
    if (flags & PADDED) end -= bytes[at++]!;
    if (flags & PRIORITIZED) {
      if (end - at >= 5 && (bytes.readUInt32BE(at) & WINDOW_MOST) === id) return PROTOCOL_ERROR;
      at += 5;
    }
    if (at > end) return PROTOCOL_ERROR;
    const stream = this.streamFor(id, flags);
    if (typeof stream === 'number') return stream;
    if (flags & END_HEADERS) return this.#decoded(stream, flags, bytes, at, end);
    this.#block = { stream, flags, parts: [Buffer.from(bytes.subarray(at, end))], size: end - at };
    return OK;
  }
  #continued(flags: number, bytes: Buffer, at: number, end: number): number {
    const block = this.#block;
    if (block === undefined) return PROTOCOL_ERROR;
    this.idleFrames += at === end ? 50 : 1;
    block.size += end - at;
    if (block.size > BLOCK_MOST) return ENHANCE_YOUR_CALM;
    block.parts.push(Buffer.from(bytes.subarray(at, end)));
    if (!(flags & END_HEADERS)) return OK;
    this.#block = undefined;
    const whole = Buffer.concat(block.parts);
    return this.#decoded(block.stream, block.flags, whole, 0, whole.length);
  }
  /** The table goes on: the block of a stream that is refused is decoded all the same. */
  #decoded(stream: H2Stream, flags: number, bytes: Buffer, at: number, end: number): number {
    this.#decoding = stream;
    if (!this.#decoder.read(bytes, at, end, this.#field, LIST_MOST)) return COMPRESSION_ERROR;
    this.headed(stream, (flags & END_STREAM) !== 0, this.#decoder.tooLong);
    return OK;
  }
  #decoding: H2Stream | undefined;
  readonly #field = (field: Field): void => this.field(this.#decoding!, field);

  #data(flags: number, id: number, bytes: Buffer, at: number, end: number): number {
    if (id === 0 || id > this.last) return PROTOCOL_ERROR;
    this.#received += end - at;
    if (flags & PADDED) {
      end -= bytes[at++]!;
      if (at > end) return PROTOCOL_ERROR;
    }
    const stream = this.streams.get(id);
    if (stream === undefined) {
      this.idleFrames += 2;
      // Of those that we reset, what was under way is let pass (and counted in the window).
      if (!this.#wasReset.includes(id)) this.sender.reset(id, STREAM_CLOSED);
      return OK;
    }
    if (stream.ended) return STREAM_CLOSED;
    const ends = (flags & END_STREAM) !== 0;
    if (at === end && !ends) this.idleFrames++;
    this.data(stream, bytes, at, end, ends);
    return OK;
  }
  #credit(id: number, bytes: Buffer, at: number, end: number): number {
    if (end - at !== 4) return FRAME_SIZE_ERROR;
    const more = bytes.readUInt32BE(at) & WINDOW_MOST;
    // Byte by byte: each makes us lay out a frame.
    if (more < DRIBBLE) this.idleFrames++;
    if (id === 0) return more === 0 ? PROTOCOL_ERROR : this.sender.credit(undefined, more) ? OK : FLOW_CONTROL_ERROR;
    if (id > this.last) return PROTOCOL_ERROR;
    const stream = this.streams.get(id);
    if (stream === undefined) {
      this.idleFrames++;
      return OK;
    }
    if (more === 0) this.reset(stream, PROTOCOL_ERROR);
    else if (!this.sender.credit(stream, more)) this.reset(stream, FLOW_CONTROL_ERROR);
    return OK;
  }
  #settings(flags: number, id: number, bytes: Buffer, at: number, end: number): number {
    if (id !== 0) return PROTOCOL_ERROR;
    if (flags & ACK) return end === at ? OK : FRAME_SIZE_ERROR;
    if ((end - at) % 6 !== 0) return FRAME_SIZE_ERROR;
    this.#settled = true;
    this.idleFrames++;
    for (; at < end; at += 6) {
      const error = this.#setting(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
      if (error !== OK) return error;
    }
    this.sender.frame(SETTINGS, ACK, NOTHING);
    this.sender.resume();
    return OK;
  }
  #setting(name: number, value: number): number {
    if (name === SET_PUSH && value > 1) return PROTOCOL_ERROR;
    if (name === SET_STREAMS) this.peerStreams = value;
    if (name === SET_FRAME) {
      if (value < FRAME_MOST || value > 16777215) return PROTOCOL_ERROR;
      this.sender.frameMost = Math.min(value, 1 << 16);
    }
    if (name !== SET_WINDOW) return OK;
    if (value > WINDOW_MOST) return FLOW_CONTROL_ERROR;
    for (const stream of this.streams.values()) {
      stream.window += value - this.sender.initial;
      if (stream.window > WINDOW_MOST) return FLOW_CONTROL_ERROR;
    }
    this.sender.initial = value;
    return OK;
  }
  #ping(flags: number, id: number, bytes: Buffer, at: number, end: number): number {
    if (id !== 0) return PROTOCOL_ERROR;
    if (end - at !== 8) return FRAME_SIZE_ERROR;
    if (flags & ACK) this.pinged();
    else {
      this.idleFrames++;
      this.sender.frame(PING, ACK, bytes, at, 8);
    }
    return OK;
  }
  #reset(id: number, bytes: Buffer, at: number, end: number): number {
    if (id === 0 || id > this.last) return PROTOCOL_ERROR;
    if (end - at !== 4) return FRAME_SIZE_ERROR;
    // A request that is taken back is no request.
    this.idleFrames++;
    const stream = this.streams.get(id);
    if (stream === undefined) return OK;
    this.#forget(stream);
    this.cancelled(stream, bytes.readUInt32BE(at));
    return OK;
  }

  /** Bytes of a body that goes on were taken: the peer gets room for more where that is worth a frame. */
  protected took(stream: H2Stream, length: number): void {
    stream.taken += length;
    if (stream.taken < STREAM_WINDOW >> 1 || this.ended) return;
    this.sender.update(stream.id, stream.taken);
    stream.taken = 0;
  }
  /** Ends a stream early. It costs us, also where we are made to do it. */
  protected reset(stream: H2Stream, code: number): void {
    this.idleFrames += 2;
    this.drop(stream, code);
    this.cancelled(stream, code);
  }
  /** Ends a stream whose reply was said before the request was whole, or that is not wanted any more. */
  protected drop(stream: H2Stream, code: number): void {
    this.#forget(stream);
    this.ignore(stream.id);
    this.sender.reset(stream.id, code);
  }
  /** What still comes on this stream is let pass. */
  protected ignore(id: number): void {
    if (this.#wasReset.push(id) > RESETS) this.#wasReset.shift();
  }
  #forget(stream: H2Stream): void {
    this.sender.forget(stream);
    this.streams.delete(stream.id);
  }
}
