// Any bytes from an upstream, through `forward` and `cache`: what the client gets is judged. Knows what every reply must be; knows no
// reply.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { anyName, anyRecord, bytes, number } from '../../src/dns/arbitraries.test.ts';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import type { Parts } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { message } from '../../src/dns/parts.ts';
import { TYPE } from '../../src/dns/type-name.ts';
import { standard } from '../../src/plugins/index.ts';
import { FakeDatagrams } from '../../src/testing/fake-datagrams.ts';
import { InProcess } from '../../src/testing/in-process.ts';
import { replies } from './packet.ts';
import { target } from './target.ts';

/** One attempt a question; with a cache, and without one. */
const COREFILE = `
.:5304 {
    errors
    cache 30
    forward . 192.0.2.53 {
        max_connect_attempts 1
        max_fails 0
        read_timeout 100ms
    }
}
.:5305 {
    forward . 192.0.2.53 {
        max_connect_attempts 1
        max_fails 0
        read_timeout 100ms
    }
}
`;
const datagrams = new FakeDatagrams();
let server: InProcess | undefined;
async function running(): Promise<InProcess> {
  if (server !== undefined) return server;
  const started = new InProcess(standard, datagrams);
  assert.equal(await started.start(COREFILE), undefined);
  server = started;
  return started;
}
/** Ends the server that the cases were thrown at. */
export async function ended(): Promise<void> {
  await server?.close();
}

const POINTER = [0xc0, 12];
/** Records as an upstream may write them: sound ones, OPTs with owners and data of all kinds, and some that are broken. */
const owner = fc.oneof(
  { weight: 6, arbitrary: fc.constant(POINTER) },
  { weight: 2, arbitrary: anyName.map(({ raw }) => [...raw].map((byte) => byte.charCodeAt(0))) },
  { weight: 1, arbitrary: fc.constantFrom([0xc0, 0xff], [0xff, 0xff], [0x80], [0xc0, 30], [1, 97, 0xc0, 12]) },
);
const written = (owner: readonly number[], type: number, klass: number, ttl: number, data: Iterable<number>, lie = 0) => {
  const rdata = [...data];
  const size = Math.max(0, rdata.length + lie);
  return [...owner, type >> 8, type & 255, klass >> 8, klass & 255, ttl >>> 24, (ttl >> 16) & 255, (ttl >> 8) & 255, ttl & 255, size >> 8,
    size & 255, ...rdata];
};
const lie = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -3, max: 3 }) });
const sound = fc.tuple(owner, anyRecord, lie)
  .map(([at, { type, class: klass, ttl, rdata }, off]) => written(at, type, klass, ttl, rdata, off));
const address = fc.tuple(number(31), bytes(4)).map(([ttl, data]) => written(POINTER, 1, 1, ttl, data));
const options = fc.oneof(
  fc.constant(new Uint8Array(0)), fc.constantFrom(Uint8Array.of(0, 3, 0, 1, 7), Uint8Array.of(0, 10, 0, 9, 1)), bytes(0, 12),
);
const opt = fc.tuple(fc.oneof(fc.constant([0]), owner), number(16), number(31), options)
  .map(([at, size, ttl, data]) => written(at, TYPE.OPT, size, ttl, data));
const soa = fc.constant(written([0], 6, 1, 60, [0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]));
const record = fc.oneof({ weight: 4, arbitrary: address }, { weight: 3, arbitrary: sound }, { weight: 3, arbitrary: opt },
  { weight: 1, arbitrary: soa });
const count = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -1, max: 2 }) });
const section = fc.record({ records: fc.array(record, { maxLength: 3 }), off: count });

/** A reply in parts: flags, rcode, and for each section its records and how far its count is from the truth. */
const inParts = fc.record({
  head: fc.constantFrom(0x81, 0x85, 0x83, 0x80), rcode: fc.constantFrom(0, 0, 0, 0x80, 3, 0x83, 2, 5, 1, 0xa0),
  sections: fc.tuple(section, section, section), behind: fc.oneof({ weight: 9, arbitrary: fc.constant(new Uint8Array(0)) },
    { weight: 1, arbitrary: bytes(1, 6) }),
});
interface InParts {
  readonly head: number;
  readonly rcode: number;
  readonly sections: readonly { readonly records: readonly (readonly number[])[]; readonly off: number }[];
  readonly behind: Uint8Array;
}
function assembled(question: Uint8Array, { head, rcode, sections, behind }: InParts): Uint8Array {
  const reply = Uint8Array.from([...question, ...sections.flatMap(({ records }) => records.flat()), ...behind]);
  [reply[2], reply[3]] = [head, rcode];
  for (const [i, { records, off }] of sections.entries()) reply[7 + 2 * i] = Math.max(0, records.length + off);
  return reply;
}

