// What became another from version to version, as a secondary hears of it; and for how long that is known.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Memory } from '../../store/memory.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { StoredZone } from '../../testing/stored-zone.ts';
import { Differences, RecordList, recordsOf } from './difference.ts';
import { allSteps, partsOf, stepsSince, trim, writeStep } from './journal.ts';
import { HASHED, NAMES } from './version.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const soa = (serial: number): string => `@ 60 IN SOA ns hostmaster ${serial} 7200 3600 86400 30\n`;
const ZONE = Uint8Array.from(Buffer.from('\x01z\x04test\0', 'latin1'));

/** The records of a list, each as text of its octets. */
function textsOf({ bytes, length }: Pick<RecordList, 'bytes' | 'length'>): string[] {
  return [...recordsOf(bytes, 0, length)].map(({ owner, ownerLength, type, ttl, data, size }) =>
    `${latin1(bytes, owner, owner + ownerLength)} ${type} ${ttl} ${latin1(bytes, data, data + size)}`);
}
/** All records of a version but its SOA: what it has that an empty zone has not. */
function allOf(zone: StoredZone): Set<string> {
  const { memory } = zone.store;
  const empty = new StoredZone('z.test.', zone.store, 'empty');
  empty.load(soa(0));
  return new Set(textsOf(new Differences(memory, ZONE).between(empty.cell.version, zone.cell.version, 1 << 30)!.added));
}

test('what was removed and added makes of one version the other, signatures and hashes too', () => {
  const name = fc.integer({ min: 0, max: 40 }).map((n) => String(n).split('').join('.'));
  const signature = (type: string) => `RRSIG ${type} 8 3 60 20300101000000 20200101000000 1 z.test. AAAA`;
  const data = fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'TXT "y"', 'NS ns', 'MX 1 a', 'MX 1 elsewhere.',
    'MX 1 a.1', 'CNAME b.2.1', 'MX 2 odd\\192.',
    signature('A'), signature('MX'));
  const hash = fc.constantFrom('0123456789abcdefghijklmnopqrstuv', '1123456789abcdefghijklmnopqrstuv');
  const record = fc.oneof(fc.tuple(name, data, fc.constantFrom(60, 61)).map(([owner, text, ttl]) => `${owner} ${ttl} IN ${text}`),
    hash.map((label) => `${label} 60 IN NSEC3 1 0 0 - ${label} A`));
  const lines = fc.array(record, { maxLength: 60 });
  fc.assert(fc.property(lines, lines, fc.nat(60), (one, other, kept) => {
    const zone = new StoredZone('z.test.');
    const { memory } = zone.store;
    zone.load(soa(1) + one.join('\n'));
    const before = zone.cell.version;
    const had = allOf(zone);
    zone.read(soa(2) + [...one.slice(0, kept), ...other].join('\n'));
    const { version } = zone.builder.build(zone.scratch, before);
    const { removed, added } = new Differences(memory, ZONE).between(before, version, 1 << 30)!;
    for (const text of textsOf(removed)) assert.ok(had.delete(text), text);
    for (const text of textsOf(added)) {
      assert.ok(!had.has(text), text);
      had.add(text);
    }
    zone.cell.publish(version, 0);
    assert.deepEqual([...had].sort(), [...allOf(zone)].sort());
    const size = removed.length + added.length;
    if (size > 0) assert.equal(new Differences(memory, ZONE).between(before, version, size - 1), undefined);
  }), { numRuns: 100 });
});

test('a version that lost its hashes has lost them all', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${soa(1)}0123456789abcdefghijklmnopqrstuv 60 IN NSEC3 1 0 0 - 0123456789abcdefghijklmnopqrstuv A`);
  const before = zone.cell.version;
  zone.read(soa(2));
  const { version } = zone.builder.build(zone.scratch, before);
  const { words } = zone.store.memory;
  assert.ok(words[before + HASHED] !== 0 && words[version + HASHED] === 0);
  assert.equal(new OrderedPages(zone.store.memory).count(words[version + NAMES]!), 1);
  assert.equal(new Differences(zone.store.memory, ZONE).between(before, version, 1000)!.removed.count, 1);
});

const listOf = (length: number): RecordList => Object.assign(new RecordList(), { bytes: new Uint8Array(length).fill(7), length });
test('steps are found from the serial on that somebody has, and what is too much is forgotten', () => {
  const memory = Memory.create(1 << 22, STORE_KEY);
  const used = memory.used;
  let newest = 0;
  for (let serial = 1; serial < 200; serial++) {
    const lists = [listOf(3), listOf(serial % 5), listOf(2), listOf(1)] as const;
    newest = writeStep(memory, { older: newest, from: serial, to: serial + 1, made: serial, lists });
  }
  assert.equal(stepsSince(memory, newest, 190)!.length, 10);
  assert.deepEqual(partsOf(memory, newest).map((part) => part.length), [3, 199 % 5, 2, 1]);
  assert.equal(stepsSince(memory, newest, 200), undefined);
  assert.equal(stepsSince(memory, newest, 0), undefined);
  const give = (steps: readonly number[]) => {
    for (const step of steps) memory.give(step);
    return steps.length;
  };
  assert.equal(give(trim(memory, newest, 1 << 20, 200)), 99, 'a hundred');
  assert.equal(stepsSince(memory, newest, 50), undefined);
  assert.equal(give(trim(memory, newest, 1 << 20, 86_400 + 150)), 50, 'a day');
  assert.ok(give(trim(memory, newest, 60, 200)) > 20, 'the size of the zone');
  assert.ok(allSteps(memory, newest).length > 5);
  give(trim(memory, newest, 0, 1 << 30));
  assert.equal(allSteps(memory, newest).length, 1, 'the last one stays');
  give(allSteps(memory, newest));
  assert.equal(memory.used, used);
});

test('a memory that is full keeps no step', () => {
  const memory = Memory.create(1 << 20, STORE_KEY);
  for (const size of [4096, 64, 8]) while (memory.take(size) !== 0);
  assert.equal(writeStep(memory, { older: 0, from: 1, to: 2, made: 0, lists: [listOf(3000), listOf(1), listOf(2), listOf(1)] }), 0);
});
