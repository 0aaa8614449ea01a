// Heads of HTTP/1.1 messages (RFC 9112, sections 2 to 5), of requests and of replies: a first line, and fields. Whatever two readers
// could take for two different messages is refused. Knows nothing of bodies and sockets.
import { quoted } from '../wording/quote.ts';
import { HttpError } from './error.ts';

/** Lower-case names; of several with one name the values with `, ` between them (RFC 9110 section 5.3). */
export type Fields = ReadonlyMap<string, string>;
/** A request line and its fields. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** Of HTTP/1: 0 or 1. */
  readonly minor: number;
  readonly fields: Fields;
}
/** A status line and its fields. */
export interface ReplyHead {
  readonly status: number;
  readonly minor: number;
  /** Lower-case names. */
  readonly headers: Fields;
}

/** Bytes of a reply's head: what is longer is none. */
const MOST_HEAD = 65536;
const END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);
/** Fields that may stand only once: what a message is must not depend on which of two is read. */
const ONCE: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);

/**
 * Where the head in these bytes ends (its last line and the empty one included); -1 while it is not whole. Other ends of lines than CRLF
 * are none: they are in the head, where the fields refuse them.
 */
export function headEnd(bytes: Buffer, from = 0): number {
  const end = bytes.indexOf(END, from);
  return end < 0 ? -1 : end + END.length;
}

/** Reads a request's head, the empty line included. Throws HttpError `protocol`. */
export function readRequestHead(text: string): RequestHead {
  const [first = '', ...lines] = text.slice(0, -4).split('\r\n');
  const [, method, target, minor] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~\x80-\xff]+) HTTP\/1\.([01])$/.exec(first) ?? [];
  if (method === undefined || target === undefined) throw new HttpError('protocol', `malformed HTTP request ${quoted(first.slice(0, 60))}`);
  return { method, target, minor: Number(minor), fields: readFields(lines, false) };
}
/** Reads a reply's head, the empty line included. Throws HttpError `protocol`. */
export function readReplyHead(text: string): ReplyHead {
  const [first = '', ...lines] = text.slice(0, -4).split('\r\n');
  const [, minor, status] = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/.exec(first) ?? [];
  if (status === undefined) throw new HttpError('protocol', `malformed HTTP response ${quoted(first.slice(0, 60))}`);
  return { status: Number(status), minor: Number(minor), headers: readFields(lines, true) };
}

/**
 * The fields of a head: no space before the colon, no bare CR or LF, no NUL, no line that goes on in the next one (RFC 9112 sections 2.2,
 * 5.1, 5.2). `same`: a length that stands twice and is the same both times is one, as of servers that we ask.
 */
function readFields(lines: readonly string[], same: boolean): Fields {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t -~\x80-\xff]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new HttpError('protocol', `malformed header ${quoted(line.slice(0, 60))}`);
    const key = name.toLowerCase();
    const text = value.trim();
    const known = fields.get(key);
    if (known !== undefined && ONCE.has(key)) {
      if (!same || known !== text) throw new HttpError('protocol', `two headers ${key}`);
    } else fields.set(key, known === undefined ? text : `${known}, ${text}`);
  }
  return fields;
}

/** Takes pieces until the head of a reply is whole. Heads of interim replies (1xx) are passed over. */
export class HeadReader {
  #received: Buffer = NOTHING;

  /** The head and what follows it, or undefined while it is not whole. Throws HttpError `protocol`. */
  feed(piece: Buffer): { readonly head: ReplyHead; readonly rest: Buffer } | undefined {
    this.#received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece]);
    for (;;) {
      const end = headEnd(this.#received);
      if (end > MOST_HEAD || (end < 0 && this.#received.length > MOST_HEAD)) {
        throw new HttpError('protocol', 'the head of the reply is too long');
      }
      if (end < 0) return undefined;
      const head = readReplyHead(this.#received.toString('latin1', 0, end));
      this.#received = this.#received.subarray(end);
      if (head.status === 101) throw new HttpError('protocol', 'the reply switches protocols');
      if (head.status >= 200) return { head, rest: this.#received };
    }
  }
}
