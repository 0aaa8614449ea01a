// DNS over TCP: accepts connections. Knows Node's servers, limits and time; what happens on a connection is stream.ts's.
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Endpoint, Listener, Service, Transport } from '../kernel/query/transport.ts';
import { isWildcard, openWildcard } from './addresses.ts';
import { Connections } from './connections.ts';
import type { ConnectionLimits } from './connections.ts';
import { FrameBuffer } from '../dns/frames.ts';
import { LISTENERS, Ledger } from './ledger.ts';
import { Seats } from './seats.ts';
import { StreamConnection } from './stream.ts';
import type { StreamOwner } from './stream.ts';

/** What may be set: the clock, how often timeouts are looked at (milliseconds), and what all threads count together. */
export interface TcpOptions extends ConnectionLimits {
  readonly clock?: Clock;
  readonly every?: number;
  readonly ledger?: Ledger;
}
const EVERY = 250;
/** Milliseconds between looks at connections that shall end. */
const SOON = 1;

/**
 * Opens one server; rejects with Node's error. Both families at once have no host: Node would look its name up, and load for that what no
 * start needs (7 ms).
 */
function open(accept: (socket: Socket) => void, host: string, port: number, dual: boolean): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const how = { backlog: 4096, exclusive: true, ipv6Only: !dual, reusePort: process.platform === 'linux' };
    server.listen({ ...(dual ? {} : { host }), port, ...how }, () => {
      server.off('error', reject);
      server.on('error', () => {});                             // a failed accept concerns nobody else
      resolve(server);
    });
  });
}

class TcpListener implements Listener, StreamOwner {
  readonly name = 'tcp';
  readonly seats: Seats;
  readonly out: FrameBuffer;
  at: Endpoint;
  #service: Service;
  readonly #clock: Clock;
  readonly #every: number;
  readonly #servers: Server[] = [];
  readonly connections: Connections<StreamConnection>;
  readonly #mine = new Set<StreamConnection>();
  #cancel: (() => void) | undefined = undefined;
  #cancelLeaving: (() => void) | undefined = undefined;
  #closing: Promise<void> | undefined = undefined;
  #empty: (() => void) | undefined = undefined;

  constructor(at: Endpoint, service: Service, shared: { connections: Connections<StreamConnection>; out: FrameBuffer }, clock: Clock,
    every: number) {
    this.at = at;
    this.#service = service;
    this.seats = Seats.of(service.arena);
    this.out = shared.out;
    this.connections = shared.connections;
    this.#clock = clock;
    this.#every = every;
  }

  async open(sockets: number): Promise<void> {
    const accept = (socket: Socket): void => this.#accept(socket);
    for (let i = 0; i < sockets; i++) {
      const server = await this.#one(accept);
      this.#servers.push(server);
      this.connections.ledger.add(LISTENERS, 1);
      this.at = { ...this.at, port: (server.address() as { port: number }).port };
    }
  }
  #one(accept: (socket: Socket) => void): Promise<Server> {
    const { at } = this;
    const one = (address: string, dual: boolean) => open(accept, address, at.port, dual);
    return isWildcard(at.address) ? openWildcard(at, one) : one(at.address, false);
  }

  now(): number {
    return this.#clock.monotonic();
  }
  #accept(socket: Socket): void {
    if (socket.remoteAddress === undefined) {                   // gone already
      socket.destroy();
      return;
    }
    this.connections.makeRoom();
    const connection = new StreamConnection(socket, this.#service, this);
    this.connections.add(connection);
    this.#mine.add(connection);
    this.#cancel ??= this.#clock.after(this.#every, this.#check);
  }
  readonly #check = (): void => {
    const now = this.now();
    for (const connection of this.#mine) connection.check(now);
    this.#cancel = this.#mine.size > 0 ? this.#clock.after(this.#every, this.#check) : undefined;
  };
  gone(connection: StreamConnection): void {
    this.connections.remove(connection);
    this.#mine.delete(connection);
    if (this.#mine.size === 0) this.#empty?.();
  }

  handTo(service: Service): void {
    this.#service = service;
    for (const connection of this.#mine) connection.service = service;
  }
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }
  async #close(graceMs: number): Promise<void> {
    for (const server of this.#servers) server.close();
    this.connections.ledger.add(LISTENERS, -this.#servers.length);
    for (const connection of this.#mine) connection.stop();
    this.#leave();
    if (this.#mine.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        this.#empty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const connection of this.#mine) connection.destroy();
    this.#cancel?.();
    this.#cancelLeaving?.();
  }
  readonly #leave = (): void => {
    const now = this.now();
    for (const connection of this.#mine) connection.leave(now);
    this.#cancelLeaving = this.#mine.size > 0 ? this.#clock.after(SOON, this.#leave) : undefined;
  };
}

class Tcp implements Transport {
  readonly scheme = 'dns';
  readonly #clock: Clock;
  readonly #every: number;
  readonly #ledger: Ledger;
  /** Replies on their way into a socket: every connection of the thread uses the same memory, one after the other. */
  readonly #shared: { readonly connections: Connections<StreamConnection>; readonly out: FrameBuffer };

  constructor(options: TcpOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#every = options.every ?? EVERY;
    this.#ledger = options.ledger ?? new Ledger();
    this.#shared = { connections: new Connections(this.#ledger, options), out: new FrameBuffer() };
  }

  leave(): void {
    this.#ledger.leave();
  }
  async listen(at: Endpoint, service: Service, sockets = 1): Promise<Listener> {
    const listener = new TcpListener(at, service, this.#shared, this.#clock, this.#every);
    try {
      await listener.open(sockets);
    } catch (error) {
      await listener.close(0);
      throw error;
    }
    return listener;
  }
}

/** TCP for this thread. */
export const tcp = (options: TcpOptions = {}): Transport => new Tcp(options);
