// Services and slices that come, change, move and go leave the same bytes and the same index of addresses as if the last state alone had
// been put.
import type { Entry } from '../../../store/key.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../testing/properties.ts';
import { parseAddress } from '../../../dns/address.ts';
import { Store } from '../../../store/store.ts';
import { IMPORT, ownerAt, ownersAt } from './address-index.ts';
import type { ServiceFacts, SliceFacts } from './facts.ts';
import { DUPLICATES, SERVICE, SLICE_NAME, endpointsAt, le32, slicesAt, textAt } from './layout.ts';
import { ObjectKey, namesOf, openMaps } from './maps.ts';
import { CHANGED, CHANGED_EXTERNALLY, SAME, ServiceStore } from './service-store.ts';
import { endpointLabel } from './endpoint-label.ts';
import { STORE_KEY } from '../../../testing/store-key.ts';

/** An entry that is there. */
function there(entry: Entry | 0): Entry {
  assert.ok(entry !== 0);
  return entry;
}

function open() {
  const maps = openMaps(Store.create(1 << 25, STORE_KEY), 0);
  return { maps, store: new ServiceStore(maps.services, maps.slices, maps.addresses) };
}
const ip = (text: string) => parseAddress(text)!;
const service = (addresses: readonly string[], headless = false, external: readonly string[] = []): ServiceFacts => ({
  headless, addresses: addresses.map(ip), ports: [{ port: 80, name: 'http', protocol: 'tcp' }], externalName: undefined,
  externals: external.map(ip),
});
const slice = (...addresses: readonly string[]): SliceFacts => ({
  ports: [{ port: 8080, name: 'http', protocol: 'tcp' }], endpoints: addresses.map((each) => ({ address: ip(each), label: '', zone: '' })),
});

/** All that is kept, as something to compare: the order of slices in a service is that of their coming. */
function picture({ maps }: ReturnType<typeof open>): unknown {
  const services = [...maps.services.walk()].map((entry) => {
    const { bytes } = maps.services;
    const at = maps.services.bytesAt(entry);
    const slices = [...slicesAt(bytes, at)].map((each) =>
      [textAt(bytes, each + SLICE_NAME), ...[...endpointsAt(bytes, each)].map((one) => endpointLabel(bytes, one))]);
    return [namesOf(maps.services, entry).join(), bytes[at]! & SERVICE, le32(bytes, at + DUPLICATES), slices.sort()];
  });
  const addresses = [...maps.addresses.walk()].map((entry) => {
    const from = maps.addresses.keyAt(entry);
    const key = maps.addresses.words.slice(from, from + maps.addresses.keyWords(entry)).join();
    return [key, [...ownersAt(maps.addresses, entry)].map((item) => JSON.stringify(ownerAt(maps.addresses.bytes, item))).sort()];
  });
  const slices = [...maps.slices.walk()].map((entry) =>
    [namesOf(maps.slices, entry).join(), textAt(maps.slices.bytes, maps.slices.bytesAt(entry))]);
  return { services: services.sort(), addresses: addresses.sort(), slices: slices.sort() };
}

const pool = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::1', '2001:db8::2'];
const some = fc.subarray(pool);
const change = fc.oneof(
  fc.record({
    what: fc.constant('service' as const), name: fc.constantFrom('a', 'b', 'c'), addresses: some, headless: fc.boolean(),
    external: fc.subarray(pool.slice(0, 2)),
  }),
  fc.record({ what: fc.constant('no service' as const), name: fc.constantFrom('a', 'b', 'c') }),
  fc.record({
    what: fc.constant('slice' as const), slice: fc.constantFrom('s', 't', 'u'), name: fc.constantFrom('a', 'b', 'c'),
    addresses: fc.array(fc.constantFrom(...pool), { maxLength: 6 }),
  }),
  fc.record({ what: fc.constant('no slice' as const), slice: fc.constantFrom('s', 't', 'u') }),
);

test('any history leaves what the last state alone would have', () => {
  fc.assert(fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
    const lived = open();
    const services = new Map<string, ServiceFacts>();
    const slices = new Map<string, [string, SliceFacts]>();
    for (const each of changes) {
      if (each.what === 'service') {
        const facts = service(each.headless ? [] : each.addresses, each.headless, each.external);
        services.set(each.name, facts);
        lived.store.put(each.name, 'ns', facts, 1);
      } else if (each.what === 'no service') {
        services.delete(each.name);
        lived.store.remove(each.name, 'ns');
      } else if (each.what === 'slice') {
        slices.set(each.slice, [each.name, slice(...each.addresses)]);
        lived.store.putSlice(each.slice, each.name, 'ns', '', slice(...each.addresses), 1);
      } else {
        slices.delete(each.slice);
        lived.store.removeSlice(each.slice, 'ns');
      }
    }
    const fresh = open();
    for (const [name, facts] of services) fresh.store.put(name, 'ns', facts, 1);
    for (const [name, [owner, facts]] of slices) fresh.store.putSlice(name, owner, 'ns', '', facts, 1);
    assert.deepEqual(picture(lived), picture(fresh));
  }), { numRuns: 300 });
});

