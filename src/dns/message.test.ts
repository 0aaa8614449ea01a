// Whole messages: octets and parts lead to one another, compression shortens, what does not fit is left out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { anyName, anyRecord, bytes, number } from './arbitraries.test.ts';
import { AA, decodeMessage, encodeInto, encodeMessage, FLAGS, message, type Parts, plainLength, QR, RD, TC } from './message.ts';
import { Name } from './name.ts';
import { decodeEdns, edns, encodeEdns } from './opt.ts';
import { parseRR, printRR, type RR } from './rr.ts';
import { WireError } from './wire-error.ts';

const anyEdns = fc.record(
  {
    udpSize: number(16),
    version: number(8),
    dnssecOk: fc.boolean(),
    z: number(15),
    extendedRcode: number(8),
    options: fc.array(fc.record({ code: number(16), data: bytes(0, 20) }, { noNullPrototype: true }), { maxLength: 3 }),
  },
  { noNullPrototype: true },
);
const records = fc.array(anyRecord, { maxLength: 4 });
const anyMessage: fc.Arbitrary<Parts> = fc
  .record({
    id: number(16),
    opcode: number(4),
    flags: number(16).map((bits) => bits & FLAGS),
    low: number(4),
    question: fc.option(fc.record({ name: anyName, type: number(16), class: number(16) }), { nil: undefined }),
    answer: records,
    authority: records,
    additional: records.map((list) => list.sort((a, b) => Number(a.type === 250) - Number(b.type === 250))),
    edns: fc.option(anyEdns, { nil: undefined }),
  })
  .map(({ low, ...parts }) => ({ ...parts, rcode: low | ((parts.edns?.extendedRcode ?? 0) << 4) }));

function plain(parts: Parts): unknown {
  const section = (list: readonly RR[]) => list.map((rr) => ({ ...rr, name: rr.name.raw, rdata: [...rr.rdata] }));
  const question = parts.question === undefined ? undefined : { ...parts.question, name: parts.question.name.raw };
  return { ...parts, question, answer: section(parts.answer), authority: section(parts.authority), additional: section(parts.additional) };
}

test('parts written and read again are the same, compressed or not', () => {
  fc.assert(
    fc.property(anyMessage, fc.boolean(), (parts, compress) => {
      const wire = encodeMessage(parts, { compress });
      assert.deepEqual(plain(decodeMessage(wire)), plain(parts));
      if (compress) assert.ok(wire.length <= plainLength(parts));
      else assert.equal(wire.length, plainLength(parts));
    }),
    { numRuns: 200 },
  );
});

test('a message is written in the middle of other octets, or not at all where room is short', () => {
  fc.assert(
    fc.property(anyMessage, fc.boolean(), number(10), (parts, compress, short) => {
      const wire = encodeMessage(parts, { compress });
      const room = Math.max(0, wire.length - short);
      const arena = new Uint8Array(wire.length + 40).fill(0xee);
      const length = encodeInto(parts, arena, 20, room, compress);
      assert.equal(length, short === 0 || wire.length === 0 ? wire.length : -1);
      if (length > 0) assert.deepEqual(arena.slice(20, 20 + length), wire);
      assert.ok(arena.subarray(20 + room).every((octet) => octet === 0xee));
      assert.ok(arena.subarray(0, 20).every((octet) => octet === 0xee));
      if (length > 0) assert.deepEqual(plain(decodeMessage(arena, 20, length)), plain(parts));
    }),
    { numRuns: 100 },
  );
});

test('any octets are a message or a WireError, and what was read can be written and read again', () => {
  const mutated = fc.tuple(anyMessage, fc.array(fc.tuple(fc.nat(), number(8)), { maxLength: 6 }), fc.nat()).map(([parts, changes, cut]) => {
    const wire = encodeMessage(parts, { compress: true });
    for (const [at, octet] of changes) wire[at % wire.length] = octet;
    return cut % 3 === 0 ? wire.slice(0, cut % wire.length) : wire;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), mutated), (octets) => {
      let parts: Parts;
      try {
        parts = decodeMessage(octets);
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
        return;
      }
      for (const rr of [...parts.answer, ...parts.authority, ...parts.additional]) printRR(rr);
      assert.deepEqual(plain(decodeMessage(encodeMessage(parts, { compress: false }))), plain(parts));
    }),
    { numRuns: 1500 },
  );
});

function lines(...texts: string[]): RR[] {
  return texts.map((text) => parseRR(text) as RR);
}

const QUESTION = { name: Name.parse('www.example.org'), type: 1, class: 1 };

test('owners and the names of RFC 1035 are compressed, others are only pointed to', () => {
  const answer = lines('www.example.org. CNAME a.example.org.', 'a.example.org. SRV 0 0 0 b.example.org.', 'b.example.org. A 192.0.2.1');
  const wire = encodeMessage(message({ question: QUESTION, answer }), { compress: true });
  // 12 + question 21, CNAME 2+10+4, SRV 2+10+6+15, A 2+10+4.
  assert.equal(wire.length, 33 + 16 + 33 + 16);
  assert.deepEqual(decodeMessage(wire).answer.map(printRR), answer.map(printRR));
});

