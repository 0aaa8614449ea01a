// The first end of many signatures, however they come and go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { Memory } from '../../store/memory.ts';
import { Expiries } from './expiries.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

/** Writes them, and reads them as the next version does. */
function next(expiries: Expiries, memory: Memory): Expiries {
  const at = memory.take(Math.max(2, expiries.words));
  expiries.write(memory, at);
  const other = new Expiries();
  other.begin(memory, expiries.words === 0 ? 0 : at, expiries.first);
  return other;
}

test('the first end is exact, and never later than it is where the first one went', () => {
  const second = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 1_700_000_000, max: 1_700_900_000 }));
  const memory = Memory.create(1 << 24, STORE_KEY);
  fc.assert(fc.property(fc.array(second, { maxLength: 700, size: 'max' }), fc.array(fc.nat(), { maxLength: 100 }), (ends, going) => {
    let expiries = new Expiries();
    for (const end of ends) expiries.add(end);
    assert.equal(expiries.first, ends.length === 0 ? 0 : Math.min(...ends));
    const left = [...ends];
    for (const place of going) {
      if (left.length === 0) break;
      const [end] = left.splice(place % left.length, 1);
      expiries.add(end!, -1);
      if (place % 5 === 0) expiries = next(expiries, memory);
      const least = left.length === 0 ? 0 : Math.min(...left);
      const isWide = Math.max(...ends) - Math.min(...ends) > 1 << 20;
      assert.ok(expiries.first <= least && least - expiries.first < (isWide ? 2 ** 32 : 4096), `${expiries.first} ${least}`);
      assert.equal(expiries.first === 0 && expiries.words === 0, left.length === 0);
    }
    assert.ok(expiries.words <= 2 + 2 * 512);
  }), { numRuns: 100 });
});

test('where the first one went it is told as early as it can be', () => {
  const expiries = new Expiries();
  for (const end of [1000, 9000, 10_000]) expiries.add(end);
  expiries.add(1000, -1);
  assert.equal(expiries.first, 8192);
  expiries.add(700);
  assert.equal(expiries.first, 700);
});
