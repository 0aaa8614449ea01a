// Each cluster and resource has a series of its own, computed when somebody looks, which goes with the cluster.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../../../kernel/seen/metrics.ts';
import { showLastHeard } from './last-heard.ts';

function shown(metrics: Metrics): string[] {
  const family = [...metrics.families()].find(({ name }) => name === 'coredns_kubernetes_last_heard_seconds')!;
  return [...family.series()].map((series) => `${series.values.join(' ')} ${family.total(series)}`);
}

test('seconds since the API was heard, of each cluster and resource', () => {
  const metrics = new Metrics();
  const east = new AbortController();
  const services = { resource: { path: '/api/v1/services' }, silentFor: 2500 };
  showLastHeard(metrics, 'cluster.local', [services], east.signal);
  const slices = { resource: { path: '/apis/discovery.k8s.io/v1/endpointslices' }, silentFor: 0 };
  showLastHeard(metrics, 'west.local from west', [slices], new AbortController().signal);
  assert.deepEqual(shown(metrics), ['cluster.local services 2.5', 'west.local from west endpointslices 0']);
  services.silentFor = 4000;
  assert.equal(shown(metrics)[0], 'cluster.local services 4');
  east.abort();
  assert.deepEqual(shown(metrics), ['west.local from west endpointslices 0']);
});
