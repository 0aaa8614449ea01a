// Addresses behind prefixes of every length: the table of RFC 6052 section 2.4.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCIDR, parseIPv4, printAddress } from '../../dns/address.ts';
import { embed } from './embed.ts';

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
    const { network, bits } = parseCIDR(prefix)!;
    assert.equal(printAddress(embed(network, bits / 8, parseIPv4('192.0.2.33')!)), address);
  }
});
