// The messages of `coredns.dns.DnsService/Watch`: those of 2018 (ecosystem 7.2), and beside them fields for the answer itself, a token to
// go on with, and a sign of life. Knows protocol buffers and five bytes before each message; knows no connection.
import type { Buffer as Bytes } from 'node:buffer';
import { unframed } from './grpc-message.ts';

/** The method. */
export const WATCH = '/coredns.dns.DnsService/Watch';
/** Bytes of a message that a client may send: a question, and little around it. */
const MOST = 65535 + 256;
const NOTHING = Buffer.alloc(0);

/** What a client asks for. */
export type WatchRequest =
  | { readonly kind: 'create'; readonly question: Uint8Array; readonly token: Uint8Array | undefined; readonly answers: boolean }
  | { readonly kind: 'cancel'; readonly id: number }
  /** Seconds between signs of life; 0 for none. */
  | { readonly kind: 'heartbeat'; readonly seconds: number };
/** What a server says. */
export interface WatchResponse {
  readonly id: number;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly name?: string;
  readonly error?: string;
  readonly answer?: Uint8Array;
  readonly token?: Uint8Array;
  /** The answer that there is, not a change. */
  readonly initial?: boolean;
  readonly heartbeat?: boolean;
}

/** A field: its number, and what it has. */
type Take = (field: number, value: number, bytes: Buffer) => void;
/** Each field of a message in turn; false where it is none. */
function eachField(message: Buffer, take: Take): boolean {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) return -1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return -1;
  };
  while (at < message.length) {
    const tag = varint();
    const kind = tag % 8;
    if (tag < 8) return false;
    if (kind === 0) {
      const value = varint();
      if (value < 0) return false;
      take(Math.floor(tag / 8), value, NOTHING);
      continue;
    }
    const length = kind === 2 ? varint() : kind === 1 ? 8 : kind === 5 ? 4 : -1;
    if (length < 0 || at + length > message.length) return false;
    take(Math.floor(tag / 8), 0, message.subarray(at, at + length));
    at += length;
  }
  return true;
}

/** Reads what a client says; undefined where that is nothing. Of a oneof the last one counts. */
export function readWatchRequest(message: Buffer): WatchRequest | undefined {
  let found: WatchRequest | undefined;
  let isWhole = true;
  const isRead = eachField(message, (field, value, bytes) => {
    if (field === 1) {
      found = readCreate(bytes);
      isWhole &&= found !== undefined;
    } else if (field === 2) {
      let id = 0;
      isWhole &&= eachField(bytes, (number, watched) => {
        if (number === 1) id = watched;
      });
      found = { kind: 'cancel', id };
    } else if (field === 3) found = { kind: 'heartbeat', seconds: value };
  });
  return isRead && isWhole ? found : undefined;
}
function readCreate(message: Buffer): WatchRequest | undefined {
  let question: Buffer | undefined = NOTHING;
  let token: Buffer | undefined;
  let answers = false;
  const isRead = eachField(message, (field, value, bytes) => {
    if (field === 1) question = unframed(bytes);
    else if (field === 2) token = bytes;
    else if (field === 3) answers = value !== 0;
  });
  return isRead && question !== undefined ? { kind: 'create', question, token, answers } : undefined;
}
/** Reads what a server says; undefined where that is nothing. The bytes are those of the message. */
export function readWatchResponse(message: Buffer): WatchResponse | undefined {
  const found: { -readonly [key in keyof WatchResponse]: WatchResponse[key] } = { id: 0 };
  let isWhole = true;
  const isRead = eachField(message, (field, value, bytes) => {
    switch (field) {
      case 1: found.id = value; break;
      case 2: found.created = value !== 0; break;
      case 3: found.canceled = value !== 0; break;
      case 4: found.name = bytes.toString(); break;
      case 5: found.error = bytes.toString(); break;
      case 6: {
        const answer = unframed(bytes);
        isWhole &&= answer !== undefined;
        if (answer !== undefined) found.answer = answer;
        break;
      }
      case 7: found.token = bytes; break;
      case 8: found.initial = value !== 0; break;
      case 9: found.heartbeat = value !== 0; break;
      default:
    }
  });
  return isRead && isWhole ? found : undefined;
}

