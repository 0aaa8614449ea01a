// What *cache* counts, as cells for each server (metrics of 9.8). Knows names and labels.
import { PerServer } from '../../kernel/seen/metrics.ts';
import type { Family, Metrics } from '../../kernel/seen/metrics.ts';

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
const byType = (family: Family, label: string, zones: string, view: string) => {
  const success = memo(() => family.cell([label, 'success', zones, view]));
  const denial = memo(() => family.cell([label, 'denial', zones, view]));
  return { success, denial, of: (type: 'success' | 'denial') => (type === 'success' ? success() : denial()) };
};
const fillOf = (metrics: Metrics) => ({
  evictions: metrics.counter('coredns_cache_evictions_total', 'The count of cache evictions.', typed),
  entries: metrics.gauge('coredns_cache_entries', 'The number of elements in the cache.', typed),
});
/** Where a cache shows how full it is: those of these servers for which any thread kept something. For the main thread. */
export function shown(metrics: Metrics, servers: readonly string[], zones: string, view: string): readonly Fill[] {
  const { entries, evictions } = fillOf(metrics);
  return servers.filter((label) => entries.has([label, 'success', zones, view])).map((label) => (
    { values: metrics.values, entries: byType(entries, label, zones, view).of, evictions: byType(evictions, label, zones, view).of }));
}

/** The counters of one cache; nothing is made before its first query. */
export function countersOf(metrics: Metrics, zones: string, view: string): PerServer<Counters> {
  return new PerServer(({ label }) => {
    const plain = ['server', 'zones', 'view'];
    const counter = (name: string, help: string, labels: readonly string[]) => metrics.counter(`coredns_cache_${name}`, help, labels);
    const requests = counter('requests_total', 'The count of cache requests.', plain);
    const hits = counter('hits_total', 'The count of cache hits.', typed);
    const misses = counter('misses_total',
      'The count of cache misses. Deprecated, derive misses from cache hits/requests counters.', plain);
    const prefetches = counter('prefetch_total', 'The number of times the cache has prefetched a cached item.', plain);
    const drops = counter('drops_total', 'The number responses that are not cached, because the reply is malformed.', plain);
    const stale = counter('served_stale_total', 'The number of requests served from stale cache entries.', plain);
    const { entries, evictions } = fillOf(metrics);
    const lazily = (family: Family) => memo(() => family.cell([label, zones, view]));
    const hit = byType(hits, label, zones, view);
    return {
      values: metrics.values, requests: requests.cell([label, zones, view]), misses: lazily(misses),
      successHits: hit.success, denialHits: hit.denial, drops: lazily(drops), stale: lazily(stale), prefetches: lazily(prefetches),
      evictions: byType(evictions, label, zones, view).of,
      entries: byType(entries, label, zones, view).of, stored: false,
    };
  });
}
