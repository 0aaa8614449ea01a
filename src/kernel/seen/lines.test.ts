// Lines as bytes: numbers, addresses, names and durations as they are printed, and a reader that is too slow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress, printAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { latin1Bytes } from '../../dns/latin1.ts';
import { Lines } from './lines.ts';

function written(write: (lines: Lines) => void): string {
  let text = '';
  const lines = new Lines((bytes, from, length) => {
    text += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
    return length;
  }, () => {});
  lines.room(4096);
  write(lines);
  lines.end();
  lines.flush();
  return text.slice(0, -1);
}

test('prints durations as Go prints seconds', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0s'], [0.123456, '0.000123456s'], [0.09176, '0.00009176s'], [37.990251, '0.037990251s'], [1000, '1s'],
    [61500, '61.5s'], [0.000001, '0.000000001s'],
  ];
  for (const [milliseconds, text] of cases) assert.equal(written((lines) => lines.seconds(milliseconds)), text);
});

test('prints addresses, IPv6 in brackets', () => {
  for (const text of ['0.0.0.0', '9.10.99.100', '255.1.20.200', '::', '2001:db8::1']) {
    const bytes = parseAddress(text)!;
    assert.equal(written((lines) => lines.address(bytes, 0, bytes.length)), bytes.length === 4 ? text : `[${text}]`);
  }
  fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
    assert.equal(written((lines) => lines.address(bytes, 0, 4)), printAddress(bytes));
  }), { numRuns: 100 });
});

test('prints numbers', () => {
  fc.assert(fc.property(fc.nat(), (n) => assert.equal(written((lines) => lines.number(n)), String(n))), { numRuns: 100 });
});

test('prints names as everything else prints them, in lower case', () => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => String.fromCharCode(...bytes));
  fc.assert(fc.property(fc.array(label, { maxLength: 5 }), (labels) => {
    const name = Name.of(labels);
    assert.equal(written((lines) => lines.name(latin1Bytes(name.raw), 0)), Name.wire(name.key).text);
  }), { numRuns: 200 });
});

test('counts the lines that a slow reader costs, and says so', () => {
  let full = true;
  let text = '';
  const lines = new Lines((bytes, from, length) => {
    if (full) throw Object.assign(new Error('EPIPE'), { code: 'EPIPE' });
    text += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
    return length;
  }, () => {});
  lines.line('one');
  lines.line('two');
  lines.flush();
  full = false;
  lines.line('three');
  lines.flush();
  lines.flush();
  assert.match(text, /\[WARNING\] 2 log lines were dropped/);
  assert.match(text, /^three$/m);
});