test('names that differ in case do not share a pointer', () => {
  const same = encodeMessage(message({ question: QUESTION, answer: lines('www.example.org. A 192.0.2.1') }), { compress: true });
  const other = encodeMessage(message({ question: QUESTION, answer: lines('www.example.ORG. A 192.0.2.1') }), { compress: true });
  assert.equal(same.length, 33 + 16);
  assert.equal(other.length, 33 + 17 + 14);
});

test('with a limit, a message that fits is not compressed, a larger one is, and what still does not fit is left out', () => {
  const answer = lines(...Array.from({ length: 40 }, (_, i) => `www.example.org. A 192.0.2.${i}`));
  const fits = message({ flags: QR, question: QUESTION, answer: answer.slice(0, 15), edns: edns(1232) });
  assert.equal(encodeMessage(fits, { compress: false, limit: 512 }).length, plainLength(fits));
  const squeezed = message({ ...fits, answer: answer.slice(0, 29) });
  const small = encodeMessage(squeezed, { compress: false, limit: 512 });
  assert.equal(small.length, 33 + 29 * 16 + 11);
  assert.equal(decodeMessage(small).flags, QR);
  const large = message({ ...fits, answer: answer.slice(0, 30), authority: lines('org. NS a.'), additional: lines('a. A 192.0.2.1') });
  const cut = decodeMessage(encodeMessage(large, { compress: false, limit: 512 }));
  assert.deepEqual([cut.answer.length, cut.authority.length, cut.additional.length, cut.flags], [29, 0, 0, QR | TC]);
  assert.equal(cut.edns?.udpSize, 1232);
  assert.ok(encodeMessage(large, { compress: false, limit: 200 }).length <= 200);
});

test('a record that does not fit ends the message, even if a later one would', () => {
  const authority = lines(`org. TXT ${'x'.repeat(250)} ${'y'.repeat(250)}`, 'org. NS a.');
  const parts = message({ question: QUESTION, authority, additional: lines('a. A 192.0.2.1') });
  const cut = decodeMessage(encodeMessage(parts, { compress: true, limit: 512 }));
  assert.deepEqual([cut.authority.length, cut.additional.length, cut.flags], [0, 0, TC]);
});

test('a signed message is never cut, and its signature stays last, behind OPT', () => {
  const tsig = lines('key. 0 ANY TSIG hmac-sha256. 1 300 aGk= 7 0 -');
  const answer = lines(...Array.from({ length: 40 }, (_, i) => `www.example.org. A 192.0.2.${i}`));
  const parts = message({ question: QUESTION, answer, additional: tsig, edns: edns(1232) });
  const wire = encodeMessage(parts, { compress: false, limit: 512 });
  assert.ok(wire.length > 512);
  assert.equal(decodeMessage(wire).answer.length, 40);
  assert.equal(decodeMessage(wire).flags & TC, 0);
  assert.deepEqual([...wire.subarray(-4)], [0, 0, 0, 0]);
});

test('headers: flags, opcode and response codes of 12 bits', () => {
  const wire = encodeMessage(message({ id: 0x1234, opcode: 5, flags: QR | AA | RD, rcode: 23, edns: edns(512) }), { compress: false });
  assert.deepEqual([...wire.subarray(0, 12)], [0x12, 0x34, 0xad, 0x07, 0, 0, 0, 0, 0, 0, 0, 1]);
  assert.equal(decodeMessage(wire).rcode, 23);
  assert.throws(() => encodeMessage(message({ rcode: 16 }), { compress: false }), WireError);
});

test('as CoreDNS: a missing record behind the end is no error, one that is cut short is', () => {
  const wire = encodeMessage(message({ question: QUESTION, answer: lines('a. A 192.0.2.1') }), { compress: false });
  wire[7] = 2;
  assert.equal(decodeMessage(wire).answer.length, 1);
  assert.throws(() => decodeMessage(wire.subarray(0, wire.length - 1)), WireError);
  assert.throws(() => decodeMessage(Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)), WireError);
  assert.throws(() => decodeMessage(new Uint8Array(11)), WireError);
});

test('an OPT with an owner is accepted, and the last of two counts', () => {
  const first = encodeEdns(edns(1000));
  const second = [1, 0x61, ...encodeEdns(edns(2000, true))];
  const header = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
  const parts = decodeMessage(Uint8Array.of(...header, ...first, ...second));
  assert.equal(parts.edns?.udpSize, 2000);
  assert.deepEqual(parts.additional, []);
  assert.deepEqual(decodeEdns(Uint8Array.from(second)), edns(2000, true));
});

test('names in record data are written out, also where pointers do not belong', () => {
  const header = [0, 0, 0x80, 0, 0, 1, 0, 2, 0, 0, 0, 0];
  const question = [3, 0x6f, 0x72, 0x67, 0, 0, 1, 0, 1];
  const srv = [0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 1, 0, 10, 0, 1, 0, 2, 0, 3, 1, 0x61, 0xc0, 12];
  const hip = [0xc0, 12, 0, 55, 0, 1, 0, 0, 0, 1, 0, 8, 1, 2, 0, 1, 7, 9, 0xc0, 12];
  const { answer } = decodeMessage(Uint8Array.of(...header, ...question, ...srv, ...hip));
  assert.deepEqual(answer.map(printRR), ['org.\t1\tIN\tSRV\t1 2 3 a.org.', 'org.\t1\tIN\tHIP\t2 07 CQ== org.']);
});
