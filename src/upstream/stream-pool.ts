// Kept TCP connections to one upstream, few questions on each while there are few (FWD-8). Knows connections and their age; knows no
// bytes.
import { ExchangeError } from './asking.ts';
import type { Asking, Carrier } from './asking.ts';
import type { DatagramPeer } from './datagrams.ts';
import { DialTime } from './dial-time.ts';
import { dialError, outOfSockets } from './network-error.ts';
import type { PoolCounter, PoolSettings } from './pool-settings.ts';
import type { RandomIds } from './random-ids.ts';
import { DialedStream } from './dialed-stream.ts';
import type { DialedStreamOwner } from './dialed-stream.ts';
import type { DialSecurely } from './secure-dial.ts';
import type { Timers } from './timers.ts';
import type { UpstreamParts } from './udp-pool.ts';
import type { Way } from './way.ts';

/** So many connections are opened before more than `DEPTH` questions are put on one. */
const CONNECTIONS = 16;
/** Questions on one connection: many servers answer those of one connection one after the other. */
const DEPTH = 8;
/** Connections with one question each, for those that were on one which was closed; others wait for their turn. */
const MOST_APART = 64;

/** Over TLS fewer, for each is a handshake: questions share them. And so many handshakes at a time. */
const MOST_APART_SECURE = 4, HANDSHAKES = 2;

/** The way over TCP or TLS to one upstream, for one thread. */
export class StreamPool implements DialedStreamOwner, Carrier, Way {
  readonly to: DatagramPeer;
  readonly timers: Timers;
  readonly ids: RandomIds;
  readonly settings: PoolSettings;
  readonly secure: DialSecurely | undefined;
  readonly #network: 'tcp' | 'tls';
  readonly #counter: PoolCounter;
  #connections: DialedStream[] = [];
  readonly #apart = new Set<DialedStream>();
  readonly #queue = new Set<Asking>();
  #depth = DEPTH;
  readonly #dialTime: DialTime;
  #closed = false;

  /** Over TLS where `secure` says how. */
  constructor(parts: Omit<UpstreamParts, 'datagrams'>, secure?: DialSecurely) {
    this.secure = secure;
    this.#dialTime = new DialTime(secure !== undefined);
    this.#network = secure === undefined ? 'tcp' : 'tls';
    this.to = parts.to;
    this.timers = parts.timers;
    this.ids = parts.ids;
    this.settings = parts.settings;
    this.#counter = parts.counter;
  }

