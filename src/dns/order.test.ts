// Orders: the example of RFC 4034 section 6.1, and serial numbers that wrap.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from './name.ts';
import { compareNames, compareSerials } from './order.ts';

test('names are in canonical order', () => {
  const sorted = [
    'example',
    'a.example',
    'yljkjljk.a.example',
    'Z.a.example',
    'zABC.a.EXAMPLE',
    'z.example',
    '\\001.z.example',
    '*.z.example',
    '\\200.z.example',
  ].map((text) => Name.parse(text));
  for (const [i, one] of sorted.entries()) {
    for (const [j, other] of sorted.entries()) assert.equal(Math.sign(compareNames(one, other)), Math.sign(i - j), `${one} ${other}`);
  }
  assert.equal(compareNames(Name.parse('A.b'), Name.parse('a.B')), 0);
  assert.ok(compareNames(Name.root, Name.parse('a')) < 0);
});

test('serials wrap', () => {
  assert.ok(compareSerials(2, 1) > 0);
  assert.ok(compareSerials(1, 2) < 0);
  assert.equal(compareSerials(7, 7), 0);
  assert.ok(compareSerials(0, 0xffffffff) > 0);
  assert.ok(compareSerials(0xffffffff, 0) < 0);
  assert.ok(compareSerials(0x7fffffff, 0) > 0);
  assert.ok(compareSerials(0x80000001, 0) < 0);
});
