// A snapshot is the cluster or nothing: what is read back is what was there, at one moment, and a changed byte is refused.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fc } from '../../../testing/properties.ts';
import { ObjectKey } from '../cluster/maps.ts';
import { filled, fresh, named, objects, picture, put } from './clusters.test.ts';
import type { Cluster } from './clusters.test.ts';
import { StillMaps } from './copy.ts';
import { DIGEST, changesOf, digestOf } from './format.ts';
import { SnapshotError, readSnapshot } from './read.ts';
import { writeSnapshot } from './write.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'cluster');
const watched = digestOf('all');

const write = ({ maps, store }: Cluster) => {
  const still = new StillMaps(maps, store);
  return writeSnapshot(path, { contact: 1234, changes: changesOf(maps), watched }, still).finally(() => still.release());
};
const read = ({ maps, store }: Cluster) => readSnapshot(path, watched, maps, store);

test('any cluster comes back as it was, with rounds that no list has', async () => {
  await fc.assert(fc.asyncProperty(objects, async (some) => {
    const [before, back] = [filled(some), fresh()];
    await write(before);
    const restored = await read(back);
    assert.equal(restored?.contact, 1234);
    assert.deepEqual(picture(back.maps), picture(before.maps));
    assert.equal(back.maps.flags.get(0), before.maps.flags.get(0));
    for (const entry of back.maps.pods.walk()) assert.equal(back.maps.pods.words[back.maps.pods.ownedAt(entry)], 0);
  }), { numRuns: 60 });
});

test('what is copied is one moment, whatever happens until it is', () => {
  const cluster = fresh();
  const key = new ObjectKey();
  for (let i = 0; i < 20_000; i++) put(cluster.maps.services, `s${i}`, new Uint8Array(40).fill(i));
  const before = picture(cluster.maps);
  const still = new StillMaps(cluster.maps, cluster.store);
  const copy = fresh();
  let round = 0;
  for (const block of still.blocks()) {
    const words = new Int32Array(block.slice().buffer);
    for (let at = 3; at < words.length;) {
      const size = words[at + 1]!;
      const from = at + 2;
      key.copy(new Uint8Array(words.buffer), from * 4, words[at]! * 4);
      const value = (from + words[at]!) * 4;
      copy.maps.services.put(key, new Uint8Array(words.buffer, value, size));
      at = value / 4 + Math.ceil(size / 4);
    }
    round++;
    for (let i = 0; i < 20_000; i += 2) put(cluster.maps.services, `s${i}`, new Uint8Array(40).fill(i + round));
    cluster.store.recycle();
  }
  assert.ok(round > 2);
  assert.deepEqual(picture(copy.maps), before);
  still.release();
  assert.throws(() => [...still.blocks()], /too long/);
});

const nothing = picture(fresh().maps);
async function refused(bytes: Uint8Array, why: RegExp): Promise<void> {
  writeFileSync(path, bytes);
  const cluster = fresh();
  await assert.rejects(read(cluster), (error) => error instanceof SnapshotError && why.test(error.message));
  assert.deepEqual(picture(cluster.maps), nothing);
  assert.equal(cluster.maps.flags.get(0), 0);
}

test('any changed byte, any cut and anything behind the end are refused, and nothing is left of them', async () => {
  await write(filled([named(0, 'testns'), named(1, 'web'), named(3, 'pod')]));
  const sound = readFileSync(path);
  for (let at = 0; at < sound.length; at++) {
    const changed = Uint8Array.from(sound);
    changed[at]! ^= 1 << (at % 8);
    await refused(changed, /checksum|no snapshot|version/);
    await refused(sound.subarray(0, at), /checksum|no snapshot|cut short|empty/);
  }
  await refused(Buffer.concat([sound, Buffer.of(0)]), /checksum/);
});

test('a file whose checksum is right and whose parts are not is refused too', async () => {
  await write(filled([named(0, 'abc')]));
  const body = readFileSync(path).subarray(0, -DIGEST);
  const sealed = (bytes: Uint8Array) => Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]);
  const set = (at: number, value: number) => {
    const changed = Buffer.from(body);
    changed.writeInt32LE(value, at);
    return sealed(changed);
  };
  writeFileSync(path, sealed(body));
  await read(fresh());
  // The numbers of entries in the head, then the one block: its words, map, entries, and the entry's words of key, bytes of value and key.
  for (let map = 0; map < 8; map++) await refused(set(28 + map * 4, 2), /fit together/);
  const block = body.length - 6 * 4;
  const wrong = [[-1, 3, 5, 7, 1e6], [8, 1, -1], [0, 2, -1], [0, 2, 133, -1], [-1, 1, 4, 1e9], [0x63626104, 0x63626102, 0x636261ff]];
  for (const [word, values] of wrong.entries()) for (const value of values) await refused(set(block + word * 4, value), /fit together/);
});

test('a snapshot of other settings, and what is no file, are refused', async () => {
  await write(filled([]));
  const { maps, store } = fresh();
  await assert.rejects(readSnapshot(path, digestOf('some'), maps, store), /other settings/);
  await assert.rejects(readSnapshot(folder, watched, maps, store), /no file/);
  assert.equal(await readSnapshot(join(folder, 'missing'), watched, maps, store), undefined);
});

