// Collections that an API has in another version of their group, or in none. Knows what is asked; knows no object.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client, settle, stream, Told, until } from './scripted-api.test.ts';

test('a collection that the API has in another version is watched in that, and goes on where it was when that changes', async (t) => {
  const { server, api, clock, lines } = await client(t, (asked, n) => {
    if (n === 1 || n === 3) return asked.refuse(404);
    if (n > 2) return asked.open();
    stream(asked, '7', 'a');
    asked.response.end();
  });
  const sink = new Told();
  const versions = ['/apis/g/v2/things', '/apis/g/v3/things'];
  api.watch({ path: '/apis/g/v1/things', versions, namespace: 'one' }, sink);
  await sink.says('begin', '+a', 'synced');
  await server.nth(4);
  assert.deepEqual(server.requests.map(({ path, query }) => [path, query.get('resourceVersion')]), [
    ['/apis/g/v1/namespaces/one/things', null], ['/apis/g/v2/namespaces/one/things', null],
    ['/apis/g/v2/namespaces/one/things', '7'], ['/apis/g/v3/namespaces/one/things', '7'],
  ]);
  assert.deepEqual(lines, []);
  await settle(clock);
});

test('a collection that the API has in no version says what to install, and is tried again with patience', async (t) => {
  const { server, api, clock, lines } = await client(t, (asked, n) => {
    if (n <= 4) asked.refuse(404);
    else if (n === 5) stream(asked, '7', 'a');
    else asked.open();
  });
  const sink = new Told();
  api.watch({ path: '/apis/g/v1/things', versions: ['/apis/g/v2/things'] }, sink);
  await until(() => lines.length === 1);
  assert.match(lines[0]!, /the API has no resource things in apiGroup g: is its CustomResourceDefinition installed/);
  assert.equal(server.requests.length, 2);
  await settle(clock, 60_000);
  await server.nth(4);
  await settle(clock, 60_000);
  await server.nth(5);
  await sink.says('begin', '+a', 'synced');
});
