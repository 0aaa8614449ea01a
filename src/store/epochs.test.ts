// Bytes that were taken out of a store stay while somebody could be reading them, and no longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Epochs, clearThread } from './epochs.ts';
import { EPOCH } from './layout.ts';
import { Memory } from './memory.ts';

function threads(): { memory: Memory; writer: Epochs; reader: Epochs } {
  const memory = Memory.create(1 << 22);
  memory.share();
  return { memory, writer: new Epochs(memory), reader: new Epochs(Memory.join(memory.handle, 1)) };
}

test('an idle thread never holds anything back', () => {
  const { writer, reader } = threads();
  reader.enter();
  reader.leave();
  let done = 0;
  for (let i = 0; i < 10; i++) {
    writer.retire(() => done++);
    writer.recycle();
    assert.equal(done, i + 1);
  }
});

test('a batch that began before holds back, one that began after does not', () => {
  const { writer, reader } = threads();
  let done = false;
  reader.enter();
  writer.retire(() => {
    done = true;
  });
  writer.recycle();
  writer.recycle();
  assert.equal(done, false);
  reader.leave();
  reader.enter();
  writer.recycle();
  assert.equal(done, true);
});

test('the writer itself may be in a batch', () => {
  const { memory, writer } = threads();
  writer.enter();
  writer.retire(memory.take(10));
  writer.recycle();
  assert.equal(writer.waiting, 1);
  writer.leave();
  writer.recycle();
  assert.equal(writer.waiting, 0);
  assert.equal(memory.used, 0);
});

test('a pin holds across batches, until the last one is released', () => {
  const { writer, reader } = threads();
  const first = reader.pin();
  const second = reader.pin();
  writer.retire(() => undefined);
  for (const pin of [first, second]) {
    reader.enter();
    reader.leave();
    writer.recycle();
    assert.equal(writer.waiting, 1);
    pin.release();
    pin.release();
  }
  writer.recycle();
  assert.equal(writer.waiting, 0);
});

test('a thread that died in a batch holds nothing back', () => {
  const { memory, writer, reader } = threads();
  reader.enter();
  reader.pin();
  writer.retire(memory.take(10));
  writer.recycle();
  assert.equal(writer.waiting, 1);
  clearThread(memory, 1);
  writer.recycle();
  assert.equal(writer.waiting, 0);
});

test('epochs may wrap around', () => {
  const { memory, writer, reader } = threads();
  memory.words[EPOCH] = 0x7fffffff;
  reader.enter();
  for (let i = 0; i < 4; i++) {
    writer.retire(() => undefined);
    writer.recycle();
  }
  assert.equal(writer.waiting, 4);
  reader.leave();
  writer.recycle();
  assert.equal(writer.waiting, 0);
});
