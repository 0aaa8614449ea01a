// What others bring to a registry: messages of SkyDNS as they are, the webhook protocol of external-dns, and certificates in place of
// tokens.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Authority } from '../../testing/certificates.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { registry } from './registry-rig.test.ts';

const AT = '/v1/zones/svc.test/skydns/legacy%2Fx1';
const WEB = '/v1/zones/svc.test/services/web/instances/a';

test('a message as it is: written, answered, changed on a condition, with a lease, and taken away', async (t) => {
  const { api, answers } = await registry(t);
  const made = await api.send('PUT', AT, { host: '10.0.0.5', port: 8080, ttl: 40, group: 'g' }, { 'If-None-Match': '*' });
  assert.deepEqual([made.status, made.body['key'], made.body['message']],
    [201, '/skydns/test/svc/legacy/x1', { host: '10.0.0.5', port: 8080, ttl: 40, group: 'g' }]);
  assert.deepEqual(await answers('legacy.svc.test', 'A'), ['legacy.svc.test 40 A 10.0.0.5']);
  assert.equal((await api.send('PUT', AT, { host: '10.0.0.5', port: 8080, ttl: 40, group: 'g' })).etag, made.etag);
  assert.equal((await api.send('PUT', AT, { host: '10.0.0.6' }, { 'If-None-Match': '*' })).status, 412);
  assert.equal((await api.send('PUT', AT, { host: '10.0.0.6', ttl: 40 }, { 'If-Match': made.etag! })).status, 200);
  assert.equal((await api.send('PUT', AT, { host: '10.0.0.7' }, { 'If-Match': made.etag! })).status, 412);
  assert.deepEqual((await api.send('GET', AT)).body['message'], { host: '10.0.0.6', ttl: 40 });
  const { body: { lease } } = await api.send('POST', '/v1/leases', { ttl: 60 });
  assert.equal((await api.send('PUT', `${AT}?lease=${lease}`, { host: '10.0.0.6', ttl: 40 })).body['lease'], lease);
  assert.equal((await api.send('DELETE', `/v1/leases/${lease}`)).status, 204);
  assert.equal((await api.send('GET', AT)).status, 404);
  assert.deepEqual(await answers('legacy.svc.test', 'A'), ['NXDOMAIN']);
  assert.equal((await api.send('DELETE', AT)).status, 404);
});

test('a message does not touch an instance, an alias, or what is the registry\'s', async (t) => {
  const { api } = await registry(t);
  await api.send('PUT', WEB, { addresses: ['10.0.0.1', '10.0.0.2'] });
  await api.send('PUT', '/v1/zones/svc.test/records/alias/CNAME', { ttl: 60, records: ['web.svc.test.'] });
  for (const [key, body, status, field] of [
    ['web%2Fa%2F1', { host: '10.9.9.9' }, 409, undefined], ['web%2Fa%2F2', { host: '10.9.9.9' }, 409, undefined],
    ['web%2Fa%2F1%2Fdeep', { host: '10.9.9.9' }, 409, undefined], ['web%2Fa', { host: '10.9.9.9' }, 409, undefined],
    ['alias', { host: '10.9.9.9' }, 412, undefined], ['alias%2F-cname', { host: '10.9.9.9' }, 400, 'key'],
    ['x', { host: 1 }, 400, 'host'], ['x', { host: '10.9.9.9', coredns: {} }, 400, 'coredns'], ['x', { ttl: -1 }, 400, 'ttl'],
    ['..%2Fother', { host: '10.9.9.9' }, 400, 'key'], ['x%2F', { host: '10.9.9.9' }, 400, 'key'], ['x?lease=X', {}, 400, 'lease'],
  ] as const) {
    const reply = await api.send('PUT', `/v1/zones/svc.test/skydns/${key}`, body);
    assert.deepEqual([reply.status, reply.body['field']], [status, field], key);
  }
  assert.deepEqual((await api.send('GET', WEB)).body['addresses'], ['10.0.0.1', '10.0.0.2']);
});

