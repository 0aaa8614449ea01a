// DNS over UDP through the addon: one call here for each batch of questions. Knows outboxes and seats; knows nothing of DNS.
import type { Arena } from '../kernel/query/arena.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Channel, Endpoint, Listener, Service, Transport } from '../kernel/query/transport.ts';
import { ADOPT, BOX_ENTRIES, BOX_WORDS, COUNT, DUAL, ENTRY, LOST, QUEUED, STEP } from './addon.ts';
import type { Addon } from './addon.ts';
import { isWildcard, openWildcard } from './addresses.ts';
import type { KeptSockets } from './kept-sockets.ts';
import { DROPPED, ProxiedDatagrams } from './proxied-datagrams.ts';
import { Reception } from './reception.ts';
import { socketError } from './socket-error.ts';

/** Milliseconds in which the kernel has delivered what it had on its way to a socket that left its group. */
const SETTLE = 2;
/** Milliseconds for which answers that come late are waited for where another process waits for the socket. */
const LATE = 300;
const STEPS = ['socket', 'socket', 'bind', 'connect'];
/** Waits until the event loop has turned once. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A bound socket: what its questions know as their channel. */
class BatchSocket implements Channel {
  readonly transport = 'udp';
  readonly stream = false;
  #service: Service;
  /** Where a proxy may stand before it. */
  #proxied: ProxiedDatagrams | undefined;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #addon: Addon;
  readonly #reception: Reception;
  readonly #arena: Arena;
  readonly #box = new Int32Array(new ArrayBuffer(BOX_WORDS * 4));
  readonly #socket: number;
  /** Questions that are answered later. */
  #late = 0;
  #closed = false;
  #empty: (() => void) | undefined = undefined;
  /** Who keeps it for the next process, if so. */
  #kept: KeptSockets | undefined;

