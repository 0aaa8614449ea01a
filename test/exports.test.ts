// The names that the package promises to plugins and tools, one list an entry. A name that is added or taken away is seen
// here first. Knows names, nothing of what they mean.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { read, root } from './gates/checkout.ts';

/** The values that each entry exports. A list that is not written yet is undefined. */
const promised: Readonly<Record<string, readonly string[] | undefined>> = {
  'src/index.ts': undefined,
  'src/testing/index.ts': undefined,
  'src/dns/index.ts': undefined,
};

/** Names that are there and not promised, or promised and not there. */
const differences = (names: readonly string[], list: readonly string[]) => [
  ...names.filter((name) => !list.includes(name)).map((name) => `${name} is exported, and is not promised`),
  ...list.filter((name) => !names.includes(name)).map((name) => `${name} is promised, and is not exported`),
];

for (const [entry, list] of Object.entries(promised)) {
  const file = path.join(root, entry);
  test(`${entry} exports what it promises`, { skip: existsSync(file) ? false : 'not there yet' }, async (t) => {
    const names = Object.keys(await import(pathToFileURL(file).href) as object).sort();
    if (list === undefined) return t.diagnostic(`no list yet; it would be: ${names.join(' ')}`);
    assert.deepEqual(differences(names, list), []);
  });
}

test('every entry that package.json names is one that is looked at', () => {
  const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, { types?: string }> };
  const declared = Object.values(exports).flatMap(({ types }) => types ?? []);
  const entries = declared.map((file) => file.replace('./dist/types/', 'src/').replace('.d.ts', '.ts'));
  assert.deepEqual(entries.sort(), Object.keys(promised).sort());
});

test('complains about a name too many and one too few', () => {
  assert.deepEqual(differences(['App', 'spare'], ['App', 'Name']),
    ['spare is exported, and is not promised', 'Name is promised, and is not exported']);
});