test('external-dns: what there is, what could be, and changes in the order in which they fit', async (t) => {
  const { api, answers } = await registry(t);
  const type = 'application/external.dns.webhook+json;version=1';
  const media = { 'Content-Type': type, Accept: type };
  const hello = await api.send('GET', '/', undefined, media);
  assert.deepEqual([hello.headers['content-type'], hello.body], [media.Accept, { include: ['svc.test', '0.10.in-addr.arpa'] }]);
  const list = async () => {
    const { headers, body } = await api.send('GET', '/records', undefined, media);
    assert.equal(headers['content-type'], media.Accept);
    return (body as unknown as readonly { readonly dnsName: string; readonly recordType: string }[])
      .toSorted((a, b) => `${a.dnsName}${a.recordType}`.localeCompare(`${b.dnsName}${b.recordType}`));
  };
  assert.deepEqual(await list(), []);
  const app = { dnsName: 'app.svc.test', targets: ['192.0.2.1', '192.0.2.2'], recordType: 'A', recordTTL: 60, labels: { owner: 'x' } };
  const owner = { dnsName: 'a-app.svc.test', targets: ['"heritage=external-dns,external-dns/owner=x"'], recordType: 'TXT', labels: {} };
  const post = async (changes: object) => (await api.send('POST', '/records', changes, media)).status;
  assert.equal(await post({ create: [app, owner], updateOld: null, updateNew: null, delete: null }), 204);
  const { labels: _, ...bare } = app;
  const { labels: __, ...kept } = owner;
  assert.deepEqual(await list(), [{ ...kept, recordTTL: 300 }, bare]);
  assert.deepEqual(await answers('app.svc.test', 'A'), ['app.svc.test 60 A 192.0.2.1', 'app.svc.test 60 A 192.0.2.2']);
  assert.deepEqual(await answers('a-app.svc.test', 'TXT'), ['a-app.svc.test 300 TXT "heritage=external-dns,external-dns/owner=x"']);
  assert.equal(await post({ updateOld: [app], updateNew: [{ ...app, targets: ['192.0.2.3'] }] }), 204);
  assert.deepEqual(await answers('app.svc.test', 'A'), ['app.svc.test 60 A 192.0.2.3']);
  // An alias in place of addresses: what goes makes room.
  const alias = { dnsName: 'app.svc.test', targets: ['elsewhere.example'], recordType: 'CNAME' };
  assert.equal(await post({ create: [alias], delete: [{ ...app, targets: ['192.0.2.3'] }] }), 204);
  assert.deepEqual(await answers('app.svc.test', 'CNAME'), ['app.svc.test 300 CNAME elsewhere.example']);
  assert.deepEqual((await list()).map(({ recordType }) => recordType), ['TXT', 'CNAME']);
  // The same again changes nothing; what is not there any more may be taken away.
  assert.equal(await post({ create: [alias], delete: [app] }), 204);
  const possible = [alias, { ...alias, dnsName: '*.svc.test' }, { ...alias, dnsName: 'x.elsewhere.test' }, { ...alias, recordType: 'NS' }];
  const adjusted = await api.raw('POST', '/adjustendpoints', JSON.stringify(possible), media);
  assert.deepEqual(adjusted.body, [alias]);
  const wrong = await api.send('POST', '/records', { create: [{ ...app, dnsName: 'x.elsewhere.test' }] }, media);
  assert.deepEqual([wrong.status, wrong.body['field']], [400, 'create.0']);
  assert.equal((await api.send('POST', '/records', { create: [{ dnsName: 1 }] }, media)).status, 400);
  assert.equal((await api.raw('POST', '/records', '{}', { 'Content-Type': 'text/plain' })).status, 415);
});

test('certificates in place of tokens, by a name that one has, and beside them', async (t) => {
  const here = mkdtempSync(path.join(tmpdir(), 'named-'));
  t.after(() => rmSync(here, { recursive: true }));
  const authority = new Authority('ours');
  const [deploy, guest] = ['deploy', 'guest'].map((common) => authority.sign({ common }));
  const pairs = { server: authority.sign({ names: ['localhost'] }), deploy: deploy!, guest: guest! };
  const token = '7'.repeat(64);
  for (const [name, text] of [['cert.pem', pairs.server.cert], ['key.pem', pairs.server.key], ['ca.pem', authority.pem],
    ['tokens', `ci read . ${createHash('sha256').update(token).digest('hex')}\n`]] as const) writeFileSync(path.join(here, name), text);
  const [port, other] = [await freePort(), await freePort()];
  const stanza = (zone: string, at: number, more: string): string => `registry ${zone} {\nfile ${here}/${zone}\nlisten 127.0.0.1:${at}\n`
    + `tls ${here}/cert.pem ${here}/key.pem ${here}/ca.pem\nmay operate web.svc.test deploy\n${more}\n}\n`;
  const both = `${stanza('svc.test', port, '')}${stanza('two.test', other, `tokens ${here}/tokens`)}`;
  const ours = await serve(`svc.test two.test {\nbind 127.0.0.1\n${both}}`, standard);
  t.after(() => ours.close());
  const ask = (at: number, who: 'deploy' | 'guest', method: string, target: string, headers = {}) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const body = method === 'PUT' ? '{"addresses":["10.0.0.1"]}' : '';
      const request = https.request({
        port: at, method, path: target, ca: authority.pem, servername: 'localhost', agent: false, ...pairs[who],
        headers: { 'Content-Type': 'application/json', 'Content-Length': body.length, ...headers },
      }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        }).on('end', () => resolve({ status: response.statusCode!, body: text }));
      });
      request.on('error', reject).end(body);
    });
  const put = await ask(port, 'deploy', 'PUT', WEB);
  assert.deepEqual([put.status, (JSON.parse(put.body) as { readonly owner: string }).owner], [201, 'deploy']);
  assert.equal((await ask(port, 'deploy', 'PUT', WEB.replace('web', 'other'))).status, 403);
  assert.equal((await ask(port, 'guest', 'GET', WEB)).status, 401);
  const bearer = { Authorization: `Bearer ${token}` };
  assert.equal((await ask(other, 'guest', 'GET', WEB.replace('svc.test', 'two.test'), bearer)).status, 404);
  assert.equal((await ask(other, 'deploy', 'PUT', WEB.replace('svc.test', 'two.test'), bearer)).status, 403);
  assert.equal((await ask(other, 'guest', 'GET', WEB.replace('svc.test', 'two.test'))).status, 401);
});
