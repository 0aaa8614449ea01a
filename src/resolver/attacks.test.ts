// What others have tried on resolvers: each is bounded in questions and signatures, and nothing that was not asked for is believed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { AA, QR, RA, TC } from '../dns/parts.ts';
import type { Parts, Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { parseRR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { VerifyingKey } from '../dnssec/verification.ts';
import { verifySet } from '../dnssec/validate/signed-set.ts';
import { MadeZone, SIGNED_AT } from '../testing/made-internet.ts';
import { A, B, TEST, rigOf, zones } from './rig.test.ts';

const WWW = 'NOERROR www.a.test. 300 A 192.0.2.80';
const lines = (...texts: string[]) => texts.map((text) => parseRR(text)!);
const question = (text: string): Question => ({ name: Name.parse(text), type: TYPE.A, class: CLASS.IN });

test('KeyTrap: of keys of one tag and signatures sixteen pairs are tried for a set, sixty-four for a question (CVE-2023-50387)', () => {
  const made = zones(true);
  const [dnskey] = made.a.set(Name.parse('a.test.'), TYPE.DNSKEY);
  const [www, rrsig] = made.a.set(Name.parse('www.a.test.'), TYPE.A);
  const good = new VerifyingKey(dnskey!.rdata);
  let checked = 0;
  const key = new Proxy(good, { get: (target, name) => {
    if (name === 'verify') return () => {
      checked++;
      return 'bogus';
    };
    return Reflect.get(target, name, target) as unknown;
  } });
  const set = { name: www!.name, type: TYPE.A, class: CLASS.IN, ttl: 300, data: [www!.rdata],
    signatures: Array.from({ length: 519 }, () => rrsig!.rdata) };
  const effort = { left: 64 };
  const zone = Name.parse('a.test.');
  const keys = Array.from({ length: 589 }, () => key);
  assert.equal(verifySet(set, zone, keys, SIGNED_AT, effort).verdict, 'bogus');
  assert.equal(checked, 16);
  for (let i = 0; i < 10; i++) verifySet(set, zone, keys, SIGNED_AT, effort);
  assert.equal(checked, 64);
});
test('validation asks on the account of the question: no budget begins anew for it (CVE-2026-50045)', async () => {
  const rig = rigOf({ mostQuestions: 6 }, true);
  assert.match(await rig.ask('www.a.test. A'), /^(?:bogus )?SERVFAIL/);
  assert.ok(rig.asked().length <= 6);
  assert.match(await rigOf({ mostQuestions: 12 }, true).ask('www.a.test. A'), /^secure NOERROR/);
});
test('a forwarder for one zone says nothing of others: forwarded and resolved zones share no bailiwick (MaginotDNS)', async () => {
  const given = { zone: Name.parse('a.test.'), kind: 'forward', addresses: [{ address: '10.0.0.8', port: 53 }], names: [], first: false,
    prime: false, tcp: false, keeps: true } as const;
  const rig = rigOf({ given: [given] });
  rig.internet.at('10.0.0.8', () => ({
    flags: RA | AA, answer: lines('www.a.test. 300 A 192.0.2.80', 'www.b.test. 300 A 6.6.6.6', 'b.test. 300 NS evil.a.test.'),
    authority: lines('test. 300 NS evil.a.test.', 'b.test. 300 NS evil.a.test.', '. 300 NS evil.a.test.'),
    additional: lines('evil.a.test. 300 A 6.6.6.6', 'ns.b.test. 300 A 6.6.6.6', 'ns.test. 300 A 6.6.6.6'),
  })).at('6.6.6.6', () => ({ flags: AA, answer: lines('www.b.test. 300 A 6.6.6.6') }));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  assert.equal(await rig.ask('www.b.test. A'), 'NOERROR www.b.test. 300 A 192.0.2.90');
  assert.equal(rig.asked().some((each) => each.startsWith('6.6.6.6')), false);
});
test('a zone below one that was taken away ends with it, however long it says that it lives (phoenix domains)', async () => {
  const rig = rigOf();
  const below = new MadeZone('x.a.test.', ['@ 86400 NS ns', `ns 86400 A ${B}`, '* 60 A 192.0.2.7']);
  rig.internet.at(A, new MadeZone('a.test.', ['@ 86400 NS ns', `ns 86400 A ${A}`, 'x 86400 NS ns.x', `ns.x 86400 A ${B}`])).at(B, below);
  assert.equal(await rig.ask('one.x.a.test. A'), 'NOERROR one.x.a.test. 60 A 192.0.2.7');
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`]));
  for (let i = 0; i < 10; i++) {
    rig.time += 29_000;
    assert.equal(await rig.ask(`n${i}.x.a.test. A`), `NOERROR n${i}.x.a.test. 60 A 192.0.2.7`);
    await rig.ask('x.a.test. NS');
  }
  rig.time += 11_000;
  assert.equal(await rig.ask('last.x.a.test. A'), 'NXDOMAIN');
});
test('a child that names other servers in each answer does not keep what its parent took away (CVE-2026-40622)', async () => {
  const rig = rigOf({ promiscuous: true });
  let count = 0;
  const own = new MadeZone('a.test.', ['@ 86400 NS ns', `ns 86400 A ${A}`, '* 60 A 192.0.2.7']);
  rig.internet.at(A, (asked) => {
    const said = own.answer(asked);
    return { ...said, authority: lines(`a.test. 86400 NS ns${count++}.a.test.`), additional: lines(`ns${count - 1}.a.test. 86400 A ${A}`) };
  });
  assert.match(await rig.ask('one.a.test. A'), /^NOERROR/);
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`]));
  for (let i = 0; i < 10; i++) {
    rig.time += 29_000;
    await rig.ask(`n${i}.a.test. A`);
    await rig.ask('a.test. NS');
  }
  rig.time += 11_000;
  assert.equal(await rig.ask('last.a.test. A'), 'NXDOMAIN');
});
test('a CNAME at a cut does not stand for the servers of the zone below it (CVE-2026-42960)', async () => {
  const rig = rigOf();
  rig.internet.at(TEST, (asked) => (asked.name.text === 'a.test.' && asked.type === TYPE.NS
    ? { flags: AA, answer: lines('a.test. 300 CNAME evil.b.test.') } : undefined), rig.zones.test);
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  await rig.ask('a.test. NS');
  assert.equal(await rig.ask('alias.a.test. A'), 'NOERROR alias.a.test. 300 CNAME www.b.test. www.b.test. 300 A 192.0.2.90');
});
test('a wildcard of one zone is no answer of another, nor for a name that exists (CVE-2026-44690, CVE-2026-46582)', async () => {
  const made = zones(true);
  const wild = made.a.set(Name.parse('*.wild.a.test.'), TYPE.A, Name.parse('www.a.test.'));
  const rig = rigOf({}, true, made);
  const is = (text: string) => (asked: Question) => asked.name.text === text && asked.type === TYPE.A;
  rig.internet.at(A, (asked) => (is('www.a.test.')(asked) ? { flags: AA, answer: wild } : undefined), made.a);
  assert.match(await rig.ask('www.a.test. A'), /^bogus SERVFAIL/, 'no proof that the name is not there');
  const other = zones(true, { more: ['*.w 300 A 192.0.2.99'] });
  const replayed = rigOf({}, true, other);
  const foreign = other.test.set(Name.parse('*.w.test.'), TYPE.A, Name.parse('y.wild.a.test.'));
  replayed.internet.at(A, (asked) => (is('y.wild.a.test.')(asked) ? { flags: AA, answer: foreign } : undefined), other.a);
  assert.match(await replayed.ask('y.wild.a.test. A'), /^bogus SERVFAIL/, 'the parent signs nothing in the child');
});

