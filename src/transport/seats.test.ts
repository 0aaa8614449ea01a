// Seats that a burst needed are given back when it is over; those that are in use stay as they are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, REPLY_ROOM, SEAT } from '../kernel/query/arena.ts';
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
  for (const { bytes, at, replyAt } of burst) {
    bytes.fill(7, at, at + SEAT);
    bytes.fill(8, replyAt, replyAt + REPLY_ROOM);
  }
  rest();
  rest();
  const kept = burst.splice(700, 1)[0]!;
  for (const query of burst) seats.release(query);
  rest();
  assert.deepEqual(forgotten, [], 'once is no habit');
  rest();
  assert.deepEqual(forgotten, [[701 * SEAT, 899 * SEAT], [2000 * SEAT + 701 * REPLY_ROOM, 899 * REPLY_ROOM]]);
  assert.deepEqual([arena.bytes[1200 * SEAT], arena.bytes[2000 * SEAT + 1200 * REPLY_ROOM]], [0, 0]);
  assert.equal(arena.bytes.subarray(kept.at, kept.at + SEAT).findIndex((byte) => byte !== 7), -1);
  assert.equal(arena.bytes.subarray(kept.replyAt, kept.replyAt + REPLY_ROOM).findIndex((byte) => byte !== 8), -1);
  assert.equal(arena.left, 1999);
  const again = new Set<number>([kept.seat]);
  for (let query = seats.take(); query !== undefined; query = seats.take()) {
    assert.equal(query.at, query.seat * SEAT);
    again.add(query.seat);
  }
  assert.equal(again.size, 2000);
});

test('a question that waits takes no place for its reply, and one that was answered gives it back', () => {
  const arena = new Arena(100);
  const seats = Seats.of(arena);
  const queries = Array.from({ length: 100 }, () => seats.take()!);
  const [first, second, ...others] = queries as [Query, Query, ...Query[]];
  const packets = Math.max(...queries.map(({ at }) => at + SEAT));
  const place = first.replyAt;
  assert.equal(place, packets, 'replies lie behind all seats');
  assert.equal(first.replyAt, place);
  assert.equal(second.replyAt, place + REPLY_ROOM);
  seats.release(first);
  assert.equal(others[0]!.replyAt, place, 'the next one that is answered gets what the last one had');
  assert.notEqual(seats.take()!.replyAt, place);
  const all = new Set(queries.map(({ replyAt }) => replyAt));
  assert.equal(all.size, 100, 'there is one for everybody');
  assert.equal(Math.max(...all) + REPLY_ROOM, arena.bytes.length);
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
