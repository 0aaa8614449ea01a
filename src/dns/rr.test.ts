// Records as text: what CoreDNS prints and what it reads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { anyRecord } from './arbitraries.test.ts';
import { Name, NameError } from './name.ts';
import { parseRR, printRR, rr } from './rr.ts';
import { A, AAAA, MX, TXT } from './types.ts';
import { RRError, splitEntry } from './words.ts';

const print = (text: string) => {
  const record = parseRR(text);
  return record === undefined ? undefined : printRR(record);
};

test('parse(print(rr)) = rr', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const text = printRR(record);
      const again = parseRR(text);
      assert.equal(again?.name.raw, record.name.raw, text);
      assert.deepEqual({ ...again, name: undefined }, { ...record, name: undefined }, text);
    }),
    { numRuns: 500 },
  );
});

test('parse(print(rr)) = rr for any octets of any type', () => {
  fc.assert(
    fc.property(fc.nat({ max: 270 }), fc.uint8Array({ maxLength: 40 }), (type, rdata) => {
      const text = printRR({ name: Name.root, type, class: 1, ttl: 0, rdata });
      const again = parseable(text);
      // Text may be another form of the same data, but must not lose the record or become another type.
      if (again !== undefined) assert.equal(again.type, type, text);
    }),
    { numRuns: 1000 },
  );
});

function parseable(text: string) {
  try {
    return parseRR(text);
  } catch (error) {
    // Octets that no text of their type can lead to, written as \#, are refused as CoreDNS refuses them.
    assert.ok(text.includes('\\#'), `${text}: ${error}`);
    return undefined;
  }
}

const TEXTS: readonly (readonly [string, string])[] = [
  ['example.org. 300 IN MX 10 mx.example.org.', 'example.org.\t300\tIN\tMX\t10 mx.example.org.'],
  ['example.org. IN 300 MX 10 mx', 'example.org.\t300\tIN\tMX\t10 mx.'],
  ['example.org. A 192.0.2.1', 'example.org.\t3600\tIN\tA\t192.0.2.1'],
  ['example.org 1h30m CH TXT a b\tc ; d', 'example.org.\t5400\tCH\tTXT\t"a" "b" "c"'],
  ['a TXT "a;b" "" "c\\"d\\\\e\\200\\a"', 'a.\t3600\tIN\tTXT\t"a;b" "" "c\\"d\\\\e\\200a"'],
  ['a TXT ( "x"\n "y" ) ; z\nb A 192.0.2.1', 'a.\t3600\tIN\tTXT\t"x" "y"'],
  ['a SOA ns root ( 1 2h 3m 1w 5 )', 'a.\t3600\tIN\tSOA\tns. root. 1 7200 180 604800 5'],
  ['a AAAA 2001:DB8:0:0:1::1', 'a.\t3600\tIN\tAAAA\t2001:db8::1:0:0:1'],
  ['a AAAA ::ffff:192.0.2.1', 'a.\t3600\tIN\tAAAA\t::ffff:192.0.2.1'],
  ['a HINFO PC "Linux 6"', 'a.\t3600\tIN\tHINFO\t"PC" "Linux 6"'],
  ['a SRV 1 2 3 T.', 'a.\t3600\tIN\tSRV\t1 2 3 T.'],
  ['a NAPTR 1 2 "s" "" "!a!b\\\\1!" .', 'a.\t3600\tIN\tNAPTR\t1 2 "s" "" "!a!b\\\\1!" .'],
  ['a CAA 0 issue "ca.example"', 'a.\t3600\tIN\tCAA\t0 issue "ca.example"'],
  ['a DS 1 RSASHA256 2 ab cd', 'a.\t3600\tIN\tDS\t1 8 2 ABCD'],
  ['a TLSA 3 1 1 AB CD', 'a.\t3600\tIN\tTLSA\t3 1 1 abcd'],
  ['a CERT PGP 0 RSASHA1 aGk=', 'a.\t3600\tIN\tCERT\tPGP 0 RSASHA1 aGk='],
  ['a RRSIG A 8 2 300 20260102030405 1700000000 7 b. aGk=', 'a.\t3600\tIN\tRRSIG\tA 8 2 300 20260102030405 20231114221320 7 b. aGk='],
  ['a NSEC b. AAAA a TYPE300', 'a.\t3600\tIN\tNSEC\tb. A AAAA TYPE300'],
  ['a NSEC3 1 0 5 AaBb 0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM NS', 'a.\t3600\tIN\tNSEC3\t1 0 5 AABB 0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM NS'],
  ['a NSEC3PARAM 1 0 0 -', 'a.\t3600\tIN\tNSEC3PARAM\t1 0 0 -'],
  ['a LOC 51 30 12.748 N 0 7 39.611 W 0', 'a.\t3600\tIN\tLOC\t51 30 12.748 N 00 07 39.611 W 0m 1m 10000m 10m'],
  ['a LOC 1 S 2 E -5.25m 0.05m 20m 3000m', 'a.\t3600\tIN\tLOC\t01 00 0.000 S 02 00 0.000 E -5.25m 0.05m 20m 3000m'],
  ['a APL 1:192.0.2.0/24 !2:2001:db8::/32', 'a.\t3600\tIN\tAPL\t1:192.0.2.0/24 !2:2001:db8::/32'],
  ['a HTTPS 1 . port=853 alpn="h2,h3" key667=a', 'a.\t3600\tIN\tHTTPS\t1 . alpn="h2,h3" port="853" key667="a"'],
  [
    'a SVCB 1 b alpn="f\\\\\\\\oo\\\\,bar,h2" no-default-alpn',
    'a.\t3600\tIN\tSVCB\t1 b. alpn="f\\\\\\092oo\\\\\\044bar,h2" no-default-alpn=""',
  ],
  ['a SVCB 0 b', 'a.\t3600\tIN\tSVCB\t0 b.'],
  ['a IPSECKEY 10 3 2 b. aGk=', 'a.\t3600\tIN\tIPSECKEY\t10 3 2 b. aGk='],
  ['a IPSECKEY 10 0 2 . aGk=', 'a.\t3600\tIN\tIPSECKEY\t10 0 2 . aGk='],
  ['a EUI48 00-00-5E-00-53-2a', 'a.\t3600\tIN\tEUI48\t00-00-5e-00-53-2a'],
  ['a NID 10 0014:4fff:FF20:ee64', 'a.\t3600\tIN\tNID\t10 0014:4fff:ff20:ee64'],
  ['a L64 10 2001:0db8:1140:1000', 'a.\t3600\tIN\tL64\t10 2001:0DB8:1140:1000'],
  ['a TYPE65280 \\# 3 AB cdef', 'a.\t3600\tCLASS1\tTYPE65280\t\\# 3 abcdef'],
  ['a CLASS3 TYPE1 \\# 4 c0000201', 'a.\t3600\tCH\tA\t192.0.2.1'],
  ['a ANY A 192.0.2.1', 'a.\t3600\tCLASS255\tA\t192.0.2.1'],
  ['a A', 'a.\t3600\tIN\tA\t'],
  ['\\097\\.b.example. A 192.0.2.1', 'a\\.b.example.\t3600\tIN\tA\t192.0.2.1'],
];

