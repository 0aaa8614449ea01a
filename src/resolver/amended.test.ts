// Tests of what is made of answers: addresses of IPv6 for names that have others alone, and rules for addresses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCIDR, printAddress } from '../dns/address.ts';
import { WELL_KNOWN } from '../dns/embedded.ts';
import { Name } from '../dns/name.ts';
import { rcodeName } from '../dns/rcode.ts';
import { parseRR } from '../dns/rr.ts';
import { CLASS, TYPE, typeByName, typeName } from '../dns/type-name.ts';
import { MadeZone } from '../testing/made-internet.ts';
import { AddressRules } from './address-rules.ts';
import type { AddressAction } from './address-rules.ts';
import type { Resolved } from './resolved.ts';
import { A, B, rigOf, zones } from './rig.test.ts';
import { translated } from './translation.ts';
import type { Ask } from './translation.ts';

const shown = (found: Resolved | undefined): string => (found === undefined ? 'nothing' : [rcodeName(found.rcode),
  ...found.answer.map(({ name, type, data }) => `${name.text} ${typeName(type)} ${data.map((each) =>
    (type === TYPE.A || type === TYPE.AAAA ? printAddress(each) : Name.read(each, 0).text)).join(' ')}`)].join(', '));
const questionOf = (text: string) => {
  const [name = '', type = ''] = text.split(' ');
  return { name: Name.parse(name), type: typeByName(type)!, class: CLASS.IN };
};
function world(): Ask {
  const rig = rigOf();
  rig.internet.at(A, zones().a, new MadeZone('2.0.192.in-addr.arpa.', ['80 300 PTR www.a.test.']))
    .at(B, new MadeZone('b.test.', ['@ 300 NS ns', `ns 300 A ${B}`, 'www 300 A 192.0.2.90', 'six 300 AAAA 2001:db8::6',
      'both 300 A 192.0.2.91', 'both 300 AAAA 2001:db8::7']));
  return (question) => rig.resolver.resolve(question);
}

test('a name with IPv4 addresses alone has IPv6 ones behind the prefix, along its aliases', async () => {
  const ask = world();
  const said = async (text: string, more = {}) =>
    shown(await translated(questionOf(text), ask, { prefix: WELL_KNOWN, always: false, ignored: [], ...more }));
  assert.equal(await said('www.b.test. AAAA'), 'NOERROR, www.b.test. AAAA 64:ff9b::c000:25a');
  assert.equal(await said('alias.a.test. AAAA'), 'NOERROR, alias.a.test. CNAME www.b.test., www.b.test. AAAA 64:ff9b::c000:25a');
  assert.equal(await said('both.b.test. AAAA'), 'NOERROR, both.b.test. AAAA 2001:db8::7');
  assert.equal(await said('both.b.test. AAAA', { always: true }), 'NOERROR, both.b.test. AAAA 64:ff9b::c000:25b');
  const ignored = [Name.parse('b.test.')];
  assert.equal(await said('both.b.test. AAAA', { ignored }), 'NOERROR, both.b.test. AAAA 64:ff9b::c000:25b');
  assert.equal(await said('six.b.test. AAAA', { ignored }), 'NOERROR, six.b.test. AAAA 2001:db8::6');
  assert.equal(await said('none.b.test. AAAA'), 'NXDOMAIN');
  assert.equal(await said('www.b.test. A'), 'NOERROR, www.b.test. A 192.0.2.90');
});
test('the reverse name of such an address is asked for as that of the address behind it', async () => {
  const asked: string[] = [];
  const name = Name.parse('z.test.');
  const ask: Ask = async (question) => {
    asked.push(question.name.text);
    return { rcode: 0, security: 'secure', authority: [], why: undefined, code: undefined, answer: [{ name: question.name, type: TYPE.PTR,
      class: 1, data: [name.octets], signatures: [], ttl: 1, until: 1, rank: 5, security: 'secure' }] };
  };
  const text = '0.5.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa.';
  const found = await translated(questionOf(`${text} PTR`), ask, { prefix: WELL_KNOWN, always: false, ignored: [] });
  assert.deepEqual(asked, ['80.2.0.192.in-addr.arpa.']);
  assert.equal(shown(found), `NOERROR, ${text} PTR z.test.`);
  assert.equal(found.security, 'insecure');
});
test('the smallest network of a rule decides what becomes of an answer with an address in it', async () => {
  const ask = world();
  const said = async (text: string, action: AddressAction, data: readonly string[] = []) => {
    const records = data.map((each) => parseRR(`. 60 IN ${each}`)!);
    const rules = new AddressRules([{ network: parseCIDR('192.0.2.0/24')!, action, data: records },
      { network: parseCIDR('192.0.2.91/32')!, action: 'always_transparent', data: [] }], () => 0);
    const question = questionOf(text);
    return shown(await rules.apply(question, await ask(question), ask));
  };
  assert.equal(await said('www.b.test. A', 'always_refuse'), 'REFUSED');
  assert.equal(await said('both.b.test. A', 'always_refuse'), 'NOERROR, both.b.test. A 192.0.2.91');
  assert.equal(await said('www.b.test. A', 'always_nxdomain'), 'NXDOMAIN');
  assert.equal(await said('www.b.test. A', 'always_nodata'), 'NOERROR');
  assert.equal(await said('www.b.test. A', 'deny'), 'nothing');
  assert.equal(await said('www.b.test. A', 'inform'), 'NOERROR, www.b.test. A 192.0.2.90');
  assert.equal(await said('alias.a.test. A', 'redirect', ['A 10.0.0.1']),
    'NOERROR, alias.a.test. CNAME www.b.test., www.b.test. A 10.0.0.1');
  assert.equal(await said('www.b.test. A', 'redirect', ['AAAA ::1']), 'NOERROR');
  assert.equal(await said('www.b.test. A', 'redirect', ['CNAME both.b.test.']),
    'NOERROR, www.b.test. CNAME both.b.test., both.b.test. A 192.0.2.91');
  assert.equal(await said('www.b.test. A', 'redirect', ['CNAME www.b.test.']), 'SERVFAIL');
  assert.equal(await said('none.b.test. A', 'deny'), 'NXDOMAIN');
});
