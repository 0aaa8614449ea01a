// The names of services are listed once for all who read them; readers that take many turns learn that the maps were emptied under them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../../../store/store.ts';
import { clearMaps, openMaps } from '../cluster/maps.ts';
import { NamespaceSink, ServiceSink } from '../cluster/sinks.ts';
import { ServiceStore } from '../cluster/service-store.ts';
import { SharedNames } from './zone-names.ts';
import type { NameList } from './zone-names.ts';
import { STORE_KEY } from '../../../testing/store-key.ts';

function filled(names: readonly string[]) {
  const maps = openMaps(Store.create(1 << 24, STORE_KEY), 0);
  const cluster = { maps, now: () => 1, complain: assert.fail };
  new NamespaceSink(cluster).put({ metadata: { name: 'shop' } });
  const sink = new ServiceSink(cluster, new ServiceStore(maps.services, maps.slices, maps.addresses));
  for (const name of names) sink.put({ metadata: { name, namespace: 'shop' }, spec: { clusterIP: '10.0.0.1' } });
  return { maps, sink };
}

const texts = (names: NameList) => [...names.keys()].map(([at]) => Buffer.from(names.bytes.subarray(at + 1, at + 2)).toString()).sort();

test('what comes and goes meanwhile makes no difference', () => {
  const { maps, sink } = filled(['b', 'a', 'c']);
  const names = new SharedNames(maps, maps.services).take();
  sink.remove({ metadata: { name: 'c', namespace: 'shop' } });
  assert.deepEqual(texts(names), ['a', 'b', 'c']);
});

test('all who ask before something changes read the same list', () => {
  const { maps, sink } = filled(['b', 'a', 'c']);
  const shared = new SharedNames(maps, maps.services);
  const names = shared.take();
  assert.equal(shared.take(), names);
  sink.remove({ metadata: { name: 'c', namespace: 'shop' } });
  assert.deepEqual(texts(shared.take()), ['a', 'b']);
});

test('a transfer of a cluster that goes with its configuration breaks off instead of ending early', () => {
  const { maps } = filled(['a', 'b']);
  const names = new SharedNames(maps, maps.services).take();
  names.check();
  clearMaps(maps);
  assert.throws(() => names.check(), /not watched any more/);
});
