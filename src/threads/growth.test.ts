// When a thread is added: numbers and times alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Growth } from './growth.ts';
import { IdleCores } from './idle-cores.ts';

test('only load that lasts adds a thread, and the next one has to last again', () => {
  const growth = new Growth({ most: 3 });
  const said = (from: number, to: number, loads: readonly number[], idle = 1) => {
    const yes: number[] = [];
    for (let now = from; now < to; now += 1000) if (growth.observe(now, loads, idle)) yes.push(now);
    return yes;
  };
  assert.deepEqual(said(0, 5000, [0.9]), []);
  assert.deepEqual(said(5000, 6000, [0.9]), [5000]);
  assert.deepEqual(said(6000, 20_000, [0.9, 0.7]), []);
  assert.deepEqual(said(20_000, 24_000, [1, 0.9]), []);
  assert.deepEqual(said(24_000, 25_000, [1, 0.1]), []);
  assert.deepEqual(said(25_000, 31_000, [1, 0.9]), [30_000]);
  assert.deepEqual(said(31_000, 90_000, [1, 1, 1]), []);
  assert.deepEqual(said(90_000, 120_000, [1, 1], 0.4), []);
  assert.deepEqual(said(120_000, 126_000, [1, 1], 0.5), [125_000]);
});
test('a load that is unknown adds nothing', () => {
  const growth = new Growth({ most: 2, lasting: 0 });
  assert.equal(growth.observe(0, [Number.NaN], 1), false);
  assert.equal(growth.observe(0, [], 1), false);
  assert.equal(growth.observe(0, [0.86], 1), true);
});
test('a core is idle for the part of the time in which it was', () => {
  const core = (idle: number, user: number) => ({ model: '', speed: 0, times: { idle, user, nice: 0, sys: 0, irq: 0 } });
  const seen = [[core(0, 0), core(0, 0)], [core(100, 0), core(25, 75)], [core(100, 100), core(25, 175)], [core(100, 100), core(25, 175)]];
  const cores = new IdleCores(() => seen.shift()!);
  assert.equal(cores.since(), 1.25);
  assert.equal(cores.since(), 0);
  assert.equal(cores.since(), 2);
});
