// One suite for both stores of keys: what a registry relies on holds for a folder and for a real etcd alike.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import { eventually } from '../testing/conformance/transport-clients.ts';
import { readPlace } from '../web-api/api-request.ts';
import { EtcdKeyValue } from './etcd-key-value.ts';
import { RealEtcd, isMissing } from './etcd-rig.test.ts';
import { openFileKeys } from './file-key-value.ts';
import { GRANTED, KeyValueError } from './key-value.ts';
import type { KeyEvent, KeyValue, Operation } from './key-value.ts';

/** The machine's, but that a busy etcd is waited for. */
const patient: Clock = { ...systemClock, after: (milliseconds, call) => systemClock.after(milliseconds * 12, call) };
const put = (key: string, value: string, lease = 0n): Operation => ({ put: key, value: Buffer.from(value), lease });
const text = ({ key, value }: { readonly key: string; readonly value: Buffer }) => `${key}=${value}`;
/** Writes without a condition: the revision. */
const write = async (keys: KeyValue, ...operations: readonly Operation[]) => (await keys.transaction({ if: [], operations })).revision;

/** What changes, as it comes: `revision: key=value` and `revision: -key`. */
function watched(t: TestContext, keys: KeyValue, from: string, end: string, revision: bigint) {
  const seen: string[] = [];
  const over: string[] = [];
  const told = ({ key, pair }: KeyEvent) => (pair === undefined ? `-${key}` : text(pair));
  const stop = keys.watch(from, end, revision, {
    changed: (at, events) => seen.push(`${at}: ${events.map(told).sort().join(' ')}`),
    over: (why) => over.push(why),
  });
  t.after(stop);
  return { seen, over, stop };
}

