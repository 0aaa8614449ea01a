// What replies of HTTP say beside an answer: that an upstream wants rest, that gRPC has not found a name. Knows fields and statuses; knows
// no connections.
import { HEADER } from '../dns/packet.ts';
import { RCODE } from '../dns/rcode.ts';
import type { Replied } from '../http/client-side.ts';
import type { Asking } from './asking.ts';

/** The longest time that an upstream is left alone because it asks for that, milliseconds. */
const REST = 60_000;

/** How many milliseconds a reply asks to be left alone (RFC 9110 section 10.2.3), 0 where it does not; `now` is since 1970. */
export function restAsked(reply: Replied, now: number): number {
  const after = reply.status === 429 || reply.status === 503 ? reply.field('retry-after') : undefined;
  if (after === undefined) return 0;
  const wait = /^\d{1,9}$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now;
  return wait > 0 ? Math.min(wait, REST) : 0;
}

/** What NotFound means (GRPC-2): the question with NXDOMAIN. */
export function notFound(asking: Asking): Uint8Array {
  const { at, bytes: asked, questionEnd } = asking.question;
  const reply = asked.slice(at, at + questionEnd);
  reply[2] = (reply[2]! & 0x79) | 0x80;
  reply[3] = RCODE.NXDOMAIN;
  reply[0] = asking.id >> 8;
  reply[1] = asking.id;
  reply.fill(0, 6, HEADER);
  return reply;
}
