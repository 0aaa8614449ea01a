// Entries with an order beside a hash, against a sorted array; and threads that read versions while one makes them.
import assert from 'node:assert/strict';
import { test as run } from 'node:test';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { fc } from '../testing/properties.ts';
import type { MemoryHandle } from './memory.ts';
import { Memory } from './memory.ts';
import { KEY_AT, keyLength } from './ordered-entry.ts';
import { OrderedPages, PagesDraft } from './ordered-pages.ts';
import { Store } from './store.ts';
import { STORE_KEY } from '../testing/store-key.ts';

const test: typeof run = (isMainThread ? run : () => {}) as typeof run;
const key = new Uint8Array(64);
/** A key of a number: some are the beginning of others. */
function writeKey(number: number): number {
  const text = String(number).split('').reverse().join('');
  for (let i = 0; i < text.length; i++) key[i] = text.charCodeAt(i);
  return text.length;
}
const hashOf = (number: number, bits = 32): number => (Math.imul(number + 1, 0x9e3779b1) >> (32 - bits)) << (32 - bits);
/** An entry of a number, with a mark behind its key. */
function make(memory: Memory, number: number, mark: number, bits = 32): number {
  const length = writeKey(number);
  const entry = memory.take(2 + ((length + 3) >> 2) + 1);
  if (entry === 0) throw new RangeError('full');
  memory.words[entry] = hashOf(number, bits);
  memory.words[entry + 1] = length | (7 << 16);
  memory.bytes.set(key.subarray(0, length), entry * 4 + KEY_AT);
  memory.words[entry + 2 + ((length + 3) >> 2)] = mark;
  return entry;
}
const textOf = ({ words, bytes }: Memory, entry: number): string =>
  String.fromCharCode(...bytes.subarray(entry * 4 + KEY_AT, entry * 4 + KEY_AT + keyLength(words, entry)));
const textFor = (number: number): string => String(number).split('').reverse().join('');

/** Whether a version has just these, in their order, and finds each and its neighbours. */
function check(memory: Memory, root: number, model: ReadonlyMap<string, number>, bits = 32): void {
  const pages = new OrderedPages(memory);
  const sorted = [...model.keys()].sort();
  assert.equal(pages.count(root), sorted.length);
  const forward: string[] = [];
  for (let entry = pages.first(root); entry !== 0; entry = pages.next(root)) forward.push(textOf(memory, entry));
  assert.deepEqual(forward, sorted);
  const back: string[] = [];
  for (let entry = pages.last(root); entry !== 0; entry = pages.previous(root)) back.unshift(textOf(memory, entry));
  assert.deepEqual(back, sorted);
  assert.deepEqual([...pages.entries(root)], sorted.map((text) => model.get(text)));
  for (let number = 0; number < 60; number++) {
    const length = writeKey(number * 7);
    const text = textFor(number * 7);
    assert.equal(pages.find(root, hashOf(number * 7, bits), key, length), model.get(text) ?? 0);
    const before = sorted.findLast((other) => other <= text);
    assert.equal(pages.before(root, key, length), before === undefined ? 0 : model.get(before));
    if (before !== undefined) {
      const at = sorted.indexOf(before);
      assert.equal(pages.previous(root), at === 0 ? 0 : model.get(sorted[at - 1]!));
    }
  }
}

/** Whether a draft finds neighbours as the version will. */
function checkDraft(draft: PagesDraft, model: ReadonlyMap<string, number>): void {
  const sorted = [...model.keys()].sort();
  for (let number = 0; number < 60; number += 7) {
    const length = writeKey(number * 7);
    const at = sorted.findLastIndex((other) => other <= textFor(number * 7));
    const entryAt = (place: number): number => model.get(sorted[place] ?? '') ?? 0;
    assert.equal(draft.before(key, length), at < 0 ? 0 : entryAt(at));
    assert.equal(draft.next(), entryAt(at + 1));
    assert.equal(draft.previous(), at < 0 ? 0 : entryAt(at));
    if (at > 0) assert.equal(draft.previous(), entryAt(at - 1));
  }
}

