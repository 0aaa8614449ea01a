// What becomes of a reply, against the same rules written down naively for decoded messages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { QR, TC, message } from '../../dns/parts.ts';
import type { Parts } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import { parseRR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { CNAME, SOA } from '../../dns/types.ts';
import type { Message } from '../../kernel/query/message.ts';
import { Query } from '../../kernel/query/query.ts';
import { receive } from '../../kernel/query/receive.ts';
import type { Channel } from '../../kernel/query/transport.ts';
import { Zones } from '../../kernel/site/zones.ts';
import { FIRST_MOMENT, FakeClock } from '../../testing/fake-clock.ts';
import type { Settings } from './config.ts';
import { isAnswerTo, judge } from './worth.ts';

const none = new Zones([]);
const settings: Settings = {
  zones: none, keepTtl: false, snapshot: '', servfail: 0.5,
  success: { capacity: 1024, maximum: 600, minimum: 7, except: none }, denial: { capacity: 1024, maximum: 300, minimum: 9, except: none },
  prefetch: { amount: 0, duration: 0, percentage: 10 },
  stale: { upTo: 0, verify: false, timeout: 0, ttl: 0, recheck: 0, preferPositive: false },
};

const names = ['www.example.org', 'WWW.example.org', 'b.example.org', 'c.example.org'];
const ttl = fc.constantFrom(0, 5, 8, 100, 400, 4000, 0xffffffff);
const expiry = fc.constantFrom('20251231000000', '20260201000000');
const answer = fc.oneof(
  fc.tuple(fc.constantFrom(...names), ttl).map(([name, time]) => `${name} ${time} IN A 192.0.2.1`),
  fc.tuple(fc.constantFrom(...names), ttl, fc.constantFrom(...names)).map(([name, time, to]) => `${name} ${time} IN CNAME ${to}`),
  fc.tuple(fc.constantFrom(...names), ttl, expiry).map(([name, time, end]) =>
    `${name} ${time} IN RRSIG A 13 3 300 ${end} 20251201000000 1 example.org. AAAA`),
);
const authority = fc.oneof(
  fc.tuple(ttl, ttl).map(([time, least]) => `example.org ${time} IN SOA ns.example.org h.example.org 1 2 3 4 ${least}`),
  ttl.map((time) => `example.org ${time} IN NS ns.example.org`),
);
const records = (texts: readonly string[]) => texts.map((text) => parseRR(text)!);
const edns = fc.option(fc.boolean(), { nil: undefined }).map((dnssecOk) =>
  dnssecOk === undefined ? undefined : { udpSize: 1232, version: 0, dnssecOk, z: 0, extendedRcode: 0, options: [] });
const reply = fc.record({
  opcode: fc.constantFrom(0, 0, 0, 0, 4, 5),
  flags: fc.constantFrom(QR, QR, QR, QR | TC),
  rcode: fc.constantFrom(RCODE.NOERROR, RCODE.NOERROR, RCODE.NOERROR, RCODE.NXDOMAIN, RCODE.SERVFAIL, RCODE.NOTIMP, 5),
  answer: fc.array(answer, { maxLength: 4 }).map(records),
  authority: fc.array(authority, { maxLength: 2 }).map(records),
  additional: fc.array(answer, { maxLength: 1 }).map(records),
  edns,
});

function ask(type: number, dnssecOk: boolean): Query {
  const opt = dnssecOk ? { udpSize: 1232, version: 0, dnssecOk, z: 0, extendedRcode: 0, options: [] } : undefined;
  const question = { name: Name.parse('www.Example.org'), type, class: 1 };
  const packet = encodeMessage(message({ question, edns: opt }), { compress: false });
  const query = Query.alone(512);
  query.bytes.set(packet);
  query.arrive(packet.length, { transport: 'udp', stream: false } as Channel);
  assert.equal(receive(query), 0);
  return query;
}
function replyTo(query: Query, parts: Parts, compress: boolean): Message {
  const bytes = encodeMessage(parts, { compress });
  const words = new Int32Array((bytes.length + 7) >> 2);
  new Uint8Array(words.buffer).set(bytes);
  const adopted = query.adopt(words, 0, bytes.length);
  const found = adopted.records()!;
  adopted.optAt = found.opt < 0 ? 0 : found.ownerAt[found.opt]! - adopted.at;
  return adopted;
}

/** LIB-5 and CACHE-6, on decoded records. */
function naiveKind({ opcode, rcode, question, answer: answers, authority: below, additional, edns: opt }: Parts): string {
  if (opcode === 5) return 'UPDATE';
  if (opcode === 4 || question!.type === TYPE.AXFR) return 'META';
  const signatures = [...answers, ...below, ...additional].filter(({ type }) => type === 46);
  const old = signatures.some(({ rdata }) => new DataView(rdata.buffer, rdata.byteOffset).getUint32(8) * 1000 < FIRST_MOMENT);
  if (opt?.dnssecOk === true && old) return 'OTHERERROR';
  const soa = below.some(({ type }) => type === TYPE.SOA);
  if (answers.length > 0 && rcode === RCODE.NOERROR) {
    return naiveAnswer(question!.type, answers) ? 'NOERROR' : soa ? 'NODATA' : 'INCOMPLETE';
  }
  if (answers.length > 0 && rcode === RCODE.NXDOMAIN) return 'OTHERERROR';
  if (rcode === RCODE.NXDOMAIN) return soa ? 'NXDOMAIN' : 'INCOMPLETE';
  if (rcode === RCODE.SERVFAIL || rcode === RCODE.NOTIMP) return 'SERVERERROR';
  if (rcode !== RCODE.NOERROR) return 'OTHERERROR';
  const first = below.find(({ type }) => type === TYPE.SOA || type === TYPE.NS);
  return first === undefined ? 'NOERROR' : soa ? 'NODATA' : 'DELEGATION';
}
function naiveAnswer(type: number, answers: Parts['answer']): boolean {
  let at = Name.parse('www.example.org');
  if (type === TYPE.ANY) return answers.some(({ name }) => name.equals(at));
  const aliases = answers.filter(({ type: each }) => each === TYPE.CNAME);
  const targets = (name: Name) => new Set(aliases.filter((r) => r.name.equals(name)).map((r) => CNAME.values(r.rdata).target.key));
  if (type === TYPE.CNAME) return targets(at).size === 1;
  for (let steps = 0; steps <= answers.length; steps++) {
    const next = [...targets(at)];
    if (next.length === 0) return answers.some((r) => r.type === type && r.name.equals(at));
    if (next.length > 1) return false;
    at = Name.wire(next[0]!);
  }
  return false;
}
function naive(parts: Parts) {
  const kind = naiveKind(parts);
  const all = [...parts.answer, ...parts.authority, ...parts.additional];
  const told = ['NOERROR', 'NXDOMAIN', 'NODATA', 'INCOMPLETE'].includes(kind) && all.length > 0;
  const denial = ['NXDOMAIN', 'NODATA', 'SERVERERROR'].includes(kind) || (kind === 'INCOMPLETE' && parts.rcode !== RCODE.NOERROR);
  const soas = denial ? parts.authority.filter(({ type }) => type === TYPE.SOA) : [];
  const minima = soas.map((record) => SOA.values(record.rdata).minimum);
  const least = told ? Math.min(...all.map((record) => record.ttl), ...minima) : 5;
  const time = kind === 'SERVERERROR' ? 0 : denial ? Math.min(Math.max(least, 9), 300) : Math.min(Math.max(least, 7), 600);
  const kept = ['NOERROR', 'NXDOMAIN', 'NODATA', 'SERVERERROR', 'DELEGATION'].includes(kind) && (parts.flags & TC) === 0;
  return { kind, ttl: time, cache: kept ? (denial ? 'denial' : 'success') : 'none' };
}

test('a reply is judged by its bytes as by its records', () => {
  const clock = new FakeClock();
  const asked = fc.constantFrom(TYPE.A, TYPE.A, TYPE.A, TYPE.CNAME, TYPE.ANY, TYPE.AXFR, 16);
  fc.assert(fc.property(reply, asked, fc.boolean(), fc.boolean(), (given, type, dnssec, compress) => {
    const query = ask(type, dnssec);
    const parts = message({ ...given, question: { name: Name.parse('www.example.org'), type, class: 1 } });
    const adopted = replyTo(query, parts, compress);
    const { kind, ttl: time, cache, answering } = judge(query, adopted, adopted.records(), settings, clock);
    assert.deepEqual({ kind, ttl: time, cache }, naive(parts));
    if (kind === 'NOERROR') assert.equal(answering, parts.answer.length > 0);
    else assert.equal(answering, false);
  }), { numRuns: 1500 });
});

test('what is signed for a time that is over is not kept, where the reply says that signatures count', () => {
  const query = ask(TYPE.A, true);
  const signed = records(['www.Example.org 60 IN A 192.0.2.1',
    'www.Example.org 60 IN RRSIG A 13 3 60 20251231000000 20251201000000 1 example.org. AA==']);
  for (const dnssecOk of [true, false]) {
    const opt = { udpSize: 1232, version: 0, dnssecOk, z: 0, extendedRcode: 0, options: [] };
    const question = { name: query.name, type: TYPE.A, class: 1 };
    const adopted = replyTo(query, message({ flags: QR, question, answer: signed, edns: opt }), true);
    assert.equal(judge(query, adopted, adopted.records(), settings, new FakeClock()).cache, dnssecOk ? 'none' : 'success');
  }
});

test('a chain of thousands of aliases takes no time to follow', () => {
  const query = ask(TYPE.A, false);
  const name = (i: number) => (i === 0 ? 'www.example.org' : `n${i}.example.org`);
  const chain = Array.from({ length: 2500 }, (_, i) => `${name(i)} 60 IN CNAME ${name(i + 1)}`);
  const question = { name: query.name, type: TYPE.A, class: 1 };
  const adopted = replyTo(query, message({ flags: QR, question, answer: records(chain) }), true);
  const before = performance.now();
  assert.equal(judge(query, adopted, adopted.records(), settings, new FakeClock()).kind, 'INCOMPLETE');
  assert.ok(performance.now() - before < 500);
});

test('records that make no sense are nobody\'s answer', () => {
  const query = ask(TYPE.A, false);
  const question = { name: query.name, type: TYPE.A, class: 1 };
  const adopted = replyTo(query, message({ flags: QR, question, answer: records(['www.example.org 60 IN CNAME b.c']) }), false);
  adopted.bytes[adopted.at + adopted.length - 5] = 40;
  assert.notEqual(adopted.records(), undefined);
  const { kind, cache } = judge(query, adopted, adopted.records(), settings, new FakeClock());
  assert.deepEqual({ kind, cache }, { kind: 'OTHERERROR', cache: 'none' });
});

test('a reply to another question is none to this one', () => {
  const query = ask(TYPE.A, false);
  const question = { name: query.name, type: TYPE.A, class: 1 };
  assert.ok(isAnswerTo(query, replyTo(query, message({ flags: QR, question }), false)));
  for (const change of [{ name: Name.parse('www.example.com') }, { name: Name.parse('a.example.org') }, { type: 28 }, { class: 3 }]) {
    assert.ok(!isAnswerTo(query, replyTo(query, message({ flags: QR, question }), false).with({ question: { ...question, ...change } })));
  }
  const loud = { ...question, name: Name.parse('WWW.EXAMPLE.ORG') };
  assert.ok(isAnswerTo(query, replyTo(query, message({ flags: QR, question }), false).with({ question: loud })));
  assert.ok(!isAnswerTo(query, replyTo(query, message({ flags: QR, question }), false).with({ question: undefined })));
});
