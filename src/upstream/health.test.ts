// When an upstream counts as down, and how often it is checked. No network and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../testing/fake-clock.ts';
import type { SharedNumbers } from './health.ts';
import { CELLS, Health } from './health.ts';

/** Cells without threads. */
function numbersOf(count: number): SharedNumbers {
  const cells = new Int32Array(count);
  return {
    get: (i) => cells[i]!,
    set: (i, value) => void (cells[i] = value),
    add: (i, delta) => (cells[i]! += delta) - delta,
    exchange: (i, expected, value) => {
      if (cells[i] !== expected) return false;
      cells[i] = value;
      return true;
    },
  };
}

test('checked from an error on until one check succeeds; down above the number of failures', async () => {
  const clock = new FakeClock();
  const probed: number[] = [];
  let up = false;
  let failures = 0;
  const health = new Health({
    count: 2, numbers: numbersOf(2 * CELLS), wall: () => clock.wall(), after: clock.after.bind(clock), interval: 200,
    signal: new AbortController().signal,
    probe: async (index) => {
      probed.push(index);
      if (!up) throw new Error('down');
    },
    failed: () => void failures++,
  });
  await clock.elapse(1000);
  assert.deepEqual(probed, []);
  health.check(1);
  health.check(1);
  await clock.elapse(450);
  assert.deepEqual(probed, [1, 1, 1]);
  assert.deepEqual([health.down(1, 2), health.down(1, 3), health.down(1, 0), health.down(0, 2)], [true, false, false, false]);
  up = true;
  await clock.elapse(450);
  assert.deepEqual([probed.length, failures, health.down(1, 2), health.recoveries(1)], [4, 3, false, 1]);
});

test('no check is left behind when the configuration goes', async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  let probes = 0;
  const health = new Health({
    count: 1, numbers: numbersOf(CELLS), wall: () => clock.wall(), after: clock.after.bind(clock), interval: 100,
    signal: abort.signal, failed() {},
    probe: async () => {
      probes++;
      throw new Error('down');
    },
  });
  health.check(0);
  await clock.elapse(250);
  abort.abort();
  await clock.elapse(1000);
  health.check(0);
  assert.equal(probes, 3);
});

test('threads see what one of them finds, and one checks at a time; when it is gone another one does', async () => {
  const clock = new FakeClock();
  const numbers = numbersOf(CELLS);
  const aborts = [new AbortController(), new AbortController()] as const;
  const probes = [0, 0];
  const [one, two] = aborts.map(({ signal }, thread) => new Health({
    count: 1, numbers, wall: () => clock.wall(), after: clock.after.bind(clock), interval: 100, signal, failed() {},
    probe: async () => {
      probes[thread]!++;
      throw new Error('down');
    },
  })) as [Health, Health];
  one.check(0);
  await clock.elapse(350);
  two.check(0);
  assert.deepEqual(probes, [4, 0]);
  assert.equal(two.down(0, 2), true);
  aborts[0].abort();
  two.check(0);
  await clock.elapse(50);
  assert.deepEqual(probes, [4, 1]);
});