/** Replies that are none, each made of a good one. */
const FORGED: readonly (readonly [what: string, (good: Parts) => Parts | Uint8Array])[] = [
  ['another id', (good) => ({ ...good, id: good.id ^ 1 })],
  ['a question of its own', (good) => ({ ...good, flags: good.flags & ~QR })],
  ['another name', (good) => ({ ...good, question: { ...good.question!, name: Name.parse('other.a.test.') } })],
  ['another type', (good) => ({ ...good, question: { ...good.question!, type: TYPE.AAAA } })],
  ['another class', (good) => ({ ...good, question: { ...good.question!, class: CLASS.CH } })],
  ['an UPDATE', (good) => ({ ...good, opcode: 5 })],
  ['a refusal with another id', (good) => ({ ...good, id: good.id ^ 2, rcode: RCODE.REFUSED, answer: [] })],
  ['a cut with another id', (good) => ({ ...good, id: good.id ^ 4, flags: good.flags | TC, answer: [] })],
  ['half of it', (good) => encodeMessage(good, { compress: true }).subarray(0, 20)],
  ['a header without a question that says all is well', (good) => encodeMessage(good, { compress: true }).slice(0, 12).fill(0, 4, 12)],
  ['nothing', () => new Uint8Array(0)],
];
for (const [what, forge] of FORGED) {
  test(`what is no reply ends nothing: ${what} (TuDoor)`, async () => {
    const rig = rigOf();
    const exchange = rig.internet.exchange.bind(rig.internet);
    let taken = 0;
    rig.internet.exchange = (to, query, tcp, patience, isIt) => exchange(to, query, tcp, patience, (good) => {
      const made = forge({ ...decodeMessage(good), answer: lines('www.a.test. 300 A 6.6.6.6') });
      if (isIt(made instanceof Uint8Array ? made : encodeMessage(made, { compress: true }))) taken++;
      return isIt(good);
    });
    assert.equal(await rig.ask('www.a.test. A'), WWW);
    assert.equal(taken, 0);
  });
}
test('equal questions of clients are one on their way: nobody can guess at many at once (RebirthDay, CVE-2025-5994)', async () => {
  const rig = rigOf();
  await Promise.all(Array.from({ length: 500 }, () => rig.resolver.resolve(question('www.a.test.'))));
  assert.equal(rig.asked().length, 4);
});
test('more options of EDNS than anybody needs cost nothing else (CVE-2026-41292)', async () => {
  const rig = rigOf();
  const options = Array.from({ length: 12_000 }, (_, i) => ({ code: 65001 + (i % 500), data: new Uint8Array(0) }));
  rig.internet.at(A, (asked) => ({ ...rig.zones.a.answer(asked), options }));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
});
