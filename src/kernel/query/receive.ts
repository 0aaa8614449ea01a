// Reads a request's header, question and OPT where they lie, and says what to refuse (SRV-1). Knows the wire format; knows no
// site and no plugin.
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { isReadable } from '../../dns/edns-options.ts';
import { HEADER, skipName, u16 } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import { PEER_ROOM } from './arena.ts';
import { Query } from './query.ts';

/** The question is whole: go on. */
export const WELCOME = 0;
/** Say nothing. */
export const SILENCE = -1;
/** There is no question in the message: SERVFAIL (SRV-4). */
export const EMPTY = -2;
/** It is written in an unusual way (pointers in the question, an OPT's owner that is not the root, counts): `plainly` writes it anew. */
export const UNUSUAL = -3;
const LONGEST = 65535;
/** Records that a request may have in each section. */
interface Counts {
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
}
/**
 * By opcode: an IXFR has an SOA, a NOTIFY may have one, any an OPT and a TSIG. Another opcode has as many as it likes (RFC 2136) where a
 * block of the server admits it; where none does, it is not implemented.
 */
const MOST: { readonly [opcode: number]: Counts } = {
  0: { answers: 1, authorities: 1, additionals: 2 }, 4: { answers: 1, authorities: 1, additionals: 2 },
};
const ANY_NUMBER: Counts = { answers: Infinity, authorities: Infinity, additionals: Infinity };
const NO_OTHERS: ReadonlySet<number> = new Set();
/** The counts of a message that is a question alone, as the words that they are in memory. */
const QUESTION_ALONE = 0x0100, NOTHING_ELSE = 0;

/**
 * WELCOME, SILENCE, EMPTY, UNUSUAL, or the rcode to refuse with: then nothing but the header is echoed while `questionEnd` is 12.
 * `admitted` are the opcodes that blocks of the server take beside QUERY and NOTIFY (SRV-21).
 */
export function receive(query: Query, admitted: ReadonlySet<number> = NO_OTHERS): number {
  const { bytes, words, at, length } = query;
  if (length < HEADER || (bytes[at + 2]! & 0x80) !== 0) return SILENCE;
  const alone = words[(at >> 2) + 1] === QUESTION_ALONE && words[(at >> 2) + 2] === NOTHING_ELSE;
  if (!alone || (bytes[at + 2]! & 0x78) !== 0) {
    const most = MOST[query.opcode] ?? (admitted.has(query.opcode) ? ANY_NUMBER : undefined);
    if (most === undefined) return RCODE.NOTIMP;
    if (u16(bytes, at + 4) !== 1 || u16(bytes, at + 6) > most.answers || u16(bytes, at + 8) > most.authorities) return RCODE.FORMERR;
    if (u16(bytes, at + 10) > most.additionals) return RCODE.FORMERR;
  }
  if (length === HEADER) return EMPTY;
  const end = at + length;
  let i = at + HEADER;
  for (let size = bytes[i]!; size !== 0; size = bytes[i]!) {
    if (size > 63) return size >= 192 ? UNUSUAL : RCODE.FORMERR;
    i += size + 1;
    if (i >= end) return RCODE.FORMERR;
  }
  const name = i + 1 - at - HEADER;
  if (name > 255 || (i + 5 > end && !complete(query, i + 1))) return RCODE.FORMERR;
  query.type = u16(bytes, i + 1);
  query.class = u16(bytes, i + 3);
  query.questionEnd = i + 5 - at;
  if (!alone && (u16(bytes, at + 6) !== 0 || u16(bytes, at + 8) !== 0 || u16(bytes, at + 10) !== 0)) return records(query);
  if (length > query.questionEnd) cut(query, query.questionEnd);
  return WELCOME;
}

