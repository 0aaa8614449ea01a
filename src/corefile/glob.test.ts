// Paths of imports and what their wildcards match (PARSE-11).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandGlob, folderOf, joinPath } from './glob.ts';

test('paths are joined and cleaned', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['/etc', 'a', '/etc/a'],
    ['/etc/d', '../a', '/etc/a'],
    ['/', '../../a', '/a'],
    ['/etc', '/x//y/./z/', '/x/y/z'],
    ['.', '../a', '../a'],
    ['.', '.', '.'],
  ];
  for (const [folder, path, expected] of cases) assert.equal(joinPath(folder, path), expected);
  assert.deepEqual(['/a/b', '/a', 'a'].map(folderOf), ['/a', '/', '.']);
});

test('wildcards stay within a folder and match hidden files', () => {
  const folders: Readonly<Record<string, readonly string[]>> = {
    '/': ['e'],
    '/e': ['b.d', 'a.d', '.h.d', 'x+y', 'u\n', '*'],
    '/e/a.d': ['z'],
    '/e/b.d': ['z', 'zz'],
  };
  const tree = { list: (folder: string): readonly string[] => folders[folder] ?? [], exists: (path: string): boolean => path === '/e/a.d' };
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['/e/a.d', ['/e/a.d']],
    ['/e/none', []],
    ['/e/*.d', ['/e/.h.d', '/e/a.d', '/e/b.d']],
    ['/e/?.d', ['/e/a.d', '/e/b.d']],
    ['/e/x+?', ['/e/x+y']],
    ['/e/*.d/z', ['/e/a.d/z', '/e/b.d/z']],
    ['/?', ['/e']],
    ['/e/u?', ['/e/u\n']],
    ['/e/\\*', ['/e/*']],
    ['/e/.d*', []],
  ];
  for (const [pattern, expected] of cases) assert.deepEqual(expandGlob(pattern, tree), expected, pattern);
  for (const pattern of ['/e/[a', '/e/a\\']) assert.throws(() => expandGlob(pattern, tree), { message: 'syntax error in pattern' });
});
