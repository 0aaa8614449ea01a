// What *registry* gives away of its zones, on a folder and on an etcd: what is answered; serials that are revisions;
// what differs, by versions and by the store's past; the whole where that is gone.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage } from '../../../dns/message.ts';
import { printRR } from '../../../dns/rr.ts';
import { RealEtcd, isMissing } from '../../../key-value/etcd-rig.test.ts';
import { eventually, framed } from '../../../testing/conformance/transport-clients.ts';
import { parseAsk } from '../../../testing/question.ts';
import { registry } from '../registry-rig.test.ts';

type Registry = Awaited<ReturnType<typeof registry>>;
const WEB = '/v1/zones/svc.test/services/web';
const SPEC = { addresses: ['10.0.0.7', '2001:db8::7'], ports: { http: 8080, 'dns/udp': 53 }, weight: 10, text: ['v=3', 'b'], ttl: 5 };
const setAt = (name: string, type: string): string => `/v1/zones/svc.test/records/${name}/${type}`;

/** The records of a transfer, in their order: `name ttl type data`. */
async function transfer(port: number, zone: string, serial?: number): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(framed(parseAsk(serial === undefined ? `${zone} AXFR` : `${zone} IXFR +serial=${serial}`).packet));
    let came = Buffer.alloc(0);
    const records: string[] = [];
    for await (const chunk of socket) {
      came = Buffer.concat([came, chunk as Buffer]);
      for (; came.length >= 2 && came.length >= 2 + came.readUInt16BE(); came = came.subarray(2 + came.readUInt16BE())) {
        const { rcode, answer } = decodeMessage(came.subarray(2, 2 + came.readUInt16BE()));
        if (rcode !== 0) return [`rcode ${rcode}`];
        records.push(...answer.map((each) => printRR(each).replace(/\s+IN\s+/, ' ').replace(/\s+/g, ' ')));
      }
      const last = records.at(-1);
      if (last !== undefined && last === records[0] && (records.length > 1 || serial !== undefined)) break;
    }
    return records;
  } finally {
    socket.destroy();
  }
}
const serialOf = (soa: string): number => Number(soa.split(' ')[5]);
/** A transfer once it is of a revision. */
async function at(port: number, zone: string, revision: unknown, serial?: number): Promise<readonly string[]> {
  let records: readonly string[] = [];
  await eventuallyAsync(async () => {
    records = await transfer(port, zone, serial);
    return serialOf(records[0] ?? '') >= (revision as number);
  });
  return records;
}
async function eventuallyAsync(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('it does not come');
}
/** Without SOAs, sorted. */
const dataOf = (records: readonly string[]): readonly string[] => records.filter((each) => !/ SOA /.test(each)).sort();

