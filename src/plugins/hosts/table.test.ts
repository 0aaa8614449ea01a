// The packed table against plain maps, in one thread and while another one fills it.
import type { Entry } from '../../store/key.ts';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { AA, QR, RD, TC, message } from '../../dns/parts.ts';
import { printRR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { Query } from '../../kernel/query/query.ts';
import { receive } from '../../kernel/query/receive.ts';
import type { Channel } from '../../kernel/query/transport.ts';
import { Zones } from '../../kernel/site/zones.ts';
import { Space } from '../../store/space.ts';
import { Store } from '../../store/store.ts';
import { InProcess } from '../../testing/in-process.ts';
import { readEntries } from './entries.ts';
import hosts from './index.ts';
import { Table } from './table.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

/** An entry that is there. */
function there(entry: Entry | 0): Entry {
  assert.ok(entry !== 0);
  return entry;
}

const tableOf = (store: Store) => new Table(store, new Space(store, 'test'));
const everything = new Zones([Name.root]);

function ask(name: string, type: number): Query {
  const packet = encodeMessage(message({ id: 7, flags: RD, question: { name: Name.parse(name), type, class: 1 } }), { compress: false });
  const query = Query.alone(512);
  query.bytes.set(packet);
  query.arrive(packet.length, { transport: 'udp', stream: false } as Channel);
  assert.equal(receive(query), 0);
  return query;
}
/** The answer section, or undefined where the table has no answer. */
function answers(table: Table, name: string, type: number): readonly string[] | undefined {
  const query = ask(name, type);
  const entry = table.find(query, type);
  if (entry === 0) return undefined;
  const reply = table.reply(query, entry);
  const { flags, id, question, answer } = decodeMessage(reply.bytes, reply.at, reply.length);
  assert.deepEqual({ flags, id, question: question!.name.raw }, { flags: QR | AA | RD, id: 7, question: query.name.raw });
  assert.equal(reply.plain, answer.reduce((sum, { name: owner, rdata }) => sum + owner.raw.length + 10 + rdata.length, reply.questionEnd));
  return answer.map(printRR);
}

const hostNames = ['a.test', 'b.test', 'A.Test', 'www.b.test', '*.b.test', '*.test', 'x', '*', 'deep.www.b.test'];
const addresses = ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2', '::ffff:192.0.2.1'];
const line = fc.tuple(fc.constantFrom(...addresses), fc.array(fc.constantFrom(...hostNames), { minLength: 1, maxLength: 3 }));
const source = fc.array(line, { maxLength: 8 });
type Source = readonly (readonly [string, readonly string[]])[];
const textOf = (lines: Source) => lines.map(([address, names]) => `${address} ${names.join(' ')}`).join('\n');

/** HST-3 to 5 with lists. */
function model(sources: readonly Source[], name: string, type: number): readonly string[] | undefined {
  const asked = name.toLowerCase();
  const four = (address: string) => address.replace('::ffff:', '');
  const star = asked.split('.').length < 2 ? undefined : asked.replace(/^[^.]+/, '*');
  const found = sources.flatMap((lines) => {
    const pairs = lines.flatMap(([address, names]) => names.map((each) => ({ address: four(address), name: each.toLowerCase() })));
    const family = pairs.filter(({ address }) => address.includes(':') === (type === TYPE.AAAA));
    const exact = family.filter((pair) => pair.name === asked);
    return exact.length > 0 ? exact : family.filter((pair) => pair.name === star);
  });
  if (found.length === 0) return undefined;
  const each = [...new Set(found.map(({ address }) => address))];
  return each.map((address) => `${asked}. 60 IN ${type === TYPE.A ? 'A' : 'AAAA'} ${address}`.replaceAll(' ', '\t'));
}

test('it answers as lists of lines do', () => {
  fc.assert(fc.property(source, source, (file, inline) => {
    const table = tableOf(Store.create(1 << 25, STORE_KEY));
    table.fill([readEntries(textOf(file), everything, true), readEntries(textOf(inline), everything, true)], 60);
    for (const name of [...hostNames, 'other.test', 'c.b.test', 'C.B.test', 'c.b.tesT', 'c.d.b.test', 'test']) {
      for (const type of [TYPE.A, TYPE.AAAA]) {
        const got = answers(table, name, type);
        assert.deepEqual(got?.map((text) => text.replace(/[\t ]+/g, '\t')), model([file, inline], name, type), `${name} ${type}`);
      }
    }
    const pointers = [...file, ...inline].filter(([address]) => address === '192.0.2.1' || address.startsWith('::ffff'))
      .flatMap(([, names]) => names.filter((name) => !name.startsWith('*')).map((name) => `${name.toLowerCase()}.`));
    const got = answers(table, '1.2.0.192.in-addr.arpa', TYPE.PTR);
    assert.deepEqual(got?.map((text) => text.split(/[\t ]+/).at(-1)) ?? [], [...new Set(pointers)]);
  }), { numRuns: 150 });
});

test('a name of another type finds its addresses, and the question stays as it is', () => {
  const table = tableOf(Store.create(1 << 25, STORE_KEY));
  table.fill([readEntries('192.0.2.1 a.test *.b.test\n2001:db8::1 a.test', everything, true)], 60);
  const query = ask('a.test', TYPE.AAAA);
  assert.notEqual(table.find(query, TYPE.A), 0);
  assert.notEqual(table.find(query, TYPE.AAAA), 0);
  assert.equal(table.find(ask('a.test', 15), 15), 0);
  assert.equal(table.find(ask('c.b.test', 15), TYPE.AAAA), 0);
  assert.notEqual(table.find(ask('c.b.test', 15), TYPE.A), 0);
});

test('other threads see what the main one fills in, at once and all of it', () => {
  const main = Store.create(1 << 25, STORE_KEY);
  const other = Store.join(main.share(), 1);
  const writer = tableOf(main);
  const reader = tableOf(other);
  assert.equal(answers(reader, 'a.test', TYPE.A), undefined);
  for (let round = 1; round <= 300; round++) {
    const many = Array.from({ length: round % 50 }, (_, i) => `192.0.2.${round % 250} n${i}.test`);
    const star = round % 2 === 0 ? ['192.0.2.9 *.b.test'] : [];
    const text = [`192.0.2.${round % 250} a.test`, ...many, ...star].join('\n');
    writer.fill([readEntries(text, everything, true)], 60);
    other.reading.enter();
    assert.deepEqual(answers(reader, 'a.test', TYPE.A), [`a.test.\t60\tIN\tA\t192.0.2.${round % 250}`]);
    assert.equal(answers(reader, 'c.b.test', TYPE.A) !== undefined, round % 2 === 0);
    assert.equal(answers(reader, 'n0.test', TYPE.A) !== undefined, many.length > 0);
    other.reading.leave();
  }
  writer.fill([], 60);
  assert.equal(answers(reader, 'a.test', TYPE.A), undefined);
  main.recycle();
  writer.fill([readEntries('192.0.2.1 a.test', everything, true)], 60);
  assert.deepEqual(answers(reader, 'a.test', TYPE.A), ['a.test.\t60\tIN\tA\t192.0.2.1']);
});

test('what a reader holds stays until its batch ends', () => {
  const main = Store.create(1 << 25, STORE_KEY);
  const other = Store.join(main.share(), 1);
  const writer = tableOf(main);
  const reader = tableOf(other);
  writer.fill([readEntries('192.0.2.1 a.test', everything, true)], 60);
  other.reading.enter();
  const query = ask('a.test', TYPE.A);
  const entry = reader.find(query, TYPE.A);
  for (let round = 0; round < 50; round++) writer.fill([readEntries(`192.0.2.${round + 2} a.test b.test`, everything, true)], 60);
  const reply = reader.reply(query, there(entry));
  assert.deepEqual(decodeMessage(reply.bytes, reply.at, reply.length).answer.map(printRR), ['a.test.\t60\tIN\tA\t192.0.2.1']);
  other.reading.leave();
});

test('a name with more addresses than a message can have gets what fits, and TC', () => {
  const table = tableOf(Store.create(1 << 25, STORE_KEY));
  const lines = Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 8}.${i & 255} many.test`);
  table.fill([readEntries(lines.join('\n'), everything, true)], 60);
  for (const name of ['many.test', 'MANY.test']) {
    const query = ask(name, TYPE.A);
    const reply = table.reply(query, there(table.find(query, TYPE.A)));
    const { answer, flags } = decodeMessage(reply.bytes, reply.at, reply.length);
    assert.ok(answer.length > 4000 && reply.length <= 65535);
    assert.ok((flags & TC) !== 0);
  }
});

test('lines and fields of any length: what no name or address can be is dropped and told (HST-8)', () => {
  const long = 'x'.repeat(1025);
  const told: string[] = [];
  const text = [`192.0.2.1 first ${'y'.repeat(1024)}`, `192.0.2.2 ${long} after # ${long}`, `${long} gone`,
    `192.0.2.3 ${'z '.repeat(50_000)}`, '192.0.2.4 last'].join('\n');
  const { v4 } = readEntries(text, everything, true, (line, what) => told.push(`${line} ${what}`));
  assert.deepEqual([...v4.keys()].map((key) => Name.wire(key).text), ['first.', 'after.', 'z.', 'last.']);
  assert.deepEqual(told, ['2 name longer than 1024 bytes, dropping the name', '3 address longer than 1024 bytes, dropping the line']);
});

test('what is dropped is told with its file and line', async () => {
  const long = 'x'.repeat(1025);
  const folder = mkdtempSync(join(tmpdir(), 'coredns-ts-hosts-'));
  const path = join(folder, 'hosts');
  const server = new InProcess([hosts]);
  try {
    writeFileSync(path, `192.0.2.1 a\n192.0.2.2 ${long}\n${long} b\n`);
    assert.equal(await server.start(`. {\n    hosts ${path} {\n        192.0.2.3 ${long}\n    }\n}\n`), undefined);
    assert.deepEqual(server.log().filter((each) => each.startsWith('[ERROR]')), [
      '[ERROR] plugin/hosts: Inline hosts entries, line 1: name longer than 1024 bytes, dropping the name',
      `[ERROR] plugin/hosts: Hosts file "${path}", line 2: name longer than 1024 bytes, dropping the name`,
      `[ERROR] plugin/hosts: Hosts file "${path}", line 3: address longer than 1024 bytes, dropping the line`,
    ]);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
});
