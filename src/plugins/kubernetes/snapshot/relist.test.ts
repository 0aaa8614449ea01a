// What was restored and then listed is what was listed, whatever the snapshot said.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fc } from '../../../testing/properties.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import { ownerAt, ownersAt } from '../cluster/address-index.ts';
import { DUPLICATES, SIZE, SLICES, SLICE_NAME, endpointsAt, le32, slicesAt, textAt } from '../cluster/layout.ts';
import { namesOf } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';
import { filled, fresh, list, objects } from './clusters.test.ts';
import { StillMaps } from './copy.ts';
import { changesOf, digestOf } from './format.ts';
import { readSnapshot } from './read.ts';
import { writeSnapshot } from './write.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'cluster');
const watched = digestOf('all');

/** The order of slices, and of the owners of an address, is that of their coming: it says nothing. */
function meaning(maps: Maps): unknown {
  const services = (map: ByteMap) => [...map.walk()].map((entry) => {
    const at = map.bytesAt(entry);
    const value = map.bytes.slice(at, at + map.valueSize(entry));
    const slices = [...slicesAt(value, 0)].map((slice) => {
      for (const endpoint of endpointsAt(value, slice)) value[endpoint]! &= SIZE;
      return `${textAt(value, slice + SLICE_NAME)} ${value.subarray(slice, slice + le32(value, slice)).join()}`;
    });
    return [...namesOf(map, entry), le32(value, DUPLICATES), value.subarray(SLICES + 4, DUPLICATES).join(),
      value.subarray(DUPLICATES + 4, le32(value, SLICES)).join(), ...slices.sort()].join(' ');
  }).sort();
  const owners = (map: ByteMap) => [...map.walk()].map((entry) => {
    const key = map.words.slice(map.keyAt(entry), map.keyAt(entry) + map.keyWords(entry)).join();
    return [key, ...[...ownersAt(map, entry)].map((item) => JSON.stringify(ownerAt(map.bytes, item))).sort()].join(' ');
  }).sort();
  const plain = (map: ByteMap) => [...map.walk()].map((entry) => {
    const at = map.bytesAt(entry);
    return [...namesOf(map, entry), map.bytes.slice(at, at + map.valueSize(entry)).join()].join(' ');
  }).sort();
  return [services(maps.services), services(maps.imports), owners(maps.addresses), owners(maps.podAddresses), plain(maps.namespaces),
    plain(maps.pods), plain(maps.slices), plain(maps.importSlices), plain(maps.nodes)];
}

test('a list takes away and changes what the snapshot had, and nothing of it is left', async () => {
  await fc.assert(fc.asyncProperty(objects, objects, fc.array(fc.nat(29)), async (old, other, both) => {
    const later = [...other, ...both.flatMap((index) => old[index] ?? [])];
    const before = filled(old);
    const still = new StillMaps(before.maps, before.store);
    await writeSnapshot(path, { contact: 1, changes: changesOf(before.maps), watched }, still);
    const restored = fresh();
    await readSnapshot(path, watched, restored.maps, restored.store);
    list(restored.maps, later);
    const listed = fresh();
    list(listed.maps, later);
    assert.deepEqual(meaning(restored.maps), meaning(listed.maps));
  }), { numRuns: 60 });
});
