// Connected UDP sockets without a network: a test reads what was asked and says what comes back. Knows bytes; knows no DNS.
import type { DatagramPeer, DatagramSocket, Datagrams, Receive } from '../upstream/datagrams.ts';

/** Bytes that a test's datagrams may take in all. */
const ROOM = 1 << 20;

/** A socket as the test sees it. */
export class FakeSocket implements DatagramSocket {
  readonly bytes = new Uint8Array(ROOM);
  readonly words = new Int32Array(this.bytes.buffer);
  readonly to: DatagramPeer;
  readonly localPort: number;
  readonly #receive: Receive;
  readonly #begin: (() => void) | undefined;
  /** Says what the network reported. */
  readonly breakWith: (code: string) => void;
  closed = false;
  #top = 0;
  #read = 0;
  readonly #written: { readonly at: number; readonly length: number }[] = [];

  constructor(to: DatagramPeer, localPort: number, receive: Receive, error: (code: string) => void, begin: (() => void) | undefined) {
    this.to = to;
    this.localPort = localPort;
    this.#receive = receive;
    this.breakWith = error;
    this.#begin = begin;
  }
  write(length: number): number {
    const at = this.#top;
    this.#top = (at + length + 19) & ~3;
    this.#written.push({ at, length });
    return at;
  }
  close(): void {
    this.closed = true;
  }
  /** What was written since the last call. */
  sent(): Uint8Array[] {
    const from = this.#read;
    this.#read = this.#written.length;
    return this.#written.slice(from).map(({ at, length }) => this.bytes.slice(at, at + length));
  }
  /** Lets a datagram come; a closed socket hears nothing. */
  deliver(packet: Uint8Array): void {
    if (this.closed) return;
    const words = new Int32Array((packet.length + 64) >> 2);
    const bytes = new Uint8Array(words.buffer);
    bytes.set(packet);
    this.#begin?.();
    this.#receive(bytes, words, 0, packet.length);
  }
}

/** Opens fake sockets, and remembers them. */
export class FakeDatagrams implements Datagrams {
  readonly sockets: FakeSocket[] = [];
  /** The code with which `open` fails from now on. */
  fails: string | undefined = undefined;

  open(to: DatagramPeer, receive: Receive, error: (code: string) => void, begin?: () => void): DatagramSocket {
    if (this.fails !== undefined) throw Object.assign(new Error(this.fails), { code: this.fails });
    const socket = new FakeSocket(to, 40000 + this.sockets.length, receive, error, begin);
    this.sockets.push(socket);
    return socket;
  }
  /** What was written to any socket since the last call. */
  sent(): { readonly socket: FakeSocket; readonly packet: Uint8Array }[] {
    return this.sockets.flatMap((socket) => socket.sent().map((packet) => ({ socket, packet })));
  }
}
