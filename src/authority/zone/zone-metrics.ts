// What is told of zones in numbers: what each is, and what became of loads. Knows names of metrics.
import { counter, gauge } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { Memory } from '../../store/memory.ts';
import { BYTES, EXPIRES, RECORDS, SERIAL } from './version.ts';

/** The families of whatever serves zones. */
export const ZONE_FAMILIES = {
  serial: gauge('coredns_zone_serial', 'The serial of the SOA record of a zone.', ['zone']),
  records: gauge('coredns_zone_records', 'The number of records of a zone.', ['zone']),
  bytes: gauge('coredns_zone_bytes', 'The bytes that a zone takes in memory.', ['zone']),
  loaded: gauge('coredns_zone_loaded_timestamp_seconds', 'When the version of a zone that is served was loaded.', ['zone']),
  expires: gauge('coredns_zone_signatures_expire_timestamp_seconds', 'When the first of the signatures of a zone expires.', ['zone']),
  loads: counter('coredns_zone_loads_total', 'Counter of versions of zones that were loaded.', ['zone']),
  failures: counter('coredns_zone_load_failures_total', 'Counter of loads of zones that failed, by reason.', ['zone', 'reason']),
};

/** Tells what the version is that is served now, since `seconds` of the wall clock. */
export function tellVersion(metrics: Metrics, memory: Memory, version: number, zone: string, seconds: number): void {
  const words = memory.refresh();
  const set = (family: keyof typeof ZONE_FAMILIES, value: number): void => {
    metrics.values[metrics.family(ZONE_FAMILIES[family]).cell([zone])] = value;
  };
  set('serial', words[version + SERIAL]! >>> 0);
  set('records', words[version + RECORDS]!);
  set('bytes', words[version + BYTES]!);
  set('loaded', seconds);
  const expires = words[version + EXPIRES]! >>> 0;
  if (expires !== 0) set('expires', expires);
  metrics.values[metrics.family(ZONE_FAMILIES.loads).cell([zone])]!++;
}
/** Counts a load that failed. */
export function tellFailure(metrics: Metrics, zone: string, reason: string): void {
  metrics.values[metrics.family(ZONE_FAMILIES.failures).cell([zone, reason])]!++;
}
