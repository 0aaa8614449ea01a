// What came again within its time gets its first answer: in memory and from a journal, also where answers had to be forgotten.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RCODE } from '../dns/rcode.ts';
import { Receipts, receiptEntry, receiptIn } from './update-receipts.ts';
import type { Signed } from './update-receipts.ts';

const signed = (mac: number, until: number, key = 'k.'): Signed => ({ key, mac: Uint8Array.of(mac, 7), until });
const never = (): Promise<number> => Promise.reject(new Error('it was done twice'));

test('who comes while the first is under way waits for its answer, and who comes later gets it', async () => {
  const receipts = new Receipts();
  const { promise, resolve } = Promise.withResolvers<number>();
  const first = receipts.once(signed(1, 100), () => promise);
  const second = receipts.once(signed(1, 100), never);
  resolve(RCODE.YXDOMAIN);
  assert.deepEqual(await Promise.all([first, second]), [RCODE.YXDOMAIN, RCODE.YXDOMAIN]);
  receipts.give({ ...signed(1, 100), rcode: RCODE.YXDOMAIN }, 50);
  assert.equal(receipts.once(signed(1, 100), never), RCODE.YXDOMAIN);
  // The same octets of another key are another request, and so are others of this one.
  assert.equal(await receipts.once(signed(1, 100, 'other.'), async () => 0), 0);
  assert.equal(await receipts.once(signed(2, 100), async () => 0), 0);
});

test('a failure is no answer that is kept', async () => {
  const receipts = new Receipts();
  await assert.rejects(Promise.resolve(receipts.once(signed(1, 100), never)));
  assert.equal(await receipts.once(signed(1, 100), async () => 0), 0);
});

test('what is forgotten for want of room is not taken again; other keys, and what is signed later, are', async () => {
  const receipts = new Receipts(2);
  for (const mac of [1, 2, 3]) receipts.give({ ...signed(mac, 100 + mac), rcode: 0 }, 50);
  assert.equal(receipts.once(signed(1, 101), never), undefined);
  assert.equal(receipts.once(signed(9, 101), never), undefined);
  assert.equal(receipts.once(signed(2, 102), never), 0);
  assert.equal(await receipts.once(signed(9, 102), async () => 5), 5);
  assert.equal(await receipts.once(signed(9, 101, 'other.'), async () => 5), 5);
});

test('what is over goes without a trace, and what a journal has is what was given', () => {
  const receipts = new Receipts(2);
  for (const mac of [1, 2, 3]) receipts.give({ ...signed(mac, 100 + mac), rcode: 0 }, 99 + mac);
  assert.deepEqual([...receipts.valid(102)].map(({ until }) => until), [102, 103]);
  for (const each of [signed(1, 0xffff_fff0), signed(2, 5, `${'x'.repeat(63)}.`.repeat(3))]) {
    assert.deepEqual(receiptIn(receiptEntry(each)), { ...each, rcode: 0 });
  }
});
