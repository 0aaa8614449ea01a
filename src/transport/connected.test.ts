// Connected sockets, in batches and by Node's own: what upstream/ relies on.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { RemoteInfo } from 'node:dgram';
import { test } from 'node:test';
import { eventually } from '../testing/conformance/transport-clients.ts';
import type { DatagramSocket, Datagrams } from '../upstream/datagrams.ts';
import { loadAddon } from './addon.ts';
import { BatchDatagrams } from './connected-batch.ts';
import { DgramDatagrams } from './connected-dgram.ts';

const addon = loadAddon();
const all: [string, () => Datagrams][] = [['dgram', () => new DgramDatagrams()]];
if (typeof addon !== 'string') all.push(['batch', () => new BatchDatagrams(addon)]);

/** A server that answers with as many bytes as the question says in its first two, and its second byte's friends. */
async function upstream(address = '127.0.0.1') {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const heard: { packet: Buffer; from: RemoteInfo }[] = [];
  socket.on('message', (packet, from) => {
    heard.push({ packet, from });
    const answer = Buffer.alloc(packet.readUInt16BE(0), packet[2]);
    packet.copy(answer);
    socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  return { port: socket.address().port, heard, close: () => socket.close() };
}

const unexpected = (): void => assert.fail('nothing was expected');
/** Writes a question of `length` bytes that asks for `answer` bytes. */
function ask(socket: DatagramSocket, length: number, answer: number, mark: number): void {
  const at = socket.write(length);
  assert.equal(at % 4, 0);
  socket.bytes.fill(mark, at, at + length);
  socket.bytes[at] = answer >> 8;
  socket.bytes[at + 1] = answer & 255;
}

for (const [name, open] of all) {
  test(`connected ${name}: questions and answers of every size, whole`, async () => {
    for (const address of ['127.0.0.1', '::1']) {
      const server = await upstream(address);
      const got: string[] = [];
      let began = 0;
      const receive = (bytes: Uint8Array, words: Int32Array, at: number, length: number): void => {
        assert.equal(words[at >> 2]! & 255, bytes[at]);
        got.push(`${length} ${bytes[at + length - 1]}`);
      };
      const socket = open().open({ address, port: server.port }, receive, unexpected, () => began++);
      const sizes = [12, 40, 512, 4096, 9000, 60_000];
      for (const [i, size] of sizes.entries()) ask(socket, Math.max(3, size >> 1), size, i + 1);
      await eventually(() => got.length === sizes.length, 'all are answered');
      assert.deepEqual(got, sizes.map((size, i) => `${size} ${i + 1}`));
      assert.deepEqual(server.heard.map(({ packet }) => packet.length), sizes.map((size) => size >> 1));
      assert.ok(began > 0 && server.heard.every(({ from }) => from.port === socket.localPort));
      socket.close();
      server.close();
    }
  });

  test(`connected ${name}: more in a turn than the outbox holds`, async () => {
    const servers = await Promise.all(Array.from({ length: 10 }, () => upstream()));
    const sockets = open();
    let got = 0;
    const asking = servers.map(({ port }) => sockets.open({ address: '127.0.0.1', port }, () => got++, unexpected));
    for (let i = 0; i < 40; i++) ask(asking[i % 10]!, 20_000, 12, 7);
    for (let i = 0; i < 300; i++) ask(asking[i % 10]!, 12, 12, 7);
    for (let i = 0; i < 300; i++) ask(asking[i % 4]!, 12, 12, 7);
    await eventually(() => got === 640, 'all are answered');
    for (const { heard } of servers) for (const { packet } of heard) assert.ok(packet.subarray(2).every((byte) => byte === 7));
    for (const socket of asking) socket.close();
    for (const server of servers) server.close();
  });

  test(`connected ${name}: asks from the address that is given; what was written before closing leaves`, async () => {
    const server = await upstream();
    const socket = open().open({ address: '127.0.0.1', port: server.port, source: '127.0.0.9' }, unexpected, unexpected);
    ask(socket, 20, 20, 1);
    socket.close();
    ask(socket, 20, 20, 2);
    socket.close();
    await eventually(() => server.heard.length === 1, 'it was asked');
    assert.equal(server.heard[0]!.from.address, '127.0.0.9');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(server.heard.length, 1);
    server.close();
  });

  test(`connected ${name}: says when nobody listens, and goes on`, async () => {
    const server = await upstream();
    server.close();
    const errors: string[] = [];
    const socket = open().open({ address: '127.0.0.1', port: server.port }, unexpected, (code) => errors.push(code));
    for (let round = 1; round < 4; round++) {
      ask(socket, 20, 20, 1);
      await eventually(() => errors.length >= round, 'it is said');
    }
    assert.deepEqual(new Set(errors), new Set(['ECONNREFUSED']));
    socket.close();
  });

  test(`connected ${name}: throws where it cannot be opened`, () => {
    assert.throws(() => open().open({ address: '127.0.0.1', port: 53, source: '192.0.2.77' }, unexpected, unexpected),
      { code: 'EADDRNOTAVAIL', syscall: 'bind' });
  });
}
