// Threads that are ended while they listen over QUIC and have connections: nothing stays behind them. Reads /proc.
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { QuicBlocks, signed } from '../testing/conformance/quic-blocks.ts';
import { needsQuic, quicClient } from '../testing/conformance/quic-client.ts';
import { eventually } from '../testing/conformance/transport-clients.ts';
import { servingOf } from '../transport/quic-settings.ts';
import { LAYOUT, quicFile } from './addon.ts';

const files = (): number => readdirSync('/proc/self/fd').length;
const { blocks } = new QuicBlocks([signed({ names: ['a.test'] })]);
const serving = servingOf(blocks as never, {
  alpn: ['doq'], label: 'x', connections: 10, streams: 8, handshakes: 1000, read: 3000, write: 3000, idle: 10_000, overload: 4,
});
/** Two sockets of one port, straight on the addon: a thread that has to read our sources first takes a second to begin. */
const THREAD = `
  const { parentPort, workerData: { file, serving, layout } } = require('node:worker_threads');
  const addon = require(file), settings = addon.serving(serving);
  let port = 0;
  for (let i = 0; i < 2; i++) {
    const words = (count) => new Int32Array(count), bytes = (count) => new Uint8Array(count);
    const tables = [words(layout.BOARD_WORDS), bytes(layout.INPUT), words(layout.BOX_WORDS), bytes(layout.OUTPUT)];
    port = addon.port(addon.open('127.0.0.1', port, 0, settings, ...tables, () => {}));
  }
  parentPort.postMessage(port);
`;

/** A thread that somebody has connected to, ended with all it has open. */
async function round(file: string): Promise<void> {
  const thread = new Worker(THREAD, { eval: true, workerData: { file, serving, layout: LAYOUT } });
  const port = await new Promise<number>((resolve, reject) => thread.once('message', resolve).once('error', reject));
  const client = await quicClient('127.0.0.1', port);
  await thread.terminate();
  client.close();
}

test('a hundred threads are ended while connections are open: no socket stays', needsQuic, async () => {
  const file = quicFile()!;
  for (let i = 0; i < 4; i++) await round(file);
  const before = files();
  for (let i = 0; i < 24; i++) await Promise.all([round(file), round(file), round(file), round(file)]);
  await eventually(() => files() <= before + 4, `${before} files, not ${files()}, are open`);
});
