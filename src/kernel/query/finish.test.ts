// The last steps of a reply: the OPT is the client's, room is kept only for what is there, and a seal comes after everything else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { setU16, u16 } from '../../dns/packet.ts';
import { message as partsOf } from '../../dns/parts.ts';
import type { RR } from '../../dns/rr.ts';
import { plugins as transferring } from '../../plugins/transfer/made.test.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { insert } from '../site/order.ts';
import { definePlugin } from '../site/plugin.ts';
import { finish, forecast } from './finish.ts';
import { TC } from './message.ts';
import type { Message } from './message.ts';
import { upon } from './outcome.ts';
import { Query } from './query.ts';
import { WELCOME, receive } from './receive.ts';

const NAME = Name.parse('a.test.');
const text = (length: number): RR => ({ name: NAME, type: 16, class: 1, ttl: 5, rdata: new Uint8Array(length) });

interface Asked {
  readonly edns?: boolean;
  readonly udpSize?: number;
  readonly dnssecOk?: boolean;
  readonly stream?: boolean;
  readonly options?: readonly { readonly code: number; readonly data: Uint8Array }[];
}
/** A question that was received. Option 65001 comes back. */
function asking({ edns = true, udpSize = 1232, dnssecOk = false, stream = false, options = [] }: Asked = {}): Query {
  const opt = { udpSize, version: 0, dnssecOk, z: 0, extendedRcode: 0, options };
  const question = { name: NAME, type: 16, class: 1 };
  const packet = encodeMessage(partsOf(edns ? { question, edns: opt } : { question }), { compress: false });
  const query = Query.alone(packet.length);
  query.bytes.set(packet, query.at);
  query.bytes[query.peerAt] = 2;
  query.arrive(packet.length, { transport: 'udp', stream, service: { echoes: (code: number) => code === 65001 } } as never);
  assert.equal(receive(query), WELCOME);
  return query;
}
const decoded = (message: Message) => decodeMessage(message.bytes, message.at, message.length);

/** Adds a TXT record whose text says how many records stand before it: a signature of everything that is sent. */
const seal = (room: number) => ({
  room,
  seal(message: Message) {
    const before = message.length;
    message.ensure(room);
    const { bytes, at } = message;
    bytes.fill(0, at + before, at + before + room);
    setU16(bytes, at + before + 1, 65_280);
    setU16(bytes, at + before + 9, room - 11);
    setU16(bytes, at + before + 11, before);
    message.length += room;
    setU16(bytes, at + 10, message.additionals + 1);
  },
});
const signing = definePlugin({
  name: 'signing', parse: ([line]) => Number(line.arg()),
  create: (room) => ({
    handle(query, next) {
      query.seal = seal(room);
      return next(query);
    },
  }),
});
const plugins = insert(transferring, signing, { before: 'dns64' });

/** The last record of a message, and what it says about those before it. */
function sealOf(bytes: Uint8Array): { readonly type: number; readonly before: number } {
  const { additional } = decodeMessage(bytes);
  const last = additional.at(-1)!;
  return { type: last.type, before: u16(last.rdata, 0) };
}

test('a seal is the last thing in a reply, and the reply fits with it, however tight the size', async (t) => {
  const server = new InProcess(plugins);
  const many = Array.from({ length: 40 }, (_, i) => `192.0.2.${i} many.test`).join('\n        ');
  const corefile = `.:53 {\n    signing 60\n    cache\n    hosts {\n        192.0.2.1 a.test\n        ${many}\n    }\n}\n`;
  assert.equal(await server.start(corefile), undefined);
  t.after(() => server.close());
  for (const [question, limit] of [['a.test A', 512], ['many.test A', 512], ['many.test A +bufsize=600', 600],
    ['many.test A +bufsize=700 +do', 700], ['many.test A +bufsize=4096', 4096], ['none.test A +bufsize=512', 512],
    ['many.test A tcp', 65535]] as const) {
    const [reply] = await server.exchange(parseAsk(question));
    assert.ok(reply!.length <= limit, `${question}: ${reply!.length} bytes`);
    assert.deepEqual(sealOf(reply!), { type: 65_280, before: reply!.length - 60 });
    assert.equal(decodeMessage(reply!).edns !== undefined, question.includes('+'), question);
  }
});

test('each message of a transfer has its seal', async (t) => {
  const server = new InProcess(plugins);
  assert.equal(await server.start('test:53 {\n    signing 120\n    transfer {\n        to *\n    }\n    made one.test. 7\n}\n'), undefined);
  t.after(() => server.close());
  const replies = await server.exchange(parseAsk('one.test AXFR tcp +edns'));
  assert.ok(replies.length > 0);
  for (const reply of replies) assert.deepEqual(sealOf(reply), { type: 65_280, before: reply.length - 120 });
});

