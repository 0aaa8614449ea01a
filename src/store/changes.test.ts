// A stamp is fresh until a name that it was made of changes, whoever changes it and in whatever thread.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { Changes } from './changes.ts';
import type { MemoryHandle } from './memory.ts';
import { Store } from './store.ts';
import { STORE_KEY } from '../testing/store-key.ts';

const NUMBERS = 16;
const STOP = 0, QUIET = 1;

const wire = (name: string): Uint8Array => {
  const labels = name.split('.').filter((label) => label !== '');
  return Uint8Array.from([...labels.flatMap((label) => [label.length, ...Buffer.from(label)]), 0]);
};
const raw = (name: string) => Buffer.from(wire(name)).toString('latin1');
const words = new Int32Array(40);

/** A stamp of these names, asked for now, at a place of its own. */
function stamp(changes: Changes, names: readonly string[], at = 3, moment = changes.moment): () => boolean {
  changes.begin(words, at, moment);
  for (const name of names) changes.add(words, at, wire(name), 0);
  return () => changes.fresh(words, at);
}

/** Keeps what it reads, with a stamp, while main changes it, and says what it would still serve when all is quiet. */
function keep(handle: MemoryHandle): void {
  const store = Store.join(handle, 1);
  const { changes } = store;
  const [truth, told] = [store.cells.flags('truth', NUMBERS), store.cells.flags('told', 2)];
  const kept = new Int32Array(NUMBERS * 8);
  const values = new Int32Array(NUMBERS);
  parentPort!.postMessage('ready');
  for (let round = 0; told.get(STOP) === 0; round++) {
    const number = (round * 7) % NUMBERS;
    const { moment } = changes;
    values[number] = truth.get(number);
    for (let i = round % 50; i > 0; i--) told.get(STOP);              // the answer takes a while to come
    store.reading.within(() => {
      changes.begin(kept, number * 8, moment);
      changes.add(kept, number * 8, wire(`n${number}.test`), 0);
    });
    store.cells.counters('rounds', 1).mine[0]!++;
  }
  while (told.get(QUIET) === 0);
  const numbers = Array.from(values.keys()).filter((number) => changes.fresh(kept, number * 8));
  parentPort!.postMessage({ fresh: numbers.length, old: numbers.filter((number) => values[number] !== truth.get(number)).length });
}
if (!isMainThread && workerData?.handle !== undefined) keep(workerData.handle as MemoryHandle);
const alone = isMainThread ? test : () => {};

alone('a change of one name ends what was made of it, and nothing else', () => {
  const { changes } = Store.create(1 << 22, STORE_KEY);
  const zone = changes.zone(raw('example.org'));
  const own = stamp(changes, ['WWW.Example.org'], 3);
  const other = stamp(changes, ['mail.example.org'], 10);
  const foreign = stamp(changes, ['www.example.net'], 20);
  assert.deepEqual([own(), other(), foreign()], [true, true, true]);
  zone.changed(wire('www.EXAMPLE.org'), 0);
  assert.deepEqual([own(), other(), foreign()], [false, true, true]);
  zone.all();
  assert.deepEqual([own(), other(), foreign()], [false, false, true]);
});

alone('an answer to a question that was asked before the change, and comes after it, is not fresh', () => {
  const { changes } = Store.create(1 << 22, STORE_KEY);
  const zone = changes.zone(raw('example.org'));
  const before = changes.moment;
  zone.changed(wire('www.example.org'), 0);
  assert.equal(stamp(changes, ['www.example.org'], 3, before)(), false);
  assert.equal(stamp(changes, ['www.example.org'])(), true);
});

alone('every zone above a name counts, also one that was added later', () => {
  const { changes } = Store.create(1 << 22, STORE_KEY);
  const org = changes.zone(raw('org'));
  const root = changes.zone(raw('.'));
  const inBoth = stamp(changes, ['www.example.org']);
  root.all();
  assert.equal(inBoth(), false);
  const again = stamp(changes, ['www.example.org']);
  org.all();
  assert.equal(again(), false);
  const foreign = stamp(changes, ['www.example.net']);
  changes.zone(raw('net'));
  assert.equal(foreign(), false, 'it was made when nobody counted there');
  const known = stamp(changes, ['www.example.net']);
  changes.zone(raw('net'));
  assert.equal(known(), true, 'the same zone once more is no change');
});

