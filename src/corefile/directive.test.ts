// Reading a line argument by argument, and the errors that come of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Directive } from './directive.ts';
import { pluginError } from './error.ts';
import { parseCorefile } from './parse.ts';

/** The first line of a block. */
function line(text: string): Directive {
  const files = { absolute: (path: string): string => path, read: (): string => '', glob: (): string[] => [] };
  const { blocks } = parseCorefile(`. {\n${text}\n}`, { file: 'Corefile', environment: () => undefined, files });
  return blocks[0]?.directives[0] ?? assert.fail('no line');
}

const PLACE = 'Corefile:2 - Error during parsing:';
const WRONG = `${PLACE} Wrong argument count or unexpected line ending after`;

test('arguments are taken in order', () => {
  const log = line('log a b c');
  assert.equal(log.arg(), 'a');
  assert.equal(log.more, true);
  assert.deepEqual(log.rest(), ['b', 'c']);
  assert.equal(log.more, false);
  log.end();
  log.bare();
  assert.deepEqual(
    log.argsAt.map(({ column }) => column),
    [5, 7, 9],
  );
});

test('an argument too many or too few is named by the word read last (PARSE-7)', () => {
  assert.throws(() => line('file').arg(), { message: `${WRONG} 'file'` });
  assert.throws(() => line('debug on off').end(), { message: `${WRONG} 'on'` });
  assert.throws(() => line('whoami {\n}').bare(), { message: `${PLACE} Unexpected token '{', expecting argument` });
  const reload = line('reload 10s 5s 1s');
  reload.rest();
  assert.throws(() => reload.wrongArgs(), { message: `${WRONG} '1s'` });
});

test('integers and durations', () => {
  assert.equal(line('x -5').integer('n'), -5);
  assert.equal(line('x +5').integer('n', { min: 1, max: 5 }), 5);
  assert.throws(() => line('x 6').integer('ttl', { min: 0, max: 5 }), { message: `${PLACE} ttl must be in range [0, 5]: 6` });
  assert.throws(() => line('x 0').integer('n', { min: 1 }), { message: `${PLACE} n must be a positive integer: 0` });
  assert.throws(() => line('x -1').integer('n', { min: 0 }), { message: `${PLACE} n must be a non-negative integer: -1` });
  assert.throws(() => line('x y').integer('n'), { message: 'strconv.Atoi: parsing "y": invalid syntax', hint: 'n is a whole number' });
  assert.throws(() => line('x y').integer('n', { message: (text) => `no ${text}` }), { message: `${PLACE} no y` });
  assert.throws(() => line('x 9223372036854775808').integer('n'), { message: /value out of range$/ });
  assert.equal(line('x 1m30s').seconds('n'), 90);
  assert.throws(() => line('x often').seconds('interval'), { message: 'time: invalid duration "often"', line: 2, hint: /^interval is/ });
});

/** Which properties are read, with one argument each for `a`. */
function read(text: string): string[] {
  const seen: string[] = [];
  line(text).properties({ a: (each) => void seen.push(`a ${each.arg()}`), b: (each) => void seen.push(`b ${each.rest().join(' ')}`) });
  return seen;
}

test('properties go to their readers', () => {
  assert.deepEqual(read('x {\n a 1\n b 2 3\n}'), ['a 1', 'b 2 3']);
  assert.deepEqual(read('x'), []);
  assert.deepEqual(read('x { a 1 }'), ['a 1']);
  assert.deepEqual(read('x { b 1 }'), ['b 1 }']);
  assert.deepEqual(read('x {\n a 1 b 2\n}'), ['a 1', 'b 2']);
});

test('an unknown property is refused, and so is what a reader leaves', () => {
  const at = (number: number, text: string): string => `Corefile:${number} - Error during parsing: unknown property '${text}'`;
  assert.throws(() => read('x {\n c\n}'), { message: at(3, 'c') });
  assert.throws(() => read('x {\n a 1 4\n}'), { message: at(3, '4') });
  assert.throws(() => read('x {\n a 1 {\n y\n }\n}'), { message: at(3, '{') });
  assert.throws(() => read('x {\n constructor\n}'), { message: at(3, 'constructor') });
  assert.throws(() => line('x {\n max_fals 1\n}').properties({ max_fails: () => {} }), { hint: "did you mean 'max_fails'?" });
  assert.throws(() => line('x {\n c\n}').properties({}, (each) => each.unexpected(`Unknown field ${each.word}`)), {
    message: "Corefile:3 - Syntax error: Unexpected token 'c', expecting 'Unknown field c'",
  });
});

test('after the block an error is at its closing brace, within it at the property', () => {
  const secondary = line('secondary {\n a\n\n}');
  assert.throws(() => secondary.properties({ a: () => secondary.fail('no') }), { line: 3 });
  secondary.properties({ a: () => {} });
  assert.throws(() => secondary.fail('no'), { line: 5 });
});

test('a closing brace among the arguments comes with advice (PARSE-15)', () => {
  const property = line('log { class error }').body?.[0] ?? assert.fail();
  assert.throws(() => property.refuse('invalid Class: }'), { message: 'invalid Class: }', hint: "put '}' on a line of its own" });
});

test('a plugin puts its name before an error (PARSE-7)', () => {
  assert.throws(
    () => {
      try {
        line('any x').end();
      } catch (error) {
        throw pluginError('any', error);
      }
    },
    {
      name: 'CorefileError',
      message: `plugin/any: ${WRONG} 'x'`,
      reason: "plugin/any: Wrong argument count or unexpected line ending after 'x'",
      file: 'Corefile',
      line: 2,
      column: 5,
    },
  );
  assert.equal(pluginError('any', new Error('no')).message, 'plugin/any: no');
  assert.equal((pluginError('any', new Error('no'), line('x').at) as { line?: number }).line, 2);
});
