// docs/errors.md and the sources name the same Extended DNS Errors. Knows both by their form, nothing of the errors.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INFO_CODE } from '../src/dns/extended-error.ts';
import { read, sourcesIn } from './gates/checkout.ts';
import { disagreements, documented } from './gates/error-codes.ts';

test('the page lists what is sent, and what is sent is on the page', () => {
  assert.notEqual(documented(read('docs/errors.md')).size, 0);
  assert.deepEqual(disagreements(read('docs/errors.md'), sourcesIn('src'), INFO_CODE), []);
});

test('complains about a code that one side alone has, and about a wrong number', () => {
  const rows = ['| code | name | when |',
    '| 15 | BLOCKED | a rule blocks it |', '| 16 | FILTERED | a rule filters it |', '| 3 | STALE_ANSWER | |'];
  const page = `${rows.join('\n')}\n`;
  const files = new Map([
    ['src/plugins/acl/index.ts', 'send(INFO_CODE.BLOCKED); // INFO_CODE.CENSORED'],
    ['src/kernel/serving/serve.ts', 'send(INFO_CODE.OTHER);'],
    ['src/kernel/serve.test.ts', 'send(INFO_CODE.NOT_READY);'],
  ]);
  assert.deepEqual(disagreements(page, files, INFO_CODE), [
    'OTHER is sent, and the page does not say when', 'FILTERED is on the page, and nothing sends it', 'FILTERED is not 16',
  ]);
});
