// What is kept of an etcd over a restart: served before etcd is reached and said to be old, taken over whole or not at all, written over
// nothing else.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { askOnce } from '../../testing/one-question.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { RealEtcd, isMissing } from '../../key-value/etcd-rig.test.ts';
import { keptOf } from '../../skydns/kept.ts';
import { SnapshotError, readSnapshot, snapshotOf } from './snapshot-format.ts';

test('a restart without etcd answers what was kept, and says so; with it, what it has', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  const folder = mkdtempSync(path.join(tmpdir(), 'etcd-kept-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'keys');
  const corefile = `sky.test {\nbind 127.0.0.1\netcd {\nendpoint ${etcd.url}\nsnapshot ${file}\n}\n}`;
  await etcd.put('/skydns/test/sky/a', { host: '192.0.2.1', text: 'é' });
  await etcd.put('/skydns/test/sky/b', 'none');
  const start = async () => {
    const ours = await serve(corefile, standard);
    t.after(() => ours.close());
    return ours;
  };
  const first = await start();
  await eventually(() => first.log().includes('etcd is followed, 2 keys'), 'it is followed');
  await first.leave();
  await etcd.kill();

  const second = await start();
  assert.match(second.log(), /Serving 2 keys from snapshot .*: etcd was followed \d+ s ago/);
  const ask = async ({ port }: { readonly port: number }, name: string) => {
    const { answer, ede, rcode } = await askOnce(port, `${name}.sky.test`, 'A');
    return [rcode, answer.length, ede];
  };
  assert.deepEqual([await ask(second, 'a'), await ask(second, 'none'), await ask(second, 'b')],
    [['NOERROR', 1, 3], ['NXDOMAIN', 0, 3], ['SERVFAIL', 0, 0]]);
  await etcd.start();
  await eventually(() => second.log().includes('etcd is followed, 2 keys'), 'it is followed again');
  assert.deepEqual([await ask(second, 'a'), await ask(second, 'none')], [['NOERROR', 1, undefined], ['NXDOMAIN', 0, undefined]]);
  await second.leave();

  const bytes = readFileSync(file);
  bytes[bytes.length - 40]! ^= 1;
  for (const [content, text] of [[bytes, 'it is damaged. The next snapshot replaces it'],
    ['a poem', 'it is no snapshot of keys of etcd. Nothing is written there']] as const) {
    writeFileSync(file, content);
    const third = await start();
    assert.ok(third.log().includes(text), third.log());
    await eventually(() => third.log().includes('etcd is followed, 2 keys'), 'it is followed');
    await third.leave();
  }
  assert.equal(readFileSync(file, 'utf8'), 'a poem');
});

test('a snapshot is read as it was written; one that is cut or changed anywhere is refused', () => {
  const keys = ['/s/a', '/s/a/b', '/s/ü'].map((key, i) =>
    keptOf({ key, value: Buffer.from(i === 1 ? 'none' : '{"host":"192.0.2.1","ttl":7}'), lease: BigInt(i), revision: 5n }));
  const bytes = Buffer.concat([...snapshotOf({ prefix: '/s/', contact: 17 }, keys)]);
  const { contact, keys: read } = readSnapshot(bytes, '/s/');
  assert.deepEqual([contact, [...read]], [17, keys]);
  assert.throws(() => readSnapshot(bytes, '/t/'), /it is of another path/);
  for (let length = 0; length < bytes.length; length++) assert.throws(() => readSnapshot(bytes.subarray(0, length), '/s/'), SnapshotError);
  fc.assert(fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
    const other = Buffer.from(bytes);
    other[at]! ^= by;
    assert.throws(() => readSnapshot(other, '/s/'), SnapshotError);
  }));
});