  /** Sends the question, or says why it cannot be sent. */
  ask(asking: Asking): ExchangeError | undefined {
    // A connection that begins with whom it is for is for nobody else.
    if (asking.apart || asking.header !== undefined) return this.#askApart(asking);
    const kept = this.#choose();
    if (kept !== undefined) {
      this.#counter.hit(this.#network);
      kept.ask(asking);
      return undefined;
    }
    const connection = this.#open(asking);
    if (connection instanceof ExchangeError) return this.#onAny(asking, connection);
    if (this.#closed) connection.retired = true;
    else this.#connections.push(connection);
    connection.ask(asking);
    return undefined;
  }
  /** Whether a connection stands. */
  get open(): boolean {
    return this.#connections.some(({ connected }) => connected);
  }
  #open({ until, header }: Asking): DialedStream | ExchangeError {
    this.#counter.miss(this.#network);
    try {
      return new DialedStream(this, this.#dialTime.most(until - this.timers.now), header);
    } catch (error) {
      return dialError('tcp', this.to, (error as NodeJS.ErrnoException).code ?? String(error));
    }
  }
  /** Where no connection can be opened, one that is open will do. */
  #onAny(asking: Asking, error: ExchangeError): ExchangeError | undefined {
    const may = asking.header === undefined && outOfSockets(error.code);
    const open = may ? this.#connections.find(({ connected }) => connected) : undefined;
    if (open === undefined) return error;
    open.ask(asking);
    return undefined;
  }
  /** A connection for one question, which is kept for others once that is answered. */
  #askApart(asking: Asking): ExchangeError | undefined {
    const full = asking.header === undefined && this.secure !== undefined && this.#apart.size >= MOST_APART_SECURE;
    const shared = full ? this.#leastBusyApart() : undefined;
    if (shared !== undefined) {
      shared.ask(asking);
      return undefined;
    }
    if (this.#apart.size >= MOST_APART) {
      this.#queue.add(asking);
      asking.carrier = this;
      this.timers.set(asking, this.settings.readTimeout);
      return undefined;
    }
    const connection = this.#open(asking);
    if (connection instanceof ExchangeError) return this.#onAny(asking, connection);
    connection.retired = true;
    this.#apart.add(connection);
    connection.ask(asking);
    return undefined;
  }
  #leastBusyApart(): DialedStream | undefined {
    let best: DialedStream | undefined;
    for (const one of this.#apart) if (one.header === undefined && (best === undefined || one.waiting < best.waiting)) best = one;
    return best;
  }
  /** One that waited for a connection of its own gets it. */
  #nextApart(): void {
    for (const asking of this.#queue) {
      if (this.#apart.size >= MOST_APART) return;
      this.#queue.delete(asking);
      this.timers.clear(asking);
      const why = this.#askApart(asking);
      if (why !== undefined) asking.failed(why);
    }
  }
  quietSince(): boolean {
    return false;
  }
  /** It waited in vain. */
  expired(asking: Asking): void {
    this.#queue.delete(asking);
    asking.carrier = undefined;
    asking.failed(dialError('tcp', this.to, 'timeout'));
  }
  /** The least busy connection, unless another one is better opened. */
  #choose(): DialedStream | undefined {
    let best: DialedStream | undefined;
    for (let i = this.#connections.length - 1; i >= 0; i--) {
      const connection = this.#connections[i]!;
      if (this.#worn(connection, this.timers.now)) this.#close(connection);
      else if (best === undefined || connection.waiting <= best.waiting) best = connection;
    }
    if (best === undefined || best.waiting < this.#depth) return best;
    const more = this.#connections.length < CONNECTIONS || this.#depth < DEPTH;
    return more && !this.#isBusyShaking ? undefined : best;
  }
  /** Over TLS, whether as many handshakes are under way as may be: their connections take what comes meanwhile. */
  get #isBusyShaking(): boolean {
    if (this.secure === undefined) return false;
    let count = 0;
    for (const { connected } of this.#connections) if (!connected) count++;
    return count >= HANDSHAKES;
  }
  #worn(connection: DialedStream, now: number): boolean {
    const { expire } = this.settings;
    return (connection.waiting === 0 && now - connection.usedAt > expire) || now - connection.openedAt > connection.most;
  }
  #close(connection: DialedStream): void {
    this.retire(connection);
    if (connection.waiting === 0) connection.close();
  }

  opened(resumed: boolean | undefined): void {
    this.#counter.opened(this.#network, resumed);
  }
  closed(): void {
    this.#counter.closed(this.#network);
  }
  muted(): void {
    this.#counter.mute();
  }
  dialed(milliseconds: number): void {
    this.#dialTime.took(milliseconds);
  }
  idle(connection: DialedStream): void {
    connection.usedAt = this.timers.now;
    const { maxIdle, expire } = this.settings;
    if (this.#apart.delete(connection)) {
      this.#nextApart();
      if (this.#closed || connection.header !== undefined || this.#connections.length >= CONNECTIONS) return;
      connection.retired = false;
      this.#connections.push(connection);
    }
    if (connection.retired) return;
    if (expire === 0 || (maxIdle > 0 && this.#connections.filter(({ waiting }) => waiting === 0).length > maxIdle)) this.retire(connection);
  }
  retire(connection: DialedStream): void {
    connection.retired = true;
    const place = this.#connections.indexOf(connection);
    if (place >= 0) this.#connections.splice(place, 1);
    if (this.#apart.delete(connection)) this.#nextApart();
  }
  /**
   * Those that were on a connection when it died are asked once more, each on one of its own, so that whatever ended the connection ends
   * no other question again. One that was alone on a fresh connection is told that it was closed.
   */
  ended(connection: DialedStream, waiting: readonly Asking[], error: ExchangeError): void {
    this.retire(connection);
    const kept = connection.replies > 0;
    // A server that closes with questions unanswered wants fewer of them on one connection.
    if (kept && waiting.length > 1) this.#depth = Math.max(1, this.#depth >> 1);
    const shared = kept || waiting.length > 1;
    for (const asking of waiting) {
      const why = connection.connected ? this.#again(asking, shared, error) : this.#onAny(asking, error);
      if (why !== undefined) asking.failed(why);
    }
  }
  #again(asking: Asking, shared: boolean, error: ExchangeError): ExchangeError | undefined {
    if (!shared || asking.apart || this.timers.now >= asking.until) return error;
    asking.apart = true;
    return this.#askApart(asking);
  }

  /** Closes what has been idle for too long. */
  sweep(now: number): void {
    for (const connection of [...this.#connections]) if (this.#worn(connection, now)) this.#close(connection);
  }
  /** Closes every connection as soon as nothing waits on it. Questions can still be asked; they get connections of their own. */
  close(): void {
    this.#closed = true;
    for (const connection of [...this.#connections]) this.#close(connection);
  }
}
