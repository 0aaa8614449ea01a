// Who may do what at the API of a registry: tokens and their subtrees, who made an instance, hosts and types that a page of the web could
// send, sizes, TLS and sockets.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Authority } from '../../testing/certificates.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { Client, registry } from './registry-rig.test.ts';

const WEB = '/v1/zones/svc.test/services/web';
const AT = `${WEB}/instances/i`;
const SPEC = { addresses: ['10.0.0.7'] };
const TOKENS = { reader: '1'.repeat(64), web: '2'.repeat(64), other: '3'.repeat(64), root: '4'.repeat(64) };
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

function folder(t: TestContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'access-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

test('tokens: roles below a name, instances of who made them, hashes alone in the file, which is read again', async (t) => {
  const file = path.join(folder(t), 'tokens');
  const lines = [`ann read . ${hashOf(TOKENS.reader)} # looks`, `web operate web.svc.test ${hashOf(TOKENS.web)}`,
    `other operate svc.test ${hashOf(TOKENS.other)}`, `root admin . ${hashOf(TOKENS.root)}`];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const clock = new FakeClock();
  const { port, ours, api } = await registry(t, { stanza: `tokens ${file}`, clock });
  const none = await api.send('GET', WEB);
  assert.deepEqual([none.status, none.headers['www-authenticate']], [401, 'Bearer']);
  const of = (token: string) => {
    const client = new Client({ port }, token);
    t.after(() => client.close());
    return client;
  };
  const [reader, web, other, root] = [of(TOKENS.reader), of(TOKENS.web), of(TOKENS.other), of(TOKENS.root)];
  assert.equal((await of('5'.repeat(64)).send('GET', WEB)).status, 401);
  assert.deepEqual([(await reader.send('GET', WEB)).status, (await reader.send('PUT', AT, SPEC)).status], [200, 403]);
  assert.equal((await reader.send('POST', '/v1/leases', { ttl: 30 })).status, 403);
  assert.equal((await web.send('PUT', AT, SPEC)).body['owner'], 'web');
  assert.equal((await web.send('PUT', AT.replace('web', 'api'), SPEC)).status, 403);
  assert.equal((await web.send('PUT', AT.replace('web', 'notweb'), SPEC)).status, 403);
  assert.deepEqual([(await other.send('PUT', AT, SPEC)).status, (await other.send('DELETE', AT)).status], [403, 403]);
  assert.equal((await root.send('PATCH', AT, { weight: 3 })).body['owner'], 'web');
  // A lease is ended by who may take away all that has it, though others are told its id.
  await web.send('PUT', `${WEB}/instances/leased`, { ...SPEC, lease: { ttl: 600 } });
  const { body: { lease } } = await other.send('GET', `${WEB}/instances/leased`);
  assert.match(lease as string, /^[0-9a-f]+$/);
  const ends = async (client: Client, id: unknown) => {
    const { status, body: { title } } = await client.send('DELETE', `/v1/leases/${id as string}`);
    return title ?? status;
  };
  const { body: { lease: theirs } } = await other.send('POST', '/v1/leases', { ttl: 600 });
  assert.equal((await other.send('PUT', `/v1/zones/svc.test/skydns/x?lease=${theirs as string}`, { host: '10.0.0.5' })).status, 201);
  assert.deepEqual([await ends(other, lease), await ends(web, theirs)], ["Somebody else's instance", 'Not allowed']);
  assert.deepEqual([await ends(other, theirs), await ends(web, lease)], [204, 204]);
  assert.equal((await web.send('GET', `${WEB}/instances/leased`)).status, 404);
  assert.equal((await api.send('GET', '/v1/openapi.json')).status, 200);
  writeFileSync(file, `${lines.join('\n')}\nbroken\n`);
  await clock.elapse(6000);
  assert.match(ours.log(), /tokens is not taken over, and the tokens before it stay: a line is HOLDER ROLE SUBTREE HASH/);
  assert.equal((await web.send('GET', WEB)).status, 200);
  writeFileSync(file, `${lines.slice(2).join('\n')}\n`);
  await clock.elapse(6000);
  assert.deepEqual([(await web.send('GET', WEB)).status, (await root.send('GET', WEB)).status], [401, 200]);
  for (const token of Object.values(TOKENS)) assert.ok(!ours.log().includes(token));
});

test('an audit has each attempt, with what there was before and after, and no token', async (t) => {
  const here = folder(t);
  writeFileSync(path.join(here, 'tokens'), `root admin . ${hashOf(TOKENS.root)}\nann read . ${hashOf(TOKENS.reader)}\n`);
  const { port } = await registry(t, { stanza: `tokens ${here}/tokens\naudit ${here}/audit` });
  const [root, reader, nobody] = [TOKENS.root, TOKENS.reader, '5'.repeat(64)].map((token) => new Client({ port }, token));
  t.after(() => [root, reader, nobody].forEach((client) => client!.close()));
  await root!.send('PUT', AT, SPEC);
  await root!.send('PATCH', AT, { weight: 2 });
  await reader!.send('DELETE', AT);
  await nobody!.send('DELETE', AT);
  await root!.send('DELETE', AT);
  assert.equal((await reader!.send('GET', '/v1/audit')).status, 403);
  const { attempts } = (await root!.send('GET', '/v1/audit')).body as { readonly attempts: readonly Record<string, unknown>[] };
  const weights = attempts.map(({ who, method, status, before, after }) =>
    [who, method, status, ...[before, after].map((each) => (each as { readonly weight?: number } | undefined)?.weight)]);
  assert.deepEqual(weights, [['root', 'PUT', 201, undefined, undefined], ['root', 'PATCH', 200, undefined, 2],
    ['ann', 'DELETE', 403, undefined, undefined], ['', 'DELETE', 401, undefined, undefined], ['root', 'DELETE', 204, 2, undefined]]);
  assert.equal(attempts[1]!['before'] !== undefined, true);
  assert.deepEqual((await root!.send('GET', '/v1/audit?since=2100-01-01')).body, { attempts: [] });
  assert.doesNotMatch(JSON.stringify(attempts), new RegExp(Object.values(TOKENS).join('|')));
});

test('without tokens: a page of the web can neither write nor read', async (t) => {
  const { api } = await registry(t);
  const body = JSON.stringify(SPEC);
  assert.equal((await api.send('PUT', AT, SPEC, { Host: 'rebound.example:80' })).status, 421);
  assert.equal((await api.raw('PUT', AT, body, { 'Content-Type': 'text/plain' })).status, 415);
  const { headers } = await api.raw('OPTIONS', AT, undefined, { Origin: 'http://a.example', 'Access-Control-Request-Method': 'PUT' });
  assert.equal(headers['access-control-allow-origin'], undefined);
});

test('bad requests are told with the field and the cure', async (t) => {
  const { api } = await registry(t);
  const wrong: readonly (readonly [body: unknown, field: string | undefined])[] = [
    [{}, 'addresses'], [{ addresses: [] }, 'addresses'], [{ addresses: ['10.0.0.256'] }, 'addresses.0'],
    [{ addresses: ['10.0.0.1', '10.0.0.1'] }, 'addresses.1'], [{ ...SPEC, ports: { http: 65_536 } }, 'ports.http'],
    [{ ...SPEC, ports: { HTTP: 80 } }, 'ports.HTTP'], [{ ...SPEC, priority: -1 }, 'priority'], [{ ...SPEC, ttl: 1e9 }, 'ttl'],
    [{ ...SPEC, adress: 1 }, 'adress'], [[], ''],
    [{ ...SPEC, lease: { ttl: 0 } }, 'lease.ttl'], [{ ...SPEC, lease: { id: 'X' } }, 'lease.id'],
  ];
  for (const [body, field] of wrong) {
    const reply = await api.send('PUT', AT, body);
    assert.deepEqual([reply.status, reply.body['field'] ?? ''], [400, field], JSON.stringify(body));
    assert.ok(typeof reply.body['cure'] === 'string');
  }
  for (const name of ['UPPER_', '-a', 'a-', '*', 'any', 'a%2fb', 'x'.repeat(64), '..']) {
    assert.equal((await api.raw('PUT', `${WEB}/instances/${name}`, JSON.stringify(SPEC))).status, 400, name);
  }
  const long = Array.from({ length: 5 }, () => 'l'.repeat(60)).join('.');
  assert.equal((await api.send('PUT', `/v1/zones/svc.test/services/${long}/instances/i`, SPEC)).body['field'], 'service');
  assert.equal((await api.send('PUT', '/v1/zones/other.test/services/web/instances/i', SPEC)).status, 404);
  assert.deepEqual((await api.send('POST', AT)).headers['allow'], 'PUT, PATCH, GET, DELETE');
  assert.equal((await api.raw('PUT', AT, Buffer.alloc(70_000, 'x'))).status, 413);
  assert.equal((await api.raw('PUT', AT, Buffer.from([0x7b, 0xff, 0x7d]))).status, 400);
  assert.equal((await api.raw('PUT', AT, '['.repeat(60_000))).status, 400);
  assert.equal((await api.send('PUT', AT.toUpperCase().replaceAll('/V1/ZONES', '/v1/zones').replace('SERVICES', 'services')
    .replace('INSTANCES', 'instances'), SPEC)).body['name'], 'i.web.svc.test.');
});

test('over TLS with tokens, and at a socket that is this user\'s alone', async (t) => {
  const here = folder(t);
  const { cert, key } = new Authority('ours').sign({ names: ['localhost'] });
  writeFileSync(path.join(here, 'cert.pem'), cert);
  writeFileSync(path.join(here, 'key.pem'), key);
  writeFileSync(path.join(here, 'tokens'), `root admin . ${hashOf(TOKENS.root)}\n`);
  const port = await freePort();
  const socket = path.join(here, 'api.sock');
  const ours = await serve(`svc.test {\nbind 127.0.0.1\nregistry {\nfile ${here}/keys\nlisten 127.0.0.1:${port}\ntls ${here}/cert.pem `
    + `${here}/key.pem\ntokens ${here}/tokens\n}\nregistry two.test {\nfile ${here}/two\nlisten unix:${socket}\n}\n}`, standard);
  t.after(() => ours.close());
  const status = await new Promise<number>((resolve, reject) => {
    https.get({ port, path: WEB, rejectUnauthorized: false, headers: { Authorization: `Bearer ${TOKENS.root}` } },
      (response) => resolve(response.resume().statusCode!)).on('error', reject);
  });
  assert.equal(status, 200);
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  const client = new Client({ socketPath: socket });
  t.after(() => client.close());
  assert.equal((await client.send('PUT', AT.replace('svc.test', 'two.test'), SPEC)).status, 201);
  await ours.replace(`two.test {\nbind 127.0.0.1\nregistry {\nfile ${here}/two\nlisten unix:${socket}\n}\n}`);
  assert.equal((await client.send('GET', AT.replace('svc.test', 'two.test'))).status, 200);
});
