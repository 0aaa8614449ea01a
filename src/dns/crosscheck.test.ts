// Our text of records read by other people's software, and theirs by ours. Skipped where it is not installed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { valuesOf } from './arbitraries.test.ts';
import { Name } from './name.ts';
import { parseRR, printRR, type RR } from './rr.ts';
import { allShapes } from './shapes.ts';

const ORIGIN = Name.parse('example.org');
const HEAD = ['example.org.\t60\tIN\tSOA\tns.example.net. root.example.org. 1 2 3 4 5', 'example.org.\t60\tIN\tNS\tns.example.net.'];

/** Types of which both take any values; of the others they want more than that the octets are whole. */
const RANDOM = [
  'A',
  'NS',
  'DNAME',
  'PTR',
  'HINFO',
  'MX',
  'TXT',
  'AAAA',
  'SRV',
  'SPF',
  'URI',
  'CERT',
  'SSHFP',
  'IPSECKEY',
  'DNSKEY',
  'DHCID',
  'NSEC3PARAM',
  'TLSA',
  'SMIMEA',
  'HIP',
  'CDNSKEY',
  'OPENPGPKEY',
  'MB',
  'MG',
  'MR',
  'MINFO',
  'RP',
  'AFSDB',
  'RT',
  'PX',
  'LOC',
  'EID',
  'NIMLOC',
  'KX',
  'APL',
  'TALINK',
  'NID',
  'L32',
  'L64',
  'LP',
  'EUI48',
  'EUI64',
];

const CHOSEN = [
  'CNAME Mail.Example.NET.',
  'NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org!" .',
  'CAA 128 issuewild "ca.example; policy=\\"x\\""',
  'HTTPS 1 . alpn="h2,h3" port="8443" ipv4hint="192.0.2.1,192.0.2.2" ech="aGVsbG8=" ipv6hint="2001:db8::1" key667="hi"',
  'SVCB 16 foo.example.org. mandatory="alpn,ipv4hint" alpn="h2,h3-19" ipv4hint="192.0.2.1"',
  'SVCB 1 foo.example.org. alpn="f\\\\\\092oo\\\\\\044bar,h2"',
  'DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118',
  `CDS 60485 8 2 ${'AB'.repeat(32)}`,
  'RRSIG A 13 2 300 20300102030405 20290102030405 60485 example.org. aGVsbG8=',
  'NSEC host.example.org. A MX RRSIG NSEC TYPE1234',
  'NSEC3 1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR MX DNSKEY NS SOA NSEC3PARAM RRSIG',
  'CSYNC 66 3 A NS AAAA',
  `ZONEMD 2018031500 1 1 ${'ab'.repeat(48)}`,
  'ISDN "150862028003217" "004"',
  'X25 311061700956',
  'GPOS -32.6882 116.8652 10.0',
  'TYPE65280 \\# 4 0a000001',
];

function sample(): RR[] {
  const records: RR[] = [];
  for (const [i, text] of CHOSEN.entries()) records.push(parseRR(`chosen${i} ${text}`, { origin: ORIGIN, defaultTtl: 60 }) as RR);
  for (const shape of allShapes.values()) {
    if (!RANDOM.includes(shape.name)) continue;
    fc.sample(valuesOf(shape), { numRuns: 6, seed: 3 }).forEach((values, i) => {
      const name = ORIGIN.under(`${shape.name.toLowerCase()}${i}`);
      records.push({ name, type: shape.type, class: 1, ttl: 60, rdata: shape.rdata(values) });
    });
  }
  return records;
}

/** What the program makes of the zone, as our records by owner and type. */
function through(command: string, args: (file: string) => string[], records: readonly RR[]): Map<string, RR> {
  const folder = mkdtempSync(join(tmpdir(), 'crosscheck-'));
  try {
    const file = join(folder, 'zone');
    writeFileSync(file, `${[...HEAD, ...records.map(printRR)].join('\n')}\n`);
    const run = spawnSync(command, args(file), { encoding: 'latin1', timeout: 90_000 });
    assert.equal(run.status, 0, run.stderr + run.stdout.slice(0, 500));
    const found = run.stdout
      .split('\n')
      .map((line) => parseRR(line))
      .filter((rr) => rr !== undefined);
    return new Map(found.map((rr) => [`${rr.name.key} ${rr.type}`, rr]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compare(records: readonly RR[], found: ReadonlyMap<string, RR>): void {
  for (const record of records) {
    const other = found.get(`${record.name.key} ${record.type}`);
    assert.ok(other !== undefined, printRR(record));
    assert.deepEqual(other.rdata, record.rdata, `${printRR(record)}\n${printRR(other)}`);
  }
}

const missing = (command: string) => (spawnSync(command, ['-v']).error === undefined ? false : `${command} is not installed`);

test('ldns reads our text as the same data', { skip: missing('ldns-read-zone') }, () => {
  const records = sample();
  compare(
    records,
    through('ldns-read-zone', (file) => [file], records),
  );
});

test('BIND reads our text as the same data', { skip: missing('named-compilezone') }, () => {
  const records = sample();
  const lenient = ['-i', 'none', '-k', 'ignore', '-n', 'ignore', '-r', 'ignore', '-M', 'ignore', '-S', 'ignore'];
  compare(
    records,
    through('named-compilezone', (file) => [...lenient, '-s', 'full', '-o', '-', 'example.org', file], records),
  );
});
