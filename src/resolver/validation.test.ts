// Tests of validation: what a signed internet proves, what is not signed, and what is bogus and why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AA } from '../dns/parts.ts';
import type { Parts } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { Name } from '../dns/name.ts';
import { record } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { bitmapOf } from '../dnssec/type-bitmap.ts';
import { MadeZone, SIGNED_AT } from '../testing/made-internet.ts';
import type { MadeServer } from '../testing/made-internet.ts';
import { A, B, ROOT, Rig, TEST, rigOf, zones } from './rig.test.ts';
import { failsForSentinel } from './sentinel.ts';

const signed = () => rigOf({}, true);
const without = (zone: MadeZone, change: (said: Partial<Parts>) => Partial<Parts>): MadeServer =>
  (question) => (question.type === TYPE.DNSKEY ? zone.answer(question) : change(zone.answer(question)!));

const forgedBy = (zone: MadeZone): MadeServer => without(zone, (said) =>
  ({ ...said, answer: said.answer?.map((rr) => (rr.type === TYPE.A ? { ...rr, rdata: Uint8Array.of(6, 6, 6, 6) } : rr)) ?? [] }));

test('what is signed from the root down is secure: answers, aliases, wildcards and denials', async () => {
  const rig = signed();
  assert.equal(await rig.ask('www.a.test. A'), 'secure NOERROR www.a.test. 300 A 192.0.2.80');
  assert.equal(await rig.ask('inner.a.test. A'), 'secure NOERROR inner.a.test. 300 CNAME www.a.test. www.a.test. 300 A 192.0.2.80');
  assert.equal(await rig.ask('y.wild.a.test. A'), 'secure NOERROR y.wild.a.test. 300 A 192.0.2.81');
  assert.equal(await rig.ask('nope.a.test. A'), 'secure NXDOMAIN');
  assert.equal(await rig.ask('www.a.test. MX'), 'secure NOERROR');
  assert.equal(await rig.ask('ent.a.test. A'), 'secure NOERROR');
  assert.equal(await rig.ask('a.test. DNSKEY').then((said) => said.slice(0, 14)), 'secure NOERROR');
});
test('a zone without DS is insecure, where its parent proves that, and so is what leads there', async () => {
  const rig = signed();
  assert.equal(await rig.ask('www.b.test. A'), 'insecure NOERROR www.b.test. 300 A 192.0.2.90');
  assert.equal(await rig.ask('alias.a.test. A'), 'insecure NOERROR alias.a.test. 300 CNAME www.b.test. www.b.test. 300 A 192.0.2.90');
  assert.equal(await rig.ask('nope.b.test. A'), 'insecure NXDOMAIN');
});
test('another address than the signed one is bogus, and another server is asked', async () => {
  const rig = signed();
  rig.internet.at(A, forgedBy(rig.zones.a));
  const by = `by a.test. (key ${rig.zones.a.key!.tag})`;
  assert.equal(await rig.ask('www.a.test. A'), `bogus SERVFAIL (6: the signature of www.a.test. A ${by} does not hold)`);
  const two = rigOf({}, true, zones(true, { more: ['a 300 NS ns2.a', `ns2.a 300 A ${B}`] }));
  two.internet.at(A, forgedBy(two.zones.a)).at(B, two.zones.a);
  assert.equal(await two.ask('www.a.test. A'), 'secure NOERROR www.a.test. 300 A 192.0.2.80');
});
test('signatures that are missing, expired or not valid yet are told by their codes', async () => {
  const unsigned = signed();
  const bare = (said: Partial<Parts>) => ({ ...said, answer: said.answer?.filter(({ type }) => type !== TYPE.RRSIG) ?? [] });
  unsigned.internet.at(A, without(unsigned.zones.a, bare));
  assert.match(await unsigned.ask('www.a.test. A'), /^bogus SERVFAIL \(10: no signature of www\.a\.test\. A\)$/);
  const late = signed();
  late.wall += 2 * 31_536_000_000;
  assert.match(await late.ask('www.a.test. A'), /^bogus SERVFAIL \(7: the signature of \. DNSKEY by \. \(key \d+\) has expired\)$/);
  const early = signed();
  early.wall -= 2 * 31_536_000_000;
  assert.match(await early.ask('www.a.test. A'), /^bogus SERVFAIL \(8: /);
});
test('a denial without its proof is bogus, and one for another name', async () => {
  const rig = signed();
  const { a } = rig.zones;
  rig.internet.at(A, without(a, () => ({ flags: AA, rcode: RCODE.NXDOMAIN, authority: a.set(a.apex, TYPE.SOA) })));
  assert.match(await rig.ask('www.a.test. A'), /^bogus SERVFAIL \(12: nothing proves what is said of www\.a\.test\.\)$/);
  const other = signed();
  const nsec = other.zones.a.answer({ name: other.zones.a.apex.under('zzz'), type: TYPE.A, class: 1 })!.authority!;
  other.internet.at(A, without(other.zones.a, () => ({ flags: AA, rcode: RCODE.NXDOMAIN, authority: nsec })));
  assert.match(await other.ask('www.a.test. A'), /^bogus SERVFAIL \(6: nothing proves/);
});
test('keys that are not those of the DS make the zone bogus', async () => {
  const rig = signed();
  const other = new MadeZone('a.test.', ['@ 300 NS ns', `ns 300 A ${A}`, 'www 300 A 6.6.6.6'], true);
  rig.internet.at(A, other);
  assert.match(await rig.ask('www.a.test. A'), /^bogus SERVFAIL \(9: no DNSKEY of a\.test\. is the one that is trusted\)$/);
});
test('a referral that hides the DS is no way around the signatures', async () => {
  const rig = signed();
  const plain = new MadeZone('a.test.', ['@ 300 NS ns', `ns 300 A ${A}`, 'www 300 A 6.6.6.6']);
  rig.internet.at(A, plain);
  const { test: parent } = rig.zones;
  rig.internet.at(TEST, (question) => {
    const said = parent.answer(question)!;
    return { ...said, authority: (said.authority ?? []).filter(({ type }) => type !== TYPE.DS) };
  });
  assert.match(await rig.ask('www.a.test. A'), /^bogus SERVFAIL/);
});
test('what nobody can check is as good as unsigned, and so is what is said to be', async () => {
  const made = zones(true, { ds: `a.test. 300 DS 1 200 2 ${'ab'.repeat(32)}` });
  assert.equal(await rigOf({}, true, made).ask('www.a.test. A'), 'insecure NOERROR www.a.test. 300 A 192.0.2.80');
  const told = rigOf({}, true, zones(true, { ds: `a.test. 300 DS 1 13 2 ${'ab'.repeat(32)}` }));
  assert.match(await told.ask('www.a.test. A'), /^bogus SERVFAIL \(9: /);
});
test('a denial that a wildcard made, or that leads out of its zone, proves nothing (CVE-2017-15105)', async () => {
  const rig = signed();
  const { a } = rig.zones;
  const forged = (next: string) => {
    const name = Name.parse('a.test.');
    const rdata = Buffer.concat([Name.parse(next).octets, bitmapOf([TYPE.NS, TYPE.SOA])]);
    const validity = { inception: SIGNED_AT - 100, expiration: SIGNED_AT + 100_000 };
    const signature = a.key!.signSet({ owner: name.octets, type: TYPE.NSEC, class: 1, ttl: 60, data: [rdata] }, validity);
    return [record(name, TYPE.NSEC, 1, 60, rdata), record(name, TYPE.RRSIG, 1, 60, signature)];
  };
  const said = (next: string): MadeServer =>
    without(a, () => ({ flags: AA, rcode: RCODE.NXDOMAIN, authority: [...a.set(a.apex, TYPE.SOA), ...forged(next)] }));
  rig.internet.at(A, said('zz.test.'));
  assert.match(await rig.ask('www.a.test. A'), /^bogus SERVFAIL \(1[02]: nothing/);
  const wild = signed();
  wild.internet.at(A, without(wild.zones.a, () => {
    const star = Name.parse('*.wild.a.test.');
    const sets = wild.zones.a.set(star, TYPE.NSEC, Name.parse('vvv.wild.a.test.'));
    return { flags: AA, rcode: RCODE.NXDOMAIN, authority: [...wild.zones.a.set(wild.zones.a.apex, TYPE.SOA), ...sets] };
  }));
  assert.match(await wild.ask('www.wild.a.test. A'), /^bogus SERVFAIL/);
});
test('a denial of a name that exists but has nothing is one of the type', async () => {
  const rig = signed();
  const { a } = rig.zones;
  rig.internet.at(A, without(a, (said) => ({ ...said, rcode: RCODE.NXDOMAIN })));
  assert.equal(await rig.ask('ent.a.test. A'), 'secure NOERROR');
});
test('a wildcard makes no DNAME', async () => {
  const odd = new MadeZone('a.test.', ['@ 300 NS ns', `ns 300 A ${A}`, '*.d 300 DNAME b.test.'], true);
  const other = rigOf({}, true, { ...zones(true, { ds: odd.ds }), a: odd });
  const answer = odd.set(Name.parse('*.d.a.test.'), TYPE.DNAME, Name.parse('x.d.a.test.'));
  other.internet.at(A, without(odd, () => ({ flags: AA, answer })));
  assert.match(await other.ask('y.x.d.a.test. A'), /^bogus SERVFAIL \(6: a wildcard made x\.d\.a\.test\. DNAME\)$/);
});
test('an alias that a wildcard made has its proof beside it for other types too', async () => {
  const wild = new MadeZone('a.test.', ['@ 300 NS ns', `ns 300 A ${A}`, '*.c 300 CNAME www', 'www 300 A 192.0.2.80'], true);
  const rig = rigOf({}, true, { ...zones(true, { ds: wild.ds }), a: wild });
  const name = Name.parse('x.c.a.test.');
  for (const type of [TYPE.A, TYPE.AAAA, TYPE.CNAME]) {
    const { security, answer, authority } = await rig.resolver.resolve({ name, type, class: 1 });
    assert.deepEqual([security, answer[0]?.type, authority.some((set) => set.type === TYPE.NSEC)], ['secure', TYPE.CNAME, true], `${type}`);
  }
});
test('signatures that were asked for by themselves are not signed, and insecure', async () => {
  const rig = signed();
  const { a } = rig.zones;
  const signatures = a.set(Name.parse('www.a.test.'), TYPE.A).filter(({ type }) => type === TYPE.RRSIG);
  rig.internet.at(A, (question) => (question.type === TYPE.RRSIG ? { flags: AA, answer: signatures } : a.answer(question)));
  assert.match(await rig.ask('www.a.test. RRSIG'), /^insecure NOERROR/);
});
test('who checks answers himself gets them as they were said, and secure only what is known to be', async () => {
  const rig = signed();
  rig.internet.at(A, forgedBy(rig.zones.a));
  const unchecked = async (name: string) => {
    const found = await rig.resolver.resolveUnchecked({ name: Name.parse(name), type: TYPE.A, class: 1 });
    return [found.security, found.rcode, ...found.answer.map(({ data }) => [...data[0]!].join('.'))].join(' ');
  };
  assert.equal(await unchecked('www.a.test.'), 'unchecked 0 6.6.6.6');
  assert.match(await rig.ask('www.a.test. A'), /^bogus SERVFAIL/);
  rig.internet.at(A, rig.zones.a);
  rig.time += 6000;
  assert.match(await rig.ask('x.ent.a.test. A'), /^secure/);
  assert.equal(await unchecked('x.ent.a.test.'), 'secure 0 192.0.2.82');
});
test('keys that cannot be had make a zone bogus, unless the owner says that it is as good as unsigned then', async () => {
  const made = zones(true);
  const withoutKeys = (hardenStripped: boolean) => {
    const rig = new Rig({}, { anchors: [{ zone: Name.root, ds: [], keys: [made.root.key!.data] }], hardenStripped });
    rig.internet.at(ROOT, (question) => (question.type === TYPE.DNSKEY ? { rcode: RCODE.SERVFAIL } : made.root.answer(question)))
      .at(TEST, made.test).at(A, made.a);
    return rig.ask('www.a.test. A');
  };
  assert.match(await withoutKeys(true), /^bogus SERVFAIL \(9: no DNSKEY of \.\)$/);
  assert.equal(await withoutKeys(false), 'insecure NOERROR www.a.test. 300 A 192.0.2.80');
});
test('names that ask for a key of the root fail where it is not as they say (RFC 8509)', () => {
  const anchors = [{ zone: Name.root, ds: [Uint8Array.of(0x4f, 0x66, 8, 2)], keys: [] }];
  const fails = (label: string, type: number = TYPE.A) => failsForSentinel(Name.parse(`${label}.a.test.`), type, anchors);
  assert.deepEqual(['root-key-sentinel-is-ta-20326', 'root-key-sentinel-not-ta-20326', 'Root-Key-Sentinel-is-TA-00001',
    'root-key-sentinel-not-ta-00001', 'root-key-sentinel-is-ta-1', 'www'].map((label) => fails(label)),
  [false, true, true, false, false, false]);
  assert.equal(fails('root-key-sentinel-not-ta-20326', TYPE.TXT), false);
});
test('a zone stays bogus for the first reason, whatever asking again gives', async () => {
  const rig = signed();
  const { a } = rig.zones;
  let asked = 0;
  rig.internet.at(A, (question) => {
    const said = a.answer(question)!;
    if (question.type !== TYPE.DNSKEY) return said;
    if (asked++ > 0) return undefined;
    return { ...said, answer: said.answer!.map((rr) => (rr.type === TYPE.RRSIG ? { ...rr, rdata: rr.rdata.map((octet, i) =>
      (i === rr.rdata.length - 1 ? octet ^ 1 : octet)) } : rr)) };
  });
  const why = /^bogus SERVFAIL \(6: the signature of a\.test\. DNSKEY by a\.test\. \(key \d+\) does not hold\)$/;
  assert.match(await rig.ask('www.a.test. A'), why);
  assert.match(await rig.ask('x.ent.a.test. A'), why);
});
test('a zone with an anchor is told which of its keys are trusted, and nobody waits for that (RFC 8145)', async () => {
  const made = zones(true);
  const anchor = { zone: Name.root, ds: [Uint8Array.of(0, 1, 13, 2, 0)], keys: [made.root.key!.data] };
  const rig = new Rig({}, { anchors: [anchor], signals: true });
  rig.internet.at(ROOT, (question) => (question.type === TYPE.NULL ? undefined : made.root.answer(question)))
    .at(TEST, made.test).at(A, made.a);
  assert.match(await rig.ask('www.a.test. A'), /^secure/);
  const tag = made.root.key!.tag.toString(16).padStart(4, '0');
  assert.ok(rig.asked().includes(`${ROOT} _ta-0001-${tag}. NULL`));
});
