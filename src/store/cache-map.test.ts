// The cache map against a plain Map, at its bounds, with keys that collide, and shared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { CacheMap } from './cache-map.ts';
import type { CacheLimits } from './cache-map.ts';
import { Key } from './key.ts';
import type { Entry } from './key.ts';
import { Memory } from './memory.ts';
import { PROBES } from './buckets.ts';
import { STORE_KEY } from '../testing/store-key.ts';

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
const PLENTY: CacheLimits = { entries: 10_000, bytes: 1 << 22, owned: 3 };

function put(map: CacheMap, key: number, value: Uint8Array, hash = mix(key), flavour = 0): boolean {
  const entry = map.prepare(keyed(hash, flavour, keyOf(key)), value.length);
  if (entry === 0) return false;
  map.words[map.ownedAt(entry)] = key;
  map.bytes.set(value, map.bytesAt(entry));
  return map.publish(entry);
}
const get = (map: CacheMap, key: number, hash = mix(key), flavour = 0): Entry | 0 => map.find(keyed(hash, flavour, keyOf(key)));
function valueOf(map: CacheMap, entry: Entry | 0): Uint8Array {
  assert.ok(entry !== 0);
  const at = map.bytesAt(entry);
  return map.bytes.slice(at, at + map.valueSize(entry));
}
/** A private map, one that could be shared, and one that is. */
function kinds(limits: CacheLimits): { memory: Memory; map: CacheMap }[] {
  return [0, 1, 2].map((kind) => {
    const memory = Memory.create(1 << 25, STORE_KEY);
    if (kind === 2) memory.share();
    return { memory, map: new CacheMap(memory, limits, kind === 0 ? 0 : memory.takeCleared(CacheMap.ROOM)) };
  });
}

test('where there is room it does what a Map does', () => {
  const step = fc.record({
    remove: fc.boolean(),
    key: fc.integer({ min: 0, max: 25 }),
    flavour: fc.integer({ min: 0, max: 1 }),
    value: fc.uint8Array({ maxLength: 400 }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 300, size: 'max' }), fc.constantFrom(3, 0xff, -1), (steps, hashMask) => {
    for (const { memory, map } of kinds(PLENTY)) {
      const model = new Map<string, Uint8Array>();
      for (const { remove, key, flavour, value } of steps) {
        const hash = mix(key) & hashMask;
        if (remove) assert.equal(map.remove(keyed(hash, flavour, keyOf(key))), model.delete(`${key} ${flavour}`));
        else if (put(map, key, value, hash, flavour)) model.set(`${key} ${flavour}`, value);
        else assert.fail('refused');
      }
      assert.equal(map.entries, model.size);
      for (const [name, value] of model) {
        const [key, flavour] = name.split(' ').map(Number) as [number, number];
        const entry = get(map, key, mix(key) & hashMask, flavour);
        assert.equal(map.words[map.ownedAt(there(entry))], key);
        assert.deepEqual(valueOf(map, entry), value);
      }
      map.close();
      assert.ok(memory.used <= 2, 'all is given back but the shared place');
    }
  }), { numRuns: 30 });
});

test('it never holds more than its bounds, nor anything but what was put', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 100, maxLength: 600, size: 'max' });
  fc.assert(fc.property(sizes, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 500, max: 30_000 }), (values, entries, bytes) => {
    for (const { map } of kinds({ entries, bytes, owned: 1 })) {
      for (const [i, size] of values.entries()) {
        const key = i % 97;
        put(map, key, new Uint8Array(size).fill(size));
        assert.ok(map.entries <= entries && map.size <= bytes);
        const entry = get(map, i % 31);
        if (entry !== 0) {
          assert.equal(map.words[map.ownedAt(entry)], i % 31);
          const value = valueOf(map, entry);
          assert.ok(value.every((byte) => byte === (value.length & 255)));
        }
      }
    }
  }), { numRuns: 15 });
});

test('what is asked for stays, what is not goes', () => {
  for (const { map } of kinds({ entries: 100, bytes: 1 << 20, owned: 1 })) {
    for (let i = 0; i < 20; i++) put(map, i, new Uint8Array(40));
    for (let i = 1000; i < 20_000; i++) {
      put(map, i, new Uint8Array(40));
      if (i % 5 === 0) for (let hot = 0; hot < 20; hot++) get(map, hot);
    }
    for (let hot = 0; hot < 20; hot++) assert.notEqual(get(map, hot), 0, `${hot} is gone`);
    assert.equal(map.evicted, 20 + 19_000 - 100);
  }
});

