// A version made from another by a difference is what a version of all its records would be, and no word is lost on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { Name } from '../../dns/name.ts';
import { u16 } from '../../dns/packet.ts';
import { parseRR } from '../../dns/rr.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { Store } from '../../store/store.ts';
import { StoredZone, octetsOf } from '../../testing/stored-zone.ts';
import { RECORD_HEAD, SET_HEAD, nextSet, typeAt } from '../record-sets.ts';
import { blocksOf } from './blocks.ts';
import { Changer } from './change.ts';
import { Differences, RecordList, recordsOf } from './difference.ts';
import { setsAt, wordsOf } from './nodes.ts';
import { BYTES, DENIAL, EXPIRES, HASHED, NAMES, RECORDS, SERIAL } from './version.ts';
import { ZoneError } from './zone-error.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const ORIGIN = Name.parse('z.test.');
const ZONE = octetsOf(ORIGIN.key);
const soa = (serial: number): string => `@ 60 IN SOA ns hostmaster ${serial} 7200 3600 86400 30`;

/** Lines as a list of records. */
function listOf(lines: readonly string[]): RecordList {
  const list = new RecordList();
  for (const line of lines) {
    const { name, type, ttl, rdata } = parseRR(line, { origin: ORIGIN })!;
    list.add(octetsOf(name.raw), name.raw.length - ZONE.length, type, ttl, rdata, rdata.length);
  }
  return list;
}
/** The zone, changed; what was replaced is given back. */
function change(zone: StoredZone, removed: readonly string[], added: readonly string[]): void {
  const { memory } = zone.store;
  const before = zone.cell.version;
  const built = new Changer(memory).change(ZONE, before, { removed: listOf(removed), added: listOf(added) });
  const differences = new Differences(memory, ZONE);
  const [all, known] = [undefined, built.pairs].map((pairs) => differences.between(before, built.version, 1 << 30, pairs)!);
  assert.deepEqual([textsOf(known!.removed), textsOf(known!.added)], [textsOf(all!.removed), textsOf(all!.added)]);
  zone.cell.publish(built.version, 1);
  for (const at of built.gone) memory.give(at);
}
/** All nodes of both trees: flags, key and sets; and what a version says of itself. */
function dump(zone: StoredZone): unknown[] {
  const { words, bytes } = zone.store.memory;
  const { version } = zone.cell;
  const nodes = [NAMES, HASHED].map((tree) => words[version + tree]!).map((root) => (root === 0 ? []
    : [...new OrderedPages(zone.store.memory).entries(root)].map((node) => {
      const sets: string[] = [];
      let set = setsAt(words, node);
      for (; typeAt(bytes, set) !== 0; set = nextSet(bytes, set)) {
        sets.push(`${bytes.subarray(set, set + SET_HEAD)}: ${recordsAt(bytes, set)}`);
      }
      return `${bytes.subarray(node * 4 + 4, setsAt(words, node))}: ${sets.join('; ')}`;
    })));
  return [...nodes, ...[RECORDS, SERIAL, DENIAL, EXPIRES].map((word) => words[version + word]!)];
}
/** Whether a version says rightly how large it is. */
function judgeSums({ store: { memory }, cell: { version } }: StoredZone): void {
  const { words } = memory;
  const pages = new OrderedPages(memory);
  let bytes = 0;
  for (const root of [words[version + NAMES]!, words[version + HASHED]!].filter((each) => each !== 0)) {
    bytes += pages.size(root);
    for (const node of pages.entries(root)) bytes += wordsOf(memory, node) * 4;
  }
  assert.equal(words[version + BYTES], bytes);
}
/** The records of a set, in an order of their own: one that came back stands behind the others. */
function recordsAt(bytes: Uint8Array, set: number): string {
  const records: string[] = [];
  for (let at = set + SET_HEAD; at < nextSet(bytes, set);) {
    const end = at + RECORD_HEAD + u16(bytes, at + 10);
    records.push(String(bytes.subarray(at, end)));
    at = end;
  }
  return records.sort().join(' ');
}
/** The records of a list, each as its octets. */
const textsOf = ({ bytes, length }: RecordList): string[] => [...recordsOf(bytes, 0, length)]
  .map(({ owner, data, size }) => String(bytes.subarray(owner, data + size))).sort();
function giveAll(zone: StoredZone): void {
  const { memory } = zone.store;
  for (const at of blocksOf(memory, zone.cell.version)) memory.give(at);
  assert.equal(memory.used, zone.empty);
}

const name = fc.oneof(
  fc.integer({ min: 0, max: 400 }).map((n) => String(n).split('').join('.')),
  fc.constantFrom('*', '*.1', '1.*', 'a.*.1', '\\000.1', '\\001.1', '!', '!.1', '@', '-.2', '*.2.2'),
);
const signature = (type: string): string => `RRSIG ${type} 8 3 60 20300101000000 20200101000000 1 z.test. AAAA`;
const data = fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'TXT "y"', 'NS ns', 'NS ns.1', 'CNAME a', 'DNAME b.test.', 'MX 1 a', 'MX 2 m.1',
  'NSEC z.test. A', signature('A'), signature('NS'));
