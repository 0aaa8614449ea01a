// What *cache* counts, as cells for each server (metrics of 9.8). Knows names and labels.
import { PerServer, counter, gauge } from '../../kernel/seen/metrics.ts';
import type { Declaration, Family, Metrics } from '../../kernel/seen/metrics.ts';

/** Cells of one server; add to `values[cell]`. */
export interface Counters {
  readonly values: Float64Array;
  readonly requests: number;
  /** Made when they are first counted, so that they show only then (MET-2). */
  readonly misses: () => number;
  readonly successHits: () => number;
  readonly denialHits: () => number;
  readonly drops: () => number;
  readonly stale: () => number;
  readonly prefetches: () => number;
  readonly evictions: (type: 'success' | 'denial') => number;
  readonly entries: (type: 'success' | 'denial') => number;
  /** Whether something was kept for a query of this server: from then on it shows how many entries there are. */
  stored: boolean;
}

const memo = (make: () => number) => {
  let cell = 0;
  return () => (cell ||= make());
};

/** How full a cache is, as one server shows it. */
export type Fill = Pick<Counters, 'values' | 'entries' | 'evictions'>;
const typed = ['server', 'type', 'zones', 'view'];
const plain = ['server', 'zones', 'view'];
/** What is counted of caches. */
export const FAMILIES = {
  requests: counter('coredns_cache_requests_total', 'The count of cache requests.', plain),
  hits: counter('coredns_cache_hits_total', 'The count of cache hits.', typed),
  misses: counter('coredns_cache_misses_total',
    'The count of cache misses. Deprecated, derive misses from cache hits/requests counters.', plain),
  prefetches: counter('coredns_cache_prefetch_total', 'The number of times the cache has prefetched a cached item.', plain),
  drops: counter('coredns_cache_drops_total', 'The number responses that are not cached, because the reply is malformed.', plain),
  stale: counter('coredns_cache_served_stale_total', 'The number of requests served from stale cache entries.', plain),
  evictions: counter('coredns_cache_evictions_total', 'The count of cache evictions.', typed),
  entries: gauge('coredns_cache_entries', 'The number of elements in the cache.', typed),
};
const byType = (family: Family, label: string, zones: string, view: string) => {
  const success = memo(() => family.cell([label, 'success', zones, view]));
  const denial = memo(() => family.cell([label, 'denial', zones, view]));
  return { success, denial, of: (type: 'success' | 'denial') => (type === 'success' ? success() : denial()) };
};
const fillOf = (metrics: Metrics) => ({ evictions: metrics.family(FAMILIES.evictions), entries: metrics.family(FAMILIES.entries) });
/** Where a cache shows how full it is: those of these servers for which any thread kept something. For the main thread. */
export function shown(metrics: Metrics, servers: readonly string[], zones: string, view: string): readonly Fill[] {
  const { entries, evictions } = fillOf(metrics);
  return servers.filter((label) => entries.has([label, 'success', zones, view])).map((label) => (
    { values: metrics.values, entries: byType(entries, label, zones, view).of, evictions: byType(evictions, label, zones, view).of }));
}

/** The counters of one cache; nothing is made before its first query. */
export function countersOf(metrics: Metrics, zones: string, view: string): PerServer<Counters> {
  return new PerServer(({ label }) => {
    const { entries, evictions } = fillOf(metrics);
    const lazily = (family: Declaration) => memo(() => metrics.family(family).cell([label, zones, view]));
    const hit = byType(metrics.family(FAMILIES.hits), label, zones, view);
    return {
      values: metrics.values, requests: metrics.family(FAMILIES.requests).cell([label, zones, view]), misses: lazily(FAMILIES.misses),
      successHits: hit.success, denialHits: hit.denial, drops: lazily(FAMILIES.drops), stale: lazily(FAMILIES.stale),
      prefetches: lazily(FAMILIES.prefetches),
      evictions: byType(evictions, label, zones, view).of,
      entries: byType(entries, label, zones, view).of, stored: false,
    };
  });
}
