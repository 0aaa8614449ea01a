// Unsigned integers from text, against what Go's strconv.ParseUint says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { parseUint } from './unsigned.ts';

test('numbers in every base', () => {
  assert.equal(parseUint('ff', 16, 8), 255);
  assert.equal(parseUint('Zz', 36, 64), 1295);
  assert.equal(parseUint('18446744073709551615', 10, 0), 18446744073709551615n);
  assert.equal(parseUint('9007199254740992', 10, 64), 9007199254740992n);
});
test('base 0 takes prefixes and underscores between digits', () => {
  const texts = { '0x1F': 31, '0b101': 5, '0o17': 15, '017': 15, 0: 0, '1_000': 1000, '0x_1f': 31, '0_7': 7 };
  for (const [text, value] of Object.entries(texts)) {
    assert.equal(parseUint(text, 0, 64), value, text);
  }
  for (const text of ['_1', '1_', '1__0', '0x', '08', '0b2']) assert.throws(() => parseUint(text, 0, 64), /invalid syntax/, text);
});
test('errors have Go\'s words', () => {
  const refused = (text: string, base: number, bits: number, why: string) =>
    assert.throws(() => parseUint(text, base, bits), { message: `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}` });
  refused('', 10, 8, 'invalid syntax');
  refused('-1', 10, 8, 'invalid syntax');
  refused('1_0', 10, 8, 'invalid syntax');
  refused('256', 10, 8, 'value out of range');
  refused('18446744073709551616', 10, 64, 'value out of range');
  refused('1', 1, 64, 'invalid base 1');
  refused('1', 10, 65, 'invalid bit size 65');
});
test('what is printed in a base is read again', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.integer({ min: 2, max: 36 }), (value, base) => {
    assert.equal(BigInt(parseUint(value.toString(base), base, 64)), value);
  }), { numRuns: 200 });
});
