// UPDATEs (RFC 2136) of a registry's zones, on a folder and on an etcd: prerequisites, rules, what instances have, leases (RFC 9664), the
// same request again, two servers; and nsupdate and knsupdate as clients.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { u32 } from '../../../dns/packet.ts';
import { edns } from '../../../dns/opt.ts';
import { OPTION } from '../../../dns/edns-options.ts';
import { RealEtcd, isMissing } from '../../../key-value/etcd-rig.test.ts';
import { eventually } from '../../../testing/conformance/transport-clients.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { UpdateClient } from '../../../testing/update-client.ts';
import { missing } from '../../../../test/servers/programs.ts';
import { registry } from '../registry-rig.test.ts';

type Registry = Awaited<ReturnType<typeof registry>>;
const SECRET = 'MTIzNDU2Nzg5MDEyMzQ1Ng==';
const STANZA = 'allow ops.key * *\nallow acme.key under _acme-challenge.svc.test TXT\nallow * self A AAAA\nlease 5s 24h';
const BLOCK = `tsig {\n${['ops.key', 'acme.key', 'host.svc.test', 'none.key'].map((key) => `secret ${key}. ${SECRET}`).join('\n')}\n}`;
const [NOERROR, FORMERR, YXDOMAIN, NXRRSET, REFUSED, NOTAUTH] = [0, 1, 6, 8, 5, 9];

function clientOf(t: TestContext, { ours: { port } }: Pick<Registry, 'ours'>, key = 'ops.key', zone = 'svc.test'): UpdateClient {
  const client = new UpdateClient(port, zone, `${key}.:${SECRET}`);
  t.after(() => client.close());
  return client;
}
/** The option UPDATE-LEASE with these seconds. */
function leaseOf(...seconds: readonly number[]) {
  const data = Buffer.alloc(seconds.length * 4);
  seconds.forEach((each, i) => data.writeUInt32BE(each, i * 4));
  return edns(1232, false, [{ code: OPTION.UL, data: Uint8Array.from(data) }]);
}
/** Updates with a lease: the rcode, and the seconds that were granted. */
async function leased(client: UpdateClient, seconds: readonly number[], now: number, ...clauses: readonly string[]) {
  const reply = await client.send(client.packet(clauses, now, leaseOf(...seconds)));
  const { data } = reply!.edns?.options.find(({ code }) => code === OPTION.UL) ?? { data: new Uint8Array(0) };
  return [reply!.rcode, ...Array.from({ length: data.length / 4 }, (_, i) => u32(data, i * 4))];
}