test('ten thousand keys with one hash cost a bounded number of steps', () => {
  for (const { map } of kinds(PLENTY)) {
    for (let i = 0; i < 10_000; i++) put(map, i, new Uint8Array(4), 42);
    assert.equal(map.entries, PROBES);
    assert.equal(map.refused, 10_000 - PROBES);
    let steps = 0;
    const counting = new Proxy(keyOf(9_999), {
      get(words, place) {
        steps++;
        return Reflect.get(words, place) as unknown;
      },
    });
    assert.equal(map.find(keyed(42, 0, counting)), 0);
    assert.ok(steps <= PROBES * 2, `${steps} steps`);
  }
});

test('an empty one costs next to nothing, a full one little more than its entries', () => {
  const memory = Memory.create(1 << 26, STORE_KEY);
  const maps = Array.from({ length: 2000 }, () => new CacheMap(memory, PLENTY, memory.takeCleared(CacheMap.ROOM)));
  assert.equal(maps[0]!.entries + maps[0]!.size + maps[0]!.evicted, 0);
  assert.equal(get(maps[0]!, 1), 0);
  assert.equal(memory.used, 4000);
  for (let i = 0; i < 9_000; i++) put(maps[0]!, i, new Uint8Array(170));
  assert.ok(memory.used * 4 < maps[0]!.size * 1.25, `${memory.used * 4} for ${maps[0]!.size}`);
});

test('memory stays flat while entries of all sizes come and go', () => {
  const memory = Memory.create(1 << 28, STORE_KEY);
  const map = new CacheMap(memory, { entries: 5000, bytes: 1 << 20, owned: 2 });
  const sizes = [20, 60, 100, 200, 400, 700, 1200, 3000];
  for (const size of [...sizes, ...sizes]) for (let i = 0; i < 6000; i++) put(map, i * 17 + size, new Uint8Array(size));
  assert.ok(memory.extent < 6 * (1 << 20), `${memory.extent} bytes`);
});

test('what touch changes lasts, what is found may be a copy', () => {
  const hit = (words: Int32Array, at: number): void => {
    words[at + 1]!++;
  };
  for (const { map } of kinds(PLENTY)) {
    put(map, 3, new Uint8Array(900).fill(9));
    const found = [1, 2, 3].map(() => map.words[map.ownedAt(there(map.find(keyed(mix(3), 0, keyOf(3)), hit))) + 1]);
    assert.deepEqual(found, [1, 2, 3]);
    assert.equal(map.words[map.ownedAt(there(get(map, 3))) + 1], 3);
    assert.deepEqual(valueOf(map, get(map, 3)), new Uint8Array(900).fill(9));
  }
});

test('an entry too large for it is refused and counted', () => {
  for (const { map } of kinds({ entries: 10, bytes: 1000, owned: 0 })) {
    assert.equal(put(map, 1, new Uint8Array(1000)), false);
    assert.equal(map.refused, 1);
    assert.equal(map.entries, 0);
  }
});

test('a prepared entry can be given up, and one of the same key replaced', () => {
  for (const { memory, map } of kinds(PLENTY)) {
    put(map, 1, new Uint8Array(10));
    const { used } = memory;
    map.discard(there(map.prepare(keyed(mix(2), 0, keyOf(2)), 100)));
    put(map, 1, new Uint8Array(10).fill(1));
    assert.equal(memory.used, used);
    assert.equal(map.entries, 1);
  }
});

test('a shard that another thread has is a miss for a reader and nothing for a writer, until that thread is buried', () => {
  const memory = Memory.create(1 << 24, STORE_KEY);
  memory.share();
  const place = memory.takeCleared(CacheMap.ROOM);
  const limits = { entries: 50, bytes: 100_000, owned: 0 };
  const map = new CacheMap(memory, limits, place);
  const other = new CacheMap(Memory.join(memory.handle, 1), limits, place);
  put(map, 1, new Uint8Array(10));
  const { used } = memory;
  other.find(keyed(mix(1), 0, keyOf(1)), () => {
    assert.equal(get(map, 1), 0);
    assert.equal(put(map, 2, new Uint8Array(10)), false);
    assert.equal(map.remove(keyed(mix(1), 0, keyOf(1))), false);
    map.clear();
    assert.equal(map.busy, 4);
    map.bury(1);                                                      // as if it had died just here
  });
  assert.equal(map.entries, 0);
  assert.ok(memory.used <= used);
  assert.equal(put(map, 2, new Uint8Array(10)), true);
  assert.notEqual(get(other, 2), 0);
});
