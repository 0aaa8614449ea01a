// When an upstream counts as down, and how often it is checked. No network and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../testing/fake-clock.ts';
import { Health } from './health.ts';

test('checked from an error on until one check succeeds; down above the number of failures', async () => {
  const clock = new FakeClock();
  const health = new Health(2);
  const probed: number[] = [];
  let up = false;
  let failures = 0;
  health.run({
    after: clock.after.bind(clock), interval: 200, signal: new AbortController().signal,
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
  assert.deepEqual([probed.length, failures, health.down(1, 2)], [4, 3, false]);
});

test('no check is left behind when the configuration goes', async () => {
  const clock = new FakeClock();
  const health = new Health(1);
  const abort = new AbortController();
  let probes = 0;
  health.run({
    after: clock.after.bind(clock), interval: 100, signal: abort.signal, failed() {},
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