test('a reply that fits with its OPT is given whole over TCP (F4), and by one byte more it is cut', () => {
  const most = 65535 - 12 - 12 - 12;
  for (const [edns, length] of [[true, most - 11], [true, most - 11 - 250], [false, most], [true, most - 10], [false, most + 1]] as const) {
    const query = asking({ edns, stream: true });
    const made = query.begin(0, 0);
    made.append(text(length), 6);
    const reply = finish(query, made)!;
    const whole = length <= (edns ? most - 11 : most);
    assert.deepEqual([reply.answers, reply.truncated], whole ? [1, false] : [0, true], `${length} bytes`);
    assert.equal(decoded(reply).edns !== undefined, edns);
  }
});

test('the OPT is the client\'s: none for who sent none, its size and DO, and the options of who answers them', () => {
  const option = { code: 8, data: Uint8Array.of(0, 1, 24, 24, 192, 0, 2) };
  fc.assert(fc.property(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean(), fc.nat(65535), (edns, dnssecOk, own, ownDo, udpSize) => {
    const options = [{ code: 10, data: new Uint8Array(8) }, { code: 65001, data: Uint8Array.of(7) }, { code: 3, data: new Uint8Array(0) }];
    const query = asking({ edns, dnssecOk, udpSize, options });
    const made = query.begin(0, 0);
    made.append(text(20), 6);
    if (own) made.setEdns({ udpSize: 4096, version: 0, dnssecOk: ownDo, z: 0, extendedRcode: 0, options: [option] });
    query.extendedError = { code: 9, text: 'why' };
    const parts = decoded(finish(query, made)!);
    assert.equal(parts.answer.length, 1);
    if (!edns) return assert.equal(parts.edns, undefined);
    assert.deepEqual([parts.edns!.udpSize, parts.edns!.dnssecOk], [udpSize, dnssecOk]);
    assert.deepEqual(parts.edns!.options.map(({ code }) => code), own ? [8, 15] : [65001, 15]);
  }));
});

test('an rcode that needs an OPT is told to who sent one; to others it is a failure', () => {
  for (const edns of [true, false]) {
    const query = asking({ edns });
    const made = query.begin(0, 0);
    made.rcode = 23;
    assert.equal(decoded(finish(query, made)!).rcode, edns ? 23 : 2);
  }
});

test('a forecast says what will be done', () => {
  const sizes = fc.array(fc.integer({ min: 2, max: 300 }), { maxLength: 12 });
  fc.assert(fc.property(fc.boolean(), fc.nat(1500), sizes, fc.nat(60), (edns, udpSize, records, room) => {
    const query = asking({ edns, udpSize, options: [{ code: 10, data: new Uint8Array(8) }] });
    if (room > 20) query.seal = seal(room);
    const made = query.begin(0, 0);
    for (const length of records) made.append(text(length), 6);
    const said = { truncates: false, requestLength: 0 };
    forecast(query, made, said);
    const reply = finish(query, made)!;
    assert.equal(said.truncates, (reply.flags & TC) !== 0);
    assert.equal(said.requestLength, query.length - (edns ? 12 : 0));
    assert.ok(reply.length <= query.limit);
  }));
});

test('what parts do to a reply after the client\'s question was changed stays out of its OPT', async (t) => {
  const adding = definePlugin({
    name: 'adding', parse: () => undefined,
    create: () => ({
      handle: (query, next) => upon(next(query), (outcome) => {
        if (outcome.kind === 'reply') outcome.setEdns({ udpSize: 4096, version: 0, dnssecOk: true, z: 0, extendedRcode: 0, options: [] });
        return outcome;
      }, query),
    }),
  });
  const server = new InProcess(insert(plugins, adding, { before: 'forward' }));
  assert.equal(await server.start('.:53 {\n    cache\n    adding\n    whoami\n}\n'), undefined);
  t.after(() => server.close());
  for (const question of ['a.test A', 'a.test A', 'a.test A tcp']) assert.equal((await server.ask(parseAsk(question)))[0]!.edns, undefined);
  for (const flag of ['+edns', '+do']) {
    const { edns } = (await server.ask(parseAsk(`a.test A ${flag}`)))[0]!;
    assert.deepEqual([edns!.udpSize, edns!.dnssecOk], [1232, flag === '+do']);
  }
});
