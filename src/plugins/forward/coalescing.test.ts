// One question under way for all who want to know the same, and for nobody else. No network and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { message } from '../../dns/parts.ts';
import type { Message } from '../../kernel/query/message.ts';
import { FakeDatagrams } from '../../testing/fake-datagrams.ts';
import { InProcess } from '../../testing/in-process.ts';
import forward from './index.ts';
import { a, respond, setUp } from './rig.test.ts';

const edns = (udpSize: number, dnssecOk = false, options: readonly { code: number; data: Uint8Array }[] = []) =>
  ({ udpSize, version: 0, dnssecOk, z: 0, extendedRcode: 0, options });

test('two thousand ask one name at once: one question, and each gets a reply of its own', async () => {
  const { ask, datagrams } = setUp();
  const spell = (i: number) => (i % 2 === 0 ? 'www.example.org' : 'WWW.Example.ORG');
  const all = Array.from({ length: 2000 }, (_, i) => ask(spell(i)));
  const sent = datagrams.sent();
  assert.equal(sent.length, 1);
  respond(sent[0]!, { answer: a(2) });
  for (const [i, { query, outcome, answer }] of all.entries()) {
    assert.equal(await outcome, 'reply 0 answers 2');
    const { bytes, at } = await answer as Message;
    assert.equal(Name.read(bytes, at + 12, bytes.length, at).text, `${spell(i)}.`);
    assert.equal(bytes, query.bytes);
  }
  ask();
  assert.equal(datagrams.sent().length, 1);
});

test('what the upstream would see otherwise is another question', () => {
  const ecs = { code: 8, data: Uint8Array.of(0, 1, 24, 0, 192, 0, 2) };
  const { ask, datagrams } = setUp();
  const count = (...of: readonly Parameters<typeof ask>[]) => {
    for (const each of of) ask(...each);
    return datagrams.sent().length;
  };
  assert.equal(count(['a.test'], ['b.test'], ['a.test'], ['A.test']), 2);
  assert.equal(count(['a.test', edns(1232)], ['a.test', edns(1232, true)], ['a.test', edns(4096)], ['a.test', edns(1232)]), 3);
  assert.equal(count(['c.test', edns(1232, false, [ecs])], ['c.test', edns(1232)], ['c.test', edns(1232, false, [ecs])]), 2);
});

test('a failure reaches all, with the text for each of them', async () => {
  const { ask, clock } = setUp({ maxConnectAttempts: 1 }, { upstreams: 1 });
  const all = [ask(), ask(), ask()];
  await clock.elapse(3000);
  for (const { outcome } of all) assert.match(await outcome, /i\/o timeout EDE 22$/);
});

test('where the reply hands the query on, each of them goes on by itself', async () => {
  const { ask, datagrams } = setUp({ next: [3] }, { alternate: true });
  const all = [ask(), ask()];
  respond(datagrams.sent()[0]!, { rcode: 3 });
  for (const { outcome } of all) assert.equal(await outcome, 'reply 9 answers 0');
});

test('all who wait count for max_concurrent', async () => {
  const { ask, datagrams } = setUp({ maxConcurrent: 2 });
  const first = ask();
  const second = ask();
  assert.match(await ask().outcome, /^failure 5/);
  respond(datagrams.sent()[0]!);
  await Promise.all([first.outcome, second.outcome]);
  const [third, fourth] = [ask(), ask()];
  respond(datagrams.sent()[0]!);
  assert.deepEqual(await Promise.all([third.outcome, fourth.outcome]), ['reply 0 answers 0', 'reply 0 answers 0']);
});

test('many variants of one question are no more guesses for a forger: they go over TCP', () => {
  const { ask, datagrams } = setUp();
  for (let size = 512; size < 612; size++) ask('a.test', edns(size));
  assert.equal(datagrams.sent().length, 4);
});

test('a question by which a server finds out that it forwards to itself comes back to it', () => {
  const { ask, datagrams } = setUp();
  for (let i = 0; i < 3; i++) ask('1.2.test', undefined, 13);
  assert.equal(datagrams.sent().length, 3);
});

test('through the front door: one question for all over UDP, one for all over TCP', async () => {
  const datagrams = new FakeDatagrams();
  const server = new InProcess([forward], datagrams);
  assert.equal(await server.start('. {\n    forward . 192.0.2.53 {\n        prefer_udp\n    }\n}\n'), undefined);
  const question = { name: Name.parse('www.example.org'), type: 1, class: 1 };
  const exchanges = Array.from({ length: 300 }, (_, id) => {
    const packet = encodeMessage(message({ id, flags: 0x100, question }), { compress: false });
    return server.exchange({ packet, tcp: id % 3 === 0, at: undefined, from: `192.0.2.${id % 200}`, waiting: 0 });
  });
  const sent = datagrams.sent();
  assert.equal(sent.length, 2);
  for (const each of sent) respond(each, { answer: a(1) });
  for (const [id, exchange] of exchanges.entries()) {
    const [bytes] = await exchange;
    const reply = decodeMessage(bytes!);
    assert.deepEqual([reply.id, reply.answer.length, reply.question!.name.text], [id, 1, 'www.example.org.']);
  }
  await server.close();
});
