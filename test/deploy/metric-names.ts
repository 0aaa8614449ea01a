// The metrics that alerts and dashboards may use: names, kinds and labels as CoreDNS 1.14.7 has them (MET-1). A list of its own, since a
// metric with labels shows itself only after its first use (MET-2). Knows names alone.

const site = ['server', 'zone', 'view'];
const cache = ['server', 'zones', 'view'];

/** Counters and gauges, with their labels. */
export const plain: Readonly<Record<string, readonly string[]>> = {
  coredns_build_info: ['version', 'revision', 'goversion'],
  coredns_panics_total: [],
  coredns_plugin_enabled: [...site, 'name'],
  coredns_dns_requests_total: [...site, 'proto', 'family', 'type'],
  coredns_dns_do_requests_total: site,
  coredns_dns_responses_total: [...site, 'rcode', 'plugin'],
  coredns_cache_entries: [...cache, 'type'],
  coredns_cache_requests_total: cache,
  coredns_cache_misses_total: cache,
  coredns_cache_prefetch_total: cache,
  coredns_cache_drops_total: cache,
  coredns_cache_served_stale_total: cache,
  coredns_cache_hits_total: [...cache, 'type'],
  coredns_cache_evictions_total: [...cache, 'type'],
  coredns_forward_healthcheck_broken_total: [],
  coredns_forward_max_concurrent_rejects_total: [],
  coredns_proxy_healthcheck_failures_total: ['proxy_name', 'to'],
  coredns_proxy_conn_cache_hits_total: ['proxy_name', 'to', 'proto'],
  coredns_proxy_conn_cache_misses_total: ['proxy_name', 'to', 'proto'],
  coredns_health_request_failures_total: [],
  coredns_kubernetes_rest_client_requests_total: ['code', 'method', 'host'],
  coredns_reload_failed_total: [],
  coredns_reload_version_info: ['hash', 'value'],
};

/** Histograms, with their labels; each is also `_bucket` (with `le`), `_count` and `_sum`. */
export const histograms: Readonly<Record<string, readonly string[]>> = {
  coredns_dns_request_duration_seconds: site,
  coredns_dns_request_size_bytes: [...site, 'proto'],
  coredns_dns_response_size_bytes: [...site, 'proto'],
  coredns_proxy_request_duration_seconds: ['proxy_name', 'to', 'rcode'],
  coredns_health_request_duration_seconds: [],
  coredns_kubernetes_dns_programming_duration_seconds: ['service_kind'],
  coredns_kubernetes_rest_client_request_duration_seconds: ['verb', 'host'],
};

/** Labels that Prometheus adds to whatever it scrapes. */
const scraped = ['job', 'instance', 'namespace'];

/** The labels of a time series, by its name; undefined where there is none of that name. */
export function labelsOf(name: string): readonly string[] | undefined {
  const [, base, part] = /^(.*?)(_bucket|_count|_sum)?$/.exec(name) ?? [];
  const measured = part === undefined ? undefined : histograms[base!];
  if (measured !== undefined) return [...measured, ...scraped, ...(part === '_bucket' ? ['le'] : [])];
  const own = plain[name];
  return own === undefined ? undefined : [...own, ...scraped];
}

/** What an expression of PromQL says of metrics and labels that do not exist, or of counters and gauges mistaken for each other. */
export function nameComplaints(expression: string): string[] {
  const names = [...new Set(expression.match(/\bcoredns_\w+/g))];
  const known = new Set(names.flatMap((name) => labelsOf(name) ?? []));
  const quoted = expression.replace(/"[^"]*"/g, '""');
  const grouped = [...quoted.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/\s*,\s*/));
  const matched = [...quoted.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, name, list]) =>
    [...list!.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].filter(([, label]) => !labelsOf(name!)?.includes(label!))
      .map(([, label]) => `${name} has no ${label}`));
  const counted = [...quoted.matchAll(/(\w+)\s*\([^()]*?(coredns_\w+)[^()]*?\[/g)]
    .filter(([, how, name]) => (how === 'rate' || how === 'increase') && !/_(total|bucket|count|sum)$/.test(name!));
  const bare = [...quoted.matchAll(/\b(coredns_\w+_(?:total|bucket|count|sum))(?:\{[^}]*\})?(?!\w|\{)(?!\s*\[)/g)];
  return [
    ...names.filter((name) => labelsOf(name) === undefined).map((name) => `${name} does not exist`),
    ...(names.length === 0 ? ['asks for none of our metrics'] : []),
    ...grouped.filter((label) => label !== '' && !known.has(label)).map((label) => `nothing has the label ${label}`),
    ...matched,
    ...counted.map(([, , name]) => `${name} is no counter`),
    ...bare.map(([, name]) => `${name} is a counter: take its rate`),
  ];
}
