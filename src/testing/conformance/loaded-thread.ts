// A thread that a test ends while its sockets are busy: one answers every datagram, one asks it in turn. Knows the addon's calls alone,
// so that it starts fast.
import { parentPort } from 'node:worker_threads';
import {
  BOARD_WORDS, BOX_WORDS, CONNECT, COUNT, ENTRY, LENGTHS, OFFSETS, POSITIONS, READY, WAITING, loadAddon,
} from '../../transport/addon.ts';
import type { Addon } from '../../transport/addon.ts';

const STRIDE = 1024, PEER = 800;
const words = (count: number): Int32Array => new Int32Array(new ArrayBuffer(count * 4));

/** A socket that answers with what it got; the peer's record lies behind each datagram. */
function echo(addon: Addon, port: number, flags: number, heard: (count: number) => void): { readonly socket: number; ask(): void } {
  const table = words(BOARD_WORDS), box = words(BOX_WORDS);
  const bytes = new Uint8Array(POSITIONS * STRIDE);
  for (let i = 0; i < POSITIONS; i++) table[OFFSETS + i] = i * STRIDE;
  table[READY] = POSITIONS;
  const put = (position: number, length: number): void => {
    const entry = ENTRY + 3 * box[COUNT]!++;
    box[entry] = position * STRIDE + PEER;
    box[entry + 1] = position * STRIDE;
    box[entry + 2] = length;
  };
  const board = addon.board(table, bytes, 512, flags === CONNECT ? -1 : PEER);
  const socket = addon.open(board, box, bytes, '127.0.0.1', port, flags, '', (count) => {
    for (let i = 0; i < count; i++) put(i, table[LENGTHS + i]!);
    heard(count);
  });
  return { socket, ask: () => { put(0, 40); table[WAITING] = 1; } };
}

const addon = loadAddon();
if (typeof addon === 'string') throw new Error(addon);
let batches = 0;
const server = echo(addon, 0, 0, (count) => {
  if (++batches === 3) parentPort?.postMessage({ echoed: count });
});
const port = addon.port(server.socket);
const client = echo(addon, port, CONNECT, () => {});
client.ask();
parentPort?.postMessage({ port });
