// Any objects from a Kubernetes API: each is kept or complained of, what is kept can be taken apart, and nothing of it stays when it is
// gone. Knows the sinks of the plugin; opens no connection and asks no question.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { Name } from '../../src/dns/name.ts';
import type { ApiObject } from '../../src/kube-api/sink.ts';
import { endpointsAt, externalsAt, slicesAt } from '../../src/plugins/kubernetes/cluster/layout.ts';
import { clearMaps, openMaps } from '../../src/plugins/kubernetes/cluster/maps.ts';
import type { Maps } from '../../src/plugins/kubernetes/cluster/maps.ts';
import { endpointLabel } from '../../src/plugins/kubernetes/cluster/endpoint-label.ts';
import { ServiceStore } from '../../src/plugins/kubernetes/cluster/service-store.ts';
import { ImportSink, NamespaceSink, PodSink, ServiceSink, SliceSink } from '../../src/plugins/kubernetes/cluster/sinks.ts';
import { Store } from '../../src/store/store.ts';
import { target } from './target.ts';

const words = [
  'a', 'b', 'web', 'None', 'Headless', 'ExternalName', 'TCP', '', '.', 'a..b', 'A'.repeat(300), 'x.example.', '10.0.0.1', '10.0.0.300',
  '::1', '::ffff:10.0.0.1', 'FD00::', '\0', '\u0130', 'true', '__proto__', 'Succeeded',
];
const word = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: fc.string() });
const odd = fc.oneof(word, fc.constantFrom<unknown>(null, true, false, 0, -1, 80, 65536, 1.5, 1e300, [], {}, [null], { toString: 1 }),
  fc.jsonValue({ maxDepth: 2 }));
/** A value of this kind, now and then another one. */
const mostly = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: odd });
const many = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> => mostly(fc.array(mostly(value), { maxLength: 3 }));
/** Fields that may be missing. */
const some = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> => mostly(fc.record(fields, { requiredKeys: [] }));

const addresses = many(word);
const ports = many(some({ port: mostly(fc.nat(70000)), name: word, protocol: word }));
const object = fc.record({
  metadata: some({
    name: mostly(fc.constantFrom('a', 'b', 'a-1')), namespace: mostly(fc.constantFrom('a', 'b')), deletionTimestamp: word,
    labels: some({
      'kubernetes.io/service-name': word, 'multicluster.kubernetes.io/service-name': word,
      'multicluster.kubernetes.io/source-cluster': word,
    }),
    annotations: some({ 'endpoints.kubernetes.io/last-change-trigger-time': word }),
  }),
  spec: some({ type: word, clusterIP: word, clusterIPs: addresses, ips: addresses, externalIPs: addresses, externalName: word, ports }),
  status: some({ phase: word, podIP: word, loadBalancer: some({ ingress: many(some({ ip: word, hostname: word })) }) }),
  ports,
  endpoints: many(some({ addresses, hostname: word, zone: word, conditions: some({ ready: odd }), targetRef: some({ name: word }) })),
}, { requiredKeys: [] }) as fc.Arbitrary<ApiObject>;

let opened: Maps | undefined;

/** What was kept of services can be taken apart: labels and names are ones. */
function takeApart({ services, imports }: Maps): void {
  for (const map of [services, imports]) {
    for (const entry of map.walk()) {
      const at = map.bytesAt(entry);
      for (const external of externalsAt(map.bytes, at)) if (typeof external === 'string') assert.equal(Name.wire(external).raw, external);
      for (const slice of slicesAt(map.bytes, at)) {
        for (const endpoint of endpointsAt(map.bytes, slice)) {
          const label = endpointLabel(map.bytes, endpoint);
          assert.ok(label.length >= 2 && label.length <= 64 && label.charCodeAt(0) === label.length - 1, JSON.stringify(label));
        }
      }
    }
  }
}

/** Objects come and go, to every sink. */
export const objects = target('kube-objects', 1500, fc.array(fc.tuple(fc.nat(4), fc.boolean(), object), { maxLength: 12 }), (changes) => {
  const maps = (opened ??= openMaps(Store.create(1 << 24), 0));
  clearMaps(maps);
  const said: string[] = [];
  const filled = { maps, now: () => 1, complain: (...what: readonly string[]) => void said.push(...what) };
  const services = new ServiceStore(maps.services, maps.slices, maps.addresses);
  const imports = new ServiceStore(maps.imports, maps.importSlices, undefined);
  const sinks = [
    new NamespaceSink(filled), new ServiceSink(filled, services), new ImportSink(filled, imports), new PodSink(filled, true),
    new SliceSink(filled, services, imports, { podNames: true, zones: true }, { seen() {} } as never),
  ];
  for (const sink of sinks) sink.begin();
  for (const [which, gone, each] of changes) sinks[which]![gone ? 'remove' : 'put'](each);
  takeApart(maps);
  assert.ok(said.every((text) => text.length < 1000), 'a complaint is as long as the object');
  // An empty list takes everything away.
  for (const sink of sinks) sink.begin();
  for (const sink of sinks) sink.synced();
  const { flags: _, ...all } = maps;
  for (const [name, map] of Object.entries(all)) assert.equal([...map.walk()].length, 0, `something stays in ${name}`);
});
