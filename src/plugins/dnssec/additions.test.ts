// Records put behind those of a section: whatever the reply is, it reads as before with the new ones in their places.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { anyRecord } from '../../dns/arbitraries.test.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import type { Parts } from '../../dns/parts.ts';
import { printRR, record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { loneQuery } from '../../testing/lone-query.ts';
import { ADDITIONAL, ANSWER, AUTHORITY, Additions } from './additions.ts';

const QNAME = 'www.Example.org.';
const owners = ['www.Example.org.', 'mail.example.org.', 'Example.org.', 'a.b.other.net.'].map((text) => Name.parse(text));

/** A reply of these parts, with pointers, as it would have come from elsewhere. */
function replyOf(parts: Partial<Parts>): Message {
  const query = loneQuery(QNAME, TYPE.A);
  const whole = encodeMessage({ ...decodeMessage(query.bytes, query.at, query.length), ...parts }, { compress: true, limit: 65535 });
  const words = new Int32Array((whole.length + 3) >> 2);
  new Uint8Array(words.buffer).set(whole);
  const reply = query.adopt(words, 0, whole.length);
  const found = reply.records()!;
  if (found.opt >= 0) reply.optAt = found.ownerAt[found.opt]! - reply.at;
  return reply;
}

const named = anyRecord.chain((one) => fc.constantFrom(...owners).map((name): RR => ({ ...one, name, class: CLASS.IN })));
const section = fc.array(named, { maxLength: 4 });
const added = fc.array(fc.record({
  section: fc.constantFrom(ANSWER, AUTHORITY, ADDITIONAL), of: fc.nat(), label: fc.boolean(), data: fc.uint8Array({ maxLength: 40 }),
}), { maxLength: 5 });
const OPT = { udpSize: 1232, version: 0, dnssecOk: true, flags: 0, extendedRcode: 0, options: [] };
const edns = fc.option(fc.constant(OPT), { nil: undefined });
const LABEL = Uint8Array.of(2, 120, 121);

test('whatever the reply, it reads as before, and the new records stand at the ends of their sections', () => {
  fc.assert(fc.property(section, section, section, added, edns, (answer, authority, additional, more, opt) => {
    const reply = replyOf({ answer, authority, additional, edns: opt as never });
    const before = reply.parts();
    const records = reply.records()!;
    const places = Array.from({ length: records.count }, (_, r) => records.ownerAt[r]! - reply.at).filter((_, r) => r !== records.opt);
    const all = [...before.answer, ...before.authority, ...before.additional];
    const additions = new Additions();
    additions.begin();
    const expected = { answer: [...before.answer], authority: [...before.authority], additional: [...before.additional] };
    for (const one of more) {
      const index = one.of % (all.length + 1);
      const base = index === all.length ? Name.parse(QNAME) : all[index]!.name;
      if (base.raw.length > 200 || (index < all.length && reply.bytes[reply.at + places[index]!]! >= 0xc0)) continue;
      const target = index === all.length ? 12 : places[index]!;
      const at = additions.add(one.section, target, 65400, 7, one.data.length, one.label ? LABEL : undefined);
      additions.bytes.set(one.data, at);
      const made = record(one.label ? base.under('xy') : base, 65400, CLASS.IN, 7, one.data);
      expected[(['answer', 'authority', 'additional'] as const)[one.section]!].push(made);
    }
    additions.into(reply);
    const after = reply.parts();
    for (const name of ['answer', 'authority', 'additional'] as const) {
      assert.deepEqual(after[name].map(printRR), expected[name].map(printRR));
    }
    assert.deepEqual(after.edns, before.edns);
    assert.deepEqual(reply.edns, before.edns);
  }));
});

/** Records that take so many octets. */
const filler = (octets: number): RR[] =>
  Array.from({ length: Math.ceil(octets / 1000) }, () => record(owners[1]!, TYPE.TXT, CLASS.IN, 1, new Uint8Array(980).fill(1)));

test('behind 16 KB, where no pointer leads, the answer stays and what came behind it goes', () => {
  const reply = replyOf({ answer: filler(16_000), authority: [], additional: [] });
  reply.append(record(Name.parse('new.example.net.'), TYPE.NS, CLASS.IN, 1, Uint8Array.of(0)), 8);
  const records = reply.records()!;
  const target = records.ownerAt[records.count - 1]! - reply.at;
  // A second one, whose owner is a pointer to the first.
  const at = reply.at + reply.length;
  reply.bytes.set([0xc0 | (target >> 8), target, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4], at);
  reply.length += 16;
  reply.bytes[reply.at + 11] = 1;
  const additions = new Additions();
  additions.begin();
  additions.add(ANSWER, 12, TYPE.RRSIG, 1, 600);
  assert.ok(target + 600 > 0x3fff && target <= 0x3fff, String(target));
  additions.into(reply);
  const { authority, additional } = reply.parts();
  assert.deepEqual([authority, additional], [[], []]);
  assert.equal(reply.flags & TC, TC);
});

test('a message that would be too long is not touched, and says so', () => {
  const reply = replyOf({ answer: filler(64_600) });
  const { length } = reply;
  const additions = new Additions();
  additions.begin();
  additions.add(ANSWER, 12, TYPE.RRSIG, 1, 2000);
  additions.into(reply);
  assert.equal(reply.length, length);
  assert.equal(reply.flags & TC, TC);
});
