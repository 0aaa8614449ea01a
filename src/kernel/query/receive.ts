// Reads a request's header, question and OPT where they lie, and says what to refuse (SRV-1). Knows the wire format; knows no
// site and no plugin.
import { decodeMessage, encodeInto } from '../../dns/message.ts';
import { isReadable } from '../../dns/edns-options.ts';
import { HEADER, OPT, skipName, u16 } from '../../dns/packet.ts';
import type { Query } from './query.ts';

/** The question is whole: go on. */
export const WELCOME = 0;
/** Say nothing. */
export const SILENCE = -1;
/** There is no question in the message: SERVFAIL (SRV-4). */
export const EMPTY = -2;
const FORMERR = 1;
const NOTIMP = 4;

/** WELCOME, SILENCE, EMPTY, or the rcode to refuse with: then nothing but the header is echoed while `questionEnd` is 12. */
export function receive(query: Query): number {
  const { bytes, at, length } = query;
  if (length < HEADER || (bytes[at + 2]! & 0x80) !== 0) return SILENCE;
  const opcode = query.opcode;
  if (opcode !== 0 && opcode !== 4) return NOTIMP;
  if (u16(bytes, at + 4) !== 1 || u16(bytes, at + 6) > 1 || u16(bytes, at + 8) > 1 || u16(bytes, at + 10) > 2) return FORMERR;
  if (length === HEADER) return EMPTY;
  const end = at + length;
  let i = at + HEADER;
  for (let size = bytes[i]!; size !== 0; size = bytes[i]!) {
    if (size > 63) return size >= 192 ? unfold(query) : FORMERR;
    i += size + 1;
    if (i >= end) return FORMERR;
  }
  const name = i + 1 - at - HEADER;
  if (name > 255 || (i + 5 > end && !complete(query, i + 1))) return FORMERR;
  query.nameLength = name;
  query.type = u16(bytes, i + 1);
  query.class = u16(bytes, i + 3);
  query.questionEnd = i + 5 - at;
  if (bytes[at + 7] !== 0 || bytes[at + 9] !== 0 || bytes[at + 11] !== 0) return records(query);
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
  query.size = length;
}

/** Walks what follows the question. A count whose record is missing altogether is put right, as CoreDNS does. */
function records(query: Query): number {
  const { bytes, at } = query;
  const end = at + query.length;
  const count = bytes[at + 7]! + bytes[at + 9]! + bytes[at + 11]!;
  let i = at + query.questionEnd;
  for (let r = 0; r < count; r++) {
    if (i === end) return unfold(query);
    const owner = i;
    i = skipName(bytes, i, end);
    if (i < 0 || i + 10 > end) return FORMERR;
    const size = u16(bytes, i + 8);
    if (i + 10 + size > end) return FORMERR;
    if (u16(bytes, i) === OPT && r >= bytes[at + 7]! + bytes[at + 9]!) {
      if (!options(bytes, i + 10, i + 10 + size)) return FORMERR;
      if (i !== owner + 1) return unfold(query);
      query.optAt = owner - at;
      query.udpSize = u16(bytes, i + 2);
      query.wantsDnssec = (bytes[i + 6]! & 0x80) !== 0;
    } else if (u16(bytes, i) !== OPT && !decodes(query)) return FORMERR;
    i += 10 + size;
  }
  if (i < end) cut(query, i - at);
  return WELCOME;
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

/** A request with names or counts that are written in an unusual way (pointers in the question): written anew, plainly. Rare and slow. */
function unfold(query: Query): number {
  try {
    const parts = decodeMessage(query.bytes, query.at, query.length);
    if (parts.question === undefined) return EMPTY;
    const length = encodeInto(parts, query.bytes, query.at, query.keyAt - query.at - 16, false);
    if (length < 0) return FORMERR;
    cut(query, length);
  } catch {
    return FORMERR;
  }
  return receive(query);
}
