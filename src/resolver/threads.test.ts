// Threads of one process share what they know of servers and of the network: what one has learnt another need not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RCODE } from '../dns/rcode.ts';
import { Store } from '../store/store.ts';
import { Name } from '../dns/name.ts';
import { SERVER_TABLE, Server, Servers } from './servers.ts';
import { A, GOOD, ROOTS, World } from './world.test.ts';

const four = { ipv6: false };

test('a server that one thread found silent is not the first that another asks', async () => {
  const one = new World(four);
  const other = new World(four, false, one);
  one.down.add(ROOTS[0]!);
  const now = () => one.clock.monotonic();
  const known = new Servers(one.shared.servers, now).at({ address: ROOTS[0]!, port: 53 });
  for (let i = 0; i < 8; i++) known.failed(now());
  for (let i = 0; i < 10; i++) assert.match(await other.ask(`n.no${i}. A`, 100), /^NXDOMAIN/, 'at once');
  assert.equal(other.asked().includes(ROOTS[0]!), false);
});
test('a network that one thread knows to be gone is gone for another, and back for it when it is', async () => {
  const one = new World(four);
  const other = new World(four, false, one);
  assert.equal(await other.ask('www.a.test. A'), GOOD);
  other.internet.at(A, () => ({ rcode: RCODE.REFUSED }));
  assert.match(await other.ask('kept.a.test. A'), /^SERVFAIL \(23/);
  one.down.add(4);
  for (let i = 0; i < 4; i++) await one.ask(`x${i}.a.test. A`, 5000);
  other.asked();
  for (let i = 0; i < 30; i++) void other.ask(`flood${i}.a.test. A`, 0);
  await one.clock.elapse(3000);
  const all = other.internet.asked.length;
  assert.ok(all <= 12, `${all} questions: scouts, and those to the root`);
  one.down.clear();
  other.internet.at(A, ({ name, type }) => (type === 1 ? { flags: 0x400, answer: [{ name, type, class: 1, ttl: 30,
    rdata: Uint8Array.of(192, 0, 2, 80) }] } : undefined));
  assert.equal(await one.ask('back.a.test. A', 2000), GOOD);
  assert.equal(await other.ask('kept.a.test. A', 200), GOOD, 'its failures are forgotten too');
});
test('a server takes 96 octets, and ten thousand of them less than 1.5 MB', () => {
  const store = Store.create(1 << 24);
  const memory = { cards: store.cards('servers', SERVER_TABLE), epoch: 0 };
  assert.equal(SERVER_TABLE.width * 4, 96);
  assert.ok(memory.cards.bytes.length <= 1.5e6, `${memory.cards.bytes.length}`);
});
test('what is noted of a server another handle reads: round trip, rest, EDNS, cookie, lameness', () => {
  const store = Store.create(1 << 24);
  const memory = { cards: store.cards('servers', SERVER_TABLE), epoch: 1e12 };
  const at = { address: '192.0.2.1', port: 53 };
  const [one, other] = [new Server(at, memory, 0), new Server(at, memory, 0)];
  const zone = Name.parse('a.test.');
  one.answered(50, 0);
  assert.equal(other.patience(0), 200);
  assert.equal(Math.round(other.cost(0)), 150);
  for (let i = 0; i < 3; i++) one.failed(1000);
  assert.deepEqual([other.rests(1999), other.rests(2001), other.isOnTrial(2001), other.isOnTrial(40_000)], [true, false, true, false]);
  one.isPlain(1000);
  assert.deepEqual([other.understandsEdns(60_000), other.understandsEdns(61_001)], [false, true]);
  one.cookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  assert.deepEqual([...other.cookie ?? []], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const [i, text] of ['b.', 'c.', 'a.test.'].entries()) one.setLame(Name.parse(text), 1, 1000 + i);
  assert.deepEqual([other.isLameFor(zone, 1, 2000), other.isLameFor(zone, 16, 2000), other.isLameFor(Name.parse('b.'), 1, 2000)],
    [true, false, false]);
  assert.deepEqual([other.wasLame(zone, 1, 5000), other.wasLame(zone, 1, 6500), other.isLameFor(zone, 1, 902_000)], [true, false, false]);
  other.hasZone(zone, 1);
  assert.equal(one.isLameFor(zone, 1, 2000), false);
  const servers = new Servers(memory, () => 5000);
  for (let i = 0; i < 40_000; i++) servers.at({ address: `2001:db8::${i.toString(16)}`, port: 53 }).failed(5000);
  assert.equal(servers.at(at).hold(5000).patience(5000) >= 200, true);
  servers.forgive();
  assert.equal(servers.at({ address: '2001:db8::1', port: 53 }).rests(5000), false);
});

test('what one thread has heard the others know: an answer, an alias, a denial, and who is asked for what', async () => {
  for (const signed of [false, true]) {
    const one = new World(four, signed);
    const other = new World(four, signed, one);
    for (const [name, said] of [['www.a.test.', GOOD], ['any.a.test.', GOOD], ['no.test.', 'NXDOMAIN'], ['a.test. TXT', 'NOERROR']]) {
      assert.equal(await one.ask(name!), said, name);
      one.asked();
      assert.equal(await other.ask(name!), said, name);
      assert.deepEqual([other.asked(), one.asked()], [[], []], `${name}: nobody was asked`);
    }
    assert.equal(await other.ask('www2.a.test.'), GOOD);
    assert.deepEqual(other.asked(), [A], 'the zone is known');
  }
});
test('a question that two threads have at once is asked by one of them', async () => {
  const one = new World(four);
  const other = new World(four, false, one);
  const asking = [one, other].map((each) => each.resolver.resolve({ name: Name.parse('www.a.test.'), type: 1, class: 1 }));
  await one.clock.elapse(500);
  for (const { rcode, answer } of await Promise.all(asking)) assert.deepEqual([rcode, answer.length], [0, 1]);
  assert.deepEqual([one.asked().includes(A), other.asked()], [true, []], 'it waited');
});
