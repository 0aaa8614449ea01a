// Connected UDP sockets by Node's own, where the addon is missing. Knows dgram; knows nothing of DNS.
import type { Socket } from 'node:dgram';
import type { DatagramPeer, DatagramSocket, Datagrams, Receive } from '../upstream/datagrams.ts';
import { dgramSocket } from './udp-dgram.ts';

/** Bytes that the questions of one turn may take. */
const OUT = 262144;

/** A question that was given a place and is not sent yet. */
interface Placed {
  readonly socket: ConnectedDgram;
  readonly at: number;
  readonly length: number;
}

/** What the sockets of a thread share: a place for what came, and one for what leaves when the turn ends. */
class Exchange {
  readonly input = new Uint8Array(65536 + 64);
  readonly inputWords = new Int32Array(this.input.buffer);
  readonly bytes = new Uint8Array(OUT);
  readonly words = new Int32Array(this.bytes.buffer);
  #top = 0;
  #placed: Placed[] = [];

  place(socket: ConnectedDgram, length: number): number {
    const room = (length + 19) & ~3;
    if (this.#top + room > OUT) this.flush();
    if (this.#placed.length === 0) setImmediate(this.flush);
    const at = this.#top;
    this.#top += room;
    this.#placed.push({ socket, at, length });
    return at;
  }
  readonly flush = (): void => {
    const placed = this.#placed;
    this.#placed = [];
    this.#top = 0;
    for (const { socket, at, length } of placed) socket.transmit(Buffer.from(this.bytes.subarray(at, at + length)));
  };
}

class ConnectedDgram implements DatagramSocket {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly localPort: number;
  readonly #exchange: Exchange;
  readonly #socket: Socket;
  readonly #error: (code: string) => void;
  #closed = false;

  constructor(exchange: Exchange, to: DatagramPeer, receive: Receive, error: (code: string) => void, begin: (() => void) | undefined) {
    this.#exchange = exchange;
    this.bytes = exchange.bytes;
    this.words = exchange.words;
    this.#error = error;
    this.#socket = dgramSocket(to.address, false);
    let failed: Error | undefined;
    let opening = true;
    this.#socket.on('error', (reason) => {
      if (opening) failed = reason;
      else this.#report(reason);
    });
    this.#socket.bind({ port: 0, exclusive: true, ...(to.source === undefined ? {} : { address: to.source }) });
    if (failed === undefined) this.#socket.connect(to.port, to.address);
    opening = false;
    if (failed !== undefined) {
      this.#socket.close();
      throw failed;
    }
    this.localPort = this.#socket.address().port;
    this.#socket.on('message', (packet: Uint8Array) => {
      if (this.#closed) return;
      begin?.();
      const { input, inputWords } = exchange;
      input.set(packet);
      receive(input, inputWords, 0, packet.length);
    });
  }

  #report(reason: Error | null): void {
    const { code } = (reason ?? {}) as { code?: string };
    if (code !== undefined && !this.#closed) this.#error(code);
  }
  write(length: number): number {
    return this.#exchange.place(this, length);
  }
  /** Sends at the end of a turn. */
  transmit(bytes: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#socket.send(bytes, (reason) => this.#report(reason));
    } catch (reason) {                                          // connecting failed, as `error` hears
      this.#report(reason as Error);
    }
  }
  close(): void {
    if (this.#closed) return;
    this.#exchange.flush();
    if (this.#closed) return;                                    // who heard of an error meanwhile has closed it
    this.#closed = true;
    this.#socket.close();
  }
}

/** Connected sockets by Node's own. One for each thread. */
export class DgramDatagrams implements Datagrams {
  readonly #exchange = new Exchange();

  open(to: DatagramPeer, receive: Receive, error: (code: string) => void, begin?: () => void): DatagramSocket {
    return new ConnectedDgram(this.#exchange, to, receive, error, begin);
  }
}
