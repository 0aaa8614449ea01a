// A reply to the rewritten question made one to the original question, record by record where they lie. Knows the wire format and which
// data begins with what; leaves replies that need more to restore.ts.
import { writeLatin1 } from '../../dns/latin1.ts';
import { readRawName } from '../../dns/name-wire.ts';
import { Name, NameError } from '../../dns/name.ts';
import { HEADER, setU16, skipName, u16 } from '../../dns/packet.ts';
import { shapeOf } from '../../dns/shapes.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { rewritten, rezoned } from './responses.ts';
import type { Responses, Rewriter } from './responses.ts';
import { questionText, writeName } from './spelling.ts';
import { valueAt } from './value-name.ts';

/** Room for a record: its owner, what is fixed, and names in its data. */
const RECORD = 3 * 256 + 16;
const POINTER = 0xc0;

/** What one reply needs while it is copied. */
interface Copy {
  readonly query: Query;
  readonly derived: Query;
  readonly source: Message;
  readonly target: Message;
  readonly responses: Responses;
  /** Offsets in the target of the name that the derived question becomes: -1 while it has not been written. */
  questionAt: number;
}

/**
 * The reply to `query` that `source`, the one to `derived`, becomes; undefined where this cannot be done here. Options and rcode are
 * left as they are. Throws NameError where a name becomes none, and WireError.
 */
export function repack(query: Query, derived: Query, source: Message, responses: Responses): Message | undefined {
  const records = source.records();
  if (records === undefined || source.questionEnd !== derived.questionEnd) return undefined;
  const target = query.begin(0, 0);
  copyHeader(source, target);
  const copy: Copy = { query, derived, source, target, responses, questionAt: -1 };
  const { count, ownerAt, fixedAt, opt } = records;
  for (let r = 0; r < count; r++) {
    const fixed = fixedAt[r]!;
    const size = u16(source.bytes, fixed + 8);
    // What becomes too long for a message is cut where it is rebuilt.
    if (target.length + RECORD + size > 65535) return undefined;
    target.ensure(RECORD + size);
    if (r === opt) target.optAt = target.length;
    let at = target.at + target.length;
    at = r === opt ? copyOctets(source, target, ownerAt[r]!, fixed, at)
      : putOwner(copy, ownerAt[r]!, u16(source.bytes, fixed) === TYPE.SOA, at);
    at = copyOctets(source, target, fixed, fixed + 10, at);
    const end = putData(copy, fixed, size, at);
    if (end < 0) return undefined;
    setU16(target.bytes, at - 2, end - at);
    target.length = end - target.at;
  }
  return target;
}

/** Flags, rcode and counts, and what is known of the reply beside its octets. */
export function copyHeader(source: Message, target: Message): void {
  for (let i = 2; i < HEADER; i++) target.bytes[target.at + i] = source.bytes[source.at + i]!;
  target.bytes[target.at + 4] = 0;
  target.bytes[target.at + 5] = 1;
  target.cause = source.cause;
  target.extended = source.extended;
}

function copyOctets({ bytes: from }: Message, { bytes: to }: Message, start: number, end: number, at: number): number {
  if (end - start > 64) {
    to.set(from.subarray(start, end), at);
    return at + end - start;
  }
  for (let i = start; i < end; i++) to[at++] = from[i]!;
  return at;
}

/** Writes the owner of a record; mostly that is the name of the question. Returns the offset behind it. */
function putOwner(copy: Copy, owner: number, soa: boolean, at: number): number {
  const { source, target, responses } = copy;
  if (soa) return putName(copy, owner, at, responses.owners, rezoned);
  if (source.bytes[owner] !== POINTER || source.bytes[owner + 1] !== HEADER) return putName(copy, owner, at, responses.owners);
  if (copy.questionAt < 0) {
    // Without a rule for owners they stay what they are, spelling and all.
    const size = responses.owners.length === 0 ? writeQuestion(copy.derived, target.bytes, at)
      : writeText(rewritten(questionText(copy.derived), responses.owners), target.bytes, at);
    if (!isQuestion(copy.query, target.bytes, at, size)) {
      // Pointers reach no further than 14 bits (RFC 1035 section 4.1.4); the first record is near enough.
      if (at - target.at < 0x4000) copy.questionAt = at - target.at;
      return at + size;
    }
    copy.questionAt = HEADER;
  }
  setU16(target.bytes, at, (POINTER << 8) | copy.questionAt);
  return at + 2;
}
function writeQuestion({ bytes, at: from, nameLength }: Query, to: Uint8Array, at: number): number {
  for (let i = 0; i < nameLength; i++) to[at + i] = bytes[from + HEADER + i]!;
  return nameLength;
}
/** Whether the name that was written at `at` is that of the question, letter for letter. */
function isQuestion({ bytes, at: from, nameLength }: Query, written: Uint8Array, at: number, size: number): boolean {
  if (size !== nameLength || size < 3) return false;
  for (let i = 0, k = from + HEADER; i < size; i++, k++) if (written[at + i] !== bytes[k]) return false;
  return true;
}

/** Writes a name of the source, rewritten and without pointers. Returns the offset behind it. */
function putName({ source, target }: Copy, from: number, at: number, rewriters: readonly Rewriter[], change = rewritten): number {
  const raw = readRawName(source.bytes, from, source.at + source.length, source.at);
  if (rewriters.length > 0) {
    const { text } = Name.wire(raw);
    const changed = change(text, rewriters);
    if (changed !== text) return at + writeText(changed, target.bytes, at);
  }
  writeLatin1(raw, target.bytes, at);
  return at + raw.length;
}
function writeText(text: string, bytes: Uint8Array, at: number): number {
  const size = writeName(text, bytes, at);
  if (size < 0) throw new NameError(`invalid name after rewrite: ${text}`);
  return size;
}

/** Writes the data of a record. Returns the offset behind it, -1 where it is of a kind that is not known here. */
function putData(copy: Copy, fixed: number, size: number, at: number): number {
  const { source, target, responses } = copy;
  const type = u16(source.bytes, fixed);
  const from = fixed + 10;
  const end = from + size;
  if (type === TYPE.A || type === TYPE.AAAA || type === TYPE.OPT || size === 0) return copyOctets(source, target, from, end, at);
  let next = valueAt(type, source.bytes, from);
  if (next < 0) return shapeOf(type)?.named === true ? -1 : copyOctets(source, target, from, end, at);
  at = copyOctets(source, target, from, next, at);
  // Of an SOA, the name of the server alone is rewritten (REW-5).
  for (let n = type === TYPE.SOA ? 2 : 1; n > 0; n--) {
    const after = skipName(source.bytes, next, end);
    if (after < 0) return -1;
    at = putName(copy, next, at, n === 2 || type !== TYPE.SOA ? responses.values : []);
    next = after;
  }
  return copyOctets(source, target, next, end, at);
}
