// Answers that wait: run again when what they need has come, each thing asked for once, several side by side.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Later, Pending, Several } from './later.ts';

test('what is not at hand is asked for once, several side by side; what it rejects with is thrown', async () => {
  const later = new Later();
  const asked: string[] = [];
  const answers: string[][] = [];
  const run = (): void => {
    const found: string[] = [];
    const several = new Several();
    for (const name of ['a', 'b', 'now', 'a', 'fails']) {
      several.do(() => found.push(later.get(name, () => {
        asked.push(name);
        if (name === 'now') return name;
        return name === 'fails' ? Promise.reject(new Error('it fails')) : Promise.resolve(name);
      })));
    }
    several.end();
    answers.push(found);
  };
  let pending: unknown;
  try {
    run();
  } catch (error) {
    pending = error;
  }
  assert.ok(pending instanceof Pending);
  assert.deepEqual(asked, ['a', 'b', 'now', 'fails']);
  await pending.come;
  assert.throws(run, /it fails/);
  assert.deepEqual([asked.length, answers], [4, []]);
});

test('of very many no more than some are begun at once', async () => {
  const later = new Later();
  let asked = 0, runs = 0;
  for (;;) {
    runs++;
    const several = new Several();
    try {
      for (let i = 0; i < 100; i++) several.do(() => void later.get(String(i), () => Promise.resolve(++asked)));
      several.end();
      break;
    } catch (error) {
      assert.ok(error instanceof Pending && asked <= 16 * runs);
      await error.come;
    }
  }
  assert.deepEqual([asked, runs], [100, 8]);
});
