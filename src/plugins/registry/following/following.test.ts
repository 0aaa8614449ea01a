// Zones of another registry that are followed, through the front doors of both: the same answers, what is another at once, nothing that is
// known already told again, and what is known while nobody is there to say what is.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RealEtcd, isMissing } from '../../../key-value/etcd-rig.test.ts';
import { systemClock } from '../../../kernel/clock.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { Authority } from '../../../testing/certificates.ts';
import { eventually } from '../../../testing/conformance/transport-clients.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { freePort } from '../../../testing/free-port.ts';
import { askOnce } from '../../../testing/one-question.ts';
import { serve } from '../../../testing/served.ts';
import { standard } from '../../index.ts';
import { Client, registry } from '../registry-rig.test.ts';
import { readCopy, writeCopy } from './copy-file.ts';
import { way } from './way-rig.test.ts';

const AT = '/v1/zones/svc.test/services/web/instances/a';
const SPEC = { addresses: ['10.0.0.7'], ports: { http: 80 }, ttl: 60 };

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'following-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
/** A server that follows these URLs. */
async function copy(t: TestContext, urls: string, { folder = folderOf(t), more = '', clock = systemClock as Clock } = {}) {
  const [ready, metrics] = [await freePort(), await freePort()];
  const corefile = `svc.test 0.10.in-addr.arpa {\nbind 127.0.0.1\nready 127.0.0.1:${ready}\nprometheus 127.0.0.1:${metrics}\n`
    + `registry {\nfollow ${urls}\nfile ${folder}\n${more}\n}\n}`;
  const ours = await serve(corefile, standard, clock);
  t.after(() => ours.close());
  const ask = (name: string, type: string) => askOnce(ours.port, name, type);
  const has = async (name: string, type: string): Promise<string> => {
    const { rcode, answer } = await ask(name, type);
    return answer.length === 0 ? rcode : answer.map((each) => each.split(' ').slice(4).join(' ')).sort().join(',');
  };
  const comes = (name: string, type: string, what: string) =>
    until(async () => await has(name, type) === what, `${name} ${type} is ${what}`);
  return { ours, ask, has, comes, folder, ready, metrics };
}
/** Waits for what may be asked for. */
async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`never: ${what}`);
}

test('a copy answers as what it follows does, at once, and takes nothing itself', async (t) => {
  const own = await registry(t);
  await own.api.send('PUT', AT, SPEC);
  await own.api.send('PUT', '/v1/zones/svc.test/records/www/MX', { ttl: 60, records: ['10 mail.svc.test.'] });
  const listen = await freePort();
  const followed = await copy(t, `http://127.0.0.1:${own.port}`, { more: `listen 127.0.0.1:${listen}` });
  await followed.comes('web.svc.test', 'A', '10.0.0.7');
  await followed.comes('7.0.0.10.in-addr.arpa', 'PTR', 'a.web.svc.test.');
  for (const [name, type] of [['web.svc.test', 'SRV'], ['www.svc.test', 'MX'], ['_http._tcp.web.svc.test', 'PTR'],
    ['7.0.0.10.in-addr.arpa', 'PTR'],
    ['none.svc.test', 'A'], ['svc.test', 'SOA']] as const) {
    const [one, other] = [await own.ask(name, type), await followed.ask(name, type)];
    const bare = ({ rcode, answer, additional, ede }: typeof one) => [rcode, type === 'SOA' ? answer.length : answer, additional, ede];
    assert.deepEqual(bare(other), bare(one), `${name} ${type}`);
  }
  await own.api.send('PUT', AT, { ...SPEC, addresses: ['10.0.0.8'] });
  await followed.comes('web.svc.test', 'A', '10.0.0.8');
  await own.api.send('DELETE', AT);
  await followed.comes('web.svc.test', 'A', 'NXDOMAIN');
  const api = new Client({ port: listen });
  t.after(() => api.close());
  assert.deepEqual((await api.send('GET', '/v1/zones/svc.test/records/www/MX')).body['records'], ['10 mail.svc.test.']);
  for (const [method, target, body] of [['PUT', AT, SPEC], ['DELETE', '/v1/zones/svc.test/records/www/MX', undefined],
    ['POST', '/v1/leases', { ttl: 30 }]] as const) {
    const { status, body: { detail } } = await api.send(method, target, body);
    assert.deepEqual([status, detail], [403, `it is a copy of what 127.0.0.1:${own.port} has`], method);
  }
  // A copy of the copy.
  const second = await copy(t, `http://127.0.0.1:${listen}`);
  await second.comes('www.svc.test', 'MX', '10 mail.svc.test.');
  await own.api.send('PUT', AT, SPEC);
  await second.comes('web.svc.test', 'A', '10.0.0.7');
});

