// The zone's own records of a type, with the signatures that cover them, as they lie in a scratch. Knows scratches; judges nothing.
import { u16 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Scratch } from './scratch.ts';

/** A set at the apex. */
export interface ApexSet {
  readonly type: number;
  readonly ttl: number;
  readonly data: readonly Uint8Array[];
  /** The data of the RRSIGs that cover it. */
  readonly signatures: readonly Uint8Array[];
}
/** The set of that type; undefined where there is none. */
export function apexSet(scratch: Scratch, type: number): ApexSet | undefined {
  const apex = scratch.owner(scratch.zone, scratch.zone.length);
  const data: Uint8Array[] = [];
  const signatures: Uint8Array[] = [];
  let ttl = 0;
  for (let record = scratch.first(apex); record !== 0; record = scratch.next(record)) {
    const at = scratch.dataAt(record);
    const octets = scratch.bytes.slice(at, at + scratch.size(record));
    if (scratch.type(record) === TYPE.RRSIG && u16(octets, 0) === type) signatures.push(octets);
    if (scratch.type(record) !== type) continue;
    ttl = scratch.ttl(record);
    data.push(octets);
  }
  return data.length === 0 ? undefined : { type, ttl, data, signatures };
}
