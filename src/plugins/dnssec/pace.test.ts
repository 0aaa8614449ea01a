// How much of a thread goes into signatures, in time that the test moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Pace } from './pace.ts';

test('half of the time may be spent, what is above waits in its order, and a rest saves no more than five milliseconds', async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  /** Signatures of a fifth of a millisecond that may be made at once. */
  const atOnce = (): number => {
    let made = 0;
    for (; made < 10_000 && pace.mayBegin(); made++) pace.spent(0.2);
    return made;
  };
  assert.equal(atOnce(), 25);
  await clock.elapse(10);
  assert.equal(atOnce(), 25);
  await clock.elapse(60_000);
  assert.equal(atOnce(), 25);
  const order: number[] = [];
  const waiting = [1, 2, 3].map((number) => pace.here(() => {
    order.push(number);
    pace.spent(1.5);
    return number;
  }));
  assert.deepEqual(order, []);
  assert.equal(pace.mayBegin(), false);
  await clock.elapse(2);
  assert.deepEqual(order, [1]);
  // Nobody overtakes those who wait.
  assert.equal(pace.mayBegin(), false);
  await clock.elapse(20);
  assert.deepEqual(await Promise.all(waiting), [1, 2, 3]);
  assert.deepEqual(order, [1, 2, 3]);
  await clock.elapse(20);
  assert.equal(pace.mayBegin(), true);
});

test('what throws in its turn rejects, and the others have theirs', async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  const broken = pace.here(() => {
    throw new Error('no key');
  });
  const whole = pace.here(() => 1);
  await Promise.all([assert.rejects(broken, /no key/), clock.elapse(2)]);
  assert.equal(await whole, 1);
});

test('sixteen are made elsewhere at a time', async () => {
  const pace = new Pace(new FakeClock());
  const ends: (() => void)[] = [];
  const work = (i: number) => () => new Promise<number>((resolve) => void ends.push(() => resolve(i)));
  const all = Array.from({ length: 40 }, (_, i) => pace.elsewhere(work(i)));
  for (let ended = 0; ended < 40; ended++) {
    await new Promise(setImmediate);
    assert.equal(ends.length, Math.min(40, 16 + ended));
    ends[ended]!();
  }
  assert.deepEqual(await Promise.all(all), Array.from({ length: 40 }, (_, i) => i));
});
