// The small HTTP server through real sockets: what it answers, what it refuses, and whom it cuts off.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import { FakeClock, settled } from '../testing/fake-clock.ts';
import { HttpServer } from './server.ts';
import type { HttpHandler } from './server.ts';

const clock = new FakeClock();
const end = new AbortController();
const servers: HttpServer[] = [];
after(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

async function serving(routes: { readonly [path: string]: HttpHandler }): Promise<HttpServer> {
  const server = await HttpServer.open('127.0.0.1:0', clock);
  servers.push(server);
  for (const [path, handler] of Object.entries(routes)) server.route(path, handler, end.signal);
  return server;
}
/** Everything that comes back for these bytes until the other side closes. */
function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.on('data', (bytes) => (got += bytes.toString('latin1')));
    socket.on('close', () => resolve(got));
    socket.on('error', reject);
  });
}
const request = (line: string, headers = '') => `${line} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
const LAST = 'Connection: close\r\n';
const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

test('answers paths and what lies below them, with whatever method', async () => {
  const { port } = await serving({
    '/health': () => ({ status: 200, body: 'OK' }),
    '/below/': ({ path, query }) => ({ status: 200, body: `${path}|${query}` }),
  });
  const at = `http://127.0.0.1:${port}`;
  assert.equal(await (await fetch(`${at}/health`)).text(), 'OK');
  assert.equal(await (await fetch(`${at}/health`, { method: 'POST', body: 'a body' })).text(), 'OK');
  assert.equal(await (await fetch(`${at}/below/a/b?c=d`)).text(), '/below/a/b|c=d');
  const missing = await fetch(`${at}/health/`);
  assert.deepEqual([missing.status, await missing.text()], [404, '404 page not found\n']);
  const head = await talk(port, request('HEAD /health', LAST));
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n(?:.*\r\n)*Content-Length: 2\r\n(?:.*\r\n)*\r\n$/);
});

test('keeps a connection for requests that come one after the other, and skips bodies', async () => {
  const { port } = await serving({ '/': ({ path }) => ({ status: 200, body: path }) });
  const body = 'GET /';
  const first = request('POST /a', 'Content-Length: 5\r\n') + body;
  const got = await talk(port, first + request('GET /b') + request('GET /c', LAST) + request('GET /d'));
  assert.deepEqual(statuses(got), [200, 200, 200]);
  assert.deepEqual(got.match(/\/[a-d]/g), ['/a', '/b', '/c']);
});

test('headers of one name are one list', async () => {
  const { port } = await serving({ '/': ({ headers }) => ({ status: 200, body: `<${headers.get('accept')}>` }) });
  assert.match(await talk(port, request('GET /', `Accept: a;q=0.5 \r\nX: y\r\naccept: b\r\n${LAST}`)), /<a;q=0\.5, b>$/);
});

test('waits for a handler that takes its time, and survives one that throws', async () => {
  const { port } = await serving({
    '/late': async () => {
      await settled();
      return { status: 200, body: 'late' };
    },
    '/bad': () => {
      throw new Error('broken');
    },
  });
  assert.match(await talk(port, request('GET /late', LAST)), /late$/);
  assert.match(await talk(port, request('GET /bad', LAST)), /^HTTP\/1\.1 500 [\s\S]*broken\n$/);
});

test('refuses what is no request', async () => {
  const { port } = await serving({ '/': () => ({ status: 200, body: '' }) });
  const cases: readonly (readonly [string, number])[] = [
    ['nonsense\r\n\r\n', 400], ['GET / HTTP/1.1\r\n\r\n', 400], [request('GET /', 'no colon\r\n'), 400],
    [request('GET /', 'Host: y\r\n'), 400], [request('GET /a\0b'), 400], [request('GET /\x7f'), 400],
    [request('GET /', 'X: a\0b\r\n'), 400],
    [request('POST /', 'Content-Length: -1\r\n'), 400], [request('POST /', 'Content-Length: +1\r\n'), 400],
    [request('POST /', 'Content-Length: 1e3\r\n'), 400], [request('POST /', 'Content-Length: 0x5\r\n'), 400],
    [request('POST /', 'Content-Length:\r\n'), 400], [request('POST /', 'Content-Length: 5, 5\r\n'), 400],
    [request('CONNECT x:1'), 405], [request('GET /', `X: ${'y'.repeat(9000)}\r\n`), 431],
  ];
  for (const [text, status] of cases) assert.deepEqual(statuses(await talk(port, text)), [status], text.slice(0, 40));
  assert.deepEqual(statuses(await talk(port, request('POST /', 'Transfer-Encoding: chunked\r\n') + 'GET / HTTP/1.1\r\n')), [200]);
});

