// Bytes that were taken out of a store stay while somebody could be reading them, and no longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Epochs, clearThread } from './epochs.ts';
import { EPOCH } from './layout.ts';
import { Memory } from './memory.ts';
import { Reading } from './reading.ts';

function threads() {
  const memory = Memory.create(1 << 22);
  memory.share();
  const other = Memory.join(memory.handle, 1);
  return { memory, writer: new Epochs(memory), own: new Reading(memory), reader: new Epochs(other), reading: new Reading(other) };
}

test('an idle thread never holds anything back', () => {
  const { writer, reading } = threads();
  reading.enter();
  reading.leave();
  let done = 0;
  for (let i = 0; i < 10; i++) {
    writer.retire(() => done++);
    writer.recycle();
    assert.equal(done, i + 1);
  }
});

test('a reading that began before holds back, one that began after does not', () => {
  const { writer, reading } = threads();
  let done = false;
  reading.enter();
  writer.retire(() => {
    done = true;
  });
  writer.recycle();
  writer.recycle();
  assert.equal(done, false);
  reading.leave();
  reading.enter();
  writer.recycle();
  assert.equal(done, true);
});

test('the writer itself may be in a reading', () => {
  const { memory, writer, own } = threads();
  own.enter();
  writer.retire(memory.take(10));
  writer.recycle();
  assert.equal(writer.waiting, 1);
  own.leave();
  writer.recycle();
  assert.equal(writer.waiting, 0);
  assert.equal(memory.used, 0);
});

test('a reading that lingers holds back what the turn of what is queued could see, and then no more', async () => {
  const { memory, writer, reading } = threads();
  const block = memory.take(8);
  reading.enter();
  writer.retire(block);
  reading.linger();
  assert.equal(reading.open, true);
  writer.recycle();
  assert.equal(writer.waiting, 1);
  reading.within(() => assert.equal(reading.open, true));
  reading.enter();
  reading.linger();
  await Promise.resolve();
  assert.equal(reading.open, false);
  writer.recycle();
  assert.equal(writer.waiting, 0);
});

test('one that lingers within another ends with that', async () => {
  const { reading } = threads();
  reading.enter();
  reading.enter();
  reading.linger();
  reading.leave();
  assert.equal(reading.open, false);
  reading.enter();
  reading.linger();
  reading.enter();
  await Promise.resolve();
  assert.equal(reading.open, true);
  reading.leave();
  assert.equal(reading.open, false);
});

test('a pin holds across readings, until the last one is released', () => {
  const { writer, reader, reading } = threads();
  const first = reader.pin();
  const second = reader.pin();
  writer.retire(() => undefined);
  for (const pin of [first, second]) {
    reading.enter();
    reading.leave();
    writer.recycle();
    assert.equal(writer.waiting, 1);
    pin.release();
    pin.release();
  }
  writer.recycle();
  assert.equal(writer.waiting, 0);
});

test('a thread that died in a reading holds nothing back', () => {
  const { memory, writer, reader, reading } = threads();
  reading.enter();
  reader.pin();
  writer.retire(memory.take(10));
  writer.recycle();
  assert.equal(writer.waiting, 1);
  clearThread(memory, 1);
  writer.recycle();
  assert.equal(writer.waiting, 0);
});

test('epochs may wrap around', () => {
  const { memory, writer, reading } = threads();
  memory.words[EPOCH] = 0x7fffffff;
  reading.enter();
  for (let i = 0; i < 4; i++) {
    writer.retire(() => undefined);
    writer.recycle();
  }
  assert.equal(writer.waiting, 4);
  reading.leave();
  writer.recycle();
  assert.equal(writer.waiting, 0);
});

test('of readings within each other the outermost counts', () => {
  const { writer, reading } = threads();
  let done = false;
  reading.enter();
  assert.equal(reading.within(() => reading.open), true);
  writer.retire(() => void (done = true));
  for (const leave of [() => reading.within(() => {}), () => assert.throws(() => reading.within(() => assert.fail()))]) {
    leave();
    writer.recycle();
    assert.equal(done, false);
  }
  reading.leave();
  assert.equal(reading.open, false);
  writer.recycle();
  assert.equal(done, true);
});
