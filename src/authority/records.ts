// The one writer of records: straight into a reply, or into the messages of a zone's transfer. Knows the wire format and replies; knows no
// source.
import { writeLatin1 } from '../dns/latin1.ts';
import { HEADER, setU16, u16 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import { FULL, TC } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import { ZoneRecords } from './zone-records.ts';
import { putFixed } from './record-head.ts';

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
/** What stands between a record's owner and its data. */
function fixed(reply: Message, section: number, type: number, ttl: number, size: number): number {
  const at = putFixed(reply.bytes, reply.at + reply.length, type, ttl, size);
  reply.length += 10 + size;
  count(reply, section);
  return at;
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