test('who comes again is told what has changed since, over a restart too; all where that is not known any more', async (t) => {
  const own = await registry(t);
  await own.api.send('PUT', AT, SPEC);
  const between = await way(t, () => own.port);
  const folder = folderOf(t);
  const first = await copy(t, between.url, { folder });
  await first.comes('web.svc.test', 'A', '10.0.0.7');
  await eventually(() => first.ours.log().includes('is followed'), 'both zones are known');
  assert.equal(between.asked[0]!['last-event-id'], undefined);
  between.cut();
  await own.api.send('PUT', AT.replace('/a', '/b'), { ...SPEC, addresses: ['10.0.0.8'] });
  between.told();
  between.mend();
  await first.comes('web.svc.test', 'A', '10.0.0.7,10.0.0.8');
  const told = between.told();
  assert.match(told, /event: since\n/);
  assert.match(told, /"web\/b\/1"/);
  assert.doesNotMatch(told, /"web\/a\/1"|event: all/);
  const file = path.join(folder, 'svc.test.copy');
  await until(async () => readable(file).includes('"web/b/1"'), 'it is kept');
  await first.ours.close();
  await own.api.send('DELETE', AT);
  between.told();
  const again = await copy(t, between.url, { folder });
  await again.comes('web.svc.test', 'A', '10.0.0.8');
  assert.doesNotMatch(between.told(), /"web\/b\/1"|event: all\nid: \S+\ndata: .*web/);
  assert.match(again.ours.log(), /svc\.test\. has 2 keys of \S+, which were current \d+ s ago/);
  await again.ours.close();
  // What is no whole file is none.
  writeFileSync(file, readFileSync(file, 'utf8').replace('10.0.0.8', '10.0.0.9'));
  const anew = await copy(t, between.url, { folder });
  await anew.comes('web.svc.test', 'A', '10.0.0.8');
  assert.match(anew.ours.log(), /svc\.test\.copy is not used: it is not whole/);
});
test('what a file has was current until its server ended, though nothing was another for long', async (t) => {
  const own = await registry(t);
  await own.api.send('PUT', AT, SPEC);
  const clock = new FakeClock();
  const folder = folderOf(t);
  const file = path.join(folder, 'svc.test.copy');
  const url = `http://127.0.0.1:${own.port}`;
  const first = await copy(t, url, { clock, folder });
  await first.comes('web.svc.test', 'A', '10.0.0.7');
  await until(async () => {
    await clock.elapse(10);
    return readable(file).includes('"web/a/1"');
  }, 'it is kept');
  await clock.elapse(4000);
  await first.ours.close();
  await until(async () => Math.abs(statSync(file).mtimeMs - clock.wall()) < 1, 'its time is that of the end');
  const again = await copy(t, url, { clock, folder });
  await until(async () => again.ours.log().includes('which were current'), 'it is read');
  assert.match(again.ours.log(), /svc\.test\. has 1 keys of \S+, which were current 0 s ago/);
});
test('of two that write one file at the same time one is there, whole, and nothing beside it', async (t) => {
  const folder = folderOf(t);
  const file = path.join(folder, 'svc.test.copy');
  const write = (token: string, count: number) =>
    writeCopy(file, { zone: 'svc.test.', token, contact: 1000 }, Array.from({ length: count }, (_, i) => [`${token}${i}`, 'x'.repeat(50)]));
  await Promise.all([write('a-1', 9000), write('b-2', 5000), write('c-3', 7000)]);
  const { head, keys } = (await readCopy(file, 'svc.test.'))!;
  assert.equal(keys.size, { 'a-1': 9000, 'b-2': 5000, 'c-3': 7000 }[head.token]);
  assert.equal(head.contact, 1000);
  assert.deepEqual(readdirSync(folder), ['svc.test.copy']);
});
const readable = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

