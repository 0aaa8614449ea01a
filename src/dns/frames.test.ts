// Frames in a stream, however it is cut.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { FrameBuffer, Frames } from './frames.ts';

const message = fc.oneof(fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 0, max: 65535 }).map((length) => new Uint8Array(length).fill(length)));

test('messages come out as they went in, wherever the stream is cut', () => {
  fc.assert(fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }), fc.boolean(),
    (messages, cuts, lazy) => {
      const out = new FrameBuffer();
      const parts: Uint8Array[] = [];
      for (const each of messages) {
        if (!out.fits(each.length)) parts.push(Uint8Array.from(out.take()));
        out.add(each, 0, each.length);
      }
      parts.push(Uint8Array.from(out.take()));
      const stream = Buffer.concat(parts);
      const frames = new Frames();
      const got: Uint8Array[] = [];
      const look = () => {
        while (frames.next()) got.push(frames.bytes.slice(frames.at, frames.at + frames.length));
      };
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = cuts[i % cuts.length]! * (stream.length > 1000 ? 97 : 1);
        frames.push(stream.subarray(at, at + size));
        if (!lazy || i % 3 === 0) look();
        at += size;
      }
      look();
      assert.equal(frames.pending, false);
      assert.deepEqual(got.map((each) => Buffer.from(each)), messages.map((each) => Buffer.from(each)));
    }), { numRuns: 100 });
});

test('a length alone takes little memory, and bytes one by one little time', () => {
  const frames = new Frames();
  frames.push(Uint8Array.of(255, 255));
  assert.equal(frames.next(), false);
  for (let i = 0; i < 65535; i++) {
    frames.push(Uint8Array.of(i & 255));
    assert.equal(frames.next(), i === 65534);
  }
  assert.equal(frames.length, 65535);
  frames.push(Uint8Array.of(0, 1, 9, 0));
  assert.equal(frames.next(), true);
  frames.clear();
  frames.push(Uint8Array.of(0, 0));
  assert.deepEqual([frames.next(), frames.length, frames.next()], [true, 0, false]);
});

test('memory that is still being written is not used again', () => {
  const out = new FrameBuffer();
  out.add(Uint8Array.of(1, 2), 0, 2);
  const first = out.take();
  out.keep();
  out.add(Uint8Array.of(7, 7, 7), 0, 3);
  assert.deepEqual([...first], [0, 2, 1, 2]);
  assert.deepEqual([...out.take()], [0, 3, 7, 7, 7]);
});
