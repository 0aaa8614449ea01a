// The API of a server in this process, asked over its socket. What it answers is compared with its own description.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAsk } from '../../testing/question.ts';
import { SERVED, answer, ask, rig, upstreamSays } from './rig.test.ts';

test('every route says what its description promises, and refusals are problems', async (t) => {
  const { socket } = await rig(t, SERVED);
  const { json } = await ask(socket, 'GET', '/v1/openapi.json');
  assert.equal(json['openapi'], '3.1.0');
  const paths = json['paths'] as { [path: string]: { [method: string]: { responses: { 200: { content: object } } } } };
  const wanted: { readonly [path: string]: readonly [query: string, body: string | undefined] } = {
    '/v1/status': ['', undefined], '/v1/config': ['', undefined], '/v1/explain': ['?name=www.example.org&type=A', undefined],
    '/v1/queries': ['', undefined], '/v1/events': ['', undefined], '/v1/top/names': ['', undefined],
    '/v1/top/clients': ['', undefined], '/v1/top/under': ['?minute=last', undefined], '/v1/top/failing': ['?limit=0', undefined],
    '/v1/top/upstreams': ['', undefined], '/v1/distinct': ['', undefined], '/v1/latency': ['', undefined],
    '/v1/cache': ['', undefined], '/v1/cache/flush': ['', '{"all":true}'],
    '/v1/upstreams': ['', undefined], '/v1/upstreams/{id}/drain': ['', undefined], '/v1/zones': ['', undefined],
    '/v1/zones/{zone}/refresh': ['', undefined], '/v1/zones/{zone}/notify': ['', undefined],
    '/v1/clusters': ['', undefined], '/v1/clusters/{id}/relist': ['', undefined], '/v1/policy': ['', undefined],
    '/v1/plugins': ['', undefined], '/v1/threads': ['', undefined], '/v1/reload': ['', '{"dryRun":true}'],
    '/v1/reload/confirm': ['', undefined], '/v1/config/history': ['', undefined], '/v1/config/rollback': ['', undefined],
    '/v1/log': ['', undefined], '/v1/profile': ['', undefined],
  };
  /** What there is nothing for here is done in acting.test.ts and things.test.ts. */
  const elsewhere = ['/v1/upstreams/{id}/drain', '/v1/zones/{zone}/refresh', '/v1/zones/{zone}/notify', '/v1/clusters/{id}/relist',
    '/v1/reload/confirm', '/v1/config/rollback'];
  assert.deepEqual(Object.keys(paths), Object.keys(wanted));
  for (const [path, [query, body]] of Object.entries(wanted)) {
    const [[method, { responses }]] = Object.entries(paths[path]!) as [[string, { responses: { 200: { content: object } } }]];
    const content = responses[200].content as { 'application/json'?: { schema: { properties: { [name: string]: { type: string } } } } };
    if (content['application/json'] === undefined || elsewhere.includes(path)) continue;
    const said = await ask(socket, method.toUpperCase(), `${path}${query}`, body);
    assert.equal(said.status, 200, `${path}: ${said.text}`);
    for (const [name, { type }] of Object.entries(content['application/json'].schema.properties)) {
      const value = said.json[name];
      assert.equal(Array.isArray(value) ? 'array' : typeof value, type, `${path} ${name}`);
    }
  }
  const wrong: readonly (readonly [method: string, path: string, status: number, body?: string, type?: string])[] = [
    ['GET', '/', 404], ['GET', '/v1/reload', 405], ['POST', '/v1/status', 405, '{}'], ['GET', '/v1/events', 406],
    ['POST', '/v1/reload', 415, '{}', 'text/plain'],
    ['POST', '/v1/reload', 400, '{'], ['POST', '/v1/reload', 400, '[]'], ['POST', '/v1/reload', 400, '{"dry":true}'],
    ['POST', '/v1/cache/flush', 400, '{}'], ['POST', '/v1/cache/flush', 400, '{"name":"a..b"}'],
    ['POST', '/v1/cache/flush', 400, '{"name":7}'],
    ['GET', '/v1/explain', 400], ['GET', '/v1/explain?name=a.test&type=Q', 400], ['GET', '/v1/explain?name=a.test&type=A&client=x', 400],
    ['GET', '/v1/explain?name=a.test&type=A&server=dns://:1', 404],
  ];
  for (const [method, path, status, body, type] of wrong) {
    const said = await ask(socket, method, path, body, type);
    assert.equal(said.status, status, `${method} ${path} ${body}`);
    assert.equal(said.type, 'application/problem+json');
    assert.equal(said.json['status'], status);
  }
});

