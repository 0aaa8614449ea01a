// This folder holds the conversations as they were handed over: where their source lies beside the checkout, nothing
// differs from it but what is ours. Knows files, nothing of what they say.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = path.join(here, '..', '..', '..', 'shared', 'conformance');

/** Files that only the copy has. */
const ours = /^(deviations\.json|cases\.json|[\w-]+\.test\.ts)$/;

const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => statSync(path.join(folder, file)).isFile() && !ours.test(file)).sort();

/** The paths whose bytes differ, or that one side alone has. */
function differing(one: string, other: string): string[] {
  const paths = [...new Set([...filesIn(one), ...filesIn(other)])];
  return paths.filter((file) => {
    const sides = [one, other].map((folder) => path.join(folder, file));
    return sides.some((at) => !existsSync(at)) || Buffer.compare(readFileSync(sides[0] ?? ''), readFileSync(sides[1] ?? '')) !== 0;
  });
}

test('is what was handed over', { skip: existsSync(source) ? false : 'its source is not beside this checkout' }, () => {
  assert.deepEqual(differing(source, here), []);
});

test('sees a file that differs', () => {
  const [first, second] = ['whoami', 'any-minimal'].map((name) => path.join(here, 'cases', name));
  assert.notDeepEqual(differing(first ?? '', second ?? ''), []);
  assert.deepEqual(differing(first ?? '', first ?? ''), []);
});
