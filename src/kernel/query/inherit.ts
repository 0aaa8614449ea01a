// What a question has of the one that it comes from, beside its name. Knows a query's fields; makes no query.
import { u16 } from '../../dns/packet.ts';
import type { Query } from './query.ts';

/**
 * Fills in a derived query whose packet and peer are written and whose `questionEnd` is set. Its OPT lies `shift` bytes further on than
 * the other's. A field that is added to Query and belongs to the client is copied here, and nowhere else.
 */
export function inherit(derived: Query, from: Query, shift: number): void {
  const end = derived.at + derived.questionEnd;
  derived.type = u16(derived.bytes, end - 4);
  derived.class = u16(derived.bytes, end - 2);
  derived.optAt = from.optAt === 0 ? 0 : from.optAt + shift;
  derived.udpSize = from.udpSize;
  derived.wantsDnssec = from.wantsDnssec;
  derived.wantsAuthentic = from.wantsAuthentic;
  derived.received = from.received;
  derived.depth = from.depth + 1;
  derived.translating = from.translating;
  derived.metadata = from.metadata;
  derived.site = from.site;
}
