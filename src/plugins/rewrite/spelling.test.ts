// Names from and to the octets of a question, against what the whole name type says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { latin1, writeLatin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { Query } from '../../kernel/query/query.ts';
import { normalized, questionText, writeName } from './spelling.ts';

const label = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '_', '*'), minLength: 1, maxLength: 63 }),
  fc.uint8Array({ minLength: 1, maxLength: 8 }).map((octets) => latin1(octets, 0, octets.length)),
);
const name = fc.array(label, { maxLength: 6 }).filter((labels) => labels.reduce((sum, { length }) => sum + length + 1, 1) <= 255)
  .map((labels) => Name.of(labels));

/** A query that has only a name. */
function asking({ raw }: Name): Query {
  const query = Query.alone(512);
  writeLatin1(raw, query.bytes, query.at + 12);
  query.length = 12 + raw.length + 4;
  query.questionEnd = query.length;
  return query;
}

test('the text of a question is that of its name in lower case', () => {
  fc.assert(fc.property(name, (each) => assert.equal(questionText(asking(each)), each.text.toLowerCase())));
});

test('the octets of a text are those of the name', () => {
  const out = new Uint8Array(300);
  fc.assert(fc.property(name, (each) => {
    const size = writeName(each.text, out, 3);
    assert.equal(latin1(out, 3, 3 + size), each.raw);
  }));
});

test('what is no name is none', () => {
  const out = new Uint8Array(300);
  for (const text of ['', '..', '.a.', 'a..b.', `${'a'.repeat(64)}.`, 'aaaaaaaaa.'.repeat(26), 'a\\']) {
    assert.equal(writeName(text, out, 0), -1, text);
  }
  assert.equal(writeName('a', out, 0), 3);
  assert.equal(writeName(`${'a'.repeat(63)}.`, out, 0), 65);
});

test('names of a Corefile are lower-case and whole', () => {
  assert.deepEqual(['A.Test', 'a.', 'a\\.', 'a\\\\.', ''].map(normalized), ['a.test.', 'a.', 'a\\..', 'a\\\\.', '.']);
});
