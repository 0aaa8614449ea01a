// Questions of a resolver on their way: over UDP a socket of its own for each, at a port that the kernel draws (RFC 5452 section 9.2), over
// TCP a connection. Knows sockets; what a reply is it does not.
import net from 'node:net';
import { Frames } from '../dns/frames.ts';
import type { Datagrams } from '../upstream/datagrams.ts';
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

/** The network as it is. */
export class Sockets implements ServerNetwork {
  readonly #parts: SocketParts;
  #open = 0;

  constructor(parts: SocketParts) {
    this.#parts = parts;
  }
  exchange(to: ServerAddress, query: Uint8Array, tcp: boolean, patience: number, isIt: IsIt): Promise<Uint8Array | undefined> {
    if (this.#open >= MOST_OPEN) return Promise.resolve(undefined);
    this.#open++;
    return new Promise((resolve) => {
      const done: Done = (reply) => {
        this.#open--;
        resolve(reply);
      };
      if (tcp) this.#stream(to, query, patience + CONNECTING, isIt, once(done));
      else this.#datagram(to, query, patience, isIt, once(done));
    });
  }

  #datagram(to: ServerAddress, query: Uint8Array, patience: number, isIt: IsIt, done: Done): void {
    let strays = 0;
    const end: Done = (reply) => {
      cancel();
      socket?.close();
      done(reply);
    };
    const cancel = this.#parts.after(patience, () => end(undefined));
    const received = (bytes: Uint8Array, _words: Int32Array, at: number, length: number): void => {
      const reply = bytes.slice(at, at + length);
      if (isIt(reply)) return end(reply);
      if (++strays < MOST_STRAYS) return;
      cancel();
      socket?.close();
      this.#stream(to, query, patience + CONNECTING, isIt, done);
    };
    let socket: ReturnType<Datagrams['open']> | undefined;
    try {
      socket = this.#parts.datagrams.open(to, received, () => end(undefined));
      socket.bytes.set(query, socket.write(query.length));
    } catch {
      end(undefined);                                           // no socket, no way there
    }
  }

  #stream(to: ServerAddress, query: Uint8Array, patience: number, isIt: IsIt, done: Done): void {
    const socket = net.connect({ host: to.address, port: to.port, noDelay: true });
    const frames = new Frames();
    const end: Done = (reply) => {
      cancel();
      socket.destroy();
      done(reply);
    };
    const cancel = this.#parts.after(patience, () => end(undefined));
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

function once(call: Done): Done {
  let called = false;
  return (reply) => {
    if (called) return;
    called = true;
    call(reply);
  };
}
