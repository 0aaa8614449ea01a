// The shared memory and its slabs: what is taken is nobody else's, what is given back is used again, by whichever thread.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { LENGTH, META, METAS, SLAB_BITS } from './layout.ts';
import { Memory } from './memory.ts';

test('blocks never overlap, and everything given back is free again', () => {
  const size = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 200 }) },
    { weight: 3, arbitrary: fc.integer({ min: 200, max: 5000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 4096, max: 40000 }) },
  );
  const step = fc.record({ take: fc.boolean(), size, which: fc.nat() });
  fc.assert(fc.property(fc.array(step, { minLength: 50, maxLength: 400, size: 'max' }), (steps) => {
    const memory = Memory.create(1 << 26);
    const live: { at: number; size: number; mark: number }[] = [];
    for (const [mark, { take, size, which }] of steps.entries()) {
      if (take || live.length === 0) {
        const at = memory.take(size);
        assert.equal(at % 2, 0);
        memory.words.fill(mark, at, at + size);
        live.push({ at, size, mark });
      } else {
        const [block] = live.splice(which % live.length, 1);
        for (let i = 0; i < block!.size; i++) if (memory.words[block!.at + i] !== block!.mark) assert.fail('somebody wrote here');
        memory.give(block!.at);
      }
    }
    const again = Memory.join(memory.handle, 0);
    assert.equal(again.used, memory.used);
    for (const { at } of live) again.give(at);
    assert.equal(again.used, 0);
  }), { numRuns: 40 });
});

test('whoever takes a number over counts anew, since its thread may have died while it counted', () => {
  const memory = Memory.create(1 << 24);
  const blocks = Array.from({ length: 100 }, () => memory.take(100));
  for (const at of blocks) memory.words[METAS + (at >> SLAB_BITS) * META + 4] = 3;
  const again = Memory.join(memory.handle, 0);
  assert.equal(again.used, memory.used);
  const more = Array.from({ length: 700 }, () => again.take(100));
  const sorted = [...blocks, ...more].sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; i++) assert.ok(sorted[i]! - sorted[i - 1]! >= 100);
});

test('blocks of a power of two are aligned to their size', () => {
  const memory = Memory.create(1 << 24);
  for (let size = 32; size <= 4096; size *= 2) for (let i = 0; i < 5; i++) assert.equal(memory.take(size) % size, 0);
});

test('memory of one size of block can become blocks of another', () => {
  const memory = Memory.create(1 << 28);
  const fill = (size: number): void => {
    const blocks = Array.from({ length: Math.floor(200_000 / size) }, () => memory.take(size));
    for (const at of blocks) memory.give(at);
  };
  fill(8);
  const extent = memory.extent;
  for (const size of [12, 30, 64, 100, 500, 8, 2000, 40]) fill(size);
  assert.ok(memory.extent < extent * 1.5, `${extent} became ${memory.extent}`);
});

test('a full memory says so, and lives', () => {
  const memory = Memory.create(1 << 20);
  const blocks: number[] = [];
  for (let at = memory.take(1000); at !== 0; at = memory.take(1000)) blocks.push(at);
  assert.ok(blocks.length > 10);
  assert.equal(memory.take(100_000), 0);
  memory.give(blocks.pop()!);
  assert.notEqual(memory.take(1000), 0);
});

test('what another thread gives back comes home to its owner', () => {
  const memory = Memory.create(1 << 24);
  memory.share();
  const other = Memory.join(memory.handle, 1);
  const blocks = Array.from({ length: 2000 }, () => memory.take(100));
  const extent = memory.extent;
  for (let round = 0; round < 20; round++) {
    for (const at of blocks) other.give(at);
    for (const i of blocks.keys()) blocks[i] = memory.take(100);
    assert.equal(new Set(blocks).size, blocks.length);
  }
  assert.ok(memory.extent <= extent + (1 << 19));
});

test('a thread sees what another let the memory grow by', () => {
  const memory = Memory.create(1 << 26);
  memory.share();
  const other = Memory.join(memory.handle, 1);
  const at = memory.take(2_000_000);
  memory.words[at + 1_999_999] = 7;
  assert.ok(other.words.length < at + 2_000_000);
  assert.equal(other.refresh()[at + 1_999_999], 7);
  assert.equal(other.words[LENGTH], memory.words.length);
});

test('only known thread numbers join', () => {
  const memory = Memory.create(1 << 22);
  for (const thread of [-1, 256, 1.5]) assert.throws(() => Memory.join(memory.handle, thread), RangeError);
});

test('no thread joins before main said that there will be threads', () => {
  const memory = Memory.create(1 << 22);
  assert.throws(() => Memory.join(memory.handle, 1), /not shared yet/);
});