test('versions are as a sorted array, whatever comes and goes, and nothing is lost', () => {
  const inputOf = (largest: number, most: number) => {
    const number = fc.integer({ min: 0, max: largest });
    const step = fc.record({ put: fc.array(number, { maxLength: most }), remove: fc.array(number, { maxLength: most }) });
    return fc.record({
      first: fc.array(number, { maxLength: largest, size: 'max' }), steps: fc.array(step, { maxLength: 8 }), bits: fc.constantFrom(32, 8),
    });
  };
  const input = fc.oneof(inputOf(3000, 900), inputOf(90, 40));
  fc.assert(fc.property(input, ({ first, steps, bits }) => {
    const memory = Memory.create(1 << 26, STORE_KEY);
    const model = new Map<string, number>();
    for (const n of first) if (!model.has(textFor(n))) model.set(textFor(n), make(memory, n, 0, bits));
    const built = new PagesDraft(memory, Int32Array.from([...model].sort(([a], [b]) => (a < b ? -1 : 1)), ([, entry]) => entry));
    let { root } = built.commit();
    check(memory, root, model, bits);
    for (const [round, { put, remove }] of steps.entries()) {
      const was = new Map(model);
      const draft = new PagesDraft(memory, root);
      const gone: number[] = [];
      for (const n of put) {
        const entry = make(memory, n, round, bits);
        const old = draft.put(entry);
        assert.equal(old, model.get(textFor(n)) ?? 0);
        if (old !== 0) gone.push(old);
        model.set(textFor(n), entry);
      }
      for (const n of remove) {
        const entry = draft.find(hashOf(n, bits), key, writeKey(n));
        assert.equal(entry, model.get(textFor(n)) ?? 0);
        if (entry === 0) continue;
        draft.remove(entry);
        gone.push(entry);
        model.delete(textFor(n));
      }
      checkDraft(draft, model);
      const { root: next, dropped } = draft.commit();
      check(memory, root, was, bits);
      check(memory, next, model, bits);
      const differing = new Map<string, [number, number]>();
      new OrderedPages(memory).differ(root, next, (old, entry) => differing.set(textOf(memory, old || entry), [old, entry]));
      const names = new Set([...was.keys(), ...model.keys()]);
      for (const text of names) {
        const pair = [was.get(text) ?? 0, model.get(text) ?? 0];
        assert.deepEqual(differing.get(text) ?? pair, pair);
        assert.equal(differing.has(text), pair[0] !== pair[1]);
      }
      for (const at of new Set([...dropped, ...gone])) memory.give(at);
      root = next;
    }
    const pages = new OrderedPages(memory);
    assert.equal(pages.size(root), pages.blocks(root).reduce((sum, [, words]) => sum + words * 4, 0));
    for (const at of [...pages.entries(root), ...pages.blocks(root).map(([block]) => block)]) memory.give(at);
    assert.equal(memory.used, 0);
  }), { numRuns: 60 });
});

test('a memory that is full leaves the version before as it was, and nothing taken', () => {
  const memory = Memory.create(1 << 20, STORE_KEY);
  const model = new Map<string, number>();
  for (let n = 0; n < 2000; n++) model.set(textFor(n), make(memory, n, 0));
  const { root } = new PagesDraft(memory, Int32Array.from([...model].sort(([a], [b]) => (a < b ? -1 : 1)), ([, entry]) => entry)).commit();
  const rest: number[] = [];
  for (const size of [4096, 512, 8]) for (let at = memory.take(size); at !== 0; at = memory.take(size)) rest.push(at);
  memory.give(rest.pop()!);
  const entry = make(memory, 9_000_001, 0);
  const used = memory.used;
  const draft = new PagesDraft(memory, root);
  assert.throws(() => {
    draft.put(entry);
    draft.commit();
  }, /the shared memory is full/);
  draft.abort();
  assert.equal(memory.used, used);
  assert.throws(() => new PagesDraft(memory, Int32Array.of(...model.values())), /the shared memory is full/);
  assert.equal(memory.used, used);
  check(memory, root, model);
});

