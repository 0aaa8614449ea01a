// One TCP connection to an upstream with many questions on it; replies come in any order (RFC 7766 section 7). Knows frames, ids
// and deadlines; knows nothing of other connections.
import { joinHostPort } from '../dns/host-port.ts';
import net from 'node:net';
import { Frames } from '../dns/frames.ts';
import { HEADER, u16 } from '../dns/packet.ts';
import { ExchangeError } from './asking.ts';
import type { Asking, Carrier } from './asking.ts';
import { dialError, readError, untrusted } from './network-error.ts';
import { answersQuestion, lengthToSend, writeQuestion } from './question.ts';
import type { DatagramPeer } from './datagrams.ts';
import { lifetime } from './pool-settings.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { RandomIds } from './random-ids.ts';
import { RecentIds } from './recent-ids.ts';
import type { Timers } from './timers.ts';
import { resumed } from './secure-dial.ts';
import type { DialSecurely } from './secure-dial.ts';

const input = Buffer.allocUnsafeSlow(65536);
/** A message where it can be read by words. */
const message = new Uint8Array(65536 + 64);
const messageWords = new Int32Array(message.buffer);
/** A reply to a question that is waited for no more. */
const GIVEN_UP = 0;

/** What a connection needs of its pool. */
export interface DialedStreamOwner {
  readonly to: DatagramPeer;
  readonly timers: Timers;
  readonly ids: RandomIds;
  readonly settings: PoolSettings;
  /** Where connections are over TLS: how one is begun. */
  readonly secure: DialSecurely | undefined;
  /** What is counted of it. */
  opened(resumed: boolean | undefined): void;
  closed(): void;
  muted(): void;
  /** It took so long to connect, or to find out that one cannot. */
  dialed(milliseconds: number): void;
  /** Nothing waits on it any more. */
  idle(connection: DialedStream): void;
  /** No further question shall be put on it. */
  retire(connection: DialedStream): void;
  /** It was closed under these questions. */
  ended(connection: DialedStream, waiting: readonly Asking[], error: ExchangeError): void;
}

/** A connection, from the moment that it is opened. */
export class DialedStream implements Carrier {
  readonly #owner: DialedStreamOwner;
  readonly #socket: net.Socket;
  readonly #frames = new Frames();
  readonly #waiting = new Map<number, Asking | typeof GIVEN_UP>();
  readonly #answered = new RecentIds();
  #out = new Uint8Array(2048);
  #outWords = new Int32Array(this.#out.buffer);
  #outEnd = 0;
  #connected = false;
  #local = '';
  #ended = false;
  /** Questions that wait on it. */
  waiting = 0;
  /** Replies that it brought. */
  replies = 0;
  readonly header: Uint8Array | undefined;
  readonly openedAt: number;
  usedAt: number;
  /** Milliseconds after which no further question is put on it: less than is said, by up to a tenth, so that not all end at once. */
  readonly most: number;
  readonly #dialTimeout: number;
  #heardAt = 0;
  /** True where no further question is to be put on it. */
  retired = false;

