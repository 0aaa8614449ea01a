// Go's durations, read and printed, with Go's errors (PARSE-14, LIBD-15).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { formatDuration, parseDuration, parseNanoseconds } from './duration.ts';

test('durations are read as Go reads them', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['-0', 0],
    ['+0', 0],
    ['5s', 5000],
    ['1h30m', 5_400_000],
    ['-1.5h', -5_400_000],
    ['.5s', 500],
    ['5.s', 5000],
    ['1us', 0.001],
    ['2µs', 0.002],
    ['2μs', 0.002],
    ['3ns', 0.000003],
    ['100ms1s', 1100],
    ['+1m', 60_000],
    ['2562047h47m16.854s', 9_223_372_036_854],
  ];
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, text);
});

test("errors are Go's", () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'invalid duration ""'],
    ['-', 'invalid duration "-"'],
    ['x', 'invalid duration "x"'],
    ['.s', 'invalid duration ".s"'],
    ['5', 'missing unit in duration "5"'],
    ['1.5', 'missing unit in duration "1.5"'],
    ['1d', 'unknown unit "d" in duration "1d"'],
    ['1s2', 'missing unit in duration "1s2"'],
    ['1 s', 'unknown unit " s" in duration "1 s"'],
    ['--1s', 'invalid duration "--1s"'],
    ['9223372036854775808ns', 'invalid duration "9223372036854775808ns"'],
    ['1.2.3s', 'missing unit in duration "1.2.3s"'],
    ['1toString', 'unknown unit "toString" in duration "1toString"'],
    ['5µß', 'unknown unit "\\xc2\\xb5\\xc3\\x9f" in duration "5\\xc2\\xb5\\xc3\\x9f"'],
    ['"\t', 'invalid duration "\\"\\x09"'],
    ['00', 'missing unit in duration "00"'],
  ];
  for (const [text, expected] of cases) assert.throws(() => parseDuration(text), { message: `time: ${expected}` }, text);
  assert.equal(parseNanoseconds('-9223372036854775808ns'), -(1n << 63n));
});

test('durations are printed as Go prints them', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [60_000, '1m0s'],
    [300, '300ms'],
    [1500, '1.5s'],
    [3_600_000, '1h0m0s'],
    [86_400_001, '24h0m0.001s'],
    [-90_000, '-1m30s'],
    [0.0015, '1.5µs'],
    [0.000007, '7ns'],
    [1.02, '1.02ms'],
  ];
  for (const [milliseconds, expected] of cases) assert.equal(formatDuration(milliseconds), expected);
});

test('what is printed is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (milliseconds) => {
      assert.equal(parseDuration(formatDuration(milliseconds)), milliseconds);
    }),
    { numRuns: 300 },
  );
});
