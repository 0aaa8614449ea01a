// A question on its own socket: guesses are passed over, a hundred of them, then the question goes over TCP.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { FakeClock } from '../testing/fake-clock.ts';
import { FakeDatagrams } from '../testing/fake-datagrams.ts';
import { Sockets } from './sockets.ts';

const isIt = (reply: Uint8Array): boolean => reply[0] === 7;

test('ninety-nine guesses are passed over, and with the hundredth the question goes over TCP (SAD DNS)', async (t) => {
  const server = net.createServer((socket) => void socket.on('data', () => void socket.write(Uint8Array.of(0, 2, 7, 8))));
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const to = { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const [clock, datagrams] = [new FakeClock(), new FakeDatagrams()];
  const after = (milliseconds: number, call: () => void): (() => void) => clock.after(milliseconds, call);
  const sockets = new Sockets({ datagrams, after });
  const first = sockets.exchange(to, Uint8Array.of(1, 2), false, 1000, isIt);
  const [socket] = datagrams.sockets;
  for (let i = 0; i < 99; i++) socket!.deliver(Uint8Array.of(6, i));
  assert.equal(socket!.closed, false);
  socket!.deliver(Uint8Array.of(7, 1));
  assert.deepEqual([...(await first)!], [7, 1]);
  assert.equal(socket!.closed, true);
  const second = sockets.exchange(to, Uint8Array.of(1, 2), false, 1000, isIt);
  for (let i = 0; i < 100; i++) datagrams.sockets[1]!.deliver(Uint8Array.of(6, i));
  assert.equal(datagrams.sockets[1]!.closed, true);
  assert.deepEqual([...(await second)!], [7, 8]);
});
test('who says nothing is given up, over UDP and over TCP; where there is no socket nobody is asked', async (t) => {
  const mute = net.createServer(() => {});
  t.after(() => mute.close());
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const to = { address: '127.0.0.1', port: (mute.address() as AddressInfo).port };
  const [clock, datagrams] = [new FakeClock(), new FakeDatagrams()];
  const after = (milliseconds: number, call: () => void): (() => void) => clock.after(milliseconds, call);
  const sockets = new Sockets({ datagrams, after });
  for (const tcp of [false, true]) {
    const asked = sockets.exchange(to, Uint8Array.of(1, 2), tcp, 1000, isIt);
    await clock.elapse(2000);
    assert.equal(await asked, undefined);
  }
  datagrams.fails = 'ENETUNREACH';
  assert.equal(await sockets.exchange(to, Uint8Array.of(1, 2), false, 1000, isIt), undefined);
});
