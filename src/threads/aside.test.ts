// The thread for long work: orders one after the other in memory that both read, its end when it is idle, and its death.
import assert from 'node:assert/strict';
import { test as run } from 'node:test';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { FakeClock } from '../testing/fake-clock.ts';
import { Store } from '../store/store.ts';
import { AsideThread, isAside, serveAside } from './aside.ts';
import type { AsideData } from './aside.ts';

const test: typeof run = (isMainThread ? run : () => {}) as typeof run;

if (!isMainThread && isAside((workerData ?? {}) as object)) {
  serveAside(parentPort!, workerData as AsideData, {
    write: async (store) => (order) => {
      const at = store.memory.take(100);
      store.memory.words.fill(order as number, at, at + 100);
      return at;
    },
    fail: async () => () => {
      throw new RangeError('it cannot');
    },
    die: async () => () => process.exit(3),
  });
}

const make = () => {
  const clock = new FakeClock();
  const store = Store.create(1 << 24);
  return { clock, store, aside: new AsideThread({ entry: new URL(import.meta.url), store, clock }) };
};

test('what it makes lies in the shared memory, and it ends when it has no orders', async () => {
  const { aside, store, clock } = make();
  const places = await Promise.all([1, 2, 3].map((order) => aside.ask('write', order))) as number[];
  places.forEach((at, i) => assert.equal(store.memory.refresh()[at + 99], i + 1));
  for (const at of places) store.memory.give(at);
  await clock.elapse(11_000);
  assert.equal(typeof await aside.ask('write', 4), 'number');
  await clock.elapse(11_000);
});

test('an order that fails says so, one that kills it too, and the next one is done', async () => {
  const { aside, clock } = make();
  await assert.rejects(aside.ask('fail', 0), /it cannot/);
  await assert.rejects(aside.ask('unheard of', 0));
  await assert.rejects(aside.ask('die', 0), /the thread for long work ended/);
  assert.equal(typeof await aside.ask('write', 4), 'number');
  await clock.elapse(11_000);
});
