// The list of records: what it keeps of what it is handed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1Bytes } from '../dns/latin1.ts';
import { RecordList } from './record-list.ts';

test('a list keeps what it was handed, though the arrays are used again', () => {
  const list = new RecordList();
  const name = latin1Bytes('\x01a\x07example\0......');
  const data = Uint8Array.of(192, 0, 2, 1, 9, 9);
  const handle = list.owner(name, 11);
  list.add(handle, 1, 60, data, 4);
  name.fill(0);
  data.fill(0);
  const kept = list.records.map(({ name: owner, type, ttl, rdata }) => [owner.text, type, ttl, [...rdata]]);
  assert.deepEqual(kept, [['a.example.', 1, 60, [192, 0, 2, 1]]]);
});

test('the same owner has the same handle, and letters stay as they were written', () => {
  const list = new RecordList();
  const one = list.owner(latin1Bytes('\x01a\0'), 3);
  assert.equal(list.owner(latin1Bytes('\x01a\0'), 3), one);
  list.add(list.owner(latin1Bytes('\x01A\0'), 3), 1, 60, new Uint8Array(4), 4);
  assert.equal(list.records[0]?.name.text, 'A.');
});
