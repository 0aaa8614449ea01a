// Corefile text to blocks: keys, quotes, comments, snippets, imports, limits, and the texts of all errors.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import type { Directive } from './directive.ts';
import { CorefileError } from './error.ts';
import { expandGlob } from './glob.ts';
import { linesByWord, parseCorefile } from './parse.ts';
import type { Files, Parsed } from './parse.ts';

const KNOWN = new Set(['whoami', 'errors', 'log', 'cache', 'template', 'forward']);
const ENVIRONMENT: Readonly<Record<string, string>> = {
  ZONE: 'zone.test',
  TWO: 'two words',
  PLUGIN: 'whoami',
  LOOP: '{$LOOP}',
  PERCENT: '{$ZONE}',
  FILE: 'body.inc',
  BRACE: '{',
  'A B': 'spaced',
};

/** Files that exist only here; folders are what their paths say. */
function disk(texts: Readonly<Record<string, string>>): Files {
  const names = Object.keys(texts);
  return {
    absolute: (path) => (path.startsWith('/') ? path : `/etc/${path}`),
    read: (path) => {
      const text = texts[path];
      if (text === undefined) throw new Error('is a directory');
      return text;
    },
    glob: (pattern) =>
      expandGlob(pattern, {
        list: (folder) => [
          ...new Set(
            names.filter((name) => name.startsWith(`${folder}/`)).map((name) => name.slice(folder.length + 1).split('/')[0] as string),
          ),
        ],
        exists: (path) => names.some((name) => name === path || name.startsWith(`${path}/`)),
      }),
  };
}

function parse(
  text: string,
  texts: Readonly<Record<string, string>> = {},
  more: { problems?: CorefileError[]; warn?: (text: string) => void } = {},
): Parsed {
  return parseCorefile(text, {
    file: 'Corefile',
    environment: (name) => ENVIRONMENT[name],
    files: disk(texts),
    knownWords: KNOWN,
    ...more,
  });
}

function shown(line: Directive): string {
  const body = line.body === undefined ? '' : ` { ${line.body.map(shown).join('; ')} }`;
  return [line.word, ...line.args].join(' ') + body;
}

function show(parsed: Parsed): string[] {
  return parsed.blocks.map((block) => `${block.keys.map((key) => key.text).join(' ')} | ${block.directives.map(shown).join(' | ')}`);
}

function refusal(text: string, texts: Readonly<Record<string, string>> = {}): string {
  try {
    parse(text, texts);
  } catch (error) {
    assert.ok(error instanceof CorefileError, String(error));
    return error.message;
  }
  return assert.fail(`accepted: ${text}`);
}

test('blocks, keys and lines', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['PARSE-1 mark and returns', '\ufeff.:53 {\r\n whoami\r\n}\r\n', ['.:53 | whoami']],
    ['PARSE-1 other spaces', 'a\u00a0b\u2003c {\u0085whoami\n}', ['a b c | whoami']],
    ['PARSE-2 comment in a word', '. {\n whoami#c\n#}\n}', ['. | whoami']],
    ['PARSE-2 a space ends such a comment', '. {\n log#c more\n}', ['. | log more']],
    ['PARSE-3 quotes', '"a b" {\n log "x \\" y" \\z "\\n" a"b "c"d\n}', ['a b | log x " y \\z \\n a"b c d']],
    ['PARSE-3 open quote', '. {\n log\n}\nb "', ['. | log', 'b | ']],
    ['PARSE-4 commas', 'a, b,\nc {\n}', ['a b c | ']],
    ['PARSE-4 no braces', 'a b\nlog\nwhoami', ['a b | log | whoami']],
    ['PARSE-4 keys alone', 'a b', ['a b | ']],
    ['PARSE-4 brace on the next line', 'a\n{\n log\n}', ['a | log']],
    ['PARSE-4 no keys', '{\n log\n}\nb {\n}', ['b | ']],
    ['PARSE-5 sub-blocks', '. {\n log a {\n class error\n x { y\n }\n }\n whoami\n}', ['. | log a { class error; x { y } } | whoami']],
    [
      'PARSE-9 environment',
      '{$ZONE} a.{%ZONE%} {\n {$PLUGIN}\n log {$TWO}x "{$A B}" {$NONE} {$} {$X\n}',
      ['zone.test a.zone.test | whoami | log two wordsx spaced  {$} {$X'],
    ],
    ['PARSE-9 percent first', '{%PERCENT%} {\n}', ['zone.test | ']],
    ['PARSE-9 a brace from outside', '. {\n log {$BRACE}\n cache\n}', ['. | log {  } | cache']],
    ['PARSE-15 on one line', '. {\n log { class error }\n}', ['. | log { class error } }']],
    ['PARSE-16 newline in quotes', '. {\n log "a\nb" c\n cache\n}', ['. | log a\nb c | cache']],
    ['a brace too many is a key', '. {\n log\n}\n}\n', ['. | log', '} | ']],
    ['words behind a closing brace', '. {\n log {\n } cache\n}', ['. | log {  } | cache']],
    ['a brace on a line of its own', '. {\n whoami\n {\n }\n}', ['. | whoami | { | }']],
    ['a closing brace too few behind a sub-block', '. {\n log {\n }\n', ['. | log {  }']],
    ['nothing', ' # only this', []],
  ];
  for (const [name, text, expected] of cases) assert.deepEqual(show(parse(text)), expected, name);
});

