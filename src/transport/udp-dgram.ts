// DNS over UDP by Node's own sockets, where the addon is missing: the same service at two to three times the cost. Knows dgram;
// since it cannot say which address was asked, every address of the machine gets a socket.
import type { RemoteInfo, Socket } from 'node:dgram';
import { createRequire } from 'node:module';
import { PACKET_ROOM } from '../kernel/query/arena.ts';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Message } from '../kernel/query/message.ts';
import { writePeer } from '../kernel/query/peer.ts';
import { Query } from '../kernel/query/query.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Channel, Endpoint, Listener, Service, Transport } from '../kernel/query/transport.ts';
import { isWildcard, localAddresses } from './addresses.ts';
import { DROPPED, ProxiedDatagrams } from './proxied-datagrams.ts';
import { Seats } from './seats.ts';

/** Milliseconds between looks at the machine's addresses. */
const REFRESH = 10_000;
/** Turns of the event loop without a datagram after which a closing socket counts as drained. */
const QUIET = 3;
/** Questions of a socket that may wait for their answers when all seats are in use; more are not heard. */
const MOST = 2048;

/** Addresses are numeric: nothing is looked up, so that sending and connecting are done when the call returns. */
export const numeric = (host: string, family: unknown, done: (error: null, address: string, family: number) => void): void =>
  done(null, host, family === 6 ? 6 : 4);

/** Loaded when there is no addon: nobody else needs it. */
let dgram: typeof import('node:dgram') | undefined;

