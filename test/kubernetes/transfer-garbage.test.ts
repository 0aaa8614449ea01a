// A transfer of a cluster leaves little behind for the collector, which holds up whoever asks meanwhile. Knows the parts that write a zone,
// and a Node of its own in which nothing is collected meanwhile.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ZoneRecords } from '../../src/authority/zone-records.ts';
import { Name } from '../../src/dns/name.ts';
import { NEVER } from '../../src/kernel/site/fallthrough.ts';
import { Zones } from '../../src/kernel/site/zones.ts';
import { ClusterBackend } from '../../src/plugins/kubernetes/answers/backend.ts';
import { ClusterZones } from '../../src/plugins/kubernetes/answers/transfer.ts';
import { openMaps } from '../../src/plugins/kubernetes/cluster/maps.ts';
import { ServiceStore } from '../../src/plugins/kubernetes/cluster/service-store.ts';
import { NamespaceSink, ServiceSink, SliceSink } from '../../src/plugins/kubernetes/cluster/sinks.ts';
import type { Settings } from '../../src/plugins/kubernetes/config.ts';
import { Store } from '../../src/store/store.ts';
import { STORE_KEY } from '../../src/testing/store-key.ts';

const SERVICES = 3000, WARM = 8;
/** Octets a record: it was 1,130, and is 350. */
const MOST = 500;
const ZONE = Name.parse('cluster.local.');

/** A cluster of services with one endpoint each. */
function cluster(): ClusterZones {
  const maps = openMaps(Store.create(1 << 26, STORE_KEY), 0);
  const filled = { maps, now: () => 7, complain() {} };
  const store = new ServiceStore(maps.services, maps.slices, maps.addresses, maps.prefixes, maps.externalPrefixes);
  const services = new ServiceSink(filled, store);
  const slices = new SliceSink(filled, store, undefined, { podNames: false, zones: false }, { seen() {} } as never);
  new NamespaceSink(filled).put({ metadata: { name: 'shop' } });
  for (let i = 0; i < SERVICES; i++) {
    const [name, ip, ports] = [`web-${i}`, `10.${i >> 8}.${i & 255}.1`, [{ name: 'http', port: 80, protocol: 'TCP' }]];
    services.put({ metadata: { name, namespace: 'shop' }, spec: { clusterIP: ip, ports } });
    const labels = { 'kubernetes.io/service-name': name };
    const metadata = { name: `${name}-1`, namespace: 'shop', labels };
    slices.put({ metadata, addressType: 'IPv4', ports, endpoints: [{ addresses: [ip] }] });
  }
  const settings = {
    zones: new Zones([ZONE]), primary: ZONE, namespaces: [], pods: 'disabled', ttl: 5, multicluster: new Zones([]), fallthrough: NEVER,
  } as unknown as Settings;
  return new ClusterZones(new ClusterBackend(settings, maps, []), maps, settings);
}
/** What one transfer allocates, in octets a record. */
function left(zones: ClusterZones): number {
  const to = new ZoneRecords({ head: new Uint8Array(40), tail: new Uint8Array(0) });
  const before = process.memoryUsage().heapUsed;
  for (const _ of zones.write(zones.backend.zones.exactly(ZONE)!, to, [])) to.full.length = 0;
  assert.ok(to.count > SERVICES * 4);
  return (process.memoryUsage().heapUsed - before) / to.count;
}

const file = fileURLToPath(import.meta.url);
if (process.argv[2] === 'measure') {
  const zones = cluster();
  const all: number[] = [];
  for (let i = 0; i < WARM * 2; i++) {
    globalThis.gc!();
    if (i < WARM) left(zones);
    else all.push(left(zones));
  }
  console.log(Math.round(Math.min(...all)));
} else {
  test('a transfer leaves little behind', () => {
    const flags = ['--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64'];
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, file, 'measure'], { encoding: 'utf8' });
    assert.match(stdout, /^\d+$/m, stderr);
    assert.ok(Number(stdout) < MOST, `${stdout.trim()} octets a record`);
  });
}
