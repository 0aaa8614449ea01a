// Rules: what govaluate's manual says of its types and operators, where we are kinder, and texts that are no rules.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { compileRegexp } from '../kernel/regexp.ts';
import { compileRule } from './index.ts';
import type { Host, Value } from './index.ts';

interface Given {
  readonly [name: string]: string;
}
const given: Given = { type: 'A', name: 'www.example.org.', size: '60', port: '5353', empty: '', 'label/one': 'x', no: 'FALSE',
  yes: 'TRUE' };
let asked = 0;
const host: Host<Given> = {
  variable: (name) => ({ read: (context) => context[name] ?? '', numeric: name === 'size' || name === 'port' }),
  functions: new Map([
    ['atoi', { parameters: 1, result: 'number', call: (_: Given, value: Value) => Number(value) }],
    ['three', { parameters: 0, result: 'number', call: () => 3 }],
    ['dear', {
      parameters: 1, result: 'bool',
      call: () => {
        asked++;
        return true;
      },
    }],
  ]),
  member: (kind, name) => {
    if (name === 'none') throw new Error(`there is no ${kind} none`);
    return (_, value) => value === `in-${kind}-${name}`;
  },
  regexp: compileRegexp,
};
const fits = (source: string) => compileRule(source, host).fits(given);
const complaint = (source: string): string => {
  try {
    return `gives ${String(fits(source))}`;
  } catch (error) {
    return (error as Error).message;
  }
};

