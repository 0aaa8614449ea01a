// Groups of a catalog's members (RFC 9432, section 4.3.2): what a block says of a group counts for its members, and for no other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { MadePrimary, SECRET, address, isMissing, soa, whole } from './made-primary.test.ts';

/** Says a catalog. */
function catalog(primary: MadePrimary, serial: number, ...records: readonly string[]): void {
  const first = soa(serial).replaceAll('a.test.', 'c.test.');
  primary.says['c.test. SOA'] = [[first]];
  primary.says['c.test. IXFR'] = 'close';
  const owned = records.map((record) => record.replace(' ', '.zones.c.test. 0 IN '));
  primary.says['c.test. AXFR'] = [[first, 'c.test. 0 IN NS invalid.', 'version.c.test. 0 IN TXT "2"', ...owned, first]];
}

test('members of a group have its primaries and keys; who comes into one has them from then on, and serves what it has until then', {
  skip: isMissing,
}, async (t) => {
  const [primary, other] = [await new MadePrimary().open(t), await new MadePrimary().open(t)];
  other.signs = 'all';
  primary.says = { AXFR: [whole(1)], SOA: [[soa(1)]] };
  catalog(primary, 1, 'one PTR a.test.', 'group.one TXT "strangers"');
  const ours = await serve(`. {
    tsig {\nsecret one.key ${SECRET}\n}
    secondary c.test {\ntransfer from 127.0.0.1:${primary.port}\ncatalog
      group inner {\ntransfer from 127.0.0.1:${other.port}\nkey one.key\n}
      group outer {\nmax_records 1\n}
    }\n}`, standard);
  t.after(() => ours.close());
  const has = (text: string) => eventually(() => ours.log().includes(text), text);
  await has('Transferred a.test.');
  assert.equal(await address(ours.port), '192.0.2.1', 'a group that the line does not have is none');

  other.says = { AXFR: [whole(2)], SOA: [[soa(2)]] };
  catalog(primary, 2, 'one PTR a.test.', 'group.one TXT "strangers"', 'group.one TXT "in" "ner"', 'group.one TXT "outer"');
  await has(`Transferred a.test. from 127.0.0.1:${other.port}`);
  assert.equal(await address(ours.port), '192.0.2.2');

  primary.says = { ...primary.says, AXFR: [whole(3)], SOA: [[soa(3)]], IXFR: 'close' };
  catalog(primary, 3, 'one PTR a.test.', 'group.one TXT "outer"');
  await has('it has more than 1 records');
});

test('a group may be there once, and is of use with a catalog alone', async () => {
  const refused = async (block: string): Promise<string> =>
    serve(`. {\nsecondary c.test {\ntransfer from 127.0.0.1\n${block}\n}\n}`, standard).then(
      (ours) => ours.close().then(() => ''), (error: Error) => error.message);
  assert.match(await refused('group a {\nkey one\n}'), /group is of use with catalog alone/);
  assert.match(await refused('catalog\ngroup a {\nnewest\n}\ngroup a {\nnewest\n}'), /the group "a" is there already/);
  assert.match(await refused('catalog\ngroup a {\ncatalog\n}'), /unknown property 'catalog'/);
  assert.match(await refused('catalog\ngroup a {\nkey missing\n}'), /there is no key "missing\."/);
});
