// Which keys of a zone do what now: the records that say so, and who signs which sets. A version of the zone is signed by one plan. Knows
// keys and records; knows nothing of files, of time, or of how a plan comes about.
import { latin1Bytes } from '../dns/latin1.ts';
import type { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { SHA256, delegationData } from './delegation.ts';
import type { SigningKey } from './signing-key.ts';

/** A record that a plan brings into the zone; its time to live is the plan's. */
export interface PlanRecord {
  readonly name: Name;
  readonly type: number;
  readonly data: Uint8Array;
}

/**
 * Which keys do what. The zone's own DNSKEY, CDS and CDNSKEY records (types `PLANNED`) at the apex are replaced by `records`. A plan whose
 * lists of keys are empty makes a zone without signatures.
 */
export interface KeyPlan {
  /** Tells it from those before and after; what was published is told back with it. */
  readonly stamp: number;
  /** DNSKEY, CDS and CDNSKEY of the apex, of others' keys too; and elsewhere what signals children's keys (RFC 9615). */
  readonly records: readonly PlanRecord[];
  /** Seconds to live of all of them. */
  readonly ttl: number;
  /** Who signs the sets of the types `PLANNED` at the apex (RFC 7344 section 4.1), and who signs all others. */
  readonly forKeys: readonly SigningKey[];
  readonly forOthers: readonly SigningKey[];
  /** Seconds since 1970 at which there may be another one; Infinity where that depends on others than time alone. */
  readonly next: number;
}

/** The types of records at the apex that a plan alone decides. */
export const PLANNED: ReadonlySet<number> = new Set([TYPE.DNSKEY, TYPE.CDS, TYPE.CDNSKEY]);

/** The apex's records of these DNSKEYs, and CDS and CDNSKEY of those whose DS the parent shall have (RFC 7344). */
export function apexRecords(zone: Name, keys: readonly Uint8Array[], asked: readonly Uint8Array[]): PlanRecord[] {
  const owner = latin1Bytes(zone.key);
  const at = (type: number) => (data: Uint8Array): PlanRecord => ({ name: zone, type, data });
  return [
    ...keys.map(at(TYPE.DNSKEY)),
    ...asked.map((data) => delegationData(owner, data, SHA256)).map(at(TYPE.CDS)),
    ...asked.map(at(TYPE.CDNSKEY)),
  ];
}

/** The plan of a zone whose keys never change: each signs everything. */
export function steadyPlan(zone: Name, keys: readonly SigningKey[]): KeyPlan {
  const all = keys.map(({ data }) => data);
  const ttl = Math.min(...keys.map((key) => key.ttl));
  return { stamp: 0, records: apexRecords(zone, all, all), ttl, forKeys: keys, forOthers: keys, next: Infinity };
}

/** Records as one text, which is another one where they are others. */
export const textOf = (records: readonly PlanRecord[]): string =>
  records.map(({ name, type, data }) => `${name.text} ${type} ${Buffer.from(data).toString('base64')}`).sort().join('\n');
