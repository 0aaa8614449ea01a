// What is written is what is read, wherever the writer's buffer has to grow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Writer, le32 } from './layout.ts';

test('nothing is lost where the buffer grows', () => {
  for (let before = 4080; before <= 4100; before++) {
    const writer = new Writer();
    for (let i = 0; i < before; i++) writer.u8(1);
    writer.u8(2);
    writer.u16(0x0403);
    writer.u32(0x08070605);
    writer.text('abc');
    writer.address(Uint8Array.of(9, 10));
    const bytes = writer.written;
    assert.deepEqual([...bytes.subarray(before)], [2, 3, 4, 5, 6, 7, 8, 3, 97, 98, 99, 2, 9, 10]);
    assert.equal(le32(bytes, before + 3), 0x08070605);
  }
});