const SUITE: Readonly<Record<string, (own: Registry, t: TestContext) => Promise<void>>> = {
  async 'records come and go, and are those of the API'(own, t) {
    const { api, answers } = own;
    const ops = clientOf(t, own);
    const two = ['add www.svc.test 60 A 192.0.2.1', 'add www.svc.test 60 A 192.0.2.2'];
    assert.equal(await ops.update(...two, 'add www.svc.test 30 MX 10 mx.example.'), NOERROR);
    assert.deepEqual(await answers('www.svc.test', 'A'), ['www.svc.test 60 A 192.0.2.1', 'www.svc.test 60 A 192.0.2.2']);
    const set = await api.send('GET', '/v1/zones/svc.test/records/www/A');
    assert.deepEqual([set.body['records'], set.body['ttl'], set.body['owner']], [['192.0.2.1', '192.0.2.2'], 60, 'ops.key.']);
    assert.equal(await ops.update('delete www.svc.test A 192.0.2.1', 'add www.svc.test 20 A 192.0.2.3'), NOERROR);
    assert.deepEqual(await answers('www.svc.test', 'A'), ['www.svc.test 20 A 192.0.2.2', 'www.svc.test 20 A 192.0.2.3']);
    const before = await api.send('GET', '/v1/zones/svc.test/records/www/A');
    assert.equal(await ops.update('add www.svc.test 20 A 192.0.2.3'), NOERROR);
    assert.equal((await api.send('GET', '/v1/zones/svc.test/records/www/A')).etag, before.etag);
    assert.equal(await ops.update('delete www.svc.test A', 'add www.svc.test 60 CNAME x.test.'), NOERROR);
    assert.deepEqual(await answers('www.svc.test', 'MX'), ['www.svc.test 30 MX 10 mx.example']);
    assert.equal(await ops.update('delete www.svc.test', 'add www.svc.test 60 CNAME x.test.'), NOERROR);
    assert.deepEqual(await answers('www.svc.test', 'CNAME'), ['www.svc.test 60 CNAME x.test']);
    assert.equal(await ops.update('delete www.svc.test'), NOERROR);
    assert.deepEqual(await answers('www.svc.test', 'CNAME'), ['NXDOMAIN']);
    assert.equal((await api.send('GET', '/v1/zones/svc.test/records/www/A')).status, 404);
    const reverse = clientOf(t, own, 'ops.key', '0.10.in-addr.arpa');
    assert.equal(await reverse.update('add 9.0.0.10.in-addr.arpa 60 PTR www.svc.test.'), NOERROR);
    assert.deepEqual(await answers('9.0.0.10.in-addr.arpa', 'PTR'), ['9.0.0.10.in-addr.arpa 60 PTR www.svc.test']);
  },
  async 'prerequisites, rules, and what is refused'(own, t) {
    const { api, answers } = own;
    const ops = clientOf(t, own);
    assert.equal(await ops.update('nxdomain a.svc.test', 'add a.svc.test 60 A 192.0.2.1'), NOERROR);
    assert.equal(await ops.update('nxdomain a.svc.test', 'add a.svc.test 60 A 192.0.2.2'), YXDOMAIN);
    assert.equal(await ops.update('yxrrset a.svc.test A 192.0.2.2', 'add a.svc.test 60 A 192.0.2.3'), NXRRSET);
    assert.equal(await ops.update('yxrrset a.svc.test A 192.0.2.1', 'delete a.svc.test A', 'add a.svc.test 60 A 192.0.2.3'), NOERROR);
    assert.deepEqual(await answers('a.svc.test', 'A'), ['a.svc.test 60 A 192.0.2.3']);
    const acme = clientOf(t, own, 'acme.key'), host = clientOf(t, own, 'host.svc.test'), none = clientOf(t, own, 'none.key');
    assert.equal(await acme.update('add _acme-challenge.svc.test 60 TXT token'), NOERROR);
    assert.equal(await acme.update('add a.svc.test 60 TXT token'), REFUSED);
    assert.equal(await host.update('add host.svc.test 60 A 192.0.2.9'), NOERROR);
    assert.equal(await host.update('add host.svc.test 60 TXT x'), REFUSED);
    assert.equal(await none.update('add a.svc.test 60 A 192.0.2.4'), REFUSED);
    assert.equal(await clientOf(t, own, 'ops.key', 'sub.svc.test').update('add a.sub.svc.test 60 A 192.0.2.4'), NOTAUTH);
    for (const wrong of ['add *.svc.test 60 A 192.0.2.4', 'add svc.test 60 NS ns.test.', 'add a.b_c.svc.test 60 A 192.0.2.4',
      'add svc.test 60 SOA a. b. 4000000000 1 1 1 1']) {
      assert.equal(await ops.update(wrong), REFUSED, wrong);
    }
    await api.send('PUT', '/v1/zones/svc.test/services/web/instances/i-7', { addresses: ['10.0.0.7'], ports: { http: 80 } });
    assert.equal(await ops.update('delete i-7.web.svc.test A'), REFUSED);
    assert.equal(await ops.update('delete web.svc.test'), REFUSED);
    assert.equal(await ops.update('nxdomain web.svc.test', 'add b.svc.test 60 A 192.0.2.4'), YXDOMAIN);
    assert.equal(await ops.update('add web.svc.test 60 CAA 0 issue "x.test"'), NOERROR);
    assert.deepEqual(await answers('web.svc.test', 'CAA'), ['web.svc.test 60 CAA 0 issue "x.test"']);
    assert.deepEqual(await answers('i-7.web.svc.test', 'A'), ['i-7.web.svc.test 30 A 10.0.0.7']);
    assert.deepEqual(await leased(ops, [60, 60, 60], Date.now(), 'add c.svc.test 60 A 192.0.2.4'), [FORMERR]);
  },
  async 'the same request again has the first answer, at another server and later too'(own, t) {
    const [place] = /etcd [^\n]*/.exec(own.corefile) ?? [];
    const other = place === undefined ? undefined : await registry(t, { place, stanza: STANZA, block: BLOCK });
    const ops = clientOf(t, own);
    const packet = ops.packet(['delete www.svc.test A', 'add www.svc.test 60 A 192.0.2.1']);
    assert.equal((await ops.send(packet))!.rcode, NOERROR);
    assert.equal(await ops.update('delete www.svc.test A', 'add www.svc.test 60 A 192.0.2.2'), NOERROR);
    assert.equal((await ops.send(packet))!.rcode, NOERROR);
    assert.deepEqual(await own.answers('www.svc.test', 'A'), ['www.svc.test 60 A 192.0.2.2']);
    const first = ops.packet(['nxdomain new.svc.test', 'add new.svc.test 60 A 192.0.2.3']);
    assert.equal((await ops.send(first))!.rcode, NOERROR);
    if (other === undefined) return;
    await eventually(() => other.ours.log().includes('etcd is followed'), 'etcd is followed');
    const again = clientOf(t, other);
    assert.equal((await again.send(packet))!.rcode, NOERROR);
    assert.equal((await again.send(first))!.rcode, NOERROR, 'its prerequisites held when it was done');
    const set = await own.api.send('GET', '/v1/zones/svc.test/records/www/A');
    assert.deepEqual(set.body['records'], ['192.0.2.2']);
    // Both add to the same set at the same time, and nothing is lost.
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) =>
      (i % 2 === 0 ? ops : again).update(`add www.svc.test 60 A 192.0.2.${10 + i}`)));
    assert.ok(all.every((rcode) => rcode === NOERROR), all.join());
    assert.equal(((await own.api.send('GET', '/v1/zones/svc.test/records/www/A')).body['records'] as unknown[]).length, 21);
  },
  async 'what has a lease stays beside what has none or another one'(own, t) {
    const { answers, api } = own;
    const ops = clientOf(t, own);
    const add = (name: string, ...seconds: readonly number[]) =>
      leased(ops, seconds, Date.now(), `add _http._tcp.svc.test 60 PTR ${name}._http._tcp.svc.test.`);
    const found = async () => (await answers('_http._tcp.svc.test', 'PTR')).map((each) => each.split(' ').at(-1)!.split('.')[0]);
    assert.deepEqual(await add('a', 600), [NOERROR, 600]);
    assert.deepEqual(await add('b', 900, 1200), [NOERROR, 900, 1200]);
    assert.deepEqual(await add('c', 1), [NOERROR, 5]);
    assert.deepEqual(await add('c', 4_000_000_000), [NOERROR, 86_400]);
    assert.equal(await ops.update('add _http._tcp.svc.test 60 PTR d._http._tcp.svc.test.'), NOERROR);
    assert.deepEqual(await found(), ['a', 'b', 'c', 'd']);
    const revision = async () => (await api.send('GET', '/v1/zones/svc.test/services/none?wait=1ms')).etag;
    const last = await revision();
    assert.deepEqual(await add('b', 900, 1200), [NOERROR, 900, 1200]);
    assert.equal(await revision(), last);
    assert.equal(await ops.update('delete _http._tcp.svc.test PTR b._http._tcp.svc.test.'), NOERROR);
    assert.deepEqual(await found(), ['a', 'c', 'd']);
    const told = (await api.send('GET', '/v1/zones/svc.test/records/_http._tcp/PTR')).body['records'] as string[];
    assert.deepEqual(told.map((each) => each[0]).sort(), ['a', 'c', 'd']);
    assert.equal(await ops.update('delete _http._tcp.svc.test PTR'), NOERROR);
    assert.deepEqual(await answers('_http._tcp.svc.test', 'PTR'), ['NXDOMAIN']);
  },
};
for (const [name, run] of Object.entries(SUITE)) {
  test(`a folder: ${name}`, async (t: TestContext) => run(await registry(t, { stanza: STANZA, block: BLOCK }), t));
  test(`an etcd: ${name}`, { skip: isMissing }, async (t: TestContext) => {
    const etcd = await new RealEtcd().open(t);
    const own = await registry(t, { place: `etcd ${etcd.url}`, stanza: STANZA, block: BLOCK });
    await eventually(() => own.ours.log().includes('etcd is followed'), 'etcd is followed');
    await run(own, t);
  });
}

