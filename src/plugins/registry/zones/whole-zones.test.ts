// Zones as master files by the API, on a folder and on an etcd: out, in, what would change, what is refused, and all of it or nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RealEtcd, isMissing } from '../../../key-value/etcd-rig.test.ts';
import { eventually } from '../../../testing/conformance/transport-clients.ts';
import { registry } from '../registry-rig.test.ts';
import type { Reply } from '../registry-rig.test.ts';

type Registry = Awaited<ReturnType<typeof registry>>;
const ZONE = '/v1/zones/svc.test';
const AT = `${ZONE}/services/web/instances/i-7`;
const TEXT = { 'Content-Type': 'text/dns' };

/** The zone as text, its lines without the SOA; and the revision. */
async function exported({ api }: Registry) {
  const { status, headers, body } = await api.raw('GET', `${ZONE}/export`);
  assert.deepEqual([status, headers['content-type']], [200, 'text/dns']);
  const [text, etag] = [body['text'] as string, headers.etag];
  const lines = text.trim().split('\n').map((line) => line.replace(/\t/g, ' '));
  assert.ok(lines[0]!.startsWith(`svc.test. 30 IN SOA ns.dns.svc.test. hostmaster.svc.test. ${etag!.slice(1, -1)} `), lines[0]);
  return { lines: lines.slice(1), text, etag: etag! };
}
const imported = ({ api }: Registry, text: string, query = '', fields = {}): Promise<Reply> =>
  api.raw('POST', `${ZONE}/import${query}`, text, { ...TEXT, ...fields });
const changesOf = ({ body }: Reply) =>
  (body['changes'] as readonly { readonly name: string; readonly type: string; readonly before: string[]; readonly after: string[] }[])
    .map(({ name, type, before, after }) => `${name} ${type} ${before.join(',')} > ${after.join(',')}`).sort();

const SUITE: Readonly<Record<string, (own: Registry) => Promise<void>>> = {
  async 'what goes out comes in again, and changes nothing; what is another is listed, and done at one revision'(own) {
    const { api, answers } = own;
    await api.send('PUT', AT, { addresses: ['10.0.0.7'], ports: { http: 8080 }, text: ['v=3'], ttl: 5 });
    await api.send('PUT', `${ZONE}/records/ns.dns/A`, { ttl: 60, records: ['192.0.2.53'] });
    await api.send('PUT', `${ZONE}/records/www/A`, { ttl: 60, records: ['192.0.2.1', '192.0.2.2'] });
    await api.send('PUT', `${ZONE}/records/www/CAA`, { ttl: 60, records: ['0 issue "ca.test"'] });
    const first = await exported(own);
    assert.ok(first.lines.includes('_http._tcp.web.svc.test. 5 IN SRV 10 100 8080 i-7.web.svc.test.'), first.text);
    assert.ok(first.lines.includes('svc.test. 60 IN NS ns.dns.svc.test.'));
    const same = await imported(own, first.text);
    assert.deepEqual([same.status, changesOf(same)], [200, []]);
    const more = '$ORIGIN svc.test.\nnew 30 TXT "a b"\nnew 30 MX 10 mail\n';
    const text = `${first.text.replace('192.0.2.2', '192.0.2.3')}${more}`.replace(/^www.*CAA.*\n/m, '');
    const dry = await imported(own, text, '?dryRun');
    const wanted = ['new.svc.test. MX  > 10 mail.svc.test.', 'new.svc.test. TXT  > "a b"',
      'www.svc.test. A 192.0.2.1,192.0.2.2 > 192.0.2.1,192.0.2.3'];
    assert.deepEqual([dry.status, changesOf(dry)], [200, wanted]);
    assert.equal((await exported(own)).text, first.text);
    const done = await imported(own, text, '?dryRun=false', { 'If-Match': first.etag });
    assert.deepEqual([done.status, changesOf(done)], [200, wanted]);
    assert.deepEqual(await answers('new.svc.test', 'TXT'), ['new.svc.test 30 TXT "a b"']);
    const second = await exported(own);
    assert.equal(second.etag, `"${done.body['revision'] as number}"`);
    assert.equal((await imported(own, first.text, '', { 'If-Match': first.etag })).status, 412);
    assert.equal((await imported(own, first.text, '?dryRun', { 'If-Match': first.etag })).status, 412);
    const pruned = await imported(own, first.text, '?prune', { 'If-Match': second.etag });
    assert.deepEqual(changesOf(pruned), ['new.svc.test. MX 10 mail.svc.test. > ', 'new.svc.test. TXT "a b" > ',
      'www.svc.test. A 192.0.2.1,192.0.2.3 > 192.0.2.1,192.0.2.2']);
    assert.deepEqual((await exported(own)).lines, first.lines);
  },
  async 'what is refused changes nothing'(own) {
    const { api } = own;
    await api.send('PUT', AT, { addresses: ['10.0.0.7'] });
    await api.send('PUT', `${ZONE}/records/www/A`, { ttl: 60, records: ['192.0.2.1'] });
    const { text } = await exported(own);
    const good = 'a.svc.test. 60 A 192.0.2.9\n';
    for (const [wrong, status, field] of [
      ['a.svc.test. 60 A x\n', 400, 'line 2'], ['b.other.test. 60 A 192.0.2.1\n', 400, 'b.other.test. A'],
      ['b 60 NS ns\n', 400, 'b.svc.test. NS'], ['* 60 A 192.0.2.1\n', 400, '*.svc.test. A'],
      ['$INCLUDE /etc/hostname\n', 400, 'line 2'], ['i-7.web 60 A 192.0.2.1\n', 409, 'i-7.web.svc.test. A'],
      ['c 60 CNAME a\nc 60 A 192.0.2.1\n', 400, 'c.svc.test. CNAME'], ['www 60 CNAME a\n', 409, undefined],
      ['$GENERATE 0-60000 h$ 60 A 192.0.2.1\n', 413, undefined],
      [Array.from({ length: 101 }, (_, i) => `d 60 TXT ${i}\n`).join(''), 400, 'd.svc.test. TXT'],
    ] as const) {
      const reply = await imported(own, good + wrong);
      assert.deepEqual([reply.status, reply.body['field']], [status, field], wrong.slice(0, 60));
    }
    assert.equal((await api.raw('POST', `${ZONE}/import`, good, { 'Content-Type': 'text/plain' })).status, 415);
    assert.equal((await imported(own, good.repeat(4000))).status, 413);
    assert.equal((await api.raw('POST', '/v1/zones/other.test/import', good, TEXT)).status, 404);
    assert.equal((await exported(own)).text, text);
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