test('one hash for many keys is refused, and does not hang', () => {
  const memory = Memory.create(1 << 26, STORE_KEY);
  const entries = Array.from({ length: 2400 }, (_, n) => make(memory, n, 0, 1));
  const draft = new PagesDraft(memory, new Int32Array(0));
  assert.throws(() => {
    for (const entry of entries) draft.put(entry);
  }, /too many keys with one hash/);
  draft.abort();
});

test('a version of ten entries is small', () => {
  const memory = Memory.create(1 << 22, STORE_KEY);
  const { root } = new PagesDraft(memory, Int32Array.from({ length: 10 }, (_, n) => make(memory, n, 0))).commit();
  assert.ok(new OrderedPages(memory).size(root) <= 240, String(new OrderedPages(memory).size(root)));
});

// The threads: each entry's mark is that of its version, or of one before; a version has all numbers of its round.
const NUMBERS = 1500;
interface Start { readonly handle: MemoryHandle; readonly thread: number }
function read({ handle, thread }: Start): void {
  const store = Store.join(handle, thread);
  const stop = store.cells.flags('stop', 2);
  const done = store.cells.counters('done', 1);
  const pages = new OrderedPages(store.memory);
  parentPort!.postMessage('ready');
  for (let n = thread; stop.get(0) === 0; n = (n * 31 + 7) % NUMBERS) {
    store.reading.within(() => {
      const root = stop.get(1);
      const words = store.memory.refresh();
      const { bytes } = store.memory;
      const length = writeKey(n);
      const entry = pages.find(root, hashOf(n), key, length);
      if (n % 7 !== 0 && entry === 0) throw new Error(`${n} is not there`);
      if (entry !== 0 && textOf(store.memory, entry) !== textFor(n)) throw new Error('another was found');
      const before = pages.before(root, key, length);
      if (entry !== 0 && before !== entry) throw new Error('the order has another');
      if (before !== 0) {
        const size = keyLength(words, before);
        const mark = words[before + 2 + ((size + 3) >> 2)]!;
        if (mark < 0 || size > 8 || bytes[before * 4 + KEY_AT]! < 48) throw new Error('foreign bytes');
      }
    });
    done.mine[0]!++;
  }
  parentPort!.postMessage('ended');
}

if (!isMainThread && workerData?.handle !== undefined) read(workerData as Start);
else {
  test('two threads read while versions are made, published and given back', async () => {
    const store = Store.create(1 << 27, STORE_KEY);
    const { memory } = store;
    const cells = store.cells.flags('stop', 2);
    const sorted = Array.from({ length: NUMBERS }, (_, n) => n).sort((a, b) => (textFor(a) < textFor(b) ? -1 : 1));
    let { root } = new PagesDraft(memory, Int32Array.from(sorted, (n) => make(memory, n, 0))).commit();
    cells.set(1, root);
    const handle = store.share();
    const said = (worker: Worker, word: string) => new Promise<void>((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', (heard) => heard === word && resolve());
    });
    const workers = [1, 2].map((thread) => new Worker(new URL(import.meta.url), { workerData: { handle, thread } }));
    const ended = workers.map((worker) => said(worker, 'ended'));
    await Promise.all(workers.map((worker) => said(worker, 'ready')));
    const done = store.cells.counters('done', 1);
    for (let round = 1; round < 100 || (done.total(0) < 20_000 && round < 20_000); round++) {
      const draft = new PagesDraft(memory, root);
      const gone: number[] = [];
      for (let i = 0; i < 40; i++) {
        const n = (round * 37 + i * 11) % NUMBERS;
        const old = draft.find(hashOf(n), key, writeKey(n));
        if (n % 7 === 0 && old !== 0) {
          draft.remove(old);
          gone.push(old);
        } else {
          const replaced = draft.put(make(memory, n, round));
          if (replaced !== 0) gone.push(replaced);
        }
      }
      const made = draft.commit();
      root = made.root;
      cells.set(1, root);
      store.epochs.retire(() => {
        for (const at of [...made.dropped, ...gone]) memory.give(at);
      });
      store.recycle();
    }
    cells.set(0, 1);
    await Promise.all(ended);
    assert.ok(done.total(0) >= 2);
    assert.ok(memory.extent < 1 << 25, `${memory.extent} bytes`);
  });
}
