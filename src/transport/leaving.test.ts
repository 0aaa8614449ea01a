// Lame duck: who keeps a connection and knows of keepalive (RFC 7828) is told to leave, by every thread; nobody else hears of it, and all
// are answered. A real process.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { OPTION } from '../dns/edns-options.ts';
import { decodeMessage } from '../dns/message.ts';
import { framed } from '../testing/conformance/transport-clients.ts';
import { question } from '../testing/conformance/transport-service.ts';
import { freePort } from '../testing/free-port.ts';
import { Spawned } from '../testing/spawned.ts';

/** A question with an OPT that has these options. */
function asking(options: Uint8Array): Uint8Array {
  const packet = Uint8Array.of(...question(1, 'a.test'), 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, options.length, ...options);
  packet[11] = 1;
  return packet;
}
const WITH = asking(Uint8Array.of(0, OPTION.TCP_KEEPALIVE, 0, 0)), OTHER = asking(Uint8Array.of(0, 3, 0, 0)), PLAIN = question(1, 'a.test');

async function tcp(socket: Socket, packet: Uint8Array): Promise<Uint8Array> {
  socket.write(framed(packet));
  const [chunk] = await new Promise<[Buffer]>((resolve) => socket.once('data', (bytes: Buffer) => resolve([bytes])));
  return chunk.subarray(2);
}
function udp(port: number, packet: Uint8Array): Promise<Uint8Array> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('message', (bytes) => {
      socket.close();
      resolve(bytes);
    });
    socket.send(packet, port, '127.0.0.1');
  });
}
/** Keepalive options of a reply, as hexadecimal. */
function told(reply: Uint8Array): readonly string[] {
  const options = decodeMessage(reply).edns?.options ?? [];
  return options.filter(({ code }) => code === OPTION.TCP_KEEPALIVE).map(({ data }) => Buffer.from(data).toString('hex'));
}

test('clients are told to leave during lame duck, where they asked for it', async (t) => {
  const [port, health] = [await freePort(), await freePort()];
  const block = `multisocket 2\nhealth 127.0.0.1:${health} {\nlameduck 20s\n}\nwhoami`;
  const server = new Spawned(`.:${port} {\nbind 127.0.0.1\n${block}\n}\n`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const sockets = await Promise.all(Array.from({ length: 12 }, () => new Promise<Socket>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
  })));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) assert.deepEqual(told(await tcp(socket, WITH)), ['0064']);
  server.signal('SIGTERM');
  await server.says(/lameduck mode/);
  for (const socket of sockets) {
    const reply = await tcp(socket, WITH);
    assert.deepEqual(told(reply), ['0000']);
    assert.equal(reply[3]! & 15, 0);
    assert.deepEqual(told(await tcp(socket, OTHER)), []);
    assert.equal(decodeMessage(await tcp(socket, PLAIN)).edns, undefined);
  }
  assert.deepEqual(told(await udp(port, WITH)), []);
});
