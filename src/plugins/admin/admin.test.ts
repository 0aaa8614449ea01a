// The API of a server in this process, asked over its socket by a client of Node and by the program's own words. What it answers is
// compared with its own description.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { MAIN } from '../../testing/spawned.ts';
import { Surroundings } from '../../testing/subject.ts';
import { standard } from '../index.ts';

interface Said {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly json: { readonly [name: string]: unknown };
}
interface Rig { readonly server: InProcess; readonly around: Surroundings; readonly socket: string }

async function rig(t: TestContext, corefile: string): Promise<Rig> {
  const around = new Surroundings();
  const server = new InProcess(standard);
  t.after(async () => {
    await server.close();
    await around.close();
  });
  const refused = await server.start(await around.fill(corefile));
  assert.equal(refused, undefined);
  return { server, around, socket: join(around.directory, 'admin.sock') };
}
/** Asks over the socket. */
function ask(socketPath: string, method: string, path: string, body?: string, type = 'application/json'): Promise<Said> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const asked = request({ socketPath, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const said = { status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text };
        resolve({ ...said, json: said.type.includes('json') ? JSON.parse(text) : {} });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
/** What the program prints. */
const run = (...args: readonly string[]): Promise<{ status: number; out: string; errors: string }> => new Promise((resolve) => {
  execFile(process.execPath, [MAIN, ...args], (error, out, errors) => resolve({ status: Number(error?.code ?? 0), out, errors }));
});

const SERVED = `.:53 {
    admin unix://{{DIR}}/admin.sock
    cache 30
    forward . {{UPSTREAM}}
}
example.org:53 {
    hosts {
        192.0.2.1 www.example.org
    }
}
`;
const upstreamSays = async ({ around }: Rig, address: string): Promise<void> => {
  const { parsePicture } = await import('../../testing/picture.ts');
  const { records } = parsePicture(['NOERROR', `answer www.example.net. 60 IN A ${address}`]);
  (await around.upstream('')).script('www.example.net. A', { rcode: 0, flags: 0, ...records });
};
const answer = async ({ server }: Rig): Promise<string> => {
  const [reply] = await server.ask(parseAsk('www.example.net A'));
  return [...reply!.answer[0]!.rdata].join('.');
};

test('every route says what its description promises, and refusals are problems', async (t) => {
  const { socket } = await rig(t, SERVED);
  const { json } = await ask(socket, 'GET', '/v1/openapi.json');
  assert.equal(json['openapi'], '3.1.0');
  const paths = json['paths'] as { [path: string]: { [method: string]: { responses: { 200: { content: object } } } } };
  const wanted: { readonly [path: string]: readonly [query: string, body: string | undefined] } = {
    '/v1/status': ['', undefined], '/v1/config': ['', undefined], '/v1/explain': ['?name=www.example.org&type=A', undefined],
    '/v1/queries': ['', undefined], '/v1/top': ['?what=names', undefined],
    '/v1/cache': ['', undefined], '/v1/cache/flush': ['', '{"all":true}'], '/v1/reload': ['', '{"dryRun":true}'],
  };
  assert.deepEqual(Object.keys(paths), Object.keys(wanted));
  for (const [path, [query, body]] of Object.entries(wanted)) {
    const [[method, { responses }]] = Object.entries(paths[path]!) as [[string, { responses: { 200: { content: object } } }]];
    const said = await ask(socket, method.toUpperCase(), `${path}${query}`, body);
    assert.equal(said.status, 200, `${path}: ${said.text}`);
    const content = responses[200].content as { 'application/json': { schema: { properties: { [name: string]: { type: string } } } } };
    for (const [name, { type }] of Object.entries(content['application/json'].schema.properties)) {
      const value = said.json[name];
      assert.equal(Array.isArray(value) ? 'array' : typeof value, type, `${path} ${name}`);
    }
  }
  const wrong: readonly (readonly [method: string, path: string, status: number, body?: string, type?: string])[] = [
    ['GET', '/', 404], ['GET', '/v1/reload', 405], ['POST', '/v1/status', 405, '{}'], ['POST', '/v1/reload', 415, '{}', 'text/plain'],
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
  assert.match(here.server.written, /plugin\/admin: \{"method":"POST","path":"\/v1\/cache\/flush","status":200\}/);
});

test('what is kept is listed, and flushed under a name', async (t) => {
  const here = await rig(t, SERVED);
  await upstreamSays(here, '192.0.2.1');
  await answer(here);
  await here.server.elapse(10_000);
  const list = async (query: string) => (await ask(here.socket, 'GET', `/v1/cache${query}`)).json;
  const row = { name: 'www.example.net.', type: 'A', rcode: 'NOERROR', ttl: 30, left: 20, stale: false, hits: 0, block: '.' };
  assert.deepEqual(await list('?under=example.net&type=A'), { entries: [row], more: 0 });
  assert.deepEqual(await list('?limit=0'), { entries: [], more: 1 });
  assert.deepEqual(await list('?type=AAAA'), { entries: [], more: 0 });
  assert.deepEqual(await list('?under=example.org'), { entries: [], more: 0 });
  assert.equal((await ask(here.socket, 'GET', '/v1/cache?type=x')).status, 400);
  const flush = async (body: object) => (await ask(here.socket, 'POST', '/v1/cache/flush', JSON.stringify(body))).json;
  await upstreamSays(here, '192.0.2.2');
  assert.deepEqual(await flush({ under: 'example.org' }), { flushed: 'example.org.', entries: 0 });
  assert.deepEqual(await flush({ under: 'example.net', type: 'MX' }), { flushed: 'example.net.', entries: 0 });
  assert.equal(await answer(here), '192.0.2.1');
  assert.deepEqual(await flush({ under: 'example.net' }), { flushed: 'example.net.', entries: 1 });
  assert.deepEqual(await list(''), { entries: [], more: 0 });
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
  const [long] = (await told(`?after=${all['next']}`))['queries'] as readonly { readonly name: string; readonly cut: boolean }[];
  assert.equal(long?.name, `${'y'.repeat(60)}.long.example.net.`.replace(/^y{60}\./, ''));
  assert.equal(long?.cut, true);
  for (const wrong of ['?after=x', '?filter=not', '?filter=%3Ex', '?filter=under:a..b', `?filter=${'a'.repeat(2000)}`]) {
    assert.equal((await ask(here.socket, 'GET', `/v1/queries${wrong}`)).status, 400, wrong);
  }
  const top = async (what: string) => (await ask(here.socket, 'GET', `/v1/top?what=${what}`)).json;
  assert.deepEqual((await top('names'))['rows'], [
    { key: 'www.example.net.', count: 2 }, { key: 'www.example.org.', count: 1 }, { key: 'nosuch.example.org.', count: 1 },
    { key: 'long.example.net.', count: 1 },
  ]);
  assert.deepEqual(((await top('clients'))['rows'] as unknown[])[0], { key: '127.0.0.1', count: 4 });
  assert.equal(((await top('failing'))['rows'] as { key: string }[])[0]?.key, 'nosuch.example.org.');
  assert.equal((await ask(here.socket, 'GET', '/v1/top?what=x')).status, 404);
  // What is explained is no client's question.
  await ask(here.socket, 'GET', '/v1/explain?name=www.example.org&type=A');
  assert.equal((await top('names'))['of'], 5);
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

test('the socket has its rights, replaces one that is dead and respects one that lives', async (t) => {
  const around = new Surroundings();
  t.after(() => around.close());
  const socket = join(around.directory, 'admin.sock');
  const corefile = `.:53 {\n    admin unix://${socket}\n    whoami\n}\n`;
  // What a process that was killed leaves.
  writeFileSync(socket, '');
  const first = new InProcess(standard);
  assert.equal(await first.start(corefile), undefined);
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200);
  const second = new InProcess(standard);
  assert.match(await second.start(corefile) ?? '', /another process answers there/);
  await second.close();
  assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200);
  await first.close();
  assert.ok(!existsSync(socket));
});

test('words of the program say the same to a server', async (t) => {
  const { server, socket } = await rig(t, SERVED);
  const at = ['--server', socket];
  const { out } = await run('status', ...at);
  assert.match(out, /^coredns-ts .*, up 0 s, ready\ndns:\/\/:53 {2}\. {2}admin cache forward\n.*example\.org\. {2}admin hosts\n$/);
  assert.deepEqual(await run('flush', 'www.example.org', ...at), { status: 0, out: 'flushed www.example.org.\n', errors: '' });
  assert.equal((await run('flush', '--under', 'example.org', ...at)).out, 'flushed example.org.: 0 entries\n');
  assert.deepEqual(await run('flush', '--all', ...at), { status: 0, out: 'flushed everything\n', errors: '' });
  assert.deepEqual(await run('reload', '--diff', ...at), { status: 0, out: 'nothing differs\n', errors: '' });
  assert.match((await run('explain', 'www.example.org', 'A', 'from', '192.0.2.9', ...at)).out, /hosts +ANSWERED {2}NOERROR/);
  assert.match((await run('explain', 'www.example.org', 'A', '--json', ...at)).out, /^\{.*"by":"hosts"/);
  await server.ask(parseAsk('www.example.org A'));
  const asked = await run('queries', 'under:example.org', 'type:A', ...at);
  assert.match(asked.out, /^\S+Z {2}127\.0\.0\.1 {2}www\.example\.org\. A {2}NOERROR {2}hosts {2}0\.00 ms\n$/);
  assert.equal((await run('top', 'names', ...at)).out, 'of the last 1 questions\n      1  www.example.org.\n');
  assert.equal((await run('queries', 'not', ...at)).errors, 'coredns-ts queries: No filter: a word is missing behind not\n');
  assert.equal((await run('flush', 'a..b', ...at)).status, 1);
  assert.equal((await run('flush', ...at)).status, 2);
  assert.equal((await run('status', '--all', ...at)).status, 2);
  const none = await run('status', '--server', `${socket}.not`);
  assert.match(none.errors, /no server is there; its Corefile needs the word admin\n$/);
  assert.equal(none.status, 1);
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
