// Many who ask the same at once: one question goes on, and each gets a reply of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { AD, CD, RD, TC, message } from '../../dns/parts.ts';
import type { Parts } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import { parseRR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { RA } from '../../kernel/query/message.ts';
import { drop, failure } from '../../kernel/query/outcome.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import cancel from '../cancel/index.ts';
import { InProcess } from '../../testing/in-process.ts';
import cache from './index.ts';

/** What the cache handed on: answered when the test says so. */
class Below {
  readonly asked: { readonly query: Query; readonly name: string; readonly answer: (outcome: Outcome) => void }[] = [];
  readonly plugin = definePlugin({
    name: 'below', parse: () => 0, create: () => ({
      handle: (query) => new Promise<Outcome>((answer) => void this.asked.push({ query, name: query.name.text, answer })),
    }),
  });
  /** Answers what was asked first with one record, over a name of which the reply has TTL 60. */
  reply(flags = RA | AD): void {
    const { query, name, answer } = this.asked.shift()!;
    const reply = query.reply({ answer: [parseRR(`${name} 60 IN A 192.0.2.1`)!] });
    reply.setFlags(flags);
    answer(reply);
  }
}
interface Asking {
  readonly id?: number;
  readonly flags?: number;
  readonly edns?: number;
  readonly tcp?: boolean;
}
async function served(use: (server: InProcess, below: Below) => Promise<void>, lines = 'cache\n'): Promise<void> {
  const below = new Below();
  const server = new InProcess([cancel, cache, below.plugin]);
  try {
    assert.equal(await server.start(`. {\n    ${lines}\n    below\n}\n`), undefined);
    await use(server, below);
  } finally {
    await server.close();
  }
}
async function ask(server: InProcess, name: string, asking: Asking = {}): Promise<Parts | undefined> {
  const { id = 7, flags = RD, edns = 0, tcp = false } = asking;
  const opt = edns === 0 ? undefined : { udpSize: edns, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options: [] };
  const question = { name: Name.parse(name), type: TYPE.A, class: 1 };
  const packet = encodeMessage(message({ id, flags, question, edns: opt }), { compress: false });
  const [bytes] = await server.exchange({ packet, tcp, from: undefined, at: undefined, waiting: 0 });
  return bytes === undefined ? undefined : decodeMessage(bytes);
}

/** The i-th of many clients: what it asks, and what it wants to see. */
function client(i: number) {
  const flags = (i % 3 === 0 ? 0 : RD) | (i % 5 === 0 ? AD : 0);
  const name = i % 2 === 0 ? 'www.example.org.' : 'WwW.Example.ORG.';
  return { name, asking: { id: i, flags, edns: i % 7 === 0 ? 1232 : 0, tcp: i % 11 === 0 } };
}
const together = '2,000 ask one name at once: one question goes on, each gets its own id, spelling, flags and OPT';
test(together, () => served(async (server, below) => {
  const all = Array.from({ length: 2000 }, (_, i) => ask(server, client(i).name, client(i).asking));
  assert.equal(below.asked.length, 1);
  below.reply();
  for (const [i, reply] of (await Promise.all(all)).entries()) {
    const { id, question, answer, flags, edns, rcode } = reply!;
    const { name, asking } = client(i);
    assert.deepEqual({ id, rcode, name: question!.name.text }, { id: i, rcode: 0, name });
    assert.equal(answer.length, 1);
    assert.ok(answer[0]!.name.equals(question!.name));
    assert.equal(flags & (RD | AD | RA), asking.flags | RA);
    assert.equal(edns?.udpSize ?? 0, asking.edns);
  }
  assert.equal(below.asked.length, 0);
}));

test('another type, or CD, is another question; the next one after a reply that is not kept too', () => served(async (server, below) => {
  const both = [ask(server, 'a.test.'), ask(server, 'a.test.', { flags: RD | CD }), ask(server, 'b.test.')];
  assert.equal(below.asked.length, 3);
  while (below.asked.length > 0) below.reply(RA | TC);
  for (const reply of await Promise.all(both)) assert.notEqual(reply!.flags & TC, 0);
  const again = ask(server, 'a.test.');
  assert.equal(below.asked.length, 1);
  below.reply();
  assert.equal((await again)!.answer.length, 1);
}));

test('a failure is everybody\'s, with its reason; a question that is dropped is nobody\'s', () => served(async (server, below) => {
  const failing = [ask(server, 'a.test.', { edns: 1232 }), ask(server, 'a.test.', { edns: 1232 }), ask(server, 'a.test.')];
  const { query, answer } = below.asked.shift()!;
  query.extendedError = { code: 22, text: 'no upstream answered in time' };
  answer(failure(RCODE.SERVFAIL, new Error('i/o timeout')));
  const got = await Promise.all(failing);
  assert.deepEqual(got.map((reply) => reply!.rcode), [RCODE.SERVFAIL, RCODE.SERVFAIL, RCODE.SERVFAIL]);
  for (const reply of got.slice(0, 2)) assert.deepEqual([...reply!.edns!.options[0]!.data.subarray(0, 2)], [0, 22]);
  const dropped = [ask(server, 'b.test.'), ask(server, 'b.test.')];
  below.asked.shift()!.answer(drop());
  assert.deepEqual(await Promise.all(dropped), [undefined, undefined]);
  assert.equal(below.asked.length, 0);
}));

test('what was cut for one client is not for those who can have more: they ask again, together', () => served(async (server, below) => {
  const small = [ask(server, 'a.test.'), ask(server, 'a.test.')];
  const large = [ask(server, 'a.test.', { edns: 4096 }), ask(server, 'a.test.', { tcp: true }), ask(server, 'a.test.', { tcp: true })];
  assert.equal(below.asked.length, 1);
  below.reply(RA | TC);
  for (const reply of await Promise.all(small)) assert.notEqual(reply!.flags & TC, 0);
  assert.equal(below.asked.length, 1);
  assert.ok(below.asked[0]!.query.stream);
  below.reply();
  for (const reply of await Promise.all(large)) assert.equal(reply!.flags & TC, 0);
  assert.equal(below.asked.length, 0);
}));

test('that one client\'s time is over ends no other\'s', () => served(async (server, below) => {
  const first = ask(server, 'a.test.');
  await server.elapse(900);
  const second = ask(server, 'a.test.');
  assert.equal(below.asked.length, 1);
  await server.elapse(200);
  below.asked.shift()!.answer(failure(RCODE.SERVFAIL, new Error('i/o timeout')));
  assert.equal((await first)!.rcode, RCODE.SERVFAIL);
  assert.equal(below.asked.length, 1);
  below.reply();
  assert.equal((await second)!.answer.length, 1);
}, 'cancel 1s\n    cache\n'));

test('what has expired is verified with one question, and all get what came of it', () => served(async (server, below) => {
  const first = ask(server, 'a.test.');
  below.reply();
  assert.equal((await first)!.answer[0]!.ttl, 60);
  await server.elapse(61_000);
  const failing = [ask(server, 'a.test.'), ask(server, 'A.test.')];
  assert.equal(below.asked.length, 1);
  below.asked.shift()!.answer(failure(RCODE.SERVFAIL, new Error('i/o timeout')));
  for (const reply of await Promise.all(failing)) assert.deepEqual(reply!.answer.map(({ ttl }) => ttl), [0]);
  const verified = [ask(server, 'a.test.'), ask(server, 'A.test.')];
  assert.equal(below.asked.length, 1);
  below.reply();
  for (const reply of await Promise.all(verified)) assert.deepEqual(reply!.answer.map(({ ttl }) => ttl), [60]);
}, 'cache {\n        serve_stale 1h verify\n    }\n'));

test('a question that leads to itself on the way does not wait for itself', async () => {
  const other = (query: Query) => Name.parse(query.name.text === 'a.test.' ? 'b.test.' : 'a.test.');
  const circle = definePlugin({
    name: 'below', parse: () => 0, create: () => ({
      handle: async (query) => {
        await undefined;
        return query.resolve({ name: other(query) });
      },
    }),
  });
  const server = new InProcess([cache, circle]);
  try {
    assert.equal(await server.start('. {\n    cache\n    below\n}\n'), undefined);
    assert.equal((await ask(server, 'a.test.'))!.rcode, RCODE.SERVFAIL);
  } finally {
    await server.close();
  }
});
