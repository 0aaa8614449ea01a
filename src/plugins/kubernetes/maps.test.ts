// Readers that take many turns learn that the maps were emptied under them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../../store/store.ts';
import { clearMaps, openMaps, steadyNames } from './maps.ts';
import { NamespaceSink, ServiceSink } from './sinks.ts';
import { ServiceStore } from './service-store.ts';

function filled(names: readonly string[]) {
  const maps = openMaps(Store.create(1 << 24), 0);
  const cluster = { maps, now: () => 1, complain: assert.fail };
  new NamespaceSink(cluster).put({ metadata: { name: 'shop' } });
  const sink = new ServiceSink(cluster, new ServiceStore(maps.services, maps.slices, maps.addresses));
  for (const name of names) sink.put({ metadata: { name, namespace: 'shop' }, spec: { clusterIP: '10.0.0.1' } });
  return { maps, sink };
}

test('what comes and goes meanwhile makes no difference', () => {
  const { maps, sink } = filled(['b', 'a', 'c']);
  const names = steadyNames(maps, maps.services);
  assert.deepEqual(names.next().value, ['a', 'shop']);
  sink.remove({ metadata: { name: 'c', namespace: 'shop' } });
  assert.deepEqual([...names], [['b', 'shop'], ['c', 'shop']]);
});

test('a transfer of a cluster that goes with its configuration breaks off instead of ending early', () => {
  for (const taken of [1, 2]) {
    const { maps } = filled(['a', 'b']);
    const names = steadyNames(maps, maps.services);
    for (let i = 0; i < taken; i++) names.next();
    clearMaps(maps);
    assert.throws(() => names.next(), /not watched any more/);
  }
});
