// *registry* through both of its doors: what the API has acknowledged is what the next question is answered, on a folder and on an etcd.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RealEtcd, isMissing } from '../../key-value/etcd-rig.test.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { registry } from './registry-rig.test.ts';

type Registry = Awaited<ReturnType<typeof registry>>;
const WEB = '/v1/zones/svc.test/services/web';
const AT = `${WEB}/instances/i-7`;
const SPEC = { addresses: ['10.0.0.7', '2001:db8::7'], ports: { http: 8080, 'dns/udp': 53 }, weight: 10, text: ['v=3', 'b'], ttl: 5 };

/** The body of a transaction. */
const orderOf = (changes: readonly unknown[], conditions: readonly unknown[] = []): object =>
  Object.fromEntries([['if', conditions], ['then', changes]]);

const SUITE: Readonly<Record<string, (own: Registry) => Promise<void>>> = {
  async 'what a 2xx says the next answer has: addresses, SRV, named ports, texts, DNS-SD, names of addresses'({ api, answers, ask }) {
    assert.deepEqual(await answers('web.svc.test', 'A'), ['NXDOMAIN']);
    const made = await api.send('PUT', AT, SPEC);
    assert.deepEqual([made.status, made.body['name'], made.body['state'], made.body['owner'], made.etag],
      [201, 'i-7.web.svc.test.', 'up', 'local', `"${made.body['revision'] as number}"`]);
    assert.deepEqual(await answers('web.svc.test', 'A'), ['web.svc.test 5 A 10.0.0.7']);
    assert.deepEqual(await answers('i-7.web.svc.test', 'AAAA'), ['i-7.web.svc.test 5 AAAA 2001:db8::7']);
    assert.deepEqual(await answers('web.svc.test', 'SRV'), ['web.svc.test 5 SRV 10 100 8080 i-7.web.svc.test']);
    assert.deepEqual(await answers('web.svc.test', 'TXT'), ['web.svc.test 5 TXT "b"', 'web.svc.test 5 TXT "v=3"']);
    assert.deepEqual(await answers('_http._tcp.web.svc.test', 'SRV'), ['_http._tcp.web.svc.test 5 SRV 10 10 8080 i-7.web.svc.test']);
    assert.deepEqual(await answers('_dns._udp.web.svc.test', 'SRV'), ['_dns._udp.web.svc.test 5 SRV 10 10 53 i-7.web.svc.test']);
    assert.deepEqual(await answers('_dns._tcp.web.svc.test', 'SRV'), ['NXDOMAIN']);
    assert.equal((await ask('_http._tcp.web.svc.test', 'SRV')).additional.length, 2);
    assert.deepEqual((await answers('_services._dns-sd._udp.web.svc.test', 'PTR')).map((each) => each.split(' ').at(-1)),
      ['_dns._udp.web.svc.test', '_http._tcp.web.svc.test']);
    assert.deepEqual(await answers('_http._tcp.web.svc.test', 'PTR'), ['_http._tcp.web.svc.test 5 PTR i-7._http._tcp.web.svc.test']);
    assert.deepEqual(await answers('i-7._http._tcp.web.svc.test', 'SRV'),
      ['i-7._http._tcp.web.svc.test 5 SRV 10 10 8080 i-7.web.svc.test']);
    assert.deepEqual(await answers('i-7._http._tcp.web.svc.test', 'TXT'), ['i-7._http._tcp.web.svc.test 5 TXT "v=3" "b"']);
    assert.deepEqual(await answers('7.0.0.10.in-addr.arpa', 'PTR'), ['7.0.0.10.in-addr.arpa 5 PTR i-7.web.svc.test']);
    assert.equal((await api.send('DELETE', AT)).status, 204);
    for (const [name, type] of [['web.svc.test', 'A'], ['_http._tcp.web.svc.test', 'SRV'], ['7.0.0.10.in-addr.arpa', 'PTR']] as const) {
      assert.deepEqual(await answers(name, type), ['NXDOMAIN']);
    }
    assert.equal((await api.send('DELETE', AT)).status, 404);
  },
  async 'the same again is no change; conditions; somebody else in between'({ api, answers }) {
    const first = await api.send('PUT', AT, SPEC, { 'If-None-Match': '*' });
    assert.equal(first.status, 201);
    const again = await api.send('PUT', AT, SPEC);
    assert.deepEqual([again.status, again.etag], [200, first.etag]);
    const there = await api.send('PUT', AT, SPEC, { 'If-None-Match': '*' });
    assert.deepEqual([there.status, there.etag, there.body['revision']], [412, first.etag, first.body['revision']]);
    const second = await api.send('PUT', AT, { ...SPEC, addresses: ['10.0.0.8'], text: [] }, { 'If-Match': first.etag! });
    assert.deepEqual([second.status, (second.body['revision'] as number) > (first.body['revision'] as number)], [200, true]);
    assert.equal((await api.send('PUT', AT, SPEC, { 'If-Match': first.etag! })).status, 412);
    assert.equal((await api.send('DELETE', AT, undefined, { 'If-Match': first.etag! })).status, 412);
    assert.deepEqual(await answers('i-7.web.svc.test', 'AAAA'), ['NOERROR']);
    assert.deepEqual(await answers('i-7.web.svc.test', 'A'), ['i-7.web.svc.test 5 A 10.0.0.8']);
    assert.deepEqual(await answers('7.0.0.10.in-addr.arpa', 'PTR'), ['NXDOMAIN']);
    const patched = await api.send('PATCH', AT, { state: 'draining' });
    assert.deepEqual([patched.status, patched.body['state'], patched.body['addresses']], [200, 'draining', ['10.0.0.8']]);
    assert.deepEqual([await answers('web.svc.test', 'A'), await answers('8.0.0.10.in-addr.arpa', 'PTR')], [['NOERROR'], ['NXDOMAIN']]);
    assert.equal((await api.send('PATCH', `${AT}8`, { weight: 1 })).status, 404);
    const read = await api.send('GET', `${AT}?served=${patched.body['revision'] as number}`);
    assert.deepEqual([read.etag, read.body['state']], [patched.etag, 'draining']);
  },
  async 'of registrations at once with a condition one is made; none is lost without'({ api }) {
    const all = await Promise.all(Array.from({ length: 8 }, (_, i) =>
      api.send('PUT', AT, { addresses: [`10.0.0.${i + 1}`] }, { 'If-None-Match': '*' })));
    assert.deepEqual(all.map(({ status }) => status).sort(), [201, ...Array.from({ length: 7 }, () => 412)]);
    const many = await Promise.all(Array.from({ length: 40 }, (_, i) =>
      api.send('PUT', `${WEB}/instances/n${i}`, { addresses: [`10.0.1.${i + 1}`] })));
    assert.ok(many.every(({ status }) => status === 201));
    const { body } = await api.send('GET', WEB);
    assert.equal((body['instances'] as unknown[]).length, 41);
  },
  async 'leases: renewed one by one, together, or by the same registration; ended, they take away what has them'({ api, answers }) {
    const { body } = await api.send('PUT', AT, { addresses: ['10.0.0.7'], lease: { ttl: 600 } });
    const lease = body['lease'] as string;
    assert.deepEqual((await api.send('PUT', `/v1/leases/${lease}`)).body, { ttl: 600 });
    assert.deepEqual((await api.send('POST', '/v1/leases', { renew: [lease, '5'] })).body, { gone: ['5'] });
    const again = await api.send('PUT', AT, { addresses: ['10.0.0.7'], lease: { ttl: 600 } });
    assert.deepEqual([again.status, again.body['lease'], again.body['revision']], [200, lease, body['revision']]);
    const moved = await api.send('PUT', AT, { addresses: ['10.0.0.8'], lease: { ttl: 600 } });
    assert.equal(moved.body['lease'], lease);
    const shared = await api.send('POST', '/v1/leases', { ttl: 300 });
    assert.equal(shared.status, 201);
    const id = shared.body['lease'] as string;
    for (const name of ['a', 'b']) await api.send('PUT', `${WEB}/instances/${name}`, { addresses: ['10.0.0.9'], lease: { id } });
    assert.equal((await api.send('DELETE', `/v1/leases/${lease}`)).status, 204);
    assert.equal((await api.send('PUT', `/v1/leases/${lease}`)).status, 404);
    const gone = await api.send('PUT', `${WEB}/instances/c`, { addresses: ['10.0.0.9'], lease: { id: lease } });
    assert.equal(gone.status, 409);
    const short = await api.send('PUT', `${WEB}/instances/c`, { addresses: ['10.0.0.9'], lease: { ttl: 1 } });
    assert.deepEqual([short.status, short.body['field']], [400, 'lease.ttl']);
    assert.equal((await api.send('DELETE', `/v1/leases/${id}`)).status, 204);
    for (let found = await api.send('GET', WEB); (found.body['instances'] as unknown[]).length > 0;) {
      found = await api.send('GET', `${WEB}?wait=20s`, undefined, { 'If-None-Match': found.etag! });
    }
    assert.deepEqual(await answers('web.svc.test', 'A'), ['NXDOMAIN']);
  },
  async 'sets of records: what SkyDNS knows and any other type; added to, taken from, beside an alias nothing'({ api, answers }) {
    const at = (name: string, type: string) => `/v1/zones/svc.test/records/${name}/${type}`;
    const made = await api.send('PUT', at('www', 'A'), { ttl: 60, records: ['192.0.2.1', '192.0.2.2', '192.0.2.1'] });
    assert.deepEqual([made.status, made.body['records'], made.body['name']], [201, ['192.0.2.1', '192.0.2.2'], 'www.svc.test.']);
    assert.deepEqual(await answers('www.svc.test', 'A'), ['www.svc.test 60 A 192.0.2.1', 'www.svc.test 60 A 192.0.2.2']);
    const added = await api.send('PATCH', at('www', 'A'), { add: ['192.0.2.3'], remove: ['192.0.2.1'] }, { 'If-Match': made.etag! });
    assert.deepEqual(added.body['records'], ['192.0.2.2', '192.0.2.3']);
    assert.equal((await api.send('PUT', at('www', 'A'), { ttl: 60, records: ['192.0.2.9'] }, { 'If-Match': made.etag! })).status, 412);
    assert.deepEqual((await answers('www.svc.test', 'A')).map((each) => each.at(-1)), ['2', '3']);
    for (const [type, data] of [['MX', '10 mail.example.org.'], ['HTTPS', '1 . alpn=h2'], ['CAA', '0 issue "ca.example"'],
      ['TXT', '"a" "b"'], ['SRV', '0 5 80 www.svc.test.']] as const) {
      assert.equal((await api.send('PUT', at('www', type), { ttl: 30, records: [data] })).status, 201, type);
      assert.match((await answers('www.svc.test', type)).join(), new RegExp(`^www.svc.test 30 ${type} `));
    }
    assert.deepEqual(await answers('www.svc.test', 'MX'), ['www.svc.test 30 MX 10 mail.example.org']);
    assert.deepEqual(await answers('www.svc.test', 'NAPTR'), ['NOERROR']);
    assert.equal((await api.send('PUT', at('www', 'CNAME'), { ttl: 30, records: ['a.svc.test.'] })).status, 409);
    assert.equal((await api.send('PUT', at('alias', 'CNAME'), { ttl: 30, records: ['www.svc.test.'] })).status, 201);
    assert.equal((await api.send('PUT', at('alias', 'A'), { ttl: 30, records: ['192.0.2.1'] })).status, 409);
    assert.deepEqual(await answers('alias.svc.test', 'CNAME'), ['alias.svc.test 30 CNAME www.svc.test']);
    assert.deepEqual((await answers('alias.svc.test', 'A')).length, 3);
    assert.deepEqual((await answers('alias.svc.test', 'MX')).length, 2);
    assert.deepEqual((await api.send('PUT', at('www', 'A'), { ttl: 60, records: ['192.0.2.1', 'x'] })).body['field'], 'records.1');
    assert.deepEqual((await api.send('PUT', at('www', 'SOA'), { ttl: 60, records: ['x'] })).body['field'], 'type');
    assert.equal((await api.send('PUT', at('@', 'TXT'), { ttl: 60, records: ['"apex"'] })).body['name'], 'svc.test.');
    assert.equal((await api.send('GET', at('www', 'MX'))).body['ttl'], 30);
    assert.equal((await api.send('DELETE', at('www', 'MX'))).status, 204);
    assert.equal((await api.send('PATCH', at('www', 'A'), { remove: ['192.0.2.2', '192.0.2.3'] })).status, 204);
    for (const type of ['HTTPS', 'CAA', 'TXT', 'SRV']) assert.equal((await api.send('DELETE', at('www', type))).status, 204);
    assert.deepEqual(await answers('www.svc.test', 'A'), ['NXDOMAIN']);
    assert.equal((await api.send('DELETE', at('www', 'A'))).status, 404);
  },
  async 'transactions: all of it at one revision or nothing, and what would be'({ api, answers }) {
    const record = '/v1/zones/svc.test/records/www/A';
    const { body } = await api.send('PUT', AT, SPEC);
    const revision = body['revision'] as number;
    const conditions = [{ path: AT, revision }, { path: record, revision: 0 }];
    const set = { ttl: 60, records: ['192.0.2.1'] };
    const order = orderOf([{ put: record, body: set }, { put: `${AT}8`, body: { addresses: ['10.0.0.78'] } }, { delete: AT }], conditions);
    const dry = await api.send('POST', '/v1/transactions', { ...order, dryRun: true });
    assert.deepEqual([dry.status, dry.body['revision'], (dry.body['changes'] as unknown[]).length], [200, revision, 3]);
    assert.deepEqual(await answers('www.svc.test', 'A'), ['NXDOMAIN']);
    const done = await api.send('POST', '/v1/transactions', order);
    assert.deepEqual([done.status, done.body['revision']], [200, revision + 1]);
    assert.deepEqual(await answers('www.svc.test', 'A'), ['www.svc.test 60 A 192.0.2.1']);
    assert.deepEqual(await answers('web.svc.test', 'A'), ['web.svc.test 30 A 10.0.0.78']);
    const again = await api.send('POST', '/v1/transactions', order);
    assert.deepEqual([again.status, again.body['failed']], [412, [0, 1]]);
    const late = await api.send('POST', '/v1/transactions', orderOf([{ delete: record }], [{ path: AT, revision }]));
    assert.deepEqual([late.status, late.body['failed']], [412, [0]]);
    assert.equal((await answers('www.svc.test', 'A')).length, 1);
    const wrong = await api.send('POST', '/v1/transactions', orderOf([{ put: record, body: { ttl: 60, records: ['x'] } }]));
    assert.deepEqual([wrong.status, wrong.body['field']], [400, 'then.0.body.records.0']);
    assert.equal((await api.send('POST', '/v1/transactions', orderOf([{ delete: record }, { delete: record }]))).status, 400);
  },
  async 'who waits hears of a change, and that there was none'({ api }) {
    const none = await api.send('GET', WEB);
    assert.deepEqual([none.status, none.body['instances']], [200, []]);
    assert.equal((await api.send('GET', `${WEB}?wait=50ms`, undefined, { 'If-None-Match': none.etag! })).status, 304);
    const waiting = api.send('GET', `${WEB}?wait=60s`, undefined, { 'If-None-Match': none.etag! });
    await api.send('PUT', AT, SPEC);
    const { status, body, etag } = await waiting;
    assert.deepEqual([status, (body['instances'] as unknown[]).length], [200, 1]);
    const more = api.send('GET', `${WEB}?wait=60s`, undefined, { 'If-None-Match': etag! });
    await api.send('DELETE', AT);
    assert.deepEqual((await more).body['instances'], []);
  },
};

for (const [name, run] of Object.entries(SUITE)) {
  test(`a folder: ${name}`, async (t: TestContext) => run(await registry(t)));
  test(`an etcd: ${name}`, { skip: isMissing }, async (t: TestContext) => {
    const etcd = await new RealEtcd().open(t);
    const own = await registry(t, { place: `etcd ${etcd.url}` });
    await eventually(() => own.ours.log().includes('etcd is followed'), 'etcd is followed');
    await run(own);
  });
}
