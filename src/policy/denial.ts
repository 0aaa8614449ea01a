// What is said in place of an answer: that there is no such name, nothing of the type, or addresses that lead elsewhere. Knows replies;
// knows nothing of why.
import { HEADER, setU16, setU32 } from '../dns/packet.ts';
import { record } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { RA } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';

/** Seconds that clients keep it: who is not blocked any more has the true answer soon. */
const TTL = 10;
const REFRESH = 3600, RETRY = 600, EXPIRE = 86400;

/** An empty reply with the SOA that lets it be kept (RFC 2308 section 3): of the name itself, so that nothing else is denied by it. */
export function denied(query: Query, rcode: number): Message {
  const reply = query.begin(RA, rcode);
  const pointer = Uint8Array.of(0xc0, HEADER);
  const size = 2 * pointer.length + 20;
  reply.ensure(12 + size);
  const { bytes } = reply;
  const to = reply.at + reply.length;
  bytes.set(pointer, to);
  setU16(bytes, to + 2, TYPE.SOA);
  setU16(bytes, to + 4, CLASS.IN);
  setU32(bytes, to + 6, TTL);
  setU16(bytes, to + 10, size);
  bytes.set(pointer, to + 12);
  bytes.set(pointer, to + 14);
  [1, REFRESH, RETRY, EXPIRE, TTL].forEach((value, i) => setU32(bytes, to + 16 + 4 * i, value));
  reply.length += 12 + size;
  setU16(bytes, reply.at + 8, 1);
  return reply;
}
/** Addresses of the family that is asked for, under the name of the question; an empty reply where there are none. */
export function redirected(query: Query, addresses: readonly Uint8Array[]): Message {
  const size = query.type === TYPE.A ? 4 : query.type === TYPE.AAAA ? 16 : 0;
  const fitting = addresses.filter(({ length }) => length === size);
  if (fitting.length === 0) return denied(query, 0);
  const reply = query.begin(RA, 0);
  reply.appendAll(fitting.map((address) => record(query.name, query.type, CLASS.IN, TTL, address)), 6);
  return reply;
}
