// The client and an API that has a binary form of its objects, or has none. Knows what is asked and what a sink is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeKubeApi } from '../testing/fake-kube-api.ts';
import { entries, one, shape } from './protobuf.ts';
import { Told, client, until } from './scripted-api.test.ts';

test('who reads a binary form asks for it, and takes JSON, refusals and errors in either', async (t) => {
  const METADATA = shape({ 1: one('name', 'text'), 6: one('resourceVersion', 'text'), 12: entries('annotations') });
  const SHAPE = shape({ 1: one('metadata', METADATA) });
  const fake = new FakeKubeApi();
  await fake.up();
  t.after(() => fake.down());
  fake.add('services', { metadata: { name: 'a' } });
  fake.faults.forbid('services');
  const { api, lines, clock } = await client(t, () => {}, { endpoint: fake.url });
  const sink = new Told();
  const watch = api.watch({ path: '/api/v1/services', shape: SHAPE }, sink);
  await until(() => watch.lastError !== undefined, 'nothing went wrong');
  assert.match(lines[0]!, /services is forbidden: User "test" cannot watch resource "services"/);
  assert.equal(fake.requests[0]!.headers['accept'], 'application/vnd.kubernetes.protobuf,application/json');
  fake.faults.mend();
  await clock.elapse(30_000);
  await sink.says('begin', '+a', 'synced');
  fake.add('services', { metadata: { name: 'b' } });
  await sink.says('begin', '+a', 'synced', '+b');
  // 410 as an event in binary form: what there is comes again.
  fake.faults.gone('services');
  await clock.elapse(30_000);
  await sink.says('begin', '+a', 'synced', '+b', 'begin', '+a', '+b', 'synced');
  fake.binary = false;
  fake.faults.gone('services');
  await clock.elapse(30_000);
  fake.add('services', { metadata: { name: 'c' } });
  await until(() => sink.words.at(-1) === '+c', 'c did not come');
  assert.equal(watch.lastError, undefined);
});
