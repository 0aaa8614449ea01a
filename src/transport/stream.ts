// One connection on which questions come in a stream (SRV-3): which one is next, how many may wait, and when it is over. Knows frames,
// seats and time; knows nothing of how the connection came about, of how replies leave, or of DNS.
import type { Socket } from 'node:net';
import { PACKET_ROOM, PEER_ROOM } from '../kernel/query/arena.ts';
import type { Message } from '../kernel/query/message.ts';
import { writePeer } from '../kernel/query/peer.ts';
import { Query } from '../kernel/query/query.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Channel, Service, TransportName } from '../kernel/query/transport.ts';
import { unmapped } from './addresses.ts';
import { isDso } from '../dns/dso.ts';
import { Frames } from '../dns/frames.ts';
import { UNFINISHED, UNREAD } from './ledger.ts';
import { StreamWriter } from './stream-writer.ts';
import type { Asking, WriterOwner } from './stream-writer.ts';
import type { Ends } from './ends.ts';
import type { DsoSession, OpenSession } from './dso-session.ts';
import type { Held, HeldBy } from './held.ts';
import type { SecureChannel } from '../secure/server.ts';

/** Questions that are read ahead while one waits for its answer. */
export const READ_AHEAD = 16;
/** Milliseconds for a client to close its side after we closed ours; where the server stops. */
const LINGER = 1000, LINGER_STOPPING = 250;
/** Milliseconds that a client has where there are nearly as many connections as there may be. */
const BRIEF = 500;
/**
 * Where the server stops, in milliseconds. A client that is silent for `SILENT` is done. One that asks on is left between two questions,
 * soon after an answer and not before `BURST` is over: later in its pause the next one may be on its way already. One that never
 * pauses is cut off after `MOST_LEAVING`.
 */
const SILENT = 20, BURST = 100, PAUSE = 1, PAUSE_ENDS = 2.5, MOST_LEAVING = 1000;

/** What a connection is made with, beside its socket. */
export interface StreamOwner extends WriterOwner {
  readonly by: HeldBy;
  readonly name: TransportName;
  readonly secure: SecureChannel | undefined;
  /** As a proxy says them, or the socket. */
  readonly ends: Ends;
  /** Where clients may say more than questions. */
  readonly openSession?: OpenSession | undefined;
}

/**
 * `open`: questions are taken. `leaving`: the server stops, and takes them until the client is silent. `ending`: only those that are here
 * already (the client has finished, or the limit is reached). `ended`: our side is closed. `closed`: all is over.
 */
type State = 'open' | 'leaving' | 'ending' | 'ended' | 'closed';

/** A connection: the channel of its questions. */
export class StreamConnection implements Channel, Asking, Held {
  readonly transport: TransportName;
  readonly stream = true;
  readonly secure: SecureChannel | undefined;
  service: Service;
  readonly localAddress: string;
  readonly localPort: number;
  readonly tlvs: Uint8Array | undefined;
  readonly #socket: Socket;
  readonly #owner: StreamOwner;
  readonly #writer: StreamWriter;
  readonly #frames = new Frames();
  /** The client, as it stands in each of its questions' seats. */
  readonly #peer = new Int32Array(PEER_ROOM >> 2);
  #serving: Query | undefined = undefined;
  #early: { readonly message: Message | undefined; readonly messages: AsyncIterable<Uint8Array> | undefined } | undefined = undefined;
  #asked = 0;
  #state: State = 'open';
  #paused = false;
  #session: DsoSession | undefined = undefined;
  /** It has one question, and no time. */
  #isBrief = false;
  /** When something was last heard or said, until when the client may be silent, and when the server began to stop. */
  #since: number;
  #until: number;
  #stopped = 0;
  /** Bytes that it holds, by kind, as far as others were told. */
  readonly #held = [0, 0, 0];

