// Instances that say how they are looked at, through both doors of a registry and with real sockets: what is answered of them while they
// start, fail and pass, alone and beside others, and where checks do not lead.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RealEtcd, isMissing } from '../../key-value/etcd-rig.test.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { freePort } from '../../testing/free-port.ts';
import { registry } from './registry-rig.test.ts';

type Registry = Awaited<ReturnType<typeof registry>>;
const WEB = '/v1/zones/svc.test/services/web';
const ALLOWED = 'allow_checks 127.0.0.0/8';

/** A service on loopback whose answers the test decides. */
async function service(t: TestContext) {
  const own = { status: 503, asked: new Set<string>(), port: 0 };
  const server = http.createServer((request, response) => {
    own.asked.add(`${request.method} ${request.url}`);
    response.writeHead(own.status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  own.port = (server.address() as AddressInfo).port;
  return own;
}
/** Waits until the instances of the service are in these states. */
async function until({ api }: Registry, states: Readonly<Record<string, string>>): Promise<void> {
  const wanted = JSON.stringify(states);
  for (let etag = '"none"'; ;) {
    const found = await api.send('GET', `${WEB}?wait=20s`, undefined, { 'If-None-Match': etag });
    if (found.status === 304) continue;
    etag = found.etag!;
    const all = found.body['instances'] as readonly { readonly name: string; readonly state: string }[];
    const now = all.map(({ name, state }) => [name.split('.')[0]!, state] as const).sort(([a], [b]) => a.localeCompare(b));
    if (JSON.stringify(Object.fromEntries(now)) === wanted) return;
  }
}
const spec = (address: string, port: number, more: object = {}) =>
  ({ addresses: [address], ports: { http: port }, ttl: 5, check: { http: '/healthz', port: 'http', every: '500ms', fail: 2, ...more } });

async function passes(t: TestContext, own: Registry): Promise<void> {
  const { api, answers, ask } = own;
  const real = await service(t);
  const made = await api.send('PUT', `${WEB}/instances/a`, spec('127.0.0.1', real.port, { fail: 100 }));
  assert.deepEqual([made.status, made.body['state'], await answers('web.svc.test', 'A')], [201, 'starting', ['NOERROR']]);
  real.status = 204;
  await until(own, { a: 'up' });
  assert.deepEqual([await answers('web.svc.test', 'A'), [...real.asked]], [['web.svc.test 5 A 127.0.0.1'], ['GET /healthz']]);
  // The same again is no other check, nor a change.
  const now = await api.send('GET', `${WEB}/instances/a`);
  const again = await api.send('PUT', `${WEB}/instances/a`, spec('127.0.0.1', real.port, { fail: 100 }));
  assert.deepEqual([again.status, again.etag, again.body['state']], [200, now.etag, 'up']);
  // One that nobody answers for, beside it: it is left out.
  await api.send('PUT', `${WEB}/instances/b`, spec('127.0.0.2', real.port));
  await until(own, { a: 'up', b: 'failing' });
  assert.deepEqual(await answers('web.svc.test', 'A'), ['web.svc.test 5 A 127.0.0.1']);
  assert.deepEqual(await answers('_http._tcp.web.svc.test', 'SRV'), [`_http._tcp.web.svc.test 5 SRV 10 100 ${real.port} a.web.svc.test`]);
  assert.deepEqual([await answers('b.web.svc.test', 'A'), (await ask('web.svc.test', 'A')).ede], [['NOERROR'], undefined]);
  // All of them: all are answered, and the reply says why.
  real.status = 500;
  assert.equal((await api.send('PUT', `${WEB}/instances/a`, spec('127.0.0.1', real.port))).body['state'], 'starting');
  await until(own, { a: 'failing', b: 'failing' });
  const { ede, answer } = await ask('web.svc.test', 'A');
  assert.deepEqual([ede, answer.length], [0, 2]);
  assert.equal((await ask('_http._tcp.web.svc.test', 'SRV')).additional.length, 2);
  assert.deepEqual(await answers('b.web.svc.test', 'A'), ['b.web.svc.test 5 A 127.0.0.2']);
  // One that starts beside those changes nothing, and one that is up everything.
  await api.send('PUT', `${WEB}/instances/c`, spec('127.0.0.3', real.port, { fail: 100 }));
  assert.deepEqual(await answers('web.svc.test', 'A'), ['web.svc.test 5 A 127.0.0.1', 'web.svc.test 5 A 127.0.0.2']);
  await api.send('PUT', `${WEB}/instances/d`, { addresses: ['10.0.0.4'], ttl: 5 });
  assert.deepEqual([await answers('web.svc.test', 'A'), (await ask('web.svc.test', 'A')).ede], [['web.svc.test 5 A 10.0.0.4'], undefined]);
  assert.deepEqual(await answers('b.web.svc.test', 'A'), ['NOERROR']);
}
test('a folder: starting, up, failing, and all failing', async (t: TestContext) => passes(t, await registry(t, { stanza: ALLOWED })));
test('an etcd: starting, up, failing, and all failing', { skip: isMissing }, async (t: TestContext) => {
  const etcd = await new RealEtcd().open(t);
  const own = await registry(t, { place: `etcd ${etcd.url}`, stanza: ALLOWED });
  await eventually(() => own.ours.log().includes('etcd is followed'), 'etcd is followed');
  await passes(t, own);
});

test('what cannot be looked at is refused, with the field and the cure', async (t: TestContext) => {
  const { api } = await registry(t);
  const put = (body: object) => api.send('PUT', `${WEB}/instances/a`, body);
  const sound = { addresses: ['10.0.0.7'], ports: { http: 80 } };
  for (const [body, field] of [
    [{ ...sound, addresses: ['127.0.0.1'], check: { tcp: true } }, 'addresses.0'],
    [{ ...sound, addresses: ['169.254.169.254'], check: { http: '/latest/meta-data/' } }, 'addresses.0'],
    [{ ...sound, addresses: ['::1'], check: { tcp: true } }, 'addresses.0'],
    [{ ...sound, check: {} }, 'check'], [{ ...sound, check: { tcp: true, http: '/' } }, 'check'],
    [{ ...sound, check: { http: 'http://example.org/' } }, 'check.http'],
    [{ ...sound, check: { http: '/ HTTP/1.1\r\nX: y' } }, 'check.http'],
    [{ ...sound, check: { tcp: true, host: 'example.org' } }, 'check.host'], [{ ...sound, check: { tcp: true, port: 'x' } }, 'check.port'],
    [{ ...sound, check: { tcp: true, every: '1ms' } }, 'check.every'], [{ addresses: ['10.0.0.7'], check: { tcp: true } }, 'ports'],
  ] as const) {
    const { status, body: said } = await put(body);
    assert.deepEqual([status, said['field']], [400, field], JSON.stringify(body));
    assert.ok(typeof said['cure'] === 'string' && said['cure'] !== '');
  }
  assert.equal((await put({ ...sound, addresses: ['127.0.0.1'] })).status, 201);
});

test('the metrics count looks, turns, and answers with what fails', async (t: TestContext) => {
  const port = await freePort();
  const own = await registry(t, { stanza: ALLOWED, block: `prometheus 127.0.0.1:${port}` });
  const real = await service(t);
  await own.api.send('PUT', `${WEB}/instances/a`, spec('127.0.0.1', real.port));
  await until(own, { a: 'failing' });
  assert.equal((await own.ask('web.svc.test', 'A')).answer.length, 1);
  const shown = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(shown, /^coredns_registry_checks_total\{kind="http",result="fail"\} \d+$/m);
  assert.match(shown, /^coredns_registry_check_changes_total\{state="failing"\} 1$/m);
  assert.match(shown, /^coredns_registry_checked_instances\{path="skydns"\} 1$/m);
  assert.match(shown, /^coredns_registry_all_failing_answers_total\{path="skydns"\} 1$/m);
});
