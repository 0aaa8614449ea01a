// Versions of a zone: what a node's bytes are, what stays from one to the next, and what happens where they cannot be made.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { latin1 } from '../../dns/latin1.ts';
import { u16 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import { Store } from '../../store/store.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { StoredZone, octetsOf } from '../../testing/stored-zone.ts';
import { Finding } from '../finding.ts';
import { RECORD_HEAD, SET_HEAD, findSet, isCut, nextSet, recordsIn, typeAt } from '../record-sets.ts';
import { blocksOf } from './blocks.ts';
import { HASHED, NAMES, RECORDS, SERIAL } from './version.ts';
import { ZoneError } from './zone-error.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const soa = (serial: number): string => `@ 60 IN SOA ns hostmaster ${serial} 7200 3600 86400 30\n`;
const HEAD = `${soa(1)}@ 60 IN NS ns\n`;

/** The sets of a name, and the bytes that they are in. */
function setsOf(zone: StoredZone, name: string): [Uint8Array, number] {
  const finding = new Finding();
  const source = zone.source();
  const wire = octetsOf(name);
  source.exactly(source.zones.zones[0]!, wire, wire.length, finding);
  return [finding.bytes, finding.sets];
}
/** The data of each record of a set, as text of its octets. */
function dataOf(bytes: Uint8Array, set: number): string[] {
  const data: string[] = [];
  for (let at = set + SET_HEAD; at < nextSet(bytes, set); at += RECORD_HEAD + u16(bytes, at + 10)) {
    data.push(latin1(bytes, at + RECORD_HEAD, at + RECORD_HEAD + u16(bytes, at + 10)));
  }
  return data;
}
const Z = '\x01z\x04test\0';

test('names in the data are cut where they end in the zone, in old types alone', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${HEAD}a 60 IN MX 1 Mail\na 60 IN MX 2 mail.elsewhere.\na 60 IN SRV 1 2 3 mail\na 60 IN PTR Host\nb 60 IN CNAME z.test.
c 60 IN NS xz.test.`);
  const [bytes, sets] = setsOf(zone, `\x01a${Z}`);
  const mx = findSet(bytes, sets, TYPE.MX);
  assert.ok(isCut(bytes, mx));
  assert.deepEqual(dataOf(bytes, mx), ['\0\x01\x04mail\xc0\0', '\0\x02\x04mail\x09elsewhere\0']);
  assert.deepEqual(dataOf(bytes, findSet(bytes, sets, TYPE.SRV)), [`\0\x01\0\x02\0\x03\x04mail${Z}`]);
  assert.deepEqual(dataOf(bytes, findSet(bytes, sets, TYPE.PTR)), ['\x04Host\xc0\0']);
  const [others, alias] = setsOf(zone, `\x01b${Z}`);
  assert.deepEqual(dataOf(others, findSet(others, alias, TYPE.CNAME)), ['\xc0\0']);
  const [more, cut] = setsOf(zone, `\x01c${Z}`);
  assert.deepEqual(dataOf(more, findSet(more, cut, TYPE.NS)), ['\x02xz\x04test\0']);
});

test('names below their owner are cut there, but not at a wildcard, whose owner is the name that was asked', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${HEAD}a 60 IN NS ns.A\na 60 IN NS a\na 60 IN NS xa\na 60 IN NS ns.b\n*.a 60 IN CNAME x.*.a\n\\000* 60 IN MX 1 m.\\000*`);
  const dataAt = (name: string, type: number): string[] => {
    const [bytes, sets] = setsOf(zone, name);
    return dataOf(bytes, findSet(bytes, sets, type));
  };
  assert.deepEqual(dataAt(`\x01a${Z}`, TYPE.NS), ['\x02ns\xc0\x01', '\x01a\xc0\0', '\x02xa\xc0\0', '\x02ns\x01b\xc0\0']);
  assert.deepEqual(dataAt(`\x01*\x01a${Z}`, TYPE.CNAME), ['\x01x\x01*\x01a\xc0\0']);
  assert.deepEqual(dataAt(`\x02\0*${Z}`, TYPE.MX), ['\0\x01\x01m\xc0\x01']);
  const root = new StoredZone('.');
  root.load('. 60 IN SOA ns. h. 1 2 3 4 5\ntest. 60 IN NS ns.test.\ntest. 60 IN NS ns.');
  const [bytes, sets] = setsOf(root, '\x04test\0');
  assert.deepEqual(dataOf(bytes, findSet(bytes, sets, TYPE.NS)), ['\x02ns\xc0\x01', '\x02ns\0']);
});

