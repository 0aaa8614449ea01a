// Aliases of clouds, which lead a name's addresses elsewhere and stand beside its other data: kept in zones as a set of a private type,
// told as the records that are behind them. Knows how such a set lies; knows no zone and no cloud.
//
// The data of a record: the type that it is for, 2 bytes, and the name that it leads to.
import { Name } from '../dns/name.ts';
import { u16 } from '../dns/packet.ts';
import { record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { latin1 } from '../dns/latin1.ts';
import { RECORD_HEAD, SET_HEAD, findSet, recordsIn } from './record-sets.ts';

/**
 * A type for private use (RFC 6895 section 3.1) that zones keep and nobody is told: the name has another one's addresses. PowerDNS has its
 * ALIAS there.
 */
export const FLAT_ALIAS = 65401;
/** Seconds for which what is behind one is told: Route 53's own. */
export const ALIAS_TTL = 60;

/** The data of one. */
export function flatAlias(type: number, target: Name): Uint8Array {
  return Uint8Array.of(type >> 8, type & 0xff, ...target.octets);
}
/** The name that a name's records of this type are asked of; undefined where it has no such alias. */
export function flatTarget(bytes: Uint8Array, sets: number, type: number): Name | undefined {
  const set = findSet(bytes, sets, FLAT_ALIAS);
  if (set === 0) return undefined;
  let at = set + SET_HEAD;
  for (let i = recordsIn(bytes, set); i > 0; i--) {
    const data = at + RECORD_HEAD, length = u16(bytes, data - 2);
    if (u16(bytes, data) === type) return Name.wire(latin1(bytes, data + 2, data + length));
    at = data + length;
  }
  return undefined;
}
/** What was answered of a target as the owner's own, for `most` seconds: records of the type alone, whatever led to them. */
export function asOwn(records: readonly RR[], owner: Name, type: number, most = ALIAS_TTL): readonly RR[] {
  return records.flatMap((each) =>
    (each.type === type ? record(owner, type, each.class, Math.min(most, each.ttl), each.rdata) : []));
}
