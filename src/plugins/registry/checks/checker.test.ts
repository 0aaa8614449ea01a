// When instances are looked at and what they become, with a clock that the test moves: thresholds, states, who of several servers looks,
// and who takes over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { parseCIDR } from '../../../dns/address.ts';
import { prefixEnd } from '../../../key-value/etcd-wire.ts';
import { memoryKeys } from '../../../key-value/memory-rig.test.ts';
import { WatchedFeed } from '../../../skydns/watched-feed.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { operationsOf, readInstance, stateOf } from '../instances.ts';
import type { InstanceSpec } from '../instances.ts';
import type { CheckSpec } from './check-spec.ts';
import { Checker } from './checker.ts';
import { Members, weightOf } from './members.ts';

type Keys = ReturnType<typeof memoryKeys>;
const CHECK: CheckSpec = { tcp: true, every: '10s', fail: 3, pass: 2 };
const keyOf = (id: string): string => `/skydns/test/svc/web/${id}`;
const specOf = (check: CheckSpec | undefined, address = '10.0.0.7'): InstanceSpec =>
  ({ addresses: [address], ports: { http: 80 }, ...check === undefined ? {} : { check } });

/** Instances in a store, and what they are. */
class Instances {
  readonly keys: Keys;
  constructor(keys: Keys) {
    this.keys = keys;
  }
  async put(id: string, instance: InstanceSpec): Promise<void> {
    const key = keyOf(id);
    const before = readInstance(key, (await this.keys.list(`${key}/`, prefixEnd(`${key}/`))).found);
    const kept = { instance, state: stateOf(instance, before), owner: 'local' } as const;
    await this.keys.transaction({ if: [], operations: operationsOf(key, kept, 0n, before?.keys ?? []) });
  }
  async stateOf(id: string): Promise<string | undefined> {
    const key = keyOf(id);
    return readInstance(key, (await this.keys.list(`${key}/`, prefixEnd(`${key}/`))).found)?.state;
  }
}
/** A server with a checker; what it looks at fails where the test says so. */
class Server {
  readonly looks: string[] = [];
  readonly refused: string[] = [];
  readonly failing = new Set<string>();
  watching = 0;
  readonly checker: Checker;
  readonly feed: WatchedFeed;
  /** Nothing that this server asks of the store is done any more. */
  isCut = false;

  constructor(store: Keys, clock: FakeClock, id = 'one', random = () => 0.5) {
    const keys = new Proxy(store, {
      get: (target, name: keyof Keys) => (...all: never[]) =>
        (this.isCut ? Promise.reject(new Error('the network is gone')) : (target[name] as (...all: never[]) => unknown).apply(target, all)),
    });
    this.checker = new Checker({
      keys, clock, random, allowed: () => [parseCIDR('127.0.0.1/32')!],
      probe: async ({ address, port }) => {
        this.looks.push(`${address}:${port}`);
        return this.failing.has(address) ? 'connection refused' : undefined;
      },
      members: (changed) => new Members(keys, clock, '/coredns-ts/servers/', id, changed),
      looked() {}, turned() {}, refused: (key, why) => this.refused.push(`${key} ${why}`),
      watching: (count) => {
        this.watching = count;
      },
    });
    this.feed = new WatchedFeed(keys, '/skydns/', clock, {
      changed: (changed) => this.checker.changed(this.feed.index!, changed), told() {}, advanced() {}, mended() {},
    });
    void this.feed.run();
  }
  async close(): Promise<void> {
    this.feed.close();
    await this.checker.close();
  }
}
async function rig(t: TestContext) {
  const clock = new FakeClock();
  const keys = memoryKeys(clock);
  const instances = new Instances(keys);
  const server = new Server(keys, clock);
  t.after(() => server.close());
  await clock.elapse(0);
  return { clock, keys, instances, server };
}