const hash = fc.constantFrom('0123456789abcdefghijklmnopqrstuv', '1123456789abcdefghijklmnopqrstuv', '2123456789abcdefghijklmnopqrstuv');
const record = fc.oneof({ weight: 9, arbitrary: fc.tuple(name, data).map(([owner, text]) => `${owner} 60 IN ${text}`) },
  { weight: 1, arbitrary: hash.map((label) => `${label} 60 IN NSEC3 1 0 0 - ${label} A`) },
  { weight: 1, arbitrary: fc.constant('@ 0 IN NSEC3PARAM 1 0 0 -') });

test('whatever is changed, what comes of it is what would be made of all its records, and no word is lost', () => {
  const edit = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(40), fc.array(record, { maxLength: 12 }));
  const zones = fc.uniqueArray(record, { maxLength: 500, size: 'max' });
  fc.assert(fc.property(zones, fc.array(edit, { minLength: 1, maxLength: 6 }), (first, edits) => {
    const zone = new StoredZone('z.test.', Store.create(1 << 23, STORE_KEY));
    let lines = first;
    zone.load([soa(1), ...lines].join('\n'));
    for (const [i, [each, offset, fresh]] of edits.entries()) {
      const isGone = (_: string, at: number): boolean => (at + offset) % each === 0 && each > 1;
      const left = lines.filter((line, at) => !isGone(line, at));
      const added = [...new Set(fresh)].filter((line) => !left.includes(line));
      change(zone, lines.filter(isGone), [soa(i + 2), ...added]);
      lines = [...left, ...added];
      const alone = new StoredZone('z.test.', Store.create(1 << 23, STORE_KEY));
      alone.load([soa(i + 2), ...lines].join('\n'));
      assert.deepEqual(dump(zone), dump(alone));
      judgeSums(zone);
      giveAll(alone);
    }
    giveAll(zone);
  }), { numRuns: 40, endOnFailure: true });
});

test('what is not there cannot go, and nothing is changed then', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${soa(1)}\na 60 IN A 192.0.2.1\nb 60 IN MX 1 Mail`);
  const { used } = zone.store.memory;
  assert.throws(() => change(zone, ['a 60 IN A 192.0.2.2'], [soa(2)]), ZoneError);
  assert.throws(() => change(zone, ['c 60 IN A 192.0.2.1'], []), /take 1 records away that are not there/);
  assert.throws(() => change(zone, ['a 60 IN A 192.0.2.1', 'a 60 IN A 192.0.2.1'], []), ZoneError);
  assert.equal(zone.store.memory.used, used);
});

test('letters and times to live do not tell records apart', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${soa(1)}\na 60 IN A 192.0.2.1\nb 60 IN MX 1 Mail`);
  change(zone, ['A 61 IN A 192.0.2.1', 'B 60 IN MX 1 mAIL', soa(1)], [soa(2), 'c 60 IN A 192.0.2.1']);
  const { words } = zone.store.memory;
  assert.deepEqual([words[zone.cell.version + RECORDS], words[zone.cell.version + SERIAL]], [2, 2]);
});

test('a change copies what it touches and no more', () => {
  const zone = new StoredZone('z.test.');
  const lines = Array.from({ length: 5000 }, (_, i) => `n${i} 60 IN A 192.0.2.1`);
  zone.load([soa(1), ...lines].join('\n'));
  const { memory } = zone.store;
  const { used } = memory;
  const list = { removed: listOf([lines[77]!]), added: listOf([soa(2), 'n77 60 IN A 192.0.2.2']) };
  const built = new Changer(memory).change(ZONE, zone.cell.version, list);
  assert.equal(built.changed, 2);
  // Two nodes, two pages and two chunks with their directories, root and version.
  assert.ok(built.taken.length <= 10, `${built.taken.length} blocks`);
  assert.ok((memory.used - used) * 4 < 16_384, `${(memory.used - used) * 4} bytes`);
  new Changer(memory).discard(built);
  assert.equal(memory.used, used);
});

test('where memory is full nothing of a change stays, and the version before is as it was', () => {
  const zone = new StoredZone('z.test.', Store.create(1 << 20, STORE_KEY));
  zone.load(`${soa(1)}\na 60 IN A 192.0.2.1`);
  const { memory } = zone.store;
  const { used } = memory;
  const before = dump(zone);
  const many = Array.from({ length: 20_000 }, (_, i) => `n${i} 60 IN A 192.0.2.1`);
  assert.throws(() => change(zone, [], many), RangeError);
  assert.equal(memory.used, used);
  assert.deepEqual(dump(zone), before);
});

test('what is no zone any more is refused', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${soa(1)}\na 60 IN A 192.0.2.1`);
  const { used } = zone.store.memory;
  const many = Array.from({ length: 300 }, (_, i) => `big 60 IN TXT "${String(i).padEnd(250, 'x')}"`);
  assert.throws(() => change(zone, [], many), /the records of type TXT at big.z.test. take more than 65535 bytes/);
  assert.throws(() => change(zone, [], ['@ 30 IN NSEC3 1 0 0 - 0123456789abcdefghijklmnopqrstuv A']), /belongs to a hash/);
  assert.equal(zone.store.memory.used, used);
});
