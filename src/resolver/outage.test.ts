// The network goes and comes back: what fails meanwhile says nothing of servers, and nothing that was born in it is left. The clock is the
// test's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { RCODE } from '../dns/rcode.ts';
import { CLASS, typeByName } from '../dns/type-name.ts';
import { MadeZone } from '../testing/made-internet.ts';
import { DEFAULTS } from './settings.ts';
import { A, A_SIX, GOOD, ROOTS, TEST, World } from './world.test.ts';

const GONE = /^SERVFAIL \(23: no server of \S+ is reached: the network is gone\)$/;

for (const signed of [false, true]) {
  const what = signed ? 'signed' : 'unsigned';
  test(`the link goes for ten minutes: two seconds after it is back all names resolve, ${what}`, async () => {
    const world = new World({}, signed);
    assert.equal(await world.ask('www.a.test. A'), GOOD);
    world.down.add(4).add(6);
    // What is asked meanwhile: a name whose records end, new ones, and other zones.
    for (let second = 0; second < 600; second += 5) {
      await world.ask(`www.a.test. A`, 2500);
      await world.ask(`x${second}.${second % 2 === 0 ? 'a' : `z${second}`}.test. A`, 2500);
    }
    world.down.clear();
    await world.clock.elapse(2000);
    for (const name of ['www.a.test.', 'x10.a.test.', 'x590.a.test.', 'new.a.test.']) assert.equal(await world.ask(name), GOOD);
    assert.match(await world.ask('x5.z5.test. A'), /^NXDOMAIN/);
  });
}
test('while it is gone two of the root are asked each second and no more, questions fail at once, no server is marked', async () => {
  const world = new World({ ipv6: false });
  assert.equal(await world.ask('www.a.test. A'), GOOD);
  world.down.add(4);
  for (let i = 0; i < 4; i++) await world.ask(`lost${i}.a.test. A`, 4000);
  world.asked();
  for (let i = 0; i < 40; i++) void world.ask(`flood${i}.a.test. A`, 0);
  await world.clock.elapse(10_000);
  const lost = world.internet.asked;
  const ofRoot = lost.filter((each) => ROOTS.some((root) => each.startsWith(`${root} `)));
  assert.ok(ofRoot.length >= 8 && ofRoot.length <= 22, `${ofRoot.length} questions to the root`);
  assert.ok(lost.length - ofRoot.length <= 8, `${lost.length - ofRoot.length} questions to others`);
  assert.match(await world.ask('flood50.a.test. A', 3000), GONE);
  world.down.clear();
  await world.clock.elapse(1500);
  world.asked();
  for (let i = 0; i < 20; i++) {
    assert.equal(await world.ask(`n${i}.a.test. A`), GOOD);
    await world.ask(`n${i}.nope${i}. A`);
  }
  assert.deepEqual(world.asked(), [...ROOTS, A].sort(), 'each server of the root is asked again');
});
test('nobody asks while nobody wants to know: then the first question finds that it is back', async () => {
  const world = new World({ ipv6: false });
  world.down.add(4);
  for (let i = 0; i < 4; i++) await world.ask(`lost${i}.a.test. A`, 5000);
  await world.clock.elapse(60_000);
  world.asked();
  await world.clock.elapse(3_600_000);
  assert.deepEqual(world.asked(), []);
  world.down.clear();
  assert.equal(await world.ask('www.a.test. A'), GOOD);
});
test('where IPv6 goes it is left out soon, and used again when it is back', async () => {
  const world = new World();
  assert.equal(await world.ask('www.a.test. A'), GOOD);
  world.down.add(6);
  for (let i = 0; i < 30; i++) assert.equal(await world.ask(`x${i}.a.test. A`, 4000), GOOD);
  world.asked();
  for (let i = 30; i < 60; i++) assert.equal(await world.ask(`x${i}.a.test. A`, 100), GOOD, 'at once');
  assert.equal(world.asked().includes(A_SIX), false);
  world.down.clear();
  for (let i = 60; i < 120; i++) assert.equal(await world.ask(`x${i}.a.test. A`, 100), GOOD);
  assert.ok(world.asked().includes(A_SIX), 'used again');
});
test('servers of which only addresses of IPv6 are kept are found by IPv4 where IPv6 is gone', async () => {
  const world = new World();
  world.down.add(4);
  assert.equal(await world.ask('www.a.test. A', 20_000), GOOD);
  world.resolver.cache.forget(Name.parse('ns.a.test.'), typeByName('A')!, CLASS.IN);
  world.down.delete(4);
  world.down.add(6);
  await world.ask('x1.a.test. A', 4000);
  await world.clock.elapse(10_000);
  assert.equal(await world.ask('x2.a.test. A', 4000), GOOD);
  assert.equal(await world.ask('x3.a.test. A', 100), GOOD);
});
test('a machine that had no IPv6 at its start has it as soon as there is a way', async () => {
  const world = new World({ doubtsIpv6: true });
  world.down.add(6);
  for (let i = 0; i < 10; i++) assert.equal(await world.ask(`x${i}.a.test. A`), GOOD);
  assert.equal(world.asked().includes(A_SIX), false);
  world.down.clear();
  for (let i = 10; i < 60; i++) assert.equal(await world.ask(`x${i}.a.test. A`), GOOD);
  assert.ok(world.asked().includes(A_SIX));
});
test('forwarders that were out of reach are asked as soon as they are not', async () => {
  const forwarders = ['10.0.0.8', '10.0.0.9'];
  const addresses = forwarders.map((address) => ({ address, port: 53 }));
  const given = [{ zone: Name.root, kind: 'forward', addresses, names: [], first: false, prime: false, tcp: false, keeps: true } as const];
  const world = new World({ given });
  for (const address of forwarders) {
    world.internet.at(address, ({ name }) => ({ flags: 0x80, answer: new MadeZone('.', ['* 30 A 192.0.2.80']).answer({
      name, type: 1, class: 1 })!.answer! }));
  }
  assert.equal(await world.ask('www.a.test. A'), GOOD);
  world.down.add(4);
  for (let second = 0; second < 120; second += 5) await world.ask(`x${second}.a.test. A`, 5000);
  world.down.clear();
  await world.clock.elapse(1100);
  for (let i = 0; i < 10; i++) assert.equal(await world.ask(`x${i}.a.test. A`), GOOD);
  assert.deepEqual(world.asked().filter((each) => forwarders.includes(each)), forwarders);
});
test('servers next door go on, and what they say says nothing of the world', async () => {
  const stub = { zone: Name.parse('corp.'), kind: 'stub', names: [], first: false, prime: false, tcp: false, keeps: true,
    addresses: [{ address: '10.0.0.9', port: 53 }] } as const;
  const world = new World({ given: [stub], ipv6: false });
  world.internet.at('10.0.0.9', new MadeZone('corp.', ['@ 30 NS ns', 'ns 30 A 10.0.0.9', '* 30 A 192.0.2.80']));
  for (const address of [...ROOTS, TEST, A]) world.down.add(address);
  for (let i = 0; i < 10; i++) {
    await world.ask(`x${i}.a.test. A`, 4000);
    assert.equal(await world.ask(`x${i}.corp. A`, 100), GOOD);
  }
  assert.match(await world.ask('y.a.test. A', 3000), GONE);
});
test('of a world that is nearly gone each server is tried again and again: it is used half a minute after it is back', async () => {
  const world = new World({ ipv6: false });
  assert.equal(await world.ask('www.a.test. A'), GOOD);
  // One server of the root goes on for two days.
  for (const address of [...ROOTS.slice(1), TEST, A]) world.down.add(address);
  for (let hour = 0; hour < 48; hour++) {
    for (let i = 0; i < 10; i++) await world.ask(`x${hour}-${i}.a.test. A`, 1000);
    await world.clock.elapse(3_590_000);
  }
  world.down.clear();
  assert.equal(await world.ask('first.a.test. A', 4000), GOOD);
  await world.clock.elapse(30_000);
  world.asked();
  for (let i = 0; i < 40; i++) await world.ask(`n.nope${i}. A`, 100);
  assert.deepEqual(world.asked(), ROOTS);
});
test('who says for a moment that the zone is not there is asked again', async () => {
  const world = new World({ ipv6: false });
  assert.equal(await world.ask('www.a.test. A'), GOOD);
  const [zone, up] = [new MadeZone('a.test.', ['@ 3600 NS ns', '* 30 A 192.0.2.80']), new MadeZone('.', ['@ 3600 NS ns0.'])];
  world.internet.at(A, () => ({ authority: up.set(Name.root, 2) }));
  assert.match(await world.ask('x.a.test. A'), /^SERVFAIL/);
  world.internet.at(A, zone);
  await world.clock.elapse(5000);
  assert.equal(await world.ask('y.a.test. A'), GOOD);
});
test('a failure is kept, longer each time, and no longer than the servers fail', async () => {
  const world = new World({ ipv6: false });
  const refuse = () => ({ rcode: RCODE.REFUSED });
  world.internet.at(A, refuse);
  const asks = async (): Promise<boolean> => {
    world.asked();
    await world.ask('www.a.test. A', 100);
    return world.asked().length > 0;
  };
  assert.equal(await asks(), true);
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    let waited = 0;
    for (; !await asks(); waited += 1) await world.clock.elapse(900);
    waits.push(waited);
  }
  for (const [i, seconds] of [5, 10, 20, 40, 80, 160, 300, 300].entries()) assert.ok(Math.abs(waits[i]! - seconds) <= 1, `${waits}`);
});
test('a client that has waited four seconds is told so, and what it wanted is found for the next one', async () => {
  const world = new World({ ipv6: false, patience: 1000 });
  world.trip = 340;
  assert.equal(await world.ask('www.a.test. A', 1000), 'SERVFAIL (22: www.a.test. A was not found within 1000 ms)');
  assert.equal(await world.ask('www.a.test. A', 500), GOOD, 'who joins waits from then on');
  assert.equal(await world.ask('www.a.test. A', 1), GOOD);
  assert.equal(DEFAULTS.patience, 4000);
});