test('a flush is a miss of that name at once, and of what is an alias of it', async (t) => {
  const here = await rig(t, SERVED);
  await upstreamSays(here, '192.0.2.1');
  assert.equal(await answer(here), '192.0.2.1');
  await upstreamSays(here, '192.0.2.2');
  assert.equal(await answer(here), '192.0.2.1');
  assert.equal((await ask(here.socket, 'POST', '/v1/cache/flush', '{"name":"WWW.example.net"}')).json['flushed'], 'WWW.example.net.');
  assert.equal(await answer(here), '192.0.2.2');
  await upstreamSays(here, '192.0.2.3');
  await ask(here.socket, 'POST', '/v1/cache/flush', '{"all":true}');
  assert.equal(await answer(here), '192.0.2.3');
  here.server.log();
  const attempt = '{"who":"local","address":"","method":"POST","path":"/v1/cache/flush","status":200}';
  assert.ok(here.server.written.includes(`plugin/admin: ${attempt}`));
});

test('what is kept is listed, and flushed under a name', async (t) => {
  const here = await rig(t, SERVED);
  await upstreamSays(here, '192.0.2.1');
  await answer(here);
  await here.server.elapse(10_000);
  const list = async (query: string) => (await ask(here.socket, 'GET', `/v1/cache${query}`)).json;
  const row = { name: 'www.example.net.', type: 'A', rcode: 'NOERROR', ttl: 30, left: 20, stale: false, hits: 0, block: '.' };
  assert.deepEqual(await list('?under=example.net&type=A'), { entries: [row], more: 0, cursor: '' });
  const { cursor, ...none } = await list('?limit=0');
  assert.deepEqual(none, { entries: [], more: 1 });
  assert.deepEqual((await list(`?cursor=${cursor}`))['entries'], [row]);
  assert.deepEqual(await list('?type=AAAA'), { entries: [], more: 0, cursor: '' });
  assert.deepEqual(await list('?under=example.org'), { entries: [], more: 0, cursor: '' });
  assert.equal((await ask(here.socket, 'GET', '/v1/cache?type=x')).status, 400);
  const flush = async (body: object) => (await ask(here.socket, 'POST', '/v1/cache/flush', JSON.stringify(body))).json;
  await upstreamSays(here, '192.0.2.2');
  assert.deepEqual(await flush({ under: 'example.org' }), { flushed: 'example.org.', entries: 0 });
  assert.deepEqual(await flush({ under: 'example.net', type: 'MX' }), { flushed: 'example.net.', entries: 0 });
  assert.equal(await answer(here), '192.0.2.1');
  assert.deepEqual(await flush({ under: 'example.net' }), { flushed: 'example.net.', entries: 1 });
  assert.deepEqual(await list(''), { entries: [], more: 0, cursor: '' });
  assert.equal(await answer(here), '192.0.2.2');
  assert.equal((await flush({ under: 7 }))['status'], 400);
});

test('what is explained is the answer, and leaves nothing in the cache', async (t) => {
  const here = await rig(t, SERVED);
  await upstreamSays(here, '192.0.2.1');
  const { json } = await ask(here.socket, 'GET', '/v1/explain?name=www.example.net&type=A&client=192.0.2.77');
  assert.deepEqual((json['answer'] as { records: string[] }).records, ['www.example.net. 30 IN A 192.0.2.1']);
  assert.equal(json['by'], 'forward');
  await upstreamSays(here, '192.0.2.2');
  assert.equal(await answer(here), '192.0.2.2');
  const kept = await ask(here.socket, 'GET', '/v1/explain?name=www.example.net&type=A');
  assert.equal(kept.json['by'], 'cache');
});

test('explanations are kept to a rate, and go on when time has passed', async (t) => {
  const here = await rig(t, SERVED);
  const explain = async () => (await ask(here.socket, 'GET', '/v1/explain?name=www.example.org&type=A')).status;
  for (let i = 0; i < 100; i++) assert.equal(await explain(), 200);
  assert.equal(await explain(), 429);
  await here.server.elapse(1000);
  assert.equal(await explain(), 200);
});

