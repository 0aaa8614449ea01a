// Asking main: the last one who serves a name is asked, a refusal is a text, and neither too many nor the silent keep anybody waiting.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../testing/fake-clock.ts';
import { MainDesk } from './desk.ts';

test('who serves a name last is asked; when he ends the one before is asked again, and nobody after the first', async () => {
  const desk = new MainDesk(new FakeClock());
  const [one, two] = [new AbortController(), new AbortController()];
  await assert.rejects(desk.ask('add', 1), { message: 'nobody on the main thread does "add"' });
  desk.serve('add', (order) => (order as number) + 1, one.signal);
  desk.serve('add', async (order) => (order as number) + 2, two.signal);
  assert.equal(await desk.ask('add', 1), 3);
  one.abort();
  assert.equal(await desk.ask('add', 1), 3);
  desk.serve('add', () => {
    throw new Error('not now');
  }, one.signal);
  two.abort();
  await assert.rejects(desk.ask('add', 1), { message: 'not now' });
});

test('an answer that does not come is waited for half a minute, and eight thousand wait at most', async () => {
  const clock = new FakeClock();
  const desk = new MainDesk(clock);
  desk.serve('never', () => new Promise(() => {}), new AbortController().signal);
  const first = desk.ask('never', 0);
  const waiting = Array.from({ length: 8191 }, () => desk.ask('never', 0).catch(() => {}));
  await assert.rejects(desk.ask('never', 0), /more than 8192 orders wait/);
  await Promise.all([assert.rejects(first, /does not answer/), clock.elapse(30_000)]);
  await Promise.all(waiting);
  desk.serve('now', () => 'done', new AbortController().signal);
  assert.equal(await desk.ask('now', 0), 'done');
});
