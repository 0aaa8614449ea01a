// The server's side of one HTTP/1.1 connection (RFC 9112): requests in, replies out, one after the other. Knows the service that answers;
// knows no path.
import { latin1Bytes } from '../dns/latin1.ts';
import { requestBody } from './body.ts';
import type { BodyReader } from './body.ts';
import { HttpError } from './error.ts';
import { Heading } from './exchange.ts';
import type { HttpBounds, HttpOwner, HttpService, ServerSide, Talker, Wire } from './exchange.ts';
import { Request } from './h1-request.ts';
import { headEnd, readRequestHead } from './head.ts';

const NOTHING = Buffer.alloc(0);
const TEXT = [['Content-Type', 'text/plain; charset=utf-8']] as const;
const REFUSALS: { readonly [status: number]: Heading } = {
  400: new Heading(400, TEXT), 413: new Heading(413, TEXT), 431: new Heading(431, TEXT),
};
const NAMES: { readonly [status: number]: string } = {
  400: '400 Bad Request\n', 413: '413 Content Too Large\n', 431: '431 Request Header Fields Too Large\n',
};
const CHUNK_END = Buffer.from('\r\n'), LAST_CHUNK = Buffer.from('0\r\n\r\n');
const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

/** A connection and the request that it is at. */
export class Http1Server implements ServerSide {
  readonly #wire: Wire;
  readonly #service: HttpService;
  readonly #bounds: HttpBounds;
  readonly #owner: HttpOwner;
  #received: Buffer = NOTHING;
  #reader: BodyReader | undefined;
  #parts: Buffer[] = [];
  #size = 0;
  /** The request that waits for its body, or for its reply. */
  #request: Request | undefined;
  #busy = false;
  #last = false;
  #ended = false;
  #full = false;
  #until: number;
  readonly canBeTold = false;
  asked = false;
  since: number;

  constructor(wire: Wire, service: HttpService, bounds: HttpBounds, owner: HttpOwner) {
    this.#wire = wire;
    this.#service = service;
    this.#bounds = bounds;
    this.#owner = owner;
    this.since = owner.now();
    this.#until = this.since + bounds.read;
  }
  get waiting(): number {
    return this.#busy ? 1 : 0;
  }

