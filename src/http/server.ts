// A small HTTP server for endpoints such as /health: one for each address, whoever of a configuration wants to show something
// there. Knows sockets and paths; knows nothing of what is shown. (`node:http` costs 14 MB and 50 ms of start.)
import { createServer } from 'node:net';
import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import { joinHostPort, splitHostPort } from '../dns/host-port.ts';
import { bindReason } from '../wording/errno.ts';
import { HttpConnection } from './connection.ts';
import { Heading } from './exchange.ts';
import type { Connected, Exchange, HttpBounds, HttpService } from './exchange.ts';
import type { HttpReply, HttpRequest } from './message.ts';

/** Time, as far as a server needs it: milliseconds that only grow, those since 1970, and a call later. */
export interface HttpClock {
  monotonic(): number;
  wall(): number;
  after(milliseconds: number, call: () => void): () => void;
}

/** Connections that are open at the same time: for one more the one that has been idle for longest is closed. */
const MOST_CONNECTIONS = 128;
/** Milliseconds in which replies under way have to leave when the server closes, and between looks at what takes too long. */
const GRACE = 5000, EVERY = 250;
const BOUNDS: HttpBounds = { head: 8192, body: 65536, streams: 100, read: 5000, write: 30000, idle: 5000, eager: true };
/** All of them get what GET would get, as from CoreDNS. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Says what is at a path. */
export type HttpHandler = (request: HttpRequest) => HttpReply | Promise<HttpReply>;
/** Makes a stream that is talked to in the clear of one that came, and what was agreed on for it. */
export type Securing = (socket: Socket, ready: (socket: Socket, alpn: string | undefined, subject?: string) => void) => void;

const NOT_FOUND: HttpReply = { status: 404, body: '404 page not found\n', headers: { 'X-Content-Type-Options': 'nosniff' } };
const NOT_ALLOWED: HttpReply = { status: 405, body: '405 Method Not Allowed\n' };

/** What is otherwise than for a page that is shown. */
export interface HttpServerOptions {
  readonly bounds: HttpBounds;
  /** Connections at the same time. */
  readonly connections: number;
}
const SHOWN: HttpServerOptions = { bounds: BOUNDS, connections: MOST_CONNECTIONS };

/** An open address and what is shown there. */
export class HttpServer {
  readonly #server: Server;
  readonly #clock: HttpClock;
  readonly #connections = new Set<HttpConnection>();
  readonly #owner;
  readonly #options: HttpServerOptions;
  readonly #services: HttpService[] = [];
  #cancel: (() => void) | undefined;
  /** For each path the handlers of the loads that want it: the newest one answers. */
  readonly #routes = new Map<string, HttpHandler[]>();
  /** Where it is spoken TLS. */
  securing: Securing | undefined;

  private constructor(server: Server, clock: HttpClock, options: HttpServerOptions) {
    this.#server = server;
    this.#options = options;
    this.#clock = clock;
    this.#owner = { now: () => clock.monotonic(), wall: () => clock.wall() };
    server.on('connection', (socket) => {
      if (this.securing === undefined) this.#connect(socket, undefined);
      else this.securing(socket, (stream, alpn, subject) => this.#connect(stream, alpn, subject));
    });
    server.on('error', () => {});
  }

  /**
   * Listens at `host:port`, also where another process or an earlier load does (SIG-8), or at `unix:PATH`, where nothing may be. Throws
   * Error with Go's text: `listen tcp 127.0.0.1:8080: bind: address already in use`.
   */
  static async open(address: string, clock: HttpClock, options = SHOWN): Promise<HttpServer> {
    if (address.startsWith('unix:')) return HttpServer.#openPath(address.slice(5), clock, options);
    const { host, port } = splitHostPort(address);
    if (!/^[0-9]*$/.test(port)) throw new Error(`listen tcp: lookup tcp/${port}: unknown port`);
    if (Number(port) > 65535) throw new Error(`listen tcp: address ${port}: invalid port`);
    const resolved = await resolve(host);
    const server = createServer({ pauseOnConnect: false, noDelay: true });
    try {
      await listen(server, { port: Number(port), reusePort: process.platform === 'linux', ...(resolved === '' ? {} : { host: resolved }) });
    } catch (error) {
      throw new Error(`listen tcp ${joinHostPort(resolved, port)}: ${bindReason(error as NodeJS.ErrnoException)}`, { cause: error });
    }
    return new HttpServer(server, clock, options);
  }
  static async #openPath(path: string, clock: HttpClock, options: HttpServerOptions): Promise<HttpServer> {
    const server = createServer();
    try {
      await listen(server, { path });
    } catch (error) {
      throw new Error(`listen unix ${path}: ${bindReason(error as NodeJS.ErrnoException)}`, { cause: error });
    }
    return new HttpServer(server, clock, options);
  }

