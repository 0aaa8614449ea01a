// Listens for connections of one kind: accepts them, has handshakes made where the address has certificates, and bounds how many there are.
// Knows Node's servers, TLS, limits and time; what happens on a connection afterwards is its kind's.
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import { connectionRules } from '../kernel/query/connection-setting.ts';
import type { ConnectionRules } from '../kernel/query/connection-setting.ts';
import { ProxySetting } from '../kernel/query/proxy-setting.ts';
import type { ProxyRules } from '../kernel/query/proxy-setting.ts';
import { TlsSetting } from '../kernel/query/tls-setting.ts';
import type { Scheme } from '../dns/port.ts';
import type { Endpoint, Listener, Service, Transport } from '../kernel/query/transport.ts';
import { SecureServer } from '../secure/server.ts';
import type { SecureChannel } from '../secure/server.ts';
import { isWildcard, openWildcard } from './addresses.ts';
import { Connections } from './connections.ts';
import type { ConnectionLimits } from './connections.ts';
import type { Ends } from './ends.ts';
import { Handshake } from './handshake.ts';
import type { Held, HeldBy } from './held.ts';
import type { KeptSockets } from './kept-sockets.ts';
import { LISTENERS, Ledger } from './ledger.ts';
import { awaitHeader } from './proxied-stream.ts';

/** What may be set: the clock, how often timeouts are looked at (milliseconds), and what all threads count together. */
export interface StreamOptions extends ConnectionLimits {
  readonly clock?: Clock;
  readonly every?: number;
  readonly ledger?: Ledger;
  /** Of all kinds together, where there are several in the thread. */
  readonly all?: Connections;
  /** Sockets that a service manager hands over and keeps. */
  readonly kept?: KeptSockets | undefined;
}
const EVERY = 250;
/** Milliseconds between looks at connections that shall end. */
const SOON = 1;

/** What is done with connections. */
export interface StreamKind {
  readonly scheme: Scheme;
  /** Names for ALPN, the best first. */
  readonly protocols: readonly string[];
  /** Takes a connection over; `secure` where it has TLS, `ends` as a proxy says them, or the socket. Nobody has read from the socket. */
  accept(socket: Socket, secure: SecureChannel | undefined, service: Service, by: HeldBy, ends: Ends): Held;
}

/**
 * Opens one server; rejects with Node's error. Both families at once have no host: Node would look its name up, and load for that what no
 * start needs (7 ms).
 */
function open(accept: (socket: Socket) => void, host: string, port: number, dual: boolean, kept?: KeptSockets): Promise<Server> {
  const fd = kept?.take('tcp', host, port);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const how = { backlog: 4096, exclusive: true, ipv6Only: !dual, reusePort: process.platform === 'linux' };
    server.listen(fd === undefined ? { ...(dual ? {} : { host }), port, ...how } : { fd, backlog: how.backlog }, () => {
      server.off('error', reject);
      kept?.keep('tcp', host, (server.address() as { port: number }).port, (server as unknown as { _handle: { fd: number } })._handle.fd);
      server.on('error', () => {});                             // a failed accept concerns nobody else
      resolve(server);
    });
  });
}

class StreamListener implements Listener, HeldBy {
  at: Endpoint;
  readonly connections: Connections;
  readonly #kind: StreamKind;
  #service: Service;
  readonly #clock: Clock;
  readonly #every: number;
  #secure: SecureServer | undefined;
  #rules: ConnectionRules;
  readonly #servers: Server[] = [];
  readonly #addresses = new Map<Server, string>();
  readonly #mine = new Set<Held>();
  #cancel: (() => void) | undefined = undefined;
  #cancelLeaving: (() => void) | undefined = undefined;
  #closing: Promise<void> | undefined = undefined;
  #empty: (() => void) | undefined = undefined;
  readonly #kept: KeptSockets | undefined;

