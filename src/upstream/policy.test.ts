// The orders of the three policies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPolicy, fastest } from './policy.ts';
import { RandomIds } from './random-ids.ts';

const orders = (name: 'random' | 'round_robin' | 'sequential', times: number) => {
  const policy = createPolicy(name, new RandomIds());
  return Array.from({ length: times }, () => {
    const order = new Uint8Array(3);
    policy(order, 3);
    return [...order].join('');
  });
};

test('sequential keeps the order, round_robin begins with the next one each time', () => {
  assert.deepEqual(orders('sequential', 2), ['012', '012']);
  assert.deepEqual(orders('round_robin', 4), ['102', '201', '012', '102']);
});

test('random gives every order about as often', () => {
  const counts = new Map<string, number>();
  for (const order of orders('random', 6000)) counts.set(order, (counts.get(order) ?? 0) + 1);
  assert.equal(counts.size, 6);
  for (const [order, count] of counts) assert.ok(count > 800 && count < 1200, `${order}: ${count}`);
});

test('fastest: who is as quick as the quickest takes turns with it, the others follow by bands, and one in a hundred explores', () => {
  const trips = [40_000, 2000, 6000, 300_000, 90_000];
  const policy = fastest(new RandomIds(), (i) => trips[i]!);
  const seen = Array.from({ length: 4000 }, () => {
    const order = new Uint8Array(5);
    policy(order, 5);
    return [...order].join('');
  });
  const counts = (text: string) => seen.filter((order) => order === text).length;
  assert.ok(counts('12043') > 1600 && counts('21043') > 1600, `${counts('12043')} ${counts('21043')}`);
  const others = seen.filter((order) => !/^(12|21)043$/.test(order)).length;
  assert.ok(others > 10 && others < 90, `${others} of 4000 explored`);
  // Nothing is known of one: it is tried first.
  trips[3] = 0;
  assert.equal(seen.length, 4000);
  const order = new Uint8Array(5);
  let first = 0;
  for (let i = 0; i < 1000; i++) {
    policy(order, 5);
    if (order[0] === 3 || order[0] === 1) first++;
  }
  assert.ok(first > 950, `${first}`);
});
