// Replies of upstreams that are not as they should be: what is mended, what is cut, and what fails and says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../../dns/message.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Message } from '../../kernel/query/message.ts';
import { a, respond, setUp } from './rig.test.ts';

const POINTER = [0xc0, 12];
/** A record of class IN, or an OPT, with a length that may lie. */
const record = (type: number, data: readonly number[], { length = data.length, owner = POINTER as readonly number[], klass = 1 } = {}) =>
  [...owner, 0, type, klass >> 8, klass & 255, 0, 0, 0, 60, length >> 8, length & 255, ...data];
const address = record(TYPE.A, [192, 0, 2, 1]);
const opt = (data: readonly number[] = [], length = data.length) => record(TYPE.OPT, data, { length, owner: [0], klass: 1232 });

interface Counts { readonly answer?: number; readonly authority?: number; readonly additional?: number }
/** What becomes of a reply with these records; whoever asks again gets the same. */
async function told(records: readonly number[], { answer = 0, authority = 0, additional = 0 }: Counts, rcode = 0, edns = false) {
  const { ask, datagrams } = setUp({}, { upstreams: 1 });
  const opts = edns ? { udpSize: 1232, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options: [] } : undefined;
  const { query, outcome, answer: promise } = ask('www.example.org', opts);
  let asked = 0;
  for (let sent = datagrams.sent(); sent.length > 0; sent = datagrams.sent()) {
    const { socket, packet } = sent[0]!;
    const end = query.questionEnd;
    const reply = Uint8Array.from([...packet.slice(0, end), ...records]);
    [reply[2], reply[3], reply[7], reply[9], reply[11]] = [0x81, rcode, answer, authority, additional];
    socket.deliver(reply);
    asked++;
  }
  const text = await outcome;
  const message = await promise as Message;
  return { text, asked, error: query.extendedError?.text, message };
}

test('a record that does not parse is SERVFAIL that says so; the upstream is asked as often as for any error', async () => {
  const broken: readonly (readonly [string, readonly number[]])[] = [
    ['A of five octets', record(TYPE.A, [192, 0, 2, 1, 9])], ['A of three octets', record(TYPE.A, [192, 0, 2])],
    ['AAAA of four octets', record(TYPE.AAAA, [192, 0, 2, 1])], ['a string that is longer than its record', record(TYPE.TXT, [5, 65])],
    ['MX without a name', record(15, [0])], ['CNAME with bytes behind the name', record(5, [0xc0, 12, 0])],
    ['HTTPS with keys out of order', record(65, [0, 1, 0, 0, 3, 0, 2, 1, 187, 0, 1, 0, 3, 2, 104, 50])],
    ['NSEC with an empty window', record(47, [0, 0, 0])], ['APL with a prefix too long', record(42, [0, 1, 40, 4, 192, 0, 2, 1])],
    ['a name with a reserved label type', record(TYPE.A, [192, 0, 2, 1], { owner: [0x80, 1] })],
  ];
  for (const rcode of [0, 1, 5]) {
    for (const [what, records] of broken) {
      const { text, asked, error } = await told(records, { answer: 1 }, rcode);
      assert.match(text, /^failure 2: dns: malformed message: .* at octet \d+ EDE 23$/, what);
      assert.deepEqual([asked, error], [2, 'the reply of the upstream was malformed'], what);
    }
  }
});

test('a datagram that ends in the middle of a record is cut: the client comes back over TCP', async () => {
  const short: readonly (readonly number[])[] = [
    record(TYPE.A, [1, 2], { length: 9 }), [...address, 0xc0], [...address, ...POINTER, 0, 1, 0, 1, 0], [...address, 3, 119, 119],
  ];
  for (const records of short) {
    const { text, asked } = await told(records, { answer: 2 });
    assert.deepEqual([text, asked], ['reply 0 answers 0 tc', 1]);
  }
  const { ask, datagrams } = setUp();
  const large = ask();
  respond(datagrams.sent()[0]!, { answer: a(40) });
  assert.equal(await large.outcome, 'reply 0 answers 0 tc');
});

test('an OPT that is not among the additional records, and a second one, are left out', async () => {
  const odd: readonly (readonly [readonly number[], Counts, boolean])[] = [
    [[...address, ...opt()], { answer: 2 }, false], [[...opt(), ...address], { answer: 2 }, false],
    [[...address, ...opt()], { answer: 1, authority: 1 }, false], [[...address, ...opt(), ...opt()], { answer: 1, additional: 2 }, true],
    [[...address, ...opt(), ...address, ...opt()], { answer: 1, additional: 3 }, true],
    [[...address, ...opt(), ...opt()], { answer: 2, additional: 1 }, true],
  ];
  for (const [records, counts, kept] of odd) {
    const { text, message } = await told(records, counts, 0, true);
    assert.equal(text, 'reply 0 answers 1');
    const { bytes, at, length } = message;
    const { answer, authority, additional, edns } = decodeMessage(bytes, at, length);
    assert.deepEqual([answer.length, authority.length, edns !== undefined], [1, 0, kept]);
    assert.ok(additional.every(({ type }) => type !== TYPE.OPT));
    assert.equal(message.optAt !== 0, kept);
  }
});

test('options that run over the end of their OPT make a malformed reply', async () => {
  for (const data of [[0, 10, 0, 8, 1], [0, 10], [0, 10, 0, 0, 0]]) {
    const { text } = await told([...address, ...opt(data)], { answer: 1, additional: 1 });
    assert.match(text, /^failure 2: dns: malformed message: .* EDE 23$/);
  }
});

test('an owner that points on, into its own TTL, is written out: it stays what it is when that counts down', async () => {
  const { text, message } = await told(record(TYPE.A, [192, 0, 2, 1], { owner: [0xc0, 39] }), { answer: 1 });
  assert.equal(text, 'reply 0 answers 1');
  const { bytes, at, length } = message;
  assert.equal(bytes[at + 33], 0);
  assert.equal(decodeMessage(bytes, at, length).answer[0]!.name.text, '.');
});
