// Bytes that are no message, or half of one, are an error of the API and nothing else. Knows random bytes and the smallest messages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { ApiError } from './api-error.ts';
import { FrameSplitter, ProtobufList } from './protobuf-pieces.ts';
import { entries, findBytes, many, one, readMessage, shape } from './protobuf.ts';
import { readFrame, readStatus } from './watch-event.ts';

const INNER = shape({ 1: one('name', 'text'), 2: one('port', 'number'), 3: one('ready', 'flag') });
const SHAPE = shape({ 1: one('metadata', INNER), 2: many('items', INNER), 3: entries('labels', ['a']), 4: many('texts', 'text') });
const read = (...bytes: number[]) => readMessage(Buffer.from(bytes), 0, bytes.length, SHAPE);

/** Runs what may refuse; whatever else it throws is a fault. */
function tried(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    assert.equal(error.kind, 'protocol');
  }
}

test('fields are read by their numbers, unknown ones are stepped over, the last one counts', () => {
  assert.deepEqual(read(), {});
  assert.deepEqual(read(0x0a, 3, 0x0a, 1, 97), { metadata: { name: 'a' } });
  assert.deepEqual(read(0x0a, 3, 0x0a, 1, 97, 0x0a, 3, 0x0a, 1, 98), { metadata: { name: 'b' } });
  assert.deepEqual(read(0x12, 2, 0x10, 80, 0x12, 0), { items: [{ port: 80 }, {}] });
  // A number of 64 bits, one of 8 octets, one of 4, and bytes: none of these fields is known.
  assert.deepEqual(read(0x78, 0xff, 0xff, 1, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7d, 1, 2, 3, 4, 0x7a, 1, 9, 0x22, 0), { texts: [''] });
  // A negative port has all 64 bits.
  const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
  assert.deepEqual(read(0x0a, 13, 0x10, ...minusOne, 0x18, 1), { metadata: { port: -1, ready: true } });
  assert.deepEqual(read(0x1a, 6, 0x0a, 1, 97, 0x12, 1, 98, 0x1a, 6, 0x0a, 1, 99, 0x12, 1, 98), { labels: { a: 'b' } });
});

test('what ends in the middle, reaches beyond its end or is of another kind is refused', () => {
  for (const bytes of [
    [0x0a], [0x0a, 3], [0x0a, 3, 0x0a, 1], [0x0a, 3, 0x0a, 2, 97], [0x0a, 2, 0x10, 0x80, 0x00], [0x79, 1, 2], [0x7d, 1], [0x08, 1], [0x0b],
    [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], [0x0a, 3, 0x12, 1, 97],
  ]) assert.throws(() => read(...bytes), ApiError, bytes.join());
});

test('any bytes, in any pieces, are read or refused', () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  const valid = fc.constantFrom('k8s\0', 'k8s\0\x0a\x02\x0a\x00\x12', '\0\0\0\x05', '\x0a\x03', '\x12\x7f', '');
  fc.assert(fc.property(valid, bytes, fc.nat(20), (head, tail, size) => {
    const all = Buffer.concat([Buffer.from(head, 'latin1'), tail]);
    tried(() => readMessage(all, 0, all.length, SHAPE));
    tried(() => findBytes(all, 0, all.length, 2));
    tried(() => readFrame(all, 0, all.length, SHAPE));
    readStatus(all);
    const take = (of: Buffer, from: number, to: number) => assert.ok(from >= 0 && from <= to && to <= of.length);
    for (const reader of [new FrameSplitter(take), new ProtobufList(take, take)]) {
      tried(() => {
        for (let at = 0; at < all.length; at += size + 1) reader.feed(all.subarray(at, at + size + 1));
      });
    }
  }), { numRuns: 3000 });
});

test('a list that is cut anywhere is not whole', () => {
  const items = '\x0a\x04\x12\x0277\x12\x03\x0a\x01a\x12\x03\x0a\x01b';
  const all = Buffer.from(`k8s\0\x0a\x06\x0a\x02v1\x12\x00\x12${String.fromCharCode(items.length)}${items}\x1a\x00\x22\x00`, 'latin1');
  for (let size = 1; size <= all.length; size++) {
    for (let end = 1; end < all.length - 4; end++) {
      let items = 0;
      const list = new ProtobufList(() => void items++, () => {});
      for (let at = 0; at < end; at += size) list.feed(all.subarray(at, Math.min(end, at + size)));
      assert.throws(() => list.end(), ApiError, `${end} octets`);
      assert.ok(items < 3);
    }
    let items = 0;
    const list = new ProtobufList(() => void items++, () => {});
    for (let at = 0; at < all.length; at += size) list.feed(all.subarray(at, at + size));
    list.end();
    assert.equal(items, 2);
  }
});
