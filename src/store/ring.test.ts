// A ring keeps frames whole and in their order, counts what finds no room, and can be looked at by another view of the memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { Memory } from './memory.ts';
import { Ring } from './ring.ts';

const SIZE = 64;

test('frames come out as they went in, whatever the steps', () => {
  const step = fc.oneof(fc.record({ write: fc.integer({ min: 1, max: 70 }), spare: fc.nat(5) }), fc.record({ take: fc.nat(3) }));
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), fc.constantFrom(0, -100), (steps, start) => {
    const memory = Memory.create(1 << 20);
    const ring = Ring.make(memory, SIZE)!;
    memory.words[ring.place] = memory.words[ring.place + 1] = start & ~(SIZE - 1);
    const reader = new Ring(memory, ring.place);
    const expected: number[] = [], got: number[] = [];
    let next = 0, lost = 0;
    for (const each of steps) {
      if ('write' in each) {
        const at = ring.begin(each.write + each.spare);
        if (at < 0) {
          lost++;
          continue;
        }
        for (let i = 0; i < each.write; i++) expected.push(memory.bytes[at + i] = next++ & 255);
        ring.end(each.write);
      } else {
        for (let n = each.take; n > 0; n--) {
          const piece = reader.look();
          got.push(...piece);
          reader.take(piece.length);
        }
      }
    }
    for (let piece = reader.look(); piece.length > 0; piece = reader.look()) {
      got.push(...piece);
      reader.take(piece.length);
    }
    assert.deepEqual(got, expected);
    assert.equal(reader.takeLost(), lost);
    assert.equal(reader.takeLost(), 0);
  }));
});

test('an empty ring takes a frame of its size at a lap begin, and is full then', () => {
  const memory = Memory.create(1 << 20);
  const ring = Ring.make(memory, SIZE)!;
  assert.notEqual(ring.begin(SIZE), -1);
  ring.end(SIZE);
  assert.equal(ring.begin(1), -1);
  assert.equal(ring.look().length, SIZE);
  ring.take(SIZE);
  assert.equal(ring.look().length, 0);
  assert.equal(ring.begin(SIZE + 1), -1);
  assert.equal(ring.takeLost(), 2);
});

test('where the memory has no room there is no ring', () => {
  assert.equal(Ring.make(Memory.create(1 << 20), 1 << 24), undefined);
});
