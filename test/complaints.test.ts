// docs/complaints.md names tests that are there, and each complaint once. Knows nothing of what they test.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { read, root } from './gates/checkout.ts';

/** What is wrong with a row: a file that is not there, a name that its file does not have. */
function wrong(row: string): string[] {
  const complaints: string[] = [];
  let text = '';
  for (const [, file, name] of row.matchAll(/`((?:src|test)\/[^`]+\.(?:ts|scenario))`|"([^"]+)"/g)) {
    if (file !== undefined) {
      const isThere = existsSync(path.join(root, file));
      if (!isThere) complaints.push(`${file} is not there`);
      text = isThere ? read(file) : '';
    } else if (text !== '' && !text.includes(name!)) complaints.push(`no test is named "${name}"`);
  }
  return complaints;
}

test('the page names tests that are there, and each complaint once', () => {
  const rows = read('docs/complaints.md').split('\n').filter((line) => /^\| (?!reference|-)/.test(line));
  assert.ok(rows.length > 50);
  assert.deepEqual(rows.flatMap(wrong), []);
  const references = rows.map((row) => row.split(' | ')[0]!);
  assert.equal(new Set(references).size, references.length);
});

test('complains about a file and a name that are not there', () => {
  assert.deepEqual(wrong('| x #1 | bad | `test/nowhere.test.ts`, "any" |'), ['test/nowhere.test.ts is not there']);
  const row = '| x #1 | bad | `test/architecture.test.ts`, "imports go inward only", "no such thing" |';
  assert.deepEqual(wrong(row), ['no test is named "no such thing"']);
});
