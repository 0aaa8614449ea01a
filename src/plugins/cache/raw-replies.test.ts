// Replies whose parts lie where nobody expects them: what a client gets of them, at first and from the cache, can be read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { HEADER, Records, setU16, u16 } from '../../dns/packet.ts';
import { RD, message } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import { printRR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { InProcess } from '../../testing/in-process.ts';
import cache from './index.ts';

const ID = 0x2a2a;

/** A record of a reply: its owner as bytes, and its section, 6, 8 or 10 as the header's counts lie. */
interface Part {
  readonly section: 6 | 8 | 10;
  readonly owner: readonly number[];
  readonly type: number;
  readonly rdata: readonly number[];
  /** The upper bits of an extended rcode, in an OPT. */
  readonly extended?: number;
}
const ASKED = [0xc0, HEADER], ROOT = [0];
const address: Part = { section: 6, owner: ASKED, type: TYPE.A, rdata: [192, 0, 2, 1] };
const soa: Part = {
  section: 8, owner: ASKED, type: TYPE.SOA, rdata: [0, 0, ...Array.from({ length: 20 }, (_, i) => (i % 4 === 3 ? 60 : 0))],
};
const opt = (section: Part['section'], owner: readonly number[] = ROOT): Part => ({ section, owner, type: TYPE.OPT, rdata: [] });

/** A reply to the query of these records, as an upstream would send it; more is promised than there is where `promised` says so. */
function replyOf(query: Query, rcode: number, parts: readonly Part[], promised: readonly [section: 6 | 8 | 10, more: number] = [6, 0]) {
  const bytes = [...query.bytes.subarray(query.at, query.at + query.questionEnd)];
  bytes.fill(0, 6, HEADER);
  bytes[2] = 0x81;
  bytes[3] = 0x80 | rcode;
  for (const { section, owner, type, rdata, extended = 0 } of [...parts].sort((a, b) => a.section - b.section)) {
    const [high, low] = type === TYPE.OPT ? [0x10, 0] : [0, 1];
    const [more, less] = type === TYPE.OPT ? [0, 0] : [1, 44];
    bytes.push(...owner, type >> 8, type, high!, low!, extended, 0, more!, less!, 0, rdata.length, ...rdata);
    bytes[section + 1]!++;
  }
  bytes[promised[0] + 1]! += promised[1];
  const words = new Int32Array((bytes.length + 7) >> 2);
  new Uint8Array(words.buffer).set(bytes);
  const reply = query.adopt(words, 0, bytes.length);
  const found = reply.records();
  if (found !== undefined && found.opt >= 0) {
    reply.optAt = found.ownerAt[found.opt]! - reply.at;
    reply.extended = reply.bytes[found.fixedAt[found.opt]! + 4]!;
  }
  return reply;
}

/** A server whose cache stands before what answers so; what its log said goes to `log`. */
async function served<T>(answer: (query: Query) => Answer, use: (server: InProcess) => Promise<T>): Promise<T> {
  const raw = definePlugin({ name: 'raw', parse: () => 0, create: () => ({ handle: answer }) });
  const server = new InProcess([cache, raw]);
  try {
    assert.equal(await server.start('. {\n    cache 30\n    raw\n}\n'), undefined);
    return await use(server);
  } finally {
    await server.close();
  }
}
async function ask(server: InProcess, name: string, edns: boolean): Promise<Uint8Array> {
  const opts = edns ? { udpSize: 1232, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options: [] } : undefined;
  const question = { name: Name.parse(name), type: TYPE.A, class: 1 };
  const packet = encodeMessage(message({ id: ID, flags: RD, question, edns: opts }), { compress: false });
  const [bytes] = await server.exchange({ packet, tcp: false, from: undefined, at: undefined, waiting: 0 });
  return bytes!;
}
/** What every client may rely on, whatever came from below. */
function check(bytes: Uint8Array, edns: boolean): string[] {
  const records = new Records();
  assert.equal(u16(bytes, 0), ID);
  assert.equal(u16(bytes, 4), 1);
  const end = bytes.indexOf(0, HEADER) + 5;
  assert.ok(records.read(bytes, 0, bytes.length, end), 'the walk does not end where the message does');
  const opts = Array.from({ length: records.count }, (_, r) => r).filter((r) => u16(bytes, records.fixedAt[r]!) === TYPE.OPT);
  assert.equal(opts.length, edns ? 1 : 0, 'as many OPTs as there have to be');
  for (const r of opts) assert.ok(r >= records.additional && records.fixedAt[r]! === records.ownerAt[r]! + 1, 'the OPT has its place');
  const { answer, authority, additional, rcode } = decodeMessage(bytes);
  const all = [...answer, ...authority, ...additional];
  return [String(rcode), ...all.map((record) => printRR({ ...record, ttl: 0 }).toLowerCase().replace(/\s+/g, ' '))];
}

const cases: { readonly [what: string]: readonly Part[] } = {
  'behind the answer': [address, opt(6)], 'before the answer': [opt(6), address], 'in authority': [address, opt(8)],
  'two': [address, opt(10), opt(10)], 'two with a record between': [address, opt(10), { ...address, section: 10 }, opt(10)],
  'one in each section': [address, opt(6), opt(8), opt(10)], 'of another name': [address, opt(10, ASKED)],
  'of another name in the answer': [address, opt(6, ASKED)], 'before another record': [address, opt(10), { ...address, section: 10 }],
};
for (const [what, parts] of Object.entries(cases)) {
  test(`an OPT where none should be: ${what}`, async () => {
    for (const denied of [false, true]) {
      const all = denied ? [...parts.filter((part) => part !== address), soa] : parts;
      await served((query) => replyOf(query, denied ? RCODE.NXDOMAIN : 0, all), async (server) => {
        for (const edns of [false, true, false]) {
          const records = check(await ask(server, 'x.test.', edns), edns);
          assert.ok(denied ? records.some((record) => record.includes('soa')) : records.includes('x.test. 0 in a 192.0.2.1'));
        }
      });
    }
  });
}

test('an extended rcode is not lost with the OPT that a record follows', async () => {
  const bad: readonly Part[] = [{ ...opt(10), extended: 1 }, { ...address, section: 10 }];
  await served((query) => replyOf(query, 0, bad), async (server) => {
    assert.equal(check(await ask(server, 'x.test.', true), true)[0], '16');
    assert.equal(check(await ask(server, 'x.test.', false), false)[0], String(RCODE.SERVFAIL), 'who sent no OPT cannot be told');
  });
});

test('parts in the wrong place, counts that promise too much: what leaves can be read, and a hit says the same again', async () => {
  const part = fc.record({
    section: fc.constantFrom(6 as const, 8 as const, 10 as const),
    owner: fc.constantFrom(ASKED, ROOT, [1, 97, 0], [1, 98, 0xc0, HEADER]),
    record: fc.constantFrom(
      { type: TYPE.A, rdata: [192, 0, 2, 1] }, { type: TYPE.OPT, rdata: [] }, { type: TYPE.OPT, rdata: [0, 3, 0, 1, 65] },
      { type: TYPE.OPT, rdata: [0, 3, 0, 9] },
      { type: TYPE.TXT, rdata: [1, 65] }, { type: TYPE.SOA, rdata: soa.rdata },
      { type: TYPE.CNAME, rdata: [0xc0, HEADER] }, { type: TYPE.CNAME, rdata: [1, 97, 0] },
      { type: 2, rdata: [1, 110, 0xc0, HEADER] },
    ),
  });
  const replies = fc.record({
    rcode: fc.constantFrom(0, 0, RCODE.NXDOMAIN, RCODE.SERVFAIL), parts: fc.array(part, { maxLength: 6 }),
    promised: fc.tuple(fc.constantFrom(6 as const, 8 as const, 10 as const), fc.constantFrom(0, 0, 1)),
  });
  let reply: (query: Query) => Message;
  let number = 0;
  await served((query) => reply(query), async (server) => {
    const property = fc.asyncProperty(replies, fc.boolean(), async ({ rcode, parts, promised }, edns) => {
      reply = (query) => replyOf(query, rcode, parts.map(({ record, ...where }) => ({ ...where, ...record })), promised);
      const name = `x${number++}.test.`;
      const first = check(await ask(server, name, edns), edns);
      for (const again of [edns, !edns]) assert.deepEqual(check(await ask(server, name, again), again), first);
    });
    await fc.assert(property, { numRuns: 600 });
  });
});

test('a reply without a question is passed on, not kept, and told of', async () => {
  const bare = (query: Query) => {
    const reply = query.begin(0, 0);
    setU16(reply.bytes, reply.at + 4, 0);
    reply.length = HEADER;
    reply.questionEnd = HEADER;
    return reply;
  };
  await served(bare, async (server) => {
    for (let i = 0; i < 2; i++) assert.equal((await ask(server, 'X.test.', false)).length, HEADER);
    const wanted = '[WARNING] plugin/cache: Not caching malformed response with an empty question section for "X.test."';
    assert.deepEqual(server.log().filter((line) => line.includes('plugin/cache')), [wanted, wanted]);
  });
});
