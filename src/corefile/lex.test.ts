// Words, quotes, comments and their places.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { lex } from './lex.ts';

test('words know their place, also behind a quoted newline (PARSE-16)', () => {
  const { words, comments } = lex('\ufeffa "b\nc" d # e \n  f', 'x');
  assert.deepEqual(
    words.map(({ text, line, column }) => [text, line, column]),
    [
      ['a', 1, 1],
      ['b\nc', 1, 3],
      ['d', 2, 4],
      ['f', 3, 3],
    ],
  );
  assert.deepEqual(comments, [{ raw: '# e', file: 'x', line: 2, column: 6 }]);
});

test('raw keeps what was written, text what was meant (PARSE-2, PARSE-3)', () => {
  const { words } = lex('"a \\" \\\\ \\n" b#c\rd "" "open\\', 'x');
  assert.deepEqual(
    words.map(({ text, raw, quoted }) => [text, raw, quoted]),
    [
      ['a " \\\\ \\n', '"a \\" \\\\ \\n"', true],
      ['b', 'b#cd', false],
      ['', '""', true],
      ['open', '"open"', true],
    ],
  );
});

const texts = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '#', '\n', '\r', '{', '\u00a0', '\ufeff'), maxLength: 30 });

test('what was written leads to the same words again', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const { words } = lex(text, 'x');
      const again = lex(`- ${words.map(({ raw }) => raw).join(' ')}`, 'x').words.slice(1);
      assert.deepEqual(
        again.map((word) => word.text),
        words.map((word) => word.text),
      );
    }),
    { numRuns: 2000 },
  );
});