  /** The port that it really has. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
  /** Shows something at a path until the signal aborts. A path that ends in `/` stands for everything below it as well. */
  route(path: string, handler: HttpHandler, signal: AbortSignal): void {
    const handlers = this.#routes.get(path) ?? [];
    this.#routes.set(path, handlers);
    handlers.push(handler);
    signal.addEventListener('abort', () => handlers.splice(handlers.indexOf(handler), 1), { once: true });
  }
  /** Whatever is asked is this one's until the signal aborts; the newest one is asked. */
  serve(service: HttpService, signal: AbortSignal): void {
    this.#services.push(service);
    signal.addEventListener('abort', () => this.#services.splice(this.#services.indexOf(service), 1), { once: true });
  }
  /** Stops listening; replies under way still leave. */
  close(): Promise<void> {
    return new Promise((resolveClosed) => {
      const cancel = this.#clock.after(GRACE, () => {
        for (const connection of this.#connections) connection.destroy();
      });
      this.#server.close(() => {
        cancel();
        this.#cancel?.();
        resolveClosed();
      });
      for (const connection of this.#connections) connection.leave();
    });
  }

  #connect(socket: Socket, alpn: string | undefined, subject?: string): void {
    if (this.#connections.size >= this.#options.connections) this.#makeRoom();
    const { remoteAddress, remotePort, localAddress, localPort } = socket;
    const by: Connected = { remoteAddress, remotePort, localAddress, localPort, subject };
    const asked = {
      request: (exchange: Exchange) => this.#request(exchange, by),
      talks: (exchange: Exchange) => this.#services.at(-1)?.talks?.(exchange) === true,
    };
    const connection = new HttpConnection(socket, alpn, asked, this.#options.bounds, this.#owner);
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
    this.#cancel ??= this.#clock.after(EVERY, this.#check);
  }
  readonly #check = (): void => {
    const now = this.#clock.monotonic();
    for (const connection of this.#connections) connection.check(now);
    this.#cancel = this.#connections.size > 0 ? this.#clock.after(EVERY, this.#check) : undefined;
  };
  /** Whoever probes the health of the server comes last, and is to be answered whoever is here already. */
  #makeRoom(): void {
    let first: HttpConnection | undefined;
    for (const connection of this.#connections) {
      if (first === undefined || yields(connection, first)) first = connection;
    }
    if (first === undefined) return;
    this.#connections.delete(first);
    first.destroy();
  }

  #request(exchange: Exchange, by: Connected): void {
    const service = this.#services.at(-1);
    if (service !== undefined) return service.request(exchange, by);
    const { method, target } = exchange;
    if (!METHODS.has(method)) return say(exchange, NOT_ALLOWED);
    const [, path, query = ''] = /^(?:https?:\/\/[^/?]*)?([^?]*)(?:\?(.*))?$/.exec(target)!;
    const request = { method, path: path === '' ? '/' : path!, query, headers: exchange.fields };
    let reply: HttpReply | Promise<HttpReply>;
    try {
      reply = this.#answer(request);
    } catch (error) {
      return say(exchange, broken(error));
    }
    if (reply instanceof Promise) void reply.catch(broken).then((late) => say(exchange, late));
    else say(exchange, reply);
  }
  #answer(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const { path } = request;
    const exact = this.#routes.get(path)?.at(-1);
    if (exact !== undefined) return exact(request);
    for (let end = path.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
      const below = this.#routes.get(path.slice(0, end + 1))?.at(-1);
      if (below !== undefined) return below(request);
    }
    return NOT_FOUND;
  }
}

/** Whether the first rather than the second makes room for a newcomer: among equals who has been idle for longer. */
const yields = (one: HttpConnection, other: HttpConnection): boolean =>
  (one.claim === other.claim ? one.since < other.since : one.claim < other.claim);

function say(exchange: Exchange, { status, body, type = 'text/plain; charset=utf-8', headers = {} }: HttpReply): void {
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  exchange.reply(new Heading(status, [['Content-Type', type], ...Object.entries(headers)]), content, 0, content.length);
}
const broken = (error: unknown): HttpReply => ({ status: 500, body: `${error instanceof Error ? error.message : String(error)}\n` });

/** One address of a host, IPv4 first, as Go's listeners take; '' stays. */
async function resolve(host: string): Promise<string> {
  if (host === '') return '';
  try {
    const { lookup } = await import('node:dns/promises');
    const addresses = await lookup(host.replace(/%.*/, ''), { all: true });
    const found = addresses.find(({ family }) => family === 4) ?? addresses[0];
    return host.includes('%') ? host : (found?.address ?? host);
  } catch {
    throw new Error(`listen tcp: lookup ${host}: no such host`);
  }
}
function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(options, () => {
      server.off('error', failed);
      listening();
    });
  });
}
