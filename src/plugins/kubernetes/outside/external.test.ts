// What a cluster tells of itself outside of questions: the addresses of its name server, its records as a whole, its serial.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServedZone } from '../../../authority/served-zones.ts';
import { parseAddress, printAddress } from '../../../dns/address.ts';
import { Name } from '../../../dns/name.ts';
import { Store } from '../../../store/store.ts';
import { writtenZone } from '../../../testing/written-zone.ts';
import { ExternalCluster } from './external.ts';
import { EXTERNAL_MODIFIED, openMaps } from '../cluster/maps.ts';
import { ServiceStore } from '../cluster/service-store.ts';
import { NamespaceSink, ServiceSink, SliceSink } from '../cluster/sinks.ts';
import { STORE_KEY } from '../../../testing/store-key.ts';

const ZONE = Name.parse('ext.test.');

/** An empty cluster whose clock stands at `now`. */
function cluster() {
  const maps = openMaps(Store.create(1 << 25, STORE_KEY), 0);
  const clock = { now: 1000 };
  const filled = { maps, now: () => clock.now, complain: (...what: readonly string[]) => assert.fail(what.join(' ')) };
  const store = new ServiceStore(maps.services, maps.slices, maps.addresses);
  const services = new ServiceSink(filled, store);
  const slices = new SliceSink(filled, store, undefined, { podNames: false, zones: false }, { seen() {} } as never);
  new NamespaceSink(filled).put({ metadata: { name: 'shop' } });
  const see = (machine: readonly string[], headless = true, namespaces: readonly string[] = []) =>
    new ExternalCluster({ namespaces, ttl: 5 }, maps, machine.map((each) => parseAddress(each)!), { ttl: 17, headless, primary: ZONE });
  return { maps, clock, services, slices, see };
}
const service = (name: string, spec: object, ingress: readonly object[] = []) =>
  ({ metadata: { name, namespace: 'shop' }, spec, status: { loadBalancer: { ingress } } });
const slice = (name: string, of: string, addresses: readonly string[]) => ({
  metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': of } },
  ports: [{ name: 'http', port: 80, protocol: 'TCP' }], endpoints: addresses.map((each) => ({ addresses: [each] })),
});
const texts = (addresses: readonly Uint8Array[] | undefined) => addresses?.map(printAddress);
const told = (from: ExternalCluster) => writtenZone(ZONE, (to) => from.write(new ServedZone(ZONE, 0), to, () => false));

test('the name server has the external addresses of the service that this machine is an endpoint of (KEXT-2)', () => {
  const { services, slices, see } = cluster();
  assert.equal(see(['10.9.0.1']).nameServers(), undefined);
  slices.put(slice('dns-1', 'dns', ['10.9.0.1', '10.9.0.2']));
  services.put(service('dns', { clusterIP: '10.96.0.2', externalIPs: ['203.0.113.1'] }, [{ ip: '2001:db8::1' }, { hostname: 'lb.test' }]));
  assert.deepEqual(texts(see(['10.9.0.9', '10.9.0.1']).nameServers()), ['203.0.113.1', '2001:db8::1']);
  assert.equal(see(['10.9.0.9']).nameServers(), undefined);
  assert.deepEqual(texts(see(['10.9.0.9']).machine), ['10.9.0.9']);
});

test('of a headless service the name server has the endpoints, with headless alone', () => {
  const { services, slices, see } = cluster();
  slices.put(slice('dns-1', 'dns', ['10.9.0.1', '10.9.0.2']));
  services.put(service('dns', { clusterIP: 'None' }));
  assert.deepEqual(texts(see(['10.9.0.1']).nameServers()), ['10.9.0.1', '10.9.0.2']);
  assert.deepEqual(see(['10.9.0.1'], false).nameServers(), []);
});

test('the serial is that of the last change that is seen from outside (KEXT-5)', () => {
  const { services, slices, maps, clock, see } = cluster();
  const at = (now: number, change: () => void) => {
    clock.now = now;
    change();
    assert.equal(see([]).serial(), maps.flags.get(EXTERNAL_MODIFIED));
    return see([]).serial();
  };
  assert.equal(see([]).serial(), 0);
  assert.equal(at(1001, () => services.put(service('web', { clusterIP: '10.96.0.1' }))), 0);
  assert.equal(at(1002, () => services.put(service('lb', { clusterIP: '10.96.0.2' }, [{ ip: '203.0.113.1' }]))), 1002);
  assert.equal(at(1003, () => slices.put(slice('lb-1', 'lb', ['10.9.0.1']))), 1002);
  assert.equal(at(1004, () => services.put(service('web', { clusterIP: '10.96.0.3' }))), 1002);
  assert.equal(at(1005, () => services.put(service('lb', { clusterIP: '10.96.0.2' }, [{ ip: '203.0.113.2' }]))), 1005);
  assert.equal(at(1006, () => services.remove(service('lb', {}))), 1006);
});