test('an instance is starting until it passed as often as it says, failing when it did not, and up again', async (t: TestContext) => {
  const { clock, instances, server } = await rig(t);
  await instances.put('a', specOf(CHECK));
  await clock.elapse(400);
  assert.deepEqual([server.looks, await instances.stateOf('a')], [[], 'starting']);
  const states: (string | undefined)[] = [];
  const round = async (): Promise<void> => {
    await clock.elapse(10_000);
    states.push(await instances.stateOf('a'));
  };
  // A first look after half a second, then each ten.
  await round();
  await round();
  server.failing.add('10.0.0.7');
  for (let i = 0; i < 3; i++) await round();
  server.failing.clear();
  for (let i = 0; i < 2; i++) await round();
  assert.deepEqual(states, ['starting', 'up', 'up', 'up', 'failing', 'failing', 'up']);
  assert.equal(server.looks.length, 7);
});

test('one look that does not fit changes nothing', async (t: TestContext) => {
  const { clock, instances, server } = await rig(t);
  await instances.put('a', specOf({ ...CHECK, pass: 1 }));
  await clock.elapse(1000);
  for (const fails of [true, true, false, true, true, false]) {
    if (fails) server.failing.add('10.0.0.7');
    else server.failing.clear();
    await clock.elapse(10_000);
    assert.equal(await instances.stateOf('a'), 'up');
  }
  // One that starts and passes now and then never passed twice in a row.
  await instances.put('b', specOf(CHECK, '10.0.0.8'));
  for (const fails of [false, true, false, true, true]) {
    if (fails) server.failing.add('10.0.0.8');
    else server.failing.delete('10.0.0.8');
    await clock.elapse(10_000);
    assert.equal(await instances.stateOf('b'), 'starting');
  }
  await clock.elapse(10_000);
  assert.equal(await instances.stateOf('b'), 'failing');
});

test('looks come early or late by a tenth, so that those of many do not come together', async (t: TestContext) => {
  const clock = new FakeClock();
  const keys = memoryKeys(clock);
  const instances = new Instances(keys);
  let next = 0;
  const numbers = [0.9, 0, 0.999, 0.25];
  const at: number[] = [];
  const server = new Server(keys, clock, 'one', () => numbers[next++ % numbers.length]!);
  t.after(() => server.close());
  await instances.put('a', specOf(CHECK));
  await clock.elapse(0);
  const begun = clock.monotonic();
  for (let i = 0; i < 350; i++) {
    await clock.elapse(100);
    if (server.looks.length > at.length) at.push(Math.round((clock.monotonic() - begun) / 100));
  }
  assert.deepEqual(at, [9, 99, 209, 304]);
});

test('what is looked at otherwise starts anew; what is said the same again stays; what drains is left alone', async (t: TestContext) => {
  const { clock, instances, server } = await rig(t);
  await instances.put('a', specOf({ ...CHECK, pass: 1 }));
  await clock.elapse(1000);
  assert.equal(await instances.stateOf('a'), 'up');
  await instances.put('a', { ...specOf({ ...CHECK, pass: 1 }), weight: 5 });
  assert.equal(await instances.stateOf('a'), 'up');
  await instances.put('a', specOf({ ...CHECK, pass: 1 }, '10.0.0.9'));
  assert.equal(await instances.stateOf('a'), 'starting');
  await clock.elapse(1000);
  assert.deepEqual([await instances.stateOf('a'), server.looks], ['up', ['10.0.0.7:80', '10.0.0.9:80']]);
  await instances.put('a', { ...specOf({ ...CHECK, pass: 1 }, '10.0.0.9'), state: 'draining' });
  await clock.elapse(60_000);
  assert.deepEqual([await instances.stateOf('a'), server.looks.length, server.watching], ['draining', 2, 0]);
  await instances.put('a', specOf({ ...CHECK, pass: 1 }, '10.0.0.9'));
  assert.equal(await instances.stateOf('a'), 'starting');
  await clock.elapse(1000);
  assert.deepEqual([await instances.stateOf('a'), server.watching], ['up', 1]);
  await instances.put('a', specOf(undefined, '10.0.0.9'));
  await clock.elapse(60_000);
  assert.deepEqual([await instances.stateOf('a'), server.looks.length, server.watching], ['up', 3, 0]);
});