for (const [text, expected] of TEXTS) {
  test(`read and printed: ${text.replace('\n', ' ')}`, () => assert.equal(print(text), expected));
}

test('a long text is cut into strings of 255 octets', () => {
  const record = parseRR(`a TXT "${'x'.repeat(256)}"`);
  assert.deepEqual(TXT.values(record?.rdata as Uint8Array).texts, ['x'.repeat(255), 'x']);
});

test('what is no record is refused', () => {
  const bad = [
    'a',
    'a A 1.2.3',
    'a A 01.2.3.4',
    'a A ::1',
    'a AAAA 1.2.3.4',
    'a A 1.2.3.4 5',
    'a MX 10',
    'a 1x A 1.2.3.4',
    ' A 1.2.3.4',
    'a NOTYPE x',
    'a TXT "x',
    'a TXT ( x',
    'a TXT x )',
    'a TYPE1 \\# 3 010203',
    'a TYPE700 \\# 3 0102',
    'a TYPE700 abc',
    'a OPT x',
    'a DS 1 8 2 abc',
    'a DNSKEY 1 3 8 a',
    'a SOA b c 1 2 3 4',
    'a SVCB 1 b port=1 port=2',
    'a SVCB 1 b nokey=1',
    'a SVCB 1 b ipv4hint=::1',
    'a LOC 91 N 0 E 0',
    'a CNAME a..b',
    'a 99999999999 A 1.2.3.4',
    'a TYPE99999 \\# 0',
  ];
  for (const text of bad) {
    assert.throws(
      () => parseRR(text),
      (error) => error instanceof RRError || error instanceof NameError,
      text,
    );
  }
});

test('blanks and comments alone are no record', () => {
  for (const text of ['', ' \t', '; nothing', '\n\n ; x\n']) assert.equal(parseRR(text), undefined, text);
});

test('origin, default TTL and owner are taken from what is handed in', () => {
  const origin = Name.parse('example.org');
  const record = parseRR(' MX 5 mx', { origin, owner: Name.parse('a', origin), defaultTtl: 7 });
  assert.equal(record === undefined ? '' : printRR(record), 'a.example.org.\t7\tIN\tMX\t5 mx.example.org.');
  assert.equal(
    printRR(parseRR('@ MX 5 @', { origin }) ?? rr(origin, MX, 0, { preference: 0, exchange: origin })),
    'example.org.\t3600\tIN\tMX\t5 example.org.',
  );
});

test('any text is cut into words, or is an RRError', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', ' ', '\n', '"', '(', ')', ';', '\\', '1', '\v', '\u00a0', '\u2028'), maxLength: 30 }),
      (text) => {
        try {
          splitEntry(text);
          parseRR(text);
        } catch (error) {
          assert.ok(error instanceof RRError || error instanceof NameError, String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('text stands for an address and for a name', () => {
  const name = Name.parse('www.example.org.');
  assert.equal(printRR(rr(name, A, 60, { address: '192.0.2.1' })), 'www.example.org.\t60\tIN\tA\t192.0.2.1');
  assert.equal(printRR(rr(name, AAAA, 60, { address: '2001:db8::1' })), 'www.example.org.\t60\tIN\tAAAA\t2001:db8::1');
  const mx = rr(name, MX, 60, { preference: 10, exchange: 'mx.example.org' });
  assert.equal(printRR(mx), 'www.example.org.\t60\tIN\tMX\t10 mx.example.org.');
  assert.throws(() => rr(name, A, 60, { address: '2001:db8::1' }), new RRError('"2001:db8::1" is no address of 4 octets'));
  assert.throws(() => rr(name, AAAA, 60, { address: '192.0.2.1' }), RRError);
  assert.throws(() => rr(name, MX, 60, { preference: 10, exchange: 'a..b' }), NameError);
});
