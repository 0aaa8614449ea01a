// Deadlines on the wheel, against the plain way of keeping them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Timers } from './timers.ts';
import type { OnWheel } from './timers.ts';

class Thing implements OnWheel {
  timerNext: OnWheel | undefined = undefined;
  timerBefore: OnWheel | undefined = undefined;
  spoke = -1;
  turns = 0;
  expiredAt = -1;
  readonly clock: FakeClock;
  afterwards: (() => void) | undefined = undefined;
  constructor(clock: FakeClock) {
    this.clock = clock;
  }
  expire(): void {
    this.expiredAt = this.clock.monotonic();
    this.afterwards?.();
  }
}

test('each expires once its time is over, and at most two ticks later; what was cleared never does', async () => {
  const wait = fc.tuple(fc.integer({ min: 0, max: 30000 }), fc.boolean());
  await fc.assert(fc.asyncProperty(fc.array(wait, { maxLength: 40 }), async (waits) => {
    const clock = new FakeClock();
    const timers = new Timers(clock);
    const from = clock.monotonic();
    const things = waits.map(([milliseconds, cleared]) => {
      const thing = new Thing(clock);
      timers.set(thing, milliseconds);
      if (cleared) timers.clear(thing);
      return { thing, milliseconds, cleared };
    });
    await clock.elapse(30100);
    for (const { thing, milliseconds, cleared } of things) {
      if (cleared) assert.equal(thing.expiredAt, -1);
      else {
        const late = thing.expiredAt - from - milliseconds;
        assert.ok(late >= 0 && late <= 40, `${milliseconds}: ${late}`);
      }
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
  two.afterwards = () => {
    timers.clear(one);
    two.afterwards = undefined;
    timers.set(two, 100);
  };
  one.afterwards = () => timers.clear(two);
  const from = clock.monotonic();
  await clock.elapse(1000);
  assert.equal([one, two].filter(({ expiredAt }) => expiredAt > 0).length, 1);
  assert.ok(Math.max(one.expiredAt, two.expiredAt) - from > 0);
});
