// How requests wait for their turn, on a clock that is moved by hand. Knows the bucket and the turnstile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../testing/fake-clock.ts';
import { TokenBucket, Turnstile } from './request-limits.ts';

const never = new AbortController().signal;

test('a burst at once, then so many a second, in order', async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket(5, 2, clock);
  const done: number[] = [];
  for (let i = 0; i < 5; i++) void bucket.take(never).then(() => done.push(i));
  await clock.elapse(0);
  assert.deepEqual(done, [0, 1]);
  await clock.elapse(199);
  assert.deepEqual(done, [0, 1]);
  await clock.elapse(1);
  assert.deepEqual(done, [0, 1, 2]);
  await clock.elapse(400);
  assert.deepEqual(done, [0, 1, 2, 3, 4]);
  await clock.elapse(60_000);
  for (let i = 5; i < 8; i++) void bucket.take(never).then(() => done.push(i));
  await clock.elapse(0);
  assert.deepEqual(done.slice(5), [5, 6], 'a rest fills it up to the burst and no further');
});

test('so many are inside at once; who gives up frees nothing', async () => {
  const turnstile = new Turnstile(1);
  const entered: string[] = [];
  const come = (name: string, signal = never) => turnstile.enter(signal).then((leave) => {
    if (!signal.aborted) entered.push(name);
    return leave;
  });
  const leave = await come('a');
  const impatient = new AbortController();
  const b = come('b', impatient.signal), c = come('c');
  impatient.abort();
  (await b)();
  assert.deepEqual(entered, ['a']);
  leave();
  leave();
  const leaveC = await c;
  const d = come('d');
  await new Promise(setImmediate);
  assert.deepEqual(entered, ['a', 'c'], 'leaving twice lets one in');
  leaveC();
  (await d)();
});
