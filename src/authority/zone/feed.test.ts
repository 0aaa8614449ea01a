// A zone kept as its file says: when it is read, what is taken, what is left, and what is told.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Name } from '../../dns/name.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Store } from '../../store/store.ts';
import * as digests from './digest.ts';
import { FileFeed } from './feed.ts';
import { ZoneKeeper } from './keeper.ts';
import { Loading } from './loading.ts';
import type { Loaded, Order } from './loading.ts';
import { RECORDS, SERIAL } from './version.ts';
import { ZoneCell } from './zone-cell.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const zoneText = (serial: number, more = ''): string => `@ 60 IN SOA ns host ${serial} 1 2 3 4\n@ 60 IN NS ns\n${more}`;

interface Wanted {
  readonly unchanged: Order['unchanged'];
  readonly digest: Order['digest'];
  readonly file: string;
  readonly memory: number;
  readonly folder: string;
}
class Watched {
  readonly folder: string;
  readonly clock = new FakeClock();
  readonly store: Store;
  readonly told: string[] = [];
  readonly keeper: ZoneKeeper;
  readonly feed: FileFeed;
  readonly signal = new AbortController();

  constructor(t: TestContext, { unchanged = 'leave', digest = 'check', file = 'db', memory = 1 << 26, folder }: Partial<Wanted> = {}) {
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'zone-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    const store = Store.create(memory, STORE_KEY);
    this.store = store;
    this.keeper = new ZoneKeeper({ store, clock: this.clock }, Name.parse('z.test.'), new ZoneCell(store, 'z'));
    const loading = new Loading(store.memory, digests);
    this.feed = new FileFeed({ path: this.path(file), unchanged, digest }, {
      keeper: this.keeper, clock: this.clock, random: () => 0.5,
      load: (order) => store.reading.within(() => loading.load(order)),
      told: (loaded, first) => void this.told.push(textOf(loaded, first, this.folder)),
    });
  }
  path(name: string): string {
    return join(this.folder, name);
  }
  write(text: string, name = 'db'): void {
    writeFileSync(this.path(name), text);
  }
  replace(text: string, name = 'db'): void {
    this.write(text, 'new');
    renameSync(this.path('new'), this.path(name));
  }
  async begin(reload = 10_000): Promise<void> {
    await this.feed.begin();
    await this.feed.want(reload, this.signal.signal);
  }
  get serial(): number {
    return this.store.memory.words[this.keeper.cell.version + SERIAL]!;
  }
  get records(): number {
    return this.store.memory.words[this.keeper.cell.version + RECORDS]!;
  }
  take(): string[] {
    return this.told.splice(0);
  }
}
function textOf(loaded: Loaded, first: boolean, folder: string): string {
  const when = first ? 'first ' : '';
  if (loaded.kind === 'failed') return `${when}${loaded.reason}: ${loaded.text.replaceAll(`${folder}/`, '')}`;
  return `${when}${loaded.kind} ${loaded.serial}`;
}

test('a file that was replaced is read at the next look, one that was written in place when it is still', async (t) => {
  const zone = new Watched(t);
  zone.write(zoneText(1));
  await zone.begin();
  assert.deepEqual(zone.take(), ['first made 1']);
  await zone.clock.elapse(30_000);
  assert.deepEqual(zone.take(), [], 'what is the same is not read');
  zone.replace(zoneText(2));
  await zone.clock.elapse(10_000);
  assert.deepEqual(zone.take(), ['made 2']);
  zone.write(zoneText(3));
  await zone.clock.elapse(10_000);
  assert.deepEqual(zone.take(), [], 'it was written just now');
  zone.write(zoneText(3, 'a 60 IN A 192.0.2.1\n'));
  await zone.clock.elapse(1000);
  assert.deepEqual(zone.take(), [], 'and again');
  await zone.clock.elapse(1000);
  assert.deepEqual(zone.take(), ['made 3']);
  assert.equal(zone.records, 3);
  zone.signal.abort();
  zone.replace(zoneText(4));
  await zone.clock.elapse(60_000);
  assert.deepEqual(zone.take(), [], 'nobody wants it any more');
});

test('a file that was written long before is read at once', async (t) => {
  const zone = new Watched(t);
  zone.write(zoneText(1));
  await zone.begin();
  zone.take();
  zone.write(zoneText(2));
  const old = zone.clock.wall() / 1000 - 5;
  utimesSync(zone.path('db'), old, old);
  await zone.clock.elapse(12_000);
  assert.deepEqual(zone.take(), ['made 2']);
});

