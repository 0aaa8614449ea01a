// Kinds of replies and how long they hold, of messages that are made for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRR } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { FIRST_MOMENT, FakeClock } from '../../testing/fake-clock.ts';
import { classOf, classify, minimalTtl } from './classify.ts';
import { Query } from './query.ts';
import type { ReplyParts } from './query.ts';
import { receive } from './receive.ts';

const clock = new FakeClock();

function asked(type = 1, opcode = 0): Query {
  const query = Query.alone(64);
  query.bytes.set([0, 1, opcode << 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 0, type >> 8, type & 255, 0, 1]);
  query.arrive(19, { transport: 'udp', stream: false } as never);
  assert.equal(receive(query), 0);
  return query;
}
const record = (text: string): RR => parseRR(text)!;
const reply = (parts: ReplyParts, type?: number, opcode?: number) => asked(type, opcode).reply(parts);

const A = record('a. 300 IN A 192.0.2.1');
const SOA = record('a. 60 IN SOA a. b. 1 2 3 4 5');
const NS = record('a. 90 IN NS b.');
const signed = (from: string, until: string) => record(`a. 300 IN RRSIG A 8 1 300 ${until} ${from} 1 a. AAAA`);

test('kinds by rcode and sections (LIB-5)', () => {
  const cases: readonly (readonly [ReplyParts, string, string])[] = [
    [{ answer: [A] }, 'NOERROR', 'success'], [{}, 'NOERROR', 'success'], [{ authority: [NS] }, 'DELEGATION', 'success'],
    [{ authority: [SOA] }, 'NODATA', 'denial'], [{ authority: [NS, SOA] }, 'NODATA', 'denial'], [{ rcode: 3 }, 'NXDOMAIN', 'denial'],
    [{ rcode: 3, answer: [A] }, 'OTHERERROR', 'error'], [{ rcode: 2 }, 'SERVERERROR', 'error'], [{ rcode: 4 }, 'SERVERERROR', 'error'],
    [{ rcode: 5 }, 'OTHERERROR', 'error'], [{ rcode: 2, answer: [A] }, 'SERVERERROR', 'error'],
  ];
  for (const [parts, type, kind] of cases) {
    const got = classify(reply(parts), clock);
    assert.deepEqual([got, classOf(got)], [type, kind], JSON.stringify(parts));
  }
  assert.equal(classify(reply({ answer: [SOA] }, 252), clock), 'META');
  assert.equal(classify(reply({}, 6, 4), clock), 'META');
});

test('a signature that does not hold now matters to who asked for it', () => {
  const year = (n: number) => new Date(FIRST_MOMENT + n * 365 * 86400e3).toISOString().replace(/\D/g, '').slice(0, 14);
  const of = (rrsig: RR, dnssecOk: boolean) => {
    const message = reply({ answer: [A, rrsig] });
    message.setEdns({ udpSize: 1232, version: 0, dnssecOk, z: 0, extendedRcode: 0, options: [] });
    return classify(message, clock);
  };
  assert.equal(of(signed(year(-1), year(1)), true), 'NOERROR');
  assert.equal(of(signed(year(-2), year(-1)), true), 'OTHERERROR');
  assert.equal(of(signed(year(1), year(2)), true), 'OTHERERROR');
  assert.equal(of(signed(year(-2), year(-1)), false), 'NOERROR');
});

test('the smallest TTL, within bounds (LIB-6)', () => {
  const ttl = (parts: ReplyParts, most?: number) => {
    const message = reply(parts);
    return minimalTtl(message, classify(message, clock), most);
  };
  assert.equal(ttl({ answer: [A], authority: [NS] }), 90);
  assert.equal(ttl({ authority: [SOA] }), 60);
  assert.equal(ttl({ answer: [record('a. 86400 IN A 192.0.2.1')] }), 3600);
  assert.equal(ttl({ answer: [A] }, 30), 30);
  assert.equal(ttl({}), 5);
  assert.equal(ttl({ rcode: 2, answer: [A] }), 5);
  assert.equal(ttl({ authority: [NS] }), 5);
  const bare = reply({});
  bare.setEdns({ udpSize: 1232, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options: [] });
  assert.equal(minimalTtl(bare, 'NOERROR'), 5);
});
