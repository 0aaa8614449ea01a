// Which records differences are about: equal ones, and no others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRR } from '../../dns/rr.ts';
import { Patch } from './patch.ts';

/** Whether the second record stays where differences take the first away. */
function stays(removed: string, kept: string): boolean {
  const patch = new Patch();
  const [a, b] = [parseRR(removed)!, parseRR(kept)!];
  patch.remove(a.name.octets, a.name.octets.length, a.type, a.rdata, a.rdata.length);
  return patch.keeps(b.name.octets, b.name.octets.length, b.type, b.rdata, b.rdata.length);
}

test('letters of names may be written either way, in data too', () => {
  assert.equal(stays('A.test. 60 IN MX 5 b.test.', 'a.test. 60 IN MX 5 B.TEST.'), false);
  assert.equal(stays('a.test. 60 IN SOA a.test. B.test. 1 2 3 4 5', 'a.test. 60 IN SOA A.test. b.test. 1 2 3 4 5'), false);
  assert.equal(stays('a.test. 60 IN NAPTR 1 1 "u" "E2U" "" B.test.', 'a.test. 60 IN NAPTR 1 1 "u" "E2U" "" b.test.'), false);
});

test('numbers and text that look like letters are what they are', () => {
  assert.equal(stays('a.test. 60 IN MX 65 b.test.', 'a.test. 60 IN MX 97 b.test.'), true);
  assert.equal(stays('a.test. 60 IN SRV 0 0 65 b.test.', 'a.test. 60 IN SRV 0 0 97 b.test.'), true);
  assert.equal(stays('a.test. 60 IN NAPTR 1 1 "U" "" "" b.test.', 'a.test. 60 IN NAPTR 1 1 "u" "" "" b.test.'), true);
  assert.equal(stays('a.test. 60 IN TXT A', 'a.test. 60 IN TXT a'), true);
});
