// `layout names` beside a real etcd in which external-dns might have written: names own their keys and what is directly below, wildcards
// are stored, owners' texts stand beside addresses and aliases.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { askOnce } from '../../testing/one-question.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { RealEtcd, isMissing } from '../../key-value/etcd-rig.test.ts';

const OWNER = 'heritage=external-dns,external-dns/owner=me';
/** Keys as external-dns writes them: the name's, and a word of its own. */
const KEYS: readonly (readonly [key: string, value: unknown])[] = [
  ['app/3fa2b1c0', { host: '192.0.2.1', text: OWNER, targetstrip: 1, ttl: 60 }],
  ['app/77aa0001', { host: '192.0.2.2', text: OWNER, targetstrip: 1 }],
  ['app/77aa0002', { host: '2001:db8::1', targetstrip: 1 }],
  ['alias/1', { host: 'app.sky.test', targetstrip: 1 }],
  ['owned/1', { host: 'app.sky.test', text: OWNER, targetstrip: 1, ttl: 90 }],
  ['outside/1', { host: 'www.other.test', targetstrip: 1 }],
  ['tower/1', { host: 'www.other.test', text: OWNER, targetstrip: 1 }],
  ['ring/1', { host: 'ring2.sky.test' }], ['ring2/1', { host: 'ring.sky.test' }],
  ['deep/er/still/1', { host: '192.0.2.9' }],
  ['*/1', { host: '192.0.2.7', text: OWNER, targetstrip: 1 }],
  ['web/1', { host: '192.0.2.1', port: 80, targetstrip: 1 }],
  ['1', { host: '192.0.2.100', targetstrip: 1 }],
  ['bad/1', '{"host":"192.0.2.1","ttl":-1}'],
  ['half/1', { host: '192.0.2.1' }], ['half/2', 'no'],
];
async function serving(t: TestContext, more = '') {
  const etcd = await new RealEtcd().open(t);
  for (const [key, value] of KEYS) await etcd.put(`/skydns/test/sky/${key}`, value);
  const other = 'template IN A other.test {\nanswer "{{ .Name }} 30 IN A 192.0.2.50"\n}';
  const stanza = `etcd sky.test {\nendpoint ${etcd.url}\nlayout names\n}`;
  const ours = await serve(`sky.test other.test {\nbind 127.0.0.1\n${more}\n${stanza}\n${other}\n}`, standard);
  t.after(() => ours.close());
  await eventually(() => ours.log().includes(`etcd is followed, ${KEYS.length} keys`), 'it is followed');
  const ask = (name: string, type = 'A') => askOnce(ours.port, `${name}sky.test`, type);
  const answer = async (name: string, type?: string) => (await ask(name, type)).answer;
  return { etcd, ours, ask, answer };
}

test('what external-dns writes is answered: addresses beside texts, aliases, wildcards, the apex alone', { skip: isMissing }, async (t) => {
  const { ask, answer, ours } = await serving(t);
  assert.deepEqual(await answer('app.'), ['app.sky.test. 60 IN A 192.0.2.1', 'app.sky.test. 300 IN A 192.0.2.2']);
  assert.deepEqual(await answer('app.', 'AAAA'), ['app.sky.test. 300 IN AAAA 2001:db8::1']);
  assert.deepEqual(await answer('app.', 'TXT'), [`app.sky.test. 60 IN TXT "${OWNER}"`]);
  assert.deepEqual(await answer('alias.', 'CNAME'), ['alias.sky.test. 300 IN CNAME app.sky.test.']);
  assert.deepEqual(await answer('alias.'), ['alias.sky.test. 300 IN CNAME app.sky.test.', 'app.sky.test. 60 IN A 192.0.2.1',
    'app.sky.test. 300 IN A 192.0.2.2']);
  assert.deepEqual(await answer('alias.', 'TXT'), ['alias.sky.test. 300 IN CNAME app.sky.test.', `app.sky.test. 60 IN TXT "${OWNER}"`]);
  assert.deepEqual(await answer('owned.'), ['owned.sky.test. 60 IN A 192.0.2.1', 'owned.sky.test. 90 IN A 192.0.2.2']);
  assert.deepEqual(await answer('owned.', 'TXT'), [`owned.sky.test. 90 IN TXT "${OWNER}"`]);
  assert.deepEqual(await answer('owned.', 'CNAME'), []);
  assert.deepEqual(await answer('outside.'), ['outside.sky.test. 300 IN CNAME www.other.test.', 'www.other.test. 30 IN A 192.0.2.50']);
  assert.deepEqual(await answer('tower.'), ['tower.sky.test. 30 IN A 192.0.2.50']);
  assert.deepEqual((await answer('ring.')).toSorted(), ['ring.sky.test. 300 IN CNAME ring2.sky.test.',
    'ring2.sky.test. 300 IN CNAME ring.sky.test.']);
  assert.deepEqual(await answer(''), ['sky.test. 300 IN A 192.0.2.100']);
  assert.deepEqual(await answer('web.', 'SRV'), ['web.sky.test. 300 IN SRV 10 100 80 web.sky.test.']);
  assert.deepEqual(await answer('app.', 'SRV'), []);
  const wild = [await answer('any.'), await answer('x.y.'), await answer('*.')];
  assert.deepEqual(wild, ['any', 'x.y', '*'].map((name) => [`${name}.sky.test. 300 IN A 192.0.2.7`]));
  const denials = await Promise.all(['deep.', 'er.deep.', 'x.deep.', 'x.app.'].map((name) => ask(name)));
  assert.deepEqual(denials.map(({ rcode, answer: found }) => [rcode, found.length]),
    [['NOERROR', 0], ['NOERROR', 0], ['NXDOMAIN', 0], ['NXDOMAIN', 0]]);
  assert.equal((await ask('', 'NS')).rcode, 'NOERROR');
  assert.equal((await ask('bad.')).rcode, 'SERVFAIL');
  assert.deepEqual(await answer('half.'), ['half.sky.test. 300 IN A 192.0.2.1']);
  await eventually(() => ours.log().includes('is left out: /skydns/test/sky/half/2: '), 'it is said');
});

test('a cache hears of what a new name hides, and direct answers the same', { skip: isMissing }, async (t) => {
  const { etcd, answer, ask } = await serving(t, 'cache');
  assert.deepEqual(await answer('x.new.'), ['x.new.sky.test. 300 IN A 192.0.2.7']);
  await etcd.put('/skydns/test/sky/new/1', { host: '192.0.2.8' });
  for (let i = 0; i < 3000 && (await ask('x.new.')).rcode !== 'NXDOMAIN'; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal((await ask('x.new.')).rcode, 'NXDOMAIN');
  const direct = await serve(`sky.test {\nbind 127.0.0.1\netcd {\nendpoint ${etcd.url}\nlayout names\ndirect\n}\n}`, standard);
  t.after(() => direct.close());
  const told = async (name: string) => (await askOnce(direct.port, `${name}.sky.test`, 'A')).answer;
  assert.deepEqual([await told('new'), await told('y.z'), await told('owned')], [['new.sky.test. 300 IN A 192.0.2.8'],
    ['y.z.sky.test. 300 IN A 192.0.2.7'], ['owned.sky.test. 60 IN A 192.0.2.1', 'owned.sky.test. 90 IN A 192.0.2.2']]);
});
