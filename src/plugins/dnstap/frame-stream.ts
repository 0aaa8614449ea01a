// The writing side of a Frame Stream over a socket (TAP-2): both say what they speak, then frames follow. Knows control frames; knows
// nothing of what the frames hold.
import type { Socket } from 'node:net';

const CONTENT = 'protobuf:dnstap.Dnstap';
const ACCEPT = 1, START = 2, STOP = 3, READY = 4;
const CONTENT_TYPE = 1;
/** A control frame is no longer than this (Frame Streams, FSTRM_CONTROL_FRAME_LENGTH_MAX). */
const LONGEST = 512;

/** A control frame, with the content type where it is said. */
export function control(type: number, content: string): Buffer {
  const body = Buffer.alloc(content === '' ? 4 : 12 + content.length);
  body.writeUInt32BE(type);
  if (content !== '') {
    body.writeUInt32BE(CONTENT_TYPE, 4);
    body.writeUInt32BE(content.length, 8);
    body.write(content, 12, 'latin1');
  }
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** One connection. */
export class FrameStream {
  readonly #socket: Socket;
  readonly #most: number;
  #pending = Buffer.alloc(0);
  #isOpen = false;

  /** Says READY at once; `opening` is called when the other side has accepted, before anything is sent. At most `most` bytes wait. */
  constructor(socket: Socket, most: number, opening: () => void) {
    this.#socket = socket;
    this.#most = most;
    socket.on('data', (bytes) => this.#read(bytes, opening));
    socket.write(control(READY, CONTENT));
  }
  /** The only frame that is waited for is ACCEPT; rubbish ends the connection. */
  #read(bytes: Buffer, opening: () => void): void {
    if (this.#isOpen) return;
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const pending = this.#pending;
    if (pending.length < 8) return;
    const length = pending.readUInt32BE(4);
    if (pending.readUInt32BE(0) !== 0 || length < 4 || length > LONGEST) return void this.#socket.destroy(new Error('no control frame'));
    if (pending.length < 8 + length) return;
    if (pending.readUInt32BE(8) !== ACCEPT || !takes(pending.subarray(12, 8 + length))) {
      return void this.#socket.destroy(new Error(`the other side does not take ${CONTENT}`));
    }
    opening();
    this.#isOpen = true;
    this.#socket.write(control(START, CONTENT));
  }
  /** Whether the other side has accepted. */
  get isOpen(): boolean {
    return this.#isOpen;
  }
  /** Whether frames can be sent: accepted, and not too much waits. */
  get takes(): boolean {
    return this.#isOpen && this.#socket.writableLength < this.#most;
  }
  /** Sends whole frames. The bytes are copied. */
  send(frames: Uint8Array): void {
    this.#socket.write(Buffer.from(frames));
  }
  /** Nothing more follows. */
  end(): void {
    if (this.#isOpen) this.#socket.write(control(STOP, ''));
    this.#socket.end();
  }
}

/** Whether the content types of an ACCEPT have ours; none at all is any. */
function takes(fields: Buffer): boolean {
  if (fields.length === 0) return true;
  for (let at = 0; at + 8 <= fields.length;) {
    const length = fields.readUInt32BE(at + 4);
    if (fields.readUInt32BE(at) === CONTENT_TYPE && fields.toString('latin1', at + 8, at + 8 + length) === CONTENT) return true;
    at += 8 + length;
  }
  return false;
}
