// The byte map against a plain Map, with keys that collide, with a memory that is full, and swapped again and again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { ByteMap } from './bytemap.ts';
import { Epochs } from './epochs.ts';
import { Key } from './key.ts';
import type { Entry } from './key.ts';
import { Memory } from './memory.ts';
import { Reading } from './reading.ts';
import { PROBES } from './buckets.ts';

/** An entry that is there. */
function there(entry: Entry | 0): Entry {
  assert.ok(entry !== 0);
  return entry;
}

const LENGTH = 8;
const keyOf = (number: number): Int32Array => Int32Array.of(0, number, 0x61626364);
/** A key with a hash of the test's choice, so that keys collide. */
class ChosenKey extends Key {
  readonly #chosen: number;
  constructor(hash: number, words: Int32Array) {
    super(words, 1);
    this.#chosen = hash;
  }
  override hashBy(): number {
    return this.#chosen;
  }
}
function keyed(hash: number, flavour: number, words: Int32Array, length = LENGTH): Key {
  const key = new ChosenKey(hash, words).reset(length);
  key.flavour = flavour;
  return key;
}
const mix = (number: number): number => Math.imul(number ^ (number >>> 15), 0x2c1b3c6d);

function setUp(maximum = 1 << 26): { memory: Memory; epochs: Epochs; map: ByteMap } {
  const memory = Memory.create(maximum);
  const epochs = new Epochs(memory);
  return { memory, epochs, map: new ByteMap(memory, epochs, 2) };
}
function valueOf(map: ByteMap, entry: Entry | 0): Uint8Array {
  assert.ok(entry !== 0);
  const at = map.bytesAt(entry);
  return map.bytes.slice(at, at + map.valueSize(entry));
}

test('it does what a Map does', () => {
  const key = fc.integer({ min: 0, max: 60 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put'), key, flavour: fc.integer({ min: 0, max: 3 }), value: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({ kind: fc.constant('remove'), key, flavour: fc.integer({ min: 0, max: 3 }), value: fc.constant(new Uint8Array()) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 300, size: 'max' }), fc.constantFrom(0, 3, 0xff, -1), (steps, hashMask) => {
    const { memory, epochs, map } = setUp(1 << 23);
    const model = new Map<string, Uint8Array>();
    for (const { kind, key, flavour, value } of steps) {
      const hash = mix(key) & hashMask;
      const name = `${key} ${flavour}`;
      if (kind === 'remove') assert.equal(map.remove(keyed(hash, flavour, keyOf(key))), model.delete(name));
      else if (map.put(keyed(hash, flavour, keyOf(key)), value)) model.set(name, value);
      else assert.ok(model.size >= PROBES);
    }
    assert.equal(map.entries, model.size);
    for (const [name, value] of model) {
      const [key, flavour] = name.split(' ').map(Number) as [number, number];
      const entry = map.find(keyed(mix(key) & hashMask, flavour, keyOf(key)));
      assert.notEqual(entry, 0);
      assert.deepEqual(valueOf(map, entry), value);
    }
    assert.equal([...map.walk()].length, model.size);
    map.clear();
    epochs.recycle();
    assert.equal(memory.used, 8);
  }), { numRuns: 60 });
});

test('an entry is found when it is published and its words are as they were written', () => {
  const { map } = setUp();
  const entry = map.prepare(keyed(5, 1, keyOf(9)), 6);
  assert.deepEqual([...map.words.subarray(map.ownedAt(there(entry)), map.ownedAt(there(entry)) + 2)], [0, 0]);
  map.words[map.ownedAt(there(entry)) + 1] = 77;
  assert.equal(map.find(keyed(5, 1, keyOf(9))), 0);
  assert.equal(map.publish(there(entry)), true);
  const found = there(map.find(keyed(5, 1, keyOf(9))));
  assert.equal(map.words[map.ownedAt(found) + 1], 77);
  assert.deepEqual([map.keyWords(found), map.words[map.keyAt(found)], map.flavour(found), map.hash(found)], [2, 9, 1, 5]);
  assert.equal(map.find(keyed(5, 0, keyOf(9))), 0);
  assert.equal(map.find(keyed(5, 1, keyOf(9), 4)), 0);
});

