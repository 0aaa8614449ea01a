// What zone text means: what a line inherits, directives, and where an error is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { latin1Bytes, octets } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { printRdata } from '../dns/rr.ts';
import { typeName } from '../dns/type-name.ts';
import type { ZoneFileError } from './error.ts';
import { ZoneReader } from './reader.ts';
import { RecordList } from './record-list.ts';

const zone = Name.parse('example.org.');

/** The records of a text and its problems, each as a line; `cuts` are the places where a piece ends. */
function read(text: string, cuts: readonly number[] = [], files: Readonly<Record<string, string>> = {}): [kept: string[], told: string[]] {
  const list = new RecordList();
  const problems: ZoneFileError[] = [];
  const reader = new ZoneReader();
  const given = new Map(Object.entries(files));
  reader.begin(zone, 'db', list, {
    include: (path, _from, enter) => {
      const found = given.get(path);
      if (found === undefined) return 'a file that can be opened';
      enter(path);
      const bytes = latin1Bytes(octets(found));
      reader.parse(bytes, 0, bytes.length, true);
      return undefined;
    },
    problem: (problem) => problems.push(problem) < 100,
  });
  const bytes = latin1Bytes(octets(text));
  let at = 0;
  for (const cut of cuts) if (cut > at) at = reader.parse(bytes, at, Math.min(cut, bytes.length), false);
  reader.parse(bytes, at, bytes.length, true);
  const records = list.records.map(({ name, ttl, type, rdata }) => `${name.text} ${ttl} ${typeName(type)} ${printRdata(type, rdata)}`);
  return [records, problems.map(({ message }) => message)];
}

const records = (text: string): string[] => read(text)[0];
const problems = (text: string): string[] => read(text)[1];

test('a line inherits owner, time to live and class', () => {
  const text = 'a 60 IN A 192.0.2.1\n  A 192.0.2.2\nb IN 70 A 192.0.2.3\nc A 192.0.2.4\n$TTL 1h\nd A 192.0.2.5\n'
    + 'e 5 A 192.0.2.6\nf A 192.0.2.7';
  assert.deepEqual(records(text), [
    'a.example.org. 60 A 192.0.2.1', 'a.example.org. 60 A 192.0.2.2', 'b.example.org. 70 A 192.0.2.3', 'c.example.org. 70 A 192.0.2.4',
    'd.example.org. 3600 A 192.0.2.5', 'e.example.org. 5 A 192.0.2.6', 'f.example.org. 3600 A 192.0.2.7',
  ]);
});

test('without any time to live a record has 0 where it has a class, as CoreDNS, and an hour where CoreDNS refuses it', () => {
  assert.deepEqual(records('a IN A 192.0.2.1\nb A 192.0.2.1'), ['a.example.org. 0 A 192.0.2.1', 'b.example.org. 3600 A 192.0.2.1']);
});

test('parentheses, comments, quotes and blanks of all kinds', () => {
  assert.deepEqual(records('a 1 TXT ( "x;y" ; "z"\r\n\tz(w)\n) ; end\n\n  ; nothing\nb 1 TXT "two\nlines" "" \\"q\\\\'), [
    'a.example.org. 1 TXT "x;y" "z" "w"', 'b.example.org. 1 TXT "two\\010lines" "" "\\"q\\\\"',
  ]);
});

test('$ORIGIN, names that end in it, and a byte above ASCII', () => {
  assert.deepEqual(records('$ORIGIN sub\n@ 1 NS ns\n$origin .\nx.example.org 1 CNAME é'), [
    'sub.example.org. 1 NS ns.sub.example.org.', 'x.example.org. 1 CNAME \\195\\169.',
  ]);
});

test('$GENERATE as CoreDNS makes it: an hour, modifiers, dollar signs; what follows inherits nothing', () => {
  const text = `$TTL 5
z A 192.0.2.9
$GENERATE 8-12/2 h\${-8,3,d}-$$ TXT "n $ \\$" \${0,2,X}\n A 192.0.2.10\n$GENERATE 1-1 $ 7 IN A 192.0.2.$`;
  assert.deepEqual(records(text), [
    'z.example.org. 5 A 192.0.2.9', 'h000-$.example.org. 3600 TXT "n 8 $" "08"', 'h002-$.example.org. 3600 TXT "n 10 $" "0A"',
    'h004-$.example.org. 3600 TXT "n 12 $" "0C"', 'z.example.org. 5 A 192.0.2.10', '1.example.org. 7 A 192.0.2.1',
  ]);
});

