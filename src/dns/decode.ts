// A message's parts of its octets (RFC 1035 section 4). Knows records and EDNS; what they mean it does not.

import type { Name } from './name.ts';
import { type Edns, readEdns } from './opt.ts';
import { FLAGS, NO_RECORDS, type Parts, type Question } from './parts.ts';
import { type RR, record } from './rr.ts';
import type { Given, Shape } from './shape.ts';
import { shapeOf } from './shapes.ts';
import { TYPE } from './type-name.ts';
import { Reader, Writer } from './wire.ts';
import { WireError } from './wire-error.ts';

/** The pointer to the question's name, the most common owner of all. */
const QUESTION = 0xc00c;

/** Where to put the OPT record that is met on the way. */
interface Found {
  edns: Edns | undefined;
}

/**
 * The parts of the message in `bytes` from `at` on. Every record's data is checked against its type and has its names written
 * out. As in CoreDNS, a count may promise more records than there are, if the message ends between two, more questions than one
 * are read and dropped, of two OPT records the last counts, and octets behind the end do not matter. Throws WireError. With `spoilt`, which
 * is called for each, records whose data is not what their type says are left out instead.
 */
export function decodeMessage(bytes: Uint8Array, at = 0, length: number = bytes.length - at, spoilt?: () => void): Parts {
  const whole = at === 0 && length === bytes.length ? bytes : bytes.subarray(at, at + length);
  const reader = new Reader(whole);
  const id = reader.u16();
  const word = reader.u16();
  const questions = reader.u16();
  const answers = reader.u16();
  const authorities = reader.u16();
  const additionals = reader.u16();
  const question = readQuestions(reader, questions);
  const found: Found = { edns: undefined };
  const answer = readSection(reader, answers, undefined, spoilt, question?.name);
  const authority = readSection(reader, authorities, undefined, spoilt);
  const additional = readSection(reader, additionals, found, spoilt);
  const edns = found.edns;
  return {
    id,
    opcode: (word >> 11) & 15,
    flags: word & FLAGS,
    rcode: (word & 15) | (edns === undefined ? 0 : edns.extendedRcode << 4),
    question,
    answer,
    authority,
    additional,
    edns,
  };
}

function readQuestions(reader: Reader, count: number): Question | undefined {
  let first: Question | undefined;
  for (let i = 0; i < count; i++) {
    const name = reader.name();
    const question = { name, type: reader.u16(), class: reader.u16() };
    first ??= question;
  }
  return first;
}

function readSection(
  reader: Reader, count: number, found: Found | undefined, spoilt: (() => void) | undefined, asked?: Name,
): readonly RR[] {
  if (count === 0) return NO_RECORDS;
  const records: RR[] = [];
  let name = asked;
  let pointer = asked === undefined ? -1 : QUESTION;
  for (let i = 0; i < count && !reader.done; i++) {
    // Records of one set repeat the pointer to their owner: one object serves them all.
    const here = peekPointer(reader);
    const known: Name | undefined = here >= 0 && here === pointer ? name : undefined;
    if (known === undefined) name = reader.name();
    else reader.skip(2);
    pointer = here;
    const type = reader.u16();
    const klass = reader.u16();
    const ttl = reader.u32();
    const length = reader.u16();
    const end = reader.at + length;
    if (end > reader.end) throw new WireError('record data runs over the end', reader.at);
    if (type === TYPE.OPT && found !== undefined) found.edns = readEdns(klass, ttl, reader.bytes, reader.at, end);
    else {
      const data = spoilt === undefined ? readRdata(reader, type, end) : readOr(spoilt, reader, type, end);
      if (data !== undefined) records.push(record(name as Name, type, klass, ttl, data));
    }
    reader.at = end;
  }
  return records;
}

/** Both octets of the pointer that is next, or -1 where none is. */
function peekPointer(reader: Reader): number {
  const { at, bytes } = reader;
  const first = bytes[at] as number;
  return first >= 0xc0 && at + 2 <= reader.end ? (first << 8) | (bytes[at + 1] as number) : -1;
}

function readOr(spoilt: () => void, reader: Reader, type: number, end: number): Uint8Array | undefined {
  try {
    return readRdata(reader, type, end);
  } catch {
    spoilt();
    return undefined;
  }
}
/** Record data from the reader up to `end`, checked, with its names written out. Throws WireError. */
function readRdata(reader: Reader, type: number, end: number): Uint8Array {
  const at = reader.at;
  const shape = at === end ? undefined : shapeOf(type);
  if (shape === undefined) return reader.bytes.slice(at, end);
  const inside = new Reader(reader.bytes, at, end, reader.end);
  if (shape.woven) return rewrite(shape, inside);
  shape.check(inside);
  return shape.named ? flatten(shape, reader.bytes, at, end, reader.end) : reader.bytes.slice(at, end);
}

function rewrite<V>(shape: Shape<V>, reader: Reader): Uint8Array {
  return shape.rdata(shape.read(reader) as Given<V>);
}

/** Record data that was checked, a copy of it with every pointer followed. */
function flatten(shape: Shape, bytes: Uint8Array, at: number, end: number, limit: number): Uint8Array {
  const reader = new Reader(bytes, at, end, limit);
  const writer = new Writer({ bytes: new Uint8Array(end - at), at: 0, end: Number.POSITIVE_INFINITY });
  for (const extent of shape.extents) {
    const from = reader.at;
    if (extent === 'name' || extent === 'shorten') {
      writer.name(reader.name(), false);
      continue;
    }
    if (extent === 'string') reader.skipString();
    else if (extent !== 'rest') reader.skip(extent);
    writer.octets(bytes, from, reader.at);
  }
  writer.octets(bytes, reader.at, end);
  return writer.at === writer.bytes.length ? writer.bytes : writer.slice();
}
