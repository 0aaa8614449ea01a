// Lines come out the same however the stream is cut. Knows the splitter alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { ApiError } from './api-error.ts';
import { cut } from './cuts.test.ts';
import { LineSplitter } from './line-splitter.ts';

test('any cutting gives the same lines', () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.nat()), (lines, places) => {
    const text = lines.join('\n');
    const found: string[] = [];
    const splitter = new LineSplitter((line) => found.push(line.toString()));
    for (const piece of cut(Buffer.from(`${text}\n`), places)) splitter.feed(piece);
    assert.deepEqual(found, Buffer.from(text).toString().split('\n').filter((line) => line !== ''));
    assert.equal(splitter.partial, false);
  }), { numRuns: 300 });
});

test('a line without end is held, and refused when it is longer than an object can be', () => {
  const splitter = new LineSplitter(() => assert.fail('no line is whole'));
  splitter.feed(Buffer.from('{"type":'));
  assert.equal(splitter.partial, true);
  const much = Buffer.alloc(1 << 22, 32);
  assert.throws(() => {
    for (let i = 0; i < 9; i++) splitter.feed(much);
  }, (error) => error instanceof ApiError && error.kind === 'protocol');
});
