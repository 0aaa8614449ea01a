// *etcd* beside a real one: what is written is answered, also where a cache stands in the same block; what is known stays while etcd is
// gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { askOnce } from '../../testing/one-question.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { systemClock } from '../../kernel/clock.ts';
import { Store } from '../../store/store.ts';
import { readPlace } from '../../web-api/api-request.ts';
import { EtcdClient } from '../../key-value/etcd-client.ts';
import { EtcdFeed } from '../../skydns/etcd-feed.ts';
import { RealEtcd, isMissing } from '../../key-value/etcd-rig.test.ts';
import { KeyIndexWriter } from './key-index-writer.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

async function serving(t: TestContext, etcd: RealEtcd, stanza = '', more = '') {
  const ours = await serve(`sky.test {\nbind 127.0.0.1\netcd {\nendpoint ${etcd.url}\n${stanza}\n}\n${more}\n}`, standard);
  t.after(() => ours.close());
  const has = (text: string) => eventually(() => ours.log().includes(text), text);
  const ask = (name: string, type = 'A') => askOnce(ours.port, `${name}sky.test`, type);
  const addresses = async (name: string) => (await ask(name)).answer.map((each) => each.split(' ').at(-1)).sort();
  return { ours, has, ask, addresses };
}

test('what etcd has acknowledged is answered at once, by a cache too, and what is above it as well', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  await etcd.put('/skydns/test/sky/web/1', { host: '192.0.2.1' });
  const { has, addresses, ask } = await serving(t, etcd, '', 'cache');
  await has('etcd is followed, 1 keys below /skydns/');
  assert.deepEqual(await addresses('web.'), ['192.0.2.1']);
  assert.equal((await ask('none.')).rcode, 'NXDOMAIN');
  for (let i = 2; i < 12; i++) {
    await etcd.put(`/skydns/test/sky/web/${i}`, { host: `192.0.2.${i}` });
    await etcd.put(`/skydns/test/sky/new${i}`, { host: `192.0.2.${i}` });
    // A name that the index may not have yet is confirmed.
    assert.deepEqual(await addresses(`new${i}.`), [`192.0.2.${i}`]);
    await eventuallyAsync(async () => (await addresses('web.')).length === i, `${i} addresses`);
  }
  assert.equal((await ask('*.web.')).answer.length, 11);
  await etcd.remove('/skydns/test/sky/web/1');
  await eventuallyAsync(async () => (await addresses('web.')).length === 10, 'it is gone');
  await eventuallyAsync(async () => (await ask('*.web.')).answer.length === 10, 'it is gone from what a wildcard finds');
});

test('etcd is gone: what was known is answered and said to be old; back again, it is followed', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  await etcd.put('/skydns/test/sky/a', { host: '192.0.2.1' });
  const { has, addresses, ask, ours } = await serving(t, etcd);
  await has('etcd is followed, 1 keys');
  await etcd.kill();
  await has('etcd is not followed: 127.0.0.1');
  const { answer, ede } = await ask('a.');
  assert.deepEqual([answer, ede], [['a.sky.test. 300 IN A 192.0.2.1'], 3]);
  const none = await ask('b.');
  assert.deepEqual([none.rcode, none.ede], ['NXDOMAIN', 3]);
  await etcd.start();
  await etcd.put('/skydns/test/sky/b', { host: '192.0.2.2' });
  await eventuallyAsync(async () => (await addresses('b.')).length === 1, 'it is followed again');
  await eventually(() => ours.log().split('etcd is followed').length === 3, 'that is said');
  assert.equal((await ask('b.')).ede, undefined);
});

test('a revision that is compacted while nobody followed: all is listed anew, and what is gone is gone', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  await etcd.put('/skydns/test/sky/old', { host: '192.0.2.1' });
  await etcd.put('/skydns/test/sky/stays', { host: '192.0.2.2' });
  const { has, addresses, ask, ours } = await serving(t, etcd);
  await has('etcd is followed, 2 keys');
  // The process of etcd is stopped and its connections with it; ours waits, since nobody listens.
  await etcd.kill();
  await has('etcd is not followed');
  await etcd.start();
  await etcd.remove('/skydns/test/sky/old');
  let revision = 0;
  for (let i = 0; i < 20; i++) revision = await etcd.put('/skydns/test/sky/new', { host: '192.0.2.3' });
  await etcd.call('kv/compaction', { revision, physical: true });
  await eventuallyAsync(async () => (await addresses('new.')).length === 1, 'it is there');
  await eventuallyAsync(async () => (await ask('old.')).rcode === 'NXDOMAIN', 'it is gone');
  assert.deepEqual(await addresses('stays.'), ['192.0.2.2']);
  assert.doesNotMatch(ours.log(), /TypeError/);
});

test('a transaction is one change; more keys than a page are listed; direct asks etcd each time', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const puts = Array.from({ length: 120 }, (_, i) => ({ request_put: { key: base64(`/skydns/test/sky/many/${i}`),
    value: base64(JSON.stringify({ host: `192.0.2.${i}` })) } }));
  const { has, ours, addresses } = await serving(t, etcd);
  await has('etcd is followed, 0 keys');
  await etcd.call('kv/txn', { success: puts });
  await eventuallyAsync(async () => (await askOnce(ours.port, 'many.sky.test', 'A')).answer.length > 0, 'some are there');
  assert.equal((await askOnce(ours.port, 'many.sky.test', 'A')).answer.length, 120);
  const direct = await serving(t, etcd, 'direct');
  await etcd.put('/skydns/test/sky/direct', { host: '192.0.2.9' });
  assert.deepEqual([await direct.addresses('direct.'), await addresses('direct.')], [['192.0.2.9'], ['192.0.2.9']]);
  await etcd.remove('/skydns/test/sky/direct');
  assert.deepEqual(await direct.addresses('direct.'), []);
});

