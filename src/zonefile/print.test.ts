// Canonical print: its order, and that it is read as what it was made of.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { anyName, anyRecord } from '../dns/arbitraries.test.ts';
import { latin1Bytes, octets } from '../dns/latin1.ts';
import { compareNames } from '../dns/order.ts';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { inOrder, orderKey, printZone } from './print.ts';
import { wrongLength } from './lengths.ts';
import { ZoneReader } from './reader.ts';
import { RecordList } from './record-list.ts';

function read(text: string): RecordList {
  const list = new RecordList();
  const bytes = latin1Bytes(octets(text));
  new ZoneReader().begin(Name.root, 'text', list, { include: () => undefined }).parse(bytes, 0, bytes.length, true);
  return list;
}

test('names are in the order of RFC 4034, SOA first, types by number, data by octets, each once', () => {
  const order = [
    'example.', 'a.example.', 'yljkjljk.a.example.', 'Z.a.example.', 'zABC.a.EXAMPLE.',
    'z.example.', '\\001.z.example.', '*.z.example.', '\\200.z.example.',
  ];
  const lines = [...order].reverse().map((name) => `${name} 60 A 192.0.2.2\n${name} 60 A 192.0.2.1\n${name} 60 A 192.0.2.1\n`);
  const text = [...printZone(inOrder(read(`${lines.join('')}example. 1 NS a\nexample. 1 CAA 0 a "b"\n`).records))].join('');
  assert.deepEqual(text.split('\n'), [
    'example.\t60\tIN\tA\t192.0.2.1', 'example.\t60\tIN\tA\t192.0.2.2', 'example.\t1\tIN\tNS\ta.', 'example.\t1\tIN\tCAA\t0 a "b"',
    ...order.slice(1).flatMap((name) => [1, 2].map((i) => `${name.toLowerCase()}\t60\tIN\tA\t192.0.2.${i}`)), '',
  ]);
  const [first] = inOrder(read('. 1 A 192.0.2.1\n. 1 SOA . . 1 1 1 1 1\n').records);
  assert.equal(first?.type, 6);
});

test('keys are ordered as names are', () => {
  fc.assert(fc.property(anyName, anyName, (a, b) => {
    const [one, other] = [orderKey(a), orderKey(b)];
    assert.equal(Math.sign(compareNames(a, b)), one < other ? -1 : one > other ? 1 : 0);
  }), { numRuns: 500 });
});

test('what is printed is read as what it was made of, whatever type it is', () => {
  let count = 0;
  fc.assert(fc.property(anyRecord, ({ name, type, ttl, rdata }) => {
    const meta = type === TYPE.SOA || type === TYPE.OPT || (type > 127 && type < 256);
    if (meta || rdata.length === 0 || wrongLength(type, rdata, rdata.length) !== undefined) return;
    const [text = ''] = printZone([{ name, type, ttl, rdata }]);
    const [record] = read(text).records;
    assert.deepEqual([record?.name.key, record?.type, record?.ttl, record?.rdata], [name.key, type, ttl, rdata]);
    count++;
  }), { numRuns: 1500 });
  assert.ok(count > 300);
});
