// One request, a GET where nothing else is said, over a connection of its own or one that was kept (RFC 9112): the body is handed on as it
// comes, at the reader's pace, and whatever takes too long ends it. Not on node:http, which costs 14 MB and 50 ms of start. Knows no
// resources.
import { connect, isIP, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '../kernel/clock.ts';
import { ApiError, asApiError, dialError, readError } from './api-error.ts';
import { HttpError } from '../http/error.ts';
import { type BodyReader, bodyReader } from '../http/body.ts';
import { HeadReader, type ReplyHead } from '../http/head.ts';
import type { KeptConnections } from './kept-connections.ts';
import { type Proxy, tunnel } from './proxy.ts';

/** Where and what. */
export interface Get {
  readonly host: string;
  readonly port: number;
  /** `address:port` as it stands in the URL: the Host header and texts. */
  readonly authority: string;
  /** Certificates and names where this is https; undefined for http. */
  readonly tls: ConnectionOptions | undefined;
  /** What is connected to in place of the host: a tunnel through it for https. */
  readonly proxy?: Proxy | undefined;
  /** Where connections are kept between requests: those to one place and through one proxy, or none. */
  readonly kept?: KeptConnections | undefined;
  /** Gets what the next connection can be opened sooner with. */
  readonly session?: (session: Buffer) => void;
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly limits: Limits;
  /** What is sent, for a POST; undefined for a GET. */
  readonly body?: Uint8Array | undefined;
  /** Where it is neither of the two. */
  readonly method?: 'PUT' | undefined;
}
/** Milliseconds until a connection stands (TLS included), until the head is there after that, and between two pieces of the body. */
export interface Limits {
  readonly connect: number;
  readonly head: number;
  readonly silence: number;
}
/** Takes the reply. What it throws ends the connection and is what the request fails with. */
export interface ReplyReader {
  head(head: ReplyHead): void;
  /** A part of the body, valid only until it returns where it is kept by nobody. */
  content(part: Buffer): void;
}

/** After so many silent milliseconds the kernel asks the peer, then each second: a path through a NAT stays open. */
const KEEP_ALIVE = 5000;
/** Bytes of the body after which other work of this thread gets its turn. */
const TURN = 1 << 16;

/** Resolves when the body is whole. Rejects with ApiError, or with what the reader threw. */
export async function get(what: Get, reader: ReplyReader, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw aborted();
  // Only what may be asked twice goes where the server may be about to close.
  const isSafe = what.body === undefined && what.method === undefined;
  const kept = isSafe ? what.kept?.take(placeOf(what), what.tls?.secureContext) : undefined;
  if (kept !== undefined && await exchange(what, reader, clock, signal, (it) => it.go(kept))) return;
  const open = what.tls === undefined ? undefined : (await import('node:tls')).connect;
  const { proxy, host, port, limits } = what;
  const to = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const through = proxy === undefined || open === undefined ? undefined : await tunnel(proxy, to, limits.connect, clock, signal);
  if (signal.aborted) {
    through?.destroy();
    throw aborted();
  }
  await exchange(what, reader, clock, signal, (it) => it.begin(open, through));
}
/** False where a connection that was kept has ended before anything of the reply came: its server did not look at the request. */
function exchange(what: Get, reader: ReplyReader, clock: Clock, signal: AbortSignal, begin: (it: Exchange) => void): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const it = new Exchange(what, reader, clock, (error) => {
      signal.removeEventListener('abort', abort);
      if (error === undefined) resolve(true);
      else if (it.isStale && (error as ApiError).kind === 'cut') resolve(false);
      else reject(error);
    });
    const abort = () => it.end(aborted());
    signal.addEventListener('abort', abort, { once: true });
    begin(it);
  });
}
const placeOf = ({ tls, host, port }: Get): string => `${tls === undefined ? 'http' : 'https'} ${host} ${port}`;

const aborted = () => new ApiError('aborted', 'context canceled');

class Exchange {
  readonly #what: Get;
  readonly #reader: ReplyReader;
  readonly #clock: Clock;
  readonly #done: (error: unknown) => void;
  readonly #head = new HeadReader();
  #body: BodyReader | undefined;
  #socket: Socket | undefined;
  #connected = false;
  #ended = false;
  #turn = 0;
  /** Nothing has come on a connection that was kept. */
  isStale = false;
  /** The connection can be asked once more. */
  #lasts = false;
  #cancel = () => {};

  constructor(what: Get, reader: ReplyReader, clock: Clock, done: (error: unknown) => void) {
    this.#what = what;
    this.#reader = reader;
    this.#clock = clock;
    this.#done = done;
  }

