// The orders of the three policies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPolicy } from './policy.ts';
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