test('cuts off who sends byte after byte', async () => {
  const { port } = await serving({ '/': () => ({ status: 200, body: '' }) });
  let closed = false;
  const socket = connect(port, '127.0.0.1');
  socket.on('close', () => (closed = true));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('GET / HT');
  const whenClosed = new Promise((resolve) => socket.once('close', resolve));
  while (!closed) {
    await clock.elapse(1000);
    if (!closed) socket.write('T');
  }
  await whenClosed;
});

test('the newest load answers, and the one before once that is gone', async () => {
  const server = await serving({ '/': () => ({ status: 200, body: 'first' }) });
  const second = new AbortController();
  server.route('/', () => ({ status: 200, body: 'second' }), second.signal);
  const get = async () => (await fetch(`http://127.0.0.1:${server.port}/`)).text();
  assert.equal(await get(), 'second');
  second.abort();
  assert.equal(await get(), 'first');
});

test('closing lets a reply under way leave and drops idle connections', async () => {
  let release = () => {};
  let entered = () => {};
  const isEntered = new Promise<void>((resolve) => (entered = resolve));
  const server = await serving({
    '/': async () => {
      entered();
      await new Promise<void>((resolve) => (release = resolve));
      return { status: 200, body: 'done' };
    },
    '/quick': () => ({ status: 200, body: 'quick' }),
  });
  const idle = talk(server.port, request('GET /quick'));
  const busy = talk(server.port, request('GET /'));
  await isEntered;
  const closed = server.close();
  assert.match(await idle, /quick$/);
  release();
  assert.match(await busy, /Connection: close\r\n[\s\S]*done$/);
  await closed;
});

test('says as Go does why an address cannot be had', async () => {
  const { createServer } = await import('node:net');
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const open = (address: string) => HttpServer.open(address, clock);
  await assert.rejects(open(`127.0.0.1:${port}`), { message: `listen tcp 127.0.0.1:${port}: bind: address already in use` });
  await assert.rejects(open('192.0.2.1:0'), { message: 'listen tcp 192.0.2.1:0: bind: cannot assign requested address' });
  await assert.rejects(open('127.0.0.1:99999'), { message: 'listen tcp: address 99999: invalid port' });
  await assert.rejects(open('127.0.0.1:http'), { message: 'listen tcp: lookup tcp/http: unknown port' });
  taken.close();
});

test('a newcomer is always heard: who never asked makes room first, then who has been idle for longest', async () => {
  let release = () => {};
  const { port } = await serving({
    '/health': () => ({ status: 200, body: 'OK' }),
    '/slow': async () => {
      await new Promise<void>((resolve) => (release = resolve));
      return { status: 200, body: 'slow' };
    },
  });
  const sockets: Socket[] = [];
  after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const closed = new Set<number>();
  const open = async (text: string) => {
    const socket = connect(port, '127.0.0.1');
    const number = sockets.push(socket) - 1;
    socket.on('error', () => {});
    socket.on('close', () => closed.add(number));
    await new Promise((resolve) => socket.once('connect', resolve));
    if (text !== '') socket.write(text);
    return socket;
  };
  const answered = (socket: Socket) => new Promise((resolve) => socket.once('data', resolve));
  const probe = async () => assert.match(await talk(port, request('GET /health', LAST)), /OK$/);
  // The first is answered slowly, the next two asked and are idle; the rest never says a whole request.
  const slow = await open(request('GET /slow'));
  for (let i = 0; i < 2; i++) await answered(await open(request('GET /health')));
  for (let i = 3; i < 128; i++) await open(i % 2 === 0 ? '' : 'GET /he');
  for (let i = 0; i < 50; i++) await probe();
  assert.deepEqual([...closed].sort((a, b) => a - b), [3]);
  for (let i = 0; i < 124; i++) await answered(await open(request('GET /health')));
  await probe();
  await settled();
  assert.equal([...closed].filter((number) => number < 3).length, 0);
  for (let i = 0; i < 10; i++) await answered(await open(request('GET /health')));
  await probe();
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(closed.has(1) && closed.has(2) && !closed.has(0));
  const reply = answered(slow);
  release();
  assert.match(String(await reply), /slow$/);
});
