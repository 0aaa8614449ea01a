// A server that stops loses nobody's question: what was sent before the client could see that it stops is answered, also while it asks on
// and on. Client and server share the loop: whoever is late is late for both.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { FrameBuffer } from '../dns/frames.ts';
import { eventually, framed, tcpClient } from '../testing/conformance/transport-clients.ts';
import { TestService, question } from '../testing/conformance/transport-service.ts';
import { Bench } from '../testing/conformance/transport.ts';
import { Connections } from './connections.ts';
import { Ledger } from './ledger.ts';
import { Seats } from './seats.ts';
import { StreamConnection } from './stream.ts';
import { tcp } from './tcp.ts';

/** Asks every `period` milliseconds until the server closes, and counts. */
class Asker {
  asked = 0;
  answered = 0;
  readonly socket: Socket;
  readonly ended: Promise<void>;

  constructor(port: number, period: number, burst = 1) {
    const packet = framed(question(1, 'now.test'));
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const timer = setInterval(() => {
      for (let i = 0; i < burst; i++) this.socket.write(packet);
      this.asked += burst;
    }, period);
    let rest = Buffer.alloc(0);
    this.socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (; rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(); rest = rest.subarray(2 + rest.readUInt16BE())) this.answered++;
    });
    this.ended = new Promise((resolve) => {
      const end = () => {
        clearInterval(timer);
        resolve();
      };
      this.socket.on('end', end);
      this.socket.on('error', end);
      this.socket.on('close', end);
    });
  }
}

test('what lies in the socket when the server stops is answered', async () => {
  const bench = await new Bench('tcp').listen(tcp());
  const clients = await Promise.all(Array.from({ length: 10 }, () => tcpClient('127.0.0.1', bench.listener.at.port)));
  for (const client of clients) client.send(question(0, 'now.test'));
  for (const client of clients) await client.replies(1);
  // Sent now, in the turn in which it stops: the server has read nothing of it.
  for (const client of clients) client.raw(Buffer.concat(Array.from({ length: 100 }, (_, id) => framed(question(id + 1, 'now.test')))));
  const closed = bench.listener.close(5000);
  for (const client of clients) await client.replies(101);
  for (const client of clients) await client.ended();
  for (const client of clients) client.close();
  await closed;
});

/** Turns of the loop in which whatever was written between two streams of one process has come through. */
async function through(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a client that asks every 3 ms is left in one of its pauses, whenever the server stops', async () => {
  for (let began = 0; began < 3; began++) {
    let now = 1000;
    const service = new TestService();
    const [client, socket] = duplexPair();
    const owner = {
      name: 'tcp' as const, by: { now: () => now, gone() {}, connections: new Connections(new Ledger()) }, out: new FrameBuffer(),
      seats: Seats.of(service.arena), secure: undefined, ends: { remoteAddress: '127.0.0.1', remotePort: 7 },
    };
    const here = Object.assign(socket, { remoteAddress: '127.0.0.1', remotePort: 7 }) as unknown as Socket;
    const connection = new StreamConnection(here, service, owner);
    owner.by.connections.add(connection);
    let [asked, answered, left] = [0, 0, false];
    client.on('data', () => answered++).on('end', () => (left = true));
    for (let milliseconds = 0; !left && milliseconds < 3000; milliseconds++, now++) {
      if (milliseconds === 60 + began) connection.stop();
      if (milliseconds >= 60 + began) connection.leave(now);
      if (milliseconds % 3 === 0) {
        const packet = framed(question(asked++, 'now.test'));
        await through();                                                // it is on its way
        client.write(packet);
      }
      await through();
    }
    assert.ok(left, 'the server closed its side');
    assert.ok(asked > 50, `not before a burst would be over: ${asked}`);
    assert.equal(answered, asked);
    client.destroy();
  }
});

test('one that never pauses is left all the same, and one that keeps its side open', async () => {
  const bench = await new Bench('tcp').listen(tcp());
  const asker = new Asker(bench.listener.at.port, 1, 50);
  const stubborn = connect({ port: bench.listener.at.port, host: '127.0.0.1', allowHalfOpen: true });
  stubborn.on('error', () => {});
  await eventually(() => asker.answered > 500, 'it is answered');
  await bench.listener.close(5000);
  await asker.ended;
  stubborn.destroy();
});
