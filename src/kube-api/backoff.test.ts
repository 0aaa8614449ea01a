// How long one waits after what, and who is woken by whom, on a clock that is moved by hand. Knows the back-off alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../testing/fake-clock.ts';
import { ApiError, type FailureKind, refusal } from './api-error.ts';
import { Backoff } from './backoff.ts';

const never = new AbortController().signal;
const failure = (kind: FailureKind) => new ApiError(kind, kind);
const refused = (status: number, retryAfter?: number) => new ApiError('status', 'no', refusal({}, status, retryAfter));

/** Milliseconds that a wait takes. */
async function taken(clock: FakeClock, wait: Promise<void>): Promise<number> {
  const from = clock.monotonic();
  let over = false;
  void wait.then(() => (over = true));
  for (let i = 0; !over && i < 5000; i++) await clock.elapse(50);
  return clock.monotonic() - from;
}

test('waits double up to half a minute; an API that cannot be reached is asked each five seconds', async () => {
  const clock = new FakeClock();
  const backoff = new Backoff(clock, () => 1);
  const since = clock.monotonic();
  for (const [failures, milliseconds] of [[1, 200], [2, 400], [4, 1600], [9, 30_000], [2000, 30_000]] as const) {
    assert.equal(await taken(clock, backoff.wait(refused(500), { failures, since }, never)), milliseconds);
  }
  const unreachable = [];
  for (let failures = 1; failures < 9; failures++) {
    unreachable.push(await taken(clock, backoff.wait(failure('unreachable'), { failures, since }, never)));
  }
  assert.deepEqual(unreachable, [200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

test('resources that cannot reach the API count one round together and come back together', async () => {
  const clock = new FakeClock();
  const backoff = new Backoff(clock, () => 1);
  const trouble = { failures: 1, since: clock.monotonic() };
  const back: number[] = [];
  for (let i = 0; i < 4; i++) {
    void backoff.wait(failure('unreachable'), trouble, never).then(() => back.push(clock.monotonic() - trouble.since));
  }
  await clock.elapse(1000);
  assert.deepEqual(back, [200, 200, 200, 200]);
});

test('a success of one wakes the others, but none whose own trouble it does not touch', async () => {
  const clock = new FakeClock();
  const backoff = new Backoff(clock, () => 1);
  const woken: string[] = [];
  const sleep = (name: string, error: ApiError, since = clock.monotonic()) =>
    void backoff.wait(error, { failures: 8, since }, never).then(() => woken.push(name));
  sleep('500', refused(500));
  sleep('unreachable', failure('unreachable'));
  sleep('forbidden', refused(403));
  sleep('asked', refused(429, 60));
  await clock.elapse(50);
  backoff.succeeded();
  await clock.elapse(0);
  assert.deepEqual(woken, ['500', 'unreachable']);
  sleep('500 on and on', refused(500), clock.monotonic() - 10);
  await clock.elapse(50);
  backoff.succeeded();
  await clock.elapse(0);
  assert.deepEqual(woken, ['500', 'unreachable'], 'it failed on while others were well');
});

test('Retry-After is kept to, with jitter above it', async () => {
  const clock = new FakeClock();
  const trouble = { failures: 1, since: clock.monotonic() };
  assert.equal(await taken(clock, new Backoff(clock, () => 0).wait(refused(429, 7), trouble, never)), 7000);
  assert.equal(await taken(clock, new Backoff(clock, () => 1).wait(refused(429, 7), trouble, never)), 8400);
});
