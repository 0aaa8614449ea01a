// Label selectors: what is read, how it is written for the API, which labels it means, and what is refused with which words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { Selector, SelectorError } from './selector.ts';

const NAME = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const KEY = `${NAME} (e.g. 'MyName',  or 'my.name',  or '123-abc', `
  + "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE = `a valid label must be an empty string or ${NAME.slice(5)} (e.g. 'MyValue',  or 'my_value',  or '12345', `
  + "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const PREFIX = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
  + "and must start and end with an alphanumeric character (e.g. 'example.com', "
  + "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

test('the canonical text is the one that client-go sends', () => {
  const texts: { readonly [text: string]: string } = {
    '': '', ' ': '', a: 'a', '!a': '!a', 'a=b': 'a=b', 'a == b': 'a=b', 'a=': 'a=', 'a=,b': 'a=,b', 'a in (b)': 'a in (b)',
    'b,a': 'a,b', 'a in (c,b,c)': 'a in (b,c)', 'a in (b,,a),!c,z=1': 'a in (,a,b),!c,z=1', 'a notin ()': 'a notin ()',
    'a in (,)': 'a in ()', 'a in (b,)': 'a in (,b)', 'in in (in,notin)': 'in in (in,notin)', notin: 'notin', 'a=in': 'a=in',
    'a=b,a=c': 'a=c', 'a,a=b': 'a=b,a', '!a,a': '!a,a', 'x.io/y=z': 'x.io/y=z', 'Z=1,a=2': 'Z=1,a=2',
    'app=a, tier in (b, c), !old,\te': 'app=a,e,!old,tier in (b,c)',
  };
  for (const [text, canonical] of Object.entries(texts)) assert.equal(Selector.parse(text).text, canonical, text);
});

test('what is meant', () => {
  const meant = (text: string, labels: { [key: string]: string }) => Selector.parse(text).matches(labels);
  assert.ok(meant('', {}));
  assert.ok(meant('a', { a: '' }) && !meant('a', {}));
  assert.ok(meant('!a', {}) && !meant('!a', { a: 'x' }));
  assert.ok(meant('a=', { a: '' }) && !meant('a=', {}) && !meant('a=', { a: 'x' }));
  assert.ok(meant('a in (x,y)', { a: 'y' }) && !meant('a in (x,y)', { a: 'z' }) && !meant('a in (x,y)', {}));
  assert.ok(meant('a notin (x)', {}) && meant('a notin (x)', { a: 'y' }) && !meant('a notin (x)', { a: 'x' }));
  assert.ok(meant('a=x,b', { a: 'x', b: '' }) && !meant('a=x,b', { a: 'x' }));
  assert.ok(!meant('toString', {}), 'what every object inherits is no label');
});

test('errors have the words of CoreDNS', () => {
  const parsing: { readonly [text: string]: string } = {
    '=a': "found '=', expected: !, identifier, or 'end of string'",
    'a,': "found '', expected: identifier after ','",
    'a,,b': "found ',', expected: identifier after ','",
    '!a=b': "found '=', expected: ',' or 'end of string'",
    'a=b c': "found 'c', expected: ',' or 'end of string'",
  };
  const requirement: { readonly [text: string]: string } = {
    '!': "found '', expected: identifier",
    'a b': "found 'b', expected: in, notin, =, ==, !=, gt, lt",
    'a gt 5': "found 'gt', expected: in, notin, =, ==, !=, gt, lt",
    'a===b': "found '=', expected: identifier",
    'a=(b)': "found '(', expected: identifier",
    'a in b': "found 'b' expected: '('",
    'a in (': "found '', expected: ',', ')' or identifier",
    'a in (b': "found '', expected: ',' or ')'",
    'a in (b c)': "found 'c', expected: ',' or ')'",
    'a in (b,=': "found '=', expected: ',', or identifier",
    'a > x': 'values[0]: Invalid value: "x": for \'Gt\', \'Lt\' operators, the value must be an integer',
    'a=-': `values[0][a]: Invalid value: "-": ${VALUE}`,
    'a in (_,b,-)': `[values[0][a]: Invalid value: "-": ${VALUE}, values[1][a]: Invalid value: "_": ${VALUE}]`,
    [`a=${'x'.repeat(64)}`]: `values[0][a]: Invalid value: "${'x'.repeat(64)}": must be no more than 63 bytes`,
    _x: `<nil>: Invalid value: "_x": name part ${KEY}`,
    'a/': `<nil>: Invalid value: "a/": name part must be non-empty; name part ${KEY}`,
    'é': `<nil>: Invalid value: "é": name part ${KEY}`,
    '/b': '<nil>: Invalid value: "/b": prefix part must be non-empty',
    'Ab/c': `<nil>: Invalid value: "Ab/c": prefix part ${PREFIX}`,
    'a/b/c': `<nil>: Invalid value: "a/b/c": a valid label key ${KEY} `
      + "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
  };
  for (const [text, message] of Object.entries(parsing)) refused(text, `couldn't parse the selector string "${text}": ${message}`);
  for (const [text, message] of Object.entries(requirement)) {
    refused(text, `couldn't parse the selector string "${text}": unable to parse requirement: ${message}`);
  }
  refused('a!=b', '"!=" is not a valid label selector operator');
  refused('b!=1,a<5', '"lt" isn\'t supported in label selectors');
});
const refused = (text: string, message: string) => assert.throws(() => Selector.parse(text), { name: 'SelectorError', message });

const part = fc.constantFrom('a', 'b', 'in', 'notin', 'x.io/y', '', '=', '==', '!=', '!', '(', ')', ',', ' ', '>', '-', '\0', '5');
const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.array(part, { maxLength: 14 }).map((parts) => parts.join('')));
const value = fc.constantFrom('', 'a', 'b', 'in');
const operators = fc.constantFrom(' in ', ' notin ', '=', '!', '');
const wish = fc.tuple(fc.constantFrom('a', 'b', 'in'), operators, fc.array(value, { minLength: 1, maxLength: 3 }))
  .map(([key, operator, values]) => {
    if (operator === '=') return `${key}=${values[0]}`;
    return operator === '!' || operator === '' ? operator + key : `${key}${operator}(${values.join(',')})`;
  });
const labels = fc.dictionary(fc.constantFrom('a', 'b', 'in', 'c'), value, { noNullPrototype: true });

test('any text is read or refused with a SelectorError', () => {
  fc.assert(fc.property(anything, (text) => {
    try {
      Selector.parse(text);
    } catch (error) {
      assert.ok(error instanceof SelectorError, String(error));
    }
  }), { numRuns: 2000 });
});
test('the canonical text means the same and is its own canonical text', () => {
  fc.assert(fc.property(fc.array(wish, { maxLength: 5 }), fc.array(labels, { maxLength: 8 }), (wishes, objects) => {
    const selector = Selector.parse(wishes.join(', '));
    const again = Selector.parse(selector.text);
    assert.equal(again.text, selector.text);
    for (const object of objects) assert.equal(again.matches(object), selector.matches(object));
  }), { numRuns: 500 });
});
