// The option of TCP keepalive comes off questions, and nothing else does. Knows bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutKeepalive } from './keepalive.ts';

const QUESTION = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 97, 0, 0, 1, 0, 1];
const opt = (...options: readonly number[]) => [...QUESTION, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, options.length, ...options];
function stripped(message: readonly number[]): number[] {
  const bytes = new Uint8Array(200);
  bytes.set(message);
  return [...bytes.subarray(0, withoutKeepalive(bytes, QUESTION.length, message.length))];
}

test('the option goes wherever it stands, with data and without', () => {
  const COOKIE = [0, 10, 0, 2, 1, 2], KEEPALIVE = [0, 11, 0, 0], LONG = [0, 11, 0, 2, 9, 9];
  assert.deepEqual(stripped(opt(...KEEPALIVE)), opt());
  assert.deepEqual(stripped(opt(...KEEPALIVE, ...COOKIE, ...LONG)), opt(...COOKIE));
  assert.deepEqual(stripped(opt(...COOKIE)), opt(...COOKIE));
  assert.deepEqual(stripped([...opt(...COOKIE, ...LONG, ...COOKIE), 7, 7]), [...opt(...COOKIE, ...COOKIE), 7, 7]);
});
test('what is cut off stays as it is', () => {
  assert.deepEqual(stripped(opt(0, 11, 0, 9)), opt(0, 11, 0, 9));
  assert.deepEqual(stripped([...QUESTION, 0, 0, 41, 4]), [...QUESTION, 0, 0, 41, 4]);
  assert.equal(withoutKeepalive(new Uint8Array(20), 0, 20), 20);
});
