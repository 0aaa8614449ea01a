// A made-up QUIC connection for tests of HTTP/3: what is said on each stream is kept, and how it ends. Knows frames.
import assert from 'node:assert/strict';
import { Heading } from './exchange.ts';
import type { Exchange, HttpBounds } from './exchange.ts';
import { frame, varint, varintLength, varints } from './h3-frames.ts';
import { Http3Server } from './h3-server.ts';
import type { StreamWire } from './h3-wire.ts';
import { SectionReader, section } from './qpack.ts';

/** A made-up connection. */
export class Wire implements StreamWire {
  readonly said = new Map<number, Buffer>();
  readonly events: string[] = [];
  /** How many streams may be opened still, of each kind. */
  free = { uni: 10, bidi: 1000 };
  bytes = 0;
  readonly #isServer: boolean;
  #next = { uni: 0, bidi: 0 };
  constructor(isServer: boolean) {
    this.#isServer = isServer;
  }
  send(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean, told = false): void {
    this.bytes += length;
    this.said.set(stream, Buffer.concat([this.said.get(stream) ?? Buffer.alloc(0), bytes.subarray(at, at + length)]));
    if (fin) this.events.push(`fin ${stream}${told ? ' told' : ''}`);
  }
  open(uni: boolean): number {
    const kind = uni ? 'uni' : 'bidi';
    if (this.free[kind] === 0) return -1;
    this.free[kind]--;
    return 4 * this.#next[kind]++ + (uni ? 2 : 0) + (this.#isServer ? 1 : 0);
  }
  reset(stream: number, code: number): void {
    this.events.push(`reset ${stream} 0x${code.toString(16)}`);
  }
  stop(stream: number, code: number): void {
    this.events.push(`stop ${stream} 0x${code.toString(16)}`);
  }
  close(code: number): void {
    this.events.push(`close 0x${code.toString(16)}`);
  }
  /** The error with which it ended; undefined where it goes on. */
  get end(): string | undefined {
    return this.events.find((event) => event.startsWith('close'))?.slice(6);
  }
  /** What happened since this was asked last. */
  take(): string[] {
    return this.events.splice(0);
  }
  /** The frames on a stream, `skip` bytes after its beginning. */
  frames(stream: number, skip = 0): { readonly type: number; readonly payload: Buffer }[] {
    const bytes = this.said.get(stream) ?? Buffer.alloc(0);
    const found = [];
    for (let at = skip; at < bytes.length;) {
      const middle = at + varintLength(bytes[at]!);
      const from = middle + varintLength(bytes[middle]!);
      const length = varint(bytes, middle);
      assert.ok(from + length <= bytes.length);
      found.push({ type: varint(bytes, at), payload: bytes.subarray(from, from + length) });
      at = from + length;
    }
    return found;
  }
}

/** What a client's control stream begins with. */
export const HELLO = Buffer.concat([Buffer.of(0), frame(4, Buffer.alloc(0))]);
/** The head of a request. */
export const HEAD = section([[':method', 'POST'], [':scheme', 'https'], [':authority', 'dns.test'], [':path', '/']]);
/** A request. */
export const request = (body = 'hello', head: Uint8Array = HEAD): Buffer => Buffer.concat([frame(1, head), frame(0, Buffer.from(body))]);
/** A frame of one integer. */
export const numbered = (type: number, value: number): Buffer => frame(type, varints(value));

/** What it may do. */
export const BOUNDS: HttpBounds = { head: 8192, body: 1000, streams: 10, read: 1000, write: 2000, idle: 5000 };
/** The head of its replies. */
export const OK = new Heading(200, [['Content-Type', 'application/dns-message']]);
/** A server on a made-up connection; requests are kept, or answered with `size` bytes. */
export class ServerRig {
  readonly wire = new Wire(true);
  readonly asked: Exchange[] = [];
  readonly bodies: string[] = [];
  readonly server: Http3Server;
  unread = 0;
  now = 0;

  constructor(size?: number, hello = true) {
    const owner = { now: () => this.now, wall: () => 0, unread: (bytes: number) => (this.unread = bytes) };
    this.server = new Http3Server(this.wire, {
      request: (exchange) => {
        this.asked.push(exchange);
        this.bodies.push(exchange.body.toString());
        if (size !== undefined) exchange.reply(OK, Buffer.alloc(size, 120), 0, size);
      },
    }, BOUNDS, owner);
    if (hello) this.on(2, HELLO);
  }
  on(stream: number, bytes: Uint8Array, fin = false, early = false): void {
    this.server.came(stream, bytes, 0, bytes.length, fin, early);
  }
  /** Status and fields of a reply, and its body. */
  reply(stream: number): readonly [string, string] {
    const [head, body] = this.wire.frames(stream);
    const fields: string[] = [];
    new SectionReader().read(head!.payload, 0, head!.payload.length, ({ name, value }) => fields.push(`${name}=${value}`), 16384);
    return [fields.join(' '), body?.payload.toString() ?? ''];
  }
}
