// Questions of a resolver on their way: over UDP a socket of its own for each, at a port that the kernel draws (RFC 5452 section 9.2), over
// TCP a connection. Knows sockets; what a reply is it does not.
import net from 'node:net';
import { Frames } from '../dns/frames.ts';
import type { Asked, Datagrams } from '../upstream/datagrams.ts';
import type { ServerNetwork } from './exchange.ts';
import type { ServerAddress } from './settings.ts';

/** Sockets that a thread has open for questions at the same time. */
const MOST_OPEN = 2000;
/** A connection has to be made first: milliseconds more than a datagram has. */
const CONNECTING = 1000;
/** Datagrams at a socket that are no reply: more of them, and somebody is guessing; the question goes over TCP (RFC 5452 section 9.2). */
const MOST_STRAYS = 100;

/** What it needs. */
export interface SocketParts {
  readonly datagrams: Datagrams;
  /** Calls once after so many milliseconds, unless the returned function is called before. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
}
type IsIt = (reply: Uint8Array) => boolean;
type Done = (reply: Uint8Array | undefined) => void;

/** A question on its way over UDP. */
class Question implements Asked {
  readonly #sockets: Sockets;
  readonly #to: ServerAddress;
  readonly #query: Uint8Array;
  readonly #patience: number;
  readonly #isIt: IsIt;
  readonly #done: Done;
  readonly #cancel: () => void;
  #close: (() => void) | number | undefined;
  #strays = 0;
  #over = false;

  constructor(sockets: Sockets, to: ServerAddress, query: Uint8Array, patience: number, isIt: IsIt, done: Done) {
    this.#sockets = sockets;
    this.#to = to;
    this.#query = query;
    this.#patience = patience;
    this.#isIt = isIt;
    this.#done = done;
    const { datagrams, after } = sockets.parts;
    this.#cancel = after(patience, () => this.#end(undefined));
    try {
      const socket = datagrams.ask?.(to, query, this) ?? -1;
      this.#close = socket >= 0 ? socket : this.#open();
    } catch {
      this.#end(undefined);                                     // no socket, no way there
    }
  }
  #open(): () => void {
    const { datagrams } = this.#sockets.parts;
    const socket = datagrams.open(this.#to, (bytes, _, at, length) => this.received(bytes, at, length), () => this.#end(undefined));
    socket.bytes.set(this.#query, socket.write(this.#query.length));
    return () => socket.close();
  }
  received(bytes: Uint8Array, at: number, length: number): void {
    const reply = bytes.slice(at, at + length);
    if (this.#isIt(reply)) return this.#end(reply);
    if (++this.#strays < MOST_STRAYS) return;
    this.#leave();
    this.#sockets.stream(this.#to, this.#query, this.#patience, this.#isIt, this.#done);
  }
  failed(): void {
    this.#end(undefined);
  }
  #end(reply: Uint8Array | undefined): void {
    if (this.#over) return;
    this.#leave();
    this.#done(reply);
  }
  #leave(): void {
    this.#over = true;
    this.#cancel();
    const { datagrams } = this.#sockets.parts;
    if (typeof this.#close === 'number') datagrams.end!(this.#close);
    else this.#close?.();
  }
}

/** The network as it is. */
export class Sockets implements ServerNetwork {
  readonly parts: SocketParts;
  #open = 0;

  constructor(parts: SocketParts) {
    this.parts = parts;
  }
  exchange(to: ServerAddress, query: Uint8Array, tcp: boolean, patience: number, isIt: IsIt): Promise<Uint8Array | undefined> {
    if (this.#open >= MOST_OPEN) return Promise.resolve(undefined);
    this.#open++;
    return new Promise((resolve) => {
      const done: Done = (reply) => {
        this.#open--;
        resolve(reply);
      };
      if (tcp) this.stream(to, query, patience, isIt, done);
      else new Question(this, to, query, patience, isIt, done);
    });
  }

  /** Asks over a connection; `done` is called once. */
  stream(to: ServerAddress, query: Uint8Array, patience: number, isIt: IsIt, done: Done): void {
    const socket = net.connect({ host: to.address, port: to.port, noDelay: true });
    const frames = new Frames();
    let over = false;
    const end: Done = (reply) => {
      if (over) return;
      over = true;
      cancel();
      socket.destroy();
      done(reply);
    };
    const cancel = this.parts.after(patience + CONNECTING, () => end(undefined));
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(undefined));
    socket.on('data', (chunk: Buffer) => {
      frames.push(chunk);
      while (frames.next()) {
        const reply = frames.bytes.slice(frames.at, frames.at + frames.length);
        if (isIt(reply)) return end(reply);
      }
    });
    socket.write(Buffer.concat([Buffer.of(query.length >> 8, query.length & 255), query]));
  }
}