const SUITE: Readonly<Record<string, (own: Registry, etcd: RealEtcd | undefined) => Promise<void>>> = {
  async 'a zone has what is answered, but for sums over services; its serial is the revision'({ api, ours, answers }) {
    for (const [i, id] of ['i-7', 'i-8', 'gone'].entries()) {
      assert.equal((await api.send('PUT', `${WEB}/instances/${id}`, { ...SPEC, addresses: [`10.0.0.${7 + i}`] })).status, 201);
    }
    await api.send('DELETE', `${WEB}/instances/gone`);
    const last = await api.send('PATCH', `${WEB}/instances/i-8`, { state: 'draining' });
    await api.send('PUT', setAt('www', 'A'), { ttl: 60, records: ['192.0.2.1', '192.0.2.2'] });
    await api.send('PUT', setAt('www', 'HTTPS'), { ttl: 30, records: ['1 . alpn="h2"'] });
    await api.send('PUT', setAt('ns.dns', 'A'), { ttl: 30, records: ['192.0.2.53'] });
    await api.send('PUT', setAt('deep.inner', 'MX'), { ttl: 30, records: ['10 mail.example.'] });
    const { body } = await api.send('PUT', setAt('alias', 'CNAME'), { ttl: 30, records: ['www.svc.test.'] });
    const records = await at(ours.port, 'svc.test', body['revision']);
    assert.equal(serialOf(records[0]!), body['revision']);
    assert.equal((await answers('svc.test', 'SOA'))[0]!.split(' ')[5], String(body['revision'] as number));
    const data = dataOf(records);
    assert.deepEqual(data, [
      '_dns._udp.web.svc.test. 5 PTR i-7._dns._udp.web.svc.test.', '_dns._udp.web.svc.test. 5 SRV 10 10 53 i-7.web.svc.test.',
      '_http._tcp.web.svc.test. 5 PTR i-7._http._tcp.web.svc.test.', '_http._tcp.web.svc.test. 5 SRV 10 10 8080 i-7.web.svc.test.',
      '_services._dns-sd._udp.web.svc.test. 5 PTR _dns._udp.web.svc.test.',
      '_services._dns-sd._udp.web.svc.test. 5 PTR _http._tcp.web.svc.test.',
      'alias.svc.test. 30 CNAME www.svc.test.', 'deep.inner.svc.test. 30 MX 10 mail.example.',
      'i-7._dns._udp.web.svc.test. 5 SRV 10 10 53 i-7.web.svc.test.', 'i-7._dns._udp.web.svc.test. 5 TXT "v=3" "b"',
      'i-7._http._tcp.web.svc.test. 5 SRV 10 10 8080 i-7.web.svc.test.', 'i-7._http._tcp.web.svc.test. 5 TXT "v=3" "b"',
      'i-7.web.svc.test. 5 A 10.0.0.7', 'i-7.web.svc.test. 5 SRV 10 100 8080 i-7.web.svc.test.', 'i-7.web.svc.test. 5 TXT "b"',
      'i-7.web.svc.test. 5 TXT "v=3"', 'i-8.web.svc.test. 5 TXT "b"', 'i-8.web.svc.test. 5 TXT "v=3"',
      'ns.dns.svc.test. 30 A 192.0.2.53', 'svc.test. 30 NS ns.dns.svc.test.', 'web.svc.test. 5 A 10.0.0.7',
      'web.svc.test. 5 SRV 10 100 8080 i-7.web.svc.test.', 'web.svc.test. 5 TXT "b"', 'web.svc.test. 5 TXT "v=3"',
      'www.svc.test. 30 HTTPS 1 . alpn="h2"', 'www.svc.test. 60 A 192.0.2.1', 'www.svc.test. 60 A 192.0.2.2',
    ].sort());
    const asked = new Set(data.map((each) => each.split(' ').filter((_, i) => i === 0 || i === 2).join(' ')));
    for (const each of asked) {
      const [name, type] = each.split(' ') as [string, string];
      const given: readonly string[] = data.filter((record) => record.startsWith(`${name} `) && record.split(' ')[2] === type)
        .map((one) => one.replace(/\.(?= |$)/g, ''));
      assert.deepEqual((await answers(name.slice(0, -1), type)).filter((one) => one.split(' ')[2] === type), given);
    }
    const reverse = dataOf(await at(ours.port, '0.10.in-addr.arpa', last.body['revision']));
    assert.deepEqual(reverse, ['7.0.0.10.in-addr.arpa. 5 PTR i-7.web.svc.test.']);
  },
  async 'what differs: by versions, by the past of the store, and the whole where that is gone'({ api, ours, corefile }, etcd) {
    const put = async (i: number): Promise<number> =>
      (await api.send('PUT', setAt('www', 'A'), { ttl: 60, records: [`192.0.2.${i}`] })).body['revision'] as number;
    for (let i = 0; i < 20; i++) await api.send('PUT', setAt(`host${i}`, 'A'), { ttl: 60, records: ['192.0.2.100'] });
    const first = await put(1);
    await at(ours.port, 'svc.test', first);
    const second = await put(2);
    const changes = await at(ours.port, 'svc.test', second, first);
    assert.deepEqual(changes.map((each) => (/ SOA /.test(each) ? serialOf(each) : each)),
      [second, first, 'www.svc.test. 60 A 192.0.2.1', second, 'www.svc.test. 60 A 192.0.2.2', second]);
    assert.equal((await transfer(ours.port, 'svc.test', second)).length, 1);
    // Another load, whose block has nobody who gives zones away, and one that does again: what was between had no version.
    await ours.replace(corefile.replace(/transfer \{[^}]*\}/, ''));
    const third = await put(3);
    const fourth = await put(4);
    await ours.replace(corefile);
    const soas = async (serial: number) =>
      (await at(ours.port, 'svc.test', fourth, serial)).map((each) => (/ SOA /.test(each) ? serialOf(each) : each));
    assert.deepEqual(await soas(third),
      [fourth, third, 'www.svc.test. 60 A 192.0.2.3', fourth, 'www.svc.test. 60 A 192.0.2.4', fourth]);
    assert.deepEqual((await soas(first)).slice(-4), ['www.svc.test. 60 A 192.0.2.2', fourth, 'www.svc.test. 60 A 192.0.2.4', fourth]);
    if (etcd !== undefined) await etcd.call('kv/compaction', { revision: String(fourth), physical: true });
    const whole = await at(ours.port, 'svc.test', fourth, etcd === undefined ? 4_000_000_000 : third);
    assert.equal(whole.length, 23);
  },
  async 'names that others wrote, and what is no message'({ ours }, etcd) {
    if (etcd === undefined) return;
    await etcd.put('/skydns/test/svc/old/a', { host: '192.0.2.1', port: 80, ttl: 60 });
    await etcd.put('/skydns/test/svc/old/b', { host: '192.0.2.2', text: 'b', ttl: 30 });
    await etcd.put('/skydns/test/svc/alias', { host: 'www.example', ttl: 60 });
    await etcd.put('/skydns/test/svc/both/a', { host: 'www.example' });
    await etcd.put('/skydns/test/svc/both/b', { host: '192.0.2.3' });
    await etcd.put('/skydns/test/svc/*', { host: '192.0.2.4' });
    await etcd.put('/skydns/test/svc/Capital', { host: '192.0.2.4' });
    await etcd.put('/skydns/test/svc//empty', { host: '192.0.2.4' });
    await etcd.put(`/skydns/test/svc/${'long/'.repeat(60)}`, { host: '192.0.2.4' });
    await etcd.put('/skydns/test/svc/bad/a', 'none');
    const revision = await etcd.put('/skydns/test/svc/last', { host: '192.0.2.9' });
    assert.deepEqual(dataOf(await at(ours.port, 'svc.test', revision)), [
      'a.both.svc.test. 300 CNAME www.example.', 'a.old.svc.test. 60 A 192.0.2.1', 'a.old.svc.test. 60 SRV 10 100 80 a.old.svc.test.',
      'alias.svc.test. 60 CNAME www.example.', 'b.both.svc.test. 300 A 192.0.2.3', 'b.old.svc.test. 30 A 192.0.2.2',
      'b.old.svc.test. 30 TXT "b"', 'last.svc.test. 300 A 192.0.2.9', 'both.svc.test. 300 A 192.0.2.3',
      'old.svc.test. 30 A 192.0.2.1', 'old.svc.test. 30 A 192.0.2.2',
      'old.svc.test. 60 SRV 10 50 80 a.old.svc.test.',
      'old.svc.test. 30 TXT "b"',
    ].sort());
  },
};

for (const [name, run] of Object.entries(SUITE)) {
  const block = 'transfer {\nto *\n}';
  test(`a folder: ${name}`, async (t: TestContext) => run(await registry(t, { block }), undefined));
  test(`an etcd: ${name}`, { skip: isMissing }, async (t: TestContext) => {
    const etcd = await new RealEtcd().open(t);
    const own = await registry(t, { place: `etcd ${etcd.url}`, block });
    await eventually(() => own.ours.log().includes('etcd is followed'), 'etcd is followed');
    await run(own, etcd);
  });
}
