// Clusters to keep in snapshots: told of objects as the API tells of them. Knows sinks; knows no file.
import assert from 'node:assert/strict';
import { fc } from '../../../testing/properties.ts';
import type { ApiObject } from '../../../kube-api/sink.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import { Store } from '../../../store/store.ts';
import { ObjectKey, openMaps } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';
import { NodeSink } from '../cluster/node-sink.ts';
import { NodeStore } from '../cluster/node-store.ts';
import { ServiceStore } from '../cluster/service-store.ts';
import { ImportSink, NamespaceSink, PodSink, ServiceSink, SliceSink } from '../cluster/sinks.ts';
import { mapsOf } from './format.ts';
import { STORE_KEY } from '../../../testing/store-key.ts';

/** Empty maps. */
export const fresh = () => {
  const store = Store.create(1 << 25, STORE_KEY);
  return { store, maps: openMaps(store, 0) };
};
/** Maps and their store. */
export type Cluster = ReturnType<typeof fresh>;
const key = new ObjectKey();
/** An entry whose key is one text. */
export function put(map: ByteMap, name: string, value = new Uint8Array(0)): void {
  key.name(name);
  assert.ok(map.put(key, value));
}
/** All entries, as something to compare. */
export const picture = (maps: Maps): unknown => mapsOf(maps).map((map) => [...map.walk()].map((entry) => {
  const [from, value] = [map.keyAt(entry), map.bytesAt(entry)];
  return `${map.words.slice(from, from + map.keyWords(entry)).join()} ${map.bytes.slice(value, value + map.valueSize(entry)).join()}`;
}).sort());
const word = fc.string({ unit: fc.constantFrom('a', 'b', '-', 'x'), minLength: 1, maxLength: 63 });
const address = fc.oneof(fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `10.0.${a}.${b}`), fc.constant('2001:db8::1'));
const port = fc.record({
  name: fc.constantFrom('', 'http', 'dns'), port: fc.nat(65535), protocol: fc.constantFrom('TCP', 'UDP', undefined),
});
const endpoint = fc.record({ addresses: fc.array(address, { maxLength: 1 }), hostname: fc.option(word, { nil: undefined }), zone: word });
/** A slice longer than a block. */
const MANY = new Array(9000).fill({ addresses: ['10.9.9.9'], hostname: 'h'.repeat(30), zone: 'z' });
const object = fc.record({
  kind: fc.nat(5), name: word, namespace: fc.constantFrom('n', 'testns'), service: word,
  ports: fc.array(port, { maxLength: 3 }),
  clusterIPs: fc.array(address, { maxLength: 2 }), externalIPs: fc.array(address, { maxLength: 2 }), headless: fc.boolean(),
  externalName: fc.option(fc.constant('www.example.org'), { nil: undefined, freq: 2 }),
  hostname: fc.option(fc.constant('lb.test'), { nil: undefined }),
  endpoints: fc.oneof({ weight: 20, arbitrary: fc.array(endpoint, { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant(MANY) }),
  labels: fc.dictionary(word, word, { maxKeys: 2 }),
});
type Made = typeof object extends fc.Arbitrary<infer T> ? T : never;
/** What an API may tell of. */
export const objects = fc.array(object, { maxLength: 30 });
const simple = {
  ports: [], clusterIPs: ['10.0.0.1'], externalIPs: [], headless: false, externalName: undefined, hostname: undefined, labels: {},
};
/** One object; kinds are namespaces, services, slices, pods, imports, nodes. */
export const named = (kind: number, name: string): Made => ({ ...simple, kind, name, namespace: 'testns', service: name, endpoints: [] });

/** A cluster whose API listed these objects. */
export function filled(some: readonly Made[]): Cluster {
  const cluster = fresh();
  list(cluster.maps, some);
  return cluster;
}
/** The lists of an API that has just these objects. */
export function list(maps: Maps, some: readonly Made[]): void {
  const around = { maps, now: () => 77, complain() {} };
  const services = new ServiceStore(maps.services, maps.slices, maps.addresses);
  const imports = new ServiceStore(maps.imports, maps.importSlices, undefined);
  const sinks = [
    new NamespaceSink(around), new ServiceSink(around, services),
    new SliceSink(around, services, imports, { podNames: false, zones: true }, { seen() {} } as never), new PodSink(around, true),
    new ImportSink(around, imports), new NodeSink(around, new NodeStore(maps, undefined), 'internal'),
  ];
  for (const sink of sinks) sink.begin();
  for (const each of some) sinks[each.kind]!.put(resource(each));
  for (const sink of sinks) sink.synced();
}
function resource(made: Made): ApiObject {
  const { name, namespace, service, labels, kind, ports, clusterIPs, externalIPs, headless, externalName, hostname, endpoints } = made;
  const owner = { 'kubernetes.io/service-name': service, 'multicluster.kubernetes.io/service-name': service };
  return {
    metadata: { name, ...(kind === 0 || kind === 5 ? {} : { namespace }), labels: kind === 2 ? owner : labels },
    spec: {
      type: externalName === undefined ? 'ClusterIP' : 'ExternalName', externalName, ports, externalIPs, ips: clusterIPs,
      clusterIP: headless ? 'None' : clusterIPs[0], clusterIPs: headless ? ['None'] : clusterIPs,
    },
    status: {
      podIP: clusterIPs[0], addresses: clusterIPs.map((each) => ({ type: 'InternalIP', address: each })),
      loadBalancer: { ingress: hostname === undefined ? [] : [{ hostname }] },
    },
    ports, endpoints,
  };
}

