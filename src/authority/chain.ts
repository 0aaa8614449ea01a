// Aliases and what the last one leads to, written into a reply: names that were written once are pointed at. Knows records and replies;
// knows nothing of who follows aliases.
import { HEADER } from '../dns/packet.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import type { Message } from '../kernel/query/message.ts';
import { ANSWER, hasRoom, record } from './records.ts';

/** Bytes of a pointer, and of what stands between a record's owner and its data. */
const FIXED = 12;

/**
 * Writes the aliases, of which the first has the question's name and each of the others that which the one before it points to, and then
 * `records`. False, and TC is set, where the message is full before all are in it.
 */
export function writeChain(reply: Message, aliases: readonly RR[], records: readonly RR[]): boolean {
  let owner = HEADER;
  let target = '';
  for (const { ttl, rdata } of aliases) {
    if (!hasRoom(reply, FIXED + rdata.length)) return false;
    const to = record(reply, ANSWER, owner, TYPE.CNAME, ttl, rdata.length);
    reply.bytes.set(rdata, to);
    owner = to - reply.at;
    target = String.fromCharCode(...rdata);
  }
  for (const { name, type, class: kind, ttl, rdata } of records) {
    if (kind !== CLASS.IN || name.raw !== target) {
      if (!reply.appendAll([{ name, type, class: kind, ttl, rdata }], ANSWER)) return false;
    } else if (hasRoom(reply, FIXED + rdata.length)) {
      reply.bytes.set(rdata, record(reply, ANSWER, owner, type, ttl, rdata.length));
    } else return false;
  }
  return true;
}
