// Messages of DNS Stateful Operations (RFC 8490) and of DNS Push Notifications (RFC 8765), which have no questions and records but types,
// lengths and values. Knows their octets; knows no connection.
import { Name } from './name.ts';
import { HEADER, joined, setU16, setU32, u16 } from './packet.ts';

/** The opcode (RFC 8490 section 5.2.1). */
const DSO_OPCODE = 6;
/** Types of values (RFC 8490 section 10.3, RFC 8765 section 9). */
export const DSO = {
  KEEPALIVE: 1, RETRY_DELAY: 2, PADDING: 3, SUBSCRIBE: 0x40, PUSH: 0x41, UNSUBSCRIBE: 0x42, RECONFIRM: 0x43,
} as const;
/** TTLs of records that are gone: this one, and all of its name, type and class (RFC 8765 section 6.3.1). */
export const GONE = 0xffffffff, ALL_GONE = 0xfffffffe;
/** The longest TTL of one that is there. */
const MOST_TTL = 0x7fffffff;
/** Octets of a message with pushed records: with its length before it, one record of TLS (RFC 8765 section 6.3.1). */
const MOST_PUSH = 16_382;
/** Octets before a value. */
const HEAD = 4;

/** One value. */
interface DsoValue {
  readonly type: number;
  readonly data: Uint8Array;
}
/** One message. */
export interface DsoMessage {
  /** 0: nobody answers it. */
  readonly id: number;
  readonly isResponse: boolean;
  readonly rcode: number;
  /** The first is what the message is about; of a response there may be none. */
  readonly values: readonly DsoValue[];
}
/** A name with a type and a class. */
export interface DsoQuestion {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
}
/** A record that is pushed. */
export interface PushedRecord extends DsoQuestion {
  readonly ttl: number;
  readonly rdata: Uint8Array;
}

/** Whether the octets are such a message, or a broken one. */
export const isDso = (bytes: Uint8Array, at: number, length: number): boolean => length > 3 && (bytes[at + 2]! & 0x78) === DSO_OPCODE << 3;

/** Reads one; undefined where it is malformed, which its client is told by the id, where it has one. */
export function readDso(bytes: Uint8Array): DsoMessage | undefined {
  const { length } = bytes;
  if (length < HEADER) return undefined;
  for (let at = 4; at < HEADER; at++) if (bytes[at] !== 0) return undefined;
  const values: DsoValue[] = [];
  for (let at = HEADER; at < length;) {
    if (at + HEAD > length) return undefined;
    const end = at + HEAD + u16(bytes, at + 2);
    if (end > length) return undefined;
    values.push({ type: u16(bytes, at), data: bytes.subarray(at + HEAD, end) });
    at = end;
  }
  return { id: u16(bytes, 0), isResponse: (bytes[2]! & 0x80) !== 0, rcode: bytes[3]! & 15, values };
}
/** Writes one. */
export function writeDso({ id, isResponse, rcode, values }: DsoMessage): Uint8Array {
  const bytes = new Uint8Array(HEADER + values.reduce((sum, { data }) => sum + HEAD + data.length, 0));
  setU16(bytes, 0, id);
  bytes[2] = (isResponse ? 0x80 : 0) | (DSO_OPCODE << 3);
  bytes[3] = rcode;
  let at: number = HEADER;
  for (const { type, data } of values) {
    setU16(bytes, at, type);
    setU16(bytes, at + 2, data.length);
    bytes.set(data, at + HEAD);
    at += HEAD + data.length;
  }
  return bytes;
}

/** Numbers of 32 bits as a value has them. */
export function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, i) => setU32(bytes, 4 * i, value));
  return bytes;
}
/** Reads what SUBSCRIBE asks for, or what RECONFIRM begins with: where that ends too. undefined where it is malformed. */
export function readDsoQuestion(data: Uint8Array): (DsoQuestion & { readonly end: number }) | undefined {
  const end = endOfName(data);
  if (end === undefined || end + 4 > data.length) return undefined;
  return { name: Name.read(data, 0, end, 0), type: u16(data, end), class: u16(data, end + 2), end: end + 4 };
}
/** Where a name ends; undefined where it does not, or points somewhere: there is nothing before it (RFC 8765 section 6.2.1). */
function endOfName(data: Uint8Array): number | undefined {
  let at = 0;
  while (at < data.length && data[at] !== 0) {
    if (data[at]! > 63) return undefined;
    at += data[at]! + 1;
  }
  return at >= data.length || at > 254 ? undefined : at + 1;
}
function recordOf({ name, type, class: of, ttl, rdata }: PushedRecord): Uint8Array {
  const fixed = new Uint8Array(10);
  setU16(fixed, 0, type);
  setU16(fixed, 2, of);
  setU32(fixed, 4, ttl === GONE || ttl === ALL_GONE ? ttl : Math.min(ttl, MOST_TTL));
  setU16(fixed, 8, rdata.length);
  return joined([name.octets, fixed, rdata]);
}
/** The messages that tell of records, as few as may be, none for nothing. One record may make a message longer than the others. */
export function pushMessages(records: readonly PushedRecord[]): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  let parts: Uint8Array[] = [], size = 0;
  const flush = (): void => {
    messages.push(writeDso({ id: 0, isResponse: false, rcode: 0, values: [{ type: DSO.PUSH, data: joined(parts) }] }));
    parts = [];
    size = 0;
  };
  for (const record of records.map(recordOf)) {
    if (size > 0 && HEADER + HEAD + size + record.length > MOST_PUSH) flush();
    // What has no room in any message cannot be told.
    if (HEADER + HEAD + record.length > 0xffff) continue;
    parts.push(record);
    size += record.length;
  }
  if (size > 0) flush();
  return messages;
}
