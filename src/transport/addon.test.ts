// The addon believes nothing that it is told: numbers of another version, arrays that are none, entries that point anywhere. What is
// right beside them still leaves.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { writePeer } from '../kernel/query/peer.ts';
import { fc } from '../testing/properties.ts';
import {
  BOARD_WORDS, BOX_ENTRIES, BOX_WORDS, CONNECT, COUNT, ENTRY, FAULTS, LOST, OFFSETS, READY, difference, loadAddon,
} from './addon.ts';
import type { Addon } from './addon.ts';

const loaded = loadAddon();
const there = { skip: typeof loaded === 'string' ? `no addon: ${loaded}` : false };
const addon = loaded as Addon;
const EINVAL = 22;
const board = () => Int32Array.from({ length: BOARD_WORDS }, () => 0);
const box = () => new Int32Array(BOX_WORDS);
const deaf = () => {};

test('what was freed is given back whenever that is asked', there, () => {
  for (let i = 0; i < 3; i++) assert.equal(addon.trim(), undefined);
});

test('an addon whose tables lie elsewhere is not loaded', there, () => {
  const layout = addon.layout();
  assert.equal(difference(addon), undefined);
  for (const name of Object.keys(layout)) {
    const other = difference({ layout: () => ({ ...layout, [name]: layout[name]! + 1 }) });
    assert.match(other!, new RegExp(`^it is of another version, ${name} is \\d+, not \\d+: build it again$`));
  }
  assert.match(difference({ layout: () => ({ ...layout, more: 1 }) })!, /more is 1, not undefined/);
  assert.equal(difference({}), 'it is of another version: build it again');
});

test('boards and sockets are made of the right arrays or not at all', there, () => {
  const bytes = new Uint8Array(4096);
  const boards: readonly Parameters<Addon['board']>[] = [
    [new Int32Array(BOARD_WORDS - 1), bytes, 512, 800], [board(), new Int32Array(4) as never, 512, 800], [bytes as never, bytes, 512, 800],
    [{} as never, bytes, 512, 800], [board(), bytes, 0, 800], [board(), bytes, 512, 100], [board(), bytes, 512, 801],
    [[] as never, 1 as never, 1, 1], [new Float32Array(BOARD_WORDS) as never, bytes, 512, 800],
  ];
  for (const each of boards) assert.equal(addon.board(...each), -EINVAL);
  const good = addon.board(board(), bytes, 512, 800);
  assert.ok(good > 0);
  const sockets: readonly Parameters<Addon['open']>[] = [
    [good + 1, box(), bytes, '127.0.0.1', 0, 0, '', deaf], [good, new Int32Array(BOX_WORDS - 1), bytes, '127.0.0.1', 0, 0, '', deaf],
    [good, bytes as never, bytes, '127.0.0.1', 0, 0, '', deaf], [good, box(), box() as never, '127.0.0.1', 0, 0, '', deaf],
    [good, box(), bytes, '127.0.0.1', 0, 0, '', 5 as never], [good, box(), bytes, '127.0.0.1', 65_536, 0, '', deaf],
    [good, box(), bytes, '127.0.0.1', -1, 0, '', deaf], [good, box(), bytes, 'x'.repeat(500), 0, 0, '', deaf],
  ];
  for (const each of sockets) assert.equal(addon.open(...each), -EINVAL);
});

