// Keys and their hashes: of one memory in all its threads, of two memories in one process, and in what order they are used.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { loneQuery } from '../testing/lone-query.ts';
import { Key } from './key.ts';
import { Memory } from './memory.ts';
import { Store } from './store.ts';

const value = (text: string) => Buffer.from(text);
const textOf = (store: Store, key: Key): string | undefined => {
  const map = store.byteMap('map');
  const entry = map.find(key);
  return entry === 0 ? undefined : Buffer.from(map.bytes.slice(map.bytesAt(entry), map.bytesAt(entry) + map.valueSize(entry))).toString();
};

test('two memories in one process have two hashes, and one key serves both in turn', () => {
  const [one, two] = [Store.create(1 << 22), Store.create(1 << 22)];
  const key = new Key().named('\x03www\x00', 1);
  assert.notEqual(key.hashBy(one.memory.hash), key.hashBy(two.memory.hash));
  assert.ok(one.byteMap('map').put(key, value('one')));
  assert.equal(textOf(two, key), undefined);
  assert.ok(two.byteMap('map').put(key, value('two')));
  assert.deepEqual([one, two, one].map((store) => textOf(store, key)), ['one', 'two', 'one']);
});

test('every thread of a memory has its hash', () => {
  const memory = Memory.create(1 << 22);
  memory.share();
  const key = new Key().named('\x03www\x00', 1);
  assert.equal(key.hashBy(memory.hash), new Key(key.words).reset(key.length).hashBy(Memory.join(memory.handle, 3).hash));
});

test('a question is found under its name, whatever its case, and under other types', () => {
  const store = Store.create(1 << 22);
  const map = store.byteMap('map');
  for (const type of [1, 28]) map.put(new Key().named(Name.parse('www.example.org').key, type), value(`type ${type}`));
  const query = loneQuery('WWW.Example.org', 28);
  assert.equal(textOf(store, query.key), 'type 28');
  assert.equal(textOf(store, query.keyFor(1)), 'type 1');
  assert.equal(textOf(store, query.keyFor(15)), undefined);
  assert.equal(textOf(store, query.key), 'type 28', 'its own key is as it was');
});

test('flavours are apart, and a key that was filled anew has another hash', () => {
  const store = Store.create(1 << 22);
  const map = store.byteMap('map');
  const key = new Key().named('\x01a\x00', 1);
  const flavoured = new Key().like(key, 3, map.hasher);
  map.put(flavoured, value('three'));
  assert.deepEqual([textOf(store, key), textOf(store, flavoured)], [undefined, 'three']);
  map.put(key.named('\x01b\x00', 1), value('b'));
  assert.equal(textOf(store, new Key().named('\x01b\x00', 1)), 'b');
});