test('a set with a name that ends as if it were cut stays whole', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${HEAD}a 60 IN MX 1 mail\na 60 IN MX 2 other.odd\\192.\nb 60 IN MX 1 mail\nb 60 IN TXT "\\192\\000"`);
  const [bytes, sets] = setsOf(zone, `\x01a${Z}`);
  const mx = findSet(bytes, sets, TYPE.MX);
  assert.ok(!isCut(bytes, mx));
  assert.deepEqual(dataOf(bytes, mx), [`\0\x01\x04mail${Z}`, '\0\x02\x05other\x04odd\xc0\0']);
  const [others, b] = setsOf(zone, `\x01b${Z}`);
  assert.ok(isCut(others, findSet(others, b, TYPE.MX)), 'the flag is that of the set');
  assert.ok(!isCut(others, findSet(others, b, TYPE.TXT)));
});

test('equal records are one, signatures follow what they cover, and those of nothing stand first', () => {
  const zone = new StoredZone('z.test.');
  const signature = (type: string) => `a 60 IN RRSIG ${type} 8 3 60 20300101000000 20200101000000 1 z.test. AAAA`;
  zone.load(`${HEAD}a 60 IN TXT "x"\n${signature('A')}\n${signature('MX')}\n${signature('TXT')}\na 60 IN A 192.0.2.1\na 60 IN A 192.0.2.2
a 60 IN A 192.0.2.1`);
  const [bytes, sets] = setsOf(zone, `\x01a${Z}`);
  const found: string[] = [];
  for (let at = sets; typeAt(bytes, at) !== 0; at = nextSet(bytes, at)) {
    const covered = typeAt(bytes, at) === TYPE.RRSIG ? ` of ${u16(bytes, at + SET_HEAD + RECORD_HEAD)}` : '';
    found.push(`${typeAt(bytes, at)}${covered}: ${recordsIn(bytes, at)}`);
  }
  assert.deepEqual(found, ['46 of 15: 1', '1: 2', '46 of 1: 1', '16: 1', '46 of 16: 1']);
  assert.equal(zone.store.memory.words[zone.cell.version + RECORDS], 8);
});

test('hashes are no names', () => {
  const zone = new StoredZone('z.test.');
  const hash = '0123456789abcdefghijklmnopqrstuv';
  zone.load(`${HEAD}@ 0 IN NSEC3PARAM 1 0 0 -\n${hash} 30 IN NSEC3 1 0 0 - ${hash} A\na 60 IN A 192.0.2.1`);
  const { words } = zone.store.memory;
  const pages = new OrderedPages(zone.store.memory);
  assert.equal(pages.count(words[zone.cell.version + NAMES]!), 2);
  assert.equal(pages.count(words[zone.cell.version + HASHED]!), 1);
  assert.equal(setsOf(zone, `\x20${hash}${Z}`)[1], 0);
  zone.load(`${HEAD}a 60 IN A 192.0.2.1`);
  assert.equal(words[zone.cell.version + HASHED], 0);
});

test('what is no zone is refused with its name, and the version before stays', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${HEAD}a 60 IN A 192.0.2.1`);
  const { version } = zone.cell;
  const { used } = zone.store.memory;
  assert.throws(() => zone.load('a 60 IN A 192.0.2.1'), ZoneError);
  assert.throws(() => zone.load(''), /there is no SOA record/);
  const many = Array.from({ length: 300 }, (_, i) => `big 60 IN TXT "${String(i).padEnd(250, 'x')}"`).join('\n');
  assert.throws(() => zone.load(`${HEAD}${many}`), { message: 'the records of type TXT at big.z.test. take more than 65535 bytes' });
  assert.throws(() => zone.load(`${HEAD}@ 30 IN NSEC3 1 0 0 - 0123456789abcdefghijklmnopqrstuv A`), /belongs to a hash/);
  assert.equal(zone.cell.version, version);
  assert.equal(zone.store.memory.used, used);
});

