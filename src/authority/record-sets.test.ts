// Sets of a name are found among the others, with their signatures, and a set that is not there is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { MadeZone } from '../testing/made-zone.ts';
import { Finding } from './finding.ts';
import { RECORD_HEAD, SET_HEAD, findSet, isCut, recordsIn, signaturesOf, sizeOf } from './record-sets.ts';

test('sets are found among others, with their signatures', () => {
  const zone = new MadeZone('z.test.', `
@ 60 IN SOA ns hostmaster 1 7200 3600 86400 30
@ 60 IN NS ns
@ 60 IN NS ns.elsewhere.test.
@ 60 IN RRSIG NS 13 2 60 20300101000000 20200101000000 1 z.test. AAAA
@ 60 IN TXT "x"`);
  const finding = new Finding();
  const { raw } = Name.parse('z.test.');
  zone.exactly(zone.zones.zones[0]!, latin1Bytes(raw), raw.length, finding);
  const { bytes, sets, ns, soa } = finding;
  assert.equal(findSet(bytes, sets, TYPE.NS), ns);
  assert.equal(findSet(bytes, sets, TYPE.MX), 0);
  assert.equal(findSet(bytes, 0, TYPE.NS), 0);
  assert.deepEqual([recordsIn(bytes, ns), isCut(bytes, ns)], [2, true]);
  // `ns`, its end cut at the owner, which is nearer than the zone's, or as near; the other name is whole.
  assert.equal(sizeOf(bytes, ns), RECORD_HEAD * 2 + 5 + 19);
  assert.deepEqual([recordsIn(bytes, soa), isCut(bytes, soa), signaturesOf(bytes, soa)], [1, false, 0]);
  const signatures = signaturesOf(bytes, ns);
  assert.equal(signatures, findSet(bytes, sets, TYPE.RRSIG));
  assert.equal(signatures, ns + SET_HEAD + sizeOf(bytes, ns));
  assert.equal(recordsIn(bytes, findSet(bytes, sets, TYPE.TXT)), 1);
});
