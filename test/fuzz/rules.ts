// Any text as a rule of the firewall, nested as deep as it likes: a rule that is true, false or says what is wrong, or a complaint.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { TYPE } from '../../src/dns/type-name.ts';
import { compileRule } from '../../src/govaluate/index.ts';
import { compileRegexp } from '../../src/kernel/regexp.ts';
import { Asked, FUNCTIONS, variableOf } from '../../src/plugins/firewall/facts.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { loneQuery } from '../../src/testing/lone-query.ts';
import { target, textOf } from './target.ts';

const words = textOf('name', 'type', 'size', 'client_ip', 'response_ip', '[a/b]', '[>do]', '(', ')', ',', "'A'", "'10.0.0.0/8'",
  "'2001-02-03'", '512', '==',
  '!=', '<', '>=', '=~', '!~', 'in', 'IN', '&&', '||', '!', '-', '~', '+', '**', '<<', '??', '?', ':', 'incidr(', 'atoi(', 'random()',
  'list/x', 'set/x', 'true',
  "'(a|b)*'", '\\', "'");
const deep = fc.tuple(fc.constantFrom('(', '!', '-', '1+', 'true ? ', '(1,', 'atoi(', "''+", 'x in (', 'true && (', 'true ?? '),
  fc.integer({ min: 1, max: 10_000 }))
  .map(([piece, times]) => piece.repeat(times));
const host = {
  variable: variableOf, functions: FUNCTIONS, regexp: compileRegexp,
  member: () => (_: Asked, value: unknown) => value === 'a.test.',
};
const asked = new Asked(new FakeClock()).ask(loneQuery('a.test', TYPE.A));

/** Rules. */
export const rules = target('rules', 300, fc.oneof({ weight: 9, arbitrary: words }, deep), (text) => {
  try {
    assert.equal(typeof compileRule(text, host).fits(asked), 'boolean');
  } catch (error) {
    assert.ok(error instanceof Error && error.constructor === Error && !/stack/.test(error.message), String(error));
  }
});