test('imports: snippets, files and globs', () => {
  const texts = {
    '/etc/body.inc': 'log\ncache { \n success 1\n}',
    '/etc/d/a.conf': 'a.test {\n import ../body.inc\n}',
    '/etc/d/.b.conf': 'b.test {\n}\n',
    '/etc/d/c.other': 'nonsense',
    '/etc/props.inc': 'class error\nclass denial',
    '/etc/keys.inc': 'k.test l.test',
  };
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['PARSE-10', '(s) {\n log\n whoami\n}\n. {\n import s\n}', ['. | log | whoami']],
    ['PARSE-10 in each other', '(s) {\n log\n}\n(t) {\n import s\n cache\n}\n. {\n import t\n}', ['. | log | cache']],
    ['PARSE-10 unused', '(s) {\n nonsense\n}\n. {\n}', ['. | ']],
    ['PARSE-11 file', '. {\n import body.inc # why\n}', ['. | log | cache { success 1 }']],
    ['PARSE-11 glob with hidden files', 'import d/*.conf\n. {\n}', ['b.test | ', 'a.test | log | cache { success 1 }', '. | ']],
    ['PARSE-11 environment', '. {\n import {$FILE}\n}', ['. | log | cache { success 1 }']],
    ['PARSE-12 sub-block', '. {\n log {\n import props.inc\n }\n}', ['. | log { class error; class denial }']],
    ['not at the start of a line', '. {\n log import body.inc\n}', ['. | log import body.inc']],
    ['keys', 'import keys.inc\n{\n log\n}', ['k.test l.test | log']],
  ];
  for (const [name, text, expected] of cases) assert.deepEqual(show(parse(text, texts)), expected, name);
  assert.deepEqual(parse('import d/*.conf', texts).imported, ['/etc/d/.b.conf', '/etc/d/a.conf', '/etc/body.inc']);
});

test('a glob without files only warns (PARSE-11)', () => {
  const warnings: string[] = [];
  assert.deepEqual(show(parse('import nothing*\n. {\n}', {}, { warn: (text) => warnings.push(text) })), ['. | ']);
  assert.deepEqual(warnings, ['No files matching import glob pattern: nothing*']);
});

const ARGUMENTS = 'Wrong argument count or unexpected line ending after';

