// Deadlines on the wheel, against the plain way of keeping them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../testing/fake-clock.ts';
import { Timers } from './timers.ts';
import type { Timed } from './timers.ts';

class Thing implements Timed {
  timerNext: Timed | undefined = undefined;
  timerBefore: Timed | undefined = undefined;
  spoke = -1;
  turns = 0;
  expiredAt = -1;
  readonly clock: FakeClock;
  then: (() => void) | undefined = undefined;
  constructor(clock: FakeClock) {
    this.clock = clock;
  }
  expire(): void {
    this.expiredAt = this.clock.monotonic();
    this.then?.();
  }
}

test('each expires once its time is over, and at most two ticks later; what was cleared never does', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 0, max: 30000 }), fc.boolean()), { maxLength: 40 }), async (waits) => {
    const clock = new FakeClock();
    const timers = new Timers(clock);
    const from = clock.monotonic();
    const things = waits.map(([milliseconds, cleared]) => {
      const thing = new Thing(clock);
      timers.set(thing, milliseconds);
      if (cleared) timers.clear(thing);
      return { thing, milliseconds, cleared };
    });
    // Ticks by hand: `elapse` would let the event loop turn for each.
    for (let t = 0; t < 30100; t += 700) await clock.elapse(700);
    for (const { thing, milliseconds, cleared } of things) {
      if (cleared) assert.equal(thing.expiredAt, -1);
      else assert.ok(thing.expiredAt - from >= milliseconds && thing.expiredAt - from <= milliseconds + 40, `${milliseconds}: ${thing.expiredAt - from}`);
    }
  }), { numRuns: 4 });
});

test('one that expires may clear another of the same moment, and be set again', async () => {
  const clock = new FakeClock();
  const timers = new Timers(clock);
  const one = new Thing(clock);
  const two = new Thing(clock);
  timers.set(one, 100);
  timers.set(two, 100);
  two.then = () => {
    timers.clear(one);
    two.then = undefined;
    timers.set(two, 100);
  };
  one.then = () => timers.clear(two);
  const from = clock.monotonic();
  await clock.elapse(1000);
  assert.equal([one, two].filter(({ expiredAt }) => expiredAt > 0).length, 1);
  assert.ok(Math.max(one.expiredAt, two.expiredAt) - from > 0);
});
