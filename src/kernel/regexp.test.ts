// Compiled patterns say what RE2 says, and take no longer than they should. Knows patterns and texts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { RE2JS } from 're2js';
import { GroupTemplate, compileRegexp, groupsUsed, patternLength } from './regexp.ts';

/** What RE2 says, without any help. */
function reference(pattern: string, text: string): string[] | undefined {
  const compiled = RE2JS.compile(pattern);
  const matcher = compiled.matcher(text);
  if (!matcher.find()) return undefined;
  return Array.from({ length: compiled.groupCount() + 1 }, (_, i) => matcher.group(i) ?? '');
}

test('every pattern means what RE2 says', () => {
  const atom = fc.constantFrom('a', 'b', '.', '\\.', '[ab]', '[^a.]', '[a-c]', '\\d', '\\w', '[.]', '-', '\\-', '[a-]', '1');
  const step = fc.tuple(atom, fc.constantFrom('', '', '', '*', '+', '?', '*?', '+?', '??', '{2}')).map((parts) => parts.join(''));
  const sequence = fc.array(step, { maxLength: 4 }).map((steps) => steps.join(''));
  const group = fc.tuple(fc.constantFrom('(', '(?:', '(?P<n>'), sequence, sequence, fc.boolean(), fc.constantFrom('', '', '*', '?'))
    .map(([open, one, other, choice, repeat]) => `${open}${one}${choice ? `|${other}` : ''})${repeat}`);
  const pattern = fc.tuple(fc.constantFrom('', '^'), sequence, fc.option(group, { nil: '' }), sequence, fc.constantFrom('', '$', '|b'))
    .map((parts) => parts.join(''));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '-', '1', '\n', 'é'), maxLength: 12 });
  fc.assert(fc.property(pattern, text, (source, subject) => {
    const compiled = compileRegexp(source);
    assert.deepEqual(compiled.match(subject)?.slice(), reference(source, subject), source);
    assert.equal(compiled.test(subject), reference(source, subject) !== undefined, source);
  }), { numRuns: 4000 });
});

test('names of groups, and what takes no part', () => {
  const compiled = compileRegexp('^host(?P<n>[0-9]+)(?<z>z)?[.]new[.]test[.]$');
  assert.equal(compiled.groups, 2);
  assert.deepEqual([...compiled.names], [['n', 1], ['z', 2]]);
  assert.deepEqual(compiled.match('host12.new.test.')?.slice(), ['host12.new.test.', '12', '']);
});

test('what RE2 refuses is refused', () => {
  for (const pattern of ['(', 'a**', '(?=a)', '\\1', '[z-a]', '(?P<n>a)(?P<n>b)']) {
    assert.throws(() => compileRegexp(pattern), Error, pattern);
  }
});

test('a text that makes others backtrack is done at once', () => {
  const started = performance.now();
  for (const pattern of ['(a*)*b', '^(.*)a(.*)b(.*)c(.*)d$', `${'a?'.repeat(24)}${'a'.repeat(24)}b`, '(.*)(.*)(.*)x']) {
    assert.equal(compileRegexp(pattern).test('a'.repeat(250)), false);
  }
  assert.ok(performance.now() - started < 1000);
});

test('a template is filled with the groups', () => {
  const compiled = compileRegexp('^(.*)-(us)[.]');
  const fill = (text: string, subject: string) => new GroupTemplate(text, compiled.groups).fill(compiled.match(subject)!);
  assert.equal(fill('{1}.x.{2}.{3}.{0}', 'a$&-us.b'), 'a$&.x.us.{3}.a$&-us.');
  assert.equal(fill('{1}.{2}', '{2}-us.'), 'us.us');
  assert.equal(groupsUsed('{1}{1}{0}{100}{101}'), 3);
  assert.equal(patternLength('é'), 2);
});
