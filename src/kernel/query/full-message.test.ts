// Replies that are as long as a message can be: what does not fit is left out, whatever the client sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { message } from '../../dns/parts.ts';
import type { RR } from '../../dns/rr.ts';
import { finish } from './finish.ts';
import { Query } from './query.ts';
import { WELCOME, receive } from './receive.ts';

const NAME = Name.parse('large.example.org.');
const records: readonly RR[] = Array.from({ length: 5000 }, (_, i) =>
  ({ name: NAME, type: 1, class: 1, ttl: 5, rdata: Uint8Array.of(192, 0, i >> 8, i & 255) }));

/** A question over TCP with so many bytes of padding. */
function padded(padding: number): Query {
  const options = [{ code: 12, data: new Uint8Array(padding) }];
  const edns = { udpSize: 1232, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options };
  const packet = encodeMessage(message({ question: { name: NAME, type: 1, class: 1 }, edns }), { compress: false });
  const query = Query.alone(packet.length);
  query.bytes.set(packet, query.at);
  query.arrive(packet.length, { stream: true, service: { echoes: () => true } } as never);
  assert.equal(receive(query), WELCOME);
  return query;
}

test('records that do not fit into a reply are left out of it, those of later sections too', () => {
  const reply = padded(0).reply({ answer: records, additional: records.slice(0, 1) });
  assert.equal(reply.truncated, true);
  assert.ok(reply.answers > 4000 && reply.length < 65535, `${reply.answers} records in ${reply.length} bytes`);
  assert.equal(reply.additionals, 0);
});

test('an OPT has room behind a full reply, however long its options are', () => {
  for (const padding of [0, 100, 300, 400, 5000, 40_000, 61_000, 65_200, 65_300, 65_450]) {
    const query = padded(padding);
    const reply = finish(query, query.reply({ answer: records }))!;
    assert.ok(reply.length <= 65535, `${reply.length} bytes with ${padding} of padding`);
    const { answer, edns, truncated } = { ...decodeMessage(reply.bytes, reply.at, reply.length), truncated: reply.truncated };
    assert.ok(truncated && answer.length > 200, `${answer.length} records with ${padding} bytes of padding`);
    assert.equal(edns!.options[0]?.data.length ?? 0, padding > 62_000 ? 0 : padding);
    const small = padded(padding);
    assert.equal(finish(small, small.reply({ answer: records.slice(0, 1) }))!.answers, 1);
  }
});

test('a reply whose names become longer is cut too', () => {
  const longer = { ...records[0]!, type: 16, rdata: Uint8Array.of(19, ...new Uint8Array(19)) };
  const reply = padded(0).reply({ answer: records.slice(0, 2) }).with({ answer: records.map(() => longer) });
  assert.equal(reply.truncated, true);
  const { answer } = decodeMessage(reply.bytes, reply.at, reply.length);
  assert.ok(answer.length > 1500 && reply.length < 65535, `${answer.length} records in ${reply.length} bytes`);
});
