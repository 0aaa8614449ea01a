// Which addresses checks reach: none of this machine, of metadata or of the link, however they are written, but those that are allowed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCIDR } from '../../../dns/address.ts';
import { refusedAddress } from './reachable.ts';

test('what only this machine or its network should hear is refused, however it is written', () => {
  const refused = {
    '127.0.0.1': 'this machine', '127.8.8.8': 'this machine', '::1': 'this machine', '0.0.0.0': 'this machine', '::': 'this machine',
    '::ffff:127.0.0.1': 'this machine', '::ffff:7f00:1': 'this machine', '::127.0.0.1': 'this machine', '64:ff9b::7f00:1': 'this machine',
    '169.254.169.254': 'metadata', '::ffff:169.254.169.254': 'metadata', '64:ff9b::a9fe:a9fe': 'metadata', 'fd00:ec2::254': 'metadata',
    'fd20:ce::254': 'metadata', '168.63.129.16': 'metadata', '100.100.100.200': 'metadata', '192.0.0.192': 'metadata',
    '169.254.1.1': 'link-local', 'fe80::1': 'link-local', 'febf::1': 'link-local', '224.0.0.1': 'many', '255.255.255.255': 'many',
    'ff02::1': 'many', 'example.org': 'no address', 'localhost': 'no address', '127.1': 'no address', '0x7f000001': 'no address',
    '2130706433': 'no address',
  };
  for (const [address, why] of Object.entries(refused)) assert.match(refusedAddress(address, []) ?? 'reached', new RegExp(why), address);
  for (const address of ['10.0.0.7', '192.168.1.1', '172.16.0.1', '8.8.8.8', '100.64.0.1', '2001:db8::7', 'fd00::1', '64:ff9b::808:808']) {
    assert.equal(refusedAddress(address, []), undefined, address);
  }
});

test('a network that is allowed is reached, and nothing beside it', () => {
  const allowed = [parseCIDR('127.0.0.0/30')!, parseCIDR('fe80::/64')!];
  for (const address of ['127.0.0.1', '::ffff:127.0.0.2', 'fe80::1']) assert.equal(refusedAddress(address, allowed), undefined, address);
  for (const address of ['127.0.0.4', '::1', 'fe80:0:0:1::1', '169.254.169.254']) assert.ok(refusedAddress(address, allowed), address);
});
