// The name of a question taken apart as bytes says the same as one that is taken apart as text; so do ports, endpoints and owners of
// addresses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../testing/properties.ts';
import { Place, ServedZones } from '../../../authority/served-zones.ts';
import { printAddress } from '../../../dns/address.ts';
import { Name } from '../../../dns/name.ts';
import { Store } from '../../../store/store.ts';
import { loneQuery } from '../../../testing/lone-query.ts';
import { AddressIndex, itemOf, ownerAt, ownersAt } from '../cluster/address-index.ts';
import { addressLabel } from '../cluster/facts.ts';
import { Writer, afterPort, sliceEndpoints, slicePorts, writeSlice } from '../cluster/layout.ts';
import { EndpointFilter, addressOfLabel, countPorts, portMatches } from './match.ts';
import { latin1 } from '../cluster/wire-text.ts';
import { ObjectKey, openMaps } from '../cluster/maps.ts';
import { ABOVE_SERVER, APEX, NAMESPACE, NAME_SERVER, NO_NAME, POD_NAME, Parsed, SERVICE_NAME, SUBDOMAIN, VERSION } from './question.ts';
import { STORE_KEY } from '../../../testing/store-key.ts';

const zone = Name.parse('cluster.local.');
const zones = new ServedZones([zone]);

/** What K8S-5 and K8S-10 say of the labels before the zone, in lower case. */
function model(labels: readonly string[], multicluster: boolean, zonal: boolean) {
  const none = { kind: NO_NAME, namespace: '', service: '', endpoint: '', cluster: '', port: '', protocol: '', zone: '', prefer: false };
  if (labels.length === 0) return { ...none, kind: APEX };
  const before = [...labels];
  const last = before.pop()!;
  if (last !== 'svc' && last !== 'pod') {
    const kinds = new Map([['dns-version', VERSION], ['dns', ABOVE_SERVER], ['ns.dns', NAME_SERVER]]);
    return { ...none, kind: kinds.get(labels.join('.')) ?? NO_NAME };
  }
  const namespace = before.pop();
  if (namespace === undefined) return { ...none, kind: SUBDOMAIN };
  const service = before.pop();
  if (service === undefined) return { ...none, kind: NAMESPACE, namespace };
  const named = { ...none, kind: last === 'svc' ? SERVICE_NAME : POD_NAME, namespace, service };
  const [first = '', second = ''] = before;
  if (before.length === 0) return named;
  if (last === 'pod') return { ...none, namespace, service };
  if (before.length === 1) return { ...named, endpoint: first };
  if (before.length === 2) {
    const underscores = [first, second].filter((each) => each.startsWith('_')).length;
    if (multicluster && underscores === 0) return { ...named, endpoint: first, cluster: second };
    if (underscores === 2) return { ...named, port: first.slice(1), protocol: second.slice(1) };
    return { ...none, namespace, service };
  }
  const [mark, directive] = [before.pop(), before.pop()!];
  const isZone = zonal && !multicluster && last === 'svc' && mark === '_zone' && ['pin', 'prefer'].includes(directive);
  if (!isZone) return { ...none, namespace, service };
  return { ...named, zone: before.join('.'), prefer: directive === 'prefer' };
}
const label = fc.oneof(
  fc.constantFrom('svc', 'SVC', 'pod', 'Pod', '_zone', '_ZONE', 'pin', 'prefer', 'Prefer', 'dns-version', 'ns', 'dns', '_', '_http', '_tcp',
    'web', 'sv', 'svcs'),
  fc.stringMatching(/^[a-zA-Z0-9_*-]{1,63}$/),
);

test('a name says the same as bytes and as text, and nothing of the one before stays', () => {
  const place = new Place();
  const parsed = new Parsed();
  fc.assert(fc.property(fc.array(label, { maxLength: 7 }), fc.constantFrom([], ['svc'], ['pod'], ['_zone', 'web', 'shop', 'svc']),
    fc.boolean(), fc.boolean(), (start, end, multicluster, zonal) => {
      const labels = [...start, ...end];
      if (labels.join('.').length > 200) return;
      const query = loneQuery(Name.of([...labels, ...zone.split()]), 1);
      assert.ok(zones.find(query, place));
      parsed.read(query, place, multicluster, zonal);
      const at = (offset: number) => (offset === 0 ? '' : latin1(query.bytes, offset + 1, query.bytes[offset]!));
      const expected = model(labels.map((each) => each.toLowerCase()), multicluster, zonal);
      assert.deepEqual({
        kind: parsed.kind, namespace: at(parsed.namespace), service: at(parsed.service), endpoint: at(parsed.endpoint),
        cluster: at(parsed.cluster), port: latin1(query.bytes, parsed.port, parsed.portSize),
        protocol: latin1(query.bytes, parsed.protocol, parsed.protocolSize),
        zone: parsed.zone, prefer: parsed.kind === NO_NAME ? expected.prefer : parsed.prefer,
      }, expected);
    }), { numRuns: 1500 });
});

const address = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.from(bytes)));

