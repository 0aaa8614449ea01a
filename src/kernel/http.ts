// A small HTTP/1.1 server for endpoints such as /health: one for each address, whoever of a configuration wants to show something
// there. Knows sockets and paths; knows nothing of what is shown. (`node:http` costs 14 MB and 50 ms of start.)
import { createServer } from 'node:net';
import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import type { Clock } from './clock.ts';
import { joinHostPort, splitHostPort } from '../dns/host-port.ts';
import { bindReason } from '../wording/errno.ts';
import { HttpConnection } from './http-connection.ts';
import type { HttpReply, HttpRequest } from './http-message.ts';
import type { Shared } from './shared.ts';
import type { Closable } from './shared.ts';

/** Connections that are open at the same time: for one more the one that has been idle for longest is closed. */
const MOST_CONNECTIONS = 128;
/** Milliseconds in which replies under way have to leave when the server closes. */
const GRACE = 5000;

/** Says what is at a path. */
export type HttpHandler = (request: HttpRequest) => HttpReply | Promise<HttpReply>;

const NOT_FOUND: HttpReply = { status: 404, body: '404 page not found\n', headers: { 'X-Content-Type-Options': 'nosniff' } };

/** An open address and what is shown there. */
export class HttpServer implements Closable {
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #connections = new Set<HttpConnection>();
  /** For each path the handlers of the loads that want it: the newest one answers. */
  readonly #routes = new Map<string, HttpHandler[]>();

  private constructor(server: Server, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
    server.on('connection', (socket) => this.#connect(socket));
    server.on('error', () => {});
  }

  /**
   * Listens at `host:port`, also where another process or an earlier load does (SIG-8). Throws Error with Go's text:
   * `listen tcp 127.0.0.1:8080: bind: address already in use`.
   */
  static async open(address: string, clock: Clock): Promise<HttpServer> {
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
    return new HttpServer(server, clock);
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
  /** Stops listening; replies under way still leave. */
  close(): Promise<void> {
    return new Promise((resolveClosed) => {
      const cancel = this.#clock.after(GRACE, () => {
        for (const connection of this.#connections) connection.destroy();
      });
      this.#server.close(() => {
        cancel();
        resolveClosed();
      });
      for (const connection of this.#connections) connection.finish();
    });
  }

  #connect(socket: Socket): void {
    if (this.#connections.size >= MOST_CONNECTIONS) this.#makeRoom();
    const connection = new HttpConnection(socket, this.#clock, (request) => this.#answer(request));
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
  }
  /** Whoever probes the health of the server comes last, and is to be answered whoever is here already. */
  #makeRoom(): void {
    let first: HttpConnection | undefined;
    for (const connection of this.#connections) if (first === undefined || connection.yieldsBefore(first)) first = connection;
    if (first === undefined) return;
    this.#connections.delete(first);
    first.destroy();
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

/** What is looked at of a load that shows something. */
export interface ShowingRun {
  readonly shared: Shared;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}
/** Shows something at a path of an address while a load is served. All users of an address share one socket, which a reload keeps. */
export async function showAt(run: ShowingRun, address: string, path: string, handler: HttpHandler): Promise<HttpServer> {
  const server = await run.shared.use(`http ${address}`, run.signal, () => HttpServer.open(address, run.clock));
  server.route(path, handler, run.signal);
  return server;
}

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
