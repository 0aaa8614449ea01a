// What is kept and what is made of it: every TTL patched and nothing else, header bits, time, hits, the right to ask again.
import type { Entry } from '../../store/key.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { AA, AD, CD, QR, RA, RD, Z, message } from '../../dns/parts.ts';
import { parseRR, printRR } from '../../dns/rr.ts';
import { Metadata } from '../../kernel/query/metadata.ts';
import type { Message } from '../../kernel/query/message.ts';
import { Query } from '../../kernel/query/query.ts';
import { receive } from '../../kernel/query/receive.ts';
import type { Channel } from '../../kernel/query/transport.ts';
import { Store } from '../../store/store.ts';
import { Entries } from './entry.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

/** An entry that is there. */
function there(entry: Entry | 0): Entry {
  assert.ok(entry !== 0);
  return entry;
}

const DAY = 86_400_000;

function entriesOf(shared = false): Entries {
  const store = Store.create(1 << 25, STORE_KEY);
  if (shared) store.share();
  return new Entries(store, store.changes, 'test', 1024);
}
function ask(name: string, { flags = RD, type = 1, dnssecOk = false } = {}): Query {
  const edns = dnssecOk ? { udpSize: 1232, version: 0, dnssecOk, z: 0, extendedRcode: 0, options: [] } : undefined;
  const question = { name: Name.parse(name), type, class: 1 };
  const packet = encodeMessage(message({ id: 7, flags, question, edns }), { compress: false });
  const query = Query.alone(512);
  query.bytes.set(packet);
  query.arrive(packet.length, { transport: 'udp', stream: false } as Channel);
  assert.equal(receive(query), 0);
  return query;
}
function replyTo(query: Query, records: readonly string[], { flags = QR | RA, compress = true } = {}): Message {
  const all = records.map((text) => parseRR(text)!);
  const question = { name: query.name, type: query.type, class: 1 };
  const parts = message({ flags, question, answer: all.slice(0, 2), authority: all.slice(2) });
  const bytes = encodeMessage(parts, { compress });
  const words = new Int32Array((bytes.length + 7) >> 2);
  new Uint8Array(words.buffer).set(bytes);
  return query.adopt(words, 0, bytes.length);
}
function keep(entries: Entries, query: Query, reply: Message, ttl: number, now: number): void {
  assert.ok(entries.keep(query, reply, reply.records()!, { ttl, now, moment: 0, answering: true, place: { key: query, scope: 0 } }));
}
const TEXTS = [
  'www.example.org. 300 IN CNAME mail.example.org.', 'mail.example.org. 300 IN A 192.0.2.1', 'example.org. 300 IN NS ns.example.org.',
  'mail.example.org. 300 IN MX 10 mail.example.org.', 'example.org. 300 IN TXT "some text" "more"',
  'example.org. 300 IN NS a.very.long.name.example.net.',
];

test('a kept reply is the same reply with another TTL on every record', () => {
  const any = fc.tuple(fc.array(fc.constantFrom(...TEXTS), { maxLength: 40 }), fc.nat(0xffffffff), fc.boolean(), fc.boolean());
  fc.assert(fc.property(any, ([texts, ttl, shared, compress]) => {
    const entries = entriesOf(shared);
    const query = ask('www.example.org');
    const reply = replyTo(query, texts, { compress });
    const plain = reply.plainLength;
    keep(entries, query, reply, 300, 0);
    const again = ask('WWW.example.org');
    const got = entries.reply(again, there(entries.find(again)), ttl);
    const { question, answer, authority, flags, id } = decodeMessage(got.bytes, got.at, got.length);
    assert.equal(question!.name.text, 'WWW.example.org.');
    assert.deepEqual({ id, flags }, { id: 7, flags: QR | RD | RA });
    assert.equal(got.plain, plain);
    const wanted = texts.map((text) => printRR(parseRR(text.replace(' 300 ', ` ${ttl} `))!).toLowerCase());
    assert.deepEqual([...answer, ...authority].map((record) => printRR(record).toLowerCase()), wanted);
  }), { numRuns: 150 });
});