/** Lays messages out, each with its five bytes. */
class Layout {
  #bytes = Buffer.alloc(1024);
  #at = 5;

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const bytes = Buffer.alloc((this.#at + more) * 2);
    this.#bytes.copy(bytes, 0, 0, this.#at);
    this.#bytes = bytes;
  }
  #varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    this.#bytes[this.#at++] = rest;
  }
  number(field: number, value: number): this {
    this.#room(20);
    if (value === 0) return this;
    this.#varint(field * 8);
    this.#varint(value);
    return this;
  }
  bytes(field: number, value: Uint8Array | undefined): this {
    if (value === undefined) return this;
    this.#room(20 + value.length);
    this.#varint(field * 8 + 2);
    this.#varint(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }
  text(field: number, value: string | undefined): this {
    return value === undefined ? this : this.bytes(field, Buffer.from(value));
  }
  /** A field of a message of one field with bytes (DnsPacket). */
  packet(field: number, value: Uint8Array | undefined): this {
    if (value === undefined) return this;
    this.#room(20 + value.length);
    this.#varint(field * 8 + 2);
    this.#varint(1 + (value.length < 128 ? 1 : value.length < 16384 ? 2 : 3) + value.length);
    return this.bytes(1, value);
  }
  /** Valid until the next message is laid out. */
  done(): Uint8Array {
    const length = this.#at - 5;
    this.#bytes[0] = 0;
    this.#bytes.writeUInt32BE(length, 1);
    this.#at = 5;
    return this.#bytes.subarray(0, 5 + length);
  }
}
const outer = new Layout();
const inner = new Layout();

/** A message of a server with its head; valid until the next one is made. */
export function watchResponse({ id, created, canceled, name, error, answer, token, initial, heartbeat }: WatchResponse): Uint8Array {
  return outer.number(1, id).number(2, created === true ? 1 : 0).number(3, canceled === true ? 1 : 0).text(4, name).text(5, error)
    .packet(6, answer).bytes(7, token).number(8, initial === true ? 1 : 0).number(9, heartbeat === true ? 1 : 0).done();
}
/** A message of a client with its head; valid until the next one is made. */
export function watchRequest(request: WatchRequest): Uint8Array {
  if (request.kind === 'heartbeat') return outer.number(3, request.seconds).done();
  if (request.kind === 'cancel') return outer.bytes(2, inner.number(1, request.id).done().subarray(5)).done();
  const { question, token, answers } = request;
  return outer.bytes(1, inner.packet(1, question).bytes(2, token).number(3, answers ? 1 : 0).done().subarray(5)).done();
}

/** Messages out of the parts of a stream. */
export class MessageReader {
  readonly #most: number;
  #parts: Bytes[] = [];
  #size = 0;
  #wanted = 5;

  constructor(most = MOST) {
    this.#most = most;
  }
  /** Hands over each message that is whole now; its bytes are there until `take` returns. A text says what is wrong with the stream. */
  feed(bytes: Buffer, at: number, end: number, take: (message: Buffer) => void): string | undefined {
    this.#size += end - at;
    // Parts are put together once a message is whole: who sends octet by octet costs no more.
    if (this.#parts.length > 0 && this.#size < this.#wanted) {
      this.#parts.push(Buffer.from(bytes.subarray(at, end)));
      return undefined;
    }
    const all = this.#parts.length === 0 ? bytes.subarray(at, end) : Buffer.concat([...this.#parts, bytes.subarray(at, end)]);
    this.#wanted = 5;
    let from = 0;
    while (all.length - from >= 5) {
      if (all[from] !== 0) return all[from] === 1 ? 'compressed' : 'malformed flag';
      const length = all.readUInt32BE(from + 1);
      if (length > this.#most) return 'a message is too large';
      this.#wanted = 5 + length;
      if (all.length - from < this.#wanted) break;
      this.#wanted = 5;
      take(all.subarray(from + 5, from + 5 + length));
      from += 5 + length;
    }
    this.#size = all.length - from;
    this.#parts = this.#size === 0 ? [] : [Buffer.from(all.subarray(from))];
    return undefined;
  }
}
