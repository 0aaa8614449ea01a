// Tests of the line of *recursive*: any words are settings, or an error of that line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { InProcess } from '../../testing/in-process.ts';
import { standard } from '../index.ts';

const WORDS = ['trust_anchor', 'root_hints', 'local_root', 'stub', 'forward', 'insecure', 'minimise', 'ipv6', 'cache_size', '64M',
  'stale', 'prefetch', 'private', 'except',
  'until', 'answer', 'after', 'corp.example', '.', '10.0.0.1', '10.0.0.1:53', '[fd00::1]:53', 'fd00::1', '10.0.0.0/8', '1d', '30s', '-1s',
  '2026-12-31', 'on', 'auto', '/no/such/file', '". IN DS 20326 8 2 00"', 'a..b', '*', ''];

test('any words are settings, or refused with the name of the plugin', async () => {
  const line = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 5 });
  await fc.assert(fc.asyncProperty(fc.array(line, { maxLength: 4 }), async (lines) => {
    const server = new InProcess(standard);
    const refusal = await server.start(`. {\n    recursive {\n${lines.map((words) => `        ${words.join(' ')}\n`).join('')}    }\n}\n`);
    await server.close();
    assert.match(refusal ?? 'plugin/recursive', /^plugin\/recursive|^Corefile:\d+/);
    assert.doesNotMatch(refusal ?? '', /undefined|not a function/);
  }), { numRuns: 30 });
});
