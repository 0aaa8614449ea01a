// What is written is what is read, wherever the writer's buffer has to grow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Writer, le32 } from './layout.ts';

test('nothing is lost where the buffer grows', () => {
  for (let before = 4080; before <= 4100; before++) {
    const writer = new Writer();
    writer.put(new Uint8Array(before).fill(1));
    writer.u8(2);
    writer.u16(0x0403);
    writer.u32(0x08070605);
    writer.text('abc');
    writer.put(Uint8Array.of(9, 10));
    const bytes = writer.take();
    assert.deepEqual([...bytes.subarray(before)], [2, 3, 4, 5, 6, 7, 8, 3, 97, 98, 99, 9, 10]);
    assert.equal(le32(bytes, before + 3), 0x08070605);
  }
});
