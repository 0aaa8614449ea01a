// DNS over HTTPS and over gRPC by the server as a process, asked by node:http2, curl and h2load: statuses, bodies, paths that become
// labels, limits, and what a client hears where the server ends. Knows processes and HTTP.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { missing } from './programs.ts';

const run = promisify(execFile);
/** `name`, type A (or another one), with id 0. */
function question(name: string, type = 1): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}
interface Got { readonly status: number; readonly body: Buffer; readonly fields: { readonly [name: string]: unknown } }
/** One request. */
function ask(session: ClientHttp2Session, fields: { readonly [name: string]: string }, body?: Buffer): Promise<Got> {
  return new Promise((resolve) => {
    const stream = session.request({ ':method': body === undefined ? 'GET' : 'POST', ...fields });
    const parts: Buffer[] = [];
    let said: { [name: string]: unknown } = {};
    stream.on('response', (headers) => (said = { ...headers }));
    stream.on('trailers', (headers) => (said = { ...said, ...headers }));
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('error', () => {});
    stream.on('close', () => resolve({ status: Number(said[':status']), body: Buffer.concat(parts), fields: said }));
    stream.end(body);
  });
}
function session(t: TestContext, port: number): ClientHttp2Session {
  const client = connect(`http://127.0.0.1:${port}`);
  client.on('error', () => {});
  t.after(() => client.destroy());
  return client;
}
async function serving(t: TestContext, corefile: (port: number) => string): Promise<{ readonly server: Spawned; readonly port: number }> {
  const port = await freePort();
  const server = new Spawned(corefile(port));
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  return { server, port };
}

const DOH = (port: number) => `https://.:${port} {
  bind 127.0.0.1
  metadata
  https {
    path /dns-query/{client}
    path /{client}/dns
    max_streams 20
  }
  view kids {
    expr metadata('http/path/client') == 'kids' || metadata('http/header/x-who') == 'kids'
  }
  template IN A {
    answer "{{ .Name }} 7 IN A 192.0.2.1"
  }
}
https://.:${port} {
  bind 127.0.0.1
  acl {
    drop type MX
  }
  template IN A {
    answer "{{ .Name }} 9 IN A 192.0.2.9"
  }
}
`;

test('statuses, bodies, max-age; parts of the path and fields of the request choose a view', async (t) => {
  const { port } = await serving(t, DOH);
  const client = session(t, port);
  const packet = question('a.test');
  const dns = packet.toString('base64url');
  const ages: unknown[] = [];
  for (const fields of [
    { ':path': `/dns-query?dns=${dns}` }, { ':path': `/dns-query/kids?dns=${dns}` }, { ':path': `/kids/dns?x=y&dns=${dns}` },
    { ':path': `/dns-query?dns=${dns}`, 'x-who': 'kids' }, { ':path': `/dns-query/others?dns=${dns}` }]) {
    const got = await ask(client, fields);
    ages.push([got.status, got.fields['content-type'], got.fields['cache-control'], got.body.at(-1)]);
  }
  const as = (seconds: number, last: number) => [200, 'application/dns-message', `max-age=${seconds}`, last];
  assert.deepEqual(ages, [as(9, 9), as(7, 1), as(7, 1), as(7, 1), as(9, 9)]);

  const said = async (fields: { readonly [name: string]: string }, body?: Buffer) => {
    const { status, body: text } = await ask(client, fields, body);
    return `${status} ${text.toString()}`;
  };
  assert.equal(await said({ ':path': '/dns-query' }, packet.subarray(0, 11)), '400 invalid request\n');
  assert.equal(await said({ ':path': '/dns-query' }, Buffer.concat([packet, Buffer.of(0)])), '400 invalid request\n');
  assert.equal(await said({ ':path': '/dns-query' }, Buffer.alloc(70_000)), '400 invalid request\n');
  const update = Buffer.from(packet);
  update[2] = 5 << 3;
  assert.equal(await said({ ':path': '/dns-query' }, update), '400 invalid request\n');
  for (const target of ['', '?dns=', `?dns=${dns}&dns=${dns}`, `?dns=${dns}==`, '?dns=%ff', '?dns=!!!!', `?dn=${dns}`]) {
    assert.equal(await said({ ':path': `/dns-query${target}` }), '400 invalid request\n', target);
  }
  assert.equal(await said({ ':path': `/dns-query?dns=${dns}`, ':method': 'DELETE' }), '400 invalid request\n');
  assert.equal(await said({ ':path': `/dns-query/a/b?dns=${dns}` }), '404 \n');
  assert.equal(await said({ ':path': '/' }), '404 \n');
  assert.equal(await said({ ':path': '/dns-query' }, question('a.test', 15)), '500 No response\n');
});

test('curl asks, over both versions', { skip: missing('curl') }, async (t) => {
  const { port } = await serving(t, DOH);
  const url = `http://127.0.0.1:${port}/dns-query?dns=${question('a.test').toString('base64url')}`;
  for (const version of ['--http1.1', '--http2-prior-knowledge']) {
    const { stdout } = await run('curl', ['-s', version, url, '-w', '%{http_code} %{content_type}', '-o', '/dev/null']);
    assert.equal(stdout, '200 application/dns-message', version);
  }
});

