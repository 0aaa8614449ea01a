// Claims: who has one, who waits for it, and whose it is when it is old.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Release } from './claims.ts';
import { Store } from './store.ts';

const taken = (claim: Release | object): Release => {
  assert.equal(typeof claim, 'function');
  return claim as Release;
};

test('what one has claimed the other waits for, until it is let go', async () => {
  const store = Store.create(1 << 22);
  assert.equal(store.claims('c', 1000).areOthers, false);
  const other = Store.join(store.share(), 1).claims('c', 1000);
  const claims = store.claims('c', 1000);
  assert.equal(claims.areOthers, true);
  const release = taken(claims.take(7, 5000));
  const claim = other.take(7, 5500);
  assert.ok(typeof claim === 'object');
  let isFree = false;
  const free = claim.free.then(() => (isFree = true));
  await new Promise(setImmediate);
  assert.equal(isFree, false);
  release();
  await free;
  taken(other.take(7, 5600));
});
test('a claim that is old is nobody\'s, and who had it takes nothing away', () => {
  const store = Store.create(1 << 22);
  const claims = store.claims('c', 1000);
  const first = taken(claims.take(7, 5000));
  assert.equal(typeof claims.take(7, 6000), 'object');
  const second = taken(claims.take(7, 6001));
  assert.equal(typeof claims.take(7, 6002), 'object');
  second();
  first();
  taken(claims.take(7, 6003));
});
test('what finds something else in its place is done all the same', () => {
  const claims = Store.create(1 << 22).claims('c', 1000);
  const first = taken(claims.take(7, 5000));
  taken(claims.take(7 + 1024, 5000))();
  assert.equal(typeof claims.take(7, 5000), 'object', 'the first one has it still');
  first();
  taken(claims.take(7 + 1024, 5000));
  taken(claims.take(0, 5000));
});
test('clocks of threads differ by a little: what was taken a moment from now is somebody\'s', () => {
  const claims = Store.create(1 << 22).claims('c', 1000);
  taken(claims.take(7, 5000));
  assert.equal(typeof claims.take(7, 4999), 'object');
  taken(claims.take(7, 3999));
});
