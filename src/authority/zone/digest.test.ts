// The digest of a zone in a scratch: what is right, what is not, and what is made. The examples of RFC 8976 are in dnssec/digests.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { ENTRY_POINT, ZONE_KEY } from '../../dnssec/dnskey.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import { Store } from '../../store/store.ts';
import { checkDigest, makeDigest } from './digest.ts';
import { Scratch } from './scratch.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const { hash } = Store.create(1 << 20, STORE_KEY).memory;
const zone = Name.parse('z.test.');
const PLAIN = ['z.test. 60 IN SOA ns h 1 2 3 4 5', 'z.test. 60 IN NS ns', 'B.z.test. 60 IN A 192.0.2.2', 'a.b.z.test. 60 IN MX 1 Mail'];

function scratchOf(lines: readonly string[]): Scratch {
  const scratch = new Scratch(hash).begin(zone.folded.octets);
  for (const line of lines) add(scratch, line);
  return scratch;
}
function add(scratch: Scratch, line: string): void {
  const { name, type, ttl, rdata } = parseRR(line, { origin: zone })!;
  scratch.add(scratch.owner(name.octets, name.octets.length), type, ttl, rdata, rdata.length);
}
/** Its records of a type. */
function own(scratch: Scratch, type: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let record = scratch.first(scratch.owner(zone.octets, zone.octets.length)); record !== 0; record = scratch.next(record)) {
    const at = scratch.dataAt(record);
    if (scratch.type(record) === type) found.push(scratch.bytes.slice(at, at + scratch.size(record)));
  }
  return found;
}
const NOW = 1_900_000_000;

test('what was made is right, is made once, and is wrong when anything is another', () => {
  const scratch = scratchOf(PLAIN);
  makeDigest(scratch);
  checkDigest(scratch, true, NOW);
  const [digest] = own(scratch, TYPE.ZONEMD);
  makeDigest(scratch);
  assert.deepEqual(own(scratch, TYPE.ZONEMD), [digest]);
  // The order in which records come and the case of names are nothing to it.
  const other = scratchOf(PLAIN.toReversed().map((line) => line.replace('B.z', 'b.Z').replace('Mail', 'mail')));
  makeDigest(other);
  assert.deepEqual(own(other, TYPE.ZONEMD), [digest]);
  for (const line of ['b.z.test. 60 IN A 192.0.2.3', 'c.z.test. 60 IN A 192.0.2.2', 'z.test. 60 IN DNSKEY 256 3 13 AAAA']) {
    const changed = scratchOf(PLAIN);
    makeDigest(changed);
    add(changed, line);
    assert.throws(() => checkDigest(changed, false, NOW), /the digest of z\.test\. is not the one|is signed, and no signature/, line);
  }
});

/** Digests that are not those of a zone, as lines, and what is said of them; nothing: they do not count. */
const DIGEST = 'a'.repeat(96);
const WRONG: readonly (readonly [lines: readonly string[], required: boolean, said: string])[] = [
  [[], true, 'z.test. has no ZONEMD record, and one is required'], [[], false, ''],
  [[`1 1 1 ${DIGEST}`], false, 'the digest of z.test. is not the one in its ZONEMD record: records are missing, new or changed'],
  [[`2 1 1 ${DIGEST}`], false, 'the ZONEMD record of z.test. is of serial 2, and the zone has 1'],
  [[`1 240 1 ${DIGEST}`], true, 'none of the ZONEMD records of z.test. is of a known kind, and one is required'],
  [[`1 240 1 ${DIGEST}`], false, ''],
  // Of two of one kind neither counts (RFC 8976 section 4).
  [[`1 1 1 ${DIGEST}`, `1 1 1 ${'b'.repeat(96)}`], false, ''],
];
for (const [digests, required, said] of WRONG) {
  test(`${digests.map((data) => data.slice(0, 8)).join(', ') || 'no digest'}${required ? ', required' : ''}: ${said || 'taken'}`, () => {
    const scratch = scratchOf([...PLAIN, ...digests.map((data) => `z.test. 60 IN ZONEMD ${data}`)]);
    if (said === '') checkDigest(scratch, required, NOW);
    else assert.throws(() => checkDigest(scratch, required, NOW), { message: said });
  });
}

test('in a signed zone it counts with its signature alone', () => {
  const key = generateKey(zone, algorithmNamed('ECDSAP256SHA256')!, ZONE_KEY | ENTRY_POINT, 60);
  const scratch = scratchOf(PLAIN);
  const apex = scratch.owner(zone.octets, zone.octets.length);
  scratch.add(apex, TYPE.DNSKEY, 60, key.data, key.data.length);
  makeDigest(scratch);
  assert.throws(() => checkDigest(scratch, false, NOW), { message: /signed, and no signature of its ZONEMD record holds: there is none$/ });
  const set = { owner: zone.octets, type: TYPE.ZONEMD, class: CLASS.IN, ttl: 60, data: own(scratch, TYPE.ZONEMD) };
  const signature = key.signSet(set, { inception: NOW - 60, expiration: NOW + 60 });
  scratch.add(apex, TYPE.RRSIG, 60, signature, signature.length);
  checkDigest(scratch, true, NOW);
  assert.throws(() => checkDigest(scratch, true, NOW + 100), { message: /holds: expired$/ });
  assert.throws(() => makeDigest(scratch), { message: /is signed: its ZONEMD record has to be signed with it/ });
});
