// One connection to an upstream that carries requests, from the moment that it is begun: the questions on it, and their deadlines. Knows
// time; what it runs on is its dialer's, and what a request is made of its owner's.
import { OPCODE } from '../dns/rcode.ts';
import type { Replied, Requests, Unanswered, Waiting } from '../http/client-side.ts';
import type { Asking, Carrier, ExchangeError } from './asking.ts';
import type { DialEnd, Dialed, Dialer, Dialing } from './dialer.ts';
import { lifetime } from './pool-settings.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { RandomIds } from './random-ids.ts';
import type { Timers } from './timers.ts';

/** What a connection needs of its way. */
export interface HttpLinkOwner {
  readonly dialer: Dialer;
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
  write(side: Requests, waiting: Waiting, asking: Asking): void;
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
  /** It could not be opened; `told` where that is the fault of who was reached. */
  unreachable(code: string, told: string | undefined): ExchangeError;
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
export class HttpLink implements Carrier, Dialing {
  readonly #way: HttpLinkOwner;
  readonly #dialed: Dialed;
  readonly #waiting = new Map<Asking, Pending>();
  /** Questions that came before it stood. */
  readonly #queue = new Set<Asking>();
  readonly #dialTimeout: number;
  #side: Requests | undefined;
  /** It does not stand yet, and takes what anybody may repeat (0-RTT). */
  #early = false;
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

  /** `apart`: it shares nothing with others, which may be dead. Throws Error with the network's code. */
  constructor(way: HttpLinkOwner, dialTimeout: number, apart: boolean) {
    this.#way = way;
    this.#dialTimeout = dialTimeout;
    this.openedAt = this.usedAt = way.timers.now;
    this.most = lifetime(way.settings.maxAge, way.ids);
    this.#dialed = way.dialer.dial(this, apart);
  }

  /** True from the moment that the upstream has taken it. */
  get connected(): boolean {
    return this.#side !== undefined && !this.#early;
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
    const waits = this.#side === undefined || (this.#early && !mayBeRepeated(asking));
    if (waits) this.#queue.add(asking);
    else this.#send(this.#side!, asking);
    if (this.waiting > 1) this.shared = true;
    timers.set(asking, waits ? this.#dialTimeout : settings.readTimeout);
  }
  #send(side: Requests, asking: Asking): void {
    const pending = new Pending(asking, this);
    this.#waiting.set(asking, pending);
    this.#way.write(side, pending, asking);
  }
  early(side: Requests): void {
    this.#side = side;
    this.#early = true;
  }
  stands(side: Requests, resumed: boolean | undefined): void {
    if (this.#over) return;
    const { timers, settings } = this.#way;
    timers.look();
    this.#heardAt = timers.now;
    this.#way.dialed(timers.now - this.openedAt);
    this.#way.opened(resumed);
    this.#side = side;
    this.#early = false;
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
  hears(): boolean {
    if (this.#over) return false;
    this.#way.timers.look();
    this.#heardAt = this.#way.timers.now;
    return true;
  }
  heard(): void {
    if (this.#side !== undefined) this.#way.takes(this.#side.most);
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

  ended({ code, told, text }: DialEnd): void {
    if (this.#over) return;
    this.#over = true;
    if (this.connected) this.#way.closed();
    this.#way.timers.look();
    this.#way.retire(this);
    this.#side?.closed(text);
    const failed: ExchangeError = this.#way.unreachable(code, told);
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
    this.#dialed.end();
  }
}

/** What costs nobody anything where it comes twice. */
const mayBeRepeated = ({ question: { at, bytes } }: Asking): boolean => ((bytes[at + 2]! >> 3) & 15) === OPCODE.QUERY;
