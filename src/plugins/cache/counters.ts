// What *cache* counts, as cells for each server (metrics of 9.8). Knows names and labels.
import { PerServer } from '../../kernel/metrics.ts';
import type { Family, Metrics } from '../../kernel/metrics.ts';

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

/** The counters of one cache; nothing is made before its first query. */
export function countersOf(metrics: Metrics, zones: string, view: string): PerServer<Counters> {
  return new PerServer(({ label }) => {
    const plain = ['server', 'zones', 'view'];
    const typed = ['server', 'type', 'zones', 'view'];
    const counter = (name: string, help: string, labels: readonly string[]) => metrics.counter(`coredns_cache_${name}`, help, labels);
    const requests = counter('requests_total', 'The count of cache requests.', plain);
    const hits = counter('hits_total', 'The count of cache hits.', typed);
    const misses = counter('misses_total',
      'The count of cache misses. Deprecated, derive misses from cache hits/requests counters.', plain);
    const prefetches = counter('prefetch_total', 'The number of times the cache has prefetched a cached item.', plain);
    const drops = counter('drops_total', 'The number responses that are not cached, because the reply is malformed.', plain);
    const stale = counter('served_stale_total', 'The number of requests served from stale cache entries.', plain);
    const evictions = counter('evictions_total', 'The count of cache evictions.', typed);
    const entries = metrics.gauge('coredns_cache_entries', 'The number of elements in the cache.', typed);
    const lazily = (family: Family) => memo(() => family.cell([label, zones, view]));
    const byType = (family: Family) => {
      const success = memo(() => family.cell([label, 'success', zones, view]));
      const denial = memo(() => family.cell([label, 'denial', zones, view]));
      return { success, denial, of: (type: 'success' | 'denial') => (type === 'success' ? success() : denial()) };
    };
    const hit = byType(hits);
    return {
      values: metrics.values, requests: requests.cell([label, zones, view]), misses: lazily(misses),
      successHits: hit.success, denialHits: hit.denial, drops: lazily(drops), stale: lazily(stale), prefetches: lazily(prefetches),
      evictions: byType(evictions).of, entries: byType(entries).of, stored: false,
    };
  });
}
