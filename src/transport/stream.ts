// One connection on which questions come in a stream and are answered in order (SRV-3). Knows frames, slots and how much may wait;
// knows nothing of how the connection came about or of DNS.
import type { Socket } from 'node:net';
import { PACKET_ROOM } from '../kernel/query/arena.ts';
import type { Message } from '../kernel/query/message.ts';
import { Query } from '../kernel/query/query.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Channel, Service, TransportName } from '../kernel/query/transport.ts';
import { unmapped, writePeer } from './addresses.ts';
import { Frames } from './framing.ts';
import type { FrameBuffer } from './framing.ts';
import type { Slots } from './slots.ts';

/** Questions that are read ahead while one waits for its answer. */
export const READ_AHEAD = 16;
/** Milliseconds for a client to close its side after we closed ours. */
const LINGER = 1000;

/** What the connections of a thread share. */
export interface StreamOwner {
  readonly name: TransportName;
  readonly slots: Slots;
  readonly out: FrameBuffer;
  /** Milliseconds now. */
  now(): number;
  gone(connection: StreamConnection): void;
}

/** A question that is not answered yet, or whose answer waits for those before it. */
interface Waiting {
  readonly query: Query;
  /** The service has said what it had to say. */
  done: boolean;
  message: Message | undefined;
  messages: AsyncIterable<Uint8Array> | undefined;
}

/** A connection: the channel of its questions. */
export class StreamConnection implements Channel {
  readonly transport: TransportName;
  readonly stream = true;
  service: Service;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #socket: Socket;
  readonly #owner: StreamOwner;
  readonly #frames = new Frames();
  /** The client, as it stands in each of its questions' slots. */
  readonly #peer = new Int32Array(16);
  readonly #waiting: Waiting[] = [];
  #serving: Query | undefined = undefined;
  #early: Waiting | undefined = undefined;
  #asked = 0;
  /** No question is taken any more: the client has finished, the limit is reached, or the server stops. */
  #ending = false;
  #ended = false;
  #stopping = false;
  #closed = false;
  #paused = false;
  /** The kernel has not taken everything that we wrote. */
  #blocked = false;
  #streaming = false;
  #scheduled = false;
  #unblock: (() => void) | undefined = undefined;
  #until: number;

