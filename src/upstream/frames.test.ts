// Messages come out of a stream as they went in, however it was cut.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Frames } from './frames.ts';

test('any cut of the stream gives the same messages', () => {
  const message = fc.uint8Array({ minLength: 0, maxLength: 700 });
  const cutSizes = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 });
  fc.assert(fc.property(fc.array(message, { maxLength: 8 }), cutSizes, (messages, cuts) => {
    const stream = Buffer.concat(messages.map((each) => Buffer.concat([Buffer.from([each.length >> 8, each.length & 255]), each])));
    const frames = new Frames();
    const got: Buffer[] = [];
    for (let i = 0, k = 0; i < stream.length; k++) {
      const size = cuts[k % cuts.length]!;
      const chunk = stream.subarray(i, i + size);
      frames.read(chunk, chunk.length, (bytes, _words, at, length) => {
        assert.equal(at % 4, 0);
        got.push(Buffer.from(bytes.subarray(at, at + length)));
      });
      i += size;
    }
    assert.deepEqual(got, messages.map((each) => Buffer.from(each)));
  }));
});
