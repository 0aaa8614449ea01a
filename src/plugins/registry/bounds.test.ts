// What one token and one service may have: requests a second, and instances.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Exchange, Heading } from '../../http/exchange.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Api } from './api.ts';
import { registry } from './registry-rig.test.ts';

test('a token has 10,000 requests at once and 5,000 a second, and is told when to come again', async () => {
  const clock = new FakeClock();
  const api = new Api({
    operations: [{ method: 'GET', path: '/v1/x', id: 'x', summary: '', replies: {}, open: true, run: () => ({ status: 200 }) }],
    tokens: () => undefined, named: [], clock, audit: undefined, report: (error) => assert.fail(String(error)),
  });
  const ask = (): Promise<Heading> => new Promise((resolve) => api.request({
    method: 'GET', target: '/v1/x', authority: '', version: 1, body: Buffer.alloc(0), tooLarge: false, fields: new Map(),
    field: () => undefined, reply: resolve,
  } satisfies Exchange));
  const statuses = async (count: number): Promise<Readonly<Record<string, number>>> => {
    const all = await Promise.all(Array.from({ length: count }, ask));
    return Object.fromEntries([200, 429].map((status) => [status, all.filter((each) => each.status === status).length]));
  };
  assert.deepEqual(await statuses(10_010), { 200: 10_000, 429: 10 });
  assert.deepEqual((await ask()).fields.find(([name]) => name === 'Retry-After'), ['Retry-After', '1']);
  await clock.elapse(1000);
  assert.deepEqual(await statuses(5010), { 200: 5000, 429: 10 });
  await clock.elapse(60_000);
  assert.deepEqual(await statuses(10_010), { 200: 10_000, 429: 10 });
});

test('a service has 1,000 instances; those that are there are changed all the same, and others have room', async (t: TestContext) => {
  const { api } = await registry(t);
  const at = (service: string, i: number): string => `/v1/zones/svc.test/services/${service}/instances/n${i}`;
  const put = (service: string, i: number, weight = 1) => api.send('PUT', at(service, i), { addresses: ['10.0.0.7'], weight });
  for (let from = 0; from < 1000; from += 100) {
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => put('web', from + i)));
    assert.ok(all.every(({ status }) => status === 201));
  }
  const { status, body } = await put('web', 1000);
  assert.deepEqual([status, body['title'], body['detail']], [409, 'Too many instances', 'the service has 1000']);
  assert.deepEqual([(await put('web', 7, 2)).status, (await put('other', 1000)).status], [200, 201]);
  assert.equal((await api.send('DELETE', at('web', 7))).status, 204);
  assert.equal((await put('web', 1000)).status, 201);
});