test('a label made of an address stands for that address', () => {
  fc.assert(fc.property(address, (bytes) => {
    const label = addressLabel(bytes);
    assert.match(label, /^[0-9a-f-]{1,63}$/);
    const found = addressOfLabel(label);
    // The IPv4 part of an IPv4-mapped one is spelled with dots before it is with dashes: no endpoint has such an address.
    if (!printAddress(bytes).includes('.') || bytes.length === 4) assert.deepEqual([...found!], [...bytes]);
  }), { numRuns: 500 });
  for (const wrong of ['', '-', 'a', '1-2-3', '1-2-3-4-5', '01-2-3-4', '256-1-1-1', '1--2', 'FD00--1', 'fd00-0--1']) {
    const found = addressOfLabel(wrong);
    assert.ok(found === undefined || addressLabel(found) === wrong, wrong);
  }
});

const names = fc.constantFrom('', 'http', 'HTTP', 'https', 'db', 'a'.repeat(255));
const port = fc.record({ port: fc.integer({ min: -1, max: 65535 }), name: names, protocol: fc.constantFrom('', 'tcp', 'udp') });
const endpoint = fc.record({ address, label: fc.constantFrom('', 'db-0', 'DB-0', 'db-01', 'x'), zone: fc.constantFrom('', 'eu-1') });
const ports = fc.array(port, { maxLength: 5 });
const endpoints = fc.array(endpoint, { maxLength: 5 });

test('ports and endpoints are meant as their texts say', () => {
  const [filter, parsed, place] = [new EndpointFilter(), new Parsed(), new Place()];
  const asked = fc.constantFrom('_http._tcp', '_http._', '_._udp', '_._', '_db._tcp', 'db-0', 'DB-0', 'x', '0-0-0-0', '--', '--1', '');
  fc.assert(fc.property(ports, endpoints, asked, fc.nat(4), (somePorts, someEndpoints, before, which) => {
    const writer = new Writer();
    writeSlice(writer, 'slice', '', { ports: somePorts, endpoints: someEndpoints });
    const bytes = writer.written;
    const own = someEndpoints[which];
    const first = before !== '' || own === undefined ? before : addressLabel(own.address);
    const query = loneQuery(Name.of([...(first === '' ? [] : first.split('.')), 'web', 'shop', 'svc', ...zone.split()]), 1);
    zones.find(query, place);
    parsed.read(query, place, false, false);
    const [port = '', protocol = ''] = first.includes('.') ? first.split('.').map((each) => each.slice(1)) : [];
    const same = (wanted: string, text: string) => wanted === '' || text.toLowerCase() === wanted;
    const fits = somePorts.map((each) => same(port, each.name) && same(protocol, each.protocol));
    const counted = countPorts(query.bytes, parsed, bytes, slicePorts(bytes, 0), somePorts.length);
    assert.equal(counted, fits.filter(Boolean).length);
    let at = slicePorts(bytes, 0);
    for (const fit of fits) {
      assert.equal(portMatches(query.bytes, parsed, bytes, at), fit);
      at = afterPort(bytes, at);
    }
    filter.set(query.bytes, parsed, '');
    const label = first.includes('.') ? '' : first.toLowerCase();
    at = sliceEndpoints(bytes, 0);
    for (const each of someEndpoints) {
      const spelled = each.label === '' ? addressLabel(each.address) : each.label.toLowerCase();
      if (!printAddress(each.address).includes(':') || !printAddress(each.address).includes('.')) {
        assert.equal(filter.takes(bytes, at), label === '' || spelled === label, `${spelled} for ${label}`);
      }
      at += 3 + each.address.length + each.label.length + each.zone.length;
    }
  }), { numRuns: 500 });
});

test('owners of addresses are those that were added and not removed', () => {
  const kinds = fc.constantFrom(1, 2, 3, 4);
  const owner = fc.record({ kind: kinds, name: fc.constantFrom('web', 'db', 'w'), namespace: fc.constantFrom('shop', 'lab', 'eb') });
  const some = fc.constantFrom('10.0.0.1', '10.0.0.2').map((text) => Uint8Array.from(text.split('.'), Number));
  fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), some, owner), { maxLength: 40 }), (changes) => {
    const map = openMaps(Store.create(1 << 22, STORE_KEY), 0).addresses;
    const [index, key] = [new AddressIndex(map), new ObjectKey()];
    const kept = new Map<string, Set<string>>();
    for (const [add, where, who] of changes) {
      const set = kept.get(where.join()) ?? new Set<string>();
      kept.set(where.join(), set);
      const item = itemOf(who.kind, who.name, who.namespace);
      if (add) assert.ok(index.add(where, 0, where.length, item));
      else index.remove(where, 0, where.length, item);
      set[add ? 'add' : 'delete'](JSON.stringify(who));
      const entry = key.copy(where, 0, 4).in(map);
      assert.equal(entry === 0, set.size === 0);
      const found = entry === 0 ? [] : [...ownersAt(map, entry)].map((item) => JSON.stringify(ownerAt(map.bytes, item)));
      assert.deepEqual(found, [...set]);
    }
  }), { numRuns: 100 });
});