test('a link that leads elsewhere is another file', async (t) => {
  const zone = new Watched(t, { file: 'current/db' });
  for (const [folder, serial] of [['one', 1], ['two', 2]] as const) {
    mkdirSync(zone.path(folder));
    zone.write(zoneText(serial), `${folder}/db`);
  }
  symlinkSync('one', zone.path('current'));
  await zone.begin();
  unlinkSync(zone.path('current'));
  symlinkSync('two', zone.path('current'));
  await zone.clock.elapse(12_000);
  assert.deepEqual(zone.take(), ['first made 1', 'made 2']);
});

test('what a file includes counts as the file', async (t) => {
  const zone = new Watched(t);
  zone.write('a 60 IN A 192.0.2.1\n', 'more');
  zone.write(zoneText(1, '$INCLUDE more\n'));
  await zone.begin();
  assert.equal(zone.records, 3);
  zone.replace('a 60 IN A 192.0.2.1\n@ 60 IN SOA ns host 2 1 2 3 4\n', 'more');
  await zone.clock.elapse(12_000);
  assert.deepEqual(zone.take(), ['first made 1', 'made 2']);
});

test('a broken file never replaces a good one, is read once, and tells where it is broken', async (t) => {
  const zone = new Watched(t);
  zone.write(zoneText(1));
  await zone.begin();
  zone.take();
  zone.replace(zoneText(2, 'a 60 IN A 300.0.0.1\n'));
  await zone.clock.elapse(50_000);
  assert.equal(zone.serial, 1);
  const told = zone.take();
  assert.equal(told.length, 1);
  assert.match(told[0]!, /^syntax: failed to parse file "db" for origin z\.test\. with error db:3:11: .* expected, found "300\.0\.0\.1"$/);
  assert.match(zone.feed.trouble!, /db:3:11/);
  zone.replace('a 60 IN A 192.0.2.1\n');
  await zone.clock.elapse(12_000);
  assert.deepEqual(zone.take(), ['zone: file "db" has no SOA record for origin z.test.']);
  zone.replace(`${zoneText(5)}b 60 IN SOA ns host 3 1 2 3 4\n`);
  await zone.clock.elapse(12_000);
  assert.deepEqual(zone.take(), ['zone: file "db" has SOA owner b.z.test. that does not match origin z.test.']);
  unlinkSync(zone.path('db'));
  await zone.clock.elapse(50_000);
  assert.deepEqual(zone.take(), ['missing: open db: no such file or directory']);
  assert.equal(zone.serial, 1);
  zone.write(zoneText(4));
  await zone.clock.elapse(12_000);
  assert.deepEqual(zone.take(), ['made 4']);
  assert.equal(zone.feed.trouble, undefined);
});

test('a file that is not there yet is read when it is', async (t) => {
  const zone = new Watched(t);
  await zone.begin();
  assert.deepEqual(zone.take(), ['first missing: open db: no such file or directory']);
  await zone.clock.elapse(30_000);
  assert.deepEqual(zone.take(), []);
  zone.write(zoneText(7));
  await zone.clock.elapse(12_000);
  assert.deepEqual(zone.take(), ['first made 7']);
});

test('a pipe, a folder and a file that includes itself are refused, and nobody waits', async (t) => {
  const zone = new Watched(t);
  execFileSync('mkfifo', [zone.path('db')]);
  await zone.begin();
  zone.replace(zoneText(1, '$INCLUDE db\n'));
  await zone.clock.elapse(12_000);
  unlinkSync(zone.path('db'));
  mkdirSync(zone.path('db'));
  await zone.clock.elapse(12_000);
  assert.match(zone.take().join('\n'), /regular file.*\n.*db:3:.*itself.*\n.*regular file/);
});

