// Which replies are kept, where and for how long (CACHE-6, CACHE-8). Knows the kinds of replies; keeps nothing.
import type { Parts } from '../../dns/message.ts';
import { HEADER, foldByte, nameLength, skipName, u16, u32 } from '../../dns/packet.ts';
import type { Records } from '../../dns/packet.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { classify } from '../../kernel/query/classify.ts';
import type { ReplyType } from '../../kernel/query/classify.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { readAnswer } from './aliases.ts';
import type { Settings } from './config.ts';

/** Where a reply belongs, the TTL that it gets either way, and whether it answers its question. */
export interface Worth {
  cache: 'success' | 'denial' | 'none';
  /** Seconds. */
  ttl: number;
  answering: boolean;
  /** What `classify` told, refined: `NODATA` also for chains that end before what was asked, `INCOMPLETE` where no SOA bounds that. */
  kind: Kind;
  /** Where the records of the reply lie, while it is not changed; undefined where it is malformed. */
  records: Records | undefined;
  /** The answers without those that have nothing to do with the question; undefined where there are none of these. */
  own: readonly RR[] | undefined;
}
type Kind = ReplyType | 'INCOMPLETE';

const TYPE_RESERVED = 251;
/** LIB-6. */
const FALLBACK = 5;
/** Filled anew by every call of `judge`: no object is made for a reply. */
const worth: Worth = { cache: 'none', ttl: 0, answering: false, kind: 'OTHERERROR', records: undefined, own: undefined };

/** What becomes of a reply whose records lie there; undefined where it is malformed. The object is shared: read it before the next call. */
export function judge(query: Query, message: Message, records: Records | undefined, settings: Settings, clock: Clock): Worth {
  worth.records = records;
  worth.answering = false;
  worth.own = undefined;
  worth.kind = records === undefined ? 'OTHERERROR' : kindOf(query, message, records, clock);
  const { kind } = worth;
  const told = kind === 'NOERROR' || kind === 'NXDOMAIN' || kind === 'NODATA' || kind === 'INCOMPLETE';
  const least = told && records !== undefined && records.count > (records.opt < 0 ? 0 : 1) ? records.leastTtl : FALLBACK;
  const denial = kind === 'NXDOMAIN' || kind === 'NODATA' || kind === 'SERVERERROR' || (kind === 'INCOMPLETE' && message.rcode !== 0);
  const { minimum, maximum } = denial ? settings.denial : settings.success;
  const ttl = denial && told ? Math.min(least, leastMinimum(message)) : least;
  const time = kind === 'SERVERERROR' ? settings.servfail : Math.min(Math.max(ttl, minimum), maximum);
  worth.ttl = Math.floor(time);
  const kept = kind !== 'OTHERERROR' && kind !== 'META' && kind !== 'UPDATE' && kind !== 'INCOMPLETE' && !message.truncated && time > 0;
  worth.cache = kept ? (denial ? 'denial' : 'success') : 'none';
  return worth;
}

/** For how long SOA records let a denial be believed, whatever their TTL (RFC 2308 section 5); Infinity where there are none. */
function leastMinimum(message: Message): number {
  const records = message.records()!;
  const { bytes } = message;
  let least = Infinity;
  for (let r = records.authority; r < records.additional; r++) {
    const fixed = records.fixedAt[r]!;
    const size = u16(bytes, fixed + 8);
    if (u16(bytes, fixed) === TYPE.SOA && size >= 22) least = Math.min(least, u32(bytes, fixed + 6 + size));
  }
  return least;
}

