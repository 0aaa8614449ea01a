// Random clusters as their zones are served: inside and outside of them. Knows the parts that keep a cluster; knows no API and no server.
import type { Backend } from '../../src/authority/backend.ts';
import type { ZoneWriter } from '../../src/authority/transfer.ts';
import { parseAddress } from '../../src/dns/address.ts';
import { Name } from '../../src/dns/name.ts';
import { NEVER } from '../../src/kernel/site/fallthrough.ts';
import { Zones } from '../../src/kernel/site/zones.ts';
import { ExternalBackend } from '../../src/plugins/k8s_external/external-backend.ts';
import { ClusterBackend } from '../../src/plugins/kubernetes/answers/backend.ts';
import { ClusterZones } from '../../src/plugins/kubernetes/answers/transfer.ts';
import { NodeSink } from '../../src/plugins/kubernetes/cluster/node-sink.ts';
import { NodeStore } from '../../src/plugins/kubernetes/cluster/node-store.ts';
import type { Settings } from '../../src/plugins/kubernetes/config.ts';
import { ExternalCluster } from '../../src/plugins/kubernetes/outside/external.ts';
import { openMaps } from '../../src/plugins/kubernetes/cluster/maps.ts';
import { ServiceStore } from '../../src/plugins/kubernetes/cluster/service-store.ts';
import { ImportSink, NamespaceSink, PodSink, ServiceSink, SliceSink } from '../../src/plugins/kubernetes/cluster/sinks.ts';
import { Store } from '../../src/store/store.ts';
import { ClusterEvents } from './cluster-events.ts';
import type { ClusterEvent } from './cluster-events.ts';
import { STORE_KEY } from '../../src/testing/store-key.ts';

/** A zone, what writes it, and what answers for it. */
export interface WrittenZone {
  readonly zone: Name;
  readonly write: ZoneWriter;
  readonly backend: Backend;
}

const ZONES = ['cluster.local.', 'clusterset.local.', 'in-addr.arpa.', 'ip6.arpa.'].map((text) => Name.parse(text));
const EXTERNAL = ['ext.test.', '203.in-addr.arpa.', '8.b.d.0.1.0.0.2.ip6.arpa.'].map((text) => Name.parse(text));
const OWN = [parseAddress('192.0.2.53')!, parseAddress('2001:db8::53')!];

/** The maps of a cluster to which this happened. */
function filled(events: readonly ClusterEvent[], podNames: boolean) {
  const maps = openMaps(Store.create(1 << 26, STORE_KEY), 0);
  const cluster = { maps, now: () => 7, complain: () => {} };
  const services = new ServiceStore(maps.services, maps.slices, maps.addresses, maps.prefixes, maps.externalPrefixes);
  const imports = new ServiceStore(maps.imports, maps.importSlices, maps.addresses, maps.prefixes, undefined, undefined, true);
  const sinks = {
    namespaces: new NamespaceSink(cluster), services: new ServiceSink(cluster, services), serviceimports: new ImportSink(cluster, imports),
    endpointslices: new SliceSink(cluster, services, imports, { podNames, zones: true }, { seen() {} } as never),
    nodes: new NodeSink(cluster, new NodeStore(maps, undefined), 'internal'), pods: new PodSink(cluster, false),
  };
  for (const { op, resource, object } of events) {
    if (op === 'delete') sinks[resource as keyof typeof sinks].remove(object);
    else sinks[resource as keyof typeof sinks].put(object);
  }
  return maps;
}

/** The zones of one random cluster. */
export function randomCluster(seed: number, podNames: boolean): WrittenZone[] {
  const maps = filled(new ClusterEvents(seed).some(300), podNames);
  const settings = {
    zones: new Zones(ZONES), primary: ZONES[0], namespaces: [], pods: 'verified', nodes: 'internal', ttl: 5,
    ignoreEmptyService: seed % 3 === 0,
    multicluster: new Zones([ZONES[1]!]), zonal: true, fallthrough: NEVER,
  } as unknown as Settings;
  const backend = new ClusterBackend(settings, maps, OWN);
  const zones = new ClusterZones(backend, maps, settings);
  const inside = ZONES.map((zone) => ({ zone, backend, write: (to) => zones.write(backend.zones.exactly(zone)!, to, []) }) as WrittenZone);
  const names = new ExternalCluster(settings, maps, OWN, { ttl: 17, headless: true, primary: EXTERNAL[0]! });
  const told = { zones: new Zones(EXTERNAL), apex: '\x03dns', ttl: 17, headless: true, fallthrough: NEVER };
  const outside = new ExternalBackend(told, [names]);
  const written = EXTERNAL.map((zone) =>
    ({ zone, backend: outside, write: (to) => outside.write(outside.zones.exactly(zone)!, to) }) as WrittenZone);
  return [...inside, ...written];
}
