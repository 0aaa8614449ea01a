// Which rules are taken, with the texts that were recorded of the others, and what they permit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { grantsOf, permissionOf, readRule } from './update-rules.ts';
import type { UpdateRule } from './update-rules.ts';

const zone = Name.parse('d.test').folded;
const rule = (text: string) => readRule(text.split(' '), zone);

test('rules that are none', () => {
  const wrong: readonly [string, string][] = [
    ['k. *', 'allow requires KEY NAME and at least one RR type'],
    ['k. other.test. A', 'allow name "other.test." is outside zone "d.test."'],
    ['k. www A', 'allow name "www" is outside zone "d.test."'], ['k. * A *', 'wildcard RR type must be the only type in an allow rule'],
    ['* * A', 'invalid TSIG key "*"'], ['@ * A', 'invalid TSIG key "@"'],
    ...['DS', 'RRSIG', 'AXFR', 'TYPE65280', 'nosuch'].map((type) => [`k. * ${type}`, `invalid RR type "${type}" in allow rule`] as const),
  ].map(([text, message]) => [text!, message!]);
  for (const [text, message] of wrong) assert.throws(() => rule(text), { message }, text);
  const sound = ['k. @ A', 'k. www.d.test A AAAA TXT', 'k. * *', 'k. * ANY', 'k. * SOA', 'k. * TYPE1', 'k. * a', 'K.KEY @ A'];
  for (const text of sound) rule(text);
});

const asking = (rules: readonly UpdateRule[]) => (key: string, name: string, type: number): boolean | undefined => {
  const grants = grantsOf(rules, Name.parse(key));
  return grants && permissionOf(structuredClone(grants))(Name.parse(name), type);
};

test('what a key may change is what any of its rules says', () => {
  const rules = ['All. * *', 'some.key @ txt', 'some.key www.D.test TYPE1 ANY'].map(rule);
  const may = asking(rules);
  assert.equal(may('all', 'x.d.test', TYPE.ANY), true);
  assert.equal(may('SOME.key', 'd.test', TYPE.TXT), true);
  assert.equal(may('some.key', 'd.test', TYPE.A), false);
  assert.equal(may('some.key', 'WWW.d.test', TYPE.A), true);
  assert.equal(may('some.key', 'www.d.test', TYPE.ANY), true);
  assert.equal(may('some.key', 'x.www.d.test', TYPE.A), false);
  assert.equal(may('other', 'd.test', TYPE.TXT), undefined);
});

test('names below one, and every key its own name', () => {
  const may = asking(['k. under dyn.d.test A', 'k. under @ TXT', 'k. www.d.test *', '* self AAAA', 'host.d.test self A'].map(rule));
  assert.equal(may('k', 'dyn.d.test', TYPE.A), true);
  assert.equal(may('k', 'a.b.DYN.d.test', TYPE.A), true);
  assert.equal(may('k', 'xdyn.d.test', TYPE.A), false);
  assert.equal(may('k', 'any.d.test', TYPE.TXT), true);
  assert.equal(may('host.d.test', 'host.d.test', TYPE.A), true);
  assert.equal(may('host.d.test', 'Host.d.test', TYPE.AAAA), true);
  assert.equal(may('host.d.test', 'host.d.test', TYPE.TXT), false);
  assert.equal(may('other.d.test', 'host.d.test', TYPE.AAAA), false);
  assert.equal(may('other.d.test', 'other.d.test', TYPE.AAAA), true);
  for (const [text, message] of [
    ['k. under other.test A', 'allow name "other.test" is outside zone "d.test."'],
    ['k. under A', 'allow name "under" is outside zone "d.test."'], ['* under d.test A', 'invalid TSIG key "*"'],
    ['k. self', 'allow requires KEY NAME and at least one RR type'],
  ] as const) assert.throws(() => rule(text), { message }, text);
});
