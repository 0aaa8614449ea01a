// The index of keys against a plain map: ranges, what names own, changes of any kind, and what becomes of the memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Store } from '../../store/store.ts';
import { KeptReader, KeptWriter } from './kept.ts';
import { keptOf } from '../../skydns/kept.ts';
import type { Kept } from '../../skydns/kept.ts';
import { KeyIndex } from './key-index.ts';
import { KeyIndexWriter } from './key-index-writer.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const kept = (key: string, value = '{}', revision = 1n): Kept => keptOf({ key, value: Buffer.from(value), lease: 0n, revision });
const below = (a: string, b: string): number => Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));

/** What the index has to say, of a plain map. */
class Model {
  readonly keys = new Map<string, Kept>();
  #sorted(): Kept[] {
    return [...this.keys.values()].toSorted((a, b) => below(a.key, b.key));
  }
  range(key: string, deep: boolean, most: number): Kept[] {
    const found = deep ? this.#sorted().filter((each) => each.key.startsWith(`${key}/`)).slice(0, most) : [];
    const own = this.keys.get(key);
    return found.length === 0 && own !== undefined ? [own] : found;
  }
  named(key: string): Kept[] | undefined {
    const own = this.keys.get(key);
    const all = this.range(key, true, Infinity).filter((each) => each.key !== key);
    if (own === undefined && all.length === 0) return undefined;
    const direct = all.filter((each) => !/[/]/.test(each.key.slice(key.length + 1)) && !each.key.endsWith('/*'));
    return [...(own === undefined ? [] : [own]), ...direct];
  }
}

test('ranges are those of etcd, a key alone where nothing is below it; names own what is directly below', () => {
  const index = new KeyIndexWriter(Store.create(undefined, STORE_KEY), 'a', new FakeClock());
  const list = index.list();
  const keys = ['__proto__', 'a', 'a-b', 'a/*', 'a//', 'a/1', 'a/1/x', 'a/10', 'a/2', 'b/c'];
  for (const key of keys.map((each) => `/s/t/${each}`).toSorted(below)) list.add(kept(key));
  list.add(kept('/s/t/b/d', 'none'));
  assert.equal(index.size, 0);
  list.done();
  const range = (key: string, deep = true, most = 10) => index.range(key, deep, most).map((each) => each.key);
  assert.deepEqual(range('/s/t/a'), ['/s/t/a/*', '/s/t/a//', '/s/t/a/1', '/s/t/a/1/x', '/s/t/a/10', '/s/t/a/2']);
  assert.deepEqual([range('/s/t/a', false), range('/s/t/a/10'), range('/s/t/constructor'), range('/s', true, 3).length], [['/s/t/a'],
    ['/s/t/a/10'], [], 3]);
  assert.deepEqual(range('x'.repeat(9000)), []);
  assert.match(index.range('/s/t/b', true, 10)[1]!.wrong, /JSON/);
  assert.deepEqual(index.named('/s/t/a', 10)!.map(({ key }) => key), ['/s/t/a', '/s/t/a/1', '/s/t/a/10', '/s/t/a/2']);
  assert.deepEqual([index.named('/s', 10), index.named('/s/t/none', 10), index.hasStars], [[], undefined, true]);
});

const segment = fc.constantFrom('a', 'b', '*', '', 'a0', 'é', '-', '0', 'zz', 'a'.repeat(40));
const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => Buffer.from(`/s/${parts.join('/')}`).toString('latin1'));
const value = fc.constantFrom('{}', '{"host":"192.0.2.1","ttl":5}', '{"host":"ü","text":"日本","group":"g","port":-1}', 'no',
  '{"weight":9007199254740992}');
const change = fc.record({ key, value: fc.option(value, { nil: undefined }) });

test('whatever is listed and changed, it says what a plain map says, and gives all memory back', async () => {
  const store = Store.create(undefined, STORE_KEY);
  let used = 0;
  const clock = new FakeClock();
  await fc.assert(fc.asyncProperty(fc.array(change, { maxLength: 20 }), fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 6 }),
    async (listed, changes) => {
      const index = new KeyIndexWriter(store, 'p', clock);
      const read = new KeyIndex(store, 'p');
      const model = new Model();
      for (const each of listed) model.keys.set(each.key, kept(each.key, each.value));
      const list = index.list();
      for (const each of [...model.keys.values()].toSorted((a, b) => below(a.key, b.key))) list.add(each);
      list.done();
      let revision = 1n;
      for (const some of changes) {
        const made = some.map((each) => ({
          key: each.key, kept: each.value === undefined ? undefined : kept(each.key, each.value, ++revision),
        }));
        index.apply(made);
        for (const each of made) {
          if (each.kept === undefined) model.keys.delete(each.key);
          else model.keys.set(each.key, each.kept);
        }
      }
      store.reading.within(() => {
        assert.deepEqual(read.all(), model.range('/s', true, Infinity));
        for (const each of ['/s', '/s/a', '/s/a/b', '/s/*', '/s/', '/s/a/', ...listed.map((one) => one.key)]) {
          for (const deep of [true, false]) assert.deepEqual(read.range(each, deep, 5), model.range(each, deep, 5));
          assert.deepEqual(read.named(each, 100), model.named(each));
        }
      });
      index.close();
      await clock.elapse(30_000);
      store.recycle();
      used ||= store.memory.used;
      assert.deepEqual([read.size, store.memory.used], [0, used]);
    }), { numRuns: 150 });
});

test('what is kept of a key is read as it was, however large its numbers and texts are', () => {
  const writer = new KeptWriter(), reader = new KeptReader();
  const number = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), fc.maxSafeInteger(), fc.constantFrom(0, 10, -1));
  const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('', 'a'.repeat(3000)));
  const service = fc.record({ key: fc.constant('/k'), host: text, port: number, priority: number, weight: number, text, mail: fc.boolean(),
    ttl: fc.nat(), targetstrip: number, group: text, coredns: fc.constant(undefined) }, { noNullPrototype: true });
  fc.assert(fc.property(fc.option(service, { nil: undefined }), text, fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.maxSafeInteger(),
    (said, wrong, lease, revision) => {
      const before: Kept = {
        key: '/k', service: said, wrong: said === undefined ? wrong : '', lease, revision: BigInt(Math.abs(revision)),
      };
      const bytes = Uint8Array.from([7, ...writer.write(before)]);
      assert.deepEqual(reader.read('/k', bytes, 1), before);
    }), { numRuns: 300 });
});