test('$GENERATE refuses what has no end, no sense or would write another directive', () => {
  assert.deepEqual(problems(`$GENERATE 0-2147483648 a$ A 192.0.2.1
$GENERATE 0-65536 a$ A 192.0.2.1
$GENERATE 5-1 a A 1
$GENERATE 1-2 a\${0,x} A 1
$GENERATE 1-2 $$INCLUDE x
$GENERATE 1-2 a A 192.0.2.\${0,0,q}
$GENERATE 1-2/0 a A 1
$GENERATE 1
$GENERATE 1-300 a A 192.0.2.$
`), [
    'db:1:11: a range that goes up, to at most 2147483647 expected, found "0-2147483648"',
    'db:2:11: a range of at most 65536 numbers expected, found "0-65536"',
    'db:3:11: a range that goes up, to at most 2147483647 expected, found "5-1"',
    `db:4:15: a modifier such as {0,3,d} instead of {0,x} expected, found "a\${0,x}"`,
    'db:5:15: a record to repeat expected, found "$$INCLUDE"',
    'db:6:15: a modifier such as {0,3,d} instead of {0,0,q} expected, found "a"',
    'db:7:11: a range that goes up, to at most 2147483647 expected, found "1-2/0"',
    'db:8:12: a line to repeat expected, found nothing',
    'db:9:17: address of type A instead of "192.0.2.256" in what is generated expected, found "a"',
  ]);
  assert.equal(records('$GENERATE 0-65535 a$ A 192.0.2.1').length, 65_536);
});

test('$INCLUDE begins with the owner and times before it, has an origin of its own, and gives nothing back', () => {
  const files = { inc: 'b A 192.0.2.2\n$TTL 9\n$ORIGIN c\n@ A 192.0.2.3\n', blank: '  A 192.0.2.1\n', bad: 'x A 1\n' };
  assert.deepEqual(read('$TTL 5\na A 192.0.2.1\n$INCLUDE inc sub ; why\n A 192.0.2.4\n$INCLUDE "blank"\n$INCLUDE none\n' +
      '$INCLUDE bad\n$INCLUDE', [], files), [[
    'a.example.org. 5 A 192.0.2.1', 'b.sub.example.org. 5 A 192.0.2.2', 'c.sub.example.org. 9 A 192.0.2.3', 'a.example.org. 5 A 192.0.2.4',
    'a.example.org. 5 A 192.0.2.1',
  ], [
    'db:6:10: a file that can be opened expected, found "none"',
    'bad:1:5: address of type A expected, found "1"', 'db:8:9: a file expected, found nothing',
  ]]);
});

test('every type, also in hexadecimal, but with no pointer in it', () => {
  assert.deepEqual(records('a 1 TYPE731 \\# 6 abcd ( ef 01\n 23 45 )\na 1 TYPE731 \\# 0\na 1 MX \\# 5 0001 01 61 00\n' +
      'a 1 CLASS1 TYPE1 \\# 4 C0000201\na 1 APL\n'
    + 'a 1 HINFO PC "x y"\na 1 CAA 0 issue "ca"\na 1 LOC 1 N 2 E 0\n'), [
    'a.example.org. 1 TYPE731 \\# 6 abcdef012345', 'a.example.org. 1 TYPE731 \\# 0', 'a.example.org. 1 MX 1 a.',
    'a.example.org. 1 A 192.0.2.1',
    'a.example.org. 1 APL ', 'a.example.org. 1 HINFO "PC" "x y"', 'a.example.org. 1 CAA 0 issue "ca"',
    'a.example.org. 1 LOC 01 00 0.000 N 02 00 0.000 E 0m 1m 10000m 10m',
  ]);
  assert.deepEqual(problems('a 1 NS \\# 2 c000\na 1 MX \\# 2 0001\na 1 A \\# 0\na 1 TYPE731\na 1 TXT\na 1 A\na 1 TYPE731 x\n' +
      'a 1 ANY x\na 1 TYPE41 x\n').length, 9);
});

test('an error has its line and column, what stood there and what belongs there', () => {
  assert.deepEqual(problems('a 60 IN A 300.0.0.1\n\n  ; x\nb 60 MX ( 10\n    a..b )\nc 60 MX 70000 a\nd\n e 60 A 192.0.2.1\n' +
      'f 60 60 A 192.0.2.1\ng IN FOO x\n'
    + 'h CH TXT x\ni 60 A 192.0.2.1 192.0.2.2\n-"x" 60 A 192.0.2.1\n'), [
    'db:1:11: address of type A expected, found "300.0.0.1"', 'db:5:5: exchange of type MX (empty label) expected, found "a..b"',
    'db:6:9: preference of type MX (no number from 0 to 65535) expected, found "70000"', 'db:7:2: a record type expected, found nothing',
    'db:8:2: a TTL, class or record type expected, found "e"', 'db:9:6: a class or record type expected, found "60"',
    'db:10:6: a TTL or record type expected, found "FOO"', 'db:11:3: class IN expected, found "CH"',
    'db:12:18: nothing behind the data of type A expected, found "192.0.2.2"',
    'db:13:2: a TTL, class or record type expected, found "x"',
  ]);
});

