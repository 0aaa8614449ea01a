// Which requests to an API go through a proxy, and what it is told. Knows sockets; a proxy is played by the test.
import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import { readEndpoint } from './endpoint.ts';
import { get } from './http-get.ts';
import { proxyFor, readProxy, tunnel } from './proxy.ts';

const through = (url: string, environment: { readonly [name: string]: string }) =>
  proxyFor(readEndpoint(url, false), environment)?.endpoint.authority;

test('HTTPS_PROXY and HTTP_PROXY count for their schemes, in capitals or not; without a scheme a proxy speaks HTTP', () => {
  const both = { HTTPS_PROXY: 'http://proxy.test:3128', http_proxy: 'other.test:8080' };
  assert.equal(through('https://api.test:6443', both), 'proxy.test:3128');
  assert.equal(through('http://api.test', both), 'other.test:8080');
  assert.equal(through('http://api.test', { ...both, REQUEST_METHOD: 'GET' }), undefined);
  assert.equal(through('https://api.test', {}), undefined);
  assert.equal(readProxy('http://me:s%40cret@proxy.test').authorization, `Basic ${Buffer.from('me:s@cret').toString('base64')}`);
  assert.throws(() => readProxy('socks5://proxy.test:1080'), /socks5:\/\/proxy\.test:1080/);
});

test('this machine, and what NO_PROXY means, is asked directly', () => {
  const except = (url: string, list: string) => through(url, { HTTPS_PROXY: 'proxy.test:3128', NO_PROXY: list }) === undefined;
  for (const url of ['https://localhost:6443', 'https://127.0.0.9', 'https://[::1]:6443']) assert.ok(except(url, ''), url);
  const rows: readonly (readonly [list: string, direct: readonly string[], proxied: readonly string[]])[] = [
    ['*', ['https://api.test'], []],
    ['example.test, api.test', ['https://api.test', 'https://x.api.test', 'https://API.test'], ['https://xapi.test', 'https://other.test']],
    ['.api.test', ['https://x.api.test'], ['https://api.test']],
    ['*.api.test', ['https://x.api.test'], ['https://api.test']],
    ['10.96.0.0/12', ['https://10.96.0.1'], ['https://10.112.0.1', 'https://api.test']],
    ['fd00::/8', ['https://[fd00::1]:443'], ['https://[2001:db8::1]:443', 'https://10.0.0.1']],
    ['10.96.0.1', ['https://10.96.0.1'], ['https://10.96.0.2']],
    ['api.test:6443', ['https://api.test:6443'], ['https://api.test']],
  ];
  for (const [list, direct, proxied] of rows) {
    for (const url of direct) assert.ok(except(url, list), `${list}: ${url}`);
    for (const url of proxied) assert.ok(!except(url, list), `${list}: ${url}`);
  }
});

/** A proxy that keeps what it is told, and answers by `answer`. */
async function proxy(t: TestContext, answer: (socket: Socket, request: string) => void): Promise<{ url: string; told: string[] }> {
  const told: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      told.push(bytes.toString());
      answer(socket, bytes.toString());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://me:secret@127.0.0.1:${(server.address() as AddressInfo).port}`, told };
}
const never = new AbortController().signal;

test('an http API is asked for by its whole URL', async (t) => {
  const { url, told } = await proxy(t, (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  let got = '';
  await get({
    host: 'api.test', port: 8080, authority: 'api.test:8080', tls: undefined, target: '/x?y=1', headers: [], proxy: readProxy(url),
    limits: { connect: 60_000, head: 60_000, silence: 60_000 },
  }, { head: () => {}, content: (part) => void (got += part.toString()) }, systemClock, never);
  assert.equal(got, 'ok');
  assert.deepEqual(told, [`GET http://api.test:8080/x?y=1 HTTP/1.1\r\nHost: api.test:8080\r\n` +
    `Proxy-Authorization: Basic ${Buffer.from('me:secret').toString('base64')}\r\nConnection: close\r\n\r\n`]);
});

test('an https API is reached through a tunnel; a proxy that refuses is said', async (t) => {
  const origin = createServer((socket) => void socket.on('error', () => {}).end('hello'));
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  t.after(() => origin.close());
  const { port } = origin.address() as AddressInfo;
  const { url, told } = await proxy(t, (socket, request) => {
    if (request.includes('refused.test')) return void socket.end('HTTP/1.1 407 Who\r\n\r\n');
    const there = connect(port, '127.0.0.1');
    t.after(() => there.destroy());
    socket.write('HTTP/1.1 200 Established\r\n\r\n', () => there.pipe(socket));
  });
  const socket = await tunnel(readProxy(url), 'api.test:6443', 60_000, systemClock, never);
  t.after(() => socket.destroy());
  let got = '';
  for await (const part of socket) got += String(part);
  assert.equal(got, 'hello');
  assert.match(told[0]!, /^CONNECT api\.test:6443 HTTP\/1\.1\r\nHost: api\.test:6443\r\nProxy-Authorization: Basic /);
  await assert.rejects(tunnel(readProxy(url), 'refused.test:443', 60_000, systemClock, never), /answers 407/);
});
