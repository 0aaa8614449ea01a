// Tops of several threads, estimates and steps of time: properties that hold for any input.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { Hash } from '../../store/hash.ts';
import { Memory } from '../../store/memory.ts';
import { estimate, note, unite } from './distinct.ts';
import { boundOf, stepOf } from './latency.ts';
import { TopWriter, topOf } from './top.ts';

const FORM = { name: 'top', setBits: 1, room: 2 };

test('how often something came lies within its bounds, whichever threads counted it', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(60)), { maxLength: 400 }), (seen) => {
    const memory = Memory.create(1 << 26);
    const hash = new Hash(1, 2);
    const writers = [0, 1, 2].map((thread) => new TopWriter(memory, FORM, thread));
    for (const writer of writers) writer.turn(7);
    const truth = new Map<number, number>();
    for (const [thread, key] of seen) {
      truth.set(key, (truth.get(key) ?? 0) + 1);
      const at = writers[thread]!.count(hash.of(Int32Array.of(key), 0, 1));
      if (at !== 0) memory.words.set([4, key], at);
    }
    for (const { key: [, key], count, error } of topOf(memory, FORM, 7)) {
      const real = truth.get(key!) ?? 0;
      assert.ok(count - error <= real && real <= count, `${key} came ${real} times: ${count - error} to ${count}`);
    }
    assert.deepEqual(topOf(memory, FORM, 6), []);
  }));
});

test('an estimate is near, also of what several have seen', () => {
  const hash = new Hash(3, 4);
  const [one, other] = [new Uint8Array(4096), new Uint8Array(4096)];
  for (let i = 0; i < 60_000; i++) note(i % 2 === 0 ? one : other, 0, 12, hash.of(Int32Array.of(i % 50_000), 0, 1));
  unite(one, other);
  // A key that does not change: the same figure each time.
  assert.ok(Math.abs(estimate(one) - 50_000) < 2500, String(estimate(one)));
  assert.equal(estimate(new Uint8Array(256)), 0);
});

test('steps of time follow one another, and each time lies in its own', () => {
  fc.assert(fc.property(fc.nat(60_000_000), (microseconds) => {
    const step = stepOf(microseconds);
    assert.ok(boundOf(step) <= microseconds && microseconds < boundOf(step + 1));
    assert.ok(boundOf(step + 1) - boundOf(step) <= Math.max(1, boundOf(step) / 8));
  }));
  assert.equal(stepOf(0x7fffffff), 199);
});
