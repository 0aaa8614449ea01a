// Zone files from which an updated zone can begin, and what is said of the others (DYN-4, as recorded).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Name } from '../dns/name.ts';
import { readSeed } from './update-seed.ts';

const zone = Name.parse('d.test').folded;
const folder = fs.mkdtempSync(join(os.tmpdir(), 'seed-'));
after(() => fs.rmSync(folder, { recursive: true }));
const file = join(folder, 'db.d.test');
const SOA = '@ 60 IN SOA ns h 7 7200 3600 1209600 60\n', REST = '@ 60 IN NS ns\nns 60 IN A 192.0.2.53\nwww 60 IN A 192.0.2.1\n';
/** How many records are taken of this text, or why none. */
function taken(text: string, mostRecords = 10_000, mostBytes = 8_388_608): number | string {
  fs.writeFileSync(file, text);
  try {
    return readSeed(file, zone, { mostRecords, mostBytes }).records;
  } catch (error) {
    return (error as Error).message.replace(folder, '');
  }
}

test('a zone within the limits is taken', () => {
  assert.equal(taken(SOA + REST), 4);
  assert.equal(taken(SOA + REST, 4, 1000), 4);
  assert.equal(taken(SOA + REST, 3), 'zone file "/db.d.test" exceeds configured limits');
  assert.equal(taken(SOA + REST, 4, 10), 'zone file "/db.d.test" exceeds configured limits');
});

test('what cannot be updated is told with its reason', () => {
  const invalid = 'invalid zone "d.test.": zone contains';
  assert.equal(taken(REST), 'zone "d.test." has no SOA');
  assert.equal(taken(`${SOA}${REST}@ 60 IN SOA ns h 8 7200 3600 1209600 60\n`), 'zone "d.test." contains more than one SOA');
  assert.equal(taken(SOA.replace('h 7', 'h 0') + REST), `${invalid} an SOA with serial zero`);
  const digest = '0011223344556677889900112233445566778899001122334455667788990011';
  assert.equal(taken(`${SOA}${REST}sub 60 IN DS 1 13 2 ${digest}\n`), `${invalid} unsupported RR type DS`);
  assert.equal(taken(`${SOA}${REST}www 60 IN CNAME ns\n`), `${invalid} CNAME data conflict at www.d.test.`);
  assert.equal(taken(`${SOA}${REST}other.org. 60 IN A 192.0.2.1\n`), `${invalid} an out-of-zone record`);
  assert.throws(() => readSeed('missing', zone, { mostRecords: 1, mostBytes: 1 }), {
    message: 'opening zone file "missing": open missing: no such file or directory',
  });
});