test('a lease ends unless what it adds comes again; what was renewed touches no disk', async (t) => {
  const clock = new FakeClock();
  const own = await registry(t, { stanza: STANZA, block: BLOCK, clock });
  const ops = clientOf(t, own);
  const host = ['delete h.svc.test A', 'add h.svc.test 60 A 192.0.2.1', 'add h.svc.test 60 AAAA 2001:db8::1'];
  const again = () => leased(ops, [20], clock.wall(), ...host);
  assert.deepEqual(await again(), [NOERROR, 20]);
  assert.equal((await ops.send(ops.packet(['add h.svc.test 60 TXT stays'], clock.wall())))!.rcode, NOERROR);
  const etag = async () => (await own.api.send('GET', '/v1/zones/svc.test/records/h/A')).etag;
  const first = await etag();
  for (let i = 0; i < 3; i++) {
    await clock.elapse(15_000);
    assert.deepEqual(await again(), [NOERROR, 20]);
  }
  assert.equal(await etag(), first);
  await clock.elapse(19_500);
  assert.equal((await own.answers('h.svc.test', 'A')).length, 1);
  await clock.elapse(1500);
  for (let i = 0; i < 1000 && (await own.api.send('GET', '/v1/zones/svc.test/records/h/A')).status !== 404; i++) await clock.elapse(250);
  assert.deepEqual([await own.answers('h.svc.test', 'A'), await own.answers('h.svc.test', 'AAAA')], [['NOERROR'], ['NOERROR']]);
  assert.deepEqual(await own.answers('h.svc.test', 'TXT'), ['h.svc.test 60 TXT "stays"']);
  assert.deepEqual(await again(), [NOERROR, 20]);
  assert.equal((await own.answers('h.svc.test', 'A')).length, 1);
});