const SUITE: Readonly<Record<string, (keys: KeyValue, t: TestContext) => Promise<void>>> = {
  async 'a key has its value and the revision of its last change'(keys) {
    assert.equal(await keys.get('/a'), undefined);
    const first = await write(keys, put('/a', '1'));
    const second = await write(keys, put('/a', '2'), put('/b\xff', '3'));
    assert.ok(second > first);
    const found = await keys.get('/a');
    assert.deepEqual([found!.key, `${found!.value}`, found!.revision, found!.lease], ['/a', '2', second, 0n]);
    assert.deepEqual((await keys.list('/', '0')).found.map(text), ['/a=2', '/b\xff=3']);
    assert.equal((await keys.list('/', '0')).revision, second);
    assert.deepEqual((await keys.list('/b', '/c')).found.map(text), ['/b\xff=3']);
  },
  async 'a transaction whose comparisons do not hold does nothing, and says what is there'(keys) {
    const revision = await write(keys, put('/a', '1'), put('/b', '1'));
    const refused = await keys.transaction({ if: [{ key: '/a', revision }, { key: '/b', revision: 0n }], operations: [put('/a', '2')] });
    assert.deepEqual([refused.done, refused.revision, refused.found.map(text)], [false, revision, ['/a=1', '/b=1']]);
    assert.equal((await keys.transaction({ if: [{ key: '/c', revision: 7n }], operations: [put('/a', '2')] })).done, false);
    assert.equal(`${(await keys.get('/a'))!.value}`, '1');
    const { done, revision: next } = await keys.transaction({
      if: [{ key: '/a', revision }, { key: '/c', revision: 0n }], operations: [put('/a', '2'), { delete: '/b' }, put('/c', '2')],
    });
    assert.deepEqual([done, next], [true, revision + 1n]);
    assert.deepEqual((await keys.list('/', '0')).found.map(text), ['/a=2', '/c=2']);
  },
  async 'a comparison of a range holds while nothing in it was changed since'(keys) {
    const revision = await write(keys, put('/r/a', '1'), put('/s', '1'));
    const since = (at: bigint, value: string) =>
      keys.transaction({ if: [{ key: '/r/', end: '/r0', revision: at }], operations: [put('/t', value)] });
    assert.deepEqual([(await since(revision, '1')).done, (await since(revision - 1n, '2')).done], [true, false]);
    await write(keys, put('/s', '2'), put('/r0', '2'));
    assert.equal((await since(revision, '3')).done, true);
    const last = await write(keys, put('/r/b', '1'));
    assert.deepEqual([(await since(revision, '4')).done, (await since(last, '5')).done], [false, true]);
    const none = await keys.transaction({ if: [{ key: '/none/', end: '/none0', revision: 0n }], operations: [put('/u', '1')] });
    assert.equal(none.done, true);
    assert.equal(`${(await keys.get('/t'))!.value}`, '5');
  },
  async 'what was there at a revision'(keys) {
    const lease = await keys.grant(600);
    const first = await write(keys, put('/p/a', '1'), put('/p/b', '1', lease), put('/q', '1'));
    const second = await write(keys, put('/p/a', '2'), { delete: '/p/none' }, put('/p/c', '2'));
    await keys.revoke(lease);
    const last = await write(keys, { delete: '/p/a' }, put('/p/d', '3'));
    await write(keys, put('/p/a', '4'));
    const past = async (revision: bigint) => {
      const { found, revision: at } = await keys.past!('/p/', '/p0', revision);
      assert.equal(at, revision);
      return found.map((each) => `${text(each)} ${each.revision - first} ${each.lease === 0n ? '' : 'leased'}`);
    };
    assert.deepEqual(await past(first - 1n), []);
    assert.deepEqual(await past(first), ['/p/a=1 0 ', '/p/b=1 0 leased']);
    assert.deepEqual(await past(second), ['/p/a=2 1 ', '/p/b=1 0 leased', '/p/c=2 1 ']);
    assert.deepEqual(await past(last - 1n), ['/p/a=2 1 ', '/p/c=2 1 ']);
    assert.deepEqual(await past(last), ['/p/c=2 1 ', `/p/d=3 ${last - first} `]);
  },
  async 'of writers at once that compare the same, one is done'(keys) {
    const revision = await write(keys, put('/a', '0'));
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) =>
      keys.transaction({ if: [{ key: '/a', revision }], operations: [put('/a', String(i))] })));
    assert.equal(all.filter(({ done }) => done).length, 1);
    assert.equal(`${(await keys.get('/a'))!.value}`, String(all.findIndex(({ done }) => done)));
  },
  async 'a watch has what is to come and what has been, in order, without a gap, a transaction as one change'(keys, t) {
    const first = await write(keys, put('/w/a', '1'), put('/x', '1'));
    const live = watched(t, keys, '/w/', '/w0', first + 1n);
    for (let i = 0; i < 20; i++) await write(keys, put(`/w/${i}`, String(i)), put(`/x${i}`, 'other'));
    const late = watched(t, keys, '/w/', '/w0', first);
    const last = await write(keys, put('/w/b', '2'), { delete: '/w/a' }, { delete: '/w/none' });
    await eventually(() => late.seen.length === 22 && live.seen.length === 21, 'all of it');
    assert.equal(late.seen[0], `${first}: /w/a=1`);
    assert.deepEqual(late.seen.slice(1), live.seen);
    assert.equal(live.seen[0], `${first + 1n}: /w/0=0`);
    assert.equal(live.seen.at(-1), `${last}: -/w/a /w/b=2`);
    live.stop();
    await write(keys, put('/w/c', '3'));
    await eventually(() => late.seen.length === 23, 'the other goes on');
    assert.equal(live.seen.length, 21);
  },
  async 'a lease takes its keys along when it is revoked or ends; renewed, it stays'(keys, t) {
    const lease = await keys.grant(600), other = await keys.grant(600);
    const revision = await write(keys, put('/l/a', '1', lease), put('/l/b', '1', lease), put('/l/c', '1', other));
    assert.equal((await keys.get('/l/a'))!.lease, lease);
    const { left, granted } = await keys.lease(lease);
    assert.ok(left > 0 && left <= 600 && granted === 600);
    const seen = watched(t, keys, '/l/', '/l0', revision + 1n);
    assert.equal(await keys.revoke(lease), true);
    assert.equal(await keys.revoke(lease), false);
    assert.deepEqual(await keys.renew([lease, other, 5n]), new Map([[other, 600]]));
    assert.equal((await keys.lease(lease)).left, -1);
    await assert.rejects(keys.transaction({ if: [], operations: [put('/l/e', '1', lease)] }),
      (error) => error instanceof KeyValueError && error.trouble === 'lease');
    // On a busy machine a short one may have ended before something has it.
    for (let isThere = false; !isThere;) {
      isThere = await write(keys, put('/l/d', '1', await keys.grant(1))).then(() => true, () => false);
    }
    await eventually(() => seen.seen.length === 3, 'the short one ends');
    assert.match(seen.seen.join(' '), /^\d+: -\/l\/a -\/l\/b \d+: \/l\/d=1 \d+: -\/l\/d$/);
    assert.deepEqual((await keys.list('/l/', '/l0')).found.map(text), ['/l/c=1']);
  },
  async 'a lease comes with a transaction, or not at all'(keys) {
    const order = { if: [{ key: '/g/a', revision: 0n }], operations: [put('/g/a', '1', GRANTED), put('/g/b', '1')], grant: 600 };
    const made = await keys.transaction(order);
    assert.deepEqual([made.done, (await keys.lease(made.lease)).granted], [true, 600]);
    assert.deepEqual((await keys.list('/g/', '/g0')).found.map(({ key, lease }) => [key, lease]), [['/g/a', made.lease], ['/g/b', 0n]]);
    const refused = await keys.transaction(order);
    assert.deepEqual([refused.done, refused.lease], [false, 0n]);
    assert.equal((await write(keys, put('/g/c', '1', made.lease))) > made.revision, true);
    assert.equal(await keys.revoke(made.lease), true);
    assert.deepEqual((await keys.list('/g/', '/g0')).found.map(text), ['/g/b=1']);
    assert.notEqual(await keys.source(), '');
  },
  async 'many renewals at once'(keys) {
    const ids = await Promise.all(Array.from({ length: 1500 }, () => keys.grant(60)));
    assert.equal((await keys.renew([...ids, 1n])).size, 1500);
  },
};

for (const [name, run] of Object.entries(SUITE)) {
  test(`a folder: ${name}`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
    const keys = await openFileKeys(path.join(folder, 'deep', 'er'), systemClock);
    t.after(async () => {
      await keys.close();
      rmSync(folder, { recursive: true });
    });
    await run(keys, t);
  });
  test(`an etcd: ${name}`, { skip: isMissing }, async (t) => {
    const etcd = await new RealEtcd().open(t);
    const keys = new EtcdKeyValue({ places: [readPlace(etcd.url)!], user: undefined, secure: () => undefined }, patient);
    t.after(() => keys.close());
    await run(keys, t);
  });
}
