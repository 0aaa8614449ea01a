// How long ago the API was last heard of each resource, as a metric: an outage shows although answers go on. Knows watches; watches
// nothing.
import { gauge } from '../../../kernel/seen/metrics.ts';
import type { Metrics } from '../../../kernel/seen/metrics.ts';
import type { Watch } from '../../../kube-api/kube-api.ts';
import type { Resource } from '../../../kube-api/sink.ts';

/** Seconds of silence of one cluster's resource. */
export const LAST_HEARD = gauge('coredns_kubernetes_last_heard_seconds',
  'Seconds since the Kubernetes API was last heard of a resource. It talks at least every 15 seconds while it is in touch.',
  ['cluster', 'resource']);

/** The last word of a resource's path. */
export const nameOf = ({ path }: Resource): string => path.slice(path.lastIndexOf('/') + 1);

/** Shows the seconds for each of these watches of one cluster, computed when somebody looks, until the signal aborts. */
export function showLastHeard(metrics: Metrics, cluster: string, watched: readonly Pick<Watch, 'resource' | 'silentFor'>[],
  signal: AbortSignal): void {
  const family = metrics.family(LAST_HEARD);
  metrics.whenAsked(signal, () => {
    for (const watch of watched) metrics.values[family.cell([cluster, nameOf(watch.resource)])] = watch.silentFor / 1000;
  });
  // Those of other clusters are there again when somebody looks.
  signal.addEventListener('abort', () => family.clear(), { once: true });
}
