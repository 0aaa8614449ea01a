// The reply to a completed name as one to the name that was asked for (AP-4): an alias in front, names where they now lie. Octets are
// copied where they lie; what is too strange for that is decoded. Knows the wire format; knows nothing of paths.
import { rr } from '../../dns/rr.ts';
import { HEADER, foldByte, nameLength as wholeLength, setU16, setU32, u16, u32 } from '../../dns/packet.ts';
import type { Records } from '../../dns/packet.ts';
import { shapeOf } from '../../dns/shapes.ts';
import { TYPE } from '../../dns/type-name.ts';
import { CNAME } from '../../dns/types.ts';
import { AD } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Rebase } from './rebase.ts';

const NAME = 256;

/**
 * The reply to `query` that `source`, the one to `candidate`, becomes. The alias points to the name that has an answer and lives as long
 * as that one. What was made here is not authentic (RFC 4035 section 3.2.3). Throws WireError, and RangeError where it does not fit.
 */
export function complete(query: Query, candidate: Query, source: Message): Message {
  const reply = repack(query, candidate, source) ?? rebuild(query, candidate, source);
  reply.cause = source.cause;
  reply.setFlags(0, AD);
  return reply;
}

/** The same by decoding and encoding. */
export function rebuild(query: Query, candidate: Query, source: Message): Message {
  const parts = source.parts();
  const { name, type, class: klass } = query;
  const { answer } = parts;
  const { key } = candidate.name;
  const target = answer.find((record) => record.name.key === key) ?? answer.find((record) => record.name.key !== name.key);
  const alias = target === undefined ? [] : [{ ...rr(name, CNAME, target.ttl, { target: target.name }), class: klass }];
  return query.begin(0, 0).with({ ...parts, id: query.id, answer: [...alias, ...answer], question: { name, type, class: klass } });
}

/** The same by copying octets; undefined where that cannot be done. */
export function repack(query: Query, candidate: Query, source: Message): Message | undefined {
  const records = source.records();
  if (records === undefined || source.questionEnd !== candidate.questionEnd) return undefined;
  const target = query.begin(0, 0);
  for (let i = 2; i < HEADER; i++) if (i !== 4 && i !== 5) target.bytes[target.at + i] = source.bytes[source.at + i]!;
  target.extended = source.extended;
  const rebase = new Rebase(source, target);
  if (!putAlias(rebase, query, records)) return undefined;
  rebase.begin();
  for (let r = 0; r < records.count; r++) {
    const fixed = records.fixedAt[r]!;
    const size = u16(source.bytes, fixed + 8);
    const room = fixed - rebase.from + NAME + 10 + size;
    // What becomes too long for a message is cut where it is rebuilt.
    if (target.length + room > 65535) return undefined;
    target.ensure(room);
    if (r === records.opt) target.optAt = target.length;
    if (!rebase.name(fixed)) return undefined;
    rebase.octets(10);
    if (!putData(rebase, u16(source.bytes, fixed), size)) return undefined;
  }
  return target;
}

/** Writes the data of a record. False where its names cannot be followed. */
function putData(rebase: Rebase, type: number, size: number): boolean {
  const end = rebase.from + size;
  if (type === TYPE.A || type === TYPE.AAAA) {
    rebase.octets(size);
    return true;
  }
  const shape = shapeOf(type);
  if (shape === undefined || !shape.named || size === 0) {
    rebase.octets(size);
    return true;
  }
  if (shape.woven) return false;
  const { source, target } = rebase;
  const start = target.length;
  for (const extent of shape.extents) {
    if (extent === 'rest') return false;
    if (extent === 'name' || extent === 'shorten') {
      target.ensure(NAME + size);
      if (!rebase.name(end)) return false;
      continue;
    }
    const count = extent === 'string' ? 1 + source.bytes[rebase.from]! : extent;
    if (rebase.from + count > end) return false;
    rebase.octets(count);
  }
  rebase.octets(end - rebase.from);
  setU16(target.bytes, target.at + start - 2, target.length - start);
  return true;
}

/** Writes the alias. False where an owner cannot be followed. */
function putAlias(rebase: Rebase, query: Query, { ownerAt, fixedAt, authority: answers }: Records): boolean {
  const { source, target } = rebase;
  let owner = -1;
  let from = 0;
  for (let r = 0; r < answers; r++) {
    const at = ownerAt[r]!;
    if (sameName(source, at, source.bytes, source.at + HEADER)) {
      owner = at;
      from = fixedAt[r]!;
      break;
    }
    if (owner < 0 && !sameName(source, at, query.bytes, query.at + HEADER)) {
      owner = at;
      from = fixedAt[r]!;
    }
  }
  if (owner < 0) return true;
  target.ensure(12 + NAME);
  const size = wholeLength(source.bytes, owner, source.at, source.at + source.length);
  if (size < 0) return false;
  const { bytes } = target;
  const at = target.at + target.length;
  setU16(bytes, at, 0xc000 | HEADER);
  setU16(bytes, at + 2, TYPE.CNAME);
  setU16(bytes, at + 4, query.class);
  setU32(bytes, at + 6, u32(source.bytes, from + 4));
  setU16(bytes, at + 10, size);
  target.length += 12;
  rebase.whole(owner);
  setU16(bytes, target.at + 6, answers + 1);
  return true;
}

/** Whether the name at `at` of the message is the one at `other`, which has no pointers. Length octets are no letters. */
function sameName({ bytes, at: start, length }: Message, at: number, others: Uint8Array, other: number): boolean {
  const end = start + length;
  if (bytes === others && at + 1 < end && bytes[at] === 0xc0 && start + bytes[at + 1]! === other) return true;
  for (let hops = 0; at < end; ) {
    const size = bytes[at]!;
    if (size >= 0xc0) {
      if (++hops > 126) return false;
      at = start + (((size & 63) << 8) | bytes[at + 1]!);
      continue;
    }
    for (let i = 0; i <= size; i++) if (foldByte(bytes[at + i]!) !== foldByte(others[other + i]!)) return false;
    if (size === 0) return true;
    at += size + 1;
    other += size + 1;
  }
  return false;
}
