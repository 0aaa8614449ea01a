// What several zones say of one name, as one answer. Knows records; asks nobody.
import { setU16, u16 } from '../../dns/packet.ts';
import type { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';

/** What one zone says. */
export interface ZoneAnswer {
  /** undefined: nothing that counts. */
  readonly rcode: number | undefined;
  readonly answer: readonly RR[];
  readonly additional: readonly RR[];
}
/** One answer. */
export interface Merged {
  /** undefined: nobody has it, and somebody who may have it says nothing. */
  readonly rcode: number | undefined;
  readonly answer: readonly RR[];
  readonly additional: readonly RR[];
}

/** Types whose data begins with a number that says who comes first. */
const RANKED: ReadonlySet<number> = new Set([TYPE.SRV, TYPE.MX, TYPE.SVCB, TYPE.HTTPS]);
/** What says something of a zone and not of a name in it. */
const OF_ZONES: ReadonlySet<number> = new Set([
  TYPE.SOA, TYPE.NS, TYPE.DS, TYPE.DNSKEY, TYPE.CDS, TYPE.CDNSKEY, TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3, TYPE.NSEC3PARAM, TYPE.DNAME,
  TYPE.CNAME,
]);
/** Whether records of a type can be told of a name that is made of others. */
export const canBeMade = (type: number): boolean => !OF_ZONES.has(type);

/**
 * The records of the type, whatever aliases lead to them, under the one name: of all zones or the first that has any. With `prefers` the
 * first zone's come first: by priority where the type has one.
 */
export function merge(zones: readonly ZoneAnswer[], name: Name, type: number, all: boolean, prefers: boolean): Merged {
  const fits = (record: RR): boolean => record.class === CLASS.IN && (type === TYPE.ANY ? canBeMade(record.type) : record.type === type);
  const having = zones.map(({ answer, additional }) => ({ records: answer.filter(fits), additional }))
    .filter(({ records }) => records.length > 0);
  if (having.length === 0) {
    const rcodes = zones.map(({ rcode }) => rcode);
    const rcode = rcodes.includes(undefined) ? undefined : rcodes.includes(0) ? 0 : RCODE.NXDOMAIN;
    return { rcode, answer: [], additional: [] };
  }
  const used = all ? having : having.slice(0, 1);
  const isRanked = prefers && RANKED.has(type) && zones[0]!.answer.some(fits);
  const behind = isRanked ? 1 + Math.max(...used[0]!.records.map(({ rdata }) => u16(rdata, 0))) : 0;
  const ttl = Math.min(...used.flatMap(({ records }) => records.map((record) => record.ttl)));
  const answer = used.flatMap(({ records }, i) => records.map((record) => (
    { ...record, name, ttl, rdata: i === 0 ? record.rdata : later(record.rdata, behind) })));
  const additional = used.flatMap((each) => each.additional).filter((record) => record.type === TYPE.A || record.type === TYPE.AAAA);
  return { rcode: 0, answer: once(answer), additional: once(additional) };
}
/** The data with its number raised. */
function later(rdata: Uint8Array, by: number): Uint8Array {
  if (by === 0) return rdata;
  const copy = rdata.slice();
  setU16(copy, 0, Math.min(65535, u16(copy, 0) + by));
  return copy;
}
function once(records: readonly RR[]): readonly RR[] {
  const seen = new Set<string>();
  return records.filter(({ name, type, rdata }) => {
    const key = `${name.key} ${type} ${rdata.join()}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