test('what is put again as it was is no change; what external names tell is told', () => {
  const { store } = open();
  assert.equal(store.put('a', 'ns', service(['10.0.0.1']), 1), CHANGED);
  assert.equal(store.put('a', 'ns', service(['10.0.0.1']), 2), SAME);
  assert.equal(store.put('a', 'ns', service(['10.0.0.1'], false, ['10.0.0.2']), 2), CHANGED | CHANGED_EXTERNALLY);
  assert.equal(store.putSlice('s', 'a', 'ns', '', slice('10.0.0.1', '10.0.0.1'), 1), CHANGED);
  assert.equal(store.putSlice('s', 'a', 'ns', '', slice('10.0.0.1', '10.0.0.1'), 2), SAME);
  assert.equal(store.putSlice('t', 'a', 'ns', '', slice('10.0.0.1'), 2), CHANGED);
  assert.equal(store.putSlice('t', 'a', 'ns', '', slice('10.0.0.1'), 2), SAME);
  assert.equal(store.removeSlice('t', 'ns'), CHANGED);
  assert.equal(store.removeSlice('t', 'ns'), SAME);
});

test('a sweep takes away what was not in the last list, and nothing else', () => {
  const lived = open();
  const { store, maps } = lived;
  for (const name of ['a', 'b']) store.put(name, 'ns', service(['10.0.0.1']), 1);
  store.putSlice('s', 'a', 'ns', '', slice('10.0.0.2'), 1);
  store.putSlice('t', 'b', 'ns', '', slice('10.0.0.3'), 1);
  store.put('a', 'ns', service(['10.0.0.1']), 2);
  store.putSlice('t', 'b', 'ns', '', slice('10.0.0.3'), 2);
  assert.equal(store.sweep(2), CHANGED);
  assert.equal(store.sweepSlices(2), CHANGED);
  assert.equal(store.sweep(2) | store.sweepSlices(2), SAME);
  const key = new ObjectKey();
  const at = maps.services.bytesAt(there(key.of('b', 'ns').in(maps.services)));
  assert.equal(maps.services.bytes[at]! & SERVICE, 0, 'b has its slice, and is no service');
  assert.equal(key.copy(ip('10.0.0.2'), 0, 4).in(maps.addresses), 0);
  assert.notEqual(key.copy(ip('10.0.0.3'), 0, 4).in(maps.addresses), 0);
});

test('imports lead from their own addresses alone, also where who kept them knew nothing of that', () => {
  const { maps } = open();
  const imports = (addresses: typeof maps.addresses | undefined): ServiceStore =>
    new ServiceStore(maps.imports, maps.importSlices, addresses, maps.prefixes, undefined, undefined, true);
  const owners = (text: string): unknown[] => {
    const address = ip(text);
    const entry = new ObjectKey().copy(address, 0, address.length).in(maps.addresses);
    return entry === 0 ? [] : [...ownersAt(maps.addresses, entry)].map((item) => ownerAt(maps.addresses.bytes, item));
  };
  imports(undefined).put('web', 'shop', service(['10.98.0.1'], false, ['203.0.113.1']), 1);
  assert.deepEqual(owners('10.98.0.1'), []);
  const store = imports(maps.addresses);
  for (let i = 0; i < 2; i++) store.restored();
  assert.deepEqual(owners('10.98.0.1'), [{ kind: IMPORT, name: 'web', namespace: 'shop' }]);
  store.putSlice('web-1', 'web', 'shop', 'east', slice('10.97.0.1'), 1);
  store.putSlice('head-1', 'head', 'shop', 'east', slice('10.97.0.2'), 1);
  assert.deepEqual(['203.0.113.1', '10.97.0.1', '10.97.0.2'].map(owners), [[], [], []]);
  store.put('web', 'shop', service(['10.98.0.2']), 1);
  assert.deepEqual([owners('10.98.0.1'), owners('10.98.0.2').length], [[], 1]);
  store.remove('web', 'shop');
  assert.deepEqual(owners('10.98.0.2'), []);
});