/** The kind of a reply; says in `worth` whether it answers. What most replies are is told without decoding. */
function kindOf(query: Query, message: Message, records: Records, clock: Clock): Kind {
  const direct = message.answers > 0 && message.rcode === 0 && query.type < TYPE_RESERVED && answersAtOnce(query, message, records);
  const unsigned = message.optAt === 0 || (message.bytes[message.at + message.optAt + 7]! & 0x80) === 0;
  if (direct && unsigned && (message.bytes[message.at + 2]! & 0x78) === 0) {
    worth.answering = true;
    return 'NOERROR';
  }
  const kind = classify(message, clock);
  if (direct) worth.answering = kind === 'NOERROR';
  return direct ? kind : refined(query, message, kind);
}
/** Whether the first answer is a record of the type, each one is of the very name that was asked, and no alias could lead elsewhere. */
function answersAtOnce(query: Query, { bytes, answers }: Message, { ownerAt, fixedAt }: Records): boolean {
  if (u16(bytes, fixedAt[0]!) !== query.type) return false;
  for (let i = 0; i < answers; i++) {
    const owner = ownerAt[i]!;
    const fixed = fixedAt[i]!;
    if (bytes[owner] !== 0xc0 || bytes[owner + 1] !== HEADER) return false;
    if (u16(bytes, fixed) === TYPE.CNAME || u16(bytes, fixed + 2) !== query.class) return false;
  }
  return true;
}

/** The kind, where the answers have to be looked at. `INCOMPLETE` is a chain that leads nowhere, without an SOA to bound it. */
function refined(query: Query, message: Message, kind: ReplyType): Kind {
  if (kind !== 'NOERROR' && kind !== 'NXDOMAIN') return kind;
  if (kind === 'NOERROR' && message.answers === 0) return kind;
  if (kind === 'NXDOMAIN' && hasSoaAlone(message)) return kind;
  const parts = decoded(message);
  if (parts === undefined) return 'OTHERERROR';
  const soa = parts.authority.some(({ type }) => type === TYPE.SOA);
  if (kind === 'NXDOMAIN') return soa ? kind : 'INCOMPLETE';
  const { answers, own } = readAnswer(query, parts.answer);
  worth.answering = answers;
  // Of an answer that answers nothing it cannot be said what belongs to it: it is passed on as it is.
  if (answers && own !== parts.answer) worth.own = own;
  return answers ? kind : soa ? 'NODATA' : 'INCOMPLETE';
}
/** Whether the reply is a sound SOA and nothing else but an OPT: what most denials are is told without decoding. */
function hasSoaAlone(message: Message): boolean {
  const records = message.records();
  if (records === undefined || message.answers !== 0 || message.authorities !== 1) return false;
  if (message.additionals !== (records.opt === 1 ? 1 : 0) || records.opt === 0) return false;
  const { bytes, at } = message;
  const end = at + message.length;
  const fixed = records.fixedAt[0]!;
  const data = fixed + 10;
  const after = data + u16(bytes, fixed + 8);
  if (u16(bytes, fixed) !== TYPE.SOA || nameLength(bytes, records.ownerAt[0]!, at, end) < 0) return false;
  const mailbox = skipName(bytes, data, after);
  const numbers = mailbox < 0 ? -1 : skipName(bytes, mailbox, after);
  if (numbers < 0 || numbers + 20 !== after) return false;
  return nameLength(bytes, data, at, end) > 0 && nameLength(bytes, mailbox, at, end) > 0;
}
/** What an upstream sent may have records that are whole but make no sense. */
function decoded(message: Message): Parts | undefined {
  try {
    return message.parts();
  } catch {
    return undefined;
  }
}

/** Whether the reply repeats the question that was asked; what does not is passed on and never kept (CACHE-8). */
export function isAnswerTo(query: Query, { bytes, at, questionEnd }: Message): boolean {
  if (questionEnd !== query.questionEnd || bytes[at + 5] !== 1) return false;
  const end = questionEnd - 4;
  for (let i = HEADER; i < end; i++) {
    const mine = query.bytes[query.at + i]!;
    const theirs = bytes[at + i]!;
    if (mine !== theirs && foldByte(mine) !== foldByte(theirs)) return false;
  }
  return u16(bytes, at + end) === query.type && u16(bytes, at + end + 2) === query.class;
}
