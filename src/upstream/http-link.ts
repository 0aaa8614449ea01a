// One connection over HTTP to an upstream, from the moment that it is opened: the questions on it, and their deadlines. Knows the socket
// and time; what a request is made of is its owner's.
import net from 'node:net';
import type { Socket } from 'node:net';
import { reasonOf } from '../wording/errno.ts';
import type { ClientSide, Replied, Unanswered, Waiting } from '../http/client-side.ts';
import type { Asking, Carrier, ExchangeError } from './asking.ts';
import { untrusted } from './network-error.ts';
import type { StreamPeer } from './network-error.ts';
import { lifetime } from './pool-settings.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { RandomIds } from './random-ids.ts';
import { resumed } from './secure-dial.ts';
import type { DialSecurely } from './secure-dial.ts';
import type { Timers } from './timers.ts';

/** What a connection needs of its way. */
export interface HttpLinkOwner {
  readonly to: StreamPeer;
  readonly secure: DialSecurely | undefined;
  readonly timers: Timers;
  readonly settings: PoolSettings;
  readonly ids: RandomIds;
  /** Questions on one connection. */
  readonly depth: number;
  /** What is counted of it. */
  opened(resumed: boolean | undefined): void;
  closed(): void;
  muted(): void;
  /** It took so long to connect, or to find out that one cannot. */
  dialed(milliseconds: number): void;
  sideFor(socket: Socket, alpn: string | undefined): ClientSide;
  write(side: ClientSide, waiting: Waiting, asking: Asking): void;
  takes(most: number): void;
  /** Nothing waits on it any more. */
  idle(link: HttpLink): void;
  /** No further question shall be put on it. */
  retire(link: HttpLink): void;
  /** It takes fewer questions than were put on it. */
  elsewhere(asking: Asking): void;
  replied(asking: Asking, reply: Replied): void;
  unanswered(link: HttpLink, asking: Asking, why: Unanswered, text: string): void;
  /** Nothing came in time, on a connection that stood or that never did. */
  silent(connected: boolean): ExchangeError;
  /** It could not be opened. */
  unreachable(code: string): ExchangeError;
}

/** A question on its way. */
class Pending implements Waiting {
  readonly asking: Asking;
  readonly #link: HttpLink;
  constructor(asking: Asking, link: HttpLink) {
    this.asking = asking;
    this.#link = link;
  }
  replied(reply: Replied): void {
    this.#link.replied(this, reply);
  }
  unanswered(why: Unanswered, text: string): void {
    this.#link.unanswered(this, why, text);
  }
}

/** A connection. */
export class HttpLink implements Carrier {
  readonly #way: HttpLinkOwner;
  readonly #socket: Socket;
  readonly #waiting = new Map<Asking, Pending>();
  /** Questions that came before it stood. */
  readonly #queue = new Set<Asking>();
  readonly #dialTimeout: number;
  #side: ClientSide | undefined;
  #over = false;
  #heardAt = -Infinity;
  /** Several questions waited on it at the same time. */
  shared = false;
  readonly openedAt: number;
  /** Milliseconds after which no further question is put on it: less than is said, by up to a tenth, so that not all end at once. */
  readonly most: number;
  usedAt: number;
  replies = 0;
  /** No further question is to be put on it. */
  retired = false;