test('the last questions are told, by a filter, and from where one went on', async (t) => {
  const here = await rig(t, SERVED);
  await upstreamSays(here, '192.0.2.1');
  for (const asked of ['www.example.net A from 10.1.2.3', 'www.example.net A tcp', 'www.example.org A', 'nosuch.example.org AAAA']) {
    await here.server.ask(parseAsk(asked));
  }
  const told = async (query: string) => (await ask(here.socket, 'GET', `/v1/queries${query}`)).json;
  const all = await told('');
  const rows = all['queries'] as readonly { readonly [name: string]: unknown }[];
  const lines = rows.map(({ name, type, rcode, by, client, transport }) => [name, type, rcode, by, client, transport].join(' '));
  assert.deepEqual(rows[0]!['trail'], ['admin', 'cache', 'forward']);
  assert.deepEqual(lines, [
    'www.example.net. A NOERROR forward 10.1.2.3 datagram', 'www.example.net. A NOERROR cache 127.0.0.1 stream',
    'www.example.org. A NOERROR hosts 127.0.0.1 datagram', 'nosuch.example.org. AAAA SERVFAIL hosts 127.0.0.1 datagram',
  ]);
  const filtered = async (filter: string) => {
    const { queries } = await told(`?filter=${encodeURIComponent(filter)}`);
    return (queries as readonly unknown[]).length;
  };
  const filters = [
    ['', 4], ['type:aaaa', 1], ['rcode:SERVFAIL', 1], ['by:cache', 1], ['under:example.net', 2], ['10.0.0.0/8', 1], ['10.1.2.3', 1],
    ['not under:example.net', 2], ['www not type:A', 0], ['>1h', 0], ['<1h', 4], ['nosuch', 1], ['NOSUCH', 1],
  ] as const;
  for (const [filter, count] of filters) assert.equal(await filtered(filter), count, filter);
  const none = await told(`?after=${all['next']}`);
  assert.deepEqual(none, { queries: [], next: all['next'], lost: 0, left: 0 });
  await here.server.ask(parseAsk(`${'x'.repeat(60)}.${'y'.repeat(60)}.long.example.net A`));
  const [long] = (await told(`?after=${all['next']}`))['queries'] as readonly { readonly [name: string]: unknown }[];
  assert.deepEqual([long?.['begins'], long?.['name'], long?.['cut']], ['x'.repeat(19), 'long.example.net.', true]);
  const wrong = [
    'after=x', 'after=0:1', 'filter=not', 'filter=%3Ex', 'filter=type:x', 'filter=rcode:x', 'filter=under:a..b',
    `filter=${'a'.repeat(2000)}`,
  ];
  for (const each of wrong) {
    assert.equal((await ask(here.socket, 'GET', `/v1/queries?${each}`)).status, 400, each);
  }
  const top = async (what: string) => (await ask(here.socket, 'GET', `/v1/top/${what}`)).json['rows'] as { key: string; count: number }[];
  assert.deepEqual(await top('names'), [
    { key: 'www.example.net.', count: 2, error: 0 }, { key: '...long.example.net.', count: 1, error: 0 },
    { key: 'nosuch.example.org.', count: 1, error: 0 }, { key: 'www.example.org.', count: 1, error: 0 },
  ]);
  assert.deepEqual((await top('clients'))[0], { key: '127.0.0.1', count: 4, error: 0 });
  assert.deepEqual((await top('under'))[0], { key: 'example.net.', count: 2, error: 0 });
  assert.deepEqual(await top('failing'), [{ key: 'nosuch.example.org.', count: 1, error: 0 }]);
  assert.equal((await ask(here.socket, 'GET', '/v1/top/x')).status, 404);
  // What is explained is no client's question.
  await ask(here.socket, 'GET', '/v1/explain?name=www.example.org&type=A');
  assert.equal((await top('names')).reduce((sum, { count }) => sum + count, 0), 5);
});

test('the Corefile is shown without its secrets', async (t) => {
  const secret = 'c2VjcmV0IHRoYXQgbm9ib2R5IHNlZXM=';
  const { socket } = await rig(t, `.:53 {
    admin unix://{{DIR}}/admin.sock
    tsig {
        secret key.example. ${secret}
        require none
    }
    whoami
}
`);
  const { text } = await ask(socket, 'GET', '/v1/config');
  assert.ok(!text.includes(secret));
  assert.match(text, /"word":"secret","args":\["\*\*\*","\*\*\*"\]/);
  const { text: diff } = await ask(socket, 'POST', '/v1/reload', '{"dryRun":true}');
  assert.ok(!diff.includes(secret));
});

test('a reload by the API says what differs, is taken over, and keeps the socket', async (t) => {
  const here = await rig(t, SERVED);
  here.server.rewrite(await here.around.fill(SERVED.replace('cache 30', 'cache 60')));
  const dry = await ask(here.socket, 'POST', '/v1/reload', '{"dryRun":true}');
  const changes = [{ block: '.:53', word: 'cache', before: 'cache 30', after: 'cache 60' }];
  assert.deepEqual(dry.json, { changes, problems: [], reloaded: false });
  assert.equal((await ask(here.socket, 'POST', '/v1/reload', '{}')).json['reloaded'], true);
  assert.deepEqual((await ask(here.socket, 'POST', '/v1/reload', '{"dryRun":true}')).json['changes'], []);
  here.server.rewrite('.:53 {\n');
  assert.equal((await ask(here.socket, 'POST', '/v1/reload', '{}')).status, 422);
  here.server.rewrite(await here.around.fill(SERVED.replace('cache 30', 'cash 60')));
  assert.equal((await ask(here.socket, 'POST', '/v1/reload', '{}')).status, 422);
  assert.equal((await ask(here.socket, 'GET', '/v1/status')).status, 200);
});

test('who says nothing, or no HTTP, hinders nobody', async (t) => {
  const { socket } = await rig(t, SERVED);
  const { connect } = await import('node:net');
  const silent = connect(socket);
  const odd = connect(socket);
  odd.write('\0\0\0\0\r\n\r\n');
  await new Promise((resolve) => odd.once('close', resolve).resume());
  assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200);
  silent.destroy();
});