  constructor(addon: Addon, reception: Reception, service: Service, address: string, port: number, dual: boolean, kept?: KeptSockets) {
    this.#addon = addon;
    this.#reception = reception;
    this.#arena = service.arena;
    this.#service = service;
    this.#proxied = ProxiedDatagrams.of(service);
    this.localAddress = address;
    const given = kept?.take('udp', address, port);
    this.#socket = addon.open(reception.board, this.#box, service.arena.bytes, address, given ?? port,
      given !== undefined ? ADOPT : dual ? DUAL : 0, '', (count) => this.#receive(count));
    if (this.#socket < 0) throw socketError(STEPS[this.#box[STEP]!]!, this.#socket, address, port);
    this.localPort = addon.port(this.#socket);
    if (kept?.keep('udp', address, this.localPort, addon.descriptor(this.#socket)) === true) this.#kept = kept;
    reception.attach();
  }

  get service(): Service {
    return this.#service;
  }
  set service(service: Service) {
    this.#service = service;
    this.#proxied = ProxiedDatagrams.of(service, this.#proxied);
  }
  takeLost(): number {
    const lost = this.#box[LOST]!;
    this.#box[LOST] = 0;
    return lost;
  }
  get queued(): number {
    return this.#box[QUEUED]!;
  }

  #receive(count: number): void {
    const reception = this.#reception;
    reception.settle();
    if (count <= 0) return;
    const service = this.#service, proxied = this.#proxied;
    service.begin();
    for (let i = 0; i < count; i++) {
      const query = reception.query(i);
      const length = proxied === undefined ? reception.length(i) : proxied.enter(query, reception.length(i));
      if (length === DROPPED) continue;
      query.arrive(length, this);
      const outcome = service.serve(query);
      if (outcome === undefined) {
        proxied?.leave(query);
        continue;
      }
      if (outcome === LATER) {
        this.#late++;
        reception.replace(i);
      } else this.#put(query, outcome);
    }
    service.end();
    reception.close();
  }

  /** Into the outbox, or out at once where the reply outgrew its seat. */
  #put(query: Query, message: Message): void {
    this.#proxied?.leave(query);
    let { at } = message;
    if (message.bytes !== this.#arena.bytes) {
      if (message.length > query.replyRoom) {
        this.#addon.send(this.#socket, message.bytes, at, message.length, query.peerAt);
        return;
      }
      query.bytes.set(message.bytes.subarray(at, at + message.length), query.replyAt);
      at = query.replyAt;
    }
    const box = this.#box;
    if (box[COUNT] === BOX_ENTRIES) this.#addon.flush(this.#socket);
    const count = box[COUNT]!;
    const entry = ENTRY + 3 * count;
    box[entry] = query.peerAt;
    box[entry + 1] = at;
    box[entry + 2] = message.length;
    box[COUNT] = count + 1;
  }

  tlvsOf(query: Query): Uint8Array | undefined {
    return this.#proxied?.tlvs(query);
  }
  send(query: Query, message: Message | undefined): void {
    if (message !== undefined && !this.#closed) this.#put(query, message);
    else this.#proxied?.leave(query);
    this.#reception.leave(query);
    if (--this.#late === 0) this.#empty?.();
  }

  /** Answers what is queued, waits for what is answered later, closes. What the next process will be handed is left as it is. */
  async close(graceMs: number): Promise<void> {
    let until = performance.now() + graceMs;
    await turn();                                               // not amid a batch
    if (this.#kept?.ending === true) {
      this.#addon.hold(this.#socket);
      until = Math.min(until, performance.now() + LATE);
    } else await this.#leave(graceMs, until);
    if (this.#late > 0) await this.#wait(until - performance.now());
    this.#closed = true;
    this.#addon.flush(0);
    while (this.queued > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#addon.close(this.#socket);
    this.#reception.detach();
  }
  /** Nothing new comes; what came is answered. */
  async #leave(graceMs: number, until: number): Promise<void> {
    this.#kept?.drop('udp', this.localAddress, this.localPort);
    this.#addon.leave(this.#socket);
    await this.#drain(until);
    if (graceMs > SETTLE) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE));
      await this.#drain(until);
    }
    this.#addon.rest(this.#socket);
  }
  /** Answers everything that is queued. */
  async #drain(until: number): Promise<void> {
    do {
      const starved = this.#reception.ready === 0;
      const count = this.#addon.read(this.#socket);
      if (count <= 0 && !starved) return;
      this.#receive(count);
      this.#addon.flush(this.#socket);
      await turn();
    } while (performance.now() < until);
  }
  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, milliseconds));
      this.#empty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

class BatchListener implements Listener {
  readonly at: Endpoint;
  readonly #sockets: readonly BatchSocket[];
  #closing: Promise<void> | undefined = undefined;

  constructor(at: Endpoint, sockets: readonly BatchSocket[]) {
    this.at = at;
    this.#sockets = sockets;
  }

  handTo(service: Service): void {
    for (const socket of this.#sockets) socket.service = service;
  }
  close(graceMs: number): Promise<void> {
    this.#closing ??= Promise.all(this.#sockets.map((socket) => socket.close(graceMs))).then(() => undefined);
    return this.#closing;
  }
}

/** UDP in batches. One for each thread; every service that it is given has the same arena. */
export class BatchUdp implements Transport {
  readonly scheme = 'dns';
  readonly #addon: Addon;
  readonly #kept: KeptSockets | undefined;
  readonly #receptions = new Map<Arena, Reception>();

  constructor(addon: Addon, kept?: KeptSockets) {
    this.#addon = addon;
    this.#kept = kept;
  }

  async listen(at: Endpoint, service: Service, sockets = 1): Promise<Listener> {
    let reception = this.#receptions.get(service.arena);
    if (reception === undefined) this.#receptions.set(service.arena, (reception = new Reception(this.#addon, service.arena)));
    const open: BatchSocket[] = [];
    try {
      for (let i = 0; i < sockets; i++) open.push(this.#open(reception, service, at, open[0]?.localPort ?? at.port));
    } catch (error) {
      for (const socket of open) await socket.close(0);
      throw error;
    }
    return new BatchListener({ ...at, port: open[0]!.localPort }, open);
  }

  #open(reception: Reception, service: Service, at: Endpoint, port: number): BatchSocket {
    const one = (address: string, dual: boolean) => new BatchSocket(this.#addon, reception, service, address, port, dual, this.#kept);
    return isWildcard(at.address) ? openWildcard(at, one) : one(at.address, false);
  }
}
