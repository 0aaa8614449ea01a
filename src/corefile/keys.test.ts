// Keys of server blocks: schemes, zones, ports, and networks as reverse zones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKey, readKey } from './keys.ts';
import { reverseZones } from './reverse.ts';

test('keys (KEY-1 to KEY-3)', () => {
  const cases: readonly (readonly [string, string, string, number | undefined])[] = [
    ['.', 'dns', '.', undefined],
    ['Example.ORG:1053', 'dns', 'example.org.', 1053],
    ['tls://a.', 'tls', 'a.', undefined],
    ['https3://a:1', 'https3', 'a.', 1],
    ['https://a', 'https', 'a.', undefined],
    ['quic://a', 'quic', 'a.', undefined],
    ['grpc://a', 'grpc', 'a.', undefined],
    ['dns://a', 'dns', 'a.', undefined],
    ['foo://a', 'dns', 'foo://a.', undefined],
    ['TLS://a:53', 'dns', 'tls://a.', 53],
    ['a:0x5', 'dns', 'a:0x5.', undefined],
    ['a:+53', 'dns', 'a.', 53],
    ['a:99999', 'dns', 'a.', 99999],
    ['a\\.:5', 'dns', 'a\\..', 5],
    ['a\\\\:5', 'dns', 'a\\\\.', 5],
    ['b.ex\\255ample', 'dns', 'b.ex\\255ample.', undefined],
    ['}', 'dns', '}.', undefined],
    ['10.0.0.0/99', 'dns', '10.0.0.0/99.', undefined],
    ['01.2.3.0/24', 'dns', '01.2.3.0/24.', undefined],
    ['2001:db8::1:5', 'dns', '2001:db8::1.', 5],
  ];
  for (const [text, scheme, zone, port] of cases) assert.deepEqual(readKey(text), { scheme, zones: [zone], port }, text);
});

test('keys that are refused (KEY-2)', () => {
  const long = Array.from({ length: 4 }, () => 'a'.repeat(63)).join('.');
  const cases: readonly (readonly [string, string])[] = [
    ['a.test:', 'expecting data after last colon: "a.test:"'],
    ['', 'expecting data after last colon: ""'],
    [':53', 'zone is not a valid domain name: '],
    ['a..test:53', 'zone is not a valid domain name: a..test'],
    ['.a', 'zone is not a valid domain name: .a'],
    [`${'a'.repeat(64)}.test`, `zone is not a valid domain name: ${'a'.repeat(64)}.test`],
    [`${'ä'.repeat(32)}`, `zone is not a valid domain name: ${'ä'.repeat(32)}`],
    [`${long}x`, 'specified zone is too long: 256 > 255'],
    ['b.example:1053\\', 'zone is not a valid domain name: b.example:1053\\'],
    ['b.example\\:1053', 'zone is not a valid domain name: b.example\\'],
    ['b.example\\\\\\', 'zone is not a valid domain name: b.example\\\\\\'],
    ['b.ex\\999ample', 'zone is not a valid domain name: b.ex\\999ample'],
    ['\\', 'zone is not a valid domain name: \\'],
    ['::1/128', 'invalid CIDR ::1/128'],
    ['::1/128:53', 'invalid CIDR ::1/128'],
    ['0::/16', 'invalid CIDR 0::/16'],
  ];
  for (const [text, message] of cases) assert.throws(() => readKey(text), { message }, text);
  const word = { text: 'a:', raw: 'a:', quoted: false, file: 'Corefile', line: 7, column: 1 };
  assert.throws(() => parseKey(word), {
    name: 'CorefileError',
    message: 'error inspecting server blocks: expecting data after last colon: "a:"',
    line: 7,
  });
});

test('networks become the reverse zones that cover them (KEY-4)', () => {
  const cases: readonly (readonly [string, number, string, string])[] = [
    ['10.0.0.0/8', 1, '10.in-addr.arpa.', '10.in-addr.arpa.'],
    ['10.0.0.0/15', 2, '0.10.in-addr.arpa.', '1.10.in-addr.arpa.'],
    ['10.9.3.0/18', 64, '0.9.10.in-addr.arpa.', '63.9.10.in-addr.arpa.'],
    ['192.0.2.7/32', 1, '7.2.0.192.in-addr.arpa.', '7.2.0.192.in-addr.arpa.'],
    ['10.0.1.200/25', 128, '128.1.0.10.in-addr.arpa.', '255.1.0.10.in-addr.arpa.'],
    ['0.0.0.0/0', 1, 'in-addr.arpa.', 'in-addr.arpa.'],
    ['2001:DB8::/32', 1, '8.b.d.0.1.0.0.2.ip6.arpa.', '8.b.d.0.1.0.0.2.ip6.arpa.'],
    ['2001:dc9::/29', 8, '8.c.d.0.1.0.0.2.ip6.arpa.', 'f.c.d.0.1.0.0.2.ip6.arpa.'],
    ['fe80::/9', 8, '8.e.f.ip6.arpa.', 'f.e.f.ip6.arpa.'],
    ['10.0.0.0/08', 1, '10.in-addr.arpa.', '10.in-addr.arpa.'],
    ['254.0.0.0/7', 2, '254.in-addr.arpa.', '255.in-addr.arpa.'],
  ];
  for (const [text, count, first, last] of cases) {
    const zones = reverseZones(text);
    assert.deepEqual([zones?.length, zones?.[0], zones?.at(-1)], [count, first, last], text);
  }
  const none = [
    '10.0.0.0',
    '10.0.0/8',
    '256.0.0.0/8',
    '10.0.0.0/33',
    '2001::/129',
    '1:2:3:4:5:6:7/64',
    '1::2::3/64',
    '10.0.0.0/',
    '1:2:3:4:5:6:7:8::/64',
    'x/8',
  ];
  for (const text of none) assert.equal(reverseZones(text), undefined, text);
  assert.equal(reverseZones('2001:db8:ff::1.2.3.4/125')?.[0], '0.0.3.0.2.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.f.f.0.0.8.b.d.0.1.0.0.2.ip6.arpa.');
});
