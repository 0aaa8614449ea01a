// That reads of files have ended when time has passed, however late the machine gets to them.
import assert from 'node:assert/strict';
import { pbkdf2 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { FakeClock } from './fake-clock.ts';

test('what a timer reads is read before elapse ends, also while every thread that reads is busy', async () => {
  const clock = new FakeClock();
  let read = '';
  clock.after(1000, async () => {
    read = await readFile(new URL(import.meta.url), 'utf8');
  });
  const busy = Array.from({ length: 8 }, () => new Promise((resolve) => pbkdf2('a', 'b', 100_000, 32, 'sha256', resolve)));
  await clock.elapse(1000);
  assert.match(read, /^\/\/ That reads/);
  await Promise.all(busy);
});
