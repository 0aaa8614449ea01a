// A shared memory that is too small for a cluster: what has no room is not served, nothing is wrong because of it, and it is said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sink } from '../../../kube-api/sink.ts';
import { Metrics } from '../../../kernel/seen/metrics.ts';
import { Store } from '../../../store/store.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { ownerAt, ownersAt } from './address-index.ts';
import { Cluster, Numbers } from './cluster.ts';
import type { Settings } from '../config.ts';
import { ObjectKey } from './maps.ts';

const SETTINGS = {
  zones: { names: [] }, labels: undefined, pods: 'disabled', endpoints: false, multicluster: { names: [] }, api: {},
} as unknown as Settings;
const service = (i: number) => ({
  metadata: { name: `s${i}`, namespace: 'shop' },
  spec: { clusterIP: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, ports: [{ port: 80, name: 'http', protocol: 'TCP' }] },
});

test('services without room leave no addresses behind; once there is room they can be put', () => {
  const said: string[] = [];
  const log = { error: (text: string) => said.push(text), warning: assert.fail };
  const sinks: Sink[] = [];
  const store = Store.create(1 << 22);
  const watch = (_resource: unknown, sink: Sink) => void sinks.push(sink);
  const around = { clock: new FakeClock(), log, metrics: new Metrics(), store };
  const { maps } = new Cluster(SETTINGS, false, around as never, new Numbers(), () => ({ watch }) as never);
  const services = sinks[1]!;
  const many = 60_000;
  for (let i = 0; i < many; i++) services.put(service(i));
  assert.ok(maps.services.entries > 1000 && maps.services.entries < many, `${maps.services.entries} services`);
  assert.deepEqual(said, ['the shared memory is full: what came last is not served; it is read again after a restart']);
  const key = new ObjectKey();
  for (const entry of maps.addresses.walk()) {
    for (const item of ownersAt(maps.addresses, entry)) {
      const { name, namespace } = ownerAt(maps.addresses.bytes, item);
      assert.notEqual(key.of(name, namespace).in(maps.services), 0, `${name} has an address and is no service`);
    }
  }
  for (let i = 0; i < many; i++) services.remove(service(i));
  assert.deepEqual([maps.services.entries, maps.addresses.entries], [0, 0]);
  store.recycle();
  for (let i = many; i < many + 1000; i++) services.put(service(i));
  assert.deepEqual([maps.services.entries, maps.addresses.entries], [1000, 1000]);
});
