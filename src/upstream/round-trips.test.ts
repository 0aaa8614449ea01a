// Round trips that threads share: smoothed, and doubled where no reply came.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../store/store.ts';
import { RoundTrips } from './round-trips.ts';

test('the first counts as it is, later ones an eighth; a loss doubles, within bounds', () => {
  const numbers = Store.create(1 << 20).cells.flags('trips', 2);
  const trips = new RoundTrips(numbers);
  assert.equal(trips.of(1), 0);
  trips.took(1, 8);
  assert.equal(trips.of(1), 8000);
  trips.took(1, 16);
  assert.equal(new RoundTrips(numbers).of(1), 9000);
  trips.lost(1);
  assert.equal(trips.of(1), 100_000);
  for (let i = 0; i < 20; i++) trips.lost(1);
  assert.equal(trips.of(1), 60_000_000);
  trips.took(1, 0);
  assert.equal(trips.of(1), 52_500_000);
  trips.forget(1);
  assert.deepEqual([trips.of(0), trips.of(1)], [0, 0]);
});
