// A connection whose handshake is under way, as its listener holds it. Knows time and the socket; knows nothing of TLS.
import type { Socket } from 'node:net';
import type { Service } from '../kernel/query/transport.ts';
import type { Shaking } from './handshakes.ts';
import type { Held, HeldBy } from './held.ts';

/** Until the handshake is over, or has taken as long as a first question may. */
export class Handshake implements Held, Shaking {
  service: Service;
  /** The server has begun to stop: whoever gets through now would only be told to go. */
  stopping = false;
  begun = Infinity;
  /** Nobody has asked anything yet. */
  readonly claim = 0;
  readonly since: number;
  readonly #socket: Socket;
  readonly #late: () => void;
  readonly #begin: () => void;
  readonly #client: string;
  readonly #until: number;

  /** `late` is called where it takes too long, `begin` when it is its turn. */
  constructor(socket: Socket, service: Service, by: HeldBy, late: () => void, begin = (): void => {}, client = '') {
    this.#socket = socket;
    this.service = service;
    this.#late = late;
    this.#begin = begin;
    this.#client = client;
    this.since = by.now();
    this.#until = this.since + service.timeouts.read;
  }

  begin(): void {
    this.#begin();
  }
  giveUp(): void {
    this.service.cut?.('handshakes', this.#client);
    this.#late();
  }
  check(now: number): void {
    if (now >= this.#until) this.#late();
  }
  stop(): void {
    this.stopping = true;
    this.#socket.destroy();
  }
  leave(): void {
    this.#socket.destroy();
  }
  drop(): void {
    this.#socket.destroy();
  }
  destroy(): void {
    this.#socket.destroy();
  }
}
