// Addresses and the names that stand for them: text and octets both ways, prefixes, reverse zones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { inPrefix, maskAddress, parseAddress, parseCIDR, parseZonedAddress, printAddress, printRecordAddress, unmap } from './address.ts';
import { Name, NameError } from './name.ts';
import { addressOfReverse, isReverse, reverseName, reverseZones } from './reverse.ts';

const sparse = fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((octets) => Uint8Array.from(octets));
const addresses = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }), sparse);

test('text of an address leads back to it', () => {
  fc.assert(
    fc.property(addresses, (address) => assert.deepEqual(parseAddress(printRecordAddress(address)), address)),
    { numRuns: 500 },
  );
});

test('addresses are printed as RFC 5952 has it', () => {
  const texts: readonly (readonly [string, string])[] = [
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
    ['::1.2.3.4', '::102:304'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ];
  for (const [text, printed] of texts) assert.equal(printAddress(parseAddress(text) as Uint8Array), printed, text);
});

test('what is no address is refused', () => {
  const bad = [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.1.1.1',
    '1.2.3.4 ',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::12345',
    '1:2:3:4:5:6:7:8::',
    'fe80::1%eth0',
    '::1.2.3',
    '1.2.3.4::',
    '::g',
    '1:2:3:4:5:6:7:1.2.3.4',
    ':1:2:3:4:5:6:7',
  ];
  for (const text of bad) assert.equal(parseAddress(text), undefined, text);
});

test('a zone is read where it may stand', () => {
  assert.equal(parseZonedAddress('fe80::1%eth0')?.zone, 'eth0');
  assert.equal(parseZonedAddress('fe80::1')?.zone, undefined);
  assert.equal(parseZonedAddress('fe80::1%'), undefined);
  assert.equal(parseZonedAddress('1.2.3.4%eth0'), undefined);
});

test('an address lies in the prefixes that it is masked to, and in no other', () => {
  fc.assert(
    fc.property(addresses, fc.nat(), (address, size) => {
      const bits = size % (8 * address.length + 1);
      const network = maskAddress(address, bits);
      assert.ok(inPrefix(address, network, bits));
      if (bits === 0) return;
      network[(bits - 1) >> 3] = (network[(bits - 1) >> 3] as number) ^ (0x80 >> ((bits - 1) & 7));
      assert.ok(!inPrefix(address, network, bits));
    }),
    { numRuns: 300 },
  );
  assert.ok(!inPrefix(Uint8Array.of(1, 2, 3, 4), new Uint8Array(16), 0));
  assert.ok(inPrefix(unmap(parseAddress('::ffff:10.1.2.3') as Uint8Array), Uint8Array.of(10, 0, 0, 0), 8));
});

test('prefixes are read with their length', () => {
  assert.deepEqual(parseCIDR('10.1.2.3/15'), { address: Uint8Array.of(10, 1, 2, 3), network: Uint8Array.of(10, 0, 0, 0), bits: 15 });
  for (const bad of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '/8', '10.0.0.0/-1', '::/129', 'a/8'])
    assert.equal(parseCIDR(bad), undefined, bad);
});

test('an address and its reverse name lead to one another', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      const name = reverseName(address);
      assert.deepEqual(addressOfReverse(name), unmap(address));
      assert.equal(isReverse(name), unmap(address).length === 4 ? 1 : 2);
      assert.equal(addressOfReverse(name.parent as Name), undefined);
    }),
    { numRuns: 200 },
  );
  assert.equal(reverseName(Uint8Array.of(192, 0, 2, 1)).text, '1.2.0.192.in-addr.arpa.');
  assert.equal(isReverse(Name.parse('example.org')), 0);
  assert.equal(isReverse(Name.parse('in-addr.arpa')), 0);
  assert.equal(addressOfReverse(Name.parse('x.2.0.192.in-addr.arpa')), undefined);
  assert.equal(addressOfReverse(Name.parse('5.1.2.0.192.in-addr.arpa')), undefined);
});

const zones = (text: string) => reverseZones(text)?.map((zone) => zone.text);

test('prefixes are reverse zones, several where they end between two', () => {
  assert.deepEqual(zones('10.0.0.0/8'), ['10.in-addr.arpa.']);
  assert.deepEqual(zones('10.0.0.0/15'), ['0.10.in-addr.arpa.', '1.10.in-addr.arpa.']);
  assert.equal(zones('10.9.3.0/18')?.length, 64);
  assert.deepEqual(zones('10.9.3.0/18')?.at(-1), '63.9.10.in-addr.arpa.');
  assert.deepEqual(zones('192.0.2.1/32'), ['1.2.0.192.in-addr.arpa.']);
  assert.deepEqual(zones('0.0.0.0/0'), ['in-addr.arpa.']);
  assert.deepEqual(zones('2001:db8::/32'), ['8.b.d.0.1.0.0.2.ip6.arpa.']);
  assert.deepEqual(zones('2003::/125')?.length, 8);
  assert.equal(zones('2003::/125')?.[7], `7.${'0.'.repeat(27)}3.0.0.2.ip6.arpa.`);
  assert.equal(zones('2003::/121')?.[7], `7.${'0.'.repeat(26)}3.0.0.2.ip6.arpa.`);
  assert.equal(zones('10.0.0.0/99'), undefined);
  assert.equal(zones('example.org'), undefined);
  assert.throws(() => reverseZones('::1/128'), NameError);
  assert.throws(() => reverseZones('0::1/128'), NameError);
});
