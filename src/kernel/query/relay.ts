// An upstream's reply as the reply to a query (FWD-6, FWD-7). Knows the wire format; knows nothing of where it came from.
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { HEADER, Records, plainLength, skipName, u16 } from '../../dns/packet.ts';
import type { RR } from '../../dns/rr.ts';
import { shapeOf } from '../../dns/shapes.ts';
import { TYPE } from '../../dns/type-name.ts';
import { Reader } from '../../dns/wire.ts';
import { TC } from './message.ts';
import type { Message } from './message.ts';
import type { Query } from './query.ts';

const HEADER_COUNTS = 6;
const records = new Records();

/** What was found in a reply by walking it once. One object is used again and again. */
export class Walked {
  /** Length without compression; 0 where the message cannot be read. */
  plain = 0;
  /** Offset of the OPT from the beginning of the message, or 0. */
  optAt = 0;
  /** The upper bits of an extended rcode. */
  extended = 0;
  /** The whole rcode. */
  rcode = 0;

  /** Walks the message of `length` bytes at `at`. */
  read(bytes: Uint8Array, at: number, length: number, questionEnd: number): this {
    const rcode = bytes[at + 3]! & 15;
    this.plain = plainLength(bytes, at, length, questionEnd, records);
    if (this.plain !== 0 && !dataFits(bytes, at, length)) this.plain = 0;
    const opt = this.plain === 0 ? -1 : records.opt;
    this.optAt = opt < 0 ? 0 : records.ownerAt[opt]! - at;
    this.extended = opt < 0 ? 0 : bytes[records.fixedAt[opt]! + 4]!;
    this.rcode = rcode | (this.extended << 4);
    // An OPT of another owner than the root is written anew.
    if (opt >= 0 && (bytes[at + this.optAt] !== 0 || u16(bytes, at + this.optAt + 1) !== TYPE.OPT)) this.plain = 0;
    return this;
  }
}

/** Whether the data of each record that was walked over has the form of its type: what is kept and decoded later is sound. */
function dataFits(bytes: Uint8Array, at: number, length: number): boolean {
  let opts = 0;
  for (let r = 0; r < records.count; r++) {
    const fixed = records.fixedAt[r]!;
    // An owner that lies further on, in a TTL perhaps, would be another one when that counts down: written anew.
    if (leadsOn(bytes, at, records.ownerAt[r]!)) return false;
    const type = u16(bytes, fixed);
    const size = u16(bytes, fixed + 8);
    const from = fixed + 10;
    const end = from + size;
    // One OPT at most, where it belongs, with options that end where it does (RFC 6891 section 6.1.1).
    if (type === TYPE.OPT && (r < records.additional || r !== records.opt || opts++ > 0 || !optionsFit(bytes, from, end))) return false;
    if (size === 0) continue;
    if (type === TYPE.A || type === TYPE.AAAA) {
      if (size !== (type === TYPE.A ? 4 : 16)) return false;
    } else if (type === TYPE.CNAME || type === TYPE.NS || type === TYPE.PTR) {
      if (skipName(bytes, from, end) !== end) return false;
    } else if (type === TYPE.TXT) {
      let next = from;
      while (next < end) next += bytes[next]! + 1;
      if (next !== end) return false;
    } else if (type !== TYPE.OPT && !otherFits(bytes, at, length, type, from)) return false;
  }
  return true;
}
/** Whether the name at `owner` ends in a pointer to itself or further on; those of the question and of names before lead back. */
function leadsOn(bytes: Uint8Array, at: number, owner: number): boolean {
  let label = owner;
  while (bytes[label]! !== 0 && bytes[label]! < 0xc0) label += bytes[label]! + 1;
  return bytes[label]! !== 0 && (u16(bytes, label) & 0x3fff) >= owner - at;
}
function optionsFit(bytes: Uint8Array, option: number, end: number): boolean {
  while (option + 4 <= end) option += 4 + u16(bytes, option + 2);
  return option === end;
}
function otherFits(bytes: Uint8Array, at: number, length: number, type: number, from: number): boolean {
  const shape = shapeOf(type);
  if (shape === undefined) return true;
  const end = from + u16(bytes, from - 2);
  try {
    shape.check(new Reader(bytes.subarray(at, at + length), from - at, end - at, length));
    return true;
  } catch {
    return false;
  }
}

/** A reply that was walked, as the reply to the query. */
export function relay(query: Query, words: Int32Array, at: number, length: number, walked: Walked): Message {
  const message = query.adopt(words, at >> 2, length);
  message.plain = walked.plain;
  message.optAt = walked.optAt;
  message.extended = walked.extended;
  return message;
}

/** An empty reply with TC, in place of one that does not fit or cannot be read: flags and rcode are the upstream's. */
export function cutShort(query: Query, words: Int32Array, at: number): Message {
  const message = query.adopt(words, at >> 2, query.questionEnd);
  message.bytes.fill(0, message.at + 6, message.at + 12);
  message.setFlags(TC);
  return message;
}

/**
 * A message that cannot be walked plainly, decoded with care and written anew, at the beginning of a buffer of whole words. A text
 * where it is malformed: why. As in CoreDNS, counts may promise too much, and bytes may be left behind; an OPT that is not among the
 * additional records is left out, as is a second one.
 */
export function rewritten(bytes: Uint8Array, at: number, length: number): Uint8Array | string {
  try {
    const parts = decodeMessage(bytes, at, length);
    const real = (section: readonly RR[]) => section.filter(({ type }) => type !== TYPE.OPT);
    const sound = { ...parts, answer: real(parts.answer), authority: real(parts.authority) };
    const wire = encodeMessage(sound, { compress: true, limit: 65535 });
    const copy = new Uint8Array((wire.length + 67) & ~3);
    copy.set(wire);
    return copy.subarray(0, wire.length);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether the message ends in the middle of a record that its counts promise: what is there may be sound, the rest was lost. */
export function endsEarly(bytes: Uint8Array, at: number, length: number, questionEnd: number): boolean {
  const end = at + length;
  let left = 0;
  for (let k = at + HEADER_COUNTS; k < at + HEADER; k += 2) left += u16(bytes, k);
  for (let i = at + questionEnd; left > 0 && i < end; left--) {
    while (i < end && bytes[i]! > 0 && bytes[i]! < 64) i += bytes[i]! + 1;
    if (i >= end) return true;
    if (bytes[i]! >= 64 && bytes[i]! < 192) return false;
    i += bytes[i] === 0 ? 1 : 2;
    if (i + 10 > end) return true;
    i += 10 + u16(bytes, i + 8);
    if (i > end) return true;
  }
  return false;
}
