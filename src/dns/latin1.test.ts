// Octets as strings: every octet, at any place, both ways, by either means.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1, latin1Bytes, latin1Portable, octets } from './latin1.ts';

test('every octet is one character, and back', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = latin1(all, 0, 256);
  assert.deepEqual(
    [...text].map((char) => char.charCodeAt(0)),
    [...all],
  );
  assert.equal(latin1Portable(all, 0, 256), text);
  assert.deepEqual(latin1Bytes(text), all);
  const inside = all.subarray(100, 200);
  assert.equal(latin1(inside, 3, 9), text.slice(103, 109));
  assert.equal(latin1Portable(inside, 3, 9), text.slice(103, 109));
  assert.equal(latin1(all, 5, 5), '');
  for (const read of [latin1, latin1Portable]) {
    assert.equal(read(all, 250, 300), text.slice(250));
    assert.equal(read(all, 300, 310), '');
  }
});

test('a text is taken as UTF-8', () => {
  assert.equal(octets('abc'), 'abc');
  assert.equal(octets('ü€'), '\xc3\xbc\xe2\x82\xac');
});
