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

/** The most zones that have numbers of their own. */
export const MOST_ZONES = 1000;
/** The label under which the numbers of all others are added up. */
export const OTHERS = 'others';

/** What was told of one zone, so that sums can be right when it is another, or gone. */
export class Told {
  /** Where it is told: '' before the first time. */
  label = '';
  records = 0;
  bytes = 0;
}

/** Whether a zone's numbers are added to those of others: all but the first thousand are, unless `all` shall be told of. */
function labelOf(metrics: Metrics, zone: string, all: boolean): string {
  const family = metrics.family(ZONE_FAMILIES.records);
  return all || family.has([zone]) || family.size < MOST_ZONES ? zone : OTHERS;
}

/**
 * Tells what the version is that is served now, since `seconds` of the wall clock. Of many zones sums are told, unless `all` says
 * otherwise: records, bytes and loads, and the last load.
 */
export function tellVersion(metrics: Metrics, memory: Memory, version: number, zone: string, seconds: number, told: Told,
  all = false): void {
  const words = memory.refresh();
  if (told.label === '') told.label = labelOf(metrics, zone, all);
  const { label } = told;
  const cell = (family: keyof typeof ZONE_FAMILIES): number => metrics.family(ZONE_FAMILIES[family]).cell([label]);
  const records = words[version + RECORDS]!;
  const bytes = words[version + BYTES]!;
  if (label === OTHERS) {
    metrics.values[cell('records')]! += records - told.records;
    metrics.values[cell('bytes')]! += bytes - told.bytes;
  } else {
    metrics.values[cell('records')] = records;
    metrics.values[cell('bytes')] = bytes;
    metrics.values[cell('serial')] = words[version + SERIAL]! >>> 0;
    const expires = words[version + EXPIRES]! >>> 0;
    if (expires !== 0) metrics.values[cell('expires')] = expires;
  }
  told.records = records;
  told.bytes = bytes;
  metrics.values[cell('loaded')] = seconds;
  metrics.values[cell('loads')]!++;
}
/** Tells that a zone is gone. */
export function tellGone(metrics: Metrics, told: Told): void {
  if (told.label === '') return;
  for (const family of ['records', 'bytes'] as const) {
    metrics.values[metrics.family(ZONE_FAMILIES[family]).cell([told.label])]! -= told[family];
    told[family] = 0;
  }
}
/** Counts a load that failed. */
export function tellFailure(metrics: Metrics, zone: string, reason: string, told: Told, all = false): void {
  const label = told.label === '' ? labelOf(metrics, zone, all) : told.label;
  metrics.values[metrics.family(ZONE_FAMILIES.failures).cell([label, reason])]!++;
}
