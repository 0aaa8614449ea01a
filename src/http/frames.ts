// The numbers of HTTP/2 (RFC 9113, sections 6 and 7), and where frames are laid out before they leave. Knows bytes; knows no connection.

/** Types of frames. */
export const DATA = 0, HEADERS = 1, PRIORITY = 2, RST_STREAM = 3, SETTINGS = 4, PUSH_PROMISE = 5, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8,
  CONTINUATION = 9;
/** Flags. */
export const END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8, PRIORITIZED = 32;
/** Why a stream or a connection ends; `OK` (0) is no error. */
export const OK = 0, PROTOCOL_ERROR = 1, FLOW_CONTROL_ERROR = 3, STREAM_CLOSED = 5, FRAME_SIZE_ERROR = 6, REFUSED_STREAM = 7, CANCEL = 8,
  COMPRESSION_ERROR = 9, ENHANCE_YOUR_CALM = 11;
/** What a setting is about. */
export const SET_TABLE = 1, SET_PUSH = 2, SET_STREAMS = 3, SET_WINDOW = 4, SET_FRAME = 5, SET_LIST = 6;
/** What the client's side of a connection begins with. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** Bytes before a frame's payload. */
export const FRAME_HEAD = 9;
/** Bytes of payload that any side takes, and of a window before anything is said about it. */
export const FRAME_MOST = 16384, WINDOW = 65535;
/** A window never has more (RFC 9113 section 6.9.1). */
export const WINDOW_MOST = 0x7fffffff;

const ROOM = 1 << 17;
/** Room that is always there for the next frame's head and a small payload. */
const SMALL = 64;

/** Whose frames lie there. */
export interface FrameOwner {
  flush(): unknown;
}
/** Where the connections of a thread lay out what they write, one after the other; what leaves is a copy. */
export class FrameOutput {
  readonly bytes = Buffer.allocUnsafeSlow(ROOM);
  used = 0;
  #owner: FrameOwner | undefined;

  /** From now on it is this one that lays out; what another one has laid out leaves before. */
  claim(owner: FrameOwner): void {
    if (this.#owner === owner) return;
    if (this.used > 0) this.#owner?.flush();
    this.#owner = owner;
  }
  /** Whether so many bytes of payload and two heads fit. */
  fits(length: number): boolean {
    return this.used + length + 2 * FRAME_HEAD + SMALL <= ROOM;
  }
  head(length: number, type: number, flags: number, id: number): void {
    const { bytes } = this;
    let at = this.used;
    bytes[at++] = length >> 16;
    bytes[at++] = length >> 8;
    bytes[at++] = length;
    bytes[at++] = type;
    bytes[at++] = flags;
    bytes[at++] = id >> 24;
    bytes[at++] = id >> 16;
    bytes[at++] = id >> 8;
    bytes[at++] = id;
    this.used = at;
  }
  number(value: number): void {
    this.bytes.writeUInt32BE(value, this.used);
    this.used += 4;
  }
  add(from: Uint8Array, at: number, length: number): void {
    const { bytes, used } = this;
    if (length <= 128) for (let i = 0; i < length; i++) bytes[used + i] = from[at + i]!;
    else bytes.set(from.subarray(at, at + length), used);
    this.used = used + length;
  }
  /** A copy of what was laid out, which is then forgotten. */
  take(): Buffer {
    const taken = Buffer.from(this.bytes.subarray(0, this.used));
    this.used = 0;
    return taken;
  }
}

/** A SETTINGS frame. */
export function settingsFrame(settings: readonly (readonly [name: number, value: number])[]): Buffer {
  const frame = Buffer.alloc(FRAME_HEAD + 6 * settings.length);
  frame.writeUIntBE(6 * settings.length, 0, 3);
  frame[3] = SETTINGS;
  settings.forEach(([name, value], i) => {
    frame.writeUInt16BE(name, FRAME_HEAD + 6 * i);
    frame.writeUInt32BE(value, FRAME_HEAD + 6 * i + 2);
  });
  return frame;
}
/** A WINDOW_UPDATE frame. */
export function windowFrame(id: number, more: number): Buffer {
  const frame = Buffer.alloc(FRAME_HEAD + 4);
  frame[2] = 4;
  frame[3] = WINDOW_UPDATE;
  frame.writeUInt32BE(id, 5);
  frame.writeUInt32BE(more, FRAME_HEAD);
  return frame;
}
