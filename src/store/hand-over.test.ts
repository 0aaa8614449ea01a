// A map that one thread fills is put in place of another by the thread whose map that is; both go on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { HandedMap } from './bytemap.ts';
import { Key } from './key.ts';
import type { MemoryHandle } from './memory.ts';
import { Store } from './store.ts';

const ENTRIES = 5000, ROUNDS = 20, OWNED = 2;
const keyOf = (number: number) => new Key().named(`\x08${String(number).padStart(8, '0')}\x00`, 1);

/** Fills a map for each round that it is told, and hands it over. */
function fill(handle: MemoryHandle): void {
  const store = Store.join(handle, 1);
  parentPort!.on('message', (round: number) => {
    if (round < 0) return parentPort!.close();
    const map = store.freshMap(OWNED);
    for (let number = 0; number < ENTRIES + round; number++) {
      const entry = map.prepare(keyOf(number), 40 + (number % 50));
      if (entry === 0) throw new Error('the memory is full');
      map.words[map.ownedAt(entry)] = round;
      map.bytes.fill(round, map.bytesAt(entry), map.bytesAt(entry) + 40 + (number % 50));
      map.publish(entry);
    }
    const handed = map.handOver();
    const late = map.prepare(keyOf(0), 1);
    if (late !== 0) {
      try {
        map.publish(late);
        throw new RangeError('it could still be written');
      } catch (error) {
        if (error instanceof RangeError) throw error;
      }
    }
    store.recycle();
    parentPort!.postMessage(handed);
  });
}

if (!isMainThread && workerData?.handle !== undefined) fill(workerData.handle as MemoryHandle);
else {
  test('a map filled by another thread is published here, again and again', async () => {
    const store = Store.create(1 << 27);
    const map = store.byteMap('zone', OWNED);
    const worker = new Worker(new URL(import.meta.url), { workerData: { handle: store.share() } });
    let extent = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      worker.postMessage(round);
      const handed = await new Promise<HandedMap>((resolve, reject) => worker.once('message', resolve).once('error', reject));
      map.replaceAll(store.taken(handed));
      store.recycle();
      assert.equal(map.entries, ENTRIES + round);
      for (let number = 0; number < ENTRIES + round; number += 97) {
        const entry = map.find(keyOf(number));
        assert.ok(entry !== 0);
        assert.equal(map.words[map.ownedAt(entry)], round);
        assert.ok(map.bytes.subarray(map.bytesAt(entry), map.bytesAt(entry) + map.valueSize(entry)).every((byte) => byte === round));
      }
      // It is this thread's now: it can be written, removed from, and grow.
      for (let number = 0; number < 100; number++) assert.ok(map.remove(keyOf(number)));
      for (let number = 0; number < 3000; number++) assert.ok(map.put(keyOf(100_000 + number), Uint8Array.of(1)));
      assert.equal(map.entries, ENTRIES + round + 2900);
      if (round === 5) ({ extent } = store.memory);
    }
    assert.ok(store.memory.extent <= extent * 1.2, `${store.memory.extent} bytes after ${extent}`);
    worker.postMessage(-1);
    await new Promise((resolve) => worker.once('exit', resolve));
  });
}
