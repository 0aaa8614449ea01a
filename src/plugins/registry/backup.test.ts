// Backup and restore by the command, beside a registry that runs: a folder and an etcd out, a folder in, with leases; and what is refused.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readBackup } from '../../key-value/backup.ts';
import { restore } from '../../key-value/restore.ts';
import { RealEtcd, isMissing } from '../../key-value/etcd-rig.test.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { MAIN } from '../../testing/spawned.ts';
import { registry } from './registry-rig.test.ts';

const at = (i: number): string => `/v1/zones/svc.test/services/web/instances/i-${i}`;
interface Ran {
  readonly code: number;
  readonly out: string;
}
const run = (...args: readonly string[]): Promise<Ran> => new Promise((resolve) => {
  execFile(process.execPath, [MAIN, 'registry', ...args], (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : Number(error.code), out: stdout + stderr });
  });
});

async function there(t: TestContext, own: Awaited<ReturnType<typeof registry>>): Promise<void> {
  const { api, port, folder } = own;
  for (let i = 1; i <= 20; i++) {
    assert.equal((await api.send('PUT', at(i), { addresses: [`10.0.0.${i}`], lease: { ttl: 3600 } })).status, 201);
  }
  const set = await api.send('PUT', '/v1/zones/svc.test/records/www/HTTPS', { ttl: 60, records: ['1 . alpn="h2"'] });
  const lease = (await api.send('GET', at(1))).body['lease'] as string;
  const [file, target] = [path.join(folder, 'backup'), path.join(folder, 'restored')];
  const before = await api.send('GET', '/v1/zones/svc.test/services/web');
  // While others write.
  let isOver = false;
  const writing = (async () => {
    for (let i = 0; !isOver; i++) await api.send('PUT', '/v1/zones/svc.test/records/busy/A', { ttl: 60, records: [`192.0.2.${i % 250}`] });
  })();
  const done = await run('backup', `@http://127.0.0.1:${port}`, file);
  isOver = true;
  await writing;
  assert.equal(done.code, 0, done.out);
  assert.match(done.out, /backup has \d+ keys of revision \d+/);
  const restored = await run('restore', file, target);
  assert.equal(restored.code, 0, restored.out);
  assert.deepEqual(readdirSync(target), ['registry.db']);
  const again = await run('restore', file, target);
  assert.deepEqual([again.code, /is not empty: registry\.db is there/.test(again.out)], [1, true]);
  const other = await registry(t, { place: `file ${target}` });
  const names = (reply: typeof before) => (reply.body['instances'] as readonly { readonly name: string }[]).map(({ name }) => name).sort();
  const after = await other.api.send('GET', '/v1/zones/svc.test/services/web');
  assert.deepEqual(names(after), names(before));
  assert.deepEqual(await other.answers('i-7.web.svc.test', 'A'), ['i-7.web.svc.test 30 A 10.0.0.7']);
  assert.equal((await other.answers('www.svc.test', 'HTTPS')).length, 1);
  assert.deepEqual((await other.api.send('PUT', `/v1/leases/${lease}`)).body, { ttl: 3600 });
  const next = await other.api.send('PUT', '/v1/zones/svc.test/records/www/HTTPS', { ttl: 30, records: ['1 . alpn="h2"'] });
  assert.ok((next.body['revision'] as number) > (set.body['revision'] as number) + 1_000_000);
  // What is cut, or is something else, makes no folder.
  const text = readFileSync(file, 'utf8');
  for (const wrong of [text.slice(0, -5), text.replace(/\{"end".*\n/, ''), text.replace('"format":1', '"format":2'), 'x\n', '']) {
    assert.throws(() => readBackup(wrong), /^Error: (?:it |line 1 )/);
  }
  mkdirSync(`${target}-new`);
  restore(`${target}-new`, readBackup(text));
  assert.deepEqual(readdirSync(`${target}-new`), ['registry.db']);
}
test('a folder', async (t) => there(t, await registry(t)));
test('an etcd', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  const own = await registry(t, { place: `etcd ${etcd.url}` });
  await eventually(() => own.ours.log().includes('etcd is followed'), 'etcd is followed');
  await there(t, own);
});
test('wrong words, and a server that is not there', async () => {
  assert.equal((await run('backup', '@http://127.0.0.1:1', 'x', '--what')).code, 2);
  const { code, out } = await run('backup', '@http://127.0.0.1:1', '/nowhere/x');
  assert.deepEqual([code, /ECONNREFUSED/.test(out)], [1, true]);
});
