// The way out of one HTTP/2 connection: frames of data as far as the peer's windows let them (RFC 9113 section 5.2), everything of a turn
// with one write. Knows windows and the wire; knows no requests.
import type { Wire } from './exchange.ts';
import {
  DATA, END_HEADERS, END_STREAM, FRAME_HEAD, FRAME_MOST, GOAWAY, HEADERS, RST_STREAM, WINDOW, WINDOW_MOST, WINDOW_UPDATE,
} from './frames.ts';
import type { FrameOutput } from './frames.ts';

/** A stream as far as something leaves on it. */
export interface Outgoing {
  readonly id: number;
  /** Bytes that the peer takes. */
  window: number;
  /** What waits for the window; the trailers that end it. */
  rest: Buffer | undefined;
  trailers: Buffer | undefined;
  /** More will be said: what was said does not end it. */
  open: boolean;
}

/** What leaves. */
export class Sender<S extends Outgoing> {
  readonly out: FrameOutput;
  readonly #wire: Wire;
  readonly #sent: (stream: S) => void;
  readonly #blocked = new Set<S>();
  #window = WINDOW;
  /** The window of a new stream. */
  initial = WINDOW;
  frameMost = FRAME_MOST;
  /** Bytes that wait for windows. */
  held = 0;
  /** The socket does not take bytes at the moment. */
  full = false;

  /** `sent` hears of each stream on which everything has left; of one that goes on only where something had waited. */
  constructor(wire: Wire, out: FrameOutput, sent: (stream: S) => void) {
    this.#wire = wire;
    this.out = out;
    this.#sent = sent;
  }

  /** Something waits for the peer: for its windows, or to be read. */
  get blocked(): boolean {
    return this.full || this.#blocked.size > 0;
  }
  /** Writes what was laid out; false where the socket has enough. */
  flush(): boolean {
    this.out.claim(this);
    if (this.out.used === 0) return !this.full;
    const bytes = this.out.take();
    if (!this.#wire.destroyed && !this.#wire.write(bytes)) this.full = true;
    return !this.full;
  }
  #room(length: number): void {
    this.out.claim(this);
    if (!this.out.fits(length)) this.flush();
  }

  /** A header block that is not longer than a frame may be; `more` are octets behind it. */
  headers(id: number, block: Buffer, ends: boolean, more?: Uint8Array): void {
    const length = block.length + (more?.length ?? 0);
    this.#room(length);
    this.out.head(length, HEADERS, END_HEADERS | (ends ? END_STREAM : 0), id);
    this.out.add(block, 0, block.length);
    if (more !== undefined) this.out.add(more, 0, more.length);
  }
  /** The body of a stream and the trailers that end it. */
  data(stream: S, bytes: Uint8Array, at: number, length: number): void {
    while (length > 0) {
      const size = Math.min(length, this.#window, stream.window, this.frameMost);
      if (size <= 0) {
        stream.rest = Buffer.from(bytes.subarray(at, at + length));
        this.held += length;
        this.#blocked.add(stream);
        return;
      }
      this.#room(size);
      this.out.head(size, DATA, size === length && stream.trailers === undefined && !stream.open ? END_STREAM : 0, stream.id);
      this.out.add(bytes, at, size);
      at += size;
      length -= size;
      this.#window -= size;
      stream.window -= size;
    }
    if (stream.open) return;
    if (stream.trailers !== undefined) this.headers(stream.id, stream.trailers, true);
    this.#sent(stream);
  }
  /** A part of what goes on; false where the peer has enough. */
  say(stream: S, bytes: Uint8Array, at: number, length: number): boolean {
    if (stream.rest === undefined) this.data(stream, bytes, at, length);
    else {
      stream.rest = Buffer.concat([stream.rest, bytes.subarray(at, at + length)]);
      this.held += length;
    }
    return stream.rest === undefined && !this.full;
  }
  /** Nothing more is said on what went on. */
  end(stream: S, trailers: Buffer | undefined): void {
    stream.open = false;
    stream.trailers = trailers;
    if (stream.rest !== undefined) return;
    if (trailers === undefined) this.#small(0, DATA, END_STREAM, stream.id);
    else this.headers(stream.id, trailers, true);
    this.#sent(stream);
  }
  /** The peer takes more on this stream, or on all of them; false where that is more than there may be. */
  credit(stream: S | undefined, more: number): boolean {
    if (stream === undefined) this.#window += more;
    else stream.window += more;
    if ((stream?.window ?? this.#window) > WINDOW_MOST) return false;
    this.resume();
    return true;
  }
  /** Lets go on what windows have room for. */
  resume(): void {
    for (const stream of this.#blocked) {
      if (this.#window <= 0) return;
      if (stream.window <= 0) continue;
      this.#blocked.delete(stream);
      const { rest } = stream;
      stream.rest = undefined;
      if (rest === undefined) continue;
      this.held -= rest.length;
      this.data(stream, rest, 0, rest.length);
      if (stream.open && stream.rest === undefined) this.#sent(stream);
    }
  }
  /** Nothing more leaves on this stream. */
  forget(stream: S): void {
    if (!this.#blocked.delete(stream)) return;
    this.held -= stream.rest?.length ?? 0;
    stream.rest = undefined;
  }

  reset(id: number, code: number): void {
    this.#small(4, RST_STREAM, 0, id);
    this.out.number(code);
  }
  update(id: number, more: number): void {
    this.#small(4, WINDOW_UPDATE, 0, id);
    this.out.number(more);
  }
  goaway(last: number, code: number): void {
    this.#small(8, GOAWAY, 0, 0);
    this.out.number(last);
    this.out.number(code);
  }
  /** A frame with a payload of a few bytes. */
  frame(type: number, flags: number, payload: Uint8Array, at = 0, length = payload.length): void {
    this.#small(length, type, flags, 0);
    this.out.add(payload, at, length);
  }
  #small(length: number, type: number, flags: number, id: number): void {
    this.#room(length + FRAME_HEAD);
    this.out.head(length, type, flags, id);
  }
}
