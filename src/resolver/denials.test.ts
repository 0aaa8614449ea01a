// Tests of denials that are used again: which names and types need no question any more, and when they do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { A, ROOT, Rig, TEST, zones } from './rig.test.ts';
import type { Zones } from './rig.test.ts';
import { SpanOrder } from './span-order.ts';

function aggressive(made: Zones = zones(true), settings = {}): Rig & { zones: Zones } {
  const rig = new Rig(settings, { anchors: [{ zone: Name.root, ds: [], keys: [made.root.key!.data] }], aggressive: true });
  rig.internet.at(ROOT, made.root).at(TEST, made.test).at(A, made.a);
  return Object.assign(rig, { zones: made });
}

test('what a denial spans is not asked for: other names, other types, and names below', async () => {
  const rig = aggressive();
  assert.equal(await rig.ask('nope.a.test. A'), 'secure NXDOMAIN');
  assert.equal(await rig.ask('www.a.test. MX'), 'secure NOERROR');
  rig.asked();
  assert.equal(await rig.ask('nook.a.test. A'), 'secure NXDOMAIN');
  assert.equal(await rig.ask('x.nook.a.test. TXT'), 'secure NXDOMAIN');
  assert.equal(await rig.ask('www.a.test. TXT'), 'secure NOERROR');
  assert.deepEqual(rig.asked(), []);
  assert.equal(await rig.ask('www.a.test. A'), 'secure NOERROR www.a.test. 300 A 192.0.2.80');
});
test('a name that a wildcard may stand for is asked for', async () => {
  const rig = aggressive();
  assert.equal(await rig.ask('y.wild.a.test. MX'), 'secure NOERROR');
  rig.asked();
  assert.equal(await rig.ask('z.wild.a.test. A'), 'secure NOERROR z.wild.a.test. 300 A 192.0.2.81');
  assert.equal(rig.asked().length, 1);
  assert.equal(await rig.ask('v.wild.a.test. TXT'), 'secure NOERROR');
  assert.deepEqual(rig.asked(), []);
});
test('a denial counts no longer than its answer does, whatever TTL its records have', async () => {
  const rig = aggressive();
  await rig.ask('nope.a.test. A');
  rig.time += 61_000;
  rig.asked();
  assert.equal(await rig.ask('nook.a.test. A'), 'secure NXDOMAIN');
  assert.equal(rig.asked().length, 1);
});
test('below servers that are given only denials of their zones count', async () => {
  const given = { zone: Name.parse('nook.a.test.'), kind: 'stub' as const, addresses: [{ address: '192.0.2.77', port: 53 }], names: [],
    first: false, prime: false, tcp: false };
  const rig = aggressive(zones(true), { given: [given] });
  await rig.ask('nope.a.test. A');
  rig.asked();
  await rig.ask('nook.a.test. A');
  assert.match(rig.asked().join(), /192\.0\.2\.77/);
});
test('a zone that has what it denied is asked itself from then on', async () => {
  const rig = aggressive();
  const { a } = rig.zones;
  await rig.ask('nope.a.test. A');
  // What a broken signer says: a set whose name its own NSEC denies.
  const signed = a.set(Name.parse('www.a.test.'), TYPE.A).filter(({ type }) => type === TYPE.RRSIG).map(({ rdata }) => rdata);
  const set = { type: TYPE.A, class: 1, data: [], ttl: 1, until: 1, rank: 5, security: 'secure' as const };
  rig.resolver.denials!.contradict({ ...set, name: Name.parse('www.nook.a.test.'), signatures: signed });
  assert.equal(rig.resolver.denials!.step({ name: Name.parse('nook.a.test.'), type: TYPE.A, class: 1 }, Name.root)?.rcode, 3);
  rig.resolver.denials!.contradict({ ...set, name: Name.parse('nook.a.test.'), signatures: signed });
  rig.asked();
  await rig.ask('nook.a.test. A');
  await rig.ask('noon.a.test. A');
  assert.equal(rig.asked().length, 2);
});
test('the order of spans says which one is at or before a key, as sorting does', () => {
  fc.assert(fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 700 }), fc.string({ maxLength: 3 }), (keys, wanted) => {
    const order = new SpanOrder<string>();
    for (const key of keys) order.put(key, key);
    const sorted = [...new Set(keys)].sort((a, b) => (a < b ? -1 : 1));
    assert.equal(order.count, sorted.length);
    assert.equal(order.before(wanted), sorted.findLast((key) => key <= wanted) ?? sorted.at(-1));
  }), { numRuns: 200 });
});
