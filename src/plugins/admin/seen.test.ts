// Tops, how many are different, how long answers take, and what is not written where the Corefile says so: asked over the socket.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAsk } from '../../testing/question.ts';
import { SERVED, ask, rig, upstreamSays } from './rig.test.ts';
import type { Rig } from './rig.test.ts';

const get = async ({ socket }: Rig, path: string) => (await ask(socket, 'GET', path)).json;
type Row = { key: string; count: number; error: number };
const rowsOf = async (here: Rig, path: string) => (await get(here, path))['rows'] as readonly Row[];

test('a flood of random names hides neither what is asked most nor the zone that it is for', async (t) => {
  const here = await rig(t, SERVED);
  const asked = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    // Half of all are asked once; of the others some are asked often.
    const name = i % 2 === 0 ? `r${i}.victim.example.org.` : `n${Math.floor(Math.sqrt(i) * 7) % (i % 31 + 1)}.example.org.`;
    asked.set(name, (asked.get(name) ?? 0) + 1);
    await here.server.ask(parseAsk(`${name} A from 10.0.${i % 5}.${i % 250}`));
  }
  const rows = await rowsOf(here, '/v1/top/names?limit=1000');
  for (const { key, count, error } of rows) {
    const truth = asked.get(key)!;
    assert.ok(count - error <= truth && truth <= count, `${key}: ${truth} is not in ${count - error} to ${count}`);
  }
  const most = [...asked].toSorted((one, other) => other[1] - one[1]);
  const tenth = most[9]![1];
  const listed = new Set(rows.slice(0, 30).map(({ key }) => key));
  assert.deepEqual(most.filter(([name, count]) => count > tenth && !listed.has(name)), []);
  type Distinct = { names: number; clients: number; under: { key: string; names: number }[] };
  const { names, clients, under } = await get(here, '/v1/distinct') as Distinct;
  // Six times what such an estimate is usually off.
  const isNear = (estimate: number, truth: number, off: number) => Math.abs(estimate - truth) < truth * off;
  assert.ok(isNear(names, asked.size, 0.1), `${names} of ${asked.size}`);
  assert.ok(isNear(clients, 250, 0.1), `${clients} of 250`);
  assert.equal(under[0]?.key, 'victim.example.org.');
  assert.ok(isNear(under[0]!.names, 3000, 0.4), `${under[0]!.names} of 3000`);
  assert.deepEqual((await rowsOf(here, '/v1/top/under')).map(({ key }) => key), ['example.org.', 'victim.example.org.']);
});

test('a minute is counted on its own, and the last one stays to be read', async (t) => {
  const here = await rig(t, SERVED);
  await here.server.ask(parseAsk('www.example.org A'));
  await here.server.elapse(60_000);
  assert.deepEqual(await rowsOf(here, '/v1/top/names'), []);
  await here.server.ask(parseAsk('nosuch.example.org A'));
  assert.deepEqual((await rowsOf(here, '/v1/top/names')).map(({ key }) => key), ['nosuch.example.org.']);
  assert.deepEqual(await rowsOf(here, '/v1/top/names?minute=last'), [{ key: 'www.example.org.', count: 1, error: 0 }]);
  assert.equal((await get(here, '/v1/distinct?minute=last'))['names'], 1);
  await here.server.elapse(120_000);
  assert.deepEqual(await rowsOf(here, '/v1/top/names?minute=last'), []);
  for (const path of ['/v1/top/names', '/v1/distinct']) assert.equal((await ask(here.socket, 'GET', `${path}?minute=x`)).status, 400);
});

test('what was kept, what is ours and what others said is timed apart, second by second', async (t) => {
  const here = await rig(t, SERVED);
  await upstreamSays(here, '192.0.2.1');
  for (const zone of ['net', 'net', 'net', 'org']) await here.server.ask(parseAsk(`www.example.${zone} A`));
  await here.server.elapse(2000);
  const { seconds } = await get(here, '/v1/latency') as { seconds: { [kind: string]: [number, number][] }[] };
  const sum = (kind: string) => seconds.flatMap((second) => second[kind]!).reduce((all, [, count]) => all + count, 0);
  assert.deepEqual([sum('cache'), sum('own'), sum('upstream')], [2, 1, 1]);
  await here.server.elapse(700_000);
  assert.equal(((await get(here, '/v1/latency?seconds=999'))['seconds'] as unknown[]).length, 600);
  assert.equal(((await get(here, '/v1/latency?seconds=5'))['seconds'] as unknown[]).length, 5);
});

test('which upstream fails, and how', async (t) => {
  const here = await rig(t, SERVED);
  (await here.around.upstream('')).script('down.example.net. A', { rcode: 2, flags: 0, answer: [], authority: [], additional: [] });
  await here.server.ask(parseAsk('down.example.net A'));
  const [row] = await rowsOf(here, '/v1/top/upstreams');
  assert.match(row!.key, /^127\.0\.0\.1:\d+: SERVFAIL$/);
  assert.deepEqual([row!.count, row!.error], [1, 0]);
});

test('names and clients that are not to be seen are nowhere', async (t) => {
  const hiding = (words: string) => SERVED.replace('admin unix://{{DIR}}/admin.sock', `admin unix://{{DIR}}/admin.sock {\n${words}\n}`);
  const hidden = await rig(t, hiding('names hide\nclients hide'));
  await hidden.server.ask(parseAsk('www.example.org A from 10.1.2.3'));
  const { queries: [row] } = await get(hidden, '/v1/queries') as { queries: { [name: string]: unknown }[] };
  assert.deepEqual([row!['name'], row!['client'], row!['rcode']], [null, null, 'NOERROR']);
  for (const what of ['names', 'clients', 'under', 'failing']) assert.deepEqual(await rowsOf(hidden, `/v1/top/${what}`), [], what);
  for (const filter of ['www', 'under:org', '10.1.2.3']) {
    assert.deepEqual((await get(hidden, `/v1/queries?filter=${filter}`))['queries'], [], filter);
  }
  const networks = await rig(t, hiding('clients /24 /56'));
  await networks.server.ask(parseAsk('www.example.org A from 10.1.2.3'));
  await networks.server.ask(parseAsk('www.example.org A from 2001:db8:1:23ff::5'));
  const { queries } = await get(networks, '/v1/queries') as { queries: { client: string }[] };
  assert.deepEqual(queries.map(({ client }) => client), ['10.1.2.0', '2001:db8:1:2300::']);
  assert.deepEqual((await rowsOf(networks, '/v1/top/clients')).map(({ key }) => key).toSorted(), ['10.1.2.0', '2001:db8:1:2300::']);
});