const sample = encodeMessage(message({ flags: 0x8100, question: { name: Name.parse('n.test'), type: 1, class: 1 } }), { compress: false });
const inputs = fc.record({
  reply: fc.oneof({ weight: 4, arbitrary: inParts }, { weight: 1, arbitrary: replies(sample) }), at: fc.constantFrom(':5304', ':5305'),
  edns: fc.constantFrom(undefined, 512, 1232, 4096), dnssecOk: fc.boolean(), type: fc.constantFrom(1, 28, 16, 255),
});
let asked = 0;

/** What `forward` makes of any reply. */
export const forward = target('forward', 2000, inputs, async ({ reply, at, edns, dnssecOk, type }) => {
  const subject = await running();
  const name = Name.parse(`n${asked++}.test`);
  const opts = edns === undefined ? undefined : { udpSize: edns, version: 0, dnssecOk, z: 0, extendedRcode: 0, options: [] };
  const packet = encodeMessage(message({ id: asked & 0xffff, flags: 0x100, question: { name, type, class: 1 }, edns: opts }),
    { compress: false });
  const first = await exchanged(subject, packet, at, reply);
  const told = judged(first.reply, packet, name, type, edns);
  const second = await exchanged(subject, packet, at, reply);
  const again = judged(second.reply, packet, name, type, edns);
  if (!second.kept) return;
  assert.equal(at, ':5304');
  assert.deepEqual(timeless(again), timeless(told), 'a hit tells something else than the first reply did');
});

/** One question, and what the upstream says to it if it is asked. */
async function exchanged(subject: InProcess, packet: Uint8Array, at: string, reply: Uint8Array | InParts) {
  datagrams.sent();
  const replies = subject.exchange({ packet, tcp: false, at, from: '127.0.0.1', waiting: 0 });
  let settled = false;
  void replies.then(() => {
    settled = true;
  }, () => {});
  const sent = datagrams.sent();
  assert.ok(sent.length <= 1);
  for (const { socket, packet: question } of sent) {
    const bytes = reply instanceof Uint8Array ? reply.slice() : assembled(question.subarray(0, packetEnd(question)), reply);
    if (bytes.length > 1) [bytes[0], bytes[1]] = [question[0]!, question[1]!];
    socket.deliver(bytes);
    // What says nothing of use is asked again, from another port too: then it takes longer.
    for (let step = 0; step < 20 && !settled; step++) await subject.elapse(300);
  }
  const got = await replies;
  assert.equal(got.length, 1);
  return { reply: got[0]!, kept: sent.length === 0 };
}
const packetEnd = (question: Uint8Array) => {
  let i = 12;
  while (question[i]! > 0) i += question[i]! + 1;
  return i + 5;
};

/** Whether the client can read it, and finds its own question and no OPT too many. */
function judged(reply: Uint8Array, packet: Uint8Array, name: Name, type: number, edns: number | undefined): Parts {
  assert.deepEqual(reply.subarray(0, 2), packet.subarray(0, 2), 'the id is another one');
  assert.ok(reply.length <= Math.max(512, edns ?? 0), `${reply.length} bytes`);
  const parts = decodeMessage(reply);
  const { question, answer, authority, additional } = parts;
  assert.ok(question !== undefined && question.name.text === name.text && question.type === type && question.class === 1);
  const records = [...answer, ...authority, ...additional];
  assert.ok(records.every((record) => record.type !== TYPE.OPT), 'an OPT that is not the only one, or not in its place');
  const promised = (reply[7]! + reply[9]! + reply[11]!) + 256 * (reply[6]! + reply[8]! + reply[10]!);
  assert.equal(promised, records.length + (parts.edns === undefined ? 0 : 1), 'the counts do not tell how many records there are');
  return parts;
}
/** All that a hit has in common with the reply that it was made of. */
function timeless({ rcode, answer, authority, additional }: Parts): unknown {
  const shown = (section: Parts['answer']) => section.map(({ name, type, class: klass, rdata }) =>
    [name.text, type, klass, Buffer.from(rdata).toString('hex')]).sort();
  return { rcode, answer: shown(answer), authority: shown(authority), additional: shown(additional) };
}
