// The network goes and comes back: what fails meanwhile says nothing of servers, and nothing that was born in it is left. The clock is the
// test's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { rcodeName, RCODE } from '../dns/rcode.ts';
import { printRR } from '../dns/rr.ts';
import { CLASS, typeByName } from '../dns/type-name.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { MadeInternet, MadeZone, SIGNED_AT } from '../testing/made-internet.ts';
import type { ServerNetwork } from './exchange.ts';
import { recordsOf } from './kept-set.ts';
import { Resolver } from './resolver.ts';
import { DEFAULTS } from './settings.ts';
import type { ResolverSettings, ServerAddress } from './settings.ts';

const ROOTS = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
const ROOTS_SIX = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8::4'];
const TEST = '192.0.2.20', TEST_SIX = '2001:db8::20', A = '192.0.2.30', A_SIX = '2001:db8::30';

/** A made-up internet behind a link that may be down, by IPv4 or by IPv6, and at which servers may be. */
class World implements ServerNetwork {
  readonly clock = new FakeClock();
  readonly internet = new MadeInternet();
  readonly down = new Set<4 | 6 | string>();
  readonly resolver: Resolver;
  /** Milliseconds that a question and its answer take. */
  trip = 20;
  #seed = 1;

  constructor(settings: Partial<ResolverSettings> = {}, signed = false) {
    const named = (six: boolean) => ROOTS.flatMap((address, i) => [`. 3600 NS ns${i}.`, `ns${i}. 3600 A ${address}`,
      ...(six ? [`ns${i}. 3600 AAAA ${ROOTS_SIX[i]}`] : [])]);
    const a = new MadeZone('a.test.', ['@ 3600 NS ns', `ns 3600 A ${A}`, `ns 3600 AAAA ${A_SIX}`, '* 30 A 192.0.2.80',
      'www 30 A 192.0.2.80'], signed);
    const zone = new MadeZone('test.', ['@ 3600 NS ns', `ns 3600 A ${TEST}`, `ns 3600 AAAA ${TEST_SIX}`, 'a 3600 NS ns.a',
      `ns.a 3600 A ${A}`, `ns.a 3600 AAAA ${A_SIX}`, ...(signed ? [a.ds] : [])], signed);
    const six = settings.ipv6 !== false;
    const root = new MadeZone('.', [...named(six), 'test. 3600 NS ns.test.', `ns.test. 3600 A ${TEST}`,
      ...(six ? [`ns.test. 3600 AAAA ${TEST_SIX}`] : []), ...(signed ? [zone.ds] : [])], signed);
    for (const address of [...ROOTS, ...ROOTS_SIX]) this.internet.at(address, root);
    this.internet.at(TEST, zone).at(TEST_SIX, zone).at(A, a).at(A_SIX, a);
    const hints = ROOTS.map((address, i) => ({ name: Name.parse(`ns${i}.`), addresses: [address, ...(six ? [ROOTS_SIX[i]!] : [])] }));
    const parts = { network: this, now: () => this.clock.monotonic(), random: this.random, udpSize: 1232,
      after: (milliseconds: number, call: () => void) => this.clock.after(milliseconds, call) };
    this.resolver = new Resolver({ ...DEFAULTS, hints, minimise: 'off', ...settings }, parts, !signed ? undefined : {
      anchors: [{ zone: Name.root, ds: [], keys: [root.key!.data] }], insecure: [], mostIterations: 50, permissive: false,
      aggressive: false, hardenStripped: true, sentinel: false, signals: false, supports: (number) => number === 13,
      supportsDigest: (kind) => kind === 2, wall: () => SIGNED_AT * 1000,
    });
  }
  readonly random = (): number => (this.#seed = (this.#seed * 16807) % 2147483647) / 2147483647;
  exchange(to: ServerAddress, query: Uint8Array, tcp: boolean, patience: number, isIt: (reply: Uint8Array) => boolean) {
    const { address } = to;
    const isDown = this.down.has(address.includes(':') ? 6 : 4) || this.down.has(address);
    if (isDown) this.internet.asked.push(`${address} lost`);
    return new Promise<Uint8Array | undefined>((resolve) => {
      if (isDown) this.clock.after(patience, () => resolve(undefined));
      else this.clock.after(this.trip, () => resolve(this.internet.exchange(to, query, tcp, patience, isIt)));
    });
  }
  /** What is answered within so many milliseconds of the clock: `NOERROR 192.0.2.80`. */
  async ask(question: string, milliseconds = 500): Promise<string> {
    const [name = '', type = 'A'] = question.split(' ');
    let said = 'nothing';
    const asked = { name: Name.parse(name), type: typeByName(type)!, class: CLASS.IN };
    void this.resolver.resolve(asked).then(({ rcode, answer, why, code }) => {
      const records = answer.flatMap((set) => recordsOf(set, this.clock.monotonic(), false));
      said = [rcodeName(rcode), ...records.map((rr) => printRR(rr).split('\t').at(-1)), ...(why === undefined ? [] : [`(${code}: ${why})`])]
        .join(' ');
    });
    await this.clock.elapse(milliseconds);
    return said;
  }
  /** Who was asked since: addresses, each once. */
  asked(): string[] {
    const all = this.internet.asked.map((each) => each.split(' ')[0]!);
    this.internet.asked = [];
    return [...new Set(all)].sort();
  }
}
const GOOD = 'NOERROR 192.0.2.80';
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
