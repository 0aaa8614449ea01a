// What a zone of hashes proved last is used again while the zone is the same, and not any longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import type { Query } from '../../kernel/query/query.ts';
import { StoredZone, octetsOf } from '../../testing/stored-zone.ts';
import { Proof } from '../finding.ts';
import type { Place } from '../served-zones.ts';
import { RECORD_HEAD, SET_HEAD } from '../record-sets.ts';

const lines = (serial: number, next: string): string => `
z.test. 300 IN SOA ns.z.test. host.z.test. ${serial} 7200 3600 1209600 60
z.test. 300 IN NS ns.example.net.
z.test. 0 IN NSEC3PARAM 1 0 0 -
${'0'.repeat(32)}.z.test. 60 IN NSEC3 1 0 0 - ${next} NS SOA
`;

test('a new version is asked anew, whether a name or the wildcard below it', () => {
  const zone = new StoredZone('z.test.');
  const source = zone.source();
  const bytes = octetsOf(Name.parse('x.z.test.').raw);
  const place = { zone: source.zones.exactly(Name.parse('z.test.'))!, at: [0, 2], labels: 1 } as unknown as Place;
  const query = { bytes, nameLength: bytes.length } as Query;
  const proof = new Proof();
  const nextOf = (label: number, wildcard: boolean): number => zone.store.reading.within(() => {
    source.prove(place, query, label, wildcard, proof);
    return proof.bytes[proof.set + SET_HEAD + RECORD_HEAD + 6]!;
  });
  for (const [i, next] of ['4', '8', 'g', '4'].entries()) {
    zone.load(lines(i, next.padEnd(32, '0')));
    const first = Number.parseInt(next, 32) << 3;
    for (const [label, wildcard] of [[1, false], [1, true], [0, false], [1, false], [1, true]] as const) {
      assert.equal(nextOf(label, wildcard), first, `${i} ${label} ${wildcard}`);
    }
  }
});
