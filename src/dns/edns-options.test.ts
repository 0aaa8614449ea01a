// EDNS options: each is read as it was made, and odd ones are refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as option from './edns-options.ts';
import { edns } from './opt.ts';
import { WireError } from './wire-error.ts';

const raw = (code: number, ...octets: number[]) => ({ code, data: Uint8Array.from(octets) });

test('a client subnet is cut to its prefix, and reads with zeros behind', () => {
  const made = option.clientSubnet({ address: Uint8Array.of(192, 0, 255, 7), source: 20, scope: 0 });
  assert.deepEqual(made, raw(8, 0, 1, 20, 0, 192, 0, 240));
  const read = option.readClientSubnet(made);
  assert.deepEqual(read, { address: Uint8Array.of(192, 0, 240, 0), source: 20, scope: 0 });
  assert.equal(option.printClientSubnet(read), '192.0.240.0/20/0');
  assert.deepEqual(option.readClientSubnet(option.clientSubnet({ address: new Uint8Array(16), source: 0, scope: 0 })).address.length, 16);
  assert.equal(option.readClientSubnet(raw(8, 0, 0, 0, 0)).address.length, 0);
  for (const bad of [raw(8, 0, 1), raw(8, 0, 3, 0, 0), raw(8, 0, 1, 33, 0), raw(8, 0, 0, 1, 0)]) {
    assert.throws(() => option.readClientSubnet(bad), WireError);
  }
});

test('the others are read as they were made', () => {
  assert.equal(option.readExpire(option.expire(86400)), 86400);
  assert.equal(option.readExpire(option.expire(undefined)), undefined);
  assert.equal(option.readTcpKeepalive(option.tcpKeepalive(100)), 100);
  assert.equal(option.readTcpKeepalive(option.tcpKeepalive(undefined)), undefined);
  assert.equal(option.padding(5).data.length, 5);
  const cookie = { client: new Uint8Array(8).fill(1), server: new Uint8Array(16).fill(2) };
  assert.deepEqual(option.readCookie(option.cookie(cookie)), cookie);
  assert.throws(() => option.readCookie(raw(10, 1, 2, 3)), WireError);
  const error = { infoCode: 258, text: 'geblöckt' };
  assert.deepEqual(option.readExtendedError(option.extendedError(error)), error);
  assert.deepEqual(option.readExtendedError(raw(15, 0, 1, 0x61, 0)), { infoCode: 1, text: 'a' });
  const version = { labels: 2, type: 0, version: Uint8Array.of(0, 0, 0, 9) };
  assert.deepEqual(option.readZoneVersion(option.zoneVersion(version)), version);
  assert.equal(option.readZoneVersion(option.zoneVersion(undefined)), undefined);
  assert.equal(option.optionText(option.nsid(Uint8Array.of(0x61, 0xff))), 'a\xff');
});

test('options that CoreDNS cannot read are told from others', () => {
  const good = [
    raw(1, ...new Uint8Array(18)),
    raw(2, 0, 0, 0, 1),
    raw(3),
    raw(8, 0, 1, 8, 0, 1),
    raw(9),
    raw(9, 0, 0, 0, 1),
    raw(10, 1),
    raw(11),
    raw(11, 0, 1),
    raw(12),
    raw(15, 0, 1),
    raw(18, 1, 0x61, 0),
    raw(19),
    raw(65001, 1),
  ];
  const bad = [raw(1, 1), raw(2), raw(8), raw(8, 0, 3, 0, 0), raw(9, 1), raw(11, 1), raw(15, 1), raw(18), raw(18, 5, 1)];
  for (const one of good) assert.ok(option.isReadable(one.code, one.data), `${one.code} ${one.data}`);
  for (const one of bad) assert.ok(!option.isReadable(one.code, one.data), `${one.code} ${one.data}`);
  assert.ok(option.isReadable(11, Uint8Array.of(9, 9, 0, 1, 9), 2, 4));
});

test('an option is found by its code', () => {
  const opt = edns(1232, false, [raw(3), raw(10, 1), raw(10, 2)]);
  assert.deepEqual(option.findOption(opt, option.OPTION.COOKIE), raw(10, 1));
  assert.equal(option.findOption(opt, 8), undefined);
  assert.equal(option.findOption(undefined, 8), undefined);
});