  /** `header` is what the connection begins with. */
  constructor(owner: DialedStreamOwner, dialTimeout: number, header?: Uint8Array) {
    this.header = header;
    this.#owner = owner;
    this.openedAt = owner.timers.now;
    this.usedAt = this.openedAt;
    this.#dialTimeout = dialTimeout;
    this.most = lifetime(owner.settings.maxAge, owner.ids);
    const { address, port, source } = owner.to;
    const how = {
      host: address, port, noDelay: true, ...(source === undefined ? {} : { localAddress: source }),
      onread: { buffer: input, callback: (count: number) => this.#read(count) },
    };
    const { secure } = owner;
    this.#socket = header !== undefined ? this.#begin(how, header) : secure === undefined ? net.connect(how) : secure.connect(how);
    this.#socket.on(secure === undefined ? 'connect' : 'secureConnect', () => this.#connect());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? 'EIO', secure?.told(error)));
    this.#socket.on('end', () => this.#end('EOF'));
    this.#socket.on('close', () => this.#end('EOF'));
  }

  /** The header comes first, before a handshake too. */
  #begin(how: net.TcpNetConnectOpts, header: Uint8Array): net.Socket {
    const { secure } = this.#owner;
    const { onread: _, ...plain } = how;
    const socket = net.connect(secure === undefined ? how : plain);
    socket.write(header);
    if (secure === undefined) return socket;
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? 'EIO'));
    return secure.connect({ ...plain, socket } as net.NetConnectOpts).on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at += input.length) this.#read(chunk.copy(input, 0, at));
    });
  }
  /** Puts a question on the connection; it leaves with the others of this turn of the event loop. */
  ask(asking: Asking): void {
    const { ids, timers, settings } = this.#owner;
    let id = ids.next();
    while (this.#waiting.has(id)) id = ids.next();
    this.#waiting.set(id, asking);
    asking.id = id;
    asking.tcp = true;
    asking.carrier = this;
    this.waiting++;
    this.usedAt = timers.now;
    this.#write(asking, id);
    timers.set(asking, this.#connected ? settings.readTimeout : this.#dialTimeout);
  }
  /** Questions are laid out on multiples of 4 and moved together when they are sent. */
  #write(asking: Asking, id: number): void {
    const { question } = asking;
    const length = lengthToSend(question);
    const at = (this.#outEnd + 3) & ~3;
    if (at + 4 + length + 4 > this.#out.length) this.#grow(at + length + 8);
    if (this.#outEnd === 0) setImmediate(this.#flush);
    this.#outWords[at >> 2] = length;
    writeQuestion(question, length, id, this.#outWords, this.#out, at + 4);
    this.#outEnd = at + 4 + length;
  }
  #grow(size: number): void {
    const larger = new Uint8Array(Math.max(2 * this.#out.length, (size + 63) & ~63));
    larger.set(this.#out.subarray(0, this.#outEnd));
    this.#out = larger;
    this.#outWords = new Int32Array(larger.buffer);
  }
  readonly #flush = (): void => {
    const end = this.#outEnd;
    this.#outEnd = 0;
    if (this.#ended) return;
    const packed = Buffer.allocUnsafe(end);
    let to = 0;
    for (let at = 0; at < end; ) {
      const length = this.#outWords[at >> 2]!;
      packed[to] = length >> 8;
      packed[to + 1] = length;
      packed.set(this.#out.subarray(at + 4, at + 4 + length), to + 2);
      to += 2 + length;
      at = (at + 4 + length + 3) & ~3;
    }
    this.#socket.write(packed.subarray(0, to));
  };

  #connect(): void {
    if (this.#ended) return;
    this.#connected = true;
    this.#owner.opened(this.#owner.secure === undefined ? undefined : resumed(this.#socket));
    this.#local = joinHostPort(this.#socket.localAddress ?? '', this.#socket.localPort ?? 0);
    const { timers, settings } = this.#owner;
    timers.look();
    this.#owner.dialed(timers.now - this.openedAt);
    for (const asking of this.#waiting.values()) {
      if (asking === GIVEN_UP) continue;
      timers.clear(asking);
      timers.set(asking, settings.readTimeout);
    }
  }
  #read(count: number): boolean {
    if (this.#ended) return true;
    this.#owner.timers.look();
    this.#heardAt = this.#owner.timers.now;
    const frames = this.#frames;
    frames.push(input.subarray(0, count));
    while (!this.#ended && frames.next()) {
      message.set(frames.bytes.subarray(frames.at, frames.at + frames.length));
      this.#receive(message, messageWords, 0, frames.length);
    }
    if (this.retired && this.waiting === 0) this.close();
    return true;
  }
  #receive(bytes: Uint8Array, words: Int32Array, at: number, length: number): void {
    const id = length < HEADER ? -1 : u16(bytes, at);
    const asking = this.#waiting.get(id);
    if (asking === undefined) {
      // Whoever sends what is no message, or answers what was never asked, will not answer anything that follows either.
      if (length < HEADER || !this.#answered.has(id)) this.#end('EBADMSG');
      return;
    }
    if (asking === GIVEN_UP) return;
    this.replies++;
    this.#waiting.delete(id);
    this.#answered.add(id);
    this.#owner.timers.clear(asking);
    this.#leave(asking);
    if (this.waiting === 0) this.#owner.idle(this);
    if (answersQuestion(asking.question, bytes, words, at, length)) asking.arrived(bytes, words, at, length);
    else asking.mismatched();
  }
  #leave(asking: Asking): void {
    asking.carrier = undefined;
    asking.id = -1;
    this.waiting--;
  }
  /** Nothing came in time. Where nothing at all came since it was sent, the connection is taken for dead. */
  expired(asking: Asking): void {
    this.#waiting.set(asking.id, GIVEN_UP);
    const { settings, timers, to } = this.#owner;
    const error = this.#connected ? this.#error('timeout') : dialError('tcp', to, 'timeout');
    if (!this.#connected || this.#heardAt < timers.now - settings.readTimeout) this.#owner.retire(this);
    this.#leave(asking);
    if (!this.#connected) this.#owner.dialed(this.#dialTimeout);
    if (this.retired && this.waiting === 0) this.close();
    asking.failed(error);
  }
  /** It may be dead: what waits on it waits on, and nothing more is put on it. */
  doubt(): void {
    if (!this.retired) this.#owner.muted();
    this.#owner.retire(this);
  }
  quietSince(time: number): boolean {
    return this.#heardAt <= time;
  }
  #error(code: string): ExchangeError {
    const { secure, to } = this.#owner;
    // Over TLS CoreDNS says `EOF` too, and nobody knows whose.
    if (code === 'EOF' && secure !== undefined) {
      return new ExchangeError(`read tcp ${this.#local}->${joinHostPort(to.address, to.port)}: EOF`, code);
    }
    return readError('tcp', this.#local, to, code);
  }

  /** True from the moment that the upstream has taken it. */
  get connected(): boolean {
    return this.#connected;
  }
  /** The connection is over: what waits on it fails, or is asked again. */
  #end(code: string, told?: string): void {
    if (this.#ended) return;
    const { to } = this.#owner;
    const error = told !== undefined ? untrusted('tcp', to, told) : this.#connected ? this.#error(code) : dialError('tcp', to, code);
    this.#ended = true;
    if (this.#connected) this.#owner.closed();
    this.#socket.destroy();
    const waiting = [...this.#waiting.values()].filter((asking) => asking !== GIVEN_UP);
    this.#waiting.clear();
    this.#owner.timers.look();
    for (const asking of waiting) {
      this.#owner.timers.clear(asking);
      this.#leave(asking);
    }
    this.#owner.ended(this, waiting, error);
  }
  /** Closes the connection. Nothing may wait on it. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#connected) this.#owner.closed();
    this.#owner.retire(this);
    this.#socket.destroy();
  }
}
