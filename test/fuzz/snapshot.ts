// Any bytes to what reads a snapshot: changed ones, cut ones, and ones whose checksum is right all the same. Knows what must hold: all or
// nothing, and what was taken can be read to its end.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '../../src/testing/properties.ts';
import { ownerAt, ownersAt } from '../../src/plugins/kubernetes/cluster/address-index.ts';
import { endpointsAt, externalsAt, slicesAt } from '../../src/plugins/kubernetes/cluster/layout.ts';
import type { Maps } from '../../src/plugins/kubernetes/cluster/maps.ts';
import { namesOf } from '../../src/plugins/kubernetes/cluster/maps.ts';
import { nodeAt } from '../../src/plugins/kubernetes/cluster/node-store.ts';
import { filled, fresh, objects } from '../../src/plugins/kubernetes/snapshot/clusters.test.ts';
import { StillMaps } from '../../src/plugins/kubernetes/snapshot/copy.ts';
import { changesOf, digestOf, mapsOf } from '../../src/plugins/kubernetes/snapshot/format.ts';
import { SnapshotError, readSnapshot } from '../../src/plugins/kubernetes/snapshot/read.ts';
import { writeSnapshot } from '../../src/plugins/kubernetes/snapshot/write.ts';
import { target } from './target.ts';

const DIGEST = 32;
const watched = digestOf('fuzz');

async function inFolder<T>(use: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
  try {
    return await use(join(folder, 'cluster'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
/** Reads to the end all that a question may lead to. */
function readAll(maps: Maps): void {
  for (const map of [maps.services, maps.imports]) {
    for (const entry of map.walk()) {
      namesOf(map, entry);
      const at = map.bytesAt(entry);
      const end = at + map.valueSize(entry);
      assert.ok([...externalsAt(map.bytes, at)].length <= map.valueSize(entry));
      for (const slice of slicesAt(map.bytes, at)) for (const endpoint of endpointsAt(map.bytes, slice)) assert.ok(endpoint < end);
    }
  }
  for (const map of [maps.addresses, maps.podAddresses]) {
    for (const entry of map.walk()) for (const owner of ownersAt(map, entry)) ownerAt(map.bytes, owner);
  }
  for (const entry of maps.nodes.walk()) nodeAt(maps.nodes, entry);
}

const change = fc.tuple(fc.nat(4000), fc.oneof(fc.constantFrom(0, 1, 255, 4, 16), fc.nat(255)));
const cases = fc.record({
  objects, changes: fc.array(change, { maxLength: 4 }), cut: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(60)),
  sealed: fc.boolean(), more: fc.uint8Array({ maxLength: 3 }),
});

/** A snapshot. */
export const snapshot = target('snapshot', 150, cases, ({ objects: some, changes, cut, sealed, more }) => inFolder(async (path) => {
  const before = filled(some);
  const still = new StillMaps(before.maps, before.store);
  await writeSnapshot(path, { contact: 1, changes: changesOf(before.maps), watched }, still);
  const whole = readFileSync(path);
  const kept = whole.subarray(0, whole.length - (sealed ? DIGEST : 0) - cut);
  const bytes = Buffer.concat([kept, more]);
  for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
  const digest = sealed ? createHash('sha256').update(bytes).digest() : Buffer.alloc(0);
  writeFileSync(path, Buffer.concat([bytes, digest]));
  const { maps, store } = fresh();
  try {
    assert.notEqual(await readSnapshot(path, watched, maps, store), undefined);
    if (!sealed) assert.ok(bytes.equals(whole));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    assert.ok(sealed || !bytes.equals(whole), 'a sound file is refused');
    for (const map of mapsOf(maps)) assert.equal(map.entries, 0);
  }
  readAll(maps);
}));
