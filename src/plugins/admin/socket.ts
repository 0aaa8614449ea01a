// The socket of the API: made aside and renamed, so that it never stands there with wrong rights; one that a dead process left is replaced,
// one that somebody answers at is respected. Knows sockets and HTTP; knows nothing of what is said.
import { rmSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { dirname } from 'node:path';
import { HttpConnection } from '../../http/connection.ts';
import type { HttpBounds, HttpOwner, HttpService } from '../../http/exchange.ts';
import type { Clock } from '../../kernel/clock.ts';

/** Connections at the same time. */
const MOST = 32;
/** Milliseconds between looks at what takes too long. */
const EVERY = 250;
const BOUNDS: HttpBounds = { head: 8192, body: 65536, streams: 32, read: 5000, write: 30_000, idle: 30_000 };

/** Whoever owns it and his group talk to it. */
const RIGHTS = 0o660;

/** An open socket. */
export class AdminSocket {
  readonly #server: Server;
  readonly #path: string;
  readonly #connections = new Set<HttpConnection>();
  readonly #owner: HttpOwner;
  readonly #clock: Clock;
  /** Who answers: that of the load that came last. */
  service: HttpService | undefined;
  /** When it was opened, in milliseconds of the clock. */
  readonly since: number;
  #cancel: (() => void) | undefined;

  private constructor(server: Server, path: string, clock: Clock) {
    this.#server = server;
    this.#path = path;
    this.#clock = clock;
    this.since = clock.monotonic();
    this.#owner = { now: () => clock.monotonic(), wall: () => clock.wall() };
    server.on('connection', (socket) => this.#connect(socket));
    server.on('error', () => {});
  }

  /** Listens at a path. Rejects where somebody else does, and where the folder cannot be written. */
  static async open(path: string, clock: Clock): Promise<AdminSocket> {
    if (await answers(path)) throw new Error(`listen unix ${path}: another process answers there`);
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    const aside = `${path}.new`;
    await rm(aside, { force: true });
    const server = createServer({ noDelay: true });
    await new Promise<void>((listening, failed) => {
      server.once('error', failed);
      server.listen(aside, () => {
        server.off('error', failed);
        listening();
      });
    }).catch((error: Error) => {
      throw new Error(`listen unix ${path}: ${error.message}`);
    });
    await chmod(aside, RIGHTS);
    await rename(aside, path);
    return new AdminSocket(server, path, clock);
  }
  /** Ends it, and what is said over it. */
  close(): void {
    // At once: the process may be about to end.
    rmSync(this.#path, { force: true });
    this.#cancel?.();
    for (const connection of this.#connections) connection.leave();
    this.#server.close();
  }

  #connect(socket: Socket): void {
    const { service } = this;
    if (service === undefined || this.#connections.size >= MOST) return void socket.destroy();
    // Whoever answers then: a reload may have put another one there.
    const latest: HttpService = { request: (exchange) => this.service?.request(exchange) };
    const connection = new HttpConnection(socket, 'http/1.1', latest, BOUNDS, this.#owner);
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
    this.#cancel ??= this.#clock.after(EVERY, this.#check);
  }
  readonly #check = (): void => {
    const now = this.#clock.monotonic();
    for (const connection of this.#connections) connection.check(now);
    this.#cancel = this.#connections.size > 0 ? this.#clock.after(EVERY, this.#check) : undefined;
  };
}

/** Whether somebody listens at a path. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
