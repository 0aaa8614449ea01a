// Nobody waits for transfers: however many run, together they do a millisecond's work in a turn of the event loop, and no step of one is
// long. Knows turns and time, which are injected; measures none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServedZone } from '../src/authority/served-zones.ts';
import { CLUSTER_SOA } from '../src/plugins/kubernetes/answers/soa.ts';
import { soaRecord } from '../src/authority/soa.ts';
import { transferMessages } from '../src/authority/transfer-messages.ts';
import type { ZoneWriter } from '../src/authority/transfer.ts';
import { Turns } from '../src/authority/turns.ts';
import { ZoneRecords } from '../src/authority/zone-records.ts';
import { encodeMessage } from '../src/dns/message.ts';
import { Name } from '../src/dns/name.ts';
import { message } from '../src/dns/parts.ts';
import { parseAddress } from '../src/dns/address.ts';
import { NEVER } from '../src/kernel/site/fallthrough.ts';
import { Zones } from '../src/kernel/site/zones.ts';
import { ClusterBackend } from '../src/plugins/kubernetes/answers/backend.ts';
import { ClusterZones } from '../src/plugins/kubernetes/answers/transfer.ts';
import type { Settings } from '../src/plugins/kubernetes/config.ts';
import { openMaps } from '../src/plugins/kubernetes/cluster/maps.ts';
import { ServiceStore } from '../src/plugins/kubernetes/cluster/service-store.ts';
import { NamespaceSink, ServiceSink, SliceSink } from '../src/plugins/kubernetes/cluster/sinks.ts';
import { Store } from '../src/store/store.ts';
import { STORE_KEY } from '../src/testing/store-key.ts';

const ZONE = Name.parse('cluster.local.');
const AXFR = { question: { name: ZONE, type: 252, class: 1 } };
const envelope = { head: encodeMessage(message(AXFR), { compress: false }), tail: new Uint8Array(0) };
const store = { pin: () => ({ release() {} }) };
/** Milliseconds that a record takes. */
const COST = 0.01;

/** A thread whose time goes on as records are written, and whose turns are taken one by one. */
class Thread {
  now = 0;
  readonly waiting: (() => void)[] = [];
  readonly turns = new Turns(() => this.now, (call) => void this.waiting.push(call));

  /** Takes turns until nobody asks for another one; says how long each was. */
  async run(): Promise<number[]> {
    const took: number[] = [];
    for (;;) {
      const calls = this.waiting.splice(0);
      if (calls.length === 0) return took;
      const from = this.now;
      for (const call of calls) call();
      // What is done in a turn goes on in microtasks; the next turn is the harness's.
      await new Promise((resolve) => setImmediate(resolve));
      took.push(this.now - from);
    }
  }
}
/** A zone of so many records, of which each takes time. */
const zoneOf = (thread: Thread, count: number): ZoneWriter => function* write(to) {
  for (let i = 0; i < count; i++) {
    to.add({ name: Name.parse(`h${i}.cluster.local.`), type: 1, class: 1, ttl: 5, rdata: Uint8Array.of(10, 0, i >> 8, i) });
    thread.now += COST;
    yield;
  }
};
async function taken(messages: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0;
  for await (const each of messages) count += (each[6]! << 8) | each[7]!;
  return count;
}

for (const transfers of [1, 20]) {
  test(`${transfers} transfers take a millisecond of a turn together, and all come to their end`, async () => {
    const thread = new Thread();
    const soa = soaRecord(ZONE, 5, 7, CLUSTER_SOA);
    const all = Array.from({ length: transfers }, () => {
      const records = zoneOf(thread, 3000);
      return taken(transferMessages(envelope, { soa, records }, { store, turns: thread.turns }));
    });
    const took = await thread.run();
    assert.deepEqual(await Promise.all(all), all.map(() => 3002));
    assert.ok(Math.max(...took) <= 1 + COST * 2, `a turn took ${Math.max(...took)} ms`);
    assert.ok(took.length >= transfers * 29, `${took.length} turns`);
  });
}

test('a reader who takes nothing keeps no other from going on', async () => {
  const thread = new Thread();
  const soa = soaRecord(ZONE, 5, 7, CLUSTER_SOA);
  const start = () => transferMessages(envelope, { soa, records: zoneOf(thread, 3000) }, { store, turns: thread.turns });
  // Each of them has taken one message, and waits for its client since.
  const slow = Array.from({ length: 20 }, start);
  const first = slow.map((each) => each.next());
  await thread.run();
  await Promise.all(first);
  const last = taken(start());
  await thread.run();
  assert.equal(await last, 3002);
});

test('no step of a service with 10,000 endpoints writes more than a few of them', () => {
  const maps = openMaps(Store.create(1 << 26, STORE_KEY), 0);
  const cluster = { maps, now: () => 7, complain: assert.fail };
  const services = new ServiceStore(maps.services, maps.slices, maps.addresses, maps.prefixes);
  new NamespaceSink(cluster).put({ metadata: { name: 'shop' } });
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  new ServiceSink(cluster, services).put({ metadata: { name: 'big', namespace: 'shop' }, spec: { clusterIP: 'None', ports } });
  const slices = new SliceSink(cluster, services, undefined, { podNames: false, zones: false }, { seen() {} } as never);
  for (let k = 0; k < 10; k++) {
    const endpoints = Array.from({ length: 1000 }, (_, i) => ({ addresses: [`10.${k}.${i >> 8}.${i & 255}`] }));
    const metadata = { name: `big-${k}`, namespace: 'shop', labels: { 'kubernetes.io/service-name': 'big' } };
    slices.put({ metadata, addressType: 'IPv4', endpoints, ports });
  }
  const settings = {
    zones: new Zones([ZONE]), primary: ZONE, namespaces: [], pods: 'disabled', ttl: 5, ignoreEmptyService: false,
    multicluster: new Zones([]), zonal: false, fallthrough: NEVER,
  } as unknown as Settings;
  const zones = new ClusterZones(new ClusterBackend(settings, maps, [parseAddress('192.0.2.53')!]), maps, settings);
  const to = new ZoneRecords(envelope);
  let most = 0;
  let before = 0;
  const steps = zones.write(new ServedZone(ZONE, 0), to, []);
  while (steps.next().done !== true) {
    most = Math.max(most, to.count - before);
    before = to.count;
  }
  assert.ok(to.count > 50_000, `${to.count} records`);
  assert.ok(most <= 64, `${most} records in one step`);
});
