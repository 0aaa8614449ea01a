// A snapshot is written at its rate and not more often, harms nobody where it cannot be, and what was restored is stale until it is not.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { STALE_SINCE, SYNCED } from '../cluster/maps.ts';
import { filled, fresh, named, picture, put } from './clusters.test.ts';
import type { Cluster } from './clusters.test.ts';
import { StillMaps } from './copy.ts';
import { changesOf, digestOf, mapsOf } from './format.ts';
import { readSnapshot } from './read.ts';
import { machineFiles, writeSnapshot } from './write.ts';
import type { Files } from './write.ts';
import { Snapshot } from './snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'cluster');
const watched = digestOf('all');

const write = ({ maps, store }: Cluster, files?: Files) => {
  const still = new StillMaps(maps, store);
  return writeSnapshot(path, { contact: 1234, changes: changesOf(maps), watched }, still, files).finally(() => still.release());
};
const read = ({ maps, store }: Cluster) => readSnapshot(path, watched, maps, store);

/** Files that fail at the n-th step: everything from then on, as a crash or a full disk does. */
function failing(after: number): Files {
  let steps = 0;
  const step = () => {
    if (++steps > after) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  const open = async (...args: Parameters<Files['open']>) => {
    step();
    const handle = await machineFiles.open(...args);
    return new Proxy(handle, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        return (...rest: unknown[]) => {
          if (name !== 'close') step();
          return Reflect.apply(value, target, rest) as unknown;
        };
      },
    });
  };
  const rename: Files['rename'] = async (...args) => {
    step();
    return machineFiles.rename(...args);
  };
  return { ...machineFiles, open: open as Files['open'], rename };
}

test('wherever writing ends, the file is the old one or the new one', async () => {
  const [old, later] = [filled([named(1, 'old')]), filled([named(1, 'new')])];
  let done = false;
  for (let steps = 0; !done; steps++) {
    rmSync(path, { force: true });
    await write(old);
    const before = readFileSync(path);
    done = await write(later, failing(steps)).then(() => true, () => false);
    if (!done) assert.deepEqual(readFileSync(path), before);
    assert.deepEqual(readdirSync(folder), ['cluster']);
  }
  const back = fresh();
  await read(back);
  assert.deepEqual(picture(back.maps), picture(later.maps));
});

test('what a crash left beside the file is no obstacle', async () => {
  writeFileSync(`${path}.tmp`, 'half');
  await write(filled([]));
  assert.deepEqual(readdirSync(folder), ['cluster']);
});

/** A snapshot that is kept by a clock moved by hand. */
function kept(files: Files = machineFiles) {
  const clock = new FakeClock();
  const { store, maps } = filled([named(1, 'web')]);
  const lines: string[] = [];
  const add = (text: string) => void lines.push(text);
  const stop = new AbortController();
  const state = { whole: true, listing: false, staleSince: undefined as number | undefined };
  let writes = 0;
  const counting: Files = {
    ...files,
    open: (...args) => files.open(...args),
    rm: (file, options) => {
      if (String(file).endsWith('.tmp')) writes++;
      return files.rm(file, options);
    },
  };
  const snapshot = new Snapshot({
    path, watched: 'all', maps, store, clock, signal: stop.signal, files: counting,
    log: { info: add, warning: add, error: add, debug: add } as never,
    api: { watched: [state], whole: () => state.whole, listing: () => state.listing },
  });
  return { clock, maps, lines, stop, state, snapshot, writes: () => writes };
}

test('the first one comes ten seconds after the first lists, others once a minute when something changed', async () => {
  rmSync(path, { force: true });
  const { clock, state, snapshot, writes, stop } = kept();
  state.whole = false;
  snapshot.changed();
  snapshot.keep();
  await clock.elapse(30_000);
  assert.equal(writes(), 0);
  state.whole = true;
  await clock.elapse(9_000);
  assert.equal(writes(), 0);
  await clock.elapse(2_000);
  assert.equal(writes(), 1);
  snapshot.changed();
  await clock.elapse(50_000);
  assert.equal(writes(), 1);
  await clock.elapse(11_000);
  assert.equal(writes(), 2);
  await clock.elapse(500_000);
  assert.equal(writes(), 2);
  // Nothing changed, but the API was in touch all the time.
  await clock.elapse(101_000);
  assert.equal(writes(), 3);
  state.staleSince = clock.wall();
  await clock.elapse(1_000_000);
  assert.equal(writes(), 3);
  stop.abort();
});

test('a failure is said once until it is mended, and the last moment is kept before the end', async () => {
  rmSync(path, { force: true });
  const files = { ...machineFiles, open: (() => Promise.reject(new Error('EROFS: read-only file system'))) as Files['open'] };
  const { clock, lines, snapshot, stop, maps } = kept(files);
  snapshot.changed();
  snapshot.keep();
  await clock.elapse(200_000);
  const failed = /^Snapshot \S+ cannot be written: EROFS: read-only file system\. What it was before stays/;
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, failed);
  files.open = machineFiles.open;
  await clock.elapse(61_000);
  assert.match(lines[1]!, /is written again$/);
  put(maps.namespaces, 'last');
  snapshot.changed();
  await snapshot.saveLast();
  stop.abort();
  const back = fresh();
  await read(back);
  assert.deepEqual(picture(back.maps), picture(maps));
});

test('a file that is something else is not written over', async () => {
  writeFileSync(path, 'precious');
  const { clock, lines, snapshot, stop } = kept();
  await snapshot.restore();
  snapshot.changed();
  snapshot.keep();
  await clock.elapse(100_000);
  assert.match(lines.join('\n'), /^Snapshot \S+ is not used: it is no snapshot of a cluster\. Nothing is written there/);
  assert.equal(readFileSync(path, 'utf8'), 'precious');
  rmSync(path);
  await clock.elapse(61_000);
  assert.deepEqual(readdirSync(folder), ['cluster']);
  stop.abort();
});

test('restored data is stale until every list was whole and every watch is in touch', async () => {
  await write(filled([named(1, 'web')]));
  const { clock, lines, maps, state, snapshot, stop } = kept();
  mapsOf(maps).forEach((map) => map.clear());
  state.whole = false;
  await snapshot.restore();
  snapshot.keep();
  assert.deepEqual([maps.flags.get(SYNCED), maps.flags.get(STALE_SINCE)], [1, 1234]);
  await clock.elapse(1000);
  assert.equal(maps.flags.get(STALE_SINCE), 1234);
  state.whole = true;
  await clock.elapse(1000);
  assert.equal(maps.flags.get(STALE_SINCE), 0);
  assert.match(lines.join('\n'), /Serving 1 objects .*\n.*what the snapshot said is replaced/);
  state.staleSince = 5_000_000;
  await clock.elapse(1000);
  assert.equal(maps.flags.get(STALE_SINCE), 5000);
  Object.assign(state, { staleSince: undefined, listing: true });
  await clock.elapse(1000);
  assert.equal(maps.flags.get(STALE_SINCE), 5000);
  state.listing = false;
  await clock.elapse(1000);
  assert.equal(maps.flags.get(STALE_SINCE), 0);
  stop.abort();
});
