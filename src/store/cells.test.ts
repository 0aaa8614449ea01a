// Numbers that threads share: found by name, added in rows, taken back where a thread died.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cells } from './cells.ts';
import { Memory } from './memory.ts';
import { claim } from './names.ts';

function two(): { main: Cells; other: Cells; memory: Memory } {
  const memory = Memory.create(1 << 24);
  memory.share();
  return { memory, main: new Cells(memory), other: new Cells(Memory.join(memory.handle, 1)) };
}

test('a name means the same place in all threads, and no other', () => {
  const { memory } = two();
  const there = Memory.join(memory.handle, 2);
  const places = new Set<number>();
  for (let i = 0; i < 3000; i++) {
    const place = claim(i % 2 === 0 ? memory : there, `name ${i}`, 4);
    assert.equal(claim(i % 2 === 0 ? there : memory, `name ${i}`, 4), place);
    assert.equal(place % 2, 0);
    memory.refresh().fill(i, place, place + 4);
    places.add(place);
  }
  assert.equal(places.size, 3000);
  for (let i = 0; i < 3000; i++) assert.equal(memory.words[claim(there, `name ${i}`, 4) + 3], i);
  assert.throws(() => claim(memory, 'name 1', 5), RangeError);
});

test('counters are the sum of what all threads counted, dead ones too', () => {
  const { memory, main, other } = two();
  main.counters('hits', 3).mine[1]! += 5;
  other.counters('hits', 3).mine[1]! += 2;
  other.counters('hits', 3).mine[2]! += 2 ** 40;
  assert.equal(main.counters('hits', 3).total(1), 7);
  other.bury(1);
  const replaced = new Cells(Memory.join(memory.handle, 1));
  replaced.counters('hits', 3).mine[1]!++;
  assert.deepEqual([0, 1, 2].map((i) => main.counters('hits', 3).total(i)), [0, 8, 2 ** 40]);
});

test('gauges keep to a limit, and a dead thread has nothing under way', () => {
  const { main, other } = two();
  const here = main.gauges('flying', 2);
  const there = other.gauges('flying', 2);
  assert.deepEqual([here.enter(1, 3), there.enter(1, 3), there.enter(1, 3), here.enter(1, 3)], [true, true, true, false]);
  here.add(1, -1);
  assert.equal(here.enter(1, 3), true);
  assert.equal(there.total(1), 3);
  main.bury(1);
  assert.equal(here.total(1), 1);
  assert.equal(here.total(0), 0);
});

test('flags are one for all', () => {
  const { main, other } = two();
  main.flags('healthy', 2).set(1, 9);
  assert.equal(other.flags('healthy', 2).get(1), 9);
  assert.equal(other.flags('healthy', 2).add(1, -2), 9);
  assert.deepEqual([main.flags('healthy', 2).exchange(1, 9, 1), main.flags('healthy', 2).exchange(1, 7, 1)], [false, true]);
  assert.equal(other.flags('healthy', 2).get(1), 1);
});

test('cells of one name and another count are others', () => {
  const cells = new Cells(Memory.create(1 << 22));
  cells.flags('a', 1).set(0, 7);
  const more = cells.flags('a', 3);
  assert.deepEqual([0, 1, 2].map((i) => more.get(i)), [0, 0, 0]);
  assert.equal(cells.flags('a', 1).get(0), 7);
  const [one, two] = [cells.gauges('a', 1), cells.gauges('a', 2)];
  two.add(1, 5);
  assert.deepEqual([one.total(0), two.total(1)], [0, 5]);
  two.clear();
  assert.equal(two.total(1), 0);
  cells.counters('a', 1).mine[0]! += 1;
  assert.equal(cells.counters('a', 2).mine.length, 2);
});