for (const program of ['nsupdate', 'knsupdate']) {
  test(`${program} changes a registry`, { skip: missing(program) }, async (t) => {
    const own = await registry(t, { stanza: STANZA, block: BLOCK });
    const run = async (...lines: readonly string[]) => {
      const child = promisify(execFile)(program, ['-v', '-y', `hmac-sha256:ops.key:${SECRET}`]);
      child.child.stdin!.end(`server 127.0.0.1 ${own.ours.port}\nzone svc.test\n${lines.join('\n')}\nsend\n`);
      interface Said { readonly stdout: string; readonly stderr: string }
      return child.then(({ stdout, stderr }) => stdout + stderr, ({ stdout, stderr }: Said) => stdout + stderr);
    };
    assert.equal((await run('update add www.svc.test. 60 A 192.0.2.1', 'update add www.svc.test. 60 TXT "a b"')).trim(), '');
    assert.deepEqual(await own.answers('www.svc.test', 'A'), ['www.svc.test 60 A 192.0.2.1']);
    assert.equal((await run(...Array.from({ length: 60 }, (_, i) => `update add n${i}.svc.test. 60 A 192.0.2.${i}`))).trim(), '');
    assert.deepEqual(await own.answers('n59.svc.test', 'A'), ['n59.svc.test 60 A 192.0.2.59']);
    assert.match(await run('prereq nxdomain www.svc.test.', 'update add www.svc.test. 60 A 192.0.2.2'), /YXDOMAIN/);
    assert.equal((await run('prereq yxdomain www.svc.test.', 'update delete www.svc.test. A')).trim(), '');
    assert.deepEqual(await own.answers('www.svc.test', 'A'), ['NOERROR']);
    assert.deepEqual(await own.answers('www.svc.test', 'TXT'), ['www.svc.test 60 TXT "a b"']);
  });
}