test('other records under the same serial are left and told, taken, or given the next serial', async (t) => {
  for (const [unchanged, expected] of [['leave', 'held 1'], ['take', 'made 1'], ['count', 'made 2']] as const) {
    const zone = new Watched(t, { unchanged });
    zone.write(zoneText(1));
    await zone.begin();
    zone.take();
    zone.replace(zoneText(1, 'a 60 IN A 192.0.2.1\n'));
    const { used } = zone.store.memory;
    await zone.clock.elapse(30_000);
    assert.deepEqual(zone.take(), [expected]);
    assert.equal(zone.records, unchanged === 'leave' ? 2 : 3);
    if (unchanged === 'leave') {
      assert.match(zone.feed.trouble!, /has changed, but its serial is still 1/);
      assert.equal(zone.store.memory.used, used, 'nothing of it is kept');
    }
    zone.replace(zoneText(1, unchanged === 'leave' ? '' : 'a 60 IN A 192.0.2.1\n'));
    await zone.clock.elapse(30_000);
    assert.deepEqual(zone.take(), [`same ${unchanged === 'count' ? 2 : 1}`], 'the same records are no news');
    assert.equal(zone.feed.trouble, undefined);
  }
});

test('a serial that goes back is taken; of two SOA records the last one counts', async (t) => {
  const zone = new Watched(t);
  zone.write(`${zoneText(4_294_967_295)}`);
  await zone.begin();
  zone.replace(`${zoneText(9)}@ 60 IN SOA ns host 3 1 2 3 4\n`);
  await zone.clock.elapse(12_000);
  assert.deepEqual(zone.take(), ['first made 4294967295', 'made 3']);
  assert.equal(zone.records, 2);
});

test('where memory is full the version before is served, and it is tried again later and later', async (t) => {
  const zone = new Watched(t, { memory: 1 << 20 });
  zone.write(zoneText(1));
  await zone.begin();
  zone.take();
  zone.replace(zoneText(2, Array.from({ length: 20_000 }, (_, i) => `n${i} 60 IN A 192.0.2.1\n`).join('')));
  await zone.clock.elapse(100_000);
  const told = zone.take();
  assert.ok(told.length > 1 && told.length < 6, String(told.length));
  assert.ok(told.every((text) => text === 'memory: zone z.test. in "db": the shared memory is full'));
  assert.equal(zone.serial, 1);
});

test('when nobody serves a zone any more its memory is given back', async (t) => {
  const zone = new Watched(t);
  const { used } = zone.store.memory;
  zone.write(zoneText(1, Array.from({ length: 20_000 }, (_, i) => `n${i} 60 IN A 192.0.2.1\n`).join('')));
  await zone.begin();
  assert.ok(zone.store.memory.used > used + 100_000);
  zone.feed.close();
  zone.keeper.close();
  await zone.clock.elapse(60_000);
  assert.equal(zone.keeper.cell.version, 0);
  assert.equal(zone.store.memory.used, used);
});

test('a serial that counts by itself is kept over a restart', async (t) => {
  const zone = new Watched(t, { unchanged: 'count' });
  zone.write(zoneText(1));
  await zone.begin();
  zone.replace(zoneText(1, 'a 60 IN A 192.0.2.1\n'));
  await zone.clock.elapse(12_000);
  assert.deepEqual(zone.take(), ['first made 1', 'made 2']);
  const again = new Watched(t, { unchanged: 'count', folder: zone.folder });
  await again.begin();
  assert.deepEqual(again.take(), ['first made 2'], 'the same records');
  zone.feed.close();
  again.feed.close();
  again.replace(zoneText(1, 'a 60 IN A 192.0.2.1\nb 60 IN A 192.0.2.22\n'));
  const third = new Watched(t, { unchanged: 'count', folder: zone.folder });
  await third.begin();
  assert.deepEqual(third.take(), ['first made 3'], 'others, written while nobody looked');
  third.replace(zoneText(2_000_000_000));
  await third.clock.elapse(12_000);
  assert.deepEqual(third.take(), ['made 2000000000'], 'its own is ahead');
});

test('a serial that counts by itself has a digest of its own, and one that stays what it was is no news', async (t) => {
  const zone = new Watched(t, { unchanged: 'count', digest: 'make' });
  zone.write(zoneText(1));
  await zone.begin();
  assert.deepEqual([zone.take(), zone.records], [['first made 1'], 3]);
  for (const serial of [2, 3]) {
    zone.replace(zoneText(1, `a 60 IN A 192.0.2.${serial}\n`));
    await zone.clock.elapse(12_000);
    assert.deepEqual([zone.take(), zone.records], [[`made ${serial}`], 4]);
    zone.replace(`${zoneText(1, `a 60 IN A 192.0.2.${serial}\n`)}; the same`);
    await zone.clock.elapse(12_000);
    assert.deepEqual(zone.take(), [`same ${serial}`]);
  }
});
