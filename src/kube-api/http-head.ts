// The head of an HTTP/1.1 reply (RFC 9112, sections 2 to 5), read from pieces as they come. Knows nothing of bodies and sockets.
import { quoted } from '../wording/quote.ts';
import { ApiError } from './api-error.ts';

/** A status line and its headers. */
export interface ReplyHead {
  readonly status: number;
  /** Lower-case names; of several with one name the values with `, ` between them. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Bytes of a head: what is longer is no reply of an API. */
const MOST_HEAD = 65536;
const END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/** Takes pieces until the head is whole. Heads of interim replies (1xx) are passed over. */
export class HeadReader {
  #received: Buffer = NOTHING;

  /** The head and what follows it, or undefined while it is not whole. Throws ApiError `protocol`. */
  feed(piece: Buffer): { readonly head: ReplyHead; readonly rest: Buffer } | undefined {
    this.#received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece]);
    for (;;) {
      const end = this.#received.indexOf(END);
      if (end > MOST_HEAD || (end < 0 && this.#received.length > MOST_HEAD)) {
        throw new ApiError('protocol', 'the head of the reply is too long');
      }
      if (end < 0) return undefined;
      const head = readHead(this.#received.toString('latin1', 0, end));
      this.#received = this.#received.subarray(end + END.length);
      if (head.status === 101) throw new ApiError('protocol', 'the reply switches protocols');
      if (head.status >= 200) return { head, rest: this.#received };
    }
  }
}

/** Headers of which a second one with another value makes the length of the body uncertain. */
const ONCE = ['content-length', 'transfer-encoding'];

function readHead(text: string): ReplyHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, status] = /^HTTP\/1\.[01] ([1-9]\d\d)(?: .*)?$/.exec(first) ?? [];
  if (status === undefined) throw new ApiError('protocol', `malformed HTTP response ${quoted(first.slice(0, 60))}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new ApiError('protocol', `malformed header ${quoted(line.slice(0, 60))}`);
    const key = name.toLowerCase();
    const known = headers.get(key);
    if (known !== undefined && ONCE.includes(key) && known !== value) throw new ApiError('protocol', `two headers ${key}`);
    headers.set(key, known === undefined || ONCE.includes(key) ? value : `${known}, ${value}`);
  }
  return { status: Number(status), headers };
}
