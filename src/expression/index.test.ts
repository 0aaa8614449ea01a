// Expressions as a whole: what a host can count on, whatever the text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { environment } from './environment.test.ts';
import { compile, ExpressionError, Float, isReserved } from './index.ts';

const pieces = [
  '1',
  '2.5',
  '"a"',
  "'b'",
  '`c`',
  'true',
  'nil',
  'name()',
  'size()',
  'any_()',
  'anynil()',
  'n',
  'fl',
  '#',
  '.a',
  '?.a',
  '[1,2]',
  '{a:1}',
  '+',
  '-',
  '*',
  '/',
  '%',
  '**',
  '==',
  '<',
  '>=',
  'and',
  'or',
  'not',
  '!',
  'in',
  'matches',
  'contains',
  '??',
  '..',
  '|',
  '?',
  ':',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ';',
  'let x =',
  'if',
  'else',
  'len(',
  'all(',
  'map(',
  'reduce(',
  'int(',
  'string(',
  'sortBy(',
  '//',
  '/*',
  '\\',
];
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((all) => all.join(' ')),
);

test('any text compiles and runs, or says why not', () => {
  const work = (source: string): void => {
    try {
      compile(source, environment).evaluate(undefined);
    } catch (error) {
      assert.ok(error instanceof ExpressionError, String(error));
    }
  };
  fc.assert(fc.property(texts, work), { numRuns: 3_000 });
});

test('integers are whole and 64 bits wide, floats are not integers', () => {
  const value = (source: string): unknown => compile(source).evaluate(undefined);
  assert.equal(value('40 + 2'), 42);
  assert.equal(value('9007199254740993'), 9007199254740993n);
  assert.equal(value('9007199254740993 - 2'), 9007199254740991);
  assert.deepEqual(value('42.0'), new Float(42));
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 62n), 2n ** 62n), fc.bigInt(-(2n ** 62n), 2n ** 62n), (a, b) => {
      assert.equal(BigInt(value(`${a} + ${b}`) as number), a + b);
      assert.equal(BigInt(value(`${a} * ${b}`) as number), BigInt.asIntN(64, a * b));
    }),
    { numRuns: 100 },
  );
});

test('a variable carries the type of the expression it was made of', () => {
  const type = compile('int("21") * 2', environment).type;
  const environmentOf = { variables: { twice: { type, value: () => 42 } } };
  assert.equal(compile('twice < 100', environmentOf).evaluate(undefined), true);
  assert.throws(() => compile('twice == "42"', environmentOf), /mismatched types int and string/);
});

test('the host gets the context of the run', () => {
  const expression = compile<{ port: number }>('port() > 1024', {
    functions: { port: { parameters: [], result: 'int', call: (context) => context.port } },
  });
  assert.equal(expression.evaluate({ port: 53 }), false);
  assert.equal(expression.evaluate({ port: 5353 }), true);
});

test('a run is bounded', () => {
  const deep = `${'('.repeat(5_000)}1${')'.repeat(5_000)}`;
  assert.throws(() => compile(deep), /nested too deeply/);
  assert.throws(() => compile(`1${' + 1'.repeat(6_000)}`), ExpressionError);
  const value = (source: string): unknown => compile(source).evaluate(undefined);
  assert.throws(() => value('1..1000000'), /memory budget exceeded/);
  assert.throws(() => value('repeat("a", 2000000)'), /memory budget exceeded/);
  assert.throws(() => value('all(1..9999, all(1..9999, # > 0))'), /step budget exceeded|memory budget exceeded/);
  const doubled = Array.from({ length: 30 }, (_, index) => `let a${index + 1} = a${index} + a${index};`).join(' ');
  assert.throws(() => value(`let a0 = 'abcdefgh'; ${doubled} len(a30)`), /memory budget exceeded/);
  assert.equal(value(`1${' + 1'.repeat(900)}`), 901);
});

test('time', () => {
  const value = (source: string): unknown => compile(source, environment).evaluate(undefined);
  assert.equal(value('now().Hour()'), 22);
  assert.equal(value('now() - date("2023-11-14") > duration("22h13m")'), true);
  assert.equal(value('string(now())'), '2023-11-14 22:13:20 +0000 UTC');
});

test('reserved names', () => {
  for (const name of ['len', 'all', 'true', 'not', 'let', 'matches', 'now']) assert.ok(isReserved(name), name);
  for (const name of ['lens', 'name', 'x', 'True']) assert.ok(!isReserved(name), name);
});
