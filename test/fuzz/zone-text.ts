// Any text as a master file: read or refused with a place, alike in pieces of any size, and what was read is read again as it is printed.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { latin1, latin1Bytes, octets } from '../../src/dns/latin1.ts';
import { Name } from '../../src/dns/name.ts';
import { shapeOf } from '../../src/dns/shapes.ts';
import { printRecord } from '../../src/zonefile/print.ts';
import { ZoneReader } from '../../src/zonefile/reader.ts';
import { RecordList } from '../../src/zonefile/record-list.ts';
import { target, textOf } from './target.ts';

const zone = Name.parse('example.org.');
const words = [
  '@', 'a', 'A', 'AAAA', 'NS', 'MX', 'TXT', 'SOA', 'CNAME', 'SRV', 'DS', 'RRSIG', 'NSEC', 'NSEC3', 'DNSKEY', 'CAA', 'HTTPS', 'LOC',
    'TYPE731', '\\#', 'IN', 'CH',
  '60', '1h', '10', '192.0.2.1', '2001:db8::1', '(', ')', '"', '"x y"', ';', '$TTL', '$ORIGIN', '$GENERATE', '$INCLUDE', '1-3',
    '1-2147483648', 'h$',
  `\${0,2,d}`, '0a0b', 'AAAA', 'example.org.', 'x.', '\\', '\\255', '\\256', '*', 'x'.repeat(64), 'abcdefg.'.repeat(31), '-', '.',
    'alpn=h2', 'key="v"',
];

/** What one reading gives: lines of records, then of problems. */
function read(bytes: Uint8Array, cuts: readonly number[]): [records: string[], problems: string[]] {
  const list = new RecordList();
  const problems: string[] = [];
  const reader = new ZoneReader();
  reader.begin(zone, 'db', list, {
    include: () => 'no file',
    problem: ({ message, line, column }) => {
      assert.ok(line >= 1 && column >= 1, message);
      return problems.push(message) < 1000;
    },
  });
  let at = 0;
  for (const cut of cuts) if (cut > at) at = reader.parse(bytes, at, Math.min(cut, bytes.length), false);
  assert.ok(reader.parse(bytes, at, bytes.length, true) <= bytes.length);
  for (const { type, rdata } of list.records) shapeOf(type)?.values(rdata);
  return [list.records.map((record) => printRecord(record)), problems];
}

const pieces = fc.array(fc.nat(300), { maxLength: 5 }).map((cuts) => cuts.sort((a, b) => a - b));
/** Zone text. */
export const zoneText = target('zone-text', 1000, fc.tuple(textOf(...words), pieces), ([text, cuts]) => {
  const bytes = latin1Bytes(octets(text));
  const whole = read(bytes, []);
  assert.deepEqual(read(bytes, cuts), whole);
  const printed = whole[0].filter((line) => !/\tSOA\t/.test(line)).join('\n');
  const [again, problems] = read(latin1Bytes(octets(printed)), []);
  assert.deepEqual([again.join('\n'), problems], [printed, []]);
});

/** Any octets as zone text. */
export const zoneBytes = target('zone-bytes', 1000, fc.tuple(fc.uint8Array({ maxLength: 300 }), pieces), ([bytes, cuts]) => {
  assert.deepEqual(read(bytes, cuts), read(bytes, []), latin1(bytes, 0, bytes.length));
});
