// Real threads on one store: readers beside a writer, all on one cache, and threads that are killed in the middle of it.
import type { Entry } from './key.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { CacheMap } from './cache-map.ts';
import { Key } from './key.ts';
import type { MemoryHandle } from './memory.ts';
import { Store } from './store.ts';

/** An entry that is there. */
function there(entry: Entry | 0): Entry {
  assert.ok(entry !== 0);
  return entry;
}

const LENGTH = 8;
const KEYS = 300;
const LIMITS = { entries: 200, bytes: 60_000, owned: 1 };
const key = new Key();
function choose(number: number): void {
  key.words[0] = number;
  key.reset(LENGTH);
}
type Role = 'read' | 'hammer';
interface Start {
  readonly handle: MemoryHandle;
  readonly thread: number;
  readonly role: Role;
}

/** A value all of one word that says its key, so that a torn or foreign one shows. */
function valueFor(number: number, round: number): Uint8Array {
  const words = new Int32Array(2 + ((number * 7 + round) % 90)).fill(number | (round << 12));
  return new Uint8Array(words.buffer);
}
function check(words: Int32Array, from: number, size: number, number: number): void {
  const first = words[from]!;
  if ((first & 0xfff) !== number) throw new Error(`entry of ${number} says ${first}`);
  for (let i = 1; i < size >> 2; i++) if (words[from + i] !== first) throw new Error(`entry of ${number} is torn at ${i}`);
}

/** One insertion and one look-up of a random key. */
function hammer(cache: CacheMap, random: () => number): void {
  const number = random() % KEYS;
  choose(number);
  const found = cache.find(key);
  if (found !== 0) check(cache.words, cache.valueAt(found), cache.valueSize(found), number);
  if (random() % 3 === 0) cache.remove(key);
  const value = valueFor(number, random() % 1000);
  const entry = cache.prepare(key, value.length);
  if (entry === 0) throw new Error('no room');
  cache.bytes.set(value, cache.bytesAt(entry));
  cache.publish(entry);
}
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 8;
  };
}

function serve({ handle, thread, role }: Start): void {
  const store = Store.join(handle, thread);
  const stop = store.cells.flags('stop', 1);
  const done = store.cells.counters('done', 1);
  const random = randomFrom(thread);
  const map = store.byteMap('zone');
  const cache = store.cache('cache', LIMITS);
  parentPort!.postMessage('ready');
  while (stop.get(0) === 0) {
    if (role === 'hammer') for (let i = 0; i < 64; i++) hammer(cache, random);
    else {
      store.reading.enter();
      for (let i = 0; i < 64; i++) {
        const number = random() % KEYS;
        choose(number);
        const entry = map.find(key);
        if (entry !== 0) check(map.words, map.valueAt(entry), map.valueSize(entry), number);
      }
      store.reading.leave();
    }
    done.mine[0]! += 64;
  }
  parentPort!.postMessage('ended');
}

async function begin(store: Store, thread: number, role: Role): Promise<{ worker: Worker; ended: Promise<void> }> {
  const start: Start = { handle: store.share(), thread, role };
  const worker = new Worker(new URL(import.meta.url), { workerData: start });
  const said = (word: string): Promise<void> => new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (heard) => {
      if (heard === word) resolve();
    });
  });
  const ended = said('ended');
  await said('ready');
  return { worker, ended };
}

if (!isMainThread && workerData?.handle !== undefined) serve(workerData as Start);
else {
  test('two threads read while one writes, swaps and removes', async () => {
    const store = Store.create(1 << 26);
    const map = store.byteMap('zone');
    const workers = [await begin(store, 1, 'read'), await begin(store, 2, 'read')];
    const done = store.cells.counters('done', 1);
    for (let round = 0; round < 60 || (done.total(0) < 20_000 && round < 100_000); round++) {
      const target = round % 20 === 19 ? store.freshMap() : map;
      for (let number = 0; number < KEYS; number++) {
        choose(number);
        if ((number + round) % 7 === 0) target.remove(key);
        else assert.ok(target.put(key, valueFor(number, round)));
      }
      if (target !== map) map.replaceAll(target);
      store.epochs.recycle();
    }
    store.cells.flags('stop', 1).set(0, 1);
    await Promise.all(workers.map(({ ended }) => ended));
    assert.ok(done.total(0) >= 128);
    map.clear();
    store.epochs.recycle();
    assert.equal(store.epochs.waiting, 0);
  });

  test('three threads on one cache', async () => {
    const store = Store.create(1 << 26);
    const cache = store.cache('cache', LIMITS);
    const workers = [await begin(store, 1, 'hammer'), await begin(store, 2, 'hammer')];
    const random = randomFrom(99);
    for (let i = 0; i < 50_000; i++) hammer(cache, random);
    store.cells.flags('stop', 1).set(0, 1);
    await Promise.all(workers.map(({ ended }) => ended));
    assert.ok(cache.entries > 0 && cache.entries <= LIMITS.entries && cache.size <= LIMITS.bytes);
    assert.ok(store.memory.extent < 1 << 23, `${store.memory.extent} bytes`);
  });

  test('a thread killed at any moment, forty times, leaves the cache usable', async () => {
    const store = Store.create(1 << 26);
    const cache = store.cache('cache', LIMITS);
    const random = randomFrom(7);
    for (let kill = 0; kill < 40; kill++) {
      const { worker } = await begin(store, 1, 'hammer');
      for (let i = random() % 3000; i > 0; i--) hammer(cache, random);
      await worker.terminate();
      store.bury(1);
      for (let i = 0; i < 500; i++) hammer(cache, random);
      const before = cache.busy;
      for (let number = 0; number < KEYS; number++) {
        choose(number);
        const value = valueFor(number, kill);
        const entry = cache.prepare(key, value.length);
        cache.bytes.set(value, cache.bytesAt(there(entry)));
        assert.ok(cache.publish(there(entry)));
        assert.notEqual(cache.find(key), 0);
      }
      assert.equal(cache.busy, before, 'no lock is left');
    }
    assert.ok(store.memory.extent < 1 << 23, `${store.memory.extent} bytes`);
  });
}
