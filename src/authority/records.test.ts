// Records written into a reply are read as they are meant, however long the reply is, and those that do not fit set TC.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { decodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { AA, TC } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import { loneQuery } from '../testing/lone-query.ts';
import { CLUSTER_SOA } from '../plugins/kubernetes/answers/soa.ts';
import { soaRecord, writeSoa } from './soa.ts';
import { ADDITIONAL, ANSWER, AUTHORITY, address, answerAddress, hasRoom, record } from './records.ts';

const octets = (i: number) => Uint8Array.of(10, i >> 16, i >> 8, i);
const read = (reply: Message) => decodeMessage(reply.bytes.slice(reply.at, reply.at + reply.length));

test('what points behind offset 16383 has its owner in full', () => {
  const query = loneQuery('Big.example.org.', 33);
  const reply = query.begin(AA, 0);
  const target = Name.parse('a.b.Example.net.');
  const bytes = latin1Bytes(target.raw);
  const offsets: number[] = [];
  for (let i = 0; i < 1000; i++) {
    assert.ok(hasRoom(reply, 12 + bytes.length));
    const at = record(reply, ANSWER, 12, 5, 60, bytes.length);
    reply.bytes.set(bytes, at);
    offsets.push(at - reply.at);
  }
  assert.ok(offsets.at(-1)! > 0x3fff);
  offsets.forEach((offset, i) => assert.ok(address(reply, ADDITIONAL, offset, 60, octets(i), 0, 4)));
  const { answer, additional } = read(reply);
  assert.equal(answer.length, 1000);
  assert.ok(answer.every(({ name }) => name.text === 'Big.example.org.'));
  assert.equal(additional.length, 1000);
  additional.forEach(({ name, rdata }, i) => assert.deepEqual([name.text, ...rdata], [target.text, ...octets(i)]));
});
test('a reply is never longer than a message, and says that something is missing', () => {
  const query = loneQuery('big.example.org.', 1);
  const reply = query.begin(AA, 0);
  let written = 0;
  while (answerAddress(reply, 60, octets(written), 0, 4)) written++;
  assert.ok(written > 4000 && reply.length < 65536);
  assert.ok(reply.truncated);
  const message = read(reply);
  assert.equal(message.answer.length, written);
  assert.notEqual(message.flags & TC, 0);
});
test('an SOA is the same as a record and in a reply, and tells what it is longer by without pointers', () => {
  const label = fc.constantFrom('a', 'Cluster', 'x'.repeat(30));
  const labels = fc.array(label, { maxLength: 3 });
  const numbers = fc.tuple(fc.nat(86400), fc.nat(0xffffffff));
  fc.assert(fc.property(fc.array(label, { maxLength: 1 }), labels, numbers, fc.boolean(), (before, zone, [ttl, serial], apart) => {
    const asked = Name.of([...before, ...zone]);
    const owner = Name.of(zone);
    const query = loneQuery(asked, 6);
    const reply = query.begin(AA, 0);
    const bare = reply.length;
    const size = owner.raw.length;
    const where = apart ? latin1Bytes(owner.raw) : 12 + asked.raw.length - size;
    const gain = writeSoa(reply, AUTHORITY, where, size, ttl, serial, CLUSTER_SOA);
    const [written] = read(reply).authority;
    const expected = soaRecord(owner, ttl, serial, CLUSTER_SOA);
    assert.deepEqual([written!.name.text, written!.ttl, ...written!.rdata], [owner.text, Math.min(ttl, 300), ...expected.rdata]);
    assert.equal(reply.length - bare + gain, owner.raw.length + 10 + expected.rdata.length);
  }), { numRuns: 200 });
});
