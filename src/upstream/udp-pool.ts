// Questions to one upstream over a few connected UDP sockets, many on each, safe against forged replies (RFC 5452). Knows ids,
// sockets and deadlines; knows nothing of who asks.
import { u16 } from '../dns/packet.ts';
import { ExchangeError } from './asking.ts';
import type { Asking, Carrier } from './asking.ts';
import type { DatagramPeer, DatagramSocket, Datagrams } from './datagrams.ts';
import { dialError, hostPort, localAddress, readError } from './network-error.ts';
import type { PoolCounter, PoolSettings } from './pool-settings.ts';
import { answersQuestion, lengthToSend, writeQuestion } from './question.ts';
import type { RandomIds } from './random-ids.ts';
import type { Timers } from './timers.ts';

/** Sockets of an upstream in one thread: each has a port of its own that a forger has to guess too. */
const SOCKETS = 8;
/** A socket is replaced after so many questions, and up to as many again, drawn at random. */
const USES = 1024;
/** Ids that timed out on one socket; with more it is replaced. */
const MOST_BURNT = 512;
/** In the table of ids: a reply to it may still come, so it is used no more until its socket is closed. */
const BURNT = 0xffff;
/** Questions that can be under way. */
const MOST_WAITING = 32768;

/** What a pool is made of. */
export interface UdpPoolParts {
  readonly to: DatagramPeer;
  readonly datagrams: Datagrams;
  readonly timers: Timers;
  readonly ids: RandomIds;
  readonly settings: PoolSettings;
  readonly counter: PoolCounter;
}

class UdpCarrier implements Carrier {
  readonly pool: UdpPool;
  socket!: DatagramSocket;
  waiting = 0;
  usesLeft: number;
  readonly openedAt: number;
  usedAt: number;
  retired = false;
  readonly burnt: number[] = [];

  constructor(pool: UdpPool, uses: number, now: number) {
    this.pool = pool;
    this.usesLeft = uses;
    this.openedAt = now;
    this.usedAt = now;
  }
  expired(asking: Asking): void {
    this.pool.expired(this, asking);
  }
}

/** The UDP way to one upstream, for one thread. */
export class UdpPool {
  readonly #parts: UdpPoolParts;
  readonly #carriers: (UdpCarrier | undefined)[];
  /** For each id 0, BURNT, or the number of the question that waits with it. */
  readonly #table = new Uint16Array(65536);
  readonly #waiting: (Asking | undefined)[] = [undefined];
  readonly #free: number[] = [];
  #localAddress: string | undefined = undefined;
  #closed = false;

  constructor(parts: UdpPoolParts) {
    this.#parts = parts;
    const { maxIdle } = parts.settings;
    const count = maxIdle === 0 ? SOCKETS : Math.min(SOCKETS, maxIdle);
    this.#carriers = new Array<UdpCarrier | undefined>(count).fill(undefined);
  }

