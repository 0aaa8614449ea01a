// A connection of HTTP/1.1 or HTTP/2 as its listener holds it. Knows the socket and how it ends; questions are http-channel.ts's.
import type { Socket } from 'node:net';
import { HttpConnection } from '../http/connection.ts';
import type { Service } from '../kernel/query/transport.ts';
import type { SecureChannel } from '../secure/server.ts';
import type { Ends } from './ends.ts';
import type { Held, HeldBy } from './held.ts';
import { HttpChannel } from './http-channel.ts';
import type { HttpKind } from './http-channel.ts';

/** Milliseconds after which a client that says nothing has said everything, where the server stops. */
const SILENT = 20;
/** Milliseconds that a client has where there are nearly as many connections as there may be. */
const BRIEF = 500;

/** A connection. */
export class HttpHeld extends HttpChannel implements Held {
  readonly secure: SecureChannel | undefined;
  readonly #connection: HttpConnection;
  #stopped = 0;
  #left = false;
  /** Until when it may wait for nothing. */
  #briefUntil = Infinity;

  constructor(socket: Socket, kind: HttpKind, service: Service, by: HeldBy, secure: SecureChannel | undefined, ends: Ends) {
    super(kind, service, by, ends);
    this.secure = secure;
    this.#connection = new HttpConnection(socket, secure?.alpn, this, this.bounds(), this);
    socket.on('close', () => {
      this.unread(0);
      by.gone(this);
    });
  }
  protected get held(): Held {
    return this;
  }

  // --- what the listener asks

  get claim(): number {
    return this.#connection.claim;
  }
  get since(): number {
    return this.#connection.since;
  }
  check(now: number): void {
    this.#connection.check(now);
    if (now >= this.#briefUntil && this.claim < 2) this.destroy();
    this.checkTimes(now);
  }
  brief(now: number): void {
    this.#briefUntil = now + BRIEF;
  }
  protected override answered(): void {
    if (this.#briefUntil !== Infinity && !this.#left) this.#leave();
  }
  stop(): void {
    this.#stopped = this.now();
    // HTTP/2 has a word for it; of the others what lies in the socket already is waited for.
    if (this.#connection.canBeTold) this.#leave();
  }
  leave(now: number): void {
    if (!this.#left && now - this.#stopped >= SILENT) this.#leave();
    this.#connection.check(now);
  }
  #leave(): void {
    this.#left = true;
    this.#connection.leave();
    for (const each of this.lasting) each.leave();
  }
  drop(): void {
    this.destroy();
  }
  destroy(): void {
    this.#connection.destroy();
  }
}
