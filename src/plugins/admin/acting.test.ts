// What is done over the API and undone by itself: reloads that are to be confirmed, Corefiles that served before, upstreams that are left
// alone; and what there is to look at beside it.
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAsk } from '../../testing/question.ts';
import { SERVED, answer, ask, rig, upstreamSays } from './rig.test.ts';
import type { Rig } from './rig.test.ts';

const get = async ({ socket }: Rig, path: string) => (await ask(socket, 'GET', path)).json;
const post = (here: Rig, path: string, body: object = {}, method = 'POST') => ask(here.socket, method, path, JSON.stringify(body));
const cacheOf = async (here: Rig) => JSON.stringify(await get(here, '/v1/config')).match(/"word":"cache","args":\["(\d+)"\]/)?.[1];
/** The same, as soon as the API listens again. */
async function untilServed(here: Rig): Promise<string | undefined> {
  for (const end = Date.now() + 60_000; !existsSync(here.socket);) {
    assert.ok(Date.now() < end, 'waited in vain for the socket');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return cacheOf(here);
}
const writes = async ({ server, around }: Rig, seconds: number) =>
  server.rewrite(await around.fill(SERVED.replace('cache 30', `cache ${seconds}`)));

test('a reload that nobody confirms goes back by itself, and the file is passed over until it is another', async (t) => {
  const withReload = SERVED.replace('cache 30', 'cache 30\n    reload 2s 0s');
  const here = await rig(t, withReload);
  const write = async (seconds: number) => here.server.rewrite(await here.around.fill(withReload.replace('cache 30', `cache ${seconds}`)));
  await write(60);
  const said = await post(here, '/v1/reload', { confirm: '60s' });
  assert.equal(said.status, 200);
  assert.ok(typeof said.json['confirm'] === 'string');
  assert.equal(await cacheOf(here), '60');
  assert.equal((await post(here, '/v1/reload')).status, 409);
  await here.server.elapse(59_000);
  assert.equal(await cacheOf(here), '60');
  await here.server.elapse(2000);
  assert.equal(await cacheOf(here), '30');
  await here.server.elapse(10_000);
  assert.equal(await cacheOf(here), '30');
  await write(90);
  await here.server.elapse(3000);
  assert.equal(await cacheOf(here), '90');
  assert.equal((await post(here, '/v1/reload/confirm')).status, 409);
});

test('a Corefile by which nobody could confirm any more, as without admin, goes back by itself too', async (t) => {
  const here = await rig(t, SERVED);
  const without = SERVED.replace(/ +admin .*\n/, '').replace('cache 30', 'cache 60');
  here.server.rewrite(await here.around.fill(without));
  const said = await post(here, '/v1/reload', { confirm: '60s' });
  assert.ok(typeof said.json['confirm'] === 'string');
  await assert.rejects(get(here, '/v1/config'));
  await here.server.elapse(61_000);
  assert.equal(await untilServed(here), '30');
});

test('a reload that is confirmed stays', async (t) => {
  const here = await rig(t, SERVED);
  await writes(here, 60);
  await post(here, '/v1/reload', { confirm: '60s' });
  assert.deepEqual((await post(here, '/v1/reload/confirm')).json, { confirmed: true });
  await here.server.elapse(120_000);
  assert.equal(await cacheOf(here), '60');
  for (const confirm of ['x', '0s', '-1s', '48h', 7]) assert.equal((await post(here, '/v1/reload', { confirm })).status, 400, `${confirm}`);
});

test('the last eight Corefiles are kept with what differed, and each can be taken over again', async (t) => {
  const here = await rig(t, SERVED);
  for (let seconds = 40; seconds < 50; seconds++) {
    await writes(here, seconds);
    assert.equal((await post(here, '/v1/reload')).status, 200);
  }
  const { configurations } = await get(here, '/v1/config/history') as { configurations: { number: number; changes: object[] }[] };
  assert.deepEqual(configurations.map(({ number }) => number), [11, 10, 9, 8, 7, 6, 5, 4]);
  assert.deepEqual(configurations[0]!.changes, [{ block: '.:53', word: 'cache', before: 'cache 48', after: 'cache 49' }]);
  assert.equal((await post(here, '/v1/config/rollback')).json['to'], 10);
  assert.equal(await cacheOf(here), '48');
  assert.equal((await post(here, '/v1/config/rollback', { to: 5 })).json['to'], 5);
  assert.equal(await cacheOf(here), '43');
  for (const to of [1, 99, 'x', -1]) assert.equal((await post(here, '/v1/config/rollback', { to })).status, 404);
});

test('a Corefile whose files are gone is refused, and what is served stays', async (t) => {
  const here = await rig(t, SERVED);
  const keys = join(here.around.directory, 'keys');
  writeFileSync(keys, 'key "k.example." {\n  algorithm hmac-sha256;\n  secret "c2VjcmV0IHRoYXQgbm9ib2R5IHNlZXM=";\n};\n');
  here.server.rewrite(await here.around.fill(SERVED.replace('cache 30', `cache 31\n    tsig {\n        secrets ${keys}\n    }`)));
  assert.equal((await post(here, '/v1/reload')).status, 200);
  await writes(here, 32);
  assert.equal((await post(here, '/v1/reload')).status, 200);
  rmSync(keys);
  assert.equal((await post(here, '/v1/config/rollback')).status, 422);
  assert.equal(await cacheOf(here), '32');
  // What could not be taken over is nothing that served.
  assert.equal(((await get(here, '/v1/config/history'))['configurations'] as object[]).length, 3);
});

test('an upstream is left alone for some time and asked again by itself, or sooner', async (t) => {
  const two = 'forward . {{UPSTREAM}} {{UPSTREAM:second}} {\n policy sequential\n }';
  const here = await rig(t, SERVED.replace('cache 30\n', '').replace('forward . {{UPSTREAM}}', two));
  await upstreamSays(here, '192.0.2.1');
  const { parsePicture } = await import('../../testing/picture.ts');
  const { records } = parsePicture(['NOERROR', 'answer www.example.net. 60 IN A 192.0.2.2']);
  (await here.around.upstream('second')).script('www.example.net. A', { rcode: 0, flags: 0, ...records });
  const list = async () => (await get(here, '/v1/upstreams'))['upstreams'] as { id: string; state: string; by: string }[];
  const [first, second] = await list();
  assert.deepEqual([first!.state, second!.state, first!.by], ['up', 'up', 'forward']);
  assert.equal(await answer(here), '192.0.2.1');
  const drained = await post(here, `/v1/upstreams/${encodeURIComponent(first!.id)}/drain`, { for: '1m' });
  assert.equal(drained.status, 200);
  assert.equal(await answer(here), '192.0.2.2');
  assert.deepEqual((await list()).map(({ state }) => state), ['drained', 'up']);
  await here.server.elapse(61_000);
  assert.equal(await answer(here), '192.0.2.1');
  await post(here, `/v1/upstreams/${encodeURIComponent(first!.id)}/drain`);
  assert.equal(await answer(here), '192.0.2.2');
  assert.equal((await ask(here.socket, 'DELETE', `/v1/upstreams/${encodeURIComponent(first!.id)}/drain`)).json['until'], null);
  assert.equal(await answer(here), '192.0.2.1');
  assert.equal((await post(here, '/v1/upstreams/x/drain')).status, 404);
  assert.equal((await post(here, `/v1/upstreams/${encodeURIComponent(first!.id)}/drain`, { for: 'x' })).status, 400);
});

test('zones, plugins and threads are listed', async (t) => {
  const here = await rig(t, `${SERVED}example.com:53 {\n    records {\n        www A 192.0.2.7\n    }\n}\n`);
  const [zone] = (await get(here, '/v1/zones'))['zones'] as { zone: string; block: string; by: string }[];
  assert.deepEqual([zone!.zone, zone!.block, zone!.by], ['example.com.', 'example.com.', 'records']);
  const { blocks } = await get(here, '/v1/plugins') as { blocks: { block: string; plugins: { name: string; at: string | null }[] }[] };
  const lines = blocks[0]!.plugins.map(({ name, at }) => `${name} ${at}`);
  assert.deepEqual(lines, ['admin Corefile:2', 'admin null', 'cache Corefile:3', 'forward Corefile:4']);
  await here.server.ask(parseAsk('www.example.org A'));
  const { threads } = await get(here, '/v1/threads') as { threads: { thread: number; questions: number }[] };
  assert.deepEqual(threads, [{ thread: 0, questions: 1 }]);
});
