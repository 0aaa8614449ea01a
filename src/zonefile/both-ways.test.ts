// The two ways from text to record data: what the fast one writes is what the type's own parser writes, and what it refuses that one
// refuses too, or reads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { latin1Bytes, octets } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { writeData } from './fast-data.ts';
import { parseData } from './generic-data.ts';
import { Tokens } from './tokens.ts';

const origin = latin1Bytes(Name.parse('Zone.example.').raw);
const out = new Uint8Array(0x10000 + 1300);

/** Both ways for one text: bytes in hexadecimal, or undefined where it is refused. */
function both(type: number, text: string): [fast: string | undefined, generic: string | undefined] {
  const bytes = latin1Bytes(octets(text));
  const tokens = new Tokens();
  tokens.next(bytes, 0, bytes.length, true);
  if (tokens.wrong !== '' || tokens.count === 0) return [undefined, undefined];
  const length = writeData(type, tokens, 0, origin, out);
  const fast = length < 0 ? undefined : Buffer.from(out.subarray(0, length)).toString('hex');
  let generic: string | undefined;
  try {
    generic = Buffer.from(parseData(type, tokens, 0, origin)).toString('hex');
  } catch {
    generic = undefined;
  }
  return [fast, generic];
}

const label = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9_*-]{1,8}$/),
  fc.constantFrom('\\.', '\\065', '\\000x', '\\300', '\\12', 'a\\', 'ü', '\\\\', 'x'.repeat(63), 'x'.repeat(64), '', '@', '\\"'),
);
const name = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.array(label, { minLength: 1, maxLength: 5 }), fc.boolean())
      .map(([labels, dot]) => labels.join('.') + (dot ? '.' : '')),
  },
  { weight: 1, arbitrary: fc.constantFrom('@', '.', '..', '"a"', '-', 'a.', `${'x.'.repeat(127)}`, `${'x.'.repeat(128)}`, '\\@') },
);
const number = fc.oneof(
  fc.nat(70000).map(String),
  fc.constantFrom('0', '00', '255', '256', '65535',
    '65536', '4294967295', '4294967296', '-1', '1e3', 'x', '1h', '1h30m', 'w', '9'.repeat(16), '"7"'),
);
const v4 = fc.oneof(fc.ipV4(), fc.constantFrom('1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1..2.3', '1.2.3.', '.1.2.3', '"1.2.3.4"',
  '1.2.3.4 5'));
const v6 = fc.oneof(fc.ipV6(), fc.constantFrom('::', '::1', '1::', '1::2::3', ':::', ':1', '1:', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::',
  '::2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7:8:9', '1::3:4:5:6:7:8:9', '12345::', '::ffff:192.0.2.1', 'g::', '1:2:3:4:5:6:7', '::1%x'));
const word = fc.oneof(fc.stringMatching(/^[!-~ ]{0,12}$/), fc.constantFrom('x'.repeat(255), 'y'.repeat(256), 'z'.repeat(600), '\\255',
  '\\256', 'é', '\\'));
const text = fc.tuple(word, fc.boolean()).map(([w, quoted]) => (quoted ? `"${w.replace(/"/g, '\\"')}"` : w.replace(/["();]/g, '')));
const split = (whole: string, at: number): string => `${whole.slice(0, at)} ${whole.slice(at)}`;
const bytes = fc.uint8Array({ maxLength: 70 });
const hex = fc.oneof(fc.tuple(bytes, fc.nat(40)).map(([b, at]) => split(Buffer.from(b).toString('hex'), at)), fc.constantFrom('A', 'AF',
  'af', 'xx', '"AF"'));
const base64 = fc.oneof(fc.tuple(bytes, fc.nat(40)).map(([b, at]) => split(Buffer.from(b).toString('base64'), at)),
  fc.constantFrom('A', 'AA', 'AA=', 'AA==', 'A===', '====', 'AA==AAAA', 'A-__', '"AAAA"', 'AAAA AA ==', 'AB=='));
const time = fc.oneof(fc.date({ min: new Date(0), max: new Date('2200-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 19).replace(/[-:T]/g, '')), number, fc.constantFrom('20230229000000', '20240229235959',
    '20241301000000',
  '21000229000000', '20000229000000', '19691231235959', '20240101240000', '20240101000060', '20240431000000', '21060207062816'));
const type = fc.constantFrom('A', 'aaaa', 'NS', 'TYPE65534', 'type1', 'TYPE65536', 'RRSIG', 'CAA', 'NONE', 'x', 'NSEC', 'TYPE00001',
  '"A"', 'ANY', 'TYPE256');
const types = fc.array(type, { maxLength: 6 }).map((list) => list.join(' '));
const salt = fc.oneof(fc.uint8Array({ maxLength: 6 }).map((b) => Buffer.from(b).toString('hex') || '-'), fc.constantFrom('-', 'A', '--',
  'zz'));
const hash = fc.oneof(fc.stringMatching(/^[0-9a-vA-V]{0,34}$/), fc.constantFrom('-', 'w', '0', 'z=', '"00"'));
const line = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> => fc.tuple(...parts).map((list) => list.join(' '));

const forms: Readonly<Record<string, fc.Arbitrary<string>>> = {
  A: v4, AAAA: v6, NS: name, CNAME: name, PTR: name, DNAME: name, MX: line(number, name), SRV: line(number, number, number, name),
  SOA: line(name, name, number, number, number, number, number), TXT: fc.array(text, { maxLength: 5 }).map((list) => list.join(' ')),
  DS: line(number, number, number, hex), CDS: line(number, number, number, hex), DNSKEY: line(number, number, number, base64),
  CDNSKEY: line(number, number, number, base64), NSEC: line(name, types), NSEC3: line(number, number, number, salt, hash, types),
  RRSIG: line(type, number, number, number, time, time, number, name, base64),
};

for (const [key, form] of Object.entries(forms)) {
  test(`${key}: both ways give the same bytes`, () => {
    const garbage = fc.tuple(form, fc.constantFrom('', '', '', '', ' x', ' "x"', ' \\# 1 00')).map((parts) => parts.join(''));
    fc.assert(fc.property(garbage, (data) => {
      const [fast, generic] = both(TYPE[key as keyof typeof TYPE], data);
      if (fast !== undefined) assert.equal(fast, generic);
    }), { numRuns: 400 });
  });
}

test('the usual form of each of the fifteen types goes the fast way', () => {
  const usual: Readonly<Record<string, string>> = {
    A: '192.0.2.1', AAAA: '2001:db8::1', NS: 'ns1', CNAME: 'www.example.', PTR: 'a\\.b.example.', DNAME: '@', MX: '10 mx',
    SRV: '0 5 5060 sip',
    SOA: 'ns h ( 1 1h 15m 2w 300 )', TXT: '"v=spf1 -all" more', DS: '60485 13 2 ABCD EF', DNSKEY: '257 3 13 AAAA BBBB',
    NSEC: 'b A MX TYPE1234',
    NSEC3: '1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A RRSIG', RRSIG: 'A 13 2 300 20300101000000 20200101000000 1 @ AAAA',
  };
  for (const [key, data] of Object.entries(usual)) {
    const [fast, generic] = both(TYPE[key as keyof typeof TYPE], data);
    assert.equal(fast, generic, key);
    assert.notEqual(fast, undefined, key);
  }
});
