// Messages of etcd's API as protocol buffers: numbers, bytes and messages by their field's number. Knows the encoding and etcd's numbers of
// fields (etcdserverpb/rpc.proto, mvccpb/kv.proto); knows no connection.
import { latin1Bytes } from '../dns/latin1.ts';
import type { KeyEvent, Pair } from './key-value.ts';

/** Lays out one message. */
export class MessageWriter {
  readonly #parts: Buffer[] = [];

  /** A field with a number, which is left out where it is 0 or false. */
  number(field: number, value: number | bigint | boolean): this {
    const number = BigInt(value);
    if (number !== 0n) this.#parts.push(varint(field << 3), varint(number));
    return this;
  }
  /** A field with bytes or a message, even where it is empty. */
  bytes(field: number, value: Uint8Array | string | MessageWriter): this {
    const bytes = value instanceof MessageWriter ? value.done() : Buffer.from(value as Uint8Array);
    this.#parts.push(varint((field << 3) | 2), varint(bytes.length), bytes);
    return this;
  }
  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** What came is no message. */
export class WireFault extends Error {}

/** A field as it stands in a message: a number, or the place of its bytes. */
export interface Field {
  number: number;
  value: bigint;
  bytes: Buffer;
}

/** Each field of a message in turn; the object is used again. Throws WireFault. */
export function eachField(message: Buffer, take: (field: Field) => void): void {
  const field: Field = { number: 0, value: 0n, bytes: NOTHING };
  let at = 0;
  // Most numbers have few bytes, and are read without a bigint.
  const small = (): number => {
    let value = 0;
    for (let of = 1, i = 0; i < 7; i++, of *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new WireFault('a message of etcd is cut');
      value += (byte & 127) * of;
      if (byte < 128) return value;
    }
    return -1;
  };
  const large = (from: number): bigint => {
    let value = 0n;
    at = from;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new WireFault('a message of etcd is cut');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new WireFault('a number of etcd is too long');
  };
  const length = (): number => {
    const value = small();
    if (value < 0) throw new WireFault('a number of etcd is too long');
    return value;
  };
  while (at < message.length) {
    const tag = length();
    field.number = Math.floor(tag / 8);
    field.value = 0n;
    field.bytes = NOTHING;
    const kind = tag % 8;
    if (kind === 0) {
      const from = at, value = small();
      field.value = value < 0 ? large(from) : BigInt(value);
    } else {
      const size = kind === 2 ? length() : kind === 1 ? 8 : kind === 5 ? 4 : -1;
      if (size < 0 || at + size > message.length) throw new WireFault('a message of etcd is cut');
      field.bytes = message.subarray(at, at + size);
      at += size;
    }
    take(field);
  }
}
const NOTHING = Buffer.alloc(0);

/** Keys and values are octets: a text has one character each. */
export function readPair(message: Buffer): Pair {
  let key = '', value = NOTHING, revision = 0n, lease = 0n;
  eachField(message, (field) => {
    if (field.number === 1) key = field.bytes.toString('latin1');
    else if (field.number === 3) revision = field.value;
    else if (field.number === 5) value = Buffer.from(field.bytes);
    else if (field.number === 6) lease = field.value;
  });
  return { key, value, revision, lease };
}
/** What stands at the head of every reply. */
export interface Header {
  readonly cluster: bigint;
  readonly revision: bigint;
}
/** Reads it. Throws WireFault. */
export function readHeader(message: Buffer): Header {
  let cluster = 0n, revision = 0n;
  eachField(message, (field) => {
    if (field.number === 1) cluster = field.value;
    else if (field.number === 3) revision = field.value;
  });
  return { cluster, revision };
}
/** The first key behind all that begin with this one. */
export function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** The request of a watch: what changes from a revision on, with a message of progress now and then, and large replies in pieces. */
export function watchOf(from: string, end: string, revision: bigint): Buffer {
  const create = new MessageWriter().bytes(1, latin1Bytes(from)).bytes(2, latin1Bytes(end))
    .number(3, revision).number(4, true).number(8, true);
  return new MessageWriter().bytes(1, create).done();
}
/** A reply of a watch. */
export interface WatchReply {
  readonly header: Header;
  readonly created: boolean;
  readonly canceled: boolean;
  /** The oldest revision that is kept, where that is why it was canceled; else 0. */
  readonly compacted: bigint;
  /** The next reply is of the same revision. */
  readonly goesOn: boolean;
  readonly reason: string;
  readonly events: readonly KeyEvent[];
}
/** Reads it. Throws WireFault. */
export function readWatchReply(message: Buffer): WatchReply {
  let header: Header = { cluster: 0n, revision: 0n }, canceled = false, compacted = 0n, goesOn = false, reason = '', created = false;
  const events: KeyEvent[] = [];
  eachField(message, (field) => {
    if (field.number === 1) header = readHeader(field.bytes);
    else if (field.number === 3) created = field.value !== 0n;
    else if (field.number === 4) canceled = field.value !== 0n;
    else if (field.number === 5) compacted = field.value;
    else if (field.number === 6) reason = field.bytes.toString();
    else if (field.number === 7) goesOn = field.value !== 0n;
    else if (field.number === 11) events.push(...readEvent(field.bytes));
  });
  return { header, created, canceled, compacted, goesOn, reason, events };
}
/** One event; none where it says of no key. */
function readEvent(message: Buffer): readonly KeyEvent[] {
  let isDelete = false, pair: Pair | undefined;
  eachField(message, (field) => {
    if (field.number === 1) isDelete = field.value !== 0n;
    else if (field.number === 2) pair = readPair(field.bytes);
  });
  return pair === undefined ? [] : [{ key: pair.key, revision: pair.revision, pair: isDelete ? undefined : pair }];
}
