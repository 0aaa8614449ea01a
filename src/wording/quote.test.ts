// Texts as Go quotes them: `%q`, and the way of its package `time`, which knows octets alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted, quotedOctets } from './quote.ts';

test('a text as %q prints it', () => {
  assert.equal(quoted('w"\u00e9\tz\\'), '"w\\"\u00e9\\tz\\\\"');
  assert.equal(quoted('\x07\b\f\n\r\v\x00\x1f\x7f'), '"\\a\\b\\f\\n\\r\\v\\x00\\x1f\\x7f"');
  assert.equal(quoted('\u2028\u{e0001}\u{1f600}'), '"\\u2028\\U000e0001\u{1f600}"');
  assert.equal(quoted("it's", "'"), "'it\\'s'");
  assert.equal(quoted('\u00e9', '"', true), '"\\u00e9"');
});

test('a duration as Go quotes it: octets above ASCII and control characters are hexadecimal', () => {
  assert.equal(quotedOctets('5\u00b5\u00df'), '"5\\xc2\\xb5\\xc3\\x9f"');
  assert.equal(quotedOctets('5"\\\t\x7f'), '"5\\"\\\\\\x09\x7f"');
});
