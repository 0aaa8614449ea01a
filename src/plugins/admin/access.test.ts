// Who may do what over TCP: roles on each route, tokens that are read again and wrong ones, certificates of clients, pages of the web that
// are not ours, and what the log has of it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import type { RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { RequestOptions as SecureOptions } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Authority } from '../../testing/certificates.ts';
import { freePort } from '../../testing/free-port.ts';
import { InProcess } from '../../testing/in-process.ts';
import { Surroundings } from '../../testing/subject.ts';
import { standard } from '../index.ts';
import { send } from './rig.test.ts';
import type { Said } from './rig.test.ts';

const TOKENS = { read: '1'.repeat(64), operate: '2'.repeat(64), admin: '3'.repeat(64) };
const ROLES = ['read', 'operate', 'admin'] as const;
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
const FILE = ROLES.map((role) => `${role}er ${role} . ${hashOf(TOKENS[role])}\n`).join('');

interface Served {
  readonly server: InProcess;
  readonly folder: string;
  readonly port: number;
  readonly ask: (method: string, path: string, more?: RequestOptions & { readonly body?: string }) => Promise<Said>;
}
/** A server whose API is on a port, over TLS where there is a certificate of an authority. */
async function serve(t: TestContext, authority?: Authority, words = ''): Promise<Served> {
  const around = new Surroundings();
  const server = new InProcess(standard);
  t.after(async () => {
    await server.close();
    await around.close();
  });
  const folder = around.directory, port = await freePort();
  writeFileSync(join(folder, 'tokens'), FILE);
  if (authority !== undefined) {
    const { cert, key } = authority.sign({ common: 'server', names: ['dns.example.org', 'localhost'] });
    for (const [name, text] of Object.entries({ cert, key, ca: authority.pem })) writeFileSync(join(folder, name), text);
  }
  const tls = authority === undefined ? '' : `tls ${folder}/cert ${folder}/key`;
  const scheme = authority === undefined ? 'http' : 'https';
  const corefile = `.:53 {\nadmin ${scheme}://127.0.0.1:${port} {\ntokens ${folder}/tokens\n${tls}\n${words}\n}\ncache\nwhoami\n}\n`;
  assert.equal(await server.start(await around.fill(corefile)), undefined);
  const ask: Served['ask'] = (method, path, { body, ...more } = {}) => {
    const json = method === 'GET' ? {} : { 'content-type': 'application/json' };
    const options = { host: '127.0.0.1', port, method, path, ca: authority?.pem, servername: 'localhost', ...more,
      headers: { ...json, ...more.headers as { [name: string]: string } } } as SecureOptions;
    return send(authority === undefined ? plainRequest : secureRequest as typeof plainRequest, options, body);
  };
  return { server, folder, port, ask };
}
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

test('each route of the description is for who has its role, and for nobody below', async (t) => {
  const { ask } = await serve(t);
  const { json } = await ask('GET', '/v1/openapi.json', bearer(TOKENS.read));
  const paths = json['paths'] as { [path: string]: { [method: string]: { 'x-role': (typeof ROLES)[number] } } };
  const all = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, { 'x-role': role }]) => (
    { method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, 'x'), role })));
  assert.ok(all.length >= 15 && all.every(({ role }) => ROLES.includes(role)));
  for (const { method, path, role } of all) {
    assert.equal((await ask(method, path)).status, 401, path);
    for (const holder of ROLES) {
      // A member that no body has: whoever is let in is told so, and nothing is done.
      const { status } = await ask(method, path, { ...bearer(TOKENS[holder]), body: method === 'GET' ? '' : '{"nothing":1}' });
      const isLetIn = ROLES.indexOf(holder) >= ROLES.indexOf(role);
      assert.equal(status === 403, !isLetIn, `${holder}: ${method} ${path} is ${status}`);
      assert.notEqual(status, 401);
    }
  }
});

test('a token is shown in one field alone, is nowhere told, and its file is read again', async (t) => {
  const { ask, server, folder } = await serve(t);
  const said = await ask('GET', '/v1/status');
  assert.deepEqual([said.status, said.type, said.json['status']], [401, 'application/problem+json', 401]);
  for (const name of ['token', 'access_token']) assert.equal((await ask('GET', `/v1/status?${name}=${TOKENS.admin}`)).status, 401);
  const basic = Buffer.from(`:${TOKENS.admin}`).toString('base64');
  for (const authorization of [`Basic ${basic}`, TOKENS.admin, 'Bearer', `Bearer ${TOKENS.admin.slice(1)}`]) {
    assert.equal((await ask('GET', '/v1/status', { headers: { authorization } })).status, 401);
  }
  assert.equal((await ask('GET', '/v1/status', { headers: { cookie: `token=${TOKENS.admin}` } })).status, 401);
  writeFileSync(join(folder, 'tokens'), 'broken\n');
  await server.elapse(60_000);
  assert.equal((await ask('GET', '/v1/status', bearer(TOKENS.read))).status, 200);
  writeFileSync(join(folder, 'tokens'), FILE.split('\n').slice(1).join('\n'));
  await server.elapse(6000);
  assert.equal((await ask('GET', '/v1/status', bearer(TOKENS.read))).status, 401);
  await ask('POST', '/v1/cache/flush', { ...bearer(TOKENS.operate), body: '{"all":true}' });
  const log = server.log().join('\n');
  assert.match(log, /tokens is not taken over, and the tokens before it stay: /);
  assert.match(log, /\{"who":"operateer","address":"127\.0\.0\.1","method":"POST","path":"\/v1\/cache\/flush","status":200\}/);
  assert.match(log, /\{"who":"","address":"127\.0\.0\.1","method":"GET","path":"\/v1\/status","status":401\}/);
  const told = [log, (await ask('GET', '/v1/config', bearer(TOKENS.admin))).text].join('\n');
  for (const token of Object.values(TOKENS)) assert.ok(!told.includes(token) && !told.includes(hashOf(token)));
});

