// Aliases and what they lead to, in replies that have room for all of it and in those that have not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { printRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { loneQuery } from '../testing/lone-query.ts';
import { writeAlias, writeTarget } from './aliases.ts';

const NAMES = ['a.example.org.', 'b.example.org.', 'Endpoints.of.a.Large.service.example.net.'];
const [ASKED, NEXT, LAST] = NAMES.map((text) => Name.parse(text));
const addresses = (count: number, owner = LAST!): RR[] => Array.from({ length: count }, (_, i) =>
  ({ name: owner, type: 1, class: 1, ttl: 5, rdata: Uint8Array.of(192, 0, i >> 8, i & 255) }));

function told(records: readonly RR[]) {
  const query = loneQuery(ASKED!, 1);
  const reply = query.begin(0, 0);
  const owner = writeAlias(reply, writeAlias(reply, 12, NEXT!, 7), LAST!, 8);
  const whole = writeTarget(reply, owner, LAST!.raw, records);
  const { answer } = decodeMessage(reply.bytes, reply.at, reply.length);
  return { whole, answer: answer.map((record) => printRR(record).replaceAll('\t', ' ')), length: reply.length, truncated: reply.truncated };
}

test('each alias has the name that the one before it points to; records of another name have their own', () => {
  const { answer, truncated } = told([...addresses(2), ...addresses(1, NEXT)]);
  assert.deepEqual(answer, [
    'a.example.org. 7 IN CNAME b.example.org.', 'b.example.org. 8 IN CNAME Endpoints.of.a.Large.service.example.net.',
    'Endpoints.of.a.Large.service.example.net. 5 IN A 192.0.0.0', 'Endpoints.of.a.Large.service.example.net. 5 IN A 192.0.0.1',
    'b.example.org. 5 IN A 192.0.0.0',
  ]);
  assert.equal(truncated, false);
});

test('four thousand addresses fit, since their owner is written once; of more some are left out, and TC says so', () => {
  const whole = told(addresses(4000));
  assert.deepEqual([whole.whole, whole.answer.length, whole.truncated], [true, 4002, false]);
  const cut = told(addresses(5000));
  assert.deepEqual([cut.whole, cut.truncated], [false, true]);
  assert.ok(cut.answer.length > 4002 && cut.length < 65535, `${cut.answer.length} records in ${cut.length} bytes`);
  const others = told(addresses(5000, NEXT));
  assert.deepEqual([others.whole, others.truncated], [false, true]);
});
