// What scenarios cannot show: replies octet by octet, answers that come late and in another order, packets without room, transfers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { linesByWord, parseCorefile } from '../../corefile/parse.ts';
import { anyRecord } from '../../dns/arbitraries.test.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { edns } from '../../dns/opt.ts';
import type { Edns } from '../../dns/opt.ts';
import { message } from '../../dns/parts.ts';
import { u16 } from '../../dns/packet.ts';
import { parseRR, printRR } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import type { Message } from '../../kernel/query/message.ts';
import { drop, failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Handler, Part } from '../../kernel/site/plugin.ts';
import { derive } from '../../kernel/query/derive.ts';
import { Query } from '../../kernel/query/query.ts';
import { receive } from '../../kernel/query/receive.ts';
import { EchoedOption, Site } from '../../kernel/site/site.ts';
import { Store } from '../../store/store.ts';
import type { Channel } from '../../kernel/query/transport.ts';
import rewrite from './index.ts';
import { changeRecords } from './records.ts';
import { repack } from './packed.ts';
import { Responses } from './responses.ts';
import { Resuffix } from './rewriters.ts';

const service = { reading: Store.create(1 << 20).reading };
const udp = { transport: 'udp', stream: false, localAddress: '127.0.0.1', localPort: 53, service } as Channel;
const record = (text: string): RR => parseRR(text)!;

/** A part with these rules. */
function part(...rules: readonly string[]): Part {
  const text = `. {\n${rules.map((rule) => `rewrite ${rule}\n`).join('')}}\n`;
  const files = { glob: () => [], read: () => '' } as never;
  const { blocks } = parseCorefile(text, { file: 'Corefile', environment: () => undefined, files });
  const config = rewrite.parse(linesByWord(blocks[0]!).get('rewrite')!, undefined as never);
  return rewrite.create(config, new Site([Name.root], 0)) as Part;
}
function asking(name: string, { type = 1, edns: opt, room = 512 }: { type?: number; edns?: Edns; room?: number } = {}): Query {
  const question = { name: Name.parse(name), type, class: 1 };
  const packet = encodeMessage(message({ id: 0x1234, flags: 0x100, question, edns: opt }), { compress: false });
  const query = Query.alone(Math.max(room, packet.length));
  query.bytes.set(packet);
  query.arrive(packet.length, udp);
  assert.equal(receive(query), 0);
  return query;
}
/** The question and the records of a reply, in lines. */
function shown(answer: Answer): readonly string[] {
  const { question, answer: records, rcode } = (answer as Message).parts();
  return [`${rcode} ${question!.name} ${question!.type}`, ...records.map(printRR)];
}
const address: Handler = (query) => query.reply({ answer: [record(`${query.name} 60 IN A 192.0.2.1`)] });

test('a reply that is changed where it lies is what decoding and encoding it makes', () => {
  const owner = fc.constantFrom('www.real.test', 'a.www.real.test', 'real.test', 'WWW.real.test', 'x.test').map((name) => Name.parse(name));
  const inside = fc.constantFrom('SOA ns.real.test h.real.test 1 2 3 4 5', 'MX 5 m.real.test', 'NS x.test',
    'NAPTR 1 2 "a" "b" "" n.real.test')
    .map((text) => record(`www.real.test 60 IN ${text}`));
  const named = fc.tuple(fc.oneof(anyRecord, inside), owner).map(([each, name]) => ({ ...each, name }));
  const records = fc.array(fc.oneof(anyRecord, named, inside), { maxLength: 4 });
  const rewriter = new Resuffix('.real.test.', '.mine.test.');
  const responses = new Responses([{ kind: 'owner', rewriter }, { kind: 'value', rewriter }]);
  const names = fc.constantFrom('www.mine.test', 'WWW.mine.test', 'w.x');
  fc.assert(fc.property(names, records, records, records, fc.boolean(), (name, answer, authority, additional, compress) => {
    const query = asking(name);
    const derived = derive(query, { name: Name.parse('www.real.test') });
    const sections = { answer, authority, additional };
    const question = { name: derived.name, type: 1, class: 1 };
    const whole = encodeMessage(message({ id: 0x1234, flags: 0x8180, question, ...sections }), { compress });
    const words = new Int32Array((whole.length + 3) >> 2);
    new Uint8Array(words.buffer).set(whole);
    const source = derived.adopt(words, 0, whole.length);
    const expected = changeRecords(source.parts(), responses);
    const reply = repack(query, derived, source, responses);
    if (reply === undefined) return;
    const parts = reply.parts();
    assert.equal(parts.question!.name.raw, query.name.raw);
    for (const section of ['answer', 'authority', 'additional'] as const) {
      assert.deepEqual(parts[section].map(printRR), expected[section].map(printRR));
    }
    assert.equal(parts.flags, 0x8180);
  }), { numRuns: 300 });
});

test('common records need no decoding', () => {
  const query = asking('www.mine.test');
  const derived = derive(query, { name: Name.parse('www.real.test') });
  for (const text of ['A 192.0.2.1', 'TXT "x"', 'SOA a.test b.test 1 2 3 4 5', 'SRV 1 2 3 a.test']) {
    const source = derived.reply({ answer: [record(`www.real.test 60 IN ${text}`)] });
    assert.notEqual(repack(query, derived, source, new Responses([])), undefined, text);
  }
});

