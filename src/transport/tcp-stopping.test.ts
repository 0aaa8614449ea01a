// A server that stops loses nobody's question: what was sent before the client could see that it stops is answered, also while it asks on
// and on. Client and server share the loop: whoever is late is late for both.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { eventually, framed, tcpClient } from '../testing/conformance/transport-clients.ts';
import { question } from '../testing/conformance/transport-service.ts';
import { Bench } from '../testing/conformance/transport.ts';
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

test('a client that asks every 3 ms is left in one of its pauses', async () => {
  const bench = await new Bench('tcp').listen(tcp());
  const askers = Array.from({ length: 8 }, () => new Asker(bench.listener.at.port, 3));
  await eventually(() => askers.every(({ answered }) => answered > 20), 'all are answered');
  const closed = bench.listener.close(5000);
  await Promise.all(askers.map(({ ended }) => ended));
  await closed;
  assert.deepEqual(askers.map(({ asked, answered }) => asked - answered), Array(8).fill(0));
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