  constructor(socket: Socket, service: Service, owner: StreamOwner) {
    this.#socket = socket;
    this.service = service;
    this.#owner = owner;
    this.transport = owner.name;
    this.localAddress = unmapped(socket.localAddress ?? '');
    this.localPort = socket.localPort ?? 0;
    writePeer(new Uint8Array(this.#peer.buffer), 0, socket.remoteAddress ?? '', socket.remotePort ?? 0);
    this.#until = owner.now() + service.timeouts.read;
    socket.on('data', (chunk: Uint8Array) => this.#came(chunk));
    socket.on('end', () => this.#finish());
    socket.on('error', () => {});
    socket.on('close', () => this.#gone());
  }

  /** Questions on this connection that have no answer yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  #came(chunk: Uint8Array): void {
    if (this.#ended || this.#limited) return;
    this.#frames.push(chunk);
    this.#run();
  }
  get #limited(): boolean {
    const { queries } = this.service.timeouts;
    return queries > 0 && this.#asked >= queries;
  }
  /** Whether another question may be asked now. */
  get #free(): boolean {
    return !this.#blocked && !this.#streaming && this.#waiting.length < READ_AHEAD && !this.#closed;
  }

  /** Asks the questions that are here, as far as it is their turn, and writes what is answered. */
  #run(): void {
    const { service } = this;
    const frames = this.#frames;
    const before = this.#asked;
    service.begin();
    while (this.#free && !this.#limited && frames.next()) this.#ask(service);
    service.end();
    this.#write();
    if (this.#limited) {
      frames.clear();
      this.#ending = true;
    }
    if (this.#asked !== before) this.#until = this.#owner.now() + service.timeouts.idle;
    this.#flow();
  }
  /** Reads from the socket only while there is use for it, and closes when all is done. */
  #flow(): void {
    const pause = !this.#ended && (this.#frames.pending || !this.#free);
    if (pause !== this.#paused && !this.#closed) {
      this.#paused = pause;
      if (pause) this.#socket.pause();
      else this.#socket.resume();
    }
    if (!this.#ending || this.#ended || this.#closed || this.#waiting.length > 0 || this.#blocked || this.#frames.pending) return;
    this.#ended = true;
    this.#until = this.#owner.now() + LINGER;
    this.#paused = false;
    if (this.#stopping) this.#socket.destroySoon();
    else this.#socket.resume().end();
  }

  #ask(service: Service): void {
    const { bytes, at, length } = this.#frames;
    const query = this.#take(length);
    if (length <= 64) for (let i = 0; i < length; i++) query.bytes[query.at + i] = bytes[at + i]!;
    else query.bytes.set(bytes.subarray(at, at + length), query.at);
    for (let i = 0, to = query.peerAt >> 2; i < 16; i++) query.words[to + i] = this.#peer[i]!;
    query.arrive(length, this);
    this.#asked++;
    this.#serving = query;
    const outcome = service.serve(query);
    this.#serving = undefined;
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) {
      this.#waiting.push(early);
      this.#later();
    } else if (outcome === LATER) this.#waiting.push({ query, done: false, message: undefined, messages: undefined });
    else if (outcome === undefined || this.#waiting.length === 0) {
      if (outcome !== undefined) this.#add(outcome.bytes, outcome.at, outcome.length);
      this.#owner.slots.release(query);
    } else this.#waiting.push({ query, done: true, message: outcome, messages: undefined });
  }
  /** A slot, while enough are left for UDP; else memory of its own. */
  #take(length: number): Query {
    const { slots } = this.#owner;
    if (length > PACKET_ROOM || slots.arena.left * 2 < slots.arena.capacity) return Query.alone(Math.max(length, 12));
    return slots.take() ?? Query.alone(PACKET_ROOM);
  }

  #add(bytes: Uint8Array, at: number, length: number): void {
    if (!this.#owner.out.fits(length)) this.#write();
    this.#owner.out.add(bytes, at, length);
  }
  #write(): void {
    const { out } = this.#owner;
    if (out.used === 0) return;
    const bytes = out.take();
    if (this.#closed || this.#ended) return;
    this.#socket.write(bytes, this.#written);
    if (this.#socket.writableLength === 0) return;
    out.keep();
    if (!this.#blocked) this.#until = this.#owner.now() + this.service.timeouts.write;
    this.#blocked = true;
  }
  readonly #written = (error?: Error | null): void => {
    if (!this.#blocked || error != null || this.#closed) return;
    const now = this.#owner.now();
    if (this.#socket.writableLength > 0) {
      this.#until = now + this.service.timeouts.write;
      return;
    }
    this.#blocked = false;
    this.#until = now + this.service.timeouts.idle;
    this.#unblock?.();
    this.#later();
  };

  send(query: Query, message: Message | undefined): void {
    this.#settle(query, message, undefined);
  }
  sendAll(query: Query, messages: AsyncIterable<Uint8Array>): void {
    this.#settle(query, undefined, messages);
  }
  #settle(query: Query, message: Message | undefined, messages: AsyncIterable<Uint8Array> | undefined): void {
    if (query === this.#serving) {
      this.#early = { query, done: true, message, messages };
      return;
    }
    const waiting = this.#waiting.find((each) => each.query === query);
    if (waiting === undefined) return;
    if (this.#closed) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      this.#owner.slots.release(query);
      return;
    }
    waiting.message = message;
    waiting.messages = messages;
    waiting.done = true;
    if (waiting === this.#waiting[0]) this.#later();
  }

  /** Once everything that is told now was told: several replies of one turn leave with one write. */
  #later(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#advance);
  }
  readonly #advance = (): void => {
    this.#scheduled = false;
    if (this.#closed || this.#streaming) return;
    const waiting = this.#waiting;
    let count = 0;
    for (; count < waiting.length && waiting[count]!.done && !this.#blocked; count++) {
      const { query, message, messages } = waiting[count]!;
      if (messages !== undefined) break;
      if (message !== undefined) this.#add(message.bytes, message.at, message.length);
      this.#owner.slots.release(query);
    }
    if (count > 0) waiting.splice(0, count);
    this.#write();
    if (count > 0 && !this.#blocked) this.#until = this.#owner.now() + this.service.timeouts.idle;
    const next = waiting[0];
    if (next?.messages !== undefined && !this.#blocked) void this.#pump(next.messages);
    else if (this.#frames.pending) this.#run();
    else this.#flow();
  };

  /** Writes a stream of messages, no faster than the client takes them. What breaks off is seen as such: the connection ends. */
  async #pump(messages: AsyncIterable<Uint8Array>): Promise<void> {
    this.#streaming = true;
    try {
      for await (const message of messages) {
        if (message.length > 65535) throw new RangeError('a message has at most 65535 bytes');
        this.#add(message, 0, message.length);
        this.#write();
        if (this.#blocked && !this.#closed) await new Promise<void>((resolve) => { this.#unblock = resolve; });
        this.#unblock = undefined;
        if (this.#closed) break;
      }
    } catch {
      this.#closed = true;
      this.#socket.destroy();
    }
    this.#streaming = false;
    const head = this.#waiting.shift();
    if (head !== undefined) this.#owner.slots.release(head.query);
    this.#until = this.#owner.now() + this.service.timeouts.idle;
    this.#later();
  }

  /** Called now and then: closes what has been silent or stuck for too long. */
  check(now: number): void {
    if (now < this.#until) return;
    if (this.#blocked || (this.#waiting.length === 0 && !this.#streaming)) this.#socket.destroy();
  }
  /** Takes no question any more that is not here yet, and closes our side when all are answered. */
  #finish(): void {
    this.#ending = true;
    this.#flow();
  }
  /** The server stops: the same, without waiting for the client to close its side. */
  stop(): void {
    this.#stopping = true;
    if (this.#ended) this.#socket.destroySoon();
    this.#finish();
  }
  /** Closes now. */
  destroy(): void {
    this.#socket.destroy();
  }
  #gone(): void {
    this.#closed = true;
    this.#frames.clear();
    const waiting = this.#waiting.splice(0);
    for (const each of waiting) {
      if (each.done && !(this.#streaming && each === waiting[0])) this.#owner.slots.release(each.query);
      else this.#waiting.push(each);
    }
    this.#unblock?.();
    this.#owner.gone(this);
  }
}