test('where memory is full the version before stays, and nothing of the new one', () => {
  const zone = new StoredZone('z.test.', Store.create(1 << 20, STORE_KEY));
  zone.load(`${HEAD}a 60 IN A 192.0.2.1`);
  const { version } = zone.cell;
  const { memory } = zone.store;
  const { used } = memory;
  const many = Array.from({ length: 20_000 }, (_, i) => `n${i} 60 IN A 192.0.2.1`).join('\n');
  assert.throws(() => zone.load(`${HEAD}${many}`), RangeError);
  assert.equal(zone.cell.version, version);
  assert.equal(memory.used, used);
  assert.ok(setsOf(zone, `\x01a${Z}`)[1] > 0);
  zone.load(`${soa(2)}@ 60 IN NS ns\nb 60 IN A 192.0.2.1`);
  assert.equal(memory.words[zone.cell.version + SERIAL], 2);
});

test('names that are as before stay where they are; few changes copy few pages', () => {
  const zone = new StoredZone('z.test.');
  const lines = (changed: number) => Array.from({ length: 5000 }, (_, i) => `n${i} 60 IN A 192.0.2.${i === changed ? 2 : 1}`).join('\n');
  assert.equal(zone.load(`${HEAD}${lines(-1)}`).changed, 5001);
  const pages = new OrderedPages(zone.store.memory);
  const { words } = zone.store.memory;
  const before = [...pages.entries(words[zone.cell.version + NAMES]!)];
  const { used } = zone.store.memory;
  const built = zone.load(`${soa(2)}@ 60 IN NS ns\n${lines(77)}`);
  assert.equal(built.changed, 2);
  const after = [...pages.entries(words[zone.cell.version + NAMES]!)];
  assert.equal(after.filter((node, i) => node !== before[i]).length, 2);
  assert.ok(built.gone.length < 12, `${built.gone.length} blocks`);
  assert.equal(zone.store.memory.used, used, 'what was replaced was given back');
});

test('whatever versions follow each other, the last one is as if it were alone, and no word is lost', () => {
  const name = fc.integer({ min: 0, max: 900 }).map((n) => String(n).split('').join('.'));
  const data = fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'TXT "y"', 'NS ns', 'NSEC z.test. A');
  const records = fc.array(fc.tuple(name, data), { maxLength: 600, size: 'max' });
  const edits = fc.array(fc.oneof(records, fc.integer({ min: 1, max: 20 })), { minLength: 2, maxLength: 6 });
  fc.assert(fc.property(edits, (versions) => {
    const zone = new StoredZone('z.test.');
    let lines: string[] = [];
    for (const [serial, version] of versions.entries()) {
      if (typeof version === 'number') lines = lines.filter((_, i) => i % version !== 0);
      else lines = [...lines.slice(lines.length >> 1), ...version.map(([owner, data]) => `${owner} 60 IN ${data}`)];
      zone.load(`${soa(serial)}${lines.join('\n')}`);
    }
    const alone = new StoredZone('z.test.');
    alone.load(`${soa(versions.length - 1)}${lines.join('\n')}`);
    assert.deepEqual(dump(zone), dump(alone));
    for (const each of [zone, alone]) {
      for (const at of blocksOf(each.store.memory, each.cell.version)) each.store.memory.give(at);
      assert.equal(each.store.memory.used, each.empty);
    }
  }), { numRuns: 40 });
});
/** All nodes: flags, key and sets. */
function dump(zone: StoredZone): string[] {
  const { words, bytes } = zone.store.memory;
  return [...new OrderedPages(zone.store.memory).entries(words[zone.cell.version + NAMES]!)].map((node) => {
    let end = node * 4 + 8 + (words[node + 1]! & 0xffff);
    while (typeAt(bytes, end) !== 0) end = nextSet(bytes, end);
    return String(bytes.subarray(node * 4 + 4, end));
  });
}
