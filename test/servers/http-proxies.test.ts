// Proxies of HTTP before the server as a process: whose questions they are by what nginx and HAProxy say, over HTTP/1.1, HTTP/2 in the
// clear and gRPC, and what becomes of requests whose fields contradict each other. Knows processes and their configurations.
import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { missing, scratch, started } from './programs.ts';

/** `name`, type A, with id 0. */
function question(name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
}
type Fields = { readonly [name: string]: string | readonly string[] };
/** The status of one request by POST over HTTP/2 in the clear. */
function post(port: number, body: Buffer, fields: Fields, at = '/dns-query', localAddress = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const client = connect(`http://127.0.0.1:${port}`, {
      createConnection: () => connectTcp({ port, host: '127.0.0.1', localAddress }),
    });
    client.on('error', reject);
    const stream = client.request({ ':method': 'POST', ':path': at, ...fields });
    let status = 0;
    stream.on('response', (headers) => (status = Number(headers[':status'])));
    stream.on('error', reject).on('close', () => {
      client.close();
      resolve(status);
    });
    stream.resume().end(body);
  });
}
async function serving(t: TestContext, scheme: string, lines: string) {
  const [port, page] = [await freePort(), await freePort()];
  const server = new Spawned(`${scheme}://.:${port} {
  bind 127.0.0.1
  ${lines}
  log . "{name} from {remote}:{port}."
  whoami
  prometheus 127.0.0.1:${page}
}
`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  return { server, port, metrics: async () => (await fetch(`http://127.0.0.1:${page}/metrics`)).text() };
}
/** Waits until somebody listens there. */
async function listening(port: number, printed: () => string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connectTcp(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`nobody listens on ${port}: ${printed()}`);
}
const TRUST = 'https {\n    trust_forwarded 127.0.0.0/8\n  }';
const client = (fields: Fields) => ({ 'content-type': 'application/dns-message', ...fields });

test('a trusted proxy names the client, several fields are one list, and two clients are none', async (t) => {
  const { server, port, metrics } = await serving(t, 'https', TRUST);
  assert.equal(await post(port, question('one.test'), client({ 'x-forwarded-for': ['203.0.113.9', '192.0.2.7, 127.0.0.9'] })), 200);
  await server.says(/one\.test\. from 192\.0\.2\.7:0\./);
  assert.equal(await post(port, question('two.test'), client({ forwarded: 'for="[2001:db8::7]:4711";proto=https' })), 200);
  await server.says(/two\.test\. from \[?2001:db8::7\]?:4711\./);
  assert.equal(await post(port, question('none.test'), client({ 'x-forwarded-for': 'unknown' })), 200);
  await server.says(/none\.test\. from 127\.0\.0\.1:\d+\./);
  assert.equal(await post(port, question('torn.test'), client({ 'x-forwarded-for': '192.0.2.7', forwarded: 'for=192.0.2.8' })), 400);
  await server.says(/\[WARNING\] plugin\/https: Forwarded and X-Forwarded-For of a request from 127\.0\.0\.1 name two clients/);
  assert.match(await metrics(), /coredns_https_forwarded_refused_total\{reason="torn"\} 1/);
  assert.ok(!server.stdout.includes('torn.test'));
});

test('nobody who is not trusted names anybody, and nobody does where nothing is said', async (t) => {
  for (const lines of ['', 'https {\n    trust_forwarded 192.0.2.0/24\n  }']) {
    const { server, port } = await serving(t, 'https', lines);
    assert.equal(await post(port, question('one.test'), client({ 'x-forwarded-for': '192.0.2.7' })), 200);
    await server.says(/one\.test\. from 127\.0\.0\.1:\d+\./);
  }
});

/** nginx with this server in it. */
async function nginx(t: TestContext, listen: string, location: string): Promise<void> {
  const folder = scratch(t);
  const port = Number(/:(\d+)/.exec(listen)![1]);
  writeFileSync(path.join(folder, 'nginx.conf'), `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events {} http {
  access_log off; client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
  uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
  server { listen ${listen}; location / { ${location} } }
}
`);
  const { printed } = started(t, 'nginx', ['-c', path.join(folder, 'nginx.conf'), '-e', 'stderr'], folder);
  await listening(port, printed);
}

test('nginx in front says who asks by X-Forwarded-For', { skip: missing('nginx') }, async (t) => {
  const { server, port } = await serving(t, 'https', TRUST);
  const front = await freePort();
  await nginx(t, `127.0.0.1:${front}`, `proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`);
  const response = await fetch(`http://127.0.0.1:${front}/dns-query`, {
    method: 'POST', body: question('nginx.test'), headers: { 'content-type': 'application/dns-message', 'x-forwarded-for': '192.0.2.44' },
  });
  assert.equal(response.status, 200);
  // nginx is trusted, and so is who asked it: this machine.
  await server.says(/nginx\.test\. from 192\.0\.2\.44:0\./);
});

test('nginx passes gRPC on', { skip: missing('nginx') }, async (t) => {
  const { server, port } = await serving(t, 'grpc', '');
  const front = await freePort();
  await nginx(t, `127.0.0.1:${front} http2`, `grpc_pass grpc://127.0.0.1:${port};`);
  const message = question('grpc.test');
  const packed = Buffer.from([0x0a, message.length, ...message]);
  const body = Buffer.concat([Buffer.from([0, 0, 0, 0, packed.length]), packed]);
  const fields = { 'content-type': 'application/grpc', te: 'trailers' };
  assert.equal(await post(front, body, fields, '/coredns.dns.DnsService/Query'), 200);
  await server.says(/grpc\.test\. from 127\.0\.0\.1:\d+\./);
});

test('HAProxy in front speaks HTTP/2 in the clear behind a PROXY header', { skip: missing('haproxy') }, async (t) => {
  const { server, port } = await serving(t, 'https', 'proxyproto {\n    allow 127.0.0.1/32\n  }');
  const front = await freePort();
  const folder = scratch(t);
  writeFileSync(path.join(folder, 'haproxy.cfg'), `global
  maxconn 100
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:${front} proto h2
  default_backend back
backend back
  server one 127.0.0.1:${port} proto h2 send-proxy-v2 source 127.0.0.1
`);
  const { printed } = started(t, 'haproxy', ['-f', path.join(folder, 'haproxy.cfg')], folder);
  await listening(front, printed);
  assert.equal(await post(front, question('haproxy.test'), client({}), undefined, '127.0.0.5'), 200);
  await server.says(/haproxy\.test\. from 127\.0\.0\.5:\d+\./);
});
