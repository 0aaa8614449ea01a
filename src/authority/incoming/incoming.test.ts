// Transfers as primaries send them, in messages of any size, and those of primaries that lie.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { QR, message } from '../../dns/parts.ts';
import { parseRR, printRR } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { Incoming } from './incoming.ts';
import type { Wanted } from './incoming.ts';

const zone = Name.parse('a.test');
const rr = (text: string): RR => parseRR(text)!;
const soa = (serial: number, minimum = 60) => `a.test. 60 IN SOA ns.a.test. h.a.test. ${serial} 2 3 4 ${minimum}`;
const NS = 'a.test. 60 IN NS ns.a.test.', A = 'www.a.test. 60 IN A 192.0.2.1', MX = 'A.test. 60 IN MX 5 www.a.test.';

/** What becomes of these messages: the kind, with the records as they were told, or what is wrong. */
function taken(messages: readonly (readonly string[] | Uint8Array)[], change: Partial<Wanted> = {}): readonly string[] {
  const said: string[] = [];
  const wanted: Wanted = {
    zone, type: TYPE.AXFR, id: 7, serial: undefined, check: undefined, now: () => 0, mostRecords: 1000, mostBytes: 1e6, ...change,
  };
  const incoming = new Incoming(wanted, {
    begin: () => {
      said.length = 0;
    },
    record: (kind, owner, length, type, ttl, data, size) => {
      const name = Name.read(owner.slice(0, length), 0);
      said.push(`${kind} ${printRR({ name, type, class: CLASS.IN, ttl, rdata: data.slice(0, size) }).replaceAll('\t', ' ')}`);
    },
  });
  const question = { name: zone, type: wanted.type, class: CLASS.IN };
  try {
    for (const each of messages) {
      const answer = each instanceof Uint8Array ? [] : each.map(rr);
      const bytes = each instanceof Uint8Array ? each : encodeMessage(message({ id: 7, flags: QR, question, answer }), { compress: true });
      if (incoming.take(bytes)) return [incoming.kind, ...said];
    }
    return ['not ended'];
  } catch (error) {
    return [(error as Error).message];
  }
}
const whole = ['whole', ...[soa(7), NS, A, MX].map((text) => `whole ${text}`)];

test('a whole zone, in one message, in several, and one record a message', () => {
  assert.deepEqual(taken([[soa(7), NS, A, MX, soa(7)]]), whole);
  assert.deepEqual(taken([[soa(7), NS], [A, MX], [soa(7)]]), whole);
  assert.deepEqual(taken([[soa(7)], [NS], [A], [MX], [soa(7)]]), whole);
  assert.deepEqual(taken([[soa(7)], [NS], [A], [MX], [soa(7)]], { type: TYPE.IXFR, serial: 5 }), whole);
  assert.deepEqual(taken([[soa(7), NS, A, MX]]), ['not ended']);
});

test('differences, one and several; nothing newer; another version than ours', () => {
  const change = { type: TYPE.IXFR, serial: 5 };
  const one = [soa(7), soa(5), A, soa(7), MX, soa(7)];
  const told = ['differences', `removed ${soa(5)}`, `removed ${A}`, `added ${soa(7)}`, `added ${MX}`];
  assert.deepEqual(taken([one], change), told);
  assert.deepEqual(taken(one.map((each) => [each]), change), told);
  assert.deepEqual(taken([[soa(7), soa(5), A, soa(6), soa(6), soa(7), MX, soa(7)]], change),
    ['differences', `removed ${soa(5)}`, `removed ${A}`, `added ${soa(6)}`, `removed ${soa(6)}`, `added ${soa(7)}`, `added ${MX}`]);
  assert.deepEqual(taken([[soa(5)]], change), ['same']);
  assert.deepEqual(taken([[soa(4)]], change), ['same']);
  assert.deepEqual(taken([[soa(7), soa(6), A, soa(7), MX, soa(7)]], change), ['a difference begins with serial 6, and not with ours']);
  assert.deepEqual(taken([[soa(8), soa(5), soa(6), soa(7), soa(8), soa(8)]], change),
    ['a difference leads to serial 6, and the next one begins with 7']);
  assert.deepEqual(taken([[soa(7), soa(5), A, soa(7), MX, soa(7), A]], change), ['there are records behind the last SOA']);
});

test('primaries that lie', () => {
  const of = (...records: readonly string[]) => taken([records])[0];
  assert.equal(of(soa(7), soa(7)), 'the zone has nothing but its SOA');
  assert.equal(of(soa(7), NS, soa(8)), 'the zone changed while it was sent: first and last SOA differ');
  assert.equal(of(soa(7), NS, soa(7, 61)), 'first and last SOA differ');
  assert.equal(of(NS, soa(7)), 'it begins with NS and not with the SOA of the zone');
  assert.equal(of('b.test. 60 IN SOA ns.a.test. h.a.test. 7 2 3 4 5', NS), 'it begins with SOA and not with the SOA of the zone');
  assert.equal(of(soa(7), 'a.test. 60 CH TXT x', soa(7)), 'a record of TXT is not of class IN');
  assert.equal(of(soa(7), 'a.test. 60 IN TYPE252 \\# 0', soa(7)), 'AXFR is no record of a zone');
  assert.equal(of(soa(7), NS, soa(7), A), 'there are records behind the last SOA');
  assert.equal(taken([[]])[0], 'a message has no records');
  assert.equal(taken([[soa(7), NS], []])[0], 'a message has no records');
  assert.equal(taken([[soa(7), NS, A, MX, soa(7)]], { mostRecords: 4 })[0], 'it has more than 4 records');
  assert.equal(taken([[soa(7), NS, A, MX, soa(7)]], { mostBytes: 100 })[0], 'it has more than 100 bytes');
  assert.equal(taken([[soa(7), NS, A, MX, soa(7)]], { id: 8 })[0], 'what came is no reply to the question');
  assert.equal(taken([[soa(7), NS, A, MX, soa(7)]], { zone: Name.parse('b.test') })[0], 'the reply is not about b.test.');
  const refused = encodeMessage(message({ id: 7, flags: QR, rcode: 5 }), { compress: false });
  assert.equal(taken([refused])[0], 'bad xfr rcode: 5 (REFUSED)');
  assert.deepEqual(taken([[soa(7), NS, 'www.other.test. 60 IN SOA a. b. 1 2 3 4 5', A, MX, soa(7)]]), whole);
});

test('octets that are no message: cut anywhere, pointers in a circle or forwards', () => {
  const question = { name: zone, type: TYPE.AXFR, class: CLASS.IN };
  const packet = encodeMessage(message({ id: 7, flags: QR, question, answer: [soa(7), NS, A, MX, soa(7)].map(rr) }), { compress: true });
  for (let length = 0; length < packet.length; length++) {
    const said = taken([packet.slice(0, length)]);
    assert.ok(said.length === 1 && said[0] !== 'not ended', `${length}: ${said.join()}`);
  }
  const ofName = (...name: readonly number[]) => {
    const rest = packet.slice(24);
    return taken([Uint8Array.from([...packet.slice(0, 24), ...name, ...rest])])[0];
  };
  assert.match(ofName(0xc0, 24)!, /^a pointer does not lead backwards/);
  assert.match(ofName(0xc0, 40)!, /^a pointer does not lead backwards/);
  assert.match(ofName(0x80)!, /^a label of no known kind/);
});
