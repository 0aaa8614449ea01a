// Which replies are kept, where and for how long (CACHE-6, CACHE-8). Knows the kinds of replies; keeps nothing.
import type { Parts } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import { u16 } from '../../dns/packet.ts';
import type { RR } from '../../dns/rr.ts';
import { CNAME } from '../../dns/types.ts';
import { classify } from '../../kernel/classify.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Message } from '../../kernel/message.ts';
import type { Query } from '../../kernel/query.ts';
import type { Settings } from './config.ts';

/** Where a reply belongs, the TTL that it gets either way, and whether it answers its question. */
export interface Worth {
  cache: 'success' | 'denial' | 'none';
  ttl: number;
  answering: boolean;
  /** The kind that `classify` told, refined: `NODATA` also for chains that end before what was asked. */
  kind: string;
}
const ANY_CLASS = 255, ANY = 255, TYPE_CNAME = 5, TYPE_SOA = 6;
/** LIB-6. */
const FALLBACK = 5;
/** Filled anew by every call of `judge`: no object is made for a reply. */
const worth: Worth = { cache: 'none', ttl: 0, answering: false, kind: '' };

/** What becomes of a reply. The object is shared: read it before the next call. */
export function judge(query: Query, message: Message, settings: Settings, clock: Clock): Worth {
  const records = message.records();
  worth.answering = false;
  if (records === undefined) {
    worth.cache = 'none';
    worth.ttl = FALLBACK;
    worth.kind = 'OTHERERROR';
    return worth;
  }
  const least = records.leastTtl;
  const plain = message.rcode === 0 && message.answers > 0 && !query.wantsDnssec && query.opcode === 0
    && query.type < 251 && answersAtOnce(query, message, records.ownerAt[0]!, records.fixedAt[0]!);
  const kind = plain ? 'NOERROR' : refined(query, message, clock);
  worth.kind = kind;
  if (plain) worth.answering = true;
  const told = kind === 'NOERROR' || kind === 'NXDOMAIN' || kind === 'NODATA' || kind === 'INCOMPLETE';
  const ttl = told && least !== 0xffffffff ? least : FALLBACK;
  const denial = kind === 'NXDOMAIN' || kind === 'NODATA' || kind === 'SERVERERROR' || (kind === 'INCOMPLETE' && message.rcode !== 0);
  const { minimum, maximum } = denial ? settings.denial : settings.success;
  worth.ttl = kind === 'SERVERERROR' ? settings.servfail : Math.min(Math.max(ttl, minimum), maximum);
  worth.ttl = Math.floor(worth.ttl);
  const keeps = kind !== 'OTHERERROR' && kind !== 'META' && kind !== 'UPDATE' && kind !== 'INCOMPLETE' && !message.truncated && worth.ttl > 0;
  worth.cache = keeps ? (denial ? 'denial' : 'success') : 'none';
  return worth;
}

/** Whether the first answer is a record of the type at the very name that was asked. */
function answersAtOnce(query: Query, { bytes }: Message, owner: number, fixed: number): boolean {
  return bytes[owner] === 0xc0 && bytes[owner + 1] === 12 && u16(bytes, fixed) === query.type && u16(bytes, fixed + 2) === query.class
    && query.type !== TYPE_CNAME;
}

/** The kind, where the answers have to be looked at. `INCOMPLETE` is a chain that leads nowhere, without an SOA to bound it. */
function refined(query: Query, message: Message, clock: Clock): string {
  const kind = classify(message, clock);
  if (kind !== 'NOERROR' && kind !== 'NXDOMAIN') return kind;
  const parts = message.parts();
  const soa = parts.authority.some(({ type }) => type === TYPE_SOA);
  if (kind === 'NXDOMAIN') return soa ? kind : 'INCOMPLETE';
  if (parts.answer.length === 0) return kind;
  worth.answering = answersQuestion(query, parts);
  return worth.answering ? kind : soa ? 'NODATA' : 'INCOMPLETE';
}

/** Whether a record of the type stands at the end of the CNAME chain that begins at the question's name. */
function answersQuestion(query: Query, { answer }: Parts): boolean {
  const fits = (record: RR) => query.class === ANY_CLASS || record.class === query.class;
  const { name, type } = query;
  if (type === ANY) return answer.some((record) => fits(record) && record.name.equals(name));
  const aliases = answer.filter((record) => record.type === TYPE_CNAME && fits(record));
  if (type === TYPE_CNAME) return typeof target(aliases, name) === 'object';
  const seen = new Set<string>();
  let at = name;
  for (;;) {
    if (seen.has(at.key)) return false;
    seen.add(at.key);
    const next = target(aliases, at);
    if (next === 'ambiguous') return false;
    if (next === undefined) break;
    at = next;
  }
  return answer.some((record) => record.type === type && fits(record) && record.name.equals(at));
}
/** Where the name's only CNAME points to; RFC 2181 section 10.1 has no second one. */
function target(aliases: readonly RR[], owner: Name): Name | 'ambiguous' | undefined {
  let found: Name | undefined;
  for (const alias of aliases) {
    if (!alias.name.equals(owner)) continue;
    const to = CNAME.values(alias.rdata).target;
    if (found !== undefined && !found.equals(to)) return 'ambiguous';
    found = to;
  }
  return found;
}