test('what is true', () => {
  const wrong = [
    'true', "type IN 'A'", '!false', '1 == 1.0', '0x10 == 16', '.5 + .5 == 1', "type == 'A'", 'type == "A"', "type != 'AAAA'",
    '7 % 4 == 3', '2 ** 3 == 8',
    '2 ** 3 ** 2 == 64', '-2 ** 2 == 4', '1 + 2 * 3 == 7', '(1 + 2) * 3 == 9', '6 & 3 == 2 || true', '(6 & 3) == 2', '(6 | 1) == 7',
    '(6 ^ 3) == 5',
    '1 << 4 == 16', '256 >> 4 == 16', '~0 == -1', '10 / 4 == 2.5', "'a' + 1 == 'a1'", "1 + 'a' == '1a'", "'a' + true == 'atrue'",
    "'b' > 'a'",
    "name =~ 'example'", "name !~ '^example'", "name =~ '\\\\.org\\\\.$'", "type IN ('A', 'AAAA')", "type in ('MX', 'A')",
    "!(type IN ('MX', 'NS'))",
    "3 IN (1, 2, 3)", "'3' IN (1, 2, 3) == false", 'three() == 3', "atoi(size) > 59", "[label/one] == 'x'", "[label/two] == ''",
    "unknown == ''",
    "type == 'A' ? true : false", "type == 'B' ? false : true", "type == 'B' ? 1 : type == 'A' ? 2 : 3", "(false ? 1) ?? 2 == 2 ",
    'yes', '!(no == yes)',
    "true && true || false && false", "true || false && false", "true == (2 > 1)", "'it\\'s' == 'it' + \"'\" + 's'", '1 == 1 == true',
    "'in-list-ads' in list/ads", "'in-set-a.b-c' in [set/a.b-c]", "!('x' in list/ads)", "list == ''", "size IN ('60')", '1 - -1 == 2',
    '3 -1 == 2',
    '!!true', '-(-1) == 1',
  ].filter((source) => complaint(source) !== 'gives true');
  assert.deepEqual(wrong.map((source) => [source, complaint(source)]), []);
});
test('a text that is a date is its time in seconds, in the forms that govaluate knows', () => {
  for (const source of [
    "'2014-01-02T15:04:05Z' == 1388675045", "'2014-01-02T15:04:05+01:00' == 1388671445", "'2014-01-02 15:04:05-07:00' == 1388700245",
    "'2014-01-02' < '2014-01-03'", "'2014-01-02 14:00' < '2014-01-02 14:01'", "'2014-01-02T15:04:05.999Z' == 1388675045",
    "'2014-01-02T15:04Z' == 1388675040", "'2014-01-02T15Z' == 1388674800", "'Thu Jan  2 15:04:05 UTC 2014' == 1388675045",
    "'Thu Jan 12 15:04:05 +0100 2014' == 1389535445", "'2014-02-30' == '2014-' + '02-30'", "'2014-01-0' == '2014-01-' + '0'",
  ]) assert.equal(complaint(source), 'gives true', source);
  assert.match(complaint("'2014-01-02' == '2014-01-02' + ''"), /gives false/);
});
test('sizes are ordered as numbers, beside a number and beside a text of digits; other texts letter by letter', () => {
  for (const source of ['size > 5', 'size > 512 == false', "size > '512' == false", "size < '512'", 'size == 60', 'size != 61',
    'port >= 5353', '59 < size',
    "'60' < '512' == false", "empty < '1'"]) assert.equal(complaint(source), 'gives true', source);
  assert.equal(complaint('type > 5'), "> stands between 'A' and 5, of which one is no number, at: > 5");
});
test('what need not be asked is not', () => {
  asked = 0;
  assert.equal(fits("false && dear('')"), false);
  assert.equal(fits("true || dear('')"), true);
  assert.equal(fits("type == 'A' ? true : dear('')"), true);
  assert.equal(asked, 0);
});
test('what is no rule says where', () => {
  assert.deepEqual([
    '', 'type ==', 'type = 1', '(1', '1)', "'open", '[open', 'nothing()', "atoi()", 'name =~ "("', '!type', '-type', 'type && true',
    '1 + true', '(1, 2)', '()',
    "x in set/none", '1 2', '$', '(1,)', 'true ?', 'three() three()',
  ].map(complaint), [
    'something is missing, at its end: ', 'something is missing, at its end: type ==', "'=' has no meaning here, at: = 1",
    'something is missing, at its end: (1', "')' cannot stand here, at: )", "the quote is not closed, at: 'open",
    'the bracket is not closed, at: [open',
    'there is no function nothing: atoi, three, dear, at: nothing()', 'atoi takes 1 arguments, not 0, at: atoi()',
    'error parsing regexp: missing closing ): `(`, at: "("', '! cannot take a text, at: type', '- cannot take a text, at: type',
    '&& cannot take a text, at: type && true', '+ cannot take a bool, at: true', 'a list is neither true nor false, at: (1, 2)',
    'something is missing, at its end: ()', 'there is no set none, at: set/none', "'2' cannot stand here, at: 2",
    "'$' has no meaning here, at: $", "')' cannot stand here, at: )", 'something is missing, at its end: true ?',
    "'three' cannot stand here, at: three()",
  ]);
});
test('a backslash that a regular expression does not see is told', () => {
  assert.equal(compileRule("name =~ '\\.org'", host).doubts.length, 1);
  assert.equal(compileRule("name =~ '\\\\.org'", host).doubts.length, 0);
});
test('ten thousand names joined by || are one rule, and ten thousand brackets none', () => {
  const many = Array.from({ length: 2000 }, (_, i) => `name == 'n${i}'`).join(' || ');
  assert.equal(fits(`${many} || true`), true);
  for (const source of [`${'('.repeat(10_000)}1${')'.repeat(10_000)}`, `${'!'.repeat(10_000)}true`, `${'1+'.repeat(10_000)}1`,
    `${'true ? '.repeat(9000)}`, '('.repeat(10_000), `${'true ?? '.repeat(7000)}true`, `${'atoi('.repeat(10_000)}`]) {
    assert.match(complaint(source), /nested more than 200 deep/);
  }
  assert.match(complaint(' '.repeat(70_000)), /longer than/);
});
test('any text is a rule or a complaint', () => {
  const piece = fc.constantFrom('(', ')', 'type', "'A'", '==', 'in', '&&', '||', '!', '-', '1', '0x', ',', '?', ':', '??', '[a/b]',
    'list/x', '=~', '+', '\\', "'");
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(piece).map((all) => all.join(' '))), (source) => {
    assert.equal(typeof complaint(source), 'string');
  }), { numRuns: 2000 });
});
