// Which known word a misspelt one was meant to be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearestWord } from './suggest.ts';

test('the nearest word, if one is near', () => {
  const known = ['forward', 'file', 'cache', 'log', 'loop', 'whoami'];
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['foward', 'forward'],
    ['WHOAMI', 'whoami'],
    ['cahce', 'cache'],
    ['fiel', 'file'],
    ['lop', 'log'],
    ['kubernetes', undefined],
    ['', undefined],
    ['x', undefined],
  ];
  for (const [word, expected] of cases) assert.equal(nearestWord(word, known), expected, word);
  assert.equal(nearestWord('a'.repeat(10_000), known), undefined);
});

test('steps between words: insert, drop, replace, swap', () => {
  assert.deepEqual(
    [
      ['', 'ab'],
      ['ab', 'b'],
      ['ab', 'ac'],
      ['ab', 'ba'],
      ['kitten', 'sitting'],
    ].map(([a = '', b = '']) => editDistance(a, b)),
    [2, 1, 1, 1, 3],
  );
});