  constructor(way: HttpLinkOwner, dialTimeout: number) {
    this.#way = way;
    this.#dialTimeout = dialTimeout;
    this.openedAt = this.usedAt = way.timers.now;
    this.most = lifetime(way.settings.maxAge, way.ids);
    const { to, secure } = way;
    const source = to.source === undefined ? {} : { localAddress: to.source };
    const how = to.path === undefined ? { host: to.address, port: to.port, noDelay: true, ...source } : { path: to.path };
    this.#socket = secure === undefined ? net.connect(how) : secure.connect(how);
    this.#socket.on(secure === undefined ? 'connect' : 'secureConnect', () => this.#connect());
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('drain', () => this.#side?.drained());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error));
    this.#socket.on('end', () => this.#end(undefined));
    this.#socket.on('close', () => this.#end(undefined));
  }

  /** True from the moment that the upstream has taken it. */
  get connected(): boolean {
    return this.#side !== undefined;
  }
  /** Questions that wait on it. */
  get waiting(): number {
    return this.#waiting.size + this.#queue.size;
  }
  /** Whether another question may be put on it. */
  get free(): boolean {
    return !this.retired && !this.#over && (this.#side?.free ?? this.#queue.size < this.#way.depth);
  }
  /** It brought something not long ago, or is not there yet: what is put on it does not wait on something dead. */
  freshSince(time: number): boolean {
    return this.#side === undefined || this.#heardAt >= time || this.openedAt >= time;
  }

  ask(asking: Asking): void {
    const { timers, settings } = this.#way;
    asking.tcp = true;
    asking.carrier = this;
    this.usedAt = timers.now;
    if (this.#side === undefined) this.#queue.add(asking);
    else this.#send(this.#side, asking);
    if (this.waiting > 1) this.shared = true;
    timers.set(asking, this.#side === undefined ? this.#dialTimeout : settings.readTimeout);
  }
  #send(side: ClientSide, asking: Asking): void {
    const pending = new Pending(asking, this);
    this.#waiting.set(asking, pending);
    this.#way.write(side, pending, asking);
  }
  #connect(): void {
    if (this.#over) return;
    const { timers, settings } = this.#way;
    timers.look();
    this.#heardAt = timers.now;
    this.#way.dialed(timers.now - this.openedAt);
    const { alpnProtocol } = this.#socket as { alpnProtocol?: string | false | null };
    this.#way.opened(this.#way.secure === undefined ? undefined : resumed(this.#socket));
    const side = this.#way.sideFor(this.#socket, this.#way.secure === undefined ? undefined : alpnProtocol || 'http/1.1');
    this.#side = side;
    for (const asking of this.#queue) {
      timers.clear(asking);
      this.#queue.delete(asking);
      if (side.free) {
        this.#send(side, asking);
        timers.set(asking, settings.readTimeout);
      } else this.#way.elsewhere(asking);
    }
    this.#tidy();
  }
  #read(chunk: Buffer): void {
    if (this.#over) return;
    this.#way.timers.look();
    this.#heardAt = this.#way.timers.now;
    const side = this.#side;
    side?.receive(chunk);
    if (side !== undefined) this.#way.takes(side.most);
    this.#tidy();
  }
  /** Closes it where nothing waits on it and nothing more shall. */
  #tidy(): void {
    if (this.#side?.leaving === true && !this.retired) this.#way.retire(this);
    if (this.waiting > 0) return;
    if (this.retired) this.close();
    else this.#way.idle(this);
  }

  /** A whole reply came, whatever it says. */
  replied({ asking }: Pending, reply: Replied): void {
    this.replies++;
    this.#leave(asking);
    this.#way.replied(asking, reply);
  }
  unanswered({ asking }: Pending, why: Unanswered, text: string): void {
    this.#leave(asking);
    if (why === 'lost' || this.#side?.leaving === true) this.#way.retire(this);
    this.#way.unanswered(this, asking, why, text);
  }
  #leave(asking: Asking): void {
    this.#way.timers.clear(asking);
    this.#waiting.delete(asking);
    asking.carrier = undefined;
  }
  /** Nothing came in time. Where nothing at all came since it was sent, the connection is taken for dead. */
  expired(asking: Asking): void {
    const { timers, settings } = this.#way;
    const pending = this.#waiting.get(asking);
    if (this.#side === undefined || this.#heardAt < timers.now - settings.readTimeout) this.#way.retire(this);
    this.#queue.delete(asking);
    this.#leave(asking);
    if (this.#side === undefined) this.#way.dialed(this.#dialTimeout);
    if (pending !== undefined) this.#side?.forget(pending);
    asking.failed(this.#way.silent(this.#side !== undefined));
    if (this.retired && this.waiting === 0) this.close();
  }
  /** It may be dead: what waits on it waits on, and nothing more is put on it. */
  doubt(): void {
    if (!this.retired) this.#way.muted();
    this.#way.retire(this);
  }
  quietSince(time: number): boolean {
    return this.#heardAt <= time;
  }

  #end(error: NodeJS.ErrnoException | undefined): void {
    if (this.#over) return;
    this.#over = true;
    if (this.connected) this.#way.closed();
    this.#socket.destroy();
    this.#way.timers.look();
    this.#way.retire(this);
    const told = error === undefined ? undefined : this.#way.secure?.told(error);
    this.#side?.closed(error === undefined ? 'EOF' : told ?? `read: ${reasonOf(error)}`);
    const failed = told === undefined ? this.#way.unreachable(error?.code ?? 'EOF') : untrusted(this.#way.to, told);
    for (const asking of this.#queue) {
      this.#queue.delete(asking);
      this.#leave(asking);
      asking.failed(failed);
    }
  }
  /** Closes the connection. Nothing may wait on it. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.connected) this.#way.closed();
    this.#way.retire(this);
    this.#socket.end();
    this.#socket.destroySoon();
  }
}