  constructor(socket: Socket, service: Service, owner: StreamOwner) {
    this.#socket = socket;
    this.service = service;
    this.#owner = owner;
    this.#writer = new StreamWriter(socket, owner, this);
    this.transport = owner.name;
    this.secure = owner.secure;
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0, tlvs } = owner.ends;
    this.localAddress = unmapped(localAddress);
    this.localPort = localPort;
    this.tlvs = tlvs;
    writePeer(new Uint8Array(this.#peer.buffer), 0, remoteAddress, remotePort);
    this.#since = owner.by.now();
    this.#until = this.#since + service.timeouts.read;
    socket.on('data', (chunk: Uint8Array) => this.#came(chunk));
    socket.on('end', () => this.#finish());
    socket.on('error', () => {});
    socket.on('close', () => this.#gone());
  }

  /** Questions on this connection that have no answer yet. */
  get waiting(): number {
    return this.#writer.waiting;
  }
  /** So many later answers may overtake one. */
  get overtaking(): number {
    return this.service.timeouts.outOfOrder;
  }
  /** The process is about to end: clients that can be told so (RFC 7828 section 3.3.2) are to ask elsewhere. */
  get leaving(): boolean {
    return this.#owner.by.connections.ledger.leaving;
  }

  #came(chunk: Uint8Array): void {
    if (this.#state === 'ended' || this.#state === 'closed' || this.#limited) return;
    this.#frames.push(chunk);
    this.#run();
  }
  get #limited(): boolean {
    const { queries } = this.service.timeouts;
    return (queries > 0 && this.#asked >= queries) || (this.#isBrief && this.#asked > 0);
  }
  /** Whether another question may be asked now. */
  get #free(): boolean {
    const { blocked, streaming, waiting } = this.#writer;
    return !blocked && !streaming && waiting < READ_AHEAD && this.#state !== 'closed';
  }

  /** Asks the questions that are here, as far as it is their turn, and writes what is answered. */
  #run(): void {
    const { service } = this;
    const frames = this.#frames;
    const before = this.#asked;
    service.begin();
    while (this.#free && !this.#limited && frames.next()) this.#ask(service);
    service.end();
    this.#writer.write();
    if (this.#limited) {
      frames.clear();
      this.#end();
    }
    if (this.#asked !== before && !this.#writer.blocked) this.expect('idle');
    if (frames.held !== this.#held[UNFINISHED]) this.#hold(UNFINISHED, frames.held);
    this.#flow();
  }
  /** Reads from the socket only while there is use for it, and closes when all is done. */
  #flow(): void {
    const state = this.#state;
    if (state === 'closed') return;
    const pause = state !== 'ended' && (this.#frames.pending || !this.#free);
    if (pause !== this.#paused) {
      this.#paused = pause;
      if (pause) this.#socket.pause();
      else this.#socket.resume();
    }
    if (state !== 'ending' || this.#writer.waiting > 0 || this.#writer.blocked || this.#frames.pending) return;
    this.#state = 'ended';
    this.#until = this.#owner.by.now() + (this.#stopped > 0 ? LINGER_STOPPING : LINGER);
    this.#paused = false;
    // Read on: what is never read makes the kernel reset the connection, and the last replies with it.
    this.#socket.resume().end();
  }

  #ask(service: Service): void {
    const { bytes, at, length } = this.#frames;
    if (this.#isSaid(bytes, at, length)) return;
    const query = this.#take(length);
    if (length <= 64) for (let i = 0; i < length; i++) query.bytes[query.at + i] = bytes[at + i]!;
    else query.bytes.set(bytes.subarray(at, at + length), query.at);
    for (let i = 0, to = query.peerAt >> 2; i < PEER_ROOM >> 2; i++) query.words[to + i] = this.#peer[i]!;
    query.arrive(length, this);
    this.#asked++;
    this.#serving = query;
    const outcome = service.serve(query);
    this.#serving = undefined;
    if (outcome !== LATER) {
      this.#writer.answer(query, outcome);
      return;
    }
    this.#writer.expect(query);
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) this.#writer.settle(query, early.message, early.messages);
  }
  /** Whether it is no question, but what a session takes (RFC 8490), which the first such message begins. */
  #isSaid(bytes: Uint8Array, at: number, length: number): boolean {
    if (this.#session === undefined && !isDso(bytes, at, length)) return false;
    this.#session ??= this.#owner.openSession?.(this, this.#peer, (message) => this.#writer.say(message));
    return this.#session?.take(bytes.subarray(at, at + length)) === true;
  }
  /** A seat, while enough are left for UDP; else memory of its own. */
  #take(length: number): Query {
    const { seats } = this.#owner;
    if (length > PACKET_ROOM || seats.arena.left * 2 < seats.arena.capacity) return Query.alone(Math.max(length, 12));
    return seats.take() ?? Query.alone(PACKET_ROOM);
  }

  send(query: Query, message: Message | undefined): void {
    this.#settle(query, message, undefined);
  }
  sendAll(query: Query, messages: AsyncIterable<Uint8Array>): void {
    this.#settle(query, undefined, messages);
  }
  #settle(query: Query, message: Message | undefined, messages: AsyncIterable<Uint8Array> | undefined): void {
    if (query === this.#serving) this.#early = { message, messages };
    else this.#writer.settle(query, message, messages);
  }

  // --- what the writer says

  expect(what: 'write' | 'idle'): void {
    this.#since = this.#owner.by.now();
    this.#until = this.#since + (this.#isBrief ? BRIEF : this.service.timeouts[what]);
  }
  moved(): void {
    if (!this.#writer.blocked) this.#session?.drained();
    if (this.#frames.pending) this.#run();
    else this.#flow();
  }
  unread(bytes: number): void {
    this.#hold(UNREAD, bytes);
  }

  // --- room for others

  #hold(kind: number, bytes: number): void {
    const before = this.#held[kind]!;
    this.#held[kind] = bytes;
    this.#owner.by.connections.hold(this, kind, bytes, before);
  }
  get since(): number {
    return this.#since;
  }
  get claim(): number {
    return this.#asked === 0 ? 0 : this.#writer.waiting === 0 ? 1 : 2;
  }
  drop(): void {
    this.#state = 'closed';
    this.#letGo();
    this.#socket.destroy();
  }
  #letGo(): void {
    this.#frames.clear();
    for (const kind of [UNFINISHED, UNREAD]) if (this.#held[kind]! > 0) this.#hold(kind, 0);
  }

  // --- the end

  /** Closes what has been silent or stuck for too long. */
  check(now: number): void {
    if (this.#session !== undefined && !this.#writer.blocked) return this.#session.check(now);
    if (now < this.#until) return;
    if (this.#writer.blocked || (this.#writer.waiting === 0 && !this.#writer.streaming)) this.#socket.destroy();
  }
  brief(now: number): void {
    this.#isBrief = true;
    this.#until = now + BRIEF;
  }
  /** Called every millisecond while the server stops: whoever is silent was answered, whatever lay in the socket when it began. */
  leave(now: number): void {
    if (this.#state === 'ended' && now >= this.#until) this.#socket.destroy();
    if (this.#state !== 'leaving') return;
    const stopping = now - this.#stopped;
    if (this.#session?.isAwaited(stopping) === true) return;
    const silent = now - this.#since;
    const between = stopping >= BURST && silent >= PAUSE && silent <= PAUSE_ENDS;
    const quiet = this.#writer.waiting === 0 && !this.#frames.pending && (silent >= SILENT || between);
    if (!quiet && stopping < MOST_LEAVING) return;
    // Not before the loop has looked once more: it may be the timers that were late, not the client.
    const asked = this.#asked;
    setImmediate(() => {
      if (this.#state === 'leaving' && (asked === this.#asked || stopping >= MOST_LEAVING)) this.#finish();
    });
  }
  /** Takes no question any more that is not here yet, and closes our side when all are answered. */
  #finish(): void {
    this.#end();
    this.#flow();
  }
  #end(): void {
    if (this.#state === 'open' || this.#state === 'leaving') this.#state = 'ending';
  }
  /** The server stops: from now on `leave` is called. */
  stop(): void {
    this.#stopped = this.#since = this.#owner.by.now();
    if (this.#state === 'open') this.#state = 'leaving';
    this.#session?.leave();
    if (this.#state === 'ended') this.#until = Math.min(this.#until, this.#stopped + LINGER_STOPPING);
  }
  destroy(): void {
    this.#socket.destroy();
  }
  #gone(): void {
    this.#state = 'closed';
    this.#session?.close();
    this.#letGo();
    this.#writer.close();
    this.#owner.by.gone(this);
  }
}