/** A new socket for an address of its kind. */
export function dgramSocket(address: string, shared: boolean): Socket {
  const six = address.includes(':');
  dgram ??= createRequire(import.meta.url)('node:dgram') as typeof import('node:dgram');
  return dgram.createSocket({
    type: six ? 'udp6' : 'udp4', lookup: numeric as never, recvBufferSize: 4 << 20, sendBufferSize: 4 << 20,
    ...(six ? { ipv6Only: true } : {}), ...(shared && process.platform === 'linux' ? { reusePort: true } : {}),
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One bound socket: the channel of its questions. */
class DgramSocket implements Channel {
  readonly transport = 'udp';
  readonly stream = false;
  #service: Service;
  #proxied: ProxiedDatagrams | undefined;
  readonly localAddress: string;
  localPort = 0;
  /** The address that it is bound to. */
  readonly bound: string;
  readonly #socket: Socket;
  readonly #seats: Seats;
  readonly #late = new Map<Query, RemoteInfo>();
  #heard = 0;
  #lost = 0;
  #left = false;
  #closed = false;
  #empty: (() => void) | undefined = undefined;

  constructor(service: Service, address: string) {
    this.#service = service;
    this.#proxied = ProxiedDatagrams.of(service);
    this.localAddress = this.bound = address;
    this.#seats = Seats.of(service.arena);
    this.#socket = dgramSocket(address, true);
  }

  open(port: number): Promise<this> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ address: this.bound, port, exclusive: true }, () => {
        socket.removeAllListeners('error');
        socket.on('error', () => {});
        socket.on('message', (packet, from) => this.#receive(packet, from));
        this.localPort = socket.address().port;
        resolve(this);
      });
    });
  }

  get service(): Service {
    return this.#service;
  }
  set service(service: Service) {
    this.#service = service;
    this.#proxied = ProxiedDatagrams.of(service, this.#proxied);
  }
  get queued(): number {
    return this.#socket.getSendQueueCount();
  }
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  #receive(packet: Uint8Array, from: RemoteInfo): void {
    this.#heard++;
    const query = this.#seats.take() ?? (this.#late.size < MOST ? Query.alone(PACKET_ROOM) : undefined);
    if (query === undefined) return;
    const length = Math.min(packet.length, PACKET_ROOM);
    query.bytes.set(packet.length > length ? packet.subarray(0, length) : packet, query.at);
    writePeer(query.bytes, query.peerAt, from.address, from.port);
    const asked = this.#proxied === undefined ? length : this.#proxied.enter(query, length);
    if (asked === DROPPED) return this.#seats.release(query);
    query.arrive(asked, this);
    const { service } = this;
    service.begin();
    this.#late.set(query, from);
    const outcome = service.serve(query);
    service.end();
    if (outcome !== LATER) this.send(query, outcome);
  }

  tlvsOf(query: Query): Uint8Array | undefined {
    return this.#proxied?.tlvs(query);
  }
  send(query: Query, message: Message | undefined): void {
    const to = this.#late.get(query);
    if (to === undefined) return;
    this.#late.delete(query);
    this.#proxied?.leave(query);
    if (message !== undefined && !this.#closed) {
      // A copy: where sending would block, the memory is read later.
      const bytes = Buffer.from(message.bytes.subarray(message.at, message.at + message.length));
      if (this.#left) this.#socket.disconnect();
      this.#socket.send(bytes, 0, bytes.length, to.port, to.address, (error) => {
        if (error) this.#lost++;
      });
      if (this.#left) this.#leave();
    }
    this.#seats.release(query);
    if (this.#late.size === 0) this.#empty?.();
  }

  /** Leaves the group of sockets that share the port: what came is still read, nothing new comes. */
  #leave(): void {
    this.#left = true;
    this.#socket.connect(9, this.bound === '0.0.0.0' ? '127.0.0.1' : this.bound === '::' ? '::1' : this.bound);
  }
  async close(graceMs: number): Promise<void> {
    const until = performance.now() + graceMs;
    this.#leave();
    for (let quiet = 0, heard = this.#heard; quiet < QUIET && performance.now() < until; quiet++) {
      await turn();
      if (heard !== this.#heard) quiet = 0;
      heard = this.#heard;
    }
    if (this.#late.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, until - performance.now()));
        this.#empty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#closed = true;
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

/** The sockets of one endpoint; of a wildcard one as many as there are addresses, now and later. */
class DgramListener implements Listener {
  at: Endpoint;
  #service: Service;
  readonly #options: Required<DgramOptions>;
  readonly #sockets: DgramSocket[] = [];
  #cancel = (): void => {};
  #closing: Promise<void> | undefined = undefined;

  constructor(at: Endpoint, service: Service, options: Required<DgramOptions>) {
    this.at = at;
    this.#service = service;
    this.#options = options;
  }

  async open(sockets: number): Promise<void> {
    const wild = isWildcard(this.at.address);
    for (const address of wild ? this.#addresses() : [this.at.address]) {
      for (let i = 0; i < sockets; i++) await this.#add(address, wild);
    }
    if (this.#sockets.length === 0) throw new Error('this machine has no address to listen on');
    if (wild) this.#again(sockets);
  }
  /** This machine's addresses, of one family where another endpoint has the other. */
  #addresses(): string[] {
    const { family } = this.at;
    const all = this.#options.addresses();
    return family === undefined ? all : all.filter((address) => address.includes(':') === (family === 6));
  }
  /**
   * Opens a socket. A port that the kernel chose is bound again by its number: else it would be lost when the socket is disconnected.
   * An address that is going away or not ready yet is left out: there will be another look.
   */
  async #add(address: string, wild: boolean): Promise<void> {
    try {
      const open = (port: number) => new DgramSocket(this.#service, address).open(port);
      const socket = await open(this.at.port);
      if (this.at.port === 0) {
        this.at = { ...this.at, port: socket.localPort };
        await socket.close(0);
        this.#sockets.push(await open(this.at.port));
      } else this.#sockets.push(socket);
    } catch (error) {
      if (!wild || (error as { code?: string }).code !== 'EADDRNOTAVAIL') throw error;
    }
  }
  #again(sockets: number): void {
    this.#cancel = this.#options.clock.after(this.#options.refresh, () => {
      void this.#refresh(sockets).catch(() => {}).then(() => {
        if (this.#closing === undefined) this.#again(sockets);
      });
    });
  }
  async #refresh(sockets: number): Promise<void> {
    const now = this.#addresses();
    for (const socket of this.#sockets.filter((each) => !now.includes(each.bound))) {
      this.#sockets.splice(this.#sockets.indexOf(socket), 1);
      void socket.close(0);
    }
    for (const address of now.filter((each) => !this.#sockets.some((socket) => socket.bound === each))) {
      for (let i = 0; i < sockets && this.#closing === undefined; i++) await this.#add(address, true);
    }
  }

  handTo(service: Service): void {
    this.#service = service;
    for (const socket of this.#sockets) socket.service = service;
  }
  close(graceMs: number): Promise<void> {
    this.#cancel();
    this.#closing ??= Promise.all(this.#sockets.map((socket) => socket.close(graceMs))).then(() => {});
    return this.#closing;
  }
}

/** What may be set: the clock, the machine's addresses, and the milliseconds between looks at them. */
export interface DgramOptions {
  readonly clock?: Clock;
  readonly addresses?: () => string[];
  readonly refresh?: number;
}

/** UDP by Node's own sockets. */
export class DgramUdp implements Transport {
  readonly scheme = 'dns';
  readonly #options: Required<DgramOptions>;

  constructor({ clock = systemClock, addresses = localAddresses, refresh = REFRESH }: DgramOptions = {}) {
    this.#options = { clock, addresses, refresh };
  }

  async listen(at: Endpoint, service: Service, sockets = 1): Promise<Listener> {
    // The port that is free on one address may be taken on another.
    for (let tries = 10; ; tries--) {
      const listener = new DgramListener(at, service, this.#options);
      try {
        await listener.open(sockets);
        return listener;
      } catch (error) {
        await listener.close(0);
        if (at.port !== 0 || tries === 0 || (error as { code?: string }).code !== 'EADDRINUSE') throw error;
      }
    }
  }
}