alone('a name of as many labels as there can be is in each zone above it, and the root in none but itself', () => {
  const { changes } = Store.create(1 << 22, STORE_KEY);
  const longest = Array.from({ length: 127 }, (_, i) => 'abcXYZ_-09'[i % 10]!).join('.');
  const zone = changes.zone(raw(longest.slice(100).toLowerCase()));
  const fresh = stamp(changes, [longest]);
  const root = stamp(changes, ['.'], 12);
  zone.changed(wire('1.9.0'), 0);
  assert.equal(fresh(), true);
  zone.changed(wire(longest.toUpperCase()), 0);
  assert.deepEqual([fresh(), root()], [false, true]);
});

alone('an alias and its target both count', () => {
  const { changes } = Store.create(1 << 22, STORE_KEY);
  const zones = [changes.zone(raw('one.test')), changes.zone(raw('two.test'))];
  for (const [zone, name] of [[zones[0]!, 'a.one.test'], [zones[1]!, 'b.two.test']] as const) {
    const both = stamp(changes, ['a.one.test', 'b.two.test']);
    zone.changed(wire('c.two.test'), 0);
    assert.equal(both(), true);
    zone.changed(wire(name), 0);
    assert.equal(both(), false);
  }
});

alone('more names than a stamp holds are kept by their zones, more zones by everything', () => {
  const { changes } = Store.create(1 << 22, STORE_KEY);
  const zone = changes.zone(raw('one.test'));
  const many = () => stamp(changes, Array.from({ length: 20 }, (_, i) => `n${i}.one.test`));
  let fresh = many();
  assert.equal(fresh(), true);
  zone.changed(wire('n7.one.test'), 0);
  assert.equal(fresh(), false);
  fresh = many();
  zone.all();
  assert.equal(fresh(), false);
  for (let i = 0; i < 12; i++) changes.zone(raw(`z${i}.test`));
  const wide = () => stamp(changes, Array.from({ length: 12 }, (_, i) => `a.z${i}.test`));
  fresh = wide();
  assert.equal(fresh(), true);
  changes.zone(raw('z11.test')).changed(wire('a.z11.test'), 0);
  assert.equal(fresh(), false);
});

alone('moments may wrap around; what did not change for long does not seem to lie ahead', () => {
  const store = Store.create(1 << 22, STORE_KEY);
  const { changes } = store;
  const zone = changes.zone(raw('one.test'));
  const quiet = changes.zone(raw('two.test'));
  quiet.changed(wire('a.two.test'), 0);
  const cells = store.memory.words.subarray(changes.at, changes.at + 1);
  for (const moment of [0x3fffffff, 0x7fffffff, -0x40000001, -1, 0x3fffffff, 0x7fffffff]) {
    cells[0] = moment & ~0xffffff;                                    // as if there had been so many changes
    cells[0]!--;
    zone.changed(wire('a.one.test'), 0);
    const fresh = stamp(changes, ['a.two.test', 'a.one.test']);
    assert.equal(fresh(), true, `at ${moment}`);
    zone.changed(wire('a.one.test'), 0);
    assert.equal(fresh(), false, `at ${moment}`);
  }
});

alone('nothing old is fresh for good, in another thread', async () => {
  const store = Store.create(1 << 22, STORE_KEY);
  const [truth, told] = [store.cells.flags('truth', NUMBERS), store.cells.flags('told', 2)];
  const rounds = store.cells.counters('rounds', 1);
  const zone = store.changes.zone(raw('test'));
  const worker = new Worker(new URL(import.meta.url), { workerData: { handle: store.share() } });
  const next = () => new Promise<unknown>((resolve) => worker.once('message', resolve));
  assert.equal(await next(), 'ready');
  const change = (number: number) => {
    truth.add(number, 1);
    zone.changed(wire(`n${number}.test`), 0);
  };
  for (let i = 0; rounds.total(0) < 20_000; i++) change(i % NUMBERS);
  told.set(STOP, 1);
  for (let number = 0; number < NUMBERS / 2; number++) change(number);
  told.set(QUIET, 1);
  const { fresh, old } = await next() as { fresh: number; old: number };
  assert.equal(old, 0);
  assert.ok(fresh <= NUMBERS / 2, `${fresh} of ${NUMBERS}`);
});
