// Aliases and what the last one leads to, written into a reply: names that were written once are pointed at. Knows records and replies;
// knows nothing of who follows aliases.
import { writeLatin1 } from '../dns/latin1.ts';
import type { Name } from '../dns/name.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import type { Message } from '../kernel/query/message.ts';
import { ANSWER, hasRoom, record } from './records.ts';

/** Bytes of a pointer, and of what stands between a record's owner and its data. */
const FIXED = 12;

/**
 * Writes that the name at offset `owner` of the reply is another name for `target`. Returns where that stands in the reply; 0, and TC is
 * set, where the message is full.
 */
export function writeAlias(reply: Message, owner: number, { raw }: Name, ttl: number): number {
  if (!hasRoom(reply, FIXED + raw.length)) return 0;
  const to = record(reply, ANSWER, owner, TYPE.CNAME, ttl, raw.length);
  writeLatin1(raw, reply.bytes, to);
  return to - reply.at;
}
/**
 * Writes what an alias leads to, whose name, `raw` as wire text, stands at offset `owner`: what is owned by that points at it. False, and
 * TC is set, where the message is full before all are in it.
 */
export function writeTarget(reply: Message, owner: number, raw: string, records: readonly RR[]): boolean {
  for (const { name, type, class: kind, ttl, rdata } of records) {
    if (kind !== CLASS.IN || name.raw !== raw) {
      if (!reply.appendAll([{ name, type, class: kind, ttl, rdata }], ANSWER)) return false;
    } else if (hasRoom(reply, FIXED + rdata.length)) {
      reply.bytes.set(rdata, record(reply, ANSWER, owner, type, ttl, rdata.length));
    } else return false;
  }
  return true;
}
