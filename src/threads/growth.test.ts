// When a thread is added: numbers and times alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Growth } from './growth.ts';

test('only load that lasts adds a thread, and the next one has to last again', () => {
  const growth = new Growth({ most: 3 });
  const said = (from: number, to: number, loads: readonly number[]) => {
    const yes: number[] = [];
    for (let now = from; now < to; now += 1000) if (growth.observe(now, loads)) yes.push(now);
    return yes;
  };
  assert.deepEqual(said(0, 5000, [0.9]), []);
  assert.deepEqual(said(5000, 6000, [0.9]), [5000]);
  assert.deepEqual(said(6000, 20_000, [0.9, 0.7]), []);
  assert.deepEqual(said(20_000, 24_000, [1, 0.9]), []);
  assert.deepEqual(said(24_000, 25_000, [1, 0.1]), []);
  assert.deepEqual(said(25_000, 31_000, [1, 0.9]), [30_000]);
  assert.deepEqual(said(31_000, 90_000, [1, 1, 1]), []);
});
test('a load that is unknown adds nothing', () => {
  const growth = new Growth({ most: 2, lasting: 0 });
  assert.equal(growth.observe(0, [Number.NaN]), false);
  assert.equal(growth.observe(0, []), false);
  assert.equal(growth.observe(0, [0.86]), true);
});