test('a reply that becomes too long for a message is cut, and TC is set', () => {
  const suffix = `${'long-'.repeat(10)}suffix.test`;
  const many = Array.from({ length: 1100 }, (_, i) => record(`a.r.test 60 IN SRV 0 1 80 endpoint-${i}.a.r.test`));
  const { handle } = part(`name suffix .${suffix} .r.test answer auto`);
  const answer = handle!(asking(`a.${suffix}`), (query) => query.reply({ answer: many })) as Message;
  assert.ok(answer.truncated && answer.answers > 500 && answer.length < 65535, `${answer.answers} records in ${answer.length} bytes`);
});

test('answers that come late and in another order find their questions', async () => {
  const { handle } = part('name suffix .s.test .r.test answer auto');
  const waiting: (() => void)[] = [];
  const later: Handler = (query) => new Promise((resolve) => waiting.push(() => resolve(address(query) as never)));
  for (let round = 0; round < 3; round++) {
    const answers = ['a', 'bb', 'ccc'].map((label) => handle!(asking(`${label}.s.test`), later));
    for (const answer of waiting.splice(0).reverse()) answer();
    const replies = await Promise.all(answers);
    const expected = ['a.s.test.', 'bb.s.test.', 'ccc.s.test.'].flatMap((name) => [`0 ${name} 1`, `${name}\t60\tIN\tA\t192.0.2.1`]);
    assert.deepEqual(replies.flatMap(shown), expected);
  }
});

test('what nobody wrote is written, and its cause and its error are kept', () => {
  const cause = new Error('broken');
  const query = asking('a.s.test');
  const answer = part('name suffix .s.test .r.test', 'type A MX').handle!(query, (asked) => {
    asked.extendedError = { code: 22, text: 'nobody' };
    return failure(2, cause);
  });
  assert.deepEqual(shown(answer), ['2 a.s.test. 1']);
  assert.equal((answer as Message).cause, cause);
  assert.equal(query.extendedError?.code, 22);
});

test('where nothing is said or only continued, the outcome stays what it is', () => {
  const { handle } = part('continue name suffix .s.test .r.test');
  assert.equal((handle!(asking('a.s.test'), () => drop()) as { kind: string }).kind, 'drop');
  assert.equal((handle!(asking('a.s.test'), () => failure(5)) as { kind: string }).kind, 'failure');
  assert.deepEqual(shown(handle!(asking('a.s.test'), address)), ['0 a.r.test. 1', 'a.r.test.\t60\tIN\tA\t192.0.2.1']);
});

test('a packet without room for an option gets it all the same, and shows it', () => {
  const site = new Site([Name.root], 0);
  const { handle } = part(`edns0 local set 0xffee 0x${'61'.repeat(600)}`);
  let seen: Edns | undefined;
  const query = asking('a.test', { room: 64 });
  const answer = handle!(query, (asked) => {
    seen = asked.edns;
    return address(asked);
  });
  assert.equal(seen!.options[0]!.data.length, 600);
  assert.equal((answer as Message).edns, undefined);
  const { bytes, at, optAt } = query.journey.roomier!;
  assert.deepEqual([bytes[at + optAt + 2], u16(bytes, at + optAt + 9)], [41, 604]);
  assert.equal(query.limit, 512, 'the client sent none');
  assert.deepEqual(site.all(EchoedOption), []);
});

test('an OPT in front of other records grows and shrinks in its place', () => {
  const query = asking('a.test', { edns: edns(1232, true, [{ code: 65001, data: new Uint8Array(9) }]) });
  const behind = Uint8Array.of(0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 2, 1, 120);
  query.bytes.set(behind, query.length);
  query.length += behind.length;
  query.bytes[11] = 2;
  part('continue edns0 local set 65002 0x010203', 'continue edns0 local unset 65001', 'edns0 nsid set').handle!(query, address);
  const { edns: opt, additional } = query.parts();
  assert.deepEqual(opt!.options.map(({ code, data }) => [code, data.length]), [[65002, 3], [3, 0]]);
  assert.deepEqual([opt!.udpSize, opt!.dnssecOk, additional.map(({ type }) => type)], [1232, true, [16]]);
});

test('every message of a transfer is changed', async () => {
  const { handle } = part('continue ttl suffix .s.test 5', 'name exact z.s.test z.r.test');
  async function* zone(query: Query) {
    for (const text of ['z.r.test 60 IN SOA ns.z.r.test. h.z.r.test. 1 2 3 4 5', 'a.z.r.test 60 IN A 192.0.2.1']) {
      const question = { name: query.name, type: 252, class: 1 };
      yield encodeMessage(message({ id: query.id, question, answer: [record(text)] }), { compress: true });
    }
  }
  const answer = handle!(asking('Z.s.test', { type: 252 }), (query) => ({ kind: 'stream', messages: zone(query), cause: undefined }));
  const lines: string[] = [];
  for await (const each of (answer as { messages: AsyncIterable<Uint8Array> }).messages) {
    const parts = decodeMessage(each);
    lines.push(parts.question!.name.text, ...parts.answer.map(printRR));
  }
  assert.deepEqual(lines, [
    'Z.s.test.', 'z.s.test.\t5\tIN\tSOA\tns.z.s.test. h.z.r.test. 1 2 3 4 5', 'Z.s.test.', 'a.z.s.test.\t5\tIN\tA\t192.0.2.1',
  ]);
});