test('errors are said as CoreDNS says them', () => {
  const texts = { '/etc/bad.inc': 'log\n\nnonsense', '/etc/self.inc': 'import self.inc\n', '/etc/d/x': '' };
  const parsing = (line: number, text: string): string => `Corefile:${line} - Error during parsing: ${text}`;
  const cases: readonly (readonly [string, string])[] = [
    ['. {\n nonsense\n}', parsing(2, "Unknown directive 'nonsense'")],
    ['. {\n WHOAMI\n}', parsing(2, "Unknown directive 'WHOAMI'")],
    ['. {\n {$NONE}\n}', parsing(2, "Unknown directive ''")],
    ['{\n nonsense\n}', parsing(2, "Unknown directive 'nonsense'")],
    ['. {\n whoami', "Corefile:2 - Syntax error: Unexpected token 'whoami', expecting '}'"],
    ['. {\n whoami {', parsing(2, 'Unexpected EOF')],
    ['. {\n whoami }\n}', parsing(2, "Unexpected '}' because no matching opening brace")],
    ['. { whoami }', parsing(1, "Unexpected '}' because no matching opening brace")],
    ['.,', parsing(1, 'Unexpected EOF')],
    ['., {\n}', parsing(1, "Expected another address but had '{' - check for extra comma")],
    ['(a)\nwhoami', "Corefile:2 - Syntax error: Unexpected token 'whoami', expecting '{'"],
    ['(a) {\nwhoami', "Corefile:2 - Syntax error: Unexpected token 'whoami', expecting '}'"],
    ['(a) {\n}\n(a) {\n}', parsing(3, 'redeclaration of previously declared snippet a')],
    ['(a) {\n import a\n}', parsing(3, 'maximum snippet import depth (10000) exceeded')],
    ['(a) {\n import b\n}\n(b) {\n import a\n}\n. {\n import a\n}', parsing(5, 'maximum snippet import depth (10000) exceeded')],
    ['. {\n import self.inc\n}', '/etc/self.inc:1 - Error during parsing: maximum file import depth (10000) exceeded'],
    ['. {\n import bad.inc\n}', "/etc/bad.inc:3 - Error during parsing: Unknown directive 'nonsense'"],
    ['. {\n import\n}', parsing(2, `${ARGUMENTS} 'import'`)],
    ['. {\n import ""\n}', parsing(2, 'Import requires a non-empty filepath')],
    ['. {\n import a b\n}', parsing(2, 'Import takes only one argument (glob pattern or file)')],
    ['. {\n import gone\n}', parsing(2, 'File to import not found: gone')],
    ['. {\n import d\n}', parsing(2, 'Could not import /etc/d: is a directory')],
    ['. {\n import */*\n}', parsing(2, 'Glob pattern may only contain one wildcard (*), but has others: /etc/*/*')],
    ['. {\n import ./x/../[ab]\n}', parsing(2, 'Glob pattern may only contain one wildcard (*), but has others: /etc/[ab]')],
    ['. {\n import [a\n}', parsing(2, 'Failed to use import pattern [a: syntax error in pattern')],
    ['{$LOOP} {\n}', parsing(1, "environment variable 'LOOP' refers to itself")],
  ];
  for (const [text, expected] of cases) assert.equal(refusal(text, texts), expected, text);
});

test('an unknown directive comes with what was probably meant', () => {
  assert.throws(() => parse('. {\n  foward\n}'), {
    hint: "did you mean 'forward'?",
    line: 2,
    column: 3,
    reason: "Unknown directive 'foward'",
  });
});

test('all problems are collected when asked for', () => {
  const problems: CorefileError[] = [];
  const text =
    '(a) {\n}\n(a) {\n}\nx {\n nope 1 {\n deep\n }\n log\n import gone\n cache }\n}\ny {\n import a b\n whoami\n also\n}\nz {\n errors';
  const parsed = parse(text, {}, { problems });
  assert.deepEqual(show(parsed), ['x | log | cache', 'y | whoami', 'z | errors']);
  assert.deepEqual(
    problems.map(({ line, reason }) => `${line} ${reason}`),
    [
      '3 redeclaration of previously declared snippet a',
      "6 Unknown directive 'nope'",
      '10 File to import not found: gone',
      "11 Unexpected '}' because no matching opening brace",
      '14 Import takes only one argument (glob pattern or file)',
      "16 Unknown directive 'also'",
      "19 Unexpected token 'errors', expecting '}'",
    ],
  );
});

test('all lines of a word come together (PARSE-8)', () => {
  const [block] = parse('. {\n log a\n cache\n log b {\n } c\n}').blocks;
  assert.ok(block !== undefined);
  const words = [...linesByWord(block)].map(([word, lines]) => `${word}: ${lines.map(shown).join(' | ')}`);
  assert.deepEqual(words, ['log: log a | log b {  } | c', 'cache: cache']);
});

const pieces = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom(
          '{',
          '}',
          '\n',
          '\n',
          ' ',
          '"',
          '\\',
          '#',
          ',',
          'import',
          'log',
          'whoami',
          '(a)',
          'a',
          '{$ZONE}',
          '{$LOOP}',
          '{%',
          '%}',
        ),
      },
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          ' { \n',
          '\n}\n',
          '\nimport a\n',
          '\nimport x.inc\n',
          '\nimport *.inc\n',
          '(a) {\n',
          '. {\n',
          '\r\n',
          '\u00a0',
        ),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 6, unit: 'binary' }) },
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('any text is read or refused with a CorefileError, and soon', () => {
  fc.assert(
    fc.property(pieces, pieces, (text, imported) => {
      // No loops here: each runs into its limit, which takes a while; the table above has them.
      const texts = { '/etc/x.inc': imported.replaceAll(/[*]|[.]inc/g, '') };
      const problems: CorefileError[] = [];
      try {
        parse(text, texts);
      } catch (error) {
        assert.ok(error instanceof CorefileError, String(error));
        parse(text, texts, { problems });
        assert.equal(problems[0]?.message, error.message);
      }
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 5000 },
  );
});
