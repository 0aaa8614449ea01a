// One HTTP/1.1 connection: requests in, replies out, one after the other. Knows the protocol (RFC 9112) as far as small endpoints
// need it; knows no path.
import type { Socket } from 'node:net';
import type { Clock } from './clock.ts';
import type { HttpReply, HttpRequest } from './http-message.ts';

const REASONS: { readonly [status: number]: string } = {
  200: 'OK', 302: 'Found', 400: 'Bad Request', 404: 'Not Found', 405: 'Method Not Allowed', 431: 'Request Header Fields Too Large',
  500: 'Internal Server Error', 501: 'Not Implemented', 503: 'Service Unavailable',
};
/** Bytes of a request line and its headers, and of a body that is skipped rather than cut off. */
const MOST_HEADER = 8192, MOST_BODY = 65536;
/** Milliseconds: for a whole request to come, counted from the end of the one before, and for a reply to leave. */
const READ_TIME = 5000, WRITE_TIME = 30000;
/** All of them get what GET would get, as from CoreDNS. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/** A connection and the request that it is at. */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #answer: (request: HttpRequest) => HttpReply | Promise<HttpReply>;
  #received: Buffer = NOTHING;
  /** Bytes of a body that still have to be skipped. */
  #skip = 0;
  #busy = false;
  /** A whole request came at some time. */
  #asked = false;
  /** When the last request came or its reply left. */
  #since: number;
  #last = false;
  #cancelDeadline = () => {};

  constructor(socket: Socket, clock: Clock, answer: (request: HttpRequest) => HttpReply | Promise<HttpReply>) {
    this.#socket = socket;
    this.#clock = clock;
    this.#answer = answer;
    this.#since = clock.monotonic();
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#cancelDeadline());
    this.#deadline(READ_TIME);
  }
  /** Closes after the reply that is under way, at once where there is none. */
  finish(): void {
    this.#last = true;
    if (!this.#busy) this.destroy();
  }
  destroy(): void {
    this.#socket.destroy();
  }
  /**
   * True where this one rather than `other` makes room for a newcomer: who is gone already, who never asked, who waits between requests,
   * who is answered; among equals who has been so for longer.
   */
  yieldsBefore(other: HttpConnection): boolean {
    return this.#claim === other.#claim ? this.#since < other.#since : this.#claim < other.#claim;
  }
  get #claim(): number {
    if (this.#socket.destroyed || this.#socket.writableEnded) return -1;
    return this.#busy ? 2 : this.#asked ? 1 : 0;
  }

  /** Whoever sends byte after byte, or does not read, is cut off: the deadline moves with requests, not with bytes. */
  #deadline(milliseconds: number): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.#clock.after(milliseconds, () => this.destroy());
  }
  #receive(bytes: Buffer): void {
    const skipped = Math.min(this.#skip, bytes.length);
    this.#skip -= skipped;
    this.#received = this.#received.length === 0 ? bytes.subarray(skipped) : Buffer.concat([this.#received, bytes.subarray(skipped)]);
    if (this.#received.length > MOST_HEADER + MOST_BODY) this.destroy();
    else if (!this.#busy) this.#next();
  }
  #next(): void {
    const end = this.#received.indexOf(END);
    if (end > MOST_HEADER || (end < 0 && this.#received.length > MOST_HEADER)) return this.#refuse(431);
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    this.#received = this.#received.subarray(end + END.length);
    const [first = '', ...lines] = head.split('\r\n');
    const [, method, target, minor] = /^([A-Z]+) ([!-~\x80-\xff]+) HTTP\/1\.([01])$/.exec(first) ?? [];
    const headers = readHeaders(lines);
    if (method === undefined || target === undefined || headers === undefined) return this.#refuse(400);
    if (minor === '1' && !headers.has('host')) return this.#refuse(400);
    if (!/^\d+$/.test(headers.get('content-length') ?? '0')) return this.#refuse(400);
    if (!METHODS.includes(method)) return this.#refuse(405);
    const connection = headers.get('connection')?.toLowerCase() ?? '';
    if (minor === '0' ? !connection.includes('keep-alive') : connection.includes('close')) this.#last = true;
    this.#expectBody(headers);
    const [, path, query = ''] = /^(?:https?:\/\/[^/?]*)?([^?]*)(?:\?(.*))?$/.exec(target)!;
    void this.#serve({ method, path: path === '' ? '/' : path!, query, headers });
  }
  #expectBody(headers: ReadonlyMap<string, string>): void {
    const length = Number(headers.get('content-length') ?? 0);
    if (headers.has('transfer-encoding') || length > MOST_BODY) {
      this.#last = true;
      return;
    }
    const here = Math.min(length, this.#received.length);
    this.#received = this.#received.subarray(here);
    this.#skip = length - here;
  }
  async #serve(request: HttpRequest): Promise<void> {
    this.#busy = this.#asked = true;
    this.#since = this.#clock.monotonic();
    this.#cancelDeadline();
    let reply: HttpReply;
    try {
      reply = await this.#answer(request);
    } catch (error) {
      reply = { status: 500, body: `${error instanceof Error ? error.message : String(error)}\n` };
    }
    if (this.#socket.destroyed) return;
    this.#write(reply, request.method === 'HEAD');
  }
  #refuse(status: number): void {
    this.#busy = true;
    this.#last = true;
    this.#write({ status, body: `${status} ${REASONS[status]}\n` }, false);
  }
  #write({ status, body, type = 'text/plain; charset=utf-8', headers = {} }: HttpReply, headOnly: boolean): void {
    const content = typeof body === 'string' ? Buffer.from(body) : body;
    const others = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const head = `HTTP/1.1 ${status} ${REASONS[status] ?? 'Status'}\r\nContent-Type: ${type}\r\nContent-Length: ${content.length}\r\n`
      + `Date: ${new Date(this.#clock.wall()).toUTCString()}\r\n${this.#last ? 'Connection: close\r\n' : ''}${others}\r\n`;
    this.#deadline(WRITE_TIME);
    this.#socket.write(Buffer.concat(headOnly ? [Buffer.from(head)] : [Buffer.from(head), content]), (error) => {
      if (error == null) this.#written();
    });
  }
  #written(): void {
    this.#deadline(READ_TIME);
    this.#since = this.#clock.monotonic();
    if (this.#last) {
      this.#socket.end();
      return;
    }
    this.#busy = false;
    if (this.#received.length > 0) this.#next();
  }
}

/** Headers that may stand only once: what a request is must not depend on which of two is read. */
const ONCE = ['host', 'content-length', 'transfer-encoding'];

/** Names in lower case; undefined where a line is none of a header. Others of one name are one list (RFC 9110 section 5.3). */
function readHeaders(lines: readonly string[]): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t -~\x80-\xff]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const key = name.toLowerCase();
    if (ONCE.includes(key) && headers.has(key)) return undefined;
    const before = headers.get(key);
    headers.set(key, before === undefined ? value.trim() : `${before}, ${value.trim()}`);
  }
  return headers;
}