test('no more streams than the block allows, and hundreds that wait on one connection are answered', {
  skip: missing('h2load'),
}, async (t) => {
  const { port } = await serving(t, DOH);
  const url = `http://127.0.0.1:${port}/dns-query?dns=${question('a.test').toString('base64url')}`;
  const { stdout } = await run('h2load', ['-n', '5000', '-c', '4', '-m', '100', url]);
  assert.match(stdout, /5000 done, 5000 succeeded, 0 failed/);
  const client = session(t, port);
  await ask(client, { ':path': '/' });
  assert.equal(client.remoteSettings.maxConcurrentStreams, 20);
});

test('of more connections than there may be, the newest is answered', async (t) => {
  const { port } = await serving(t, (at) => `https://.:${at} {\n bind 127.0.0.1\n https {\n  max_connections 3\n }\n whoami\n}\n`);
  const path = `/dns-query?dns=${question('a.test').toString('base64url')}`;
  for (let i = 0; i < 10; i++) assert.equal((await ask(session(t, port), { ':path': path })).status, 200);
});

test('where the server ends, what is under way is answered and the client is told to go', async (t) => {
  const slow = 'erratic {\n  drop 0\n  truncate 0\n  delay 1 300ms\n }';
  const { server, port } = await serving(t, (at) => `https://.:${at} {\n bind 127.0.0.1\n ${slow}\n}\n`);
  const client = session(t, port);
  let told = 0;
  client.on('goaway', () => told++);
  const path = `/dns-query?dns=${question('a.test').toString('base64url')}`;
  assert.equal((await ask(client, { ':path': path })).status, 200);
  const asked = ask(client, { ':path': path });
  assert.equal(await new Promise((resolve) => client.ping((error) => resolve(error))), null);
  server.signal('SIGTERM');
  assert.equal((await asked).status, 200);
  assert.equal(await server.ended, 0);
  assert.ok(told >= 1);
});

const QUERY = '/coredns.dns.DnsService/Query';
const frame = (message: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};
const packetOf = (message: Buffer) => Buffer.concat([message.length < 128 ? Buffer.of(10, message.length)
  : Buffer.of(10, (message.length & 127) | 128, ((message.length >> 7) & 127) | 128, message.length >> 14), message]);

test('gRPC: answers, statuses, health; lengths that lie, compression, deadlines', async (t) => {
  const { port } = await serving(t, (at) => `grpc://.:${at} {
  bind 127.0.0.1
  acl {
    drop type MX
  }
  template IN A {
    answer "{{ .Name }} 9 IN A 192.0.2.9"
  }
  forward . 127.0.0.1:1 {
    max_fails 0
    max_connect_attempts 0
  }
}
`);
  const client = session(t, port);
  const call = async (path: string, body: Buffer, more: { readonly [name: string]: string } = {}) => {
    const { fields, body: got } = await ask(client, { ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...more }, body);
    return { status: fields['grpc-status'], http: fields[':status'], got };
  };
  const packet = question('a.test');
  const good = await call(QUERY, frame(packetOf(packet)));
  const { status, got } = good;
  assert.deepEqual([status, got[0], got.readUInt32BE(1), got[5], got.at(-1)], ['0', 0, got.length - 5, 10, 9]);
  const codes: unknown[] = [];
  for (const [path, body, more] of [
    [QUERY, frame(packetOf(question('a.test', 15)))], [QUERY, frame(packetOf(packet.subarray(0, 5)))],
    ['/other/Method', frame(packetOf(packet))],
    [QUERY, frame(packetOf(packet)).subarray(0, 20)], [QUERY, Buffer.concat([frame(packetOf(packet)), Buffer.of(0)])],
    [QUERY, Buffer.concat([Buffer.of(1), frame(packetOf(packet)).subarray(1)])],
    [QUERY, frame(packetOf(packet)), { 'grpc-encoding': 'gzip' }],
    [QUERY, frame(packetOf(Buffer.alloc(65_536)))], [QUERY, Buffer.alloc(70_000)], [QUERY, frame(Buffer.of(10, 200))],
    [QUERY, frame(packetOf(packet)), { 'grpc-timeout': 'soon' }],
    [QUERY, frame(packetOf(question('a.test', 16))), { 'grpc-timeout': '10m' }],
  ] as [string, Buffer, { readonly [name: string]: string }?][]) codes.push((await call(path, body, more)).status);
  assert.deepEqual(codes.slice(0, -1), ['14', '2', '12', '13', '13', '12', '12', '2', '8', '13', '13']);
  const health = await call('/grpc.health.v1.Health/Check', frame(Buffer.alloc(0)));
  assert.deepEqual([health.status, health.got], ['0', Buffer.of(0, 0, 0, 0, 2, 8, 1)]);
  assert.equal((await call(QUERY, frame(packetOf(packet)), { 'content-type': 'text/plain' })).http, 415);
});
