// ARCHITECTURE.md draws the folders that are there, and no other. Knows nothing of what they hold.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { read, root } from './gates/checkout.ts';
import { disagreements, drawn, layersAllowed } from './gates/document.ts';
import { table, typesOnly } from './gates/layers.ts';

const hidden = new Set(['node_modules', 'dist', 'build']);
const foldersIn = (folder: string) => readdirSync(path.join(root, folder), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !hidden.has(entry.name) && (!entry.name.startsWith('.') || entry.name === '.ci'))
  .map((entry) => (folder === '' ? entry.name : `${folder}/${entry.name}`));

test('the page and the folders agree', () => {
  const folders = [
    ...foldersIn(''), ...['bench', 'src', 'test', 'native'].flatMap(foldersIn), ...foldersIn('src/plugins'), ...foldersIn('src/kernel'),
  ];
  const top = drawn(read('ARCHITECTURE.md'));
  assert.notEqual(top.length, 0);
  assert.deepEqual(disagreements(top, folders), []);
});

test('the page and the rules say the same about imports', () => {
  const rows = layersAllowed(read('ARCHITECTURE.md'));
  assert.ok(rows.size >= 10);
  for (const [layer, { values, types }] of rows) {
    const allowed = table[layer];
    assert.deepEqual(values, allowed === 'everything' ? ['everything'] : allowed, layer);
    assert.deepEqual(types.map((other) => `${layer} -> ${other}`), [...typesOnly].filter((pair) => pair.startsWith(`${layer} -> `)), layer);
  }
  assert.deepEqual(layersAllowed('| `a`, `b` | words | nothing |\n| `c` | words | dns, kernel; types of store |\n'), new Map([
    ['a', { values: [], types: [] }], ['b', { values: [], types: [] }], ['c', { values: ['dns', 'kernel'], types: ['store'] }],
  ]));
});

test('complains about a folder that is gone and one that is not drawn', () => {
  const page = 'Words.\n\n```\nsrc/\n  dns/        bytes\n  plugins/\n    <word>/   one plugin\nbench/  speed\n```\n';
  assert.deepEqual(drawn(page), ['src', 'src/dns', 'src/plugins', 'src/plugins/<word>', 'bench']);
  assert.deepEqual(disagreements(drawn(page), ['src', 'src/dns', 'src/plugins', 'src/plugins/any', 'bench']), []);
  assert.deepEqual(disagreements(drawn(page), ['src', 'src/plugins', 'src/plugins/any', 'bench', 'docs']),
    ['src/dns/ is drawn, and is not there', 'docs/ is there, and is not drawn']);
});
