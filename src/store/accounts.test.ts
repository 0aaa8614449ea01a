// Accounts: credit by time, bounds, and who goes when there is no room.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { Store } from './store.ts';
import { STORE_KEY } from '../testing/store-key.ts';

const terms = { rate: 10, ceiling: 10, floor: -20 };
const accounts = (least = 64) => Store.create(1 << 24, STORE_KEY).accounts('test', least);

test('an account fills up to its ceiling and goes down to its floor', () => {
  const some = accounts();
  for (let left = 9; left >= 0; left--) assert.equal(some.spend(7, 1000, terms, 1), left);
  assert.equal(some.spend(7, 1000, terms, 1), -1);
  assert.equal(some.spend(7, 1000, terms, 100), -20);
  assert.equal(some.spend(7, 1100, terms, 0), -19);
  assert.equal(some.spend(7, 999_999, terms, 1), 9);
  assert.equal(some.spend(8, 999_999, terms, 1), 9);
});
test('a clock that is behind takes and gives nothing', () => {
  const some = accounts();
  assert.equal(some.spend(7, 5000, terms, 10), 0);
  assert.equal(some.spend(7, 4000, terms, 1), -1);
  assert.equal(some.spend(7, 5000, terms, 1), -2);
  assert.equal(some.spend(7, 5100, terms, 1), -2);
});
test('times that outgrow 32 bits go on', () => {
  const some = accounts();
  const end = 2 ** 32 - 50;
  assert.equal(some.spend(7, end, terms, 10), 0);
  assert.equal(some.spend(7, end + 100, terms, 0), 1);
});
test('what is missed is counted for each account', () => {
  const some = accounts();
  some.spend(7, 0, terms, 1);
  assert.equal(some.miss(), 1);
  some.spend(8, 0, terms, 1);
  assert.equal(some.miss(), 1);
  some.spend(7, 0, terms, 1);
  assert.equal(some.miss(), 2);
});
test('where a set is full the one that was not used for longest goes, and whoever comes has an account', () => {
  const some = accounts(16);
  // Four sets of four: hashes that are alike in their last bits share one.
  for (let n = 1; n <= 4; n++) some.spend(n * 4, n, terms, 30);
  assert.ok(some.spend(4, 10, terms, 0) < -19);
  assert.equal(some.spend(5 * 4, 11, terms, 1), 9, 'a fifth one has an account of its own');
  assert.ok(some.spend(4, 12, terms, 0) < 0, 'the one that was used since stays');
  assert.equal(some.spend(2 * 4, 13, terms, 1), 9, 'the oldest went');
});
test('a flood of others never makes an account richer than its terms', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer(), fc.nat(1000)), { maxLength: 300 }), (uses) => {
    const some = accounts(16);
    let now = 0;
    for (const [hash, wait] of uses) {
      const left = some.spend(hash, (now += wait), terms, 3);
      assert.ok(left <= 7 && left >= -20);
    }
  }), { numRuns: 100 });
});
test('two stores of a process have the same accounts', () => {
  const store = Store.create(1 << 24, STORE_KEY);
  store.accounts('same', 64).spend(9, 0, terms, 10);
  const other = Store.join(store.share(), 1);
  assert.equal(other.accounts('same', 64).spend(9, 0, terms, 1), -1);
});