test('another thread finds it by its place, also in memory that grew since', () => {
  const { memory, map } = setUp();
  memory.share();
  const other = Memory.join(memory.handle, 1);
  const reader = new ByteMap(other, new Epochs(other), 2, map.at);
  assert.equal(reader.find(keyed(1, 0, keyOf(1))), 0);
  for (let i = 0; i < 20_000; i++) map.put(keyed(mix(i), 0, keyOf(i)), new Uint8Array(i === 19_999 ? 65_000 : 40).fill(i));
  for (let i = 0; i < 20_000; i += 999) {
    assert.deepEqual(valueOf(reader, reader.find(keyed(mix(i), 0, keyOf(i)))), new Uint8Array(40).fill(i));
  }
  assert.deepEqual(valueOf(reader, reader.find(keyed(mix(19_999), 0, keyOf(19_999)))), new Uint8Array(65_000).fill(19_999));
  assert.equal(reader.entries, 20_000);
});

test('another thread finds an entry that lies behind all that it has seen', () => {
  const { memory, map } = setUp();
  memory.share();
  const other = Memory.join(memory.handle, 1);
  const reader = new ByteMap(other, new Epochs(other), 2, map.at);
  for (let i = 0; i < 8; i++) {
    map.put(keyed(mix(i), 0, keyOf(i)), new Uint8Array(600_000).fill(i));
    const entry = reader.find(keyed(mix(i), 0, keyOf(i)));
    assert.equal(reader.bytes[reader.bytesAt(there(entry)) + 599_999], i);
  }
});

test('ten thousand keys with one hash cost a bounded number of steps and little memory', () => {
  const { map } = setUp();
  for (let i = 0; i < 10_000; i++) map.put(keyed(42, 0, keyOf(i)), new Uint8Array(4));
  assert.equal(map.entries, PROBES);
  assert.equal(map.refused, 10_000 - PROBES);
  assert.ok(map.size < 20_000, `${map.size} bytes`);
  let steps = 0;
  const counting = new Proxy(keyOf(9_999), {
    get(words, place) {
      steps++;
      return Reflect.get(words, place) as unknown;
    },
  });
  assert.equal(map.find(keyed(42, 0, counting)), 0);
  assert.ok(steps <= PROBES * 2, `${steps} steps`);
  assert.equal(map.put(keyed(43, 0, keyOf(1)), new Uint8Array(4)), true);
});

test('a hundred thousand entries all have a place', () => {
  const { map } = setUp();
  for (let i = 0; i < 100_000; i++) assert.ok(map.put(keyed(mix(i), 0, keyOf(i)), new Uint8Array(16)));
  assert.equal(map.entries, 100_000);
  assert.ok(map.size < 8_500_000, `${map.size} bytes`);
});

test('entries that come and go do not fill it', () => {
  const { memory, epochs, map } = setUp();
  let extent = 0;
  for (let i = 0; i < 100_000; i++) {
    map.put(keyed(mix(i), 0, keyOf(i)), new Uint8Array(30));
    if (i >= 100) map.remove(keyed(mix(i - 100), 0, keyOf(i - 100)));
    if (i === 10_000) extent = memory.extent;
  }
  epochs.recycle();
  assert.equal(map.entries, 100);
  assert.equal(memory.extent, extent);
});

test('a hundred swaps of a big map beside an idle thread leave memory flat', () => {
  const { memory, epochs, map } = setUp();
  memory.share();
  const idle = new Reading(Memory.join(memory.handle, 1));
  idle.enter();
  idle.leave();
  let extent = 0;
  for (let swap = 0; swap < 100; swap++) {
    const fresh = new ByteMap(memory, epochs, 2);
    for (let i = 0; i < 5_000; i++) fresh.put(keyed(mix(i), 0, keyOf(i)), new Uint8Array(30).fill(swap));
    map.replaceAll(fresh);
    if (swap === 3) extent = memory.extent;
  }
  assert.equal(map.entries, 5_000);
  assert.deepEqual(valueOf(map, map.find(keyed(mix(7), 0, keyOf(7)))), new Uint8Array(30).fill(99));
  assert.equal(memory.extent, extent);
});

test('it walks in the order that it is told', () => {
  const { map } = setUp();
  for (const i of [5, 3, 9, 1, 7]) map.put(keyed(mix(i), 0, keyOf(i)), new Uint8Array());
  const number = (entry: Entry): number => map.words[map.keyAt(entry)]!;
  assert.deepEqual([...map.walk((a, b) => number(a) - number(b))].map(number), [1, 3, 5, 7, 9]);
});

test('a full memory refuses, counts, and keeps what there is', () => {
  const { map } = setUp(1 << 20);
  let stored = 0;
  while (map.put(keyed(mix(stored), 0, keyOf(stored)), new Uint8Array(1000))) stored++;
  assert.equal(map.entries, stored);
  assert.equal(map.refused, 1);
  assert.notEqual(map.find(keyed(mix(0), 0, keyOf(0))), 0);
});
