// Tests of finding answers from the root down: referrals, aliases, servers that fail or lie, and what is kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AA, RA } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { parseRR } from '../dns/rr.ts';
import { parseCIDR } from '../dns/address.ts';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { MadeZone, cutOverUdp } from '../testing/made-internet.ts';
import { PrivateAddresses } from './private-addresses.ts';
import { A, B, ROOT, TEST, rigOf } from './rig.test.ts';

const WWW = 'NOERROR www.a.test. 300 A 192.0.2.80';
const lines = (...texts: string[]) => texts.map((text) => parseRR(text)!);

test('a name is found from the root down, and the next one from where its zone is known', async () => {
  const rig = rigOf();
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  assert.deepEqual(rig.asked(), [`${ROOT} . NS`, `${ROOT} www.a.test. A`, `${TEST} www.a.test. A`, `${A} www.a.test. A`]);
  assert.equal(await rig.ask('nope.a.test. A'), 'NXDOMAIN');
  assert.equal(await rig.ask('www.a.test. MX'), 'NOERROR');
  assert.deepEqual(rig.asked(), [`${A} nope.a.test. A`, `${A} www.a.test. MX`]);
  rig.time += 200_000;
  assert.equal(await rig.ask('WWW.a.test. A'), WWW.replace('300', '100'));
  assert.deepEqual(rig.asked(), []);
});
test('an alias leads to another zone, and each is kept for itself', async () => {
  const rig = rigOf();
  assert.equal(await rig.ask('alias.a.test. A'), 'NOERROR alias.a.test. 300 CNAME www.b.test. www.b.test. 300 A 192.0.2.90');
  rig.asked();
  assert.equal(await rig.ask('www.b.test. A'), 'NOERROR www.b.test. 300 A 192.0.2.90');
  assert.equal(await rig.ask('inner.a.test. A'), 'NOERROR inner.a.test. 300 CNAME www.a.test. www.a.test. 300 A 192.0.2.80');
  assert.deepEqual(rig.asked(), [`${A} inner.a.test. A`, `${A} www.a.test. A`]);
});
test('servers without glue are looked up; a circle of them ends', async () => {
  const rig = rigOf();
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`, 'a 300 NS ns.b', 'b 300 NS ns.b', `ns.b 300 A ${B}`,
    'c 300 NS ns.d', 'd 300 NS ns.c']));
  rig.internet.at(B, rig.zones.a, rig.zones.b);
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  assert.match(await rig.ask('www.c.test. A'), /^SERVFAIL \(22: no server of c\.test\. has an address\)$/);
});
test('names are asked for label by label, and whole where a server breaks on that (RFC 9156)', async () => {
  const rig = rigOf({ minimise: 'on' });
  assert.equal(await rig.ask('x.ent.a.test. A'), 'NOERROR x.ent.a.test. 300 A 192.0.2.82');
  assert.deepEqual(rig.asked(), [`${ROOT} . NS`, `${ROOT} test. A`, `${TEST} a.test. A`, `${A} ent.a.test. A`, `${A} x.ent.a.test. A`]);
  const { a } = rig.zones;
  const denied = { rcode: RCODE.NXDOMAIN, flags: AA, authority: a.set(a.apex, TYPE.SOA) };
  rig.internet.at(A, (question) => (question.name.labels < 4 ? denied : undefined), a);
  assert.equal(await rig.ask('x.y.wild.a.test. A'), 'NOERROR x.y.wild.a.test. 300 A 192.0.2.81');
});
test('a reply that was cut is asked for over TCP; a server that fails is passed over', async () => {
  const rig = rigOf();
  rig.internet.at(A, cutOverUdp(rig.zones.a));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  assert.deepEqual(rig.asked().slice(3), [`${A} www.a.test. A`, `${A} www.a.test. A tcp`]);
  rig.internet.at(A, () => ({ rcode: RCODE.SERVFAIL }));
  assert.equal(await rig.ask('alias.a.test. A'), 'SERVFAIL (23: no server of a.test. answers)');
  rig.asked();
  assert.equal(await rig.ask('alias.a.test. A'), 'SERVFAIL (23: no server of a.test. answers)');
  assert.deepEqual(rig.asked(), [], 'a failure is kept (RFC 9520)');
  rig.internet.at(A, rig.zones.a);
  rig.time += 6000;
  assert.match(await rig.ask('alias.a.test. A'), /^NOERROR/);
});
test('a server that does not have the zone is lame, and one that tells what others say comes last', async () => {
  const rig = rigOf();
  const two = ['@ 300 NS ns', `ns 300 A ${TEST}`, 'a 300 NS ns.a', 'a 300 NS ns2.a', `ns.a 300 A ${A}`, `ns2.a 300 A ${B}`];
  rig.internet.at(TEST, new MadeZone('test.', two));
  rig.internet.at(A, () => ({ authority: lines('. 300 NS ns.root.') })).at(B, rig.zones.a);
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  const other = rigOf();
  other.internet.at(A, () => ({ flags: RA, answer: lines('www.a.test. 300 A 192.0.2.7') }));
  assert.equal(await other.ask('www.a.test. A'), 'NOERROR www.a.test. 300 A 192.0.2.7');
});
test('what was not asked for, or is of another zone, is not kept: no answer replaces servers or addresses', async () => {
  const rig = rigOf();
  rig.internet.at(A, () => ({
    flags: AA, answer: lines('www.a.test. 300 A 192.0.2.80', 'www.b.test. 300 A 6.6.6.6', 'other.a.test. 300 A 6.6.6.6'),
    authority: lines('a.test. 300 NS evil.a.test.', 'test. 300 NS evil.a.test.'),
    additional: lines('evil.a.test. 300 A 6.6.6.6', 'ns.b.test. 300 A 6.6.6.6'),
  }));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  rig.internet.at(A, rig.zones.a).at('6.6.6.6', () => ({ flags: AA, answer: lines('www.b.test. 300 A 6.6.6.6') }));
  rig.asked();
  assert.equal(await rig.ask('www.b.test. A'), 'NOERROR www.b.test. 300 A 192.0.2.90');
  assert.equal(await rig.ask('inner.a.test. A'), 'NOERROR inner.a.test. 300 CNAME www.a.test. www.a.test. 300 A 192.0.2.80');
  assert.equal(await rig.ask('other.a.test. A'), 'NXDOMAIN');
  assert.equal(rig.asked().some((each) => each.startsWith('6.6.6.6')), false);
});
test('a delegation ends with the one above it, whatever its own servers say (ghost domains)', async () => {
  const rig = rigOf();
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`]));
  rig.time += 200_000;
  assert.equal(await rig.ask('inner.a.test. MX'), 'NOERROR inner.a.test. 300 CNAME www.a.test.');
  rig.time += 101_000;
  assert.equal(await rig.ask('www.a.test. A'), 'NXDOMAIN');
});
test('one question costs so many and no more, however many servers it leads to (NXNSAttack)', async () => {
  const rig = rigOf({ mostQuestions: 20 });
  const many = Array.from({ length: 50 }, (_, i) => `a.test. 300 NS ns${i}.nope${i}.test.`);
  rig.internet.at(TEST, (question) => (question.name.text.endsWith('a.test.') ? { authority: lines(...many) } : undefined), rig.zones.test);
  assert.match(await rig.ask('www.a.test. A'), /^SERVFAIL/);
  assert.ok(rig.asked().length <= 20);
});
test('public names have no private addresses, but for those that may (rebinding)', async () => {
  const networks = ['10.0.0.0/8', 'fd00::/8'].map((text) => parseCIDR(text)!);
  const rig = rigOf({ private: new PrivateAddresses(networks, [Name.parse('corp.a.test.')]) });
  rig.internet.at(A, new MadeZone('a.test.', ['@ 300 NS ns', `ns 300 A ${A}`, 'www 300 A 10.0.0.1', 'www 300 A 192.0.2.80',
    'www 300 HTTPS 1 . ipv4hint=10.0.0.1', 'x.corp 300 A 10.0.0.1', 'six 300 AAAA ::ffff:10.0.0.1']));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  assert.equal(await rig.ask('www.a.test. HTTPS'), 'NOERROR');
  assert.equal(await rig.ask('six.a.test. AAAA'), 'NOERROR');
  assert.equal(await rig.ask('x.corp.a.test. A'), 'NOERROR x.corp.a.test. 300 A 10.0.0.1');
});
test('zones whose servers are given are asked there; with `first` the world is asked where they fail', async () => {
  const at = (address: string) => [{ address, port: 53 }];
  const given = { names: [], first: false, prime: false, tcp: false, keeps: true };
  const stub = { ...given, zone: Name.parse('corp.'), kind: 'stub', addresses: at('10.0.0.9') } as const;
  const forward = { ...stub, zone: Name.parse('a.test.'), kind: 'forward', first: true, addresses: at('10.0.0.8') } as const;
  const rig = rigOf({ given: [stub, forward] });
  rig.internet.at('10.0.0.9', new MadeZone('corp.', ['@ 300 NS ns', 'ns 300 A 10.0.0.9', 'www 300 A 10.0.0.7']));
  assert.equal(await rig.ask('www.corp. A'), 'NOERROR www.corp. 300 A 10.0.0.7');
  assert.deepEqual(rig.asked(), ['10.0.0.9 www.corp. A']);
  rig.internet.at('10.0.0.8', () => ({ rcode: RCODE.REFUSED }));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  assert.equal(rig.asked()[0], '10.0.0.8 www.a.test. A');
});
test('equal questions that come at the same time are one', async () => {
  const rig = rigOf();
  const [one, other] = await Promise.all([rig.ask('www.a.test. A'), rig.ask('www.a.test. A')]);
  assert.equal(one, other);
  assert.equal(rig.asked().length, 4);
});
test('what is near its end is asked for again meanwhile, once', async () => {
  const rig = rigOf({ prefetch: true });
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  rig.asked();
  rig.time += 269_000;
  assert.equal(await rig.ask('www.a.test. A'), WWW.replace('300', '31'));
  assert.deepEqual(rig.asked(), []);
  rig.time += 1000;
  await Promise.all([rig.ask('www.a.test. A'), rig.ask('www.a.test. A')]);
  await new Promise(setImmediate);
  // The delegations end at the same moment, and are no better then.
  assert.deepEqual(rig.asked(), [`${ROOT} . NS`, `${ROOT} www.a.test. A`, `${TEST} www.a.test. A`, `${A} www.a.test. A`]);
  assert.equal(await rig.ask('www.a.test. A'), WWW);
});
test('what is over is answered where nothing newer can be had, or takes too long, and never mixed (RFC 8767)', async () => {
  const stale = { keep: 3_600_000, after: 1800, ttl: 30 };
  const rig = rigOf({ stale });
  const silent = () => ({ rcode: RCODE.SERVFAIL });
  await rig.ask('alias.a.test. A');
  await rig.ask('nope.a.test. A');
  rig.internet.at(ROOT, silent).at(TEST, silent).at(A, silent).at(B, silent);
  rig.time += 400_000;
  assert.equal(await rig.ask('alias.a.test. A'), 'NOERROR alias.a.test. 30 CNAME www.b.test. www.b.test. 30 A 192.0.2.90');
  assert.equal(await rig.ask('nope.a.test. A'), 'NXDOMAIN');
  assert.match(await rig.ask('new.a.test. A'), /^SERVFAIL/);
  rig.time += 3_600_000;
  assert.match(await rig.ask('alias.a.test. A'), /^SERVFAIL/, 'too old');
  const now = rigOf({ stale: { ...stale, after: 0 } });
  await now.ask('www.a.test. A');
  now.time += 400_000;
  assert.equal(await now.ask('www.a.test. A'), WWW.replace('300', '30'), 'at once, and asked for meanwhile');
  await new Promise(setImmediate);
  assert.equal(await now.ask('www.a.test. A'), WWW);
});
