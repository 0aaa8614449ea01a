// Cards: the same for all threads, and the one that was not used for longest goes where there is no room.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { CARD_HEAD } from './card-index.ts';
import { Store } from './store.ts';

const table = { width: 8, least: 16, head: 2 };

test('whoever asks for a hash has its card, and finds what another wrote', () => {
  const store = Store.create(1 << 22);
  const [one, other] = [store.cards('test', table), Store.join(store.share(), 1).cards('test', table)];
  fc.assert(fc.property(fc.integer(), fc.integer(), fc.integer(), (low, high, value) => {
    const at = one.find(low || 1, high, 1000);
    one.words[at + CARD_HEAD] = value;
    assert.equal(other.words[other.find(low || 1, high, 1000) + CARD_HEAD], value);
    assert.ok(other.isOf(at, low || 1, high));
  }), { endOnFailure: true });
});
test('in a set that is full the newcomer takes the place of who was not used for longest, with nothing left of it', () => {
  const cards = Store.create(1 << 22).cards('test', table);
  const sets = (cards.words.length - table.head) / table.width / 4;
  const low = (i: number): number => 1 + i * sets;
  const at = Array.from({ length: 4 }, (_, i) => cards.find(low(i), 7, 1000 + i * 5000));
  assert.equal(new Set(at).size, 4);
  for (const each of at) cards.words[each + CARD_HEAD] = 9;
  cards.find(low(0), 7, 30_000);
  const fifth = cards.find(low(4), 7, 40_000);
  assert.equal(fifth, at[1]);
  assert.equal(cards.words[fifth + CARD_HEAD], 0);
  assert.deepEqual([cards.isOf(at[0]!, low(0), 7), cards.isOf(at[1]!, low(1), 7)], [true, false]);
  const seen: number[] = [];
  cards.forEach((each) => void seen.push(each));
  assert.deepEqual(seen.sort((a, b) => a - b), at.sort((a, b) => a - b));
});
test('texts have hashes of their own, and never 0', () => {
  const cards = Store.create(1 << 22).cards('test', table);
  fc.assert(fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }), (one, other) => {
    assert.notEqual(cards.hashOf(one), 0);
    assert.equal(cards.hashOf(one), cards.hashOf(one));
    const both = (text: string): string => `${cards.hashOf(text)}/${cards.hashOf(text, 1)}`;
    assert.equal(both(one) === both(other), one === other);
  }), { endOnFailure: true });
});
