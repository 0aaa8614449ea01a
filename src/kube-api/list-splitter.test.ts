// Items come out of a list as JSON.parse would give them, however its bytes are cut. Knows the splitter alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { ApiError } from './api-error.ts';
import { cut } from './cuts.test.ts';
import { ListSplitter } from './list-splitter.ts';

function split(pieces: readonly Buffer[]) {
  const items: unknown[] = [], metadata: unknown[] = [];
  const splitter = new ListSplitter({
    item: (bytes) => void items.push(JSON.parse(bytes.toString())),
    metadata: (bytes) => void metadata.push(JSON.parse(bytes.toString())),
  });
  for (const piece of pieces) splitter.feed(piece);
  splitter.end();
  return { items, metadata };
}

const object = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('items', 'metadata')), fc.jsonValue(), { maxKeys: 4 });
const list = fc.record({
  kind: fc.string({ unit: 'binary' }), before: fc.jsonValue(), metadata: object,
  items: fc.array(object, { maxLength: 6 }), after: fc.jsonValue(),
});

test('any cutting of any list gives its metadata and its items', () => {
  fc.assert(fc.property(list, fc.array(fc.nat()), fc.boolean(), (value, places, spaced) => {
    const whole = JSON.parse(JSON.stringify(value)) as typeof value;
    const { items, metadata } = split(cut(Buffer.from(JSON.stringify(value, undefined, spaced ? 2 : 0)), places));
    assert.deepEqual(items, whole.items);
    assert.deepEqual(metadata, [whole.metadata]);
  }), { numRuns: 500 });
});

test('a list of nothing has no items', () => {
  assert.deepEqual(split([Buffer.from('{"items":null,"metadata":{}}')]).items, []);
  assert.deepEqual(split([Buffer.from(' {} \n')]).items, []);
});

test('what is no list is refused: text, an array, two lists, one that was cut', () => {
  for (const text of ['', 'text', '[]', '{}{}', '{"items":[{}', '}', '{"items":[{}]', '"x"', '{]']) {
    assert.throws(() => split([Buffer.from(text)]), (error) => error instanceof ApiError && error.kind === 'protocol', text);
  }
});
