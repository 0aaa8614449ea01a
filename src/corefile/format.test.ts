// The one style of a Corefile, and that it never changes what a Corefile means.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { formatCorefile } from './format.ts';
import { lex } from './lex.ts';
import { CorefileError } from './error.ts';
import { parseCorefile } from './parse.ts';

test('space is put in order; words, comments and lines stay', () => {
  const text =
    '# top\r\n\n\n.:53   example.org,\nb.test {\n\n\tlog   {\n class error   # why  \n\n\n# own\n\t}\n\n}\n(s) {\n"a  b" {$X}#glued\n}\n';
  assert.equal(
    formatCorefile(text),
    [
      '# top',
      '',
      '.:53 example.org,',
      'b.test {',
      '    log {',
      '        class error # why',
      '',
      '        # own',
      '    }',
      '}',
      '',
      '(s) {',
      '    "a  b" {$X}#glued',
      '}',
      '',
    ].join('\n'),
  );
  assert.equal(formatCorefile(' \n\n'), '');
  assert.equal(formatCorefile('a\nlog "x\ny"  z\n   whoami'), 'a\nlog "x\ny" z\nwhoami\n');
});

const texts = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '\n',
      '\n\n\n',
      ' ',
      '\t',
      '"',
      '\\',
      '#',
      '# c\n',
      ',',
      'import a\n',
      'log',
      ' { \n',
      '\n}\n',
      '(a) {\n',
      '. {\n',
      '\r',
      '\ufeff',
      '{$X}',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** What a text means, with lines numbered by which words share one. */
function meaning(text: string): unknown {
  const files = { absolute: (path: string): string => `/${path}`, read: (): string => '', glob: (): string[] => [] };
  try {
    const { blocks } = parseCorefile(text, { file: 'x', environment: (name) => name, files });
    return JSON.stringify(blocks, (key, value) => (['line', 'column', 'raw', 'at', 'argsAt'].includes(key) ? undefined : value));
  } catch (error) {
    assert.ok(error instanceof CorefileError);
    return error.reason;
  }
}

test('the result has the same words and comments, means the same, and stays as it is', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const once = formatCorefile(text);
      assert.equal(formatCorefile(once), once);
      const [before, after] = [lex(text, 'x'), lex(once, 'x')];
      assert.deepEqual(
        after.words.map((word) => word.text),
        before.words.map((word) => word.text),
      );
      assert.deepEqual(
        after.comments.map(({ raw }) => raw),
        before.comments.map(({ raw }) => raw),
      );
      assert.equal(meaning(once), meaning(text));
    }),
    { numRuns: 2000 },
  );
});