test('header bits: the client\'s own, those that were stored, and none that say nothing (CACHE-21)', () => {
  const entries = entriesOf();
  const first = ask('www.example.org');
  keep(entries, first, replyTo(first, TEXTS, { flags: QR | RA | AD | CD | Z }), 300, 0);
  const flagsFor = (query: Query) => {
    const got = entries.reply(query, there(entries.find(query)), 1);
    return { flags: decodeMessage(got.bytes, got.at, got.length).flags, opcode: decodeMessage(got.bytes, got.at, got.length).opcode };
  };
  assert.deepEqual(flagsFor(ask('www.example.org')), { flags: QR | RA | RD, opcode: 0 });
  assert.deepEqual(flagsFor(ask('www.example.org', { flags: 0 })), { flags: QR | RA, opcode: 0 });
  assert.deepEqual(flagsFor(ask('www.example.org', { flags: AD })), { flags: QR | RA | AD, opcode: 0 });
  const own = ask('own.example.org');
  keep(entries, own, replyTo(own, TEXTS, { flags: QR | AA | RA }), 300, 0);
  assert.deepEqual(flagsFor(ask('own.example.org')), { flags: QR | AA | RA | RD, opcode: 0 });
  assert.equal(entries.find(ask('www.example.org', { flags: CD })), 0);
  assert.equal(entries.find(ask('www.example.org', { dnssecOk: true })), 0);
  assert.equal(entries.find(ask('www.example.org', { type: 28 })), 0);
});

test('time goes on for longer than 32 bits of milliseconds, and never back', () => {
  for (const stored of [0.75, 999.5, 1e6 + 0.25, 49.71 * DAY, 4000 * DAY + 999.9]) {
    const entries = entriesOf();
    const query = ask('www.example.org');
    keep(entries, query, replyTo(query, TEXTS), 30, stored);
    const left = (later: number) => entries.left(there(entries.find(query)), stored + later);
    assert.equal(left(0), 30);
    assert.equal(left(-3), 30, 'the batch began before the reply was stored');
    assert.equal(left(998), 30);
    assert.equal(left(1001), 29);
    assert.equal(left(30_001), 0);
    for (const days of [20, 24.9, 25, 49.7, 49.8, 60, 100]) assert.ok(left(days * DAY) < 0, `${days} days`);
  }
});

test('hits count while none comes too late after the one before (CACHE-13)', () => {
  const entries = entriesOf();
  const query = ask('www.example.org');
  assert.equal(entries.hit(query, 0, 1000), 0, 'there is no entry');
  keep(entries, query, replyTo(query, TEXTS), 30, 0);
  assert.deepEqual([0, 900, 1900, 2901, 3000].map((now) => entries.hit(query, now, 1000)), [1, 2, 3, 1, 2]);
  assert.equal(entries.hits(there(entries.find(query))), 2);
});

test('one at a time may ask again; after a failure nobody for a while; a refresh that never ends is forgotten', () => {
  const entries = entriesOf();
  const query = ask('www.example.org');
  keep(entries, query, replyTo(query, TEXTS), 30, 0);
  assert.ok(entries.begin(query, 1000));
  assert.ok(!entries.begin(query, 1500));
  entries.end(query, 2000, 5000, 0);
  assert.ok(!entries.begin(query, 6900));
  assert.ok(entries.begin(query, 7002));
  assert.ok(!entries.begin(query, 7003));
  assert.ok(entries.begin(query, 60_000));
  entries.end(query, 61_000, 0, 9);
  assert.equal(entries.hits(there(entries.find(query))), 9);
  assert.ok(entries.begin(query, 61_000));
});

test('the wildcard that an answer was made from comes back with it (CACHE-18)', () => {
  const entries = entriesOf();
  const labelled = (wildcard?: string) => {
    const query = ask('www.example.org');
    query.journey.metadata = new Metadata(new Map());
    if (wildcard !== undefined) query.metadata!.set('zone/wildcard', wildcard);
    return query;
  };
  const first = labelled('*.example.org.');
  keep(entries, first, replyTo(first, TEXTS), 30, 0);
  const second = labelled();
  entries.reply(second, there(entries.find(second)), 3);
  assert.equal(second.label('zone/wildcard'), '*.example.org.');
  const plain = labelled();
  keep(entries, plain, replyTo(plain, TEXTS), 30, 0);
  entries.reply(plain, there(entries.find(plain)), 3);
  assert.equal(plain.label('zone/wildcard'), undefined);
});