test('what somebody else has written leads nowhere that registering could not', async (t: TestContext) => {
  const { clock, instances, server } = await rig(t);
  for (const [i, address] of ['127.0.0.2', '169.254.169.254', '::1', 'fe80::1', '::ffff:127.0.0.3'].entries()) {
    await instances.put(`bad${i}`, specOf(CHECK, address));
  }
  await instances.put('near', specOf(CHECK, '127.0.0.1'));
  await instances.put('portless', { addresses: ['10.0.0.7'], check: CHECK });
  await instances.put('elsewhere', { ...specOf({ ...CHECK, port: 'other' }), addresses: ['10.0.0.7'] });
  await instances.put('twofold', specOf({ ...CHECK, http: '/' }));
  await clock.elapse(30_000);
  assert.deepEqual([new Set(server.looks), server.refused.length], [new Set(['127.0.0.1:80']), 5]);
});

test('each instance is looked at by one of several servers; whoever is left takes over within ten seconds', async (t: TestContext) => {
  const clock = new FakeClock();
  const keys = memoryKeys(clock);
  const instances = new Instances(keys);
  for (let i = 0; i < 30; i++) await instances.put(`n${i}`, specOf({ tcp: true, every: '1s' }, `10.0.1.${i}`));
  const servers = ['one', 'two', 'three'].map((id) => new Server(keys, clock, id));
  t.after(() => Promise.all(servers.map((server) => server.close())));
  await clock.elapse(5000);
  assert.equal(servers.reduce((sum, { watching }) => sum + watching, 0), 30);
  for (const server of servers) {
    assert.ok(server.watching > 0);
    server.looks.length = 0;
  }
  await clock.elapse(3000);
  const [one, two, three] = servers as [Server, Server, Server];
  const looked = (server: Server): Set<string> => new Set(server.looks);
  assert.equal(looked(one).size + looked(two).size + looked(three).size, 30);
  // One leaves, which the others hear at once; another one is never heard of again.
  await one.close();
  await clock.elapse(2000);
  assert.equal(two.watching + three.watching, 30);
  two.isCut = true;
  await clock.elapse(10_000);
  assert.equal(three.watching, 30);
});

test('a server whose lease is gone shows itself anew', async (t: TestContext) => {
  const clock = new FakeClock();
  const keys = memoryKeys(clock);
  const members = new Members(keys, clock, '/servers/', 'one', () => {});
  t.after(() => members.close());
  await clock.elapse(1000);
  const [pair] = (await keys.list('/servers/', '/servers0')).found;
  assert.equal(pair?.key, '/servers/one');
  await keys.revoke(pair!.lease);
  assert.deepEqual((await keys.list('/servers/', '/servers0')).found, []);
  await clock.elapse(3000);
  assert.deepEqual((await keys.list('/servers/', '/servers0')).found.map(({ key }) => key), ['/servers/one']);
});

test('of a thousand things each of five servers has about a fifth, and one that leaves moves its own alone', () => {
  const servers = ['a', 'b', 'c', 'd', 'e'];
  const things = Array.from({ length: 1000 }, (_, i) => `/skydns/test/svc/web/n${i}`);
  const best = (thing: string, among: readonly string[]): string =>
    among.reduce((most, each) => (weightOf(each, thing) > weightOf(most, thing) ? each : most));
  for (const server of servers) {
    const own = things.filter((thing) => best(thing, servers) === server);
    assert.ok(own.length > 120 && own.length < 280, `${server} ${own.length}`);
  }
  const rest = servers.slice(1);
  for (const thing of things) if (best(thing, servers) !== 'a') assert.equal(best(thing, rest), best(thing, servers));
});
