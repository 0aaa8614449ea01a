// Any records in place of a catalog's, and what is made here as it is read again. Knows what must hold: a catalog is refused in a sentence,
// or each of its members is one zone under one id; what one server says of its zones another one understands.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { TransferError } from '../../src/authority/incoming/incoming.ts';
import { anyName, anyRecord, octetText } from '../../src/dns/arbitraries.test.ts';
import { latin1Bytes } from '../../src/dns/latin1.ts';
import { Name } from '../../src/dns/name.ts';
import { record } from '../../src/dns/rr.ts';
import { CLASS, TYPE } from '../../src/dns/type-name.ts';
import { FRAME, recordsOfMember, soaOf } from '../../src/plugins/catalog/listing.ts';
import { Catalog } from '../../src/plugins/secondary/catalog.ts';
import { target } from './target.ts';

const zone = Name.parse('c.test').folded;
const labels = fc.array(fc.constantFrom('zones', 'ZONES', 'version', 'group', 'coo', 'ext', 'a', 'b', 'A', 'zones'), { maxLength: 4 });
const owner = labels.map((all) => Name.parse([...all, 'c.test'].join('.')));
const data = fc.oneof(
  fc.constantFrom('a.test.', 'A.test.', 'c.test.', 'd.test.', '.').map((text) => ({ type: TYPE.PTR, rdata: Name.parse(text).octets })),
  fc.constantFrom('\x012', '\x011', '\x012\x01x', '\0', '\x05group').map((text) => ({ type: TYPE.TXT, rdata: latin1Bytes(text) })),
  anyRecord.map(({ type, rdata }) => ({ type, rdata })),
);
const records = fc.array(fc.tuple(owner, data).map(([name, { type, rdata }]) => record(name, type, CLASS.IN, 0, rdata)), { maxLength: 8 });
const framed = [soaOf(1), ...FRAME].map(({ owner: before, type, data: rdata }) =>
  record(Name.wire(before + zone.key), type, CLASS.IN, 0, rdata));

/** What a primary may say is a catalog. */
export const catalogs = target('catalogs', 400, fc.tuple(fc.boolean(), records), ([isFramed, some]) => {
  const catalog = new Catalog(zone);
  for (const { name, type, rdata } of isFramed ? [...framed, ...some] : some) {
    catalog.add(name.octets, name.raw.length, type, rdata, rdata.length);
  }
  try {
    catalog.check(3);
  } catch (error) {
    return assert.ok(error instanceof TransferError, String(error));
  }
  const members = [...catalog.members.values()];
  assert.equal(new Set(members).size, members.length);
  assert.ok(members.length <= 3 && !members.includes(zone.key));
  for (const member of members) assert.equal(Name.wire(member).key, member);
  for (const id of [...catalog.members.keys(), ...catalog.groups.keys(), ...catalog.owners.keys()]) {
    assert.equal(id.length, id.charCodeAt(0) + 1);
    assert.ok(id.length <= 64);
  }
});

const properties = fc.record({
  text: fc.constant(''), owner: fc.option(anyName.map((each) => each.folded), { nil: undefined }),
  groups: fc.uniqueArray(octetText(255, 1), { maxLength: 3 }),
});
const listings = fc.uniqueArray(fc.tuple(anyName, properties), { selector: ([each]) => each.key, maxLength: 6 });

/** What we say of our zones. */
export const ourCatalogs = target('our catalogs', 200, listings, (listing) => {
  const members = listing.filter(([{ key }]) => key !== zone.key);
  const catalog = new Catalog(zone);
  const ours = [soaOf(7), ...FRAME, ...members.flatMap(([{ key }, each]) => recordsOfMember(key, each))];
  for (const { owner: before, type, data: rdata } of ours) {
    const name = latin1Bytes(before + zone.key);
    catalog.add(name, name.length, type, rdata, rdata.length);
  }
  catalog.check();
  assert.deepEqual([...catalog.members.values()], members.map(([{ key }]) => key));
  const ids = [...catalog.members.keys()];
  members.forEach(([, { groups, owner: to }], i) => {
    assert.deepEqual(catalog.groups.get(ids[i]!) ?? [], groups);
    assert.equal(catalog.owners.get(ids[i]!), to?.key);
  });
});
