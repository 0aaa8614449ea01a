// A registry before a real etcd: TLS with certificates and a user, a leader that is killed, a member that stands still. What was
// acknowledged is there afterwards.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RealEtcd, isMissing, leaderOf, threeEtcds } from '../../key-value/etcd-rig.test.ts';
import { Authority } from '../../testing/certificates.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { registry } from './registry-rig.test.ts';

const PATIENCE = { skip: isMissing, timeout: 240_000 };
const at = (n: number): string => `/v1/zones/svc.test/services/web/instances/i${n}`;
const address = (n: number): string => `10.0.${n >> 8}.${n & 255}`;
type Registry = Awaited<ReturnType<typeof registry>>;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Registers until it is acknowledged. */
async function put({ api }: Registry, n: number): Promise<void> {
  for (let i = 0; ; i++) {
    const { status } = await api.raw('PUT', at(n), JSON.stringify({ addresses: [address(n)] }));
    if (status < 300) return;
    assert.ok(status === 503 || status === 504, String(status));
    assert.ok(i < 600, 'nobody takes it');
    await pause(50);
  }
}
/** All that was acknowledged is answered, by every server. */
async function has(servers: readonly Registry[], count: number): Promise<void> {
  const wanted = Array.from({ length: count }, (_, n) => `web.svc.test 30 A ${address(n + 1)}`).sort();
  for (const each of servers) {
    for (let i = 0; ; i++) {
      const got = await each.answers('web.svc.test', 'A');
      if (got.length === count) {
        assert.deepEqual(got, wanted);
        break;
      }
      assert.ok(i < 3000, `${got.length} of ${count}`);
      await pause(20);
    }
  }
}

test('an etcd that wants a certificate and a user with a password', PATIENCE, async (t: TestContext) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'secure-etcd-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = new Authority('ours');
  const files: Record<string, string> = {};
  const own = authority.sign({ names: ['127.0.0.1'] }), client = authority.sign({ names: ['client'] });
  for (const [name, text] of [['cert', own.cert], ['key', own.key], ['authority', authority.pem], ['own', client.cert],
    ['ownKey', client.key]] as const) {
    writeFileSync(files[name] = path.join(folder, name), text);
  }
  const etcd = await new RealEtcd({ cert: files['cert']!, key: files['key']!, authority: files['authority']! }).open(t);
  await etcd.call('auth/user/add', { name: 'root', password: 'super' });
  await etcd.call('auth/user/grant', { user: 'root', role: 'root' });
  await etcd.call('auth/user/add', { name: 'names', password: 'secret' });
  await etcd.call('auth/role/add', { name: 'names' });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  for (const [key, end] of [['/skydns/', '/skydns0'], ['/coredns-ts/', '/coredns-ts0'], ['\0', '\x01']] as const) {
    const perm = { permType: 'READWRITE', key: base64(key), range_end: base64(end) };
    await etcd.call('auth/role/grant', { name: 'names', perm });
  }
  await etcd.call('auth/user/grant', { user: 'names', role: 'names' });
  await etcd.call('auth/enable', {});
  const place = (password: string): string => `etcd ${etcd.secureUrl}\ncredentials names ${password}\n`
    + `etcd_tls ${files['own']} ${files['ownKey']} ${files['authority']}`;
  const good = await registry(t, { place: place('secret') });
  await put(good, 1);
  await has([good], 1);
  const { body } = await good.api.send('POST', '/v1/leases', { ttl: 60 });
  assert.equal((await good.api.send('PUT', `/v1/leases/${body['lease'] as string}`)).status, 200);
  const bad = await registry(t, { place: place('wrong') });
  assert.ok((await bad.api.raw('PUT', at(2), '{"addresses":["10.0.0.2"]}')).status >= 500);
  await eventually(() => /etcd is not followed: .*(?:authentication failed|invalid user)/i.test(bad.ours.log()), 'it is said why');
  assert.ok(!`${good.ours.log()}${bad.ours.log()}`.includes('secret'));
});

test('the leader of three is killed: what two servers acknowledged is there, at both', PATIENCE, async (t) => {
  const members = await threeEtcds(t);
  await leaderOf(members);
  const place = `etcd ${members.map(({ url }) => url).join(' ')}`;
  const both = [await registry(t, { place }), await registry(t, { place })] as const;
  for (let n = 1; n <= 40; n++) {
    if (n === 15) (await leaderOf(members)).child.kill('SIGKILL');
    await put(both[n & 1]!, n);
  }
  await has(both, 40);
});

test('the leader of three stands still and goes on: what was acknowledged is there, and leases too', PATIENCE, async (t) => {
  const members = await threeEtcds(t);
  await leaderOf(members);
  const own = await registry(t, { place: `etcd ${members.map(({ url }) => url).join(' ')}` });
  for (let n = 1; n <= 10; n++) await put(own, n);
  const { body: { lease } } = await own.api.send('POST', '/v1/leases', { ttl: 300 });
  const leader = await leaderOf(members);
  leader.child.kill('SIGSTOP');
  t.after(() => leader.child.kill('SIGCONT'));
  for (let n = 11; n <= 20; n++) await put(own, n);
  await has([own], 20);
  leader.child.kill('SIGCONT');
  for (let n = 21; n <= 30; n++) await put(own, n);
  await has([own], 30);
  assert.equal((await own.api.send('PUT', `/v1/leases/${lease as string}`)).status, 200);
});
