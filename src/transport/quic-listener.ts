// A listener of one scheme over QUIC: its connections as every listener holds them, and how they end. Knows time, limits and the port that
// it shares; what is said on a connection is its kind's.
import type { Clock } from '../kernel/clock.ts';
import type { Endpoint, Listener, Service, Transport } from '../kernel/query/transport.ts';
import { TlsSetting } from '../kernel/query/tls-setting.ts';
import { connectionRules } from '../kernel/query/connection-setting.ts';
import type { ConnectionRules } from '../kernel/query/connection-setting.ts';
import { cryptography } from '../secure/node.ts';
import type { SecureChannel } from '../secure/server.ts';
import type { Scheme } from '../dns/port.ts';
import { BUILD, loadQuic } from '../quic/addon.ts';
import type { QuicAddon } from '../quic/addon.ts';
import type { QuicConnection, QuicSpeaker } from '../quic/connection.ts';
import { systemClock } from '../kernel/clock.ts';
import { unmapped } from './addresses.ts';
import { Connections } from './connections.ts';
import type { Held, HeldBy } from './held.ts';
import { LISTENERS, Ledger } from './ledger.ts';
import { Places } from './places.ts';
import { QuicPort } from './quic-port.ts';
import type { QuicMember } from './quic-port.ts';
import type { StreamOptions } from './stream-listener.ts';

/** What a kind of connection is to its listener. */
export interface QuicHeld extends Held, QuicSpeaker {}
/** What a connection may use of its listener. */
export interface QuicHeldBy extends HeldBy {
  /** Before questions of this service are asked in a wake-up. */
  enter(service: Service): void;
  /** The handshake of a connection is over. */
  opened(connection: Held): void;
}
/** What is done with connections. */
export interface QuicKind {
  readonly scheme: Scheme;
  readonly alpn: string;
  /** What a connection is closed with that takes too much. */
  readonly overload: number;
  limits(service: Service): { readonly connections: number; readonly streams: number };
  accept(connection: QuicConnection, service: Service, by: QuicHeldBy): QuicHeld;
}

const EVERY = 250;
/** Milliseconds between looks at connections that shall end. */
const SOON = 1;

/** What the handshake of a connection said, as labels and logs have it. */
export function secureOf({ peer }: QuicConnection): SecureChannel {
  const subject = peer?.certificate === undefined ? undefined : new (cryptography().X509Certificate)(peer.certificate).subject;
  return {
    alpn: peer?.alpn, serverName: peer?.serverName, version: 'TLSv1.3', subject: subject?.split('\n').join(','),
    isVerified: peer?.isVerified === true,
  };
}

/** What all listeners of a thread have. */
type Shared = Required<Pick<StreamOptions, 'all' | 'clock' | 'every'>>;

class QuicListener implements Listener, QuicHeldBy, QuicMember {
  readonly at: Endpoint;
  readonly connections: Connections;
  readonly alpn: string;
  readonly overload: number;
  service: Service;
  #rules: ConnectionRules;
  readonly #kind: QuicKind;
  readonly #port: QuicPort;
  readonly #clock: Clock;
  readonly #every: number;
  readonly #sockets: number;
  readonly #mine = new Set<Held>();
  /** Those whose client nobody knows yet: what came of them came in 0-RTT, and that anybody can send under any address. */
  readonly #unproven = new Map<Held, string>();
  readonly #places = new Places();
  #cancel: (() => void) | undefined = undefined;
  #cancelLeaving: (() => void) | undefined = undefined;
  #closing: Promise<void> | undefined = undefined;
  #empty: (() => void) | undefined = undefined;
  readonly limits = () => this.#kind.limits(this.service);

  constructor(kind: QuicKind, port: QuicPort, service: Service, sockets: number, { all, clock, every }: Shared) {
    this.#kind = kind;
    this.alpn = kind.alpn;
    this.overload = kind.overload;
    this.#port = port;
    this.service = service;
    this.#rules = connectionRules(service.settings);
    this.connections = all;
    this.#clock = clock;
    this.#every = every;
    port.add(this, sockets);
    this.#sockets = sockets;
    all.ledger.add(LISTENERS, sockets);
    this.at = { ...port.at, scheme: kind.scheme, port: port.port };
    this.#cancel = this.#clock.after(this.#every, this.#check);
  }

