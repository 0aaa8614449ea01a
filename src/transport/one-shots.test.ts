// Questions with a socket each: whose reply is whose, what the network reports, and that places are used again.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { eventually } from '../testing/conformance/transport-clients.ts';
import { freePort } from '../testing/free-port.ts';
import type { Asked } from '../upstream/datagrams.ts';
import { ASKED_MOST, loadAddon } from './addon.ts';
import { BatchDatagrams } from './connected-batch.ts';

const addon = loadAddon();
const skip = typeof addon === 'string' ? `without the addon (${addon})` : false;
const datagrams = (): BatchDatagrams => new BatchDatagrams(addon as Exclude<typeof addon, string>);

/** Answers each datagram with itself so often as its first octet says, and counts the ports that asked. */
async function echo(address = '127.0.0.1') {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const ports = new Set<number>();
  socket.on('message', (packet, from) => {
    ports.add(from.port);
    for (let i = packet[0]!; i > 0; i--) socket.send(packet, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  return { address, port: socket.address().port, ports, close: () => socket.close() };
}
/** What came for one question. */
class Heard implements Asked {
  readonly all: string[] = [];
  received(bytes: Uint8Array, at: number, length: number): void {
    this.all.push(Buffer.from(bytes.subarray(at, at + length)).toString('hex'));
  }
  failed(code: string): void {
    this.all.push(code);
  }
}

test('each question has its own port, and its own reply', { skip }, async () => {
  const out = datagrams();
  for (const server of [await echo(), await echo('::1')]) {
    const all = Array.from({ length: 100 }, () => new Heard());
    const sockets = all.map((heard, i) => out.ask(server, Uint8Array.of(1, i, 7), heard));
    await eventually(() => all.every((heard) => heard.all.length === 1), 'all are answered');
    assert.deepEqual(all.map((heard) => heard.all[0]), all.map((_, i) => Buffer.of(1, i, 7).toString('hex')));
    assert.equal(server.ports.size, 100);
    for (const socket of sockets) out.end(socket);
    server.close();
  }
});
test('all replies are heard until it is closed, and none after that; a place is used again by others', { skip }, async () => {
  const out = datagrams();
  const server = await echo();
  const first = new Heard();
  const socket = out.ask(server, Uint8Array.of(3), first);
  await eventually(() => first.all.length === 3, 'three replies');
  const late = new Heard();
  const gone = out.ask(server, Uint8Array.of(9), late);
  out.end(gone);
  const next = new Heard();
  assert.equal(out.ask(server, Uint8Array.of(1, 5), next), gone);
  await eventually(() => next.all.length > 0, 'the next has its reply');
  assert.deepEqual([late.all, next.all], [[], ['0105']]);
  out.end(gone);
  out.end(gone);
  out.end(socket);
  server.close();
});
test('who hears that nobody is there is told once, and not for ever', { skip }, async () => {
  const out = datagrams();
  const heard = new Heard();
  const socket = out.ask({ address: '127.0.0.1', port: await freePort() }, Uint8Array.of(1), heard);
  await eventually(() => heard.all.length > 0, 'it is refused');
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  assert.deepEqual(heard.all, ['ECONNREFUSED']);
  out.end(socket);
  assert.throws(() => out.ask({ address: '255.255.255.255', port: 53 }, Uint8Array.of(1), heard), { code: 'EACCES' });
});
test('there are so many at once, and other ways for what does not fit', { skip }, async () => {
  const out = datagrams();
  const server = await echo();
  const heard = new Heard();
  assert.equal(out.ask({ ...server, source: '127.0.0.1' }, Uint8Array.of(1), heard), -1);
  assert.equal(out.ask({ address: 'fe80::1%lo', port: 53 }, Uint8Array.of(1), heard), -1);
  assert.equal(out.ask(server, new Uint8Array(5000), heard), -1);
  const sockets: number[] = [];
  try {
    for (;;) {
      const socket = out.ask(server, Uint8Array.of(0), heard);
      if (socket < 0) break;
      sockets.push(socket);
    }
    assert.equal(sockets.length, ASKED_MOST);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EMFILE', 'a system with few files for a process');
  }
  for (const socket of sockets) out.end(socket);
  const other = await echo();
  const last = out.ask(other, Uint8Array.of(1), heard);
  await eventually(() => heard.all.length === 1, 'and again');
  out.end(last);
  server.close();
  other.close();
});