test('all records are those that are answered, each once; a name is an alias or has records (KEXT-5)', () => {
  const { services, slices, see } = cluster();
  const ports = [{ name: 'https', port: 443, protocol: 'TCP' }, { name: 'alt', port: 8443, protocol: 'TCP' }];
  services.put(service('b', { clusterIP: '10.96.0.1', ports, externalIPs: ['203.0.113.1'] }, [{ ip: '203.0.113.1' }]));
  services.put(service('c', { clusterIP: '10.96.0.2', ports: ports.slice(0, 1) }, [{ hostname: 'lb.example.test' }]));
  services.put(service('d', { clusterIP: '10.96.0.3', externalIPs: ['203.0.113.4'] }));
  services.put(service('e', { clusterIP: '10.96.0.5', externalIPs: ['203.0.113.6'], ports: ports.slice(0, 1) }, [{ hostname: 'x.test' }]));
  services.put(service('inside', { clusterIP: '10.96.0.4', ports }));
  services.put({ ...service('hidden', { externalIPs: ['203.0.113.5'] }), metadata: { name: 'hidden', namespace: 'other' } });
  services.put(service('a', { clusterIP: 'None', ports }));
  slices.put(slice('a-1', 'a', ['10.9.0.1', '10.9.0.2']));
  const external = [
    'b.shop.ext.test. 17 IN A 203.0.113.1',
    'b.shop.ext.test. 5 IN SRV 0 50 443 b.shop.ext.test.',
    'b.shop.ext.test. 5 IN SRV 0 50 8443 b.shop.ext.test.',
    '_https._tcp.b.shop.ext.test. 5 IN SRV 0 100 443 b.shop.ext.test.',
    '_alt._tcp.b.shop.ext.test. 5 IN SRV 0 100 8443 b.shop.ext.test.',
    'c.shop.ext.test. 5 IN CNAME lb.example.test.',
    '_https._tcp.c.shop.ext.test. 5 IN SRV 0 100 443 lb.example.test.',
    'd.shop.ext.test. 17 IN A 203.0.113.4',
    'e.shop.ext.test. 17 IN A 203.0.113.6',
    'e.shop.ext.test. 5 IN SRV 0 50 443 e.shop.ext.test.',
    'e.shop.ext.test. 5 IN SRV 0 50 443 x.test.',
    '_https._tcp.e.shop.ext.test. 5 IN SRV 0 50 443 e.shop.ext.test.',
    '_https._tcp.e.shop.ext.test. 5 IN SRV 0 50 443 x.test.',
  ];
  assert.deepEqual(told(see([], false)), external.toSorted());
  assert.deepEqual(told(see([], true)), [
    'a.shop.ext.test. 17 IN A 10.9.0.1',
    'a.shop.ext.test. 17 IN A 10.9.0.2',
    'a.shop.ext.test. 5 IN SRV 0 50 80 10-9-0-1.a.shop.ext.test.',
    'a.shop.ext.test. 5 IN SRV 0 50 80 10-9-0-2.a.shop.ext.test.',
    '_http._tcp.a.shop.ext.test. 5 IN SRV 0 50 80 10-9-0-1.a.shop.ext.test.',
    '_http._tcp.a.shop.ext.test. 5 IN SRV 0 50 80 10-9-0-2.a.shop.ext.test.',
    '10-9-0-1.a.shop.ext.test. 17 IN A 10.9.0.1',
    '10-9-0-1.a.shop.ext.test. 5 IN SRV 0 100 80 10-9-0-1.a.shop.ext.test.',
    '10-9-0-2.a.shop.ext.test. 17 IN A 10.9.0.2',
    '10-9-0-2.a.shop.ext.test. 5 IN SRV 0 100 80 10-9-0-2.a.shop.ext.test.',
    ...external,
  ].sort());
  assert.deepEqual(told(see([], true, ['nowhere'])), []);
});
