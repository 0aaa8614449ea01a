// A little of each long run. Knows that there are some; `npm run soak -- NAME` runs one in full.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soak } from './readings.ts';

test('no foreign byte while maps are swapped under threads that answer late', async () => {
  const { answers, read, foreign, swaps } = await soak(4000);
  assert.equal(foreign, 0, `${foreign} of ${read} entries were foreign, in ${answers} answers and ${swaps} swaps`);
  assert.ok(answers >= 4000 && swaps > 0);
});
