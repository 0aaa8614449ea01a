// A message's octets of its parts: compression (RFC 1035 section 4.1.4) and what is left out when room is short (SIZE-1 to 4).
// Knows records and EDNS; what they mean it does not.

import { ednsLength, writeEdns } from './opt.ts';
import { FLAGS, type Parts, TC } from './parts.ts';
import type { RR } from './rr.ts';
import { shapeOf } from './shapes.ts';
import { TYPE } from './type-name.ts';
import { Reader, Writer } from './wire.ts';
import { WireError } from './wire-error.ts';

const HEADER = 12;

/** How to write a message. */
export interface EncodeOptions {
  /** Whether names are shortened by pointers, even where the message would fit without. */
  readonly compress: boolean;
  /** The most octets there may be; header, question and OPT stay. (A client's size below 512 counts as 512, RFC 6891 section 6.2.3.) */
  readonly limit?: number | undefined;
}

function recordLength(rr: RR): number {
  return rr.name.raw.length + 10 + rr.rdata.length;
}

function sectionLength(records: readonly RR[]): number {
  let length = 0;
  for (let i = 0; i < records.length; i++) length += recordLength(records[i] as RR);
  return length;
}

/** How many octets the message has without compression. */
export function plainLength(parts: Parts): number {
  return (
    HEADER +
    (parts.question === undefined ? 0 : parts.question.name.raw.length + 4) +
    sectionLength(parts.answer) +
    sectionLength(parts.authority) +
    sectionLength(parts.additional) +
    (parts.edns === undefined ? 0 : ednsLength(parts.edns))
  );
}

/**
 * The message's octets. With a limit, it is compressed where it would not fit otherwise, and if it still does not, records are
 * left out from the end of answer, authority and additional, whole ones, and OPT stays. TC is set where something is missing that
 * is part of the answer: additional records are part of a referral alone. A message with a TSIG record
 * is never cut, and may be longer than the limit (SIZE-1). Throws WireError for a response code above 15 without EDNS.
 */
export function encodeMessage(parts: Parts, options: EncodeOptions): Uint8Array {
  const plain = plainLength(parts);
  const { limit = Number.POSITIVE_INFINITY } = options;
  const cut = plain > limit && !parts.additional.some((rr) => rr.type === TYPE.TSIG);
  const writer = new Writer({ bytes: new Uint8Array(plain), at: 0, end: plain }, options.compress || plain > limit);
  writeMessage(writer, parts, cut ? limit : undefined);
  return writer.at === plain ? writer.bytes : writer.slice();
}

/**
 * Writes the message to `bytes` at `at`, at most `room` octets. Returns how many it has, or -1 where it does not fit; what lies in
 * the room is undefined then. Nothing is left out. Throws WireError for a response code above 15 without EDNS.
 */
export function encodeInto(parts: Parts, bytes: Uint8Array, at: number, room: number, compress: boolean): number {
  const writer = new Writer({ bytes, at, end: Math.min(at + room, bytes.length) }, compress);
  writeMessage(writer, parts, undefined);
  return writer.full ? -1 : writer.at - at;
}

function writeMessage(writer: Writer, parts: Parts, limit: number | undefined): void {
  const { question, edns } = parts;
  if (parts.rcode > 15 && edns === undefined) throw new WireError(`response code ${parts.rcode} without EDNS`, 2);
  const start = writer.at;
  for (let i = 0; i < HEADER; i += 4) writer.u32(0);
  if (writer.full) return;
  if (question !== undefined) {
    writer.name(question.name, true);
    writer.u16(question.type);
    writer.u16(question.class);
  }
  const end = limit === undefined ? Number.POSITIVE_INFINITY : start + limit - (edns === undefined ? 0 : ednsLength(edns));
  const signed = parts.additional.at(-1)?.type === TYPE.TSIG;
  const additional = signed ? parts.additional.slice(0, -1) : parts.additional;
  const answers = writeSection(writer, parts.answer, end);
  const authorities = answers < parts.answer.length ? 0 : writeSection(writer, parts.authority, end);
  const more = answers + authorities < parts.answer.length + parts.authority.length;
  let additionals = more ? 0 : writeSets(writer, additional, end);
  // What stands beside an answer is not missed (RFC 2181 section 9); the addresses of a referral's name servers are (RFC 9471).
  const dropped = more || (additionals < additional.length && answers === 0 && parts.authority.some(({ type }) => type === TYPE.NS));
  if (edns !== undefined) {
    writeEdns(writer, edns, parts.rcode);
    additionals++;
  }
  if (signed) additionals += writeSection(writer, parts.additional.slice(-1), Number.POSITIVE_INFINITY);
  const flags = (parts.flags & FLAGS) | (dropped ? TC : 0);
  writer.setU16(start, parts.id);
  writer.setU16(start + 2, flags | ((parts.opcode & 15) << 11) | (parts.rcode & 15));
  writer.setU16(start + 4, question === undefined ? 0 : 1);
  writer.setU16(start + 6, answers);
  writer.setU16(start + 8, authorities);
  writer.setU16(start + 10, additionals);
}

/** Writes records until one would end behind `end`. Returns how many it wrote. */
function writeSection(writer: Writer, records: readonly RR[], end: number): number {
  for (let i = 0; i < records.length; i++) {
    const at = writer.at;
    writeRecord(writer, records[i] as RR);
    if (writer.at > end) {
      writer.at = at;
      return i;
    }
  }
  return records.length;
}

/** The same, but no set of records of one owner and type is written in part: without TC nobody would know that some are missing. */
function writeSets(writer: Writer, records: readonly RR[], end: number): number {
  let set = 0;
  let at = writer.at;
  for (let i = 0; i < records.length; i++) {
    const { name, type } = records[i]!;
    if (i > 0 && (records[i - 1]!.type !== type || !records[i - 1]!.name.equals(name))) {
      set = i;
      at = writer.at;
    }
    writeRecord(writer, records[i]!);
    if (writer.at <= end) continue;
    writer.at = at;
    return set;
  }
  return records.length;
}

/** Writes one record. Its data must be whole. */
export function writeRecord(writer: Writer, rr: RR): void {
  const { rdata } = rr;
  writer.name(rr.name, true);
  writer.u16(rr.type);
  writer.u16(rr.class);
  writer.u32(rr.ttl);
  const shape = writer.compresses && rdata.length > 0 ? shapeOf(rr.type) : undefined;
  if (shape === undefined || !shape.named || shape.woven) {
    writer.u16(rdata.length);
    writer.octets(rdata);
    return;
  }
  const at = writer.at;
  writer.u16(0);
  const reader = new Reader(rdata);
  for (const extent of shape.extents) {
    const from = reader.at;
    if (extent === 'name' || extent === 'shorten') {
      writer.name(reader.name(), extent === 'shorten');
      continue;
    }
    if (extent === 'string') reader.skipString();
    else if (extent !== 'rest') reader.skip(extent);
    writer.octets(rdata, from, reader.at);
  }
  writer.octets(rdata, reader.at, rdata.length);
  writer.setU16(at, writer.at - at - 2);
}
