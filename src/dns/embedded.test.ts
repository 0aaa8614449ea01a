// Addresses behind prefixes of every length: the table of RFC 6052 section 2.4, there and back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIPv4, parseIPv6, printAddress } from './address.ts';
import { embed, extract, readTranslationPrefix } from './embedded.ts';
import type { TranslationPrefix } from './embedded.ts';

const prefixOf = (text: string): TranslationPrefix => readTranslationPrefix(text) as TranslationPrefix;

test('the addresses of RFC 6052', () => {
  const expected: readonly (readonly [prefix: string, address: string])[] = [
    ['2001:db8::/32', '2001:db8:c000:221::'],
    ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
    ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
    ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
    ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100:0'],
    ['2001:db8:122:344::/96', '2001:db8:122:344::c000:221'],
    ['64:ff9b::/96', '64:ff9b::c000:221'],
  ];
  for (const [prefix, address] of expected) {
    const made = embed(prefixOf(prefix), parseIPv4('192.0.2.33')!);
    assert.equal(printAddress(made), address);
    assert.equal(printAddress(extract(prefixOf(prefix), made)!), '192.0.2.33');
  }
});
test('addresses with another prefix, or with something in the octet that is reserved, have none in them', () => {
  for (const [prefix, address] of [
    ['64:ff9b::/96', '64:ff9c::c000:221'], ['2001:db8::/32', '2001:db8:c000:221:ff00::'],
    ['2001:db8:122:344::/64', '2001:db8:122:344:100:0:0:0'],
  ] as const) assert.equal(extract(prefixOf(prefix), parseIPv6(address)!), undefined, address);
});
test('prefixes have one of six lengths', () => {
  for (let bits = 0; bits <= 128; bits++) {
    const known = [32, 40, 48, 56, 64, 96].includes(bits);
    assert.equal('octets' in readTranslationPrefix(`2001:db8::/${bits}`), known, String(bits));
  }
  assert.deepEqual(readTranslationPrefix('10.1.0.0/8'), { fault: 'family', bits: 32, shown: '10.0.0.0/8' });
  assert.deepEqual(readTranslationPrefix('x'), { fault: 'none' });
});