  constructor(at: Endpoint, service: Service, kind: StreamKind, connections: Connections, clock: Clock, every: number, kept?: KeptSockets) {
    this.at = at;
    this.#kept = kept;
    this.#service = service;
    this.#kind = kind;
    this.connections = connections;
    this.#clock = clock;
    this.#every = every;
    this.#secure = this.#secureServer(service);
    this.#rules = connectionRules(service.settings);
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
    const one = async (address: string, dual: boolean): Promise<Server> => {
      const server = await open(accept, address, at.port, dual, this.#kept);
      this.#addresses.set(server, address);
      return server;
    };
    return isWildcard(at.address) ? openWildcard(at, one) : one(at.address, false);
  }

  now(): number {
    return this.#clock.monotonic();
  }
  #secureServer({ settings, label }: Service): SecureServer | undefined {
    const blocks = settings.get(TlsSetting);
    return blocks === undefined ? undefined : new SecureServer(blocks, this.#kind.protocols, label);
  }
  #accept(socket: Socket): void {
    if (socket.remoteAddress === undefined) {                   // gone already
      socket.destroy();
      return;
    }
    const rules = this.#service.settings.get(ProxySetting);
    if (rules === undefined) return this.#enter(socket, socket);
    this.connections.makeRoom(this.#rules);
    this.#awaitHeader(socket, rules);
  }
  #awaitHeader(socket: Socket, rules: ProxyRules): void {
    const waiting = new Handshake(socket, this.#service, this, () => socket.destroy());
    this.#hold(waiting, '');
    awaitHeader(socket, rules, (ends) => {
      this.gone(waiting);
      if (waiting.stopping) return void socket.destroy();
      this.#enter(socket, ends);
      if (this.#secure === undefined) socket.resume();
    }, () => this.gone(waiting));
  }
  #enter(socket: Socket, ends: Ends): void {
    const secure = this.#secure;
    const { remoteAddress: client = '' } = ends;
    const isNear = this.connections.isNear(this.#rules.overload);
    if (!this.connections.admits(client, this.#rules)) {
      this.#service.cut?.('per_client', client);
      socket.destroy();
    } else if (secure === undefined) this.#arrived(this.#kind.accept(socket, undefined, this.#service, this, ends), client, isNear);
    else this.#shakeHands(socket, secure, ends, client, isNear);
  }
  #shakeHands(socket: Socket, secure: SecureServer, ends: Ends, client: string, isNear: boolean): void {
    const { handshakes } = this.connections;
    const over = (): void => {
      handshakes.leave(handshake, this.#rules.handshakes, this.now());
      this.gone(handshake);
    };
    const begin = (): void => secure.accept(socket, {
      arrived: (stream, channel) => {
        const { service, stopping } = handshake;
        over();
        if (stopping) return void stream.destroy();
        this.#arrived(this.#kind.accept(stream, channel, service, this, ends === socket ? stream : ends), client, isNear);
      },
      failed: () => {
        over();
        setImmediate(() => socket.destroy());
      },
    });
    const handshake = new Handshake(socket, this.#service, this, () => secure.late(socket), begin, client);
    this.#hold(handshake, client);
    socket.once('close', over);
    handshakes.enter(handshake, this.#rules.handshakes, this.now());
  }
  /** Near the limit a newcomer has one question, and half a second. */
  #arrived(connection: Held, client: string, isNear: boolean): void {
    this.#hold(connection, client);
    if (!isNear) return;
    this.#service.cut?.('overload', client);
    connection.brief?.(this.now());
  }
  #hold(connection: Held, client: string): void {
    this.connections.add(connection, client, this.#rules);
    this.#mine.add(connection);
    this.#cancel ??= this.#clock.after(this.#every, this.#check);
  }
  readonly #check = (): void => {
    const now = this.now();
    for (const connection of this.#mine) connection.check(now);
    if (this.#secure !== undefined) this.connections.handshakes.check(this.#rules.handshakes, now);
    this.#cancel = this.#mine.size > 0 ? this.#clock.after(this.#every, this.#check) : undefined;
  };
  gone(connection: Held): void {
    this.connections.remove(connection);
    if (this.#mine.delete(connection) && this.#mine.size === 0) this.#empty?.();
  }

  handTo(service: Service): void {
    this.#service = service;
    this.#secure = this.#secureServer(service);
    this.#rules = connectionRules(service.settings);
    for (const connection of this.#mine) connection.service = service;
  }
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }
  async #close(graceMs: number): Promise<void> {
    for (const server of this.#servers) {
      if (this.#kept?.ending === false) this.#kept.drop('tcp', this.#addresses.get(server)!, this.at.port);
      server.close();
    }
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

class StreamTransport implements Transport {
  readonly scheme: Scheme;
  readonly #kind: StreamKind;
  readonly #clock: Clock;
  readonly #every: number;
  readonly #connections: Connections;
  readonly #kept: KeptSockets | undefined;

  constructor(kind: StreamKind, options: StreamOptions) {
    this.scheme = kind.scheme;
    this.#kind = kind;
    this.#clock = options.clock ?? systemClock;
    this.#every = options.every ?? EVERY;
    this.#kept = options.kept;
    this.#connections = options.all ?? new Connections(options.ledger ?? new Ledger(), options);
  }

  leave(): void {
    this.#connections.ledger.leave();
  }
  async listen(at: Endpoint, service: Service, sockets = 1): Promise<Listener> {
    const listener = new StreamListener(at, service, this.#kind, this.#connections, this.#clock, this.#every, this.#kept);
    try {
      await listener.open(sockets);
    } catch (error) {
      await listener.close(0);
      throw error;
    }
    return listener;
  }
}

/** Connections of a kind, for this thread. */
export const streamTransport = (kind: StreamKind, options: StreamOptions = {}): Transport => new StreamTransport(kind, options);
