// /metrics over TLS by a web configuration file: who is let in, certificates that change, and files that are wrong. Real sockets, time
// moved by hand.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Authority } from '../../testing/certificates.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import whoami from '../whoami/index.ts';
import prometheus from './index.ts';

const authority = new Authority();
// The clock of these tests stands at the beginning of a year in which no certificate of today is good.
const span = { from: Date.UTC(2025, 0, 1), until: Date.UTC(2040, 0, 1) };

async function serving(t: TestContext, web: string) {
  const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const { cert, key } = authority.sign({ names: ['metrics.test'], common: 'first', ...span });
  write('cert.pem', cert);
  write('key.pem', key);
  write('ca.pem', authority.pem);
  write('web.yml', web);
  const port = await freePort();
  const clock = new FakeClock();
  const block = (more: string) => `. {\n prometheus 127.0.0.1:${port} {\n${more}\n }\n whoami\n}\n`;
  const server = await serve(block(` tls ${folder}/web.yml`), [prometheus, whoami], clock);
  t.after(() => server.close());
  return { port, clock, server, write, block };
}
/** The status, and whom one spoke with; or why not. */
function get(port: number, more: object = {}): Promise<string> {
  return new Promise((resolve) => {
    const how = { port, host: '127.0.0.1', path: '/metrics', ca: authority.pem, servername: 'metrics.test', agent: false };
    const asked = request({ ...how, ...more });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(`error ${error.code}`));
    asked.on('response', (response) => {
      const { subject } = (response.socket as TLSSocket).getPeerCertificate();
      response.resume().on('end', () => resolve(`${response.statusCode} ${subject.CN}`));
    });
    asked.end();
  });
}
const WEB = 'tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n';

test('over TLS alone, HTTP/1.1 and HTTP/2, and a certificate that changes is taken over', async (t) => {
  const { port, clock, write } = await serving(t, WEB);
  assert.equal(await get(port), '200 first');
  const session = connect(`https://127.0.0.1:${port}`, { ca: authority.pem, servername: 'metrics.test' });
  const status = await new Promise((resolve) => {
    session.request({ ':path': '/metrics' }).on('response', (head) => resolve(head[':status'])).resume();
  });
  session.destroy();
  assert.equal(status, 200);
  const plain = await new Promise<string>((resolve) => {
    const socket = connectTcp(port, '127.0.0.1', () => socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'));
    let got = '';
    socket.on('data', (chunk) => (got += chunk.toString('latin1'))).on('error', () => {}).on('close', () => resolve(got));
  });
  assert.ok(!plain.includes('HTTP/1.1 200'), plain.slice(0, 100));
  const { cert, key } = authority.sign({ names: ['metrics.test'], common: 'second', ...span });
  write('cert.pem', cert);
  write('key.pem', key);
  for (let tries = 0; tries < 50 && (await get(port)) !== '200 second'; tries++) await clock.elapse(10_000);
  assert.equal(await get(port), '200 second');
});

test('clients are let in with a certificate, where one is asked for', async (t) => {
  const wanting = '  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n  min_version: TLS13\n';
  const { port } = await serving(t, `${WEB}${wanting}`);
  assert.match(await get(port), /^error /);
  assert.match(await get(port, new Authority().sign({ names: ['x.test'] })), /^error /);
  assert.equal(await get(port, authority.sign({ names: ['x.test'] })), '200 first');
  assert.match(await get(port, { ...authority.sign({ names: ['x.test'] }), maxVersion: 'TLSv1.2' }), /^error /);
});

test('a file that is wrong, or wants what is not taken, leaves the port closed, and the server answers', async (t) => {
  for (const [web, why] of [
    ['tls_server_config:\n  key_file: key.pem\n', 'missing cert_file'],
    ['tls_server_config:\n  cert_file: nowhere.pem\n  key_file: key.pem\n', 'open .*nowhere.pem: no such file or directory'],
    ['tls_server_config:\n  cert_file: key.pem\n  key_file: key.pem\n', 'tls: failed to find certificate PEM data'],
    [`${WEB}  client_auth_type: Perhaps\n`, 'Invalid ClientAuth: Perhaps'],
    [`${WEB}  client_auth_type: constructor\n`, 'Invalid ClientAuth: constructor'],
    [`${WEB}  client_auth_type: RequireAndVerifyClientCert\n`, 'client_auth_type wants a client_ca_file'],
    [`${WEB}  cipher_suites: [X]\n`, 'field cipher_suites of tls_server_config is not taken here'],
    [`${WEB}basic_auth_users:\n  a: b\n`, 'basic_auth_users is not taken here'],
    ['tls_server_config: []\n', 'tls_server_config is no mapping'],
    ['surprise: 1\n', 'field surprise not found'],
    [': : :\n', ''],
  ] as const) {
    const { port, server } = await serving(t, web);
    assert.match(server.log(), new RegExp(`\\[ERROR\\] plugin/metrics: Invalid TLS config: ${why}`));
    assert.equal(await get(port), 'error ECONNREFUSED', web);
  }
});

test('an empty file asks for no TLS; neither does a reload that says nothing of it', async (t) => {
  const { port, server, block } = await serving(t, WEB);
  assert.equal(await get(port), '200 first');
  await server.replace(block(''));
  assert.equal((await fetch(`http://127.0.0.1:${port}/metrics`)).status, 200);
  const empty = await serving(t, '');
  assert.equal((await fetch(`http://127.0.0.1:${empty.port}/metrics`)).status, 200);
});
