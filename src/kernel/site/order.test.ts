// Plugins in their order: one more before or behind another, and nothing else moves. Knows names alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insert } from './order.ts';
import type { Plugin } from './plugin.ts';

const named = (name: string): Plugin => ({ name, parse: () => undefined, create: () => ({}) });
const three = ['log', 'cache', 'forward'].map(named);

test('a plugin goes right before or right behind another', () => {
  assert.deepEqual(insert(three, named('mine'), { before: 'cache' }).map(({ name }) => name), ['log', 'mine', 'cache', 'forward']);
  assert.deepEqual(insert(three, named('mine'), { after: 'forward' }).map(({ name }) => name), ['log', 'cache', 'forward', 'mine']);
  assert.equal(three.length, 3);
});

test('a place that is not there, and a name that is, are refused', () => {
  assert.throws(() => insert(three, named('mine'), { before: 'hosts' }),
    { message: 'there is no plugin hosts beside which mine could stand' });
  assert.throws(() => insert(three, named('log'), { before: 'cache' }), { message: 'there is a plugin log already' });
});
