// QPACK: the vectors of RFC 9204, what names a table that there is not, and sections that unfold to more than they should. Knows bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SectionReader, section } from './qpack.ts';

function read(hex: string | Buffer, most = 16384): { fields: string[]; sound: boolean; tooLong: boolean } {
  const bytes = typeof hex === 'string' ? Buffer.from(hex.replaceAll(' ', ''), 'hex') : hex;
  const reader = new SectionReader();
  const fields: string[] = [];
  const sound = reader.read(bytes, 0, bytes.length, ({ name, value }) => fields.push(`${name}=${value}`), most);
  return { fields, sound, tooLong: reader.tooLong };
}

test('the vectors of RFC 9204, appendix B, as far as they need no table', () => {
  assert.deepEqual(read('0000 510b 2f69 6e64 6578 2e68 746d 6c'), { fields: [':path=/index.html'], sound: true, tooLong: false });
  // B.2, B.3 and B.4 are about a table: the error is what they are without one.
  for (const hex of ['0381 10 11', '0500 80 c1 81', '0501', '0080', '0000 80', '0000 10', '0000 0000', '0000 40']) {
    assert.equal(read(hex).sound, false, hex);
  }
});

test('entries of the static table, by index and by name', () => {
  const all = Array.from({ length: 99 }, (_, i) => read(Buffer.from(i < 63 ? [0, 0, 0xc0 | i] : [0, 0, 0xff, i - 63])).fields[0]);
  assert.equal(all.length, new Set(all).size);
  for (const [index, field] of [
    [0, ':authority='], [1, ':path=/'], [4, 'content-length=0'], [15, ':method=CONNECT'], [20, ':method=POST'], [23, ':scheme=https'],
    [25, ':status=200'], [30, 'accept=application/dns-message'], [36, 'cache-control=max-age=0'],
    [41, 'cache-control=public, max-age=31536000'],
    [44, 'content-type=application/dns-message'], [52, 'content-type=text/html; charset=utf-8'],
    [54, 'content-type=text/plain;charset=utf-8'],
    [55, 'range=bytes=0-'], [58, 'strict-transport-security=max-age=31536000; includesubdomains; preload'],
    [62, 'x-xss-protection=1; mode=block'],
    [63, ':status=100'], [71, ':status=500'], [72, 'accept-language='], [83, 'alt-svc=clear'], [86, 'early-data=1'], [95, 'user-agent='],
    [98, 'x-frame-options=sameorigin'],
  ] as const) assert.equal(all[index], field);
  assert.equal(read('0000 ff24').sound, false);                // 99
  assert.equal(read('0000 ffffffffffff').sound, false);
});

test('strings by Huffman’s code, literal names, and never-indexed ones', () => {
  // www.example.com, as in RFC 7541, C.4.1.
  assert.deepEqual(read('0000 508c f1e3 c2e5 f23a 6ba0 ab90 f4ff').fields, [':authority=www.example.com']);
  assert.deepEqual(read('0000 23 782d61 03 313233 33 782d61 00').fields, ['x-a=123', 'x-a=']);
  assert.equal(read('0000 508c f1e3').sound, false);
  assert.equal(read('0000 27').sound, false);
  assert.equal(read('00').sound, false);
});

test('what we lay out is read as it was', () => {
  const fields = [[':status', '200'], ['content-type', 'application/dns-message'], ['cache-control', 'max-age=17'],
    ['x-very-long', 'y'.repeat(300)]] as const;
  assert.deepEqual(read(section(fields)).fields, fields.map(([name, value]) => `${name}=${value}`));
});

test('a list that becomes too long is cut off where it does', () => {
  const many = Buffer.concat([Buffer.alloc(2), Buffer.alloc(1000, 0xc0 | 58)]);
  const found = read(many, 1000);
  assert.deepEqual([found.sound, found.tooLong, found.fields.length], [true, true, 9]);
});