test('while nobody says what there is TTLs count, and then what is known is stale, which is said', async (t) => {
  const own = await registry(t);
  await own.api.send('PUT', AT, SPEC);
  await own.api.send('PUT', '/v1/zones/svc.test/records/www/TXT', { ttl: 600, records: ['"long"'] });
  const between = await way(t, () => own.port);
  const clock = new FakeClock();
  const folder = folderOf(t);
  const followed = await copy(t, between.url, { clock, folder });
  await followed.comes('web.svc.test', 'A', '10.0.0.7');
  await followed.comes('7.0.0.10.in-addr.arpa', 'PTR', 'a.web.svc.test.');
  const ttl = async (name: string, type: string) => {
    const { answer: [first], ede } = await followed.ask(name, type);
    return [Number(first!.split(' ')[1]), ede];
  };
  assert.deepEqual([await ttl('web.svc.test', 'A'), await ttl('www.svc.test', 'TXT')], [[60, undefined], [600, undefined]]);
  between.cut();
  await until(async () => {
    await clock.elapse(100);
    return /is not followed/.test(followed.ours.log());
  }, 'it is said');
  const remark = await (await fetch(`http://127.0.0.1:${followed.ready}/ready`)).text();
  assert.match(remark, /^OK\n127\.0\.0\.1:\d+ is not followed since 2026-01-01T\S+: 127\.0\.0\.1:\d+: \S/);
  const number = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${followed.metrics}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`coredns_source_${name}{plugin="registry",source="127.0.0.1:`));
    return Number(line?.split(' ').at(-1));
  };
  await clock.elapse(2000);
  assert.ok(await number('lag_seconds') > 1 && await number('revision') > 1);
  const [before] = await ttl('web.svc.test', 'A');
  assert.ok((before as number) <= 60 && (before as number) > 40, String(before));
  await clock.elapse(20_000);
  const [after, none] = await ttl('web.svc.test', 'A');
  assert.deepEqual([after, none], [(before as number) - 20, undefined]);
  await clock.elapse(60_000);
  assert.deepEqual(await ttl('web.svc.test', 'A'), [30, 3]);
  const [left, fresh] = await ttl('www.svc.test', 'TXT');
  assert.ok((left as number) < 540 && (left as number) > 480 && fresh === undefined, `${left} ${fresh}`);
  assert.deepEqual([await followed.ask('none.svc.test', 'A')].map(({ rcode, ede }) => [rcode, ede]), [['NXDOMAIN', 3]]);
  assert.equal((await ttl('7.0.0.10.in-addr.arpa', 'PTR'))[0], 30);
  between.mend();
  await until(async () => {
    await clock.elapse(1000);
    return (await ttl('web.svc.test', 'A'))[0] === 60;
  }, 'it is followed again');
  // Each zone comes back at its own time.
  await until(async () => {
    await clock.elapse(1000);
    return await number('lag_seconds') === 0;
  }, 'nothing is behind');
});