  receive(chunk: Buffer): void {
    if (this.#ended) return;
    // Between two requests a client may be silent for longer than within one: it is within one now.
    if (this.#received.length === 0 && this.#request === undefined) this.#until = this.#owner.now() + this.#bounds.read;
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    // Pipelined requests wait their turn, and the socket is not read on meanwhile.
    if (this.#received.length > this.#bounds.head + this.#bounds.body) this.#wire.pause();
    this.#service.begin?.();
    this.#run();
    this.#service.end?.();
  }
  /** Takes requests out of what is here until one has to wait, for its rest or for its reply. */
  #run(): void {
    try {
      while (!this.#ended && !this.#full && (this.#reader !== undefined ? this.#feed() : !this.#busy && this.#head()));
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (!this.#busy) return this.#refuse(400);
      // Its reply is under way; what follows is no request.
      this.#last = true;
      this.#reader = undefined;
      this.#received = NOTHING;
    }
  }
  /** True where a head was taken. */
  #head(): boolean {
    const end = headEnd(this.#received);
    const { head: most } = this.#bounds;
    if (end > most + 4 || (end < 0 && this.#received.length > most)) this.#refuse(431);
    if (end < 0 || this.#ended || this.#busy) return false;
    const head = readRequestHead(this.#received.toString('latin1', 0, end));
    this.#received = this.#received.subarray(end);
    const { minor, fields } = head;
    if (minor === 1 && !fields.has('host')) throw new HttpError('protocol', 'no Host');
    const connection = fields.get('connection')?.toLowerCase() ?? '';
    if (minor === 0 ? !connection.includes('keep-alive') : connection.includes('close')) this.#last = true;
    if (head.method === 'CONNECT') this.#last = true;             // what follows is no HTTP
    this.#request = new Request(head, this);
    this.#reader = requestBody(head);
    if (this.#reader.whole) this.#reader = undefined;
    else if (fields.has('transfer-encoding') || Number(fields.get('content-length')) > this.#bounds.body) this.#last ||= this.#eager;
    if (this.#reader === undefined || this.#eager) this.#ask(this.#request);
    else if (fields.get('expect')?.toLowerCase() === '100-continue' && this.#received.length === 0) this.#wire.write(CONTINUE);
    return true;
  }
  get #eager(): boolean {
    return this.#bounds.eager === true;
  }
  /** Reads on in a body; true where it is over. */
  #feed(): boolean {
    if (this.#received.length === 0) return false;
    const reader = this.#reader!;
    const used = reader.feed(this.#received, this.#content);
    this.#received = this.#received.subarray(used);
    const request = this.#request;
    if (request !== undefined && !this.#busy && this.#size > this.#bounds.body) {
      request.tooLarge = true;
      this.#last = true;
      this.#parts = [];
      this.#ask(request);
      return false;
    }
    if (!reader.whole) return false;
    this.#reader = undefined;
    if (request === undefined || this.#busy) return true;
    request.body = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#ask(request);
    return true;
  }
  readonly #content = (part: Buffer): void => {
    if (this.#busy || this.#eager) return;
    this.#size += part.length;
    if (this.#size <= this.#bounds.body) this.#parts.push(Buffer.from(part));
  };
  #ask(request: Request): void {
    this.#busy = this.asked = true;
    this.since = this.#owner.now();
    this.#until = Infinity;
    this.#service.request(request);
    request.body = NOTHING;
    this.#parts = [];
    this.#size = 0;
  }

  /** Writes the reply of the request that waits. */
  reply(request: Request, heading: Heading, body: Uint8Array, at: number, length: number): void {
    if (this.#ended || request !== this.#request) return;
    request.gone = undefined;
    this.#request = undefined;
    // Neither 204 nor 304 has a body (RFC 9110 section 8.6).
    const size = heading.sized || (heading.status !== 204 && heading.status !== 304) ? `Content-Length: ${length}\r\n` : '';
    const head = this.#heading(heading, size);
    const bytes = Buffer.allocUnsafe(head.length + (request.method === 'HEAD' ? 0 : length));
    bytes.write(head, 'latin1');
    if (request.method !== 'HEAD') bytes.set(body.subarray(at, at + length), head.length);
    this.#write(bytes);
  }
  #heading(heading: Heading, size: string): string {
    // The rest of a body that is not wanted is read away only where it is short.
    return `${heading.text}${size}Date: ${date(this.#owner.wall())}\r\n${this.#last ? 'Connection: close\r\n' : ''}\r\n`;
  }
  /** Begins a reply that goes on: in chunks, or until the connection ends where the client knows none. */
  talk(request: Request, heading: Heading, talker: Talker): void {
    if (this.#ended || request !== this.#request) return talker.gone();
    request.talker = talker;
    this.#last ||= !request.chunked;
    this.#part(latin1Bytes(this.#heading(heading, request.chunked ? 'Transfer-Encoding: chunked\r\n' : '')));
  }
  say(request: Request, bytes: Uint8Array, at: number, length: number): boolean {
    if (this.#ended || request.talker === undefined || length === 0) return false;
    const part = bytes.subarray(at, at + length);
    return this.#part(!request.chunked ? Buffer.from(part)
      : Buffer.concat([Buffer.from(`${length.toString(16)}\r\n`), part, CHUNK_END]));
  }
  end(request: Request): void {
    if (this.#ended || request.talker === undefined) return;
    request.talker = undefined;
    this.#request = undefined;
    this.#write(request.chunked ? LAST_CHUNK : NOTHING);
  }
  /** Who takes nothing for too long is cut; how long nothing is said does not matter. */
  #part(bytes: Uint8Array): boolean {
    if (!this.#wire.write(bytes) && !this.#full) {
      this.#full = true;
      this.#until = this.#owner.now() + this.#bounds.write;
    }
    if (this.#full) this.#owner.unread?.(this.#wire.writableLength);
    return !this.#full;
  }
  #refuse(status: number): void {
    this.#busy = this.#last = true;
    const text = NAMES[status]!;
    this.#write(Buffer.from(`${REFUSALS[status]!.text}Content-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`));
  }
  #write(bytes: Buffer): void {
    this.#full = !this.#wire.write(bytes);
    if (this.#full) {
      this.#until = this.#owner.now() + this.#bounds.write;
      this.#owner.unread?.(this.#wire.writableLength);
      this.#wire.pause();
    } else this.#written();
  }
  drained(): void {
    if (!this.#full || this.#ended) return;
    this.#full = false;
    this.#owner.unread?.(0);
    this.#wire.resume();
    const talker = this.#request?.talker;
    if (talker === undefined) return this.#written();
    this.#until = Infinity;
    talker.drained();
  }
  #written(): void {
    this.since = this.#owner.now();
    this.#until = this.since + this.#bounds.idle;
    this.#busy = false;
    if (this.#last) return this.#end();
    if (this.#received.length === 0) return;
    this.#wire.resume();
    // In a turn of its own: many pipelined requests must not be a stack of calls.
    process.nextTick(this.#again);
  }
  readonly #again = (): void => {
    if (this.#ended || this.#busy) return;
    this.#service.begin?.();
    this.#run();
    this.#service.end?.();
  };

  finished(): void {
    if (this.#busy) this.#last = true;
    else this.#end();
  }
  check(now: number): void {
    if (now >= this.#until) this.#destroy();
  }
  leave(): void {
    this.#last = true;
    if (!this.#busy) this.#destroy();
  }
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#received = NOTHING;
    this.#wire.end();
    this.#wire.resume();
    this.#until = this.#owner.now() + 1000;
  }
  #destroy(): void {
    this.#ended = true;
    this.#wire.destroy();
  }
  closed(): void {
    this.#ended = true;
    this.#owner.unread?.(0);
    const request = this.#request;
    this.#request = undefined;
    request?.gone?.();
    request?.talker?.gone();
  }
}

let dateAt = 0;
let dateText = '';
/** The date of a reply; made once a second. */
function date(wall: number): string {
  const second = Math.floor(wall / 1000);
  if (second !== dateAt) {
    dateAt = second;
    dateText = new Date(wall).toUTCString();
  }
  return dateText;
}