  now(): number {
    return this.#clock.monotonic();
  }
  enter(service: Service): void {
    this.#port.enter(service);
  }
  accept(connection: QuicConnection): QuicSpeaker {
    const { peer } = connection;
    this.service.settings.get(TlsSetting)?.[0].counter?.succeeded('TLSv1.3', peer?.resumed === true);
    const client = unmapped(peer?.remoteAddress ?? '');
    const held = this.#kind.accept(connection, this.service, this);
    this.#mine.add(held);
    this.#places.take(this, held, this.limits().connections);
    if (connection.handshaking) {
      this.connections.add(held);
      this.#unproven.set(held, client);
    } else this.#enter(held, client);
    return held;
  }
  opened(connection: Held): void {
    const client = this.#unproven.get(connection);
    if (client === undefined) return;
    this.#unproven.delete(connection);
    this.connections.remove(connection);
    this.#enter(connection, client);
  }
  /** Counts it as its client's, or lets it go where that has too many. Near the limit a newcomer has one question, and half a second. */
  #enter(held: Held, client: string): void {
    const isNear = this.connections.isNear(this.#rules.overload);
    if (!this.connections.admits(client, this.#rules)) {
      this.service.cut?.('per_client', client);
      return held.drop();
    }
    this.connections.add(held, client, this.#rules);
    if (!isNear) return;
    this.service.cut?.('overload', client);
    held.brief?.(this.now());
  }
  gone(connection: Held): void {
    this.connections.remove(connection);
    this.#unproven.delete(connection);
    this.#places.leave(this, connection);
    if (this.#mine.delete(connection) && this.#mine.size === 0) this.#empty?.();
  }
  readonly #check = (): void => {
    const now = this.now();
    for (const connection of this.#mine) connection.check(now);
    this.#refresh();
    this.#port.count();
    this.#cancel = this.#clock.after(this.#every, this.#check);
  };

  /** What cannot be served with now leaves what was there before. */
  #refresh(): void {
    if (this.#closing !== undefined) return;
    try {
      this.#port.refresh();
    } catch (error) {
      this.service.settings.get(TlsSetting)?.[0].quic?.refused((error as Error).message);
    }
  }

  handTo(service: Service): void {
    this.service = service;
    this.#rules = connectionRules(service.settings);
    for (const connection of this.#mine) connection.service = service;
    this.#refresh();
  }
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }
  async #close(graceMs: number): Promise<void> {
    this.#port.rest(this);
    this.connections.ledger.add(LISTENERS, -this.#sockets);
    for (const connection of this.#mine) connection.stop();
    this.#leave();
    if (this.#mine.size > 0 && graceMs > 0) {
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
    // What was said last leaves before the sockets close.
    if (this.#port.members === 0) this.#port.close();
  }
  readonly #leave = (): void => {
    const now = this.now();
    for (const connection of this.#mine) connection.leave(now);
    this.#cancelLeaving = this.#mine.size > 0 ? this.#clock.after(SOON, this.#leave) : undefined;
  };
}

/** Everything of QUIC that listens in a thread: schemes that share a port share its sockets. */
export class QuicPorts {
  readonly #ports = new Map<string, QuicPort[]>();
  #addon: QuicAddon | undefined;

  /** All that there are. */
  get all(): readonly QuicPort[] {
    return [...this.#ports.values()].flat();
  }
  /** The sockets of a place for one more who speaks there; throws where QUIC cannot be spoken here. */
  at(at: Endpoint, alpn: string): QuicPort {
    if (this.#addon === undefined) {
      const addon = loadQuic();
      if (typeof addon === 'string') throw new Error(`QUIC is not here (${addon}): in a checkout \`${BUILD}\` builds it`);
      this.#addon = addon;
    }
    const key = `${at.address} ${at.port} ${at.family ?? ''}`;
    const known = (this.#ports.get(key) ?? []).filter(({ members }) => members > 0);
    const shared = at.port === 0 ? undefined : known.find((port) => !port.has(alpn));
    if (shared !== undefined) return shared;
    // Others that are called so too, or none: sockets of its own, beside theirs.
    const made = new QuicPort(this.#addon, at);
    this.#ports.set(key, [...known, made]);
    return made;
  }
}

class QuicTransport implements Transport {
  readonly scheme: Scheme;
  readonly #kind: QuicKind;
  readonly #ports: QuicPorts;
  readonly #all: Connections;
  readonly #clock: Clock;
  readonly #every: number;

  constructor(kind: QuicKind, ports: QuicPorts, options: StreamOptions) {
    this.scheme = kind.scheme;
    this.#kind = kind;
    this.#ports = ports;
    this.#all = options.all ?? new Connections(options.ledger ?? new Ledger(), options);
    this.#clock = options.clock ?? systemClock;
    this.#every = options.every ?? EVERY;
  }
  leave(): void {
    this.#all.ledger.leave();
  }
  async listen(at: Endpoint, service: Service, sockets = 1): Promise<Listener> {
    const port = this.#ports.at(at, this.#kind.alpn);
    return new QuicListener(this.#kind, port, service, sockets, { all: this.#all, clock: this.#clock, every: this.#every });
  }
}

/** Connections of a kind over QUIC, for this thread. */
export const quicTransport = (kind: QuicKind, ports: QuicPorts, options: StreamOptions = {}): Transport =>
  new QuicTransport(kind, ports, options);
