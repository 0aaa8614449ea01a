// What a state of keys means for the zone: which records it has, and who signs what. Knows keys and states; knows no time.
import type { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import { apexRecords } from '../key-plan.ts';
import type { KeyPlan, PlanRecord } from '../key-plan.ts';
import type { SigningKey } from '../signing-key.ts';
import { isIn, signsKeys, signsZone } from './state.ts';
import type { ZoneState } from './state.ts';

/** Data of CDS and of CDNSKEY by which a parent is asked to have no DS (RFC 8078 section 4). */
const DELETE_CDS = Uint8Array.of(0, 0, 0, 0, 0), DELETE_CDNSKEY = Uint8Array.of(0, 0, 3, 0, 0);

/** What is in the zone because of its keys: which they are decides the state. */
export interface Duties {
  readonly records: readonly PlanRecord[];
  /** The files of who signs the keys, and of who signs all else. */
  readonly forKeys: readonly string[];
  readonly forOthers: readonly string[];
}

/** What a state means. Without a key that is shown the zone is not signed. */
export function dutiesOf(zone: Name, { keys }: ZoneState): Duties {
  const shown = keys.filter(({ dnskey }) => isIn(dnskey));
  const forKeys = shown.filter(signsKeys).map(({ file }) => file);
  if (forKeys.length === 0) return { records: [], forKeys, forOthers: [] };
  const asked = keys.filter((key) => signsKeys(key) && isIn(key.ds)).map(({ data }) => data);
  const isLeaving = keys.every(({ isWanted }) => !isWanted) && keys.some(({ ds }) => ds.presence === 'unretentive');
  const records = apexRecords(zone, shown.map(({ data }) => data), asked);
  if (isLeaving && asked.length === 0) {
    records.push({ name: zone, type: TYPE.CDS, data: DELETE_CDS }, { name: zone, type: TYPE.CDNSKEY, data: DELETE_CDNSKEY });
  }
  return { records, forKeys, forOthers: keys.filter((key) => signsZone(key) && isIn(key.signatures)).map(({ file }) => file) };
}

/** What a plan has besides its keys' duties. */
export interface PlanParts {
  readonly stamp: number;
  readonly ttl: number;
  /** Seconds since 1970. */
  readonly next: number;
  /** What is added of others' keys (RFC 8901), and below the apex; nothing of it where the zone is not signed. */
  readonly others: readonly PlanRecord[];
}

/** The plan for these duties; `keyOf` gives the key of a file. */
export function planOf({ records, forKeys, forOthers }: Duties, keyOf: (file: string) => SigningKey, parts: PlanParts): KeyPlan {
  const { stamp, ttl, next, others } = parts;
  return {
    stamp, ttl, next, records: forKeys.length === 0 ? [] : [...records, ...others], forKeys: forKeys.map(keyOf),
      forOthers: forOthers.map(keyOf),
  };
}
