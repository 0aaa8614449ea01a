// Tests of answers that are not as they should be, and of proofs that stand where they are not looked for first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { AA, RA } from '../dns/parts.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { parseRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE, typeName } from '../dns/type-name.ts';
import type { MadeServer } from '../testing/made-internet.ts';
import type { GivenZone } from './settings.ts';
import { A, B, TEST, rigOf, zones } from './rig.test.ts';

const lines = (...texts: string[]): RR[] => texts.map((text) => parseRR(text)!);

test('where something else is at a name that has an alias, what stands first counts', async () => {
  const rig = rigOf();
  const { a } = rig.zones;
  const both = (first: string, second: string): MadeServer => (question) =>
    (question.name.text === 'both.a.test.' ? { flags: AA, answer: lines(first, second) } : a.answer(question));
  rig.internet.at(A, both('both.a.test. 300 CNAME www.a.test.', 'both.a.test. 300 A 192.0.2.9'));
  assert.equal(await rig.ask('both.a.test. A'), 'NOERROR both.a.test. 300 CNAME www.a.test. www.a.test. 300 A 192.0.2.80');
  const other = rigOf();
  other.internet.at(A, both('both.a.test. 300 A 192.0.2.9', 'both.a.test. 300 CNAME www.a.test.'));
  assert.equal(await other.ask('both.a.test. A'), 'NOERROR both.a.test. 300 A 192.0.2.9');
});
test('an alias that is kept says nothing of the DS of its name', async () => {
  const rig = rigOf();
  await rig.ask('alias.a.test. A');
  rig.asked();
  assert.match(await rig.ask('alias.a.test. DS'), /^NOERROR alias\.a\.test\. 300 CNAME/);
  assert.equal(rig.asked()[0], `${A} alias.a.test. DS`);
});
test('who asks for a DS that a referral said is not there is told with the SOA of the parent', async () => {
  const rig = rigOf({}, true);
  assert.equal(await rig.ask('www.b.test. A'), 'insecure NOERROR www.b.test. 300 A 192.0.2.90');
  const { authority, security } = await rig.resolver.resolve({ name: Name.parse('b.test.'), type: TYPE.DS, class: CLASS.IN });
  assert.deepEqual(authority.map(({ name, type }) => `${name.text} ${typeName(type)}`), ['test. SOA', 'b.test. NSEC']);
  assert.equal(security, 'secure');
  // Who cannot be asked for it leaves what is known.
  const alone = rigOf({}, true);
  await alone.ask('www.b.test. A');
  alone.internet.at(TEST, () => ({ rcode: RCODE.SERVFAIL }));
  const known = await alone.resolver.resolve({ name: Name.parse('b.test.'), type: TYPE.DS, class: CLASS.IN });
  assert.deepEqual(known.authority.map(({ type }) => typeName(type)), ['NSEC']);
});
test('a proof of the parent beside an unsigned answer is enough: nobody is asked for the DS', async () => {
  const made = zones(true);
  const rig = rigOf({}, true, made);
  const { test: parent, b } = made;
  const proof = parent.answer({ name: b.apex, type: TYPE.DS, class: CLASS.IN })!.authority!.filter(({ type }) => type !== TYPE.SOA
    && !(type === TYPE.RRSIG));
  const signed = parent.set(b.apex, TYPE.NSEC);
  assert.equal(proof.length, 1);
  rig.internet.at(TEST, (question) => (question.type === TYPE.DS ? undefined : parent.answer(question)));
  rig.internet.at(B, (question) => ({ ...b.answer(question), authority: [...(b.answer(question)?.authority ?? []), ...signed] }));
  assert.equal(await rig.ask('nope.b.test. A'), 'insecure NXDOMAIN');
  assert.deepEqual(rig.asked().filter((each) => each.endsWith(' DS')), []);
});
test('a wildcard that nothing allows to stand for a cut is no answer for its DS', async () => {
  const made = zones(true, { more: ['* 300 CNAME other.test.', 'other 300 A 192.0.2.7'] });
  const rig = rigOf({}, true, made);
  const { test: parent } = made;
  const wild = (question: Question): RR[] => parent.set(Name.parse('*.test.'), TYPE.CNAME, question.name);
  // The DS that stands beside the referral is not there, so that it is asked for.
  rig.internet.at(TEST, (question) => {
    if (question.type === TYPE.DS) return { flags: AA, answer: wild(question) };
    const said = parent.answer(question);
    return { ...said, authority: (said?.authority ?? []).filter(({ type }) => type === TYPE.NS) };
  });
  assert.equal(await rig.ask('www.a.test. A'), 'bogus SERVFAIL (6: nothing proves that a.test. has no records of its own)');
});
test('servers of the zone are asked where those that resolve, named for the same zone, do not help', async () => {
  const given: GivenZone = { zone: Name.root, kind: 'forward', addresses: [{ address: '10.0.0.8', port: 53 }], names: [], first: true,
    prime: false, tcp: false, keeps: true };
  const stub: GivenZone = { ...given, zone: Name.parse('a.test.'), kind: 'stub', addresses: [{ address: A, port: 53 }], first: false };
  const rig = rigOf({ given: [{ ...given, zone: stub.zone }, stub], tries: 1 });
  rig.internet.at('10.0.0.8', () => ({ flags: RA, rcode: RCODE.SERVFAIL }));
  assert.equal(await rig.ask('www.a.test. A'), 'NOERROR www.a.test. 300 A 192.0.2.80');
  assert.deepEqual(rig.asked(), ['10.0.0.8 www.a.test. A', `${A} www.a.test. A`]);
});
