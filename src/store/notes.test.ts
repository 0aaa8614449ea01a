// Texts from one thread to another, longer ones and shorter ones, and what they leave behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from './store.ts';

test('what is written is read in every thread, and the last one counts', () => {
  const main = Store.create(1 << 24);
  const other = Store.join(main.share(), 1);
  const note = main.note('weights');
  const theirs = other.note('weights');
  assert.deepEqual([theirs.round, theirs.read()], [0, '']);
  note.write('a ünïcode text');
  assert.deepEqual([theirs.round, theirs.read()], [1, 'a ünïcode text']);
  const long = 'x'.repeat(3_000_001);
  note.write(long);
  assert.equal(theirs.read(), long);
  note.write('');
  assert.deepEqual([theirs.round, theirs.read(), main.note('other').read()], [3, '', '']);
});
test('texts that are written again and again take no more memory, also while a thread sleeps', () => {
  const main = Store.create(1 << 24);
  const note = main.note('n');
  Store.join(main.share(), 1);
  for (let i = 0; i < 10; i++) note.write('y'.repeat(100_000));
  const { used } = main.memory;
  for (let i = 0; i < 100; i++) note.write('y'.repeat(100_000));
  assert.equal(main.memory.used, used);
  note.clear();
  assert.equal(note.read(), '');
});