  /** Sends the question, or says why it cannot be sent. */
  ask(asking: Asking): ExchangeError | undefined {
    const { timers, ids, settings, counter } = this.#parts;
    const place = ids.below(this.#carriers.length);
    let carrier = this.#carriers[place];
    if (carrier !== undefined && this.#worn(carrier, timers.now)) {
      this.#retire(carrier);
      carrier = undefined;
    }
    if (carrier === undefined) {
      counter.miss('udp');
      const opened = this.#open(place);
      if (opened instanceof ExchangeError) return opened;
      carrier = opened;
    } else counter.hit('udp');
    const index = this.#take(asking);
    if (index < 0) return dialError('udp', this.#parts.to, 'ENOBUFS');
    let id = ids.next();
    while (this.#table[id] !== 0) id = ids.next();
    this.#table[id] = index;
    asking.id = id;
    asking.index = index;
    asking.carrier = carrier;
    carrier.waiting++;
    carrier.usesLeft--;
    carrier.usedAt = timers.now;
    const { question } = asking;
    const length = lengthToSend(question);
    const { socket } = carrier;
    writeQuestion(question, length, id, socket.words, socket.bytes, socket.write(length));
    timers.set(asking, settings.readTimeout);
    return undefined;
  }
  #take(asking: Asking): number {
    const index = this.#free.pop() ?? this.#waiting.length;
    if (index > MOST_WAITING) return -1;
    this.#waiting[index] = asking;
    return index;
  }
  #worn(carrier: UdpCarrier, now: number): boolean {
    const { expire, maxAge } = this.#parts.settings;
    return carrier.usesLeft <= 0 || carrier.burnt.length > MOST_BURNT || (carrier.waiting === 0 && now - carrier.usedAt > expire)
      || (maxAge > 0 && now - carrier.openedAt > maxAge);
  }
  #open(place: number): UdpCarrier | ExchangeError {
    const { datagrams, to, timers, ids } = this.#parts;
    const carrier = new UdpCarrier(this, USES + (ids.next() & (USES - 1)), timers.now);
    try {
      carrier.socket = datagrams.open(
        to,
        (bytes, words, at, length) => this.#receive(carrier, bytes, words, at, length),
        (code) => this.#broken(carrier, code),
        timers.look,
      );
    } catch (error) {
      return dialError('udp', to, (error as NodeJS.ErrnoException).code ?? String(error));
    }
    if (this.#closed) carrier.retired = true;
    else this.#carriers[place] = carrier;
    return carrier;
  }

  #receive(carrier: UdpCarrier, bytes: Uint8Array, words: Int32Array, at: number, length: number): void {
    if (length < 12) return;
    const index = this.#table[u16(bytes, at)]!;
    if (index === 0 || index === BURNT) return;
    const asking = this.#waiting[index]!;
    if (asking.carrier !== carrier) return;
    this.#parts.timers.clear(asking);
    this.#table[asking.id] = 0;
    this.#leave(carrier, asking);
    if (answersQuestion(asking.question, bytes, words, at, length)) asking.answered(bytes, words, at, length);
    else asking.mismatched();
  }
  #leave(carrier: UdpCarrier, asking: Asking): void {
    this.#waiting[asking.index] = undefined;
    this.#free.push(asking.index);
    asking.carrier = undefined;
    asking.id = -1;
    if (--carrier.waiting === 0 && carrier.retired) this.#close(carrier);
  }
  /** No reply came in time: one may still come, so that its id is not given to another question. */
  expired(carrier: UdpCarrier, asking: Asking): void {
    this.#table[asking.id] = BURNT;
    carrier.burnt.push(asking.id);
    const { to } = this.#parts;
    const error = readError('udp', this.#local(carrier), to, 'timeout');
    this.#leave(carrier, asking);
    asking.failed(error);
  }
  #local(carrier: UdpCarrier): string {
    this.#localAddress ??= localAddress(this.#parts.to);
    return hostPort(this.#localAddress, carrier.socket.localPort);
  }
  /** The network says that nobody is there: then nobody will answer what else waits on this socket. */
  #broken(carrier: UdpCarrier, code: string): void {
    const { timers, to } = this.#parts;
    const waiting = this.#waiting.filter((asking) => asking?.carrier === carrier) as Asking[];
    if (waiting.length === 0) return;
    const error = readError('udp', this.#local(carrier), to, code);
    for (const asking of waiting) {
      if (asking.carrier !== carrier) continue;
      timers.clear(asking);
      this.#table[asking.id] = BURNT;
      carrier.burnt.push(asking.id);
      this.#leave(carrier, asking);
    }
    for (const asking of waiting) asking.failed(error);
  }

  #retire(carrier: UdpCarrier): void {
    const place = this.#carriers.indexOf(carrier);
    if (place >= 0) this.#carriers[place] = undefined;
    carrier.retired = true;
    if (carrier.waiting === 0) this.#close(carrier);
  }
  #close(carrier: UdpCarrier): void {
    for (const id of carrier.burnt) this.#table[id] = 0;
    carrier.burnt.length = 0;
    carrier.socket.close();
  }
  /** Closes what has been idle for too long. */
  sweep(now: number): void {
    for (const carrier of this.#carriers) if (carrier !== undefined && this.#worn(carrier, now)) this.#retire(carrier);
  }
  /** Closes every socket as soon as nothing waits on it. Questions can still be asked; they get sockets of their own. */
  close(): void {
    this.#closed = true;
    for (const carrier of this.#carriers) if (carrier !== undefined) this.#retire(carrier);
  }
}
