// The client against a scripted API: initial events, lists, watches, and everything that goes wrong with them. Knows what is sent and
// what a sink is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asked, bookmark, client, object, settle, stream, Told, until } from './scripted-api.test.ts';

const SERVICES = { path: '/api/v1/services' };

test('initial events, then changes; a clean end goes on from the last bookmark without a list', async (t) => {
  const { server, api } = await client(t, (asked, n) => (n === 1 ? stream(asked, '10', 'a', 'b') : asked.open()));
  const sink = new Told();
  const watch = api.watch({ ...SERVICES, namespace: 'one', labelSelector: 'a in (b,c)' }, sink);
  const first = await server.nth(1);
  await sink.says('begin', '+a', '+b', 'synced');
  assert.equal(first.request.url, '/api/v1/namespaces/one/services?allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan'
    + '&sendInitialEvents=true&timeoutSeconds=450&watch=true&labelSelector=a%20in%20(b%2Cc)');
  assert.match(first.request.headers['user-agent']!, /^coredns-ts\//);
  assert.deepEqual([watch.synced, watch.staleSince, watch.lastError], [true, undefined, undefined]);
  first.event('MODIFIED', object('a', '11'));
  first.event('DELETED', object('b', '12'));
  first.event('BOOKMARK', bookmark('20'));
  first.response.end();
  const second = await server.nth(2);
  await sink.says('begin', '+a', '+b', 'synced', '+a', '-b');
  assert.equal(second.query.get('resourceVersion'), '20');
  assert.equal(second.query.has('sendInitialEvents'), false);
});

test('an API that refuses initial events is listed by pages, and no resource asks for them again', async (t) => {
  const { server, api } = await client(t, (asked) => {
    if (asked.query.has('sendInitialEvents')) return asked.refuse(422, { reason: 'Invalid' });
    if (asked.query.has('watch')) return asked.open();
    const next = asked.query.get('continue');
    asked.list('30', [object(next === null ? 'a' : 'b', '3')], next === null ? 'page&2' : undefined);
  });
  const sink = new Told();
  api.watch(SERVICES, sink);
  const watching = await server.nth(4);
  await sink.says('begin', '+a', '+b', 'synced');
  assert.deepEqual(server.requests.slice(1, 3).map(({ request }) => request.url),
    ['/api/v1/services?limit=500&resourceVersion=0', '/api/v1/services?limit=500&continue=page%262']);
  assert.equal(watching.query.get('resourceVersion'), '30');
  api.watch({ path: '/api/v1/namespaces' }, new Told());
  assert.equal((await server.nth(5)).query.get('limit'), '500');
});

test('an API that only finds out inside the stream that it has no initial events is listed at once', async (t) => {
  const { server, api, lines } = await client(t, (asked) => {
    if (!asked.query.has('watch')) return asked.list('5', [object('a', '3')]);
    asked.open();
    if (asked.query.has('sendInitialEvents')) {
      const message = 'the required storage feature RequestWatchProgress is disabled';
      asked.event('ERROR', { code: 500, reason: 'InternalError', message });
      asked.response.end();
    }
  });
  const sink = new Told();
  api.watch(SERVICES, sink);
  await sink.says('begin', 'begin', '+a', 'synced');
  assert.equal((await server.nth(3)).query.get('resourceVersion'), '5');
  assert.deepEqual(lines, []);
});

test('a next page that has expired lists everything again', async (t) => {
  const { server, api } = await client(t, (asked) => {
    if (asked.query.has('sendInitialEvents')) return asked.refuse(400);
    if (asked.query.has('watch')) return asked.open();
    if (asked.query.has('continue')) return asked.refuse(410, { reason: 'Expired' });
    asked.list('30', [object('a', '3')], asked.query.has('limit') ? 'more' : undefined);
  });
  const sink = new Told();
  api.watch(SERVICES, sink);
  await sink.says('begin', '+a', 'begin', '+a', 'synced');
  assert.equal(server.requests[3]!.request.url, '/api/v1/services');
});

test('a watch that never has initial events is given up for a list', async (t) => {
  const answers = (asked: Asked) => {
    if (!asked.query.has('watch')) return asked.list('5', [object('a', '3')]);
    asked.open();
    if (asked.query.has('sendInitialEvents')) asked.event('ADDED', object('a', '3'));
  };
  const { api, clock, server } = await client(t, answers);
  const sink = new Told();
  api.watch(SERVICES, sink);
  await sink.says('begin', '+a');
  await clock.elapse(11_000);
  await sink.says('begin', '+a', 'begin', '+a', 'synced');
  (await server.nth(3)).response.end();
  assert.equal((await server.nth(3)).query.get('resourceVersion'), '5');
});

test('410 inside the stream: listed again at once, as new as what was served, and then whatever there is', async (t) => {
  const { server, api, clock } = await client(t, (asked, n) => {
    if (n === 1) return stream(asked, '10', 'a');
    if (n === 2) return asked.refuse(504, { reason: 'Timeout', message: 'Too large resource version: 10, current: 3' });
    if (n === 3) return stream(asked, '3', 'b');
    asked.open();
  });
  const sink = new Told();
  const watch = api.watch(SERVICES, sink);
  const first = await server.nth(1);
  await until(() => watch.synced);
  await clock.elapse(10_000);
  first.event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
  await sink.says('begin', '+a', 'synced', 'begin', '+b', 'synced');
  assert.deepEqual(server.requests.map(({ query }) => query.get('resourceVersion')), [null, '10', null]);
});

test('an API that forgets what it has just listed is not listed without end', async (t) => {
  const { server, api, clock, lines } = await client(t, (asked) => {
    if (asked.query.has('sendInitialEvents')) return stream(asked, '10', 'a');
    asked.refuse(410, { reason: 'Gone', message: 'too old' });
  });
  const sink = new Told();
  api.watch(SERVICES, sink);
  const first = await server.nth(1);
  await sink.says('begin', '+a', 'synced');
  first.event('BOOKMARK', bookmark('11'));
  first.response.end();
  await until(() => lines.length > 0);
  assert.deepEqual(lines, ['Failed to watch services: too old']);
  assert.equal(server.requests.length, 2);
  await clock.elapse(100);
  const third = await server.nth(3);
  assert.deepEqual([third.query.get('sendInitialEvents'), third.query.get('resourceVersion')], ['true', '11']);
});

test('a stream that is cut inside an object goes on from the last whole one', async (t) => {
  const { server, api, clock } = await client(t, (asked, n) => (n === 1 ? stream(asked, '10', 'a') : asked.open()));
  const sink = new Told();
  api.watch(SERVICES, sink);
  const first = await server.nth(1);
  first.event('MODIFIED', object('a', '11'));
  first.response.write('{"type":"ADDED","object":{"metadata":{"na');
  await sink.says('begin', '+a', 'synced', '+a');
  first.cut();
  await settle(clock);
  assert.equal((await server.nth(2)).query.get('resourceVersion'), '11');
  const second = server.requests[1]!;
  second.response.write('{"type":"ADDED","object":{"metadata":\n');
  await settle(clock);
  assert.equal((await server.nth(3)).query.get('resourceVersion'), '11');
  await sink.says('begin', '+a', 'synced', '+a');
});

test('a watch that falls silent is opened again within 15 s for a short time, and what it missed comes', async (t) => {
  const { server, api, clock, lines } = await client(t, (asked, n) => {
    if (n === 1) return stream(asked, '10', 'a');
    asked.open();
    if (n === 2) asked.event('ADDED', object('missed', '11'));
  });
  const sink = new Told();
  const watch = api.watch(SERVICES, sink);
  await sink.says('begin', '+a', 'synced');
  await clock.elapse(10_900);
  assert.equal(server.requests.length, 1);
  await clock.elapse(200);
  const second = await server.nth(2);
  assert.equal(second.query.get('resourceVersion'), '10');
  await sink.says('begin', '+a', 'synced', '+missed');
  // Something happened: the next one is a long one; nothing happens on that: short ones.
  await clock.elapse(11_000);
  assert.equal((await server.nth(3)).query.get('timeoutSeconds'), '450');
  await until(() => watch.staleSince === undefined);
  await clock.elapse(11_000);
  assert.equal((await server.nth(4)).query.get('timeoutSeconds'), '10');
  assert.deepEqual(lines, []);
});

test('an API that is gone: known at once or by its silence; all resources come back together within 5 s of it', async (t) => {
  const { server, api, clock, lines } = await client(t, (asked) => {
    if (asked.query.has('sendInitialEvents')) stream(asked, '10', 'a');
    else asked.open();
  });
  const watches = [api.watch(SERVICES, new Told()), api.watch({ path: '/api/v1/namespaces' }, new Told())];
  await until(() => watches.every(({ synced }) => synced));
  const before = clock.wall();
  await server.close();
  await settle(clock, 300_000);
  for (const watch of watches) {
    assert.ok(watch.staleSince! - before < 1000, 'stale since the last byte');
    assert.match(watch.lastError!, /^Failed to watch \w+: dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/);
  }
  assert.ok(lines.length <= 4, `an outage is not said again and again: ${lines.join('\n')}`);
  const count = server.requests.length;
  await server.listen(server.port);
  await settle(clock, 5000);
  await until(() => server.requests.length >= count + 2 && watches.every(({ staleSince }) => staleSince === undefined));
  assert.equal(server.requests.at(-1)!.query.get('resourceVersion'), '10');
});

test('forbidden: logged once with what to grant, and seen to be mended', async (t) => {
  let granted = false;
  const { server, api, clock, lines } = await client(t, (asked) => (granted ? stream(asked, '1') : asked.refuse(403, { message: 'no' })));
  const sink = new Told();
  const watch = api.watch({ path: '/apis/discovery.k8s.io/v1/endpointslices' }, sink);
  await server.nth(1);
  await until(() => lines.length === 1);
  await settle(clock, 100_000);
  assert.deepEqual(lines, ['Failed to watch endpointslices: no (grant its user the verbs list and watch on resource endpointslices in '
    + 'apiGroup discovery.k8s.io by a ClusterRole)']);
  assert.equal(watch.lastError, lines[0]);
  assert.ok(server.requests.length <= 10, 'asked slowly');
  granted = true;
  await settle(clock, 30_000);
  await sink.says('begin', 'synced');
  assert.deepEqual([watch.lastError, lines[1]], [undefined, 'Watching endpointslices again']);
});

test('429 waits as long as it says; a collection that is not there says what to install', async (t) => {
  const { server, api, clock, lines } = await client(t, (asked, n) => {
    if (n === 1) return asked.refuse(429, {}, { 'retry-after': '20' });
    if (n === 2) return asked.refuse(404);
    stream(asked, '1');
  });
  const sink = new Told();
  api.watch({ path: '/apis/multicluster.x-k8s.io/v1alpha1/serviceimports' }, sink);
  await until(() => lines.length === 1);
  await settle(clock, 19_000);
  assert.equal(server.requests.length, 1);
  await settle(clock, 4000);
  await until(() => lines.length === 2);
  assert.match(lines[1]!, /serviceimports in apiGroup multicluster\.x-k8s\.io: is its CustomResourceDefinition installed\?/);
  await settle(clock, 10_000);
  await sink.says('begin', 'synced');
});

test('requests are counted as CoreDNS counts them: of a watch the result, of a list its time too', async (t) => {
  const { server, api, metrics } = await client(t, (asked) => {
    if (asked.query.has('sendInitialEvents')) return asked.refuse(422);
    if (asked.query.has('watch')) return asked.open();
    asked.list('1', []);
  });
  api.watch(SERVICES, new Told());
  await server.nth(3);
  const host = `127.0.0.1:${server.port}`;
  const found = () => [...metrics.families()].flatMap((family) => [...family.series()].map((series) =>
    `${family.name.replace('coredns_kubernetes_rest_client_', '')} ${series.values.join(' ')}`));
  await until(() => found().length === 4);
  assert.deepEqual(found().sort(), [`rate_limiter_duration_seconds GET ${host}`, `request_duration_seconds GET ${host}`,
    `requests_total 200 GET ${host}`, `requests_total 422 GET ${host}`]);
});

test('apiserver_qps, apiserver_burst and apiserver_max_inflight hold', async (t) => {
  const slow = await client(t, (asked) => asked.open(), { limits: { qps: 0.5, burst: 1 } });
  slow.api.watch(SERVICES, new Told());
  slow.api.watch({ path: '/api/v1/namespaces' }, new Told());
  await slow.server.nth(1);
  await settle(slow.clock, 1900);
  assert.equal(slow.server.requests.length, 1);
  await slow.clock.elapse(200);
  await slow.server.nth(2);
  const narrow = await client(t, () => {}, { limits: { maxInflight: 1 } });
  narrow.api.watch(SERVICES, new Told());
  narrow.api.watch({ path: '/api/v1/namespaces' }, new Told());
  const first = await narrow.server.nth(1);
  await settle(narrow.clock);
  assert.equal(narrow.server.requests.length, 1);
  first.open();
  assert.equal((await narrow.server.nth(2)).path, '/api/v1/namespaces', 'a watch is under way until its head is there');
});

test('pages of a list and the watch behind them come on one connection', async (t) => {
  const { server, api } = await client(t, (asked) => {
    if (asked.query.has('sendInitialEvents')) return asked.refuse(400);
    if (asked.query.has('watch')) return asked.open();
    const page = Number(asked.query.get('continue') ?? 0);
    asked.list('30', [object(`n${page}`, '3')], page < 5 ? String(page + 1) : undefined);
  });
  const sink = new Told();
  api.watch(SERVICES, sink);
  await sink.says('begin', '+n0', '+n1', '+n2', '+n3', '+n4', '+n5', 'synced');
  await server.nth(8);
  assert.equal(server.connections, 1);
});
