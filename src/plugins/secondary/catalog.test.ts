// Catalogs that are whole, and those that are broken: nothing of these counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import { Catalog } from './catalog.ts';

const SOUND = ['c.test. 0 IN SOA a. b. 1 2 3 4 5', 'c.test. 0 IN NS invalid.', 'VERSION.c.test. 0 IN TXT "2"'];
/** The members of these records, or what is wrong. */
function read(...records: readonly string[]): readonly string[] | string {
  const catalog = new Catalog(Name.parse('c.test'));
  for (const text of records) {
    const { name, type, rdata } = parseRR(text)!;
    catalog.add(name.octets, name.raw.length, type, rdata, rdata.length);
  }
  try {
    catalog.check();
  } catch (error) {
    return (error as Error).message;
  }
  return [...catalog.members].map(([id, member]) => `${id.slice(1)} ${Name.wire(member).text}`);
}

test('members by their ids; other records are passed over', () => {
  assert.deepEqual(read(...SOUND), []);
  assert.deepEqual(read(...SOUND, 'One.Zones.c.test. 0 IN PTR A.test.', 'two.zones.c.test. 0 IN PTR b.test.',
    'group.one.zones.c.test. 0 IN TXT "x"', 'coo.one.zones.c.test. 0 IN PTR other.test.', 'zones.c.test. 0 IN PTR no.test.',
    'three.zones.c.test. 0 IN TXT "no"', 'other.c.test. 0 IN A 192.0.2.1'), ['one a.test.', 'two b.test.']);
});

test('groups of members, each record one text', () => {
  const catalog = new Catalog(Name.parse('c.test'));
  for (const text of [...SOUND, 'a.zones.c.test. 0 IN PTR m.test.', 'group.a.zones.c.test. 0 IN TXT "one" "more"',
    'Group.A.Zones.c.test. 0 IN TXT "Two"', 'group.zones.c.test. 0 IN TXT "no"', 'group.a.b.zones.c.test. 0 IN TXT "no"']) {
    const { name, type, rdata } = parseRR(text)!;
    catalog.add(name.octets, name.raw.length, type, rdata, rdata.length);
  }
  catalog.check();
  assert.deepEqual([...catalog.groups], [['\x01a', ['onemore', 'Two']]]);
});

test('a catalog with more members than are taken counts as broken', () => {
  const catalog = new Catalog(Name.parse('c.test'));
  for (const text of [...SOUND, 'a.zones.c.test. 0 IN PTR m.test.', 'b.zones.c.test. 0 IN PTR n.test.']) {
    const { name, type, rdata } = parseRR(text)!;
    catalog.add(name.octets, name.raw.length, type, rdata, rdata.length);
  }
  catalog.check(2);
  assert.throws(() => catalog.check(1), { message: 'the catalog has 2 members, and at most 1 are taken' });
});

test('catalogs that are broken', () => {
  const [soa, ns, version] = SOUND as [string, string, string];
  assert.equal(read(ns, version), 'the catalog has no SOA');
  assert.equal(read(soa, version), 'the catalog has no NS');
  const versions = [[], ['version.c.test. 0 IN TXT "1"'], [version, 'version.c.test. 0 IN TXT "3"'], ['version.c.test. 0 IN TXT "2" "x"']];
  for (const wrong of versions) {
    assert.equal(read(soa, ns, ...wrong), 'the catalog is not of version 2');
  }
  const broken = (...records: readonly string[]) => read(...SOUND, ...records);
  const one = 'a.zones.c.test. 0 IN PTR m.test.';
  assert.equal(broken(one, 'a.zones.c.test. 0 IN PTR n.test.'), 'the catalog is broken: the member a has two names');
  assert.equal(broken(one, 'b.zones.c.test. 0 IN PTR M.test.'), 'the catalog is broken: m.test. is a member twice');
  assert.equal(broken('a.zones.c.test. 0 IN PTR c.test.'), 'the catalog is broken: the catalog is a member of itself');
  assert.equal(broken(one, 'coo.a.zones.c.test. 0 IN PTR d.test.', 'coo.a.zones.c.test. 0 IN PTR e.test.'),
    'the catalog is broken: the member a passes over to two catalogs');
});