  begin(open: ((options: ConnectionOptions) => Socket) | undefined, through: Socket | undefined): void {
    const { tls, authority, limits, proxy } = this.#what;
    const { host, port } = open === undefined && proxy !== undefined ? proxy.endpoint : this.#what;
    this.#within(limits.connect, () => new ApiError('unreachable', `dial tcp ${authority}: i/o timeout`));
    let socket: Socket;
    try {
      // An address is no name that TLS could send (RFC 6066, section 3).
      const name = tls?.servername ?? host;
      const to = through === undefined ? { host, port } : { socket: through };
      socket = open === undefined ? connect({ host, port })
        : open({ ...to, ALPNProtocols: ['http/1.1'], ...tls, servername: isIP(name) === 0 ? name : '' });
    } catch (error) {
      this.end(new ApiError('unreachable', `tls: ${(error as Error).message}`));
      return;
    }
    socket.setKeepAlive(true, KEEP_ALIVE);
    socket.setNoDelay(true);
    socket.once(open === undefined ? 'connect' : 'secureConnect', () => this.#ask());
    if (this.#what.session !== undefined) socket.on('session', this.#what.session);
    this.#listen(socket);
  }
  /** Asks on a connection that was kept. */
  go(socket: Socket): void {
    this.isStale = true;
    this.#listen(socket);
    this.#ask();
  }
  #listen(socket: Socket): void {
    this.#socket = socket;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose);
  }
  readonly #onData = (piece: Buffer): void => this.#guarded(() => this.#receive(piece));
  readonly #onEnd = (): void => this.#guarded(() => this.#finish());
  readonly #onError = (error: Error): void => {
    const { authority } = this.#what;
    this.end(this.#connected ? readError(authority, error) : tlsError(error) ?? dialError(authority, error));
  };
  readonly #onClose = (): void => this.end(new ApiError('cut', 'unexpected EOF'));
  /** The first call counts. */
  end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancel();
    if (error === undefined && this.#lasts) this.#keep(this.#socket!);
    else this.#socket?.destroy();
    this.#done(error);
  }
  #keep(socket: Socket): void {
    socket.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
    this.#what.kept!.keep(placeOf(this.#what), this.#what.tls?.secureContext, socket);
  }

  #within(milliseconds: number, late: () => ApiError): void {
    this.#cancel();
    this.#cancel = this.#clock.after(milliseconds, () => this.end(late()));
  }
  #ask(): void {
    if (this.#ended) return;
    const { headers, authority, limits, proxy, tls, body } = this.#what;
    // A proxy that is no tunnel is told the whole URL (RFC 9112 section 3.2.2).
    const direct = proxy === undefined || tls !== undefined;
    const target = direct ? this.#what.target : `http://${authority}${this.#what.target}`;
    const who = direct || proxy.authorization === undefined ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`;
    this.#connected = true;
    this.#within(limits.head, () => new ApiError('timeout', `${authority}: net/http: timeout awaiting response headers`));
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const length = body === undefined ? '' : `Content-Length: ${body.length}\r\n`;
    const method = this.#what.method ?? (body === undefined ? 'GET' : 'POST');
    const once = this.#what.kept === undefined ? 'Connection: close\r\n' : '';
    this.#socket!.write(`${method} ${target} HTTP/1.1\r\nHost: ${authority}\r\n${who}${lines}${length}${once}\r\n`);
    if (body !== undefined) this.#socket!.write(body);
  }
  #guarded(call: () => void): void {
    if (this.#ended) return;
    try {
      call();
    } catch (error) {
      this.end(error instanceof HttpError ? asApiError(error) : error);
    }
  }
  #receive(piece: Buffer): void {
    const { authority, limits: { silence } } = this.#what;
    let rest = piece;
    this.isStale = false;
    if (this.#body === undefined) {
      const found = this.#head.feed(piece);
      if (found === undefined) return;
      this.#body = bodyReader(found.head);
      this.#lasts = this.#what.kept !== undefined && goesOn(found.head);
      this.#reader.head(found.head);
      rest = found.rest;
    }
    this.#within(silence, () => new ApiError('timeout', `${authority}: nothing came for ${silence / 1000} s`));
    const used = this.#body.feed(rest, (part) => {
      if (!this.#ended) this.#reader.content(part);
    });
    if (this.#ended) return;
    if (this.#body.whole) {
      if (used < rest.length) this.#lasts = false;
      return this.end(undefined);
    }
    this.#turn += piece.length;
    if (this.#turn >= TURN) this.#rest();
  }
  /** Lets the thread do other things before more is read: without a pause Node reads 32 times in one turn of its loop. */
  #rest(): void {
    this.#turn = 0;
    this.#socket!.pause();
    setImmediate(() => {
      if (!this.#ended) this.#socket!.resume();
    });
  }
  #finish(): void {
    if (this.#body === undefined) throw new ApiError('cut', 'EOF');
    this.#lasts = false;
    this.#body.end();
    this.end(undefined);
  }
}

/** Whether the server will read another request behind this reply (RFC 9112 section 9.3). */
const goesOn = ({ minor, headers }: ReplyHead): boolean => minor > 0 && !/\bclose\b/i.test(headers.get('connection') ?? '');

const TLS_CODES = /^(ERR_SSL|ERR_TLS|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|ERR_OSSL|HOSTNAME|INVALID_CA|EPROTO|ERR_CRYPTO)/;

/** Errors of TLS have codes of their own; undefined where it is none. */
function tlsError(error: Error): ApiError | undefined {
  const { code = '' } = error as { code?: string };
  if (!TLS_CODES.test(code)) return undefined;
  // Node adds advice for its own command line.
  return new ApiError('unreachable', `tls: failed to verify or speak: ${asApiError(error).message.replace(/; if the root CA .*/s, '')}`);
}
