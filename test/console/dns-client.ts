// Asks a server of this machine over UDP, again and again until an answer comes. Knows packets of one question, whatever octets its name
// has.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';

/** Milliseconds until a question is asked again. */
const AGAIN = 1000;

/** A socket. */
export class DnsClient {
  readonly #socket: Socket;
  readonly port: number;
  readonly #waiting = new Map<number, (reply: Buffer) => void>();
  #next = 1;

  constructor(port: number) {
    this.port = port;
    this.#socket = createSocket('udp4');
    this.#socket.on('message', (reply) => this.#waiting.get(reply.readUInt16BE(0))?.(reply));
    this.#socket.unref();
  }
  close(): void {
    this.#socket.close();
  }
  /** Asks for a name; its labels are octets, one a letter. */
  async ask(name: string | readonly string[], type = 1): Promise<Buffer> {
    const id = this.#next++ & 0xffff;
    const labels = typeof name === 'string' ? name.split('.') : name;
    const wire = Buffer.from(`${labels.map((label) => String.fromCharCode(label.length) + label).join('')}\0`, 'latin1');
    const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    const packet = Buffer.concat([head, wire, Buffer.from([type >> 8, type & 255, 0, 1])]);
    const send = (): void => this.#socket.send(packet, this.port, '127.0.0.1');
    const timer = setInterval(send, AGAIN);
    try {
      return await new Promise((resolve) => {
        this.#waiting.set(id, resolve);
        send();
      });
    } finally {
      clearInterval(timer);
      this.#waiting.delete(id);
    }
  }
}
