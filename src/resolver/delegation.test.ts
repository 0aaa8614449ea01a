// Tests of delegations: who speaks for a zone and for how long, what its servers say of themselves, and where they are found.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AA, TC } from '../dns/parts.ts';
import type { RR } from '../dns/rr.ts';
import { parseRR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { MadeZone } from '../testing/made-internet.ts';
import { A, B, ROOT, TEST, rigOf, zones } from './rig.test.ts';

const WWW = 'NOERROR www.a.test. 300 A 192.0.2.80';
const lines = (...texts: string[]): RR[] => texts.map((text) => parseRR(text)!);

test('a zone that its parent took away lives no longer than the parent said, whatever its servers say (ghost domains)', async () => {
  const rig = rigOf();
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`, 'a 10 NS ns.a', `ns.a 10 A ${A}`]));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  assert.equal(await rig.ask('a.test. NS'), 'NOERROR a.test. 300 NS ns.a.test.', 'who asks is told what the zone says');
  assert.equal(await rig.ask('ns.a.test. A'), `NOERROR ns.a.test. 300 A ${A}`);
  assert.equal(await rig.ask('a.test. NS'), 'NOERROR a.test. 10 NS ns.a.test.', 'and for how long it is kept');
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`]));
  rig.time += 11_000;
  assert.equal(await rig.ask('inner.a.test. A'), 'NXDOMAIN');
});
test('what is asked for early is asked as if its delegation was over: who lost a zone does not keep it', async () => {
  const rig = rigOf({ prefetch: true });
  const top = ['@ 300 NS ns', `ns 300 A ${TEST}`];
  const parent = (server: string): MadeZone => new MadeZone('test.', [...top, 'a 300 NS ns.a', `ns.a 300 A ${server}`]);
  rig.internet.at(TEST, parent(A));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  rig.internet.at(TEST, parent(B)).at(B, new MadeZone('a.test.', ['@ 300 NS ns', `ns 300 A ${B}`, 'www 300 A 192.0.2.99']));
  rig.time += 275_000;
  assert.equal(await rig.ask('www.a.test. A'), WWW.replace('300', '25'));
  await new Promise(setImmediate);
  assert.equal(await rig.ask('www.a.test. A'), 'NOERROR www.a.test. 300 A 192.0.2.99');
});
test('a server whose name is an alias is found along it', async () => {
  const rig = rigOf();
  const more = ['@ 300 NS ns', `ns 300 A ${TEST}`, 'a 300 NS alias', 'alias 300 CNAME real', `real 300 A ${A}`];
  rig.internet.at(TEST, new MadeZone('test.', more));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
});
test('of an authority the first alias counts, and what it leads to is asked for; of who resolves all of them', async () => {
  const rig = rigOf();
  const chain = lines('www.a.test. 300 CNAME x.a.test.', 'x.a.test. 300 A 6.6.6.6');
  rig.internet.at(A, ({ name }) => (name.text === 'www.a.test.' ? { flags: AA, answer: chain } : undefined),
    new MadeZone('a.test.', ['@ 300 NS ns', 'x 300 A 192.0.2.7']));
  assert.equal(await rig.ask('www.a.test. A'), 'NOERROR www.a.test. 300 CNAME x.a.test. x.a.test. 300 A 192.0.2.7');
});
test('a DNAME that nobody signed does not speak for other names', async () => {
  const rig = rigOf();
  const answer = lines('d.a.test. 300 DNAME b.test.', 'www.d.a.test. 300 CNAME www.b.test.');
  rig.internet.at(A, (question) => (question.name.text === 'www.d.a.test.' ? { flags: AA, answer } : undefined), rig.zones.a);
  const made = 'NOERROR d.a.test. 300 DNAME b.test. www.d.a.test. 300 CNAME www.b.test. www.b.test. 300 A 192.0.2.90';
  assert.equal(await rig.ask('www.d.a.test. A'), made);
  assert.equal(await rig.ask('other.d.a.test. A'), 'NXDOMAIN');
});
test('a DNAME that leads a name to itself says no more than that; a CNAME that does is a failure', async () => {
  const rig = rigOf();
  const dname = lines('d.a.test. 300 DNAME d.a.test.', 'x.d.a.test. 300 CNAME x.d.a.test.');
  const cname = lines('y.a.test. 300 CNAME y.a.test.');
  rig.internet.at(A, (question) => ({ flags: AA, answer: question.name.text === 'y.a.test.' ? cname : dname }));
  assert.equal(await rig.ask('x.d.a.test. A'), 'NOERROR d.a.test. 300 DNAME d.a.test. x.d.a.test. 300 CNAME x.d.a.test.');
  assert.equal(await rig.ask('y.a.test. A'), 'SERVFAIL (22: 11 aliases were followed, and not y.a.test.)');
});
test('what is cut over TCP too is no reply', async () => {
  const rig = rigOf({ tries: 1 });
  rig.internet.at(A, () => ({ flags: AA | TC, answer: lines('www.a.test. 300 A 192.0.2.80') }));
  assert.equal(await rig.ask('www.a.test. A'), 'SERVFAIL (22: no server of a.test. answers)');
});
test('a proven NXDOMAIN of a shorter name ends the search; one that nobody signed does not (RFC 8020)', async () => {
  const made = zones(true);
  const rig = rigOf({ minimise: 'on' }, true, made);
  assert.equal(await rig.ask('x.y.nope.a.test. A'), 'secure NXDOMAIN');
  assert.deepEqual(rig.asked().filter((each) => each.includes('nope')), [`${A} nope.a.test. A`]);
  const plain = rigOf({ minimise: 'on' });
  assert.equal(await plain.ask('x.y.nope.a.test. A'), 'NXDOMAIN');
  assert.deepEqual(plain.asked().filter((each) => each.includes('nope')), [`${A} nope.a.test. A`, `${A} x.y.nope.a.test. A`]);
});
test('addresses of another zone beside a referral are looked up first where the owner wishes, and used where that fails', async () => {
  const rig = rigOf({ verifiesGlue: true });
  const top = ['@ 300 NS ns', `ns 300 A ${TEST}`, 'a 300 NS ns.b', 'b 300 NS ns.b'];
  const parent = (address: string): MadeZone => new MadeZone('test.', [...top, `ns.b 300 A ${address}`]);
  const zone = (address: string): MadeZone => new MadeZone('a.test.', ['@ 300 NS ns.b.test.', `www 300 A ${address}`]);
  const owner = new MadeZone('b.test.', ['@ 300 NS ns', `ns 300 A ${A}`]);
  rig.internet.at(TEST, parent(B)).at(B, zone('192.0.2.6'), owner).at(A, zone('192.0.2.80'));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  const lost = rigOf({ verifiesGlue: true });
  lost.internet.at(TEST, parent(B)).at(B, zone('192.0.2.6'));
  assert.equal(await lost.ask('www.a.test. A'), 'NOERROR www.a.test. 300 A 192.0.2.6');
});
test('servers that are too many are left out; addresses outside of the zone count where the owner says so', async () => {
  const few = rigOf({ mostServers: 1 });
  assert.equal(await few.ask('. NS'), 'NOERROR . 300 NS ns.root.');
  few.internet.at(ROOT, new MadeZone('.', ['. 300 NS ns.root.', '. 300 NS other.', `ns.root. 300 A ${ROOT}`]));
  few.time += 301_000;
  assert.equal(await few.ask('. NS'), 'NOERROR . 300 NS ns.root.');
  const made = zones();
  const outside = { authority: lines('a.test. 300 NS ns.elsewhere.'), additional: lines(`ns.elsewhere. 300 A ${A}`) };
  for (const [anyGlue, expected] of [[true, WWW], [false, 'SERVFAIL (22: no server of a.test. has an address)']] as const) {
    const rig = rigOf({ anyGlue }, false, made);
    rig.internet.at(TEST, ({ name, type }) => (name.text === 'www.a.test.' && type === TYPE.A ? outside : undefined), made.test);
    assert.equal(await rig.ask('www.a.test. A'), expected);
  }
});