test('whoever guesses waits longer each time, and one good token ends that', async (t) => {
  const { ask, server } = await serve(t);
  const statuses: number[] = [];
  for (let i = 0; i < 8; i++) statuses.push((await ask('GET', '/v1/status', bearer(String(i).repeat(64)))).status);
  // Three of the eight digits are tokens.
  assert.deepEqual(statuses, [401, 200, 200, 200, 401, 401, 401, 401]);
  for (let i = 0; i < 2; i++) assert.equal((await ask('GET', '/v1/status', bearer('9'.repeat(64)))).status, 401);
  const late = await ask('GET', '/v1/status', bearer(TOKENS.read));
  assert.equal(late.status, 429);
  await server.elapse(1000);
  assert.equal((await ask('GET', '/v1/status', bearer('9'.repeat(64)))).status, 401);
  await server.elapse(1000);
  assert.equal((await ask('GET', '/v1/status', bearer('9'.repeat(64)))).status, 429);
  await server.elapse(60_000);
  assert.equal((await ask('GET', '/v1/status', bearer(TOKENS.read))).status, 200);
  assert.equal((await ask('GET', '/v1/status', bearer('9'.repeat(64)))).status, 401);
  assert.equal((await ask('GET', '/v1/status', bearer(TOKENS.read))).status, 200);
});

test('names that lead here by accident, and pages of other sites, are kept out', async (t) => {
  const { ask, port } = await serve(t, undefined, 'host dns.example.org');
  const status = async (headers: { [name: string]: string }, method = 'GET') =>
    (await ask(method, '/v1/status', { headers: { ...bearer(TOKENS.admin).headers, ...headers } })).status;
  const good = ['localhost', `127.0.0.1:${port}`, `[::1]:${port}`, 'DNS.example.org', `dns.example.org:${port}`];
  for (const host of good) assert.equal(await status({ host }), 200, host);
  for (const host of ['evil.example', `evil.example:${port}`, 'dns.example.org.evil.example', 'a b', 'dns.example.org@evil.example']) {
    assert.equal(await status({ host }), 421, host);
  }
  assert.equal(await status({ host: 'localhost', 'sec-fetch-site': 'same-origin' }), 200);
  for (const site of ['cross-site', 'same-site', 'x']) assert.equal(await status({ host: 'localhost', 'sec-fetch-site': site }), 403);
  const flush = async (headers: { [name: string]: string }) =>
    (await ask('POST', '/v1/cache/flush', { headers: { ...bearer(TOKENS.admin).headers, ...headers }, body: '{"all":true}' })).status;
  assert.equal(await flush({ host: `localhost:${port}`, origin: `http://localhost:${port}` }), 200);
  for (const origin of ['http://evil.example', 'null', 'http://localhost:1', `http://localhost:${port}.evil.example`]) {
    assert.equal(await flush({ host: `localhost:${port}`, origin }), 403, origin);
  }
  assert.equal(await flush({ 'content-type': 'text/plain' }), 415);
  const { text } = await ask('GET', '/v1/status', { headers: { ...bearer(TOKENS.read).headers, origin: 'http://evil.example' } });
  assert.ok(text.length > 0);
});

test('over TLS a certificate of a client that is named says what its holder may, and no other', async (t) => {
  const authority = new Authority(), stranger = new Authority('another');
  const { ask, folder } = await serve(t, authority, 'client_ca {{DIR}}/ca\nmay operate ann\nmay read CN=bob');
  const as = (signer: Authority, common: string) => ({ ...signer.sign({ common, names: [] }), headers: {} } as SecureOptions);
  const status = async (client: SecureOptions, method = 'GET', path = '/v1/status') =>
    (await ask(method, path, { ...client, body: method === 'GET' ? '' : '{"all":true}' })).status;
  assert.equal(await status(as(authority, 'ann')), 200);
  assert.equal(await status(as(authority, 'ann'), 'POST', '/v1/cache/flush'), 200);
  assert.equal(await status(as(authority, 'bob')), 200);
  assert.equal(await status(as(authority, 'bob'), 'POST', '/v1/cache/flush'), 403);
  assert.equal(await status(as(authority, 'carol')), 401);
  // Signed by somebody else: a handshake that fails, or somebody who is not known.
  assert.ok([401, 0].includes(await status(as(stranger, 'ann')).catch(() => 0)));
  assert.equal(await status({}), 401);
  assert.equal(await status(bearer(TOKENS.admin) as SecureOptions), 200);
  assert.ok(folder.length > 0);
});
