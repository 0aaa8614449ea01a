// The body of an HTTP/1.1 message (RFC 9112, sections 6 and 7): by chunks, by length, or until the connection ends. Knows no sockets, and
// keeps nothing of the content.
import { quoted } from '../wording/quote.ts';
import { HttpError } from './error.ts';
import type { Fields, ReplyHead, RequestHead } from './head.ts';

/** Takes the bytes behind a head, in pieces, and gives the content on. */
export interface BodyReader {
  /** Whether the body is whole: what follows is none of it. */
  readonly whole: boolean;
  /** `content` gets parts of `piece`, none of them empty; returns how many bytes were the body's. Throws HttpError `protocol`. */
  feed(piece: Buffer, content: (part: Buffer) => void): number;
  /** The connection has ended. Throws HttpError `cut` where the body is not whole. */
  end(): void;
}

/** How the body behind a reply's head is framed. Throws HttpError `protocol`. */
export function bodyReader({ status, headers }: Pick<ReplyHead, 'status' | 'headers'>): BodyReader {
  if (status === 204 || status === 304) return new LengthReader(0);
  return framed(headers) ?? new LengthReader(Infinity);
}
/** How the body behind a request's head is framed: there is none where nothing is said. Throws HttpError `protocol`. */
export function requestBody({ minor, fields }: Pick<RequestHead, 'minor' | 'fields'>): BodyReader {
  // A proxy in front that reads the other of the two sees another request (RFC 9112 section 6.1).
  if (fields.has('transfer-encoding') && (fields.has('content-length') || minor === 0)) {
    throw new HttpError('protocol', 'a length and a transfer encoding');
  }
  return framed(fields) ?? new LengthReader(0);
}
function framed(fields: Fields): BodyReader | undefined {
  const coding = fields.get('transfer-encoding');
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw new HttpError('protocol', `transfer encoding ${quoted(coding)}`);
    return new ChunkReader();
  }
  const length = fields.get('content-length');
  if (length === undefined) return undefined;
  if (!/^\d{1,15}$/.test(length)) throw new HttpError('protocol', `bad Content-Length ${quoted(length)}`);
  return new LengthReader(Number(length));
}

/** So many bytes; infinitely many are whole when the connection ends. */
class LengthReader implements BodyReader {
  #left: number;
  constructor(length: number) {
    this.#left = length;
  }
  get whole(): boolean {
    return this.#left === 0;
  }
  feed(piece: Buffer, content: (part: Buffer) => void): number {
    const part = piece.length > this.#left ? piece.subarray(0, this.#left) : piece;
    this.#left -= part.length;
    if (part.length > 0) content(part);
    return part.length;
  }
  end(): void {
    if (this.#left === Infinity) this.#left = 0;
    if (this.#left > 0) throw cut();
  }
}

/** Bytes of a line between chunks, and of all trailers together. */
const MOST_LINE = 4096, MOST_TRAILERS = 65536;
const LF = 10;
type ChunkPart = 'size' | 'content' | 'after' | 'trailer' | 'end';

class ChunkReader implements BodyReader {
  #place: ChunkPart = 'size';
  #left = 0;
  #line = '';
  #trailers = 0;

  get whole(): boolean {
    return this.#place === 'end';
  }
  feed(piece: Buffer, content: (part: Buffer) => void): number {
    let at = 0;
    while (at < piece.length && this.#place !== 'end') {
      if (this.#place !== 'content') {
        at = this.#readLine(piece, at);
        continue;
      }
      const part = piece.subarray(at, Math.min(piece.length, at + this.#left));
      at += part.length;
      this.#left -= part.length;
      if (this.#left === 0) this.#place = 'after';
      content(part);
    }
    return at;
  }
  end(): void {
    if (this.#place !== 'end') throw cut();
  }
  #readLine(piece: Buffer, from: number): number {
    const found = piece.indexOf(LF, from);
    const to = found < 0 ? piece.length : found;
    if (this.#line.length + to - from > MOST_LINE) throw new HttpError('protocol', 'a line between chunks is too long');
    this.#line += piece.toString('latin1', from, to);
    if (found < 0) return to;
    const line = this.#line;
    this.#line = '';
    // A line that ends otherwise is another message to whoever reads CR or LF alone as its end.
    if (!line.endsWith('\r') || line.indexOf('\r') !== line.length - 1) throw new HttpError('protocol', 'malformed chunked encoding');
    this.#understand(line.slice(0, -1));
    return found + 1;
  }
  #understand(line: string): void {
    if (this.#place === 'after') {
      if (line !== '') throw new HttpError('protocol', 'malformed chunked encoding');
      this.#place = 'size';
    } else if (this.#place === 'trailer') {
      this.#trailers += line.length;
      if (this.#trailers > MOST_TRAILERS) throw new HttpError('protocol', 'too many trailers');
      if (line === '') this.#place = 'end';
    } else {
      const [, size] = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(line) ?? [];
      if (size === undefined) throw new HttpError('protocol', 'malformed chunked encoding');
      this.#left = Number.parseInt(size, 16);
      this.#place = this.#left === 0 ? 'trailer' : 'content';
    }
  }
}
const cut = () => new HttpError('cut', 'unexpected EOF');
