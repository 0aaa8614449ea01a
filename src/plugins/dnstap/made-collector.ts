// A collector of dnstap for tests: accepts or dials a Frame Stream and reads what is told. Knows the frames and the fields; knows nothing
// of who sends.
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { control } from './frame-stream.ts';

/** The fields of a protobuf message by number: numbers, or bytes. The last of several counts. Throws RangeError where it is cut. */
export function fieldsOf(bytes: Uint8Array): Map<number, number | Uint8Array> {
  const fields = new Map<number, number | Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag & 7;
    if (wire === 0) fields.set(tag >> 3, varint());
    else if (wire === 5) {
      fields.set(tag >> 3, view.getUint32(at, true));
      at += 4;
    } else {
      const length = varint();
      if (at + length > bytes.length) throw new RangeError('a field is cut');
      fields.set(tag >> 3, bytes.subarray(at, at + length));
      at += length;
    }
  }
  return fields;
}

/** A message that came: what is outside of `message`, and what is in it. */
export interface Heard {
  readonly outside: Map<number, number | Uint8Array>;
  readonly message: Map<number, number | Uint8Array>;
}

/** One collector. */
export class Collector {
  readonly heard: Heard[] = [];
  /** The same as bytes, with their lengths in front. */
  readonly frames: Buffer[] = [];
  /** Types of control frames: 4 READY, 2 START, 3 STOP. */
  readonly controls: number[] = [];
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #wake: () => void = () => {};

  /** Waits for servers at a path or a free port, whose number is the result. */
  async listen(path?: string): Promise<number> {
    const server = this.#server = createServer((socket) => this.read(socket));
    await new Promise<void>((resolve) => (path === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve)));
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
  /** Reads from a server that listens. */
  async dial(port: number): Promise<void> {
    const socket = connect(port, '127.0.0.1');
    this.read(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  }
  /** Reads from a connection. */
  read(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    let pending = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      while (pending.length >= 8) {
        const isControl = pending.readUInt32BE(0) === 0;
        const end = isControl ? 8 + pending.readUInt32BE(4) : 4 + pending.readUInt32BE(0);
        if (pending.length < end) break;
        if (isControl) this.#control(socket, pending.readUInt32BE(8));
        else {
          this.frames.push(Buffer.from(pending.subarray(0, end)));
          const outside = fieldsOf(pending.subarray(4, end));
          this.heard.push({ outside, message: fieldsOf(outside.get(14) as Uint8Array) });
        }
        pending = pending.subarray(end);
        this.#wake();
      }
    });
  }
  #control(socket: Socket, said: number): void {
    this.controls.push(said);
    if (said === 4) socket.write(control(1, 'protobuf:dnstap.Dnstap'));
  }
  /** Resolves when `isEnough` says so. */
  async until(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
  /** Ends its connections. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
  close(): void {
    this.hangUp();
    this.#server?.close();
  }
}
