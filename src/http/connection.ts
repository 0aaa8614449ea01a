// One connection to a server of HTTP, whichever version it turns out to be: by what TLS agreed on (RFC 7301), or by its first bytes
// (RFC 9113 section 3.3). Knows sockets; HTTP/2 is loaded when the first one needs it.
import type { Socket } from 'node:net';
import type { HttpBounds, HttpOwner, HttpService, ServerSide } from './exchange.ts';
import { FrameOutput, PREFACE } from './frames.ts';
import { Http1Server } from './h1-server.ts';

type Http2 = typeof import('./h2-server.ts');
let http2: Http2 | undefined;
let output: FrameOutput | undefined;
/** Loads HTTP/2, so that the first connection need not wait for it. */
export async function prepareHttp2(): Promise<void> {
  http2 ??= await import('./h2-server.ts');
}

/** A connection. */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #service: HttpService;
  readonly #bounds: HttpBounds;
  readonly #owner: HttpOwner;
  readonly #since: number;
  #side: ServerSide | undefined;
  /** What came before it was known which version it is. */
  #first: Buffer = Buffer.alloc(0);
  #leaving = false;

  /** `alpn` is what TLS agreed on, undefined where it said nothing. */
  constructor(socket: Socket, alpn: string | undefined, service: HttpService, bounds: HttpBounds, owner: HttpOwner) {
    this.#socket = socket;
    this.#service = service;
    this.#bounds = bounds;
    this.#owner = owner;
    this.#since = owner.now();
    socket.on('data', (chunk: Buffer) => this.#came(chunk));
    socket.on('end', () => (this.#side === undefined ? socket.destroy() : this.#side.finished()));
    socket.on('drain', () => this.#side?.drained());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#side?.closed());
    if (alpn === 'h2') this.#begin(true);
    else if (alpn === 'http/1.1') this.#begin(false);
  }

  #came(chunk: Buffer): void {
    if (this.#side !== undefined) return this.#side.receive(chunk);
    const first = this.#first.length === 0 ? chunk : Buffer.concat([this.#first, chunk]);
    this.#first = first;
    const compared = Math.min(first.length, PREFACE.length);
    const is2 = first.compare(PREFACE, 0, compared, 0, compared) === 0;
    if (!is2 || compared === PREFACE.length) this.#begin(is2);
  }
  #begin(is2: boolean): void {
    if (!is2) return this.#use(new Http1Server(this.#socket, this.#service, this.#bounds, this.#owner));
    if (http2 === undefined) {
      this.#socket.pause();
      void prepareHttp2().then(() => {
        if (this.#socket.destroyed) return;
        this.#socket.resume();
        this.#begin(true);
      });
      return;
    }
    this.#use(new http2.Http2Server(this.#socket, (output ??= new FrameOutput()), this.#service, this.#bounds, this.#owner));
  }
  #use(side: ServerSide): void {
    this.#side = side;
    const first = this.#first;
    this.#first = Buffer.alloc(0);
    if (first.length > 0) side.receive(first);
    if (this.#leaving) side.leave();
  }

  /** It is one that hears of it when the server goes, and asks no more. */
  get canBeTold(): boolean {
    return this.#side?.canBeTold === true;
  }
  /** Requests that have no whole reply yet. */
  get waiting(): number {
    return this.#side?.waiting ?? 0;
  }
  /** Ends when what is under way was answered, at once where nothing is. */
  leave(): void {
    this.#leaving = true;
    if (this.#side === undefined) this.destroy();
    else this.#side.leave();
  }
  /** Called now and then: closes what takes too long. */
  check(now: number): void {
    if (this.#side !== undefined) this.#side.check(now);
    else if (now >= this.#since + this.#bounds.read) this.destroy();
  }
  destroy(): void {
    this.#socket.destroy();
  }
  /** When it was last asked, or answered. */
  get since(): number {
    return this.#side?.since ?? this.#since;
  }
  /** What it has to lose: -1 who is gone already, 0 who never asked, 1 who waits between requests, 2 who is answered. */
  get claim(): number {
    if (this.#socket.destroyed || this.#socket.writableEnded) return -1;
    return this.waiting > 0 ? 2 : this.#side?.asked === true ? 1 : 0;
  }
}
