// Which rules are taken, with the texts that were recorded of the others, and what they permit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { permissionOf, readRule } from './update-rules.ts';

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

test('what a key may change is what any of its rules says', () => {
  const rules = ['All. * *', 'some.key @ txt', 'some.key www.D.test TYPE1 ANY'].map(rule);
  const may = (key: string, name: string, type: number): boolean | undefined =>
    permissionOf(rules, Name.parse(key))?.(Name.parse(name), type);
  assert.equal(may('all', 'x.d.test', TYPE.ANY), true);
  assert.equal(may('SOME.key', 'd.test', TYPE.TXT), true);
  assert.equal(may('some.key', 'd.test', TYPE.A), false);
  assert.equal(may('some.key', 'WWW.d.test', TYPE.A), true);
  assert.equal(may('some.key', 'www.d.test', TYPE.ANY), true);
  assert.equal(may('some.key', 'x.www.d.test', TYPE.A), false);
  assert.equal(may('other', 'd.test', TYPE.TXT), undefined);
});