/** A question that ends before its type, or before its class, has 0 there, as in CoreDNS; it is written so. */
function complete(query: Query, from: number): boolean {
  const { bytes, at, keyAt, length } = query;
  const missing = from + 4 - at - length;
  if ((missing !== 4 && missing !== 2) || from + 4 > keyAt - 16) return false;
  bytes.fill(0, at + length, from + 4);
  bytes.fill(0, at + 6, at + HEADER);
  cut(query, length + missing);
  return true;
}
/** Nobody sees what lies behind the message. */
function cut(query: Query, length: number): void {
  query.length = length;
  query.journey.size = length;
}

/**
 * Walks what follows the question. A count whose record is missing altogether is put right, as CoreDNS does. An OPT in answer or authority
 * is none (RFC 6891 section 6.1.1), but must be readable like every record; of two in additional the last counts. A TSIG that is not the
 * last of additional is an error, whoever it is for (TSIG-5).
 */
function records(query: Query): number {
  const { bytes, at } = query;
  const end = at + query.length;
  const before = u16(bytes, at + 6) + u16(bytes, at + 8);
  const count = before + u16(bytes, at + 10);
  let decoded = false;
  let i = at + query.questionEnd;
  for (let r = 0; r < count; r++) {
    if (i === end) return UNUSUAL;
    const owner = i;
    i = skipName(bytes, i, end);
    if (i < 0 || i + 10 > end) return RCODE.FORMERR;
    const size = u16(bytes, i + 8);
    if (i + 10 + size > end) return RCODE.FORMERR;
    if (u16(bytes, i) === TYPE.OPT) {
      if (!options(bytes, i + 10, i + 10 + size)) return RCODE.FORMERR;
      if (r >= before) {
        if (i !== owner + 1) return UNUSUAL;
        found(query, owner);
      }
    } else {
      if (u16(bytes, i) === TYPE.TSIG) {
        if (r < before || r + 1 < count) return RCODE.FORMERR;
        query.signedAt = owner - at;
      }
      if (!decoded && !decodes(query)) return RCODE.FORMERR;
      decoded = true;
    }
    i += 10 + size;
  }
  if (i < end) cut(query, i - at);
  return WELCOME;
}
/** The OPT lies at `owner`, which is the root. */
function found(query: Query, owner: number): void {
  const { bytes, at, journey } = query;
  query.optAt = owner - at;
  journey.edns = true;
  journey.udpSize = u16(bytes, owner + 3);
  journey.dnssecOk = (bytes[owner + 7]! & 0x80) !== 0;
}
/** Whether the options of an OPT end where it does (RFC 6891 section 6.1.2) and those with a format of their own keep to it. */
function options(bytes: Uint8Array, i: number, end: number): boolean {
  while (i < end) {
    if (i + 4 > end) return false;
    const next = i + 4 + u16(bytes, i + 2);
    if (next > end || !isReadable(u16(bytes, i), bytes, i + 4, next)) return false;
    i = next;
  }
  return i === end;
}
function decodes(query: Query): boolean {
  try {
    decodeMessage(query.bytes, query.at, query.length);
    return true;
  } catch {
    return false;
  }
}

/**
 * An UNUSUAL request written anew, in a buffer of its own: read it with `receive`. What came stays as it is, so that it is refused by its
 * own id. FORMERR where it is malformed, or longer than a message can be without pointers. Rare and slow.
 */
export function plainly(query: Query): Query | number {
  let packet: Uint8Array;
  try {
    const parts = decodeMessage(query.bytes, query.at, query.length);
    if (parts.question === undefined) return EMPTY;
    packet = encodeMessage(parts, { compress: false });
  } catch {
    return RCODE.FORMERR;
  }
  if (packet.length > LONGEST) return RCODE.FORMERR;
  const plain = Query.alone(packet.length, query.journey);
  plain.bytes.set(packet, plain.at);
  plain.bytes.set(query.bytes.subarray(query.peerAt, query.peerAt + PEER_ROOM), plain.peerAt);
  plain.place(packet.length, query.channel);
  query.journey.size = packet.length;
  return plain;
}
