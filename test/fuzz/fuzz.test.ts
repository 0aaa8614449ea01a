// Every fuzz target for a bounded number of cases; `npm run fuzz -- TARGET SECONDS` tries one for longer. Knows no parser.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fc } from '../../src/testing/properties.ts';
import { target } from './target.ts';
import { ended, targets } from './targets.ts';

after(ended);

for (const each of targets) test(each.name, () => each.try({ numRuns: each.runs }));

test('each target is tried once', () => {
  const names = targets.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
});

test('a property that does not hold is seen', async () => {
  const wrong = target('wrong', 100, fc.nat(), (number) => assert.ok(number < 50));
  await assert.rejects(wrong.try({ numRuns: 100, seed: 1 }), /Counterexample: \[50\]/);
});
