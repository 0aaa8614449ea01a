// Connections whose last reply was whole, kept for a moment for the next request to the same place: the pages of a list, and a watch that
// follows another, need no handshake of their own. Knows sockets that are idle; knows no requests.
import type { Socket } from 'node:net';
import type { Clock } from '../kernel/clock.ts';

/**
 * Milliseconds. Who was heard of so lately is there: a path that has died since would have to have done so in these seconds, and no
 * request waits on one that has been dead for longer.
 */
const FRESH = 5000;
/** Of one place. */
const MOST = 4;

interface Idle {
  readonly socket: Socket;
  /** Certificates and what is trusted: other ones want a connection of their own. */
  readonly identity: unknown;
  readonly forget: () => void;
}

/** Those of one API, or of one account. */
export class KeptConnections {
  readonly #clock: Clock;
  readonly #idle = new Map<string, Idle[]>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  /** One to this place; it is the caller's. */
  take(place: string, identity: unknown): Socket | undefined {
    const found = this.#idle.get(place)?.findLast((idle) => idle.identity === identity);
    found?.forget();
    return found?.socket;
  }
  /** Takes one that waits for nothing. */
  keep(place: string, identity: unknown, socket: Socket): void {
    const all = this.#idle.get(place) ?? [];
    this.#idle.set(place, all);
    if (this.#closed || all.length >= MOST || socket.destroyed) {
      socket.on('error', ignore).destroy();
      return;
    }
    // Whatever happens now, its server wants no more of it: an end, an error, or a reply that nobody asked for.
    const over = (): void => {
      idle.forget();
      socket.on('error', ignore).destroy();
    };
    const forget = (): void => {
      cancel();
      all.splice(all.indexOf(idle), 1);
      if (all.length === 0) this.#idle.delete(place);
      for (const event of EVENTS) socket.off(event, over);
      socket.ref();
    };
    const idle: Idle = { socket, identity, forget };
    const cancel = this.#clock.after(FRESH, over);
    all.push(idle);
    for (const event of EVENTS) socket.on(event, over);
    socket.resume().unref();
  }
  /** None is kept any more. */
  close(): void {
    this.#closed = true;
    for (const all of [...this.#idle.values()]) {
      for (const { socket, forget } of [...all]) {
        forget();
        socket.on('error', ignore).destroy();
      }
    }
  }
}
const EVENTS = ['data', 'end', 'error', 'close'] as const;
const ignore = (): void => {};
