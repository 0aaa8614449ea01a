// The one writer of records: straight into a reply, or into the messages of a zone's transfer. Knows the wire format and replies; knows no
// source.
import { writeLatin1 } from '../dns/latin1.ts';
import { HEADER, setU16, u16 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import { FULL, TC } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import { ZoneRecords } from './zone-records.ts';
import { putFixed } from './record-head.ts';
import { OWNER_END, RECORD_HEAD, SET_HEAD, isCut, recordsIn, sizeOf } from './record-sets.ts';

/** The largest offset that a pointer can hold (RFC 1035 section 4.1.4). */
const FARTHEST = 0x3fff;
/** Offsets of a header's counts. */
export const ANSWER = 6, AUTHORITY = 8, ADDITIONAL = 10;

/** Sees to it that `size` bytes can be written; false, and TC is set, where the message is full. A transfer is never full. */
export function hasRoom(reply: Message, size: number): boolean {
  if (reply instanceof ZoneRecords) return true;
  if (reply.length + size > FULL) {
    reply.setFlags(TC);
    return false;
  }
  reply.ensure(size);
  return true;
}

/**
 * The same for records that are sent along without being asked for: where they do not fit nothing is missing, so TC is not set (RFC 2181
 * section 9). A transfer has none.
 */
export function hasRoomBeside(reply: Message, size: number): boolean {
  if (reply instanceof ZoneRecords || reply.length + size > FULL) return false;
  reply.ensure(size);
  return true;
}

/** Counts one record more in the section. */
export function count(reply: Message, section: number): void {
  const at = reply.at + section;
  setU16(reply.bytes, at, u16(reply.bytes, at) + 1);
}

/**
 * Writes owner (a pointer to `owner`, an offset in the message; the name in full where no pointer reaches that far), type, class IN, TTL
 * and the length of data that will be `size` bytes. There must be room for 12 bytes and the data, and for a name where `owner` is above
 * 16383. Returns the offset in `reply.bytes` where the data goes; the record is counted, the message as long as it will be.
 */
export function record(reply: Message, section: number, owner: number, type: number, ttl: number, size: number): number {
  if (reply instanceof ZoneRecords) return reply.begin(type, ttl, size);
  if (owner > FARTHEST) copyName(reply, owner);
  else {
    const at = reply.at + reply.length;
    reply.bytes[at] = 0xc0 | (owner >> 8);
    reply.bytes[at + 1] = owner;
    reply.length += 2;
  }
  return fixed(reply, section, type, ttl, size);
}
/** The same with an owner that stands nowhere in the message: a wire name. There must be room for the name, 10 bytes and the data. */
export function recordOf(reply: Message, section: number, owner: Uint8Array, type: number, ttl: number, size: number): number {
  if (reply instanceof ZoneRecords) return reply.begin(type, ttl, size);
  const at = reply.at + reply.length;
  for (let i = 0; i < owner.length; i++) reply.bytes[at + i] = owner[i]!;
  reply.length += owner.length;
  return fixed(reply, section, type, ttl, size);
}
/** The same with an owner that stands there already, or is written out. There must be room for its size, 10 bytes and the data. */
export function recordBy(reply: Message, section: number, owner: Owner, type: number, ttl: number, size: number): number {
  owner.put(reply);
  return fixed(reply, section, type, ttl, size);
}
/** What stands between a record's owner and its data. */
function fixed(reply: Message, section: number, type: number, ttl: number, size: number): number {
  const at = putFixed(reply.bytes, reply.at + reply.length, type, ttl, size);
  reply.length += 10 + size;
  count(reply, section);
  return at;
}
/** The name that owns what is copied into a reply: it stands there already, or is written out before the first of its records. */
export class Owner {
  /** Where it stands in the message; 0: nowhere. */
  at = 0;
  /** Its labels in lower case: `length` bytes from `from`. */
  bytes: Uint8Array = new Uint8Array(0);
  from = 0;
  length = 0;
  /** Where in the message stands what follows its labels; 0: they are the whole name. */
  end = 0;

  /** Bytes that it takes where it is written out. */
  get size(): number {
    return this.length + (this.end === 0 ? 0 : 2);
  }
  /** Writes it at the end of the message, which has room for it: a pointer, where one reaches it. */
  put(reply: Message): void {
    const { bytes } = reply;
    let at = reply.at + reply.length;
    const isPointed = this.at > 0 && this.at <= FARTHEST;
    if (!isPointed) {
      this.at = reply.length;
      for (let i = 0; i < this.length; i++) bytes[at++] = this.bytes[this.from + i]!;
    }
    const to = isPointed ? this.at : this.end;
    if (to > 0) {
      bytes[at++] = 0xc0 | (to >> 8);
      bytes[at++] = to;
    }
    reply.length = at - reply.at;
  }
}

/**
 * Copies a set of records (record-sets.ts) into a section, owned by `owner`; `zone` is where the zone's name stands, or will stand when the
 * owner is written. Returns where the data of the first record is, as an offset in the message; 0 where not even that one fits. Of an
 * answer that is too long what fits is written, and TC is set; what stands beside it is written whole or not at all.
 */
export function writeSet(reply: Message, section: number, bytes: Uint8Array, set: number, owner: Owner, zone: number): number {
  const size = sizeOf(bytes, set);
  if (owner.at === 0 || owner.at > FARTHEST || reply.length + size > FULL) return writeRecords(reply, section, bytes, set, owner, zone);
  reply.ensure(size);
  const { bytes: out } = reply;
  const start = reply.at + reply.length;
  const from = set + SET_HEAD;
  if (size <= 96) for (let i = 0; i < size; i++) out[start + i] = bytes[from + i]!;
  else out.set(bytes.subarray(from, from + size), start);
  if (owner.at !== HEADER || isCut(bytes, set)) point(out, start, start + size, owner.at, isCut(bytes, set) ? zone : 0);
  reply.length += size;
  const at = reply.at + section;
  setU16(out, at, u16(out, at) + recordsIn(bytes, set));
  return start + RECORD_HEAD - reply.at;
}
/** The same, record by record. */
function writeRecords(reply: Message, section: number, bytes: Uint8Array, set: number, owner: Owner, zone: number): number {
  const end = set + SET_HEAD + sizeOf(bytes, set);
  if (section === ADDITIONAL && !hasRoomBeside(reply, end - set + recordsIn(bytes, set) * owner.size)) return 0;
  let first = 0;
  for (let at = set + SET_HEAD; at < end; ) {
    const size = RECORD_HEAD + u16(bytes, at + RECORD_HEAD - 2);
    if (!hasRoom(reply, size + owner.size)) return first;
    owner.put(reply);
    const to = reply.at + reply.length;
    for (let i = 2; i < size; i++) reply.bytes[to + i - 2] = bytes[at + i]!;
    if (isCut(bytes, set)) pointEnd(reply.bytes, to - 2, size, owner.at, zone);
    first ||= reply.length + RECORD_HEAD - 2;
    reply.length += size - 2;
    count(reply, section);
    at += size;
  }
  return first;
}
/** Makes the owners of copied records, and the ends of names in them where `zone` is given, pointers. */
function point(out: Uint8Array, from: number, end: number, owner: number, zone: number): void {
  for (let at = from; at < end; ) {
    const size = RECORD_HEAD + u16(out, at + RECORD_HEAD - 2);
    out[at] = 0xc0 | (owner >> 8);
    out[at + 1] = owner;
    if (zone > 0) pointEnd(out, at, size, owner, zone);
    at += size;
  }
}
/** A record of `size` bytes whose data may lack its end. An MX may have 192 before the root, which looks like one. */
function pointEnd(out: Uint8Array, at: number, size: number, owner: number, zone: number): void {
  const end = at + size;
  const least = out[at + 3] === TYPE.MX ? 4 : 2;
  if (size < RECORD_HEAD + least || out[end - 2] !== 0xc0 || out[end - 1]! > OWNER_END) return;
  const to = out[end - 1] === OWNER_END ? owner : zone;
  out[end - 2] = 0xc0 | (to >> 8);
  out[end - 1] = to;
}

/** A name that stands in the message without pointers, once more at its end. */
function copyName(reply: Message, from: number): void {
  const { bytes } = reply;
  let at = reply.at + from;
  for (let size = bytes[at]!; ; size = bytes[at]!) {
    for (let i = 0; i <= size; i++) bytes[reply.at + reply.length++] = bytes[at++]!;
    if (size === 0) return;
  }
}

/**
 * The address of 4 or 16 bytes at `at` of `source` as an A or AAAA record of `owner`. False where the message is full; TC is set then,
 * unless the record would stand beside the answer.
 */
export function address(reply: Message, section: number, owner: number, ttl: number, source: Uint8Array, at: number,
  size: number): boolean {
  const most = owner > FARTHEST ? 28 + 255 : 28;
  if (!(section === ADDITIONAL ? hasRoomBeside(reply, most) : hasRoom(reply, most))) return false;
  const to = record(reply, section, owner, size === 4 ? TYPE.A : TYPE.AAAA, ttl, size);
  const { bytes } = reply;
  for (let i = 0; i < size; i++) bytes[to + i] = source[at + i]!;
  return true;
}

/** An address as an answer: the owner is the question. */
export const answerAddress = (reply: Message, ttl: number, source: Uint8Array, at: number, size: number): boolean =>
  address(reply, ANSWER, HEADER, ttl, source, at, size);

/** A name, as wire text, that the question's name leads to: NS, PTR, CNAME. False where the message is full. */
export function answerName(reply: Message, type: number, ttl: number, name: string): boolean {
  if (!hasRoom(reply, 12 + name.length)) return false;
  const at = record(reply, ANSWER, HEADER, type, ttl, name.length);
  const { bytes } = reply;
  writeLatin1(name, bytes, at);
  return true;
}
