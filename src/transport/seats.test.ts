// Seats that a burst needed are given back when it is over; those that are in use stay as they are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, SEAT } from '../kernel/query/arena.ts';
import type { Query } from '../kernel/query/query.ts';
import { loadAddon } from './addon.ts';
import { Seats } from './seats.ts';

const addon = loadAddon();
const skip = typeof addon === 'string' ? `no addon: ${addon}` : false;

test('memory of seats goes back after a burst, what is in use stays', { skip }, () => {
  if (typeof addon === 'string') return;
  const arena = new Arena(2000);
  const seats = Seats.of(arena);
  const forgotten: (readonly [number, number])[] = [];
  const rest = () => seats.rest((from, length) => {
    forgotten.push([from, length]);
    addon.forget(arena.bytes, from, length);
  });
  const burst: Query[] = [];
  for (let i = 0; i < 1600; i++) burst.push(seats.take()!);
  for (const query of burst) query.bytes.fill(7, query.at, query.at + SEAT);
  rest();
  rest();
  const kept = burst.splice(700, 1)[0]!;
  for (const query of burst) seats.release(query);
  rest();
  assert.deepEqual(forgotten, [], 'once is no habit');
  rest();
  assert.deepEqual(forgotten, [[701 * SEAT, 899 * SEAT]]);
  assert.equal(arena.bytes[1200 * SEAT], 0);
  assert.equal(arena.bytes.subarray(kept.at, kept.at + SEAT).findIndex((byte) => byte !== 7), -1);
  assert.equal(arena.left, 1999);
  const again = new Set<number>([kept.seat]);
  for (let query = seats.take(); query !== undefined; query = seats.take()) {
    assert.equal(query.at, query.seat * SEAT);
    again.add(query.seat);
  }
  assert.equal(again.size, 2000);
});

test('memory is given back within its bounds alone', { skip }, () => {
  if (typeof addon === 'string') return;
  const bytes = new Uint8Array(1 << 20).fill(1);
  for (const [from, length] of [[-1, 4096], [0, (1 << 20) + 1], [4096, -1], [2 ** 31 - 1, 2 ** 31 - 1], [100, 50]] as const) {
    addon.forget(bytes, from, length);
  }
  assert.equal(bytes.indexOf(0), -1);
  addon.forget(bytes, 100_000, 500_000);
  assert.ok(bytes.indexOf(0) >= 100_000 && bytes.lastIndexOf(0) < 600_000);
});