test('with a user: a token is asked for, and again where it is not taken any more', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  await etcd.put('/skydns/test/sky/a', { host: '192.0.2.1' });
  await etcd.call('auth/user/add', { name: 'root', password: 'secret' });
  await etcd.call('auth/role/add', { name: 'root' });
  await etcd.call('auth/user/grant', { user: 'root', role: 'root' });
  await etcd.call('auth/enable', {});
  const { has, addresses } = await serving(t, etcd, 'credentials root secret');
  await has('etcd is followed, 1 keys');
  assert.deepEqual(await addresses('a.'), ['192.0.2.1']);
  const wrong = await serving(t, etcd, 'credentials root wrong');
  await wrong.has('etcd is not followed: etcd: ');
  assert.equal((await wrong.ask('a.')).rcode, 'SERVFAIL');
  // Simple tokens do not outlive the process that gave them.
  await etcd.kill();
  await etcd.start();
  const token = String((await etcd.call('auth/authenticate', { name: 'root', password: 'secret' }))['token']);
  const key = Buffer.from('/skydns/test/sky/b').toString('base64');
  await etcd.call('kv/put', { key, value: Buffer.from('{"host":"192.0.2.2"}').toString('base64') }, token);
  await eventuallyAsync(async () => (await addresses('b.')).length === 1, 'it is followed with another token');
});

test('leases: what is left is the TTL, within the bounds, and one that ends takes its key along', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  const { has, ask } = await serving(t, etcd, 'min-lease-ttl 2s\nmax-lease-ttl 100');
  await has('etcd is followed');
  await etcd.put('/skydns/test/sky/long', { host: '192.0.2.1' }, await etcd.grant(500));
  await etcd.put('/skydns/test/sky/lower', { host: '192.0.2.2', ttl: 7 }, await etcd.grant(500));
  await etcd.put('/skydns/test/sky/short', { host: '192.0.2.3' }, await etcd.grant(1));
  const ttl = async (name: string) => Number((await ask(name)).answer[0]?.split(' ')[1]);
  assert.deepEqual([await ttl('long.'), await ttl('lower.')], [100, 7]);
  await eventuallyAsync(async () => (await ask('short.')).rcode === 'NXDOMAIN', 'it has ended');
});

test('a message that is none fails what is above it alone, and is named; the apex has its own', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  await etcd.put('/skydns/test/sky/bad/x', '{"host":"192.0.2.1","ttl":-1}');
  await etcd.put('/skydns/test/sky/good', { host: '192.0.2.2' });
  const { has, ask, addresses } = await serving(t, etcd);
  await has('etcd is followed, 2 keys');
  const { rcode, ede } = await ask('bad.');
  assert.deepEqual([rcode, ede], ['SERVFAIL', 0]);
  await has('a message cannot be used: /skydns/test/sky/bad/x: its ttl is -1');
  assert.deepEqual(await addresses('good.'), ['192.0.2.2']);
  await etcd.remove('/skydns/test/sky/bad/x');
  await eventuallyAsync(async () => (await addresses('')).length === 1, 'all below the apex');
  const bare = await serving(t, etcd, 'no_apex_fallback');
  await bare.has('etcd is followed');
  assert.equal((await bare.ask('')).rcode, 'NXDOMAIN');
});

test('an event that is lost is found by a comparison, mended and told', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  for (const name of ['a', 'b', 'c']) await etcd.put(`/skydns/test/sky/${name}`, { host: '192.0.2.1' });
  const place = readPlace(etcd.url)!;
  let hour = (): void => {};
  const clock = { ...systemClock, after: (milliseconds: number, call: () => void) => {
    if (milliseconds < 1e6) return systemClock.after(Math.min(milliseconds, 5000), call);
    hour = call;
    return () => {};
  } };
  const client = new EtcdClient({ places: [place], user: undefined, secure: () => undefined }, clock);
  const mended: string[] = [];
  const index = new KeyIndexWriter(Store.create(undefined, STORE_KEY), 'test', clock);
  const feed = new EtcdFeed({
    client, clock, index, prefix: '/skydns/', changed() {}, told() {}, advanced() {}, mended: (keys) => mended.push(...keys),
  });
  t.after(() => feed.close());
  void feed.run();
  await eventually(() => index.size === 3, 'all is listed');
  const [kept] = index.range('/skydns/test/sky/b', false, 1);
  index.apply([{ key: '/skydns/test/sky/a', kept: undefined }, { key: '', kept: { ...kept!, key: '/skydns/test/sky/d' } },
    { key: '', kept: { ...kept!, revision: 1n } }]);
  await etcd.put('/skydns/test/sky/e', { host: '192.0.2.5' });
  hour();
  await eventually(() => mended.length > 0, 'it is mended');
  assert.deepEqual(mended.sort(), ['a', 'b', 'd'].map((name) => `/skydns/test/sky/${name}`));
  assert.deepEqual(index.all().map(({ key }) => key.at(-1)), ['a', 'b', 'c', 'e']);
});

/** Tries until it is so. */
async function eventuallyAsync(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(what);
}
