// Tests of servers that are given rather than found, of what of their answers is kept and for how long, and of what was true before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { AA, RA } from '../dns/parts.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { parseRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { recordsOf } from './kept-set.ts';
import { A, B, rigOf, zones } from './rig.test.ts';

const WWW = 'NOERROR www.a.test. 300 A 192.0.2.80';
const FORWARDER = '10.0.0.8', OTHER = '10.0.0.9';
const lines = (...texts: string[]): RR[] => texts.map((text) => parseRR(text)!);
const at = (address: string) => [{ address, port: 53 }];
const forward = {
  zone: Name.root, kind: 'forward', addresses: at(FORWARDER), names: [], first: false, prime: false, tcp: false, keeps: true,
} as const;
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('a forwarder that points elsewhere has nothing; one that points upwards is of no use', async () => {
  const rig = rigOf({ given: [forward, { ...forward, zone: Name.parse('up.test.') }] });
  rig.internet.at(FORWARDER, ({ name }) => ({
    flags: RA, authority: lines(name.text === 'www.up.test.' ? 'test. 300 NS ns.test.' : 'a.test. 300 NS ns.a.test.'),
  }));
  assert.equal(await rig.ask('www.a.test. A'), 'NOERROR');
  assert.equal(await rig.ask('www.up.test. A'), 'SERVFAIL (23: no server of up.test. answers)');
});
test('the aliases of a forwarder are believed to their end', async () => {
  const rig = rigOf({ given: [forward] });
  rig.internet.at(FORWARDER, () => ({ flags: RA, answer: lines('www.a.test. 300 CNAME x.a.test.', 'x.a.test. 300 A 192.0.2.7') }));
  assert.equal(await rig.ask('www.a.test. A'), 'NOERROR www.a.test. 300 CNAME x.a.test. x.a.test. 300 A 192.0.2.7');
  assert.equal(rig.asked().length, 1);
});
test('names of servers are looked up before the address that is given fails', async () => {
  const rig = rigOf({ given: [{ ...forward, names: [Name.parse('ns.a.test.')] }] });
  rig.internet.at(FORWARDER, ({ name }) => ({ flags: RA, answer: lines(`${name.text} 300 A ${OTHER}`) }));
  await rig.ask('one.a.test. A');
  await turn();
  const answer = lines('www.a.test. 300 A 192.0.2.80');
  rig.internet.at(FORWARDER, () => ({ rcode: RCODE.SERVFAIL })).at(OTHER, () => ({ flags: RA, answer }));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  assert.equal(rig.asked().filter((each) => each === `${FORWARDER} ns.a.test. A`).length, 1);
});
for (const prime of [false, true]) {
  const what = prime ? 'tell who is asked from then on' : 'stay those that are asked, whatever the zone says';
  test(`servers of a stub zone ${what}`, async () => {
    const stub = { ...forward, zone: Name.parse('corp.test.'), kind: 'stub', addresses: at(OTHER), prime } as const;
    const rig = rigOf({ given: [stub] });
    const says = ({ name, type }: Question) => ({
      flags: AA, answer: lines(type === TYPE.NS ? 'corp.test. 300 NS ns.corp.test.' : `${name.text} 300 A 192.0.2.7`),
      additional: lines(`ns.corp.test. 300 A ${FORWARDER}`),
    });
    rig.internet.at(OTHER, says).at(FORWARDER, says);
    assert.match(await rig.ask('corp.test. NS'), /^NOERROR corp\.test\. \d+ NS ns\.corp\.test\./);
    rig.asked();
    assert.equal(await rig.ask('x.corp.test. A'), 'NOERROR x.corp.test. 300 A 192.0.2.7');
    assert.ok(rig.asked().some((each) => each.startsWith(`${prime ? FORWARDER : OTHER} x.corp.test. A`)));
  });
}
test('what is not to be kept is asked for each time', async () => {
  const rig = rigOf({ given: [{ ...forward, keeps: false }] });
  rig.internet.at(FORWARDER, () => ({ flags: RA, answer: lines('www.a.test. 300 A 192.0.2.80') }));
  await rig.ask('www.a.test. A');
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  assert.equal(rig.asked().length, 2);
});
test('a denial lives as long as the owner says at least, and records have the TTL of their zone where he wishes', async () => {
  const rig = rigOf({ leastNegativeTtl: 100, leastTtl: 1000 });
  await rig.ask('nope.a.test. A');
  rig.asked();
  rig.time += 99_000;
  assert.equal(await rig.ask('nope.a.test. A'), 'NXDOMAIN');
  assert.deepEqual(rig.asked(), []);
  const { answer: [set] } = await rig.resolver.resolve({ name: Name.parse('www.a.test.'), type: TYPE.A, class: CLASS.IN });
  assert.deepEqual([recordsOf(set!, rig.time, false)[0]!.ttl, recordsOf(set!, undefined, false)[0]!.ttl], [1000, 300]);
});
test('eight signatures of a set are kept, and no more', async () => {
  const rig = rigOf();
  const signed = Array.from({ length: 20 }, (_, i) => `www.a.test. 300 RRSIG A 8 3 300 20330518033320 20010909014640 ${i} a.test. AA==`);
  rig.internet.at(A, () => ({ flags: AA, answer: lines('www.a.test. 300 A 192.0.2.80', ...signed) }));
  const { answer: [set] } = await rig.resolver.resolve({ name: Name.parse('www.a.test.'), type: TYPE.A, class: CLASS.IN });
  assert.equal(set!.signatures.length, 8);
});
test('what is over is answered instead of what is bogus, and what lives no second replaces it (RFC 8767)', async () => {
  const made = zones(true);
  const rig = rigOf({ stale: { keep: 3_600_000, after: 1800, ttl: 30 } }, true, made);
  assert.equal(await rig.ask('www.a.test. A'), `secure ${WWW}`);
  rig.time += 301_000;
  const forged = lines('www.a.test. 300 A 6.6.6.6');
  const isWww = ({ name, type }: Question): boolean => name.text === 'www.a.test.' && type === TYPE.A;
  rig.internet.at(A, (question) => (isWww(question) ? { flags: AA, answer: forged } : undefined), made.a);
  const old = 'secure NOERROR www.a.test. 30 A 192.0.2.80';
  assert.equal(await rig.ask('www.a.test. A'), old);
  rig.time += 6000;
  assert.equal(await rig.ask('www.a.test. A'), old, 'again and again');
  const brief = rigOf({ stale: { keep: 3_600_000, after: 1800, ttl: 30 } });
  assert.equal(await brief.ask('nope.a.test. A'), 'NXDOMAIN');
  brief.time += 301_000;
  brief.internet.at(A, () => ({ flags: AA, answer: lines('nope.a.test. 0 A 192.0.2.7') }));
  assert.equal(await brief.ask('nope.a.test. A'), 'NOERROR nope.a.test. 0 A 192.0.2.7');
  brief.internet.at(A, () => ({ rcode: RCODE.SERVFAIL })).at(B, () => ({ rcode: RCODE.SERVFAIL }));
  assert.match(await brief.ask('nope.a.test. A'), /^SERVFAIL/, 'not the denial of long ago');
});
