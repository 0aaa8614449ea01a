// A message of dnstap as bytes, written once where it is taken from: a data frame of Frame Streams with the protobuf in it. Knows the
// fields of dnstap.proto by number; knows no socket.
import type { Ring } from '../../store/ring.ts';

/** Types of messages by their number (dnstap.proto, Message.Type). */
export const MESSAGES = {
  AUTH_QUERY: 1, AUTH_RESPONSE: 2, RESOLVER_QUERY: 3, RESOLVER_RESPONSE: 4, CLIENT_QUERY: 5, CLIENT_RESPONSE: 6, FORWARDER_QUERY: 7,
  FORWARDER_RESPONSE: 8,
} as const;
/** Protocols by their number (dnstap.proto, SocketProtocol). */
export const PROTOCOLS = { udp: 1, tcp: 2, tls: 3, https: 4, quic: 7, grpc: 2, https3: 4 } as const;

const EMPTY: Uint8Array = new Uint8Array(0);

/** What one message says. An object is filled again and again. */
export class Told {
  type = 0;
  protocol = 0;
  /** Bytes of addresses, 4 or 16 each, and where they lie; length 0 is none. */
  query: Uint8Array = EMPTY;
  queryAt = 0;
  queryLength = 0;
  queryPort = 0;
  response: Uint8Array = EMPTY;
  responsePort = 0;
  /** Milliseconds since 1970; 0 is not told. */
  askedAt = 0;
  answeredAt = 0;
  /** The DNS message, `size` 0 where it is not told. */
  message: Uint8Array = EMPTY;
  messageAt = 0;
  size = 0;
}
/** Tags of fields: number and wire type. */
const varintTag = (field: number): number => field << 3, bytesTag = (field: number): number => (field << 3) | 2;
const fixedTag = (field: number): number => (field << 3) | 5;
/** Bytes that a message takes beside what is told of unbounded length. */
const ROOM = 128;
const MESSAGE = 1;
const encoder = new TextEncoder();

/** A field of text: tag, length, UTF-8. */
export function textField(field: number, text: string): Uint8Array {
  const bytes = encoder.encode(text);
  return Uint8Array.from([bytesTag(field), ...varint(bytes.length), ...bytes]);
}
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

/** Writes messages of one line of the Corefile, with what all of them say in front. */
export class Frames {
  readonly #ring: Ring;
  readonly #memory: { readonly bytes: Uint8Array };
  readonly #head: Uint8Array;
  #bytes: Uint8Array = EMPTY;
  #at = 0;

  /** `identity` and `version` are left out where they are empty. */
  constructor(ring: Ring, memory: { readonly bytes: Uint8Array }, identity: string, version: string) {
    this.#ring = ring;
    this.#memory = memory;
    const texts = [identity, version].map((text, i) => (text === '' ? EMPTY : textField(i + 1, text)));
    this.#head = Uint8Array.from([...texts.flatMap((bytes) => [...bytes]), varintTag(15), MESSAGE]);
  }

  /** Puts a message into the ring; one that has no room there is lost and counted. `extra` is a field or nothing. */
  put(told: Told, extra: Uint8Array): void {
    const place = this.#ring.begin(ROOM + this.#head.length + extra.length + told.size);
    if (place < 0) return;
    this.#bytes = this.#memory.bytes;
    this.#at = place + 4;
    this.#copy(this.#head, 0, this.#head.length);
    this.#copy(extra, 0, extra.length);
    // The length of what follows is written when it is known, in three bytes whatever it is.
    this.#byte(bytesTag(14));
    const inner = this.#at;
    this.#at += 3;
    this.#message(told);
    const length = this.#at - inner - 3;
    this.#bytes[inner] = (length & 127) | 128;
    this.#bytes[inner + 1] = ((length >> 7) & 127) | 128;
    this.#bytes[inner + 2] = length >> 14;
    const frame = this.#at - place - 4;
    for (let i = 0; i < 4; i++) this.#bytes[place + i] = frame >> (24 - 8 * i);
    this.#ring.end(frame + 4);
  }
  #message(told: Told): void {
    const { queryLength, response } = told;
    this.#number(1, told.type);
    this.#number(2, queryLength === 4 ? 1 : 2);
    this.#number(3, told.protocol);
    this.#octets(4, told.query, told.queryAt, queryLength);
    if (response.length > 0) this.#octets(5, response, 0, response.length);
    this.#number(6, told.queryPort);
    if (response.length > 0) this.#number(7, told.responsePort);
    if (told.askedAt > 0) this.#time(8, told.askedAt);
    if (told.answeredAt > 0) this.#time(12, told.answeredAt);
    if (told.size > 0) this.#octets((told.type & 1) === 1 ? 10 : 14, told.message, told.messageAt, told.size);
  }
  /** Seconds in a field, nanoseconds in the next. */
  #time(field: number, milliseconds: number): void {
    const seconds = Math.floor(milliseconds / 1000);
    this.#number(field, seconds);
    this.#byte(fixedTag(field + 1));
    const nanoseconds = Math.round((milliseconds - seconds * 1000) * 1e6);
    for (let i = 0; i < 4; i++) this.#byte(nanoseconds >> (8 * i));
  }
  #number(field: number, value: number): void {
    this.#byte(varintTag(field));
    this.#varint(value);
  }
  #octets(field: number, bytes: Uint8Array, at: number, length: number): void {
    this.#byte(bytesTag(field));
    this.#varint(length);
    this.#copy(bytes, at, length);
  }
  #varint(value: number): void {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#byte((rest & 127) | 128);
    this.#byte(rest);
  }
  #copy(bytes: Uint8Array, at: number, length: number): void {
    for (let i = 0; i < length; i++) this.#bytes[this.#at + i] = bytes[at + i]!;
    this.#at += length;
  }
  #byte(byte: number): void {
    this.#bytes[this.#at++] = byte;
  }
}
