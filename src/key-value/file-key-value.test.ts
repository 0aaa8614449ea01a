// What a folder of keys does beside the suite: leases by a clock that a test moves, a disk whose sync fails, what is kept of the past.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { FakeClock } from '../testing/fake-clock.ts';
import { openFileKeys } from './file-key-value.ts';
import type { Write } from './file-orders.ts';
import { FileState } from './file-state.ts';

const put = (key: string, lease = 0n) => ({ put: key, value: Buffer.from('x'), lease });
const write = (key: string): Write => ({ what: 'transaction', transaction: { if: [], operations: [put(key)] } });
function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('leases: never gone before their time since the last heartbeat; a whole time anew after a start, and after a pause', async (t) => {
  const folder = folderOf(t);
  let clock = new FakeClock();
  let stood = 0;
  const machine = () => ({
    monotonic: () => clock.monotonic() + stood, wall: () => clock.wall(), after: (ms: number, call: () => void) => clock.after(ms, call),
  });
  let keys = await openFileKeys(folder, machine());
  const lease = await keys.grant(15);
  await keys.transaction({ if: [], operations: [put('/a', lease)] });
  await clock.elapse(14_900);
  assert.deepEqual(await keys.renew([lease]), new Map([[lease, 15]]));
  await clock.elapse(14_900);
  assert.ok(await keys.get('/a') !== undefined);
  assert.equal((await keys.lease(lease)).left, 0);
  await keys.close();
  clock = new FakeClock();
  keys = await openFileKeys(folder, machine());
  t.after(() => keys.close());
  assert.equal((await keys.lease(lease)).left, 15);
  await clock.elapse(14_900);
  // The machine stands still for an hour: nobody could renew anything.
  stood = 3_600_000;
  await clock.elapse(14_000);
  assert.ok(await keys.get('/a') !== undefined);
  await clock.elapse(2000);
  assert.equal(await keys.get('/a'), undefined);
  assert.equal((await keys.renew([lease])).size, 0);
});

test('a sync that fails: nothing is taken any more, said; what was acknowledged is still told', (t) => {
  const real = new DatabaseSync(path.join(folderOf(t), 'a.db'));
  let fails = false;
  const state = new FileState({
    prepare: (sql) => real.prepare(sql), close: () => real.close(),
    exec(sql) {
      if (fails && sql === 'COMMIT') throw Object.assign(new Error('disk I/O error'), { errcode: 1034 });
      real.exec(sql);
    },
  });
  const [first] = state.run({ writes: [write('/a')], reads: [] }).writes;
  assert.ok('done' in first! && first.done);
  fails = true;
  const refused = state.run({ writes: [write('/b'), write('/c')], reads: [{ what: 'list', from: '/', end: '0' }] });
  assert.deepEqual(refused.writes.map((result) => 'trouble' in result && result.trouble), ['broken', 'broken']);
  fails = false;
  const [still] = state.run({ writes: [write('/b')], reads: [] }).writes;
  assert.match('text' in still! ? still.text : '', /nothing is taken until the server has been started again/);
  const [list] = refused.reads;
  assert.deepEqual('found' in list! ? list.found.map(({ key }) => key) : [], ['/a']);
  state.close();
});

test('no room for one of a batch: the others are done, and each revision is told once', (t) => {
  const real = new DatabaseSync(path.join(folderOf(t), 'a.db'));
  const state = new FileState(real);
  real.exec('PRAGMA max_page_count = 40');
  const operations = [{ put: '/l', value: Buffer.alloc(400_000), lease: 0n }];
  const large: Write = { what: 'transaction', transaction: { if: [], operations } };
  const { writes } = state.run({ writes: [write('/a'), large, write('/b')], reads: [] });
  assert.deepEqual(writes.map((result) => ('trouble' in result ? result.trouble : Number(result.revision))), [2, 'full', 3]);
  state.close();
});

test('the past is kept for some ten thousand revisions: who begins before it hears so', (t) => {
  const state = new FileState(new DatabaseSync(path.join(folderOf(t), 'a.db')));
  for (let i = 0; i < 12; i++) state.run({ writes: Array.from({ length: 1000 }, (_, n) => write(`/${n}`)), reads: [] });
  const of = (what: 'history' | 'past') => state.run({
    writes: [], reads: [2n, 9000n].map((revision) => ({ what, from: '/', end: '0', revision })),
  }).reads.map((result) => ('trouble' in result ? result.text : result.events.length + result.found.length));
  assert.deepEqual([of('history'), of('past')], [['compacted', 3002], ['compacted', 1000]]);
  state.close();
});

test('a folder of before there was a past is taken up, and has one from then on', (t) => {
  const database = new DatabaseSync(path.join(folderOf(t), 'a.db'));
  const close = { prepare: (sql: string) => database.prepare(sql), exec: (sql: string) => database.exec(sql), close: () => {} };
  let state = new FileState(close);
  state.run({ writes: [write('/a'), write('/b')], reads: [] });
  database.exec("DROP TABLE past; UPDATE meta SET value = 1 WHERE name = 'format'");
  state = new FileState(close);
  state.run({ writes: [write('/a')], reads: [] });
  const { reads } = state.run({ writes: [], reads: [2n, 3n].map((revision) => ({ what: 'past', from: '/', end: '0', revision })) });
  const revisions = reads.map((result) => ('trouble' in result ? result.text : result.found.map((each) => Number(each.revision))));
  assert.deepEqual(revisions, ['compacted', [2, 3]]);
  database.exec("UPDATE meta SET value = 9 WHERE name = 'format'");
  assert.throws(() => new FileState(close), /a newer version/);
  database.close();
});