test('entries of an outbox that point anywhere are counted, the others leave', there, async () => {
  const bytes = new Uint8Array(4096);
  const out = box();
  const receiver = createSocket('udp4');
  let heard = 0;
  receiver.on('message', () => heard++);
  await new Promise<void>((resolve) => receiver.bind(0, '127.0.0.1', resolve));
  const socket = addon.open(addon.board(board(), bytes, 512, 800), out, bytes, '127.0.0.1', 0, 0, '', deaf);
  assert.ok(socket > 0);
  const edges = fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 4096, 65_535, 65_536);
  const anything = fc.oneof(fc.integer(), fc.integer({ min: -10, max: 5000 }), edges);
  const entry = fc.record({ peer: anything, at: anything, length: anything, size: anything, kind: anything });
  let good = 0;
  for (const entries of fc.sample(fc.array(entry, { minLength: 1, maxLength: 20 }), 300)) {
    bytes.fill(0);
    writePeer(bytes, 64, '127.0.0.1', receiver.address().port);
    for (const [i, { peer, at, length, size, kind }] of entries.entries()) {
      out.set([peer, at, length], ENTRY + 3 * i);
      // Every other peer's place is a peer, with a length and a kind that may be anything.
      if (i % 2 === 0) new DataView(bytes.buffer).setInt32(128 + 28, size, true);
      if (i % 2 === 0) new DataView(bytes.buffer).setInt32(128 + 56, kind, true);
      if (i % 2 === 0) out[ENTRY + 3 * i] = 128;
    }
    out.set([64, 256, 10], ENTRY + 3 * entries.length);
    out[COUNT] = entries.length + 1;
    addon.flush(socket);
    good++;
    assert.equal(out[COUNT], 0);
    addon.send(socket, bytes, entries[0]!.at, entries[0]!.length, entries[0]!.peer);
    while (heard < good) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(out[FAULTS]! > 1000, `${out[FAULTS]} faults`);
  out[COUNT] = 2 ** 31 - 1;
  addon.flush(socket);
  out[COUNT] = -1;
  addon.flush(socket);
  assert.ok(out[LOST]! <= 20 * 300 + BOX_ENTRIES);
  addon.close(socket);
  receiver.close();
});

test('a position that lies outside of the arena receives nothing', there, async () => {
  const bytes = new Uint8Array(4096);
  const table = board();
  table[READY] = 32;
  table.fill(4000, OFFSETS, OFFSETS + 32);
  const listening = addon.open(addon.board(table, bytes, 512, 800), box(), bytes, '127.0.0.1', 0, 0, '', deaf);
  const asking = addon.open(addon.board(board(), bytes, 512, -1), box(), bytes, '127.0.0.1', addon.port(listening), CONNECT, '', deaf);
  addon.send(asking, bytes, 0, 100, 0);
  assert.equal(addon.read(listening), -14);
  for (const offset of [-1, -(2 ** 31), 2 ** 31 - 1]) {
    table[OFFSETS] = offset;
    assert.equal(addon.read(listening), -14);
  }
  addon.close(asking);
  addon.close(listening);
});

test('writes what a descriptor takes without waiting', there, () => {
  const bytes = new Uint8Array(100).fill(65);
  const file = openSync('/dev/null', 'w');
  assert.equal(addon.write(file, bytes, 10, 20), 20);
  for (const [from, length] of [[-1, 5], [0, 101], [90, 11], [2 ** 31 - 1, 2 ** 31 - 1]] as const) {
    assert.equal(addon.write(file, bytes, from, length), -EINVAL);
  }
  closeSync(file);
  assert.equal(addon.write(-1, bytes, 0, 1), -9);
});

test('a service manager is told what can be told, and a descriptor is what it is', there, () => {
  const none = new Int32Array(0), text = new Uint8Array(4);
  for (const path of ['', 'x'.repeat(500), 'y'.repeat(108)]) assert.equal(addon.notify(path, text, none), -EINVAL);
  assert.equal(addon.notify('/nowhere/at/all', text, none), -2);
  for (const wrong of [{}, 'text', new Int32Array(2)]) assert.equal(addon.notify('/x', wrong as never, none), -EINVAL);
  assert.equal(addon.notify('/x', text, new Int32Array(17)), -EINVAL);
  const file = openSync('/dev/null', 'r');
  for (const descriptor of [file, -1, 1 << 20]) assert.ok(Number(addon.describe(descriptor)) < 0);
  closeSync(file);
  assert.equal(addon.descriptor(12_345), -9);
  addon.hold(12_345);
});
