// Names: text and wire form both ways, comparison, and what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { latin1, latin1Bytes } from './latin1.ts';
import { Name, NameError } from './name.ts';
import { WireError } from './wire-error.ts';

const label = fc.uint8Array({ minLength: 1, maxLength: 63 }).map((bytes) => latin1(bytes, 0, bytes.length));
const names = fc
  .array(label, { maxLength: 6 })
  .filter((labels) => labels.reduce((sum, one) => sum + one.length + 1, 1) <= 255)
  .map((labels) => Name.of(labels));

test('text and wire form of a name both lead back to it', () => {
  fc.assert(
    fc.property(names, (name) => {
      assert.equal(Name.parse(name.text).raw, name.raw);
      assert.equal(Name.read(latin1Bytes(name.raw), 0).raw, name.raw);
      assert.equal(Name.of(name.split()).raw, name.raw);
      assert.equal(name.labels, name.split().length);
    }),
    { numRuns: 300 },
  );
});

test('text is escaped as CoreDNS prints it', () => {
  assert.equal(Name.of(['a.b\'c@d;e(f)g"h\\i j']).text, 'a\\.b\\\'c\\@d\\;e\\(f\\)g\\"h\\\\i\\ j.');
  assert.equal(Name.of(['\x00\x1f\x7f\xff']).text, '\\000\\031\\127\\255.');
  assert.equal(Name.parse('\\097\\.b.example.').text, 'a\\.b.example.');
  assert.equal(Name.parse('bücher.example').text, 'b\\195\\188cher.example.');
  assert.equal(Name.root.text, '.');
});

test('a name that is not absolute is under the origin, or under the root', () => {
  const origin = Name.parse('example.org.');
  assert.equal(Name.parse('www', origin).text, 'www.example.org.');
  assert.equal(Name.parse('@', origin).text, 'example.org.');
  assert.equal(Name.parse('www').text, 'www.');
  assert.equal(Name.parse('www.', origin).text, 'www.');
  assert.equal(Name.parse('w\\.', origin).text, 'w\\..example.org.');
  assert.equal(Name.parse('.', origin).text, '.');
});

test('what is no name is refused', () => {
  const long = 'a'.repeat(63);
  assert.equal(Name.parse(`${long}.${long}.${long}.${'a'.repeat(61)}.`).raw.length, 255);
  for (const bad of ['', '@', '.a', 'a..b', '..', 'a\\', 'a\\256', `${long}a.b`, `${long}.${long}.${long}.${'a'.repeat(62)}`]) {
    assert.throws(() => Name.parse(bad), NameError, bad);
  }
  assert.throws(() => Name.of([]).under(''), NameError);
  assert.throws(() => Name.of(['']), NameError);
  assert.throws(() => Name.of([long, long, long, long]), NameError);
});

test('ASCII letters compare without case, other octets do not', () => {
  assert.ok(Name.parse('WWW.Example.ORG').equals(Name.parse('www.example.org.')));
  assert.equal(Name.parse('WWW.Example.ORG').key, Name.parse('www.example.org').key);
  assert.ok(!Name.of(['\xc0']).equals(Name.of(['\xe0'])));
  assert.ok(!Name.of(['A\xc0']).equals(Name.of(['a\xe0'])));
  assert.ok(Name.of(['A\xc0']).equals(Name.of(['a\xc0'])));
});

test('a name lies under a zone at a label, not in the middle of one', () => {
  const zone = Name.parse('Example.org');
  assert.ok(Name.parse('a.b.example.ORG').isUnder(zone));
  assert.ok(zone.isUnder(zone));
  assert.ok(zone.isUnder(Name.root));
  assert.ok(!Name.parse('org').isUnder(zone));
  assert.ok(!Name.parse('notexample.org').isUnder(zone));
  // The octets of the zone, but inside of a label.
  assert.ok(!Name.of(['x\x07example\x03org']).isUnder(zone));
  fc.assert(
    fc.property(names, label, (name, child) => {
      if (name.raw.length + child.length + 1 > 255) return;
      const below = name.under(child);
      assert.ok(below.isUnder(name));
      assert.ok(!name.isUnder(below));
      assert.equal(below.parent?.raw, name.raw);
    }),
    { numRuns: 100 },
  );
  assert.equal(Name.root.parent, undefined);
});

test('pointers are followed, forwards too, and no loop is', () => {
  const bytes = Uint8Array.of(3, 0x6f, 0x72, 0x67, 0, 1, 0x61, 0xc0, 0, 0xc0, 5, 0xc0, 11, 0xc0, 14, 0);
  assert.equal(Name.read(bytes, 5).text, 'a.org.');
  assert.equal(Name.read(bytes, 9).text, 'a.org.');
  assert.throws(() => Name.read(bytes, 11), WireError);
  assert.throws(() => Name.read(Uint8Array.of(0x40, 0), 0), WireError);
  assert.throws(() => Name.read(Uint8Array.of(2, 1), 0), WireError);
  assert.throws(() => Name.read(Uint8Array.of(1, 1, 0xc0, 0), 0), WireError);
  assert.equal(Name.read(Uint8Array.of(9, 9, 1, 0x61, 0, 0xc0, 0), 5, 7, 2).text, 'a.');
});

test('a name of 255 octets is read, one of 256 is not', () => {
  const raw = (last: number) => latin1Bytes(`${`\x3f${'a'.repeat(63)}`.repeat(3)}${String.fromCharCode(last)}${'a'.repeat(last)}\0`);
  assert.equal(Name.read(raw(61), 0).raw.length, 255);
  assert.throws(() => Name.read(raw(62), 0), WireError);
});

test('a name in lower case, and its octets', () => {
  const name = Name.parse('WWW.\\200.Example.');
  const { folded } = name;
  assert.equal(folded.raw, '\x03www\x01\xc8\x07example\0');
  assert.equal(folded.folded, folded);
  assert.deepEqual(latin1Bytes(name.raw), name.octets);
  assert.equal(Name.root.folded, Name.root);
});