test('labels of 64, names of 256, NUL, braces and quotes that are not closed', () => {
  const label = 'x'.repeat(64);
  const name = `${'abcdefg.'.repeat(30)}abc`;
  assert.deepEqual(problems(`${label} 1 A 192.0.2.1\na 1 NS ${label}.\n${name} 1 A 192.0.2.1\na\0b 1 A 192.0.2.1\n` +
      `a 1 A 192.0.2.1 )\na 1 TXT ( "x\n`), [
    `db:1:1: a name expected, found "${label}"`, `db:2:8: host of type NS (label longer than 63 octets) expected, found "${label}."`,
    `db:3:1: a name expected, found "${name.slice(0, 77)}..."`,
    'db:4:2: an octet that is not zero (it is written \\000) expected, found "\\000b 1 A 192.0.2.1"',
    'db:5:17: no closing brace without an opening one expected, found ")"', 'db:6:11: a closing quote expected, found ""x"',
  ]);
  assert.deepEqual(problems('a 1 A "x\n[ERROR] y"\n'), ['db:1:7: address of type A expected, found "x\\010[ERROR] y"']);
  assert.deepEqual(problems('a 1 TXT ( x\n'), ['db:1:9: a closing brace expected, found "( x"']);
  assert.equal(records(`${'x'.repeat(63)} 1 A 192.0.2.1\n${'abcdefg.'.repeat(30)}a 1 A 192.0.2.1`).length, 2);
});

test('digests, fingerprints and signatures have their length', () => {
  const short = ['DS 1 13 2 abcd', 'DS 1 13 4 00', 'CDS 1 13 1 abcd', 'SSHFP 1 2 00', 'ZONEMD 1 1 1 00', 'NSEC3 1 0 0 - 00 A',
    'RRSIG A 13 1 1 20300101000000 20200101000000 1 @ AAAA', 'RRSIG A 15 1 1 20300101000000 20200101000000 1 @ AAAA'];
  assert.equal(problems(short.map((data) => `a 1 ${data}\n`).join('')).length, short.length);
  const whole = [`DS 1 13 2 ${'ab'.repeat(32)}`, 'CDS 0 0 0 00', 'DS 1 13 77 abcd', 'TLSA 3 1 1 00',
    `RRSIG A 8 1 1 20300101000000 20200101000000 1 @ AAAA`,
    `RRSIG A 13 1 1 20300101000000 20200101000000 1 @ ${Buffer.alloc(64).toString('base64')}`];
  assert.deepEqual(problems(whole.map((data) => `a 1 ${data}\n`).join('')), []);
});

test('an SOA of another name is an error with the text of CoreDNS (FILE-15)', () => {
  assert.deepEqual(problems('$TTL 1\na SOA . . 1 1 1 1 1\n SOA . . 1 1 1 1 1\nother. SOA . . 1 1 1 1 1\nEXAMPLE.org. SOA . . 1 1 1 1 1'), [
    'file "db" has SOA owner a.example.org. that does not match origin example.org.',
    'file "db" has SOA owner a.example.org. that does not match origin example.org.',
    'file "db" has SOA owner other. that does not match origin example.org.',
  ]);
});

test('an entry longer than the bound is refused, whole or not', () => {
  const long = `a 1 TXT ${'x '.repeat(0x40000)}`;
  assert.throws(() => read(`${long}\n`), /db:1:1: an entry of at most 524288 octets expected/);
  assert.throws(() => read(long, [0x80001]), /db:1:1: an entry of at most 524288 octets expected/);
});

test('it does not matter where a piece ends', () => {
  const text = '$TTL 7\n; c "(\na A 192.0.2.1\n  TXT ( "q;(" ; c\n "r\\"\ns" )\r\n\n$ORIGIN b\n@ MX 10 c\n' +
      '$GENERATE 1-2 h$ A 192.0.2.$\nd SOA 1\nlast A 192.0.2.2';
  const whole = read(text);
  fc.assert(fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
    assert.deepEqual(read(text, cuts.sort((a, b) => a - b)), whole);
  }));
  assert.deepEqual(read(text, [...text].map((_, i) => i)), whole);
});

test('who is told of a problem may have heard enough', () => {
  const reader = new ZoneReader();
  const bytes = latin1Bytes('a A 1\nb A 2\nc A 3\n');
  let told = 0;
  reader.begin(zone, 'db', new RecordList(), { include: () => undefined, problem: () => ++told < 2 });
  assert.throws(() => reader.parse(bytes, 0, bytes.length, true), /db:2:5/);
  assert.equal(told, 2);
});

test('names that the sink does not want are counted and left out', () => {
  const added: number[] = [];
  const reader = new ZoneReader();
  const bytes = latin1Bytes('$TTL 1\na A 192.0.2.1\nother. A 192.0.2.1\n A 192.0.2.2\nb A 192.0.2.3\n');
  const sink = { owner: (name: Uint8Array, length: number) => (name[1] === 0x6f ? -1 : length), add: (owner: number) => added.push(owner) };
  reader.begin(zone, 'db', sink, { include: () => undefined });
  reader.parse(bytes, 0, bytes.length, true);
  assert.deepEqual([added, reader.records, reader.outside], [[15, 15], 2, 2]);
});
