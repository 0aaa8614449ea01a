// One world of which Unbound and the resolver here are asked the same; `npm run soak -- differential` does it for longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '../servers/programs.ts';
import { soak } from './differential.ts';

test('Unbound and the resolver here agree on a world that is signed and broken', { skip: missing('unbound') }, async () => {
  assert.deepEqual(await soak(12, 7), { questions: 12, worlds: 1, different: 0 });
});