test('before anything is known nothing is denied; the next URL is taken; who lies changes nothing', async (t) => {
  let lie = '';
  const liar = http.createServer((_, response) => {
    response.writeHead(lie === '' ? 503 : 200, { 'content-type': 'text/event-stream' });
    response.end(lie === '' ? '{"title":"Not current","detail":"its store is away"}' : lie);
  });
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', () => resolve()));
  t.after(() => liar.close());
  const url = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
  const clock = new FakeClock();
  const alone = await copy(t, url, { clock });
  const said = (text: string) => until(async () => {
    await clock.elapse(500);
    return alone.ours.log().includes(text);
  }, text);
  assert.equal(await alone.has('web.svc.test', 'A'), 'SERVFAIL');
  await said('it answered 503: Not current: its store is away');
  for (const [event, id, data, why] of [
    ['all', '1-1', '[', 'no JSON'], ['all', '1-1', '{"keys":[{"key":1}]}', 'keys.0.key'],
    ['changed', '1-1', '{"keys":[]}', 'a change of what it did not tell'], ['since', '1-1', '{"keys":[]}', 'nothing of what there is'],
    ['all', '../x', '{"keys":[]}', 'a state that is none'], ['all', '1-1', '{"keys":[{"key":"\u0100"}]}', 'a key that cannot be one'],
  ] as const) {
    lie = `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
    await said(why);
  }
  assert.equal(await alone.has('web.svc.test', 'A'), 'SERVFAIL');
  const own = await registry(t);
  await own.api.send('PUT', AT, SPEC);
  const both = await copy(t, `${url} http://127.0.0.1:${own.port}`);
  await both.comes('web.svc.test', 'A', '10.0.0.7');
  // Keys of a zone stay below it, whatever they are called.
  lie = `event: all\nid: 1-1\ndata: ${JSON.stringify({ keys: [{ key: '../../other/x', value: '{"host":"10.9.9.9"}' }] })}\n\n`;
  await until(async () => {
    await clock.elapse(500);
    return await alone.has('web.svc.test', 'A') === 'NXDOMAIN';
  }, 'it is taken');
});

test('over TLS with a token of a file, which is read again', async (t) => {
  const here = folderOf(t);
  const authority = new Authority('ours');
  const { cert, key } = authority.sign({ names: ['localhost'] });
  const [reader, stranger] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  for (const [name, text] of [['cert.pem', cert], ['key.pem', key], ['ca.pem', authority.pem], ['secret', `${stranger}\n`],
    ['tokens', `copy read svc.test ${createHash('sha256').update(reader).digest('hex')}\n`]] as const) {
    writeFileSync(path.join(here, name), text);
  }
  const port = await freePort();
  const ours = await serve(`svc.test {\nbind 127.0.0.1\nregistry {\nfile ${here}/keys\nlisten 127.0.0.1:${port}\n`
    + `tls ${here}/cert.pem ${here}/key.pem\ntokens ${here}/tokens\n}\n}`, standard);
  t.after(() => ours.close());
  const listen = `svc.test {\nbind 127.0.0.1\nregistry {\nfollow https://localhost:${port}\nfollow_token ${here}/secret\n`
    + `follow_tls ${here}/ca.pem\nfile ${here}/copy\n}\n}`;
  const followed = await serve(listen, standard);
  t.after(() => followed.close());
  await eventually(() => followed.log().includes('it answered 401: No token'), 'it is refused');
  writeFileSync(path.join(here, 'secret'), reader);
  await eventually(() => followed.log().includes(`localhost:${port} is followed`), 'it is followed');
  assert.ok(![reader, stranger].some((secret) => followed.log().includes(secret)));
});

test('of an etcd: leases that give a TTL stand in it, and what is compacted is told anew', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  const own = await registry(t, { place: `etcd ${etcd.url}` });
  await eventually(() => own.ours.log().includes('etcd is followed'), 'etcd is followed');
  await etcd.put('/skydns/test/svc/leased/1', { host: '10.0.0.5' }, await etcd.grant(77));
  const between = await way(t, () => own.port);
  const followed = await copy(t, between.url);
  await followed.comes('leased.svc.test', 'A', '10.0.0.5');
  assert.equal((await followed.ask('leased.svc.test', 'A')).answer[0]!.split(' ')[1], '77');
  between.cut();
  await etcd.put('/skydns/test/svc/other/1', { host: '10.0.0.6' });
  const revision = await etcd.put('/elsewhere', 'x');
  await etcd.call('kv/compaction', { revision: String(revision), physical: true });
  between.told();
  between.mend();
  await followed.comes('other.svc.test', 'A', '10.0.0.6');
  assert.match(between.told(), /event: all\n/);
});
