// Server-sent events in both versions of HTTP that carry them: their form, who does not read, and how they end. The octets are carried by
// the test; no socket is opened.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventStream } from './event-stream.ts';
import { Heading } from './exchange.ts';
import type { Exchange, HttpBounds } from './exchange.ts';
import { Http1Server } from './h1-server.ts';
import { Sink } from './sink.test.ts';

const BOUNDS: HttpBounds = { head: 8192, body: 1000, streams: 10, read: 1000, write: 2000, idle: 5000 };

/** A connection of HTTP/1.1 whose service opens a stream at `/events`. */
function rig(head = 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n') {
  const sink = new Sink();
  const time = { now: 0 };
  const found: { stream?: EventStream | undefined; over: number } = { over: 0 };
  const request = (exchange: Exchange): void => {
    if (exchange.target === '/events') found.stream = EventStream.open(exchange, () => found.over++);
    if (exchange.target !== '/events' || found.stream === undefined) exchange.reply(new Heading(200, []), Buffer.from('whole'), 0, 5);
  };
  const server = new Http1Server(sink, { request }, BOUNDS, { now: () => time.now, wall: () => 0 });
  server.receive(Buffer.from(head));
  const take = (): string => {
    const { text } = sink;
    sink.written = Buffer.alloc(0);
    return text;
  };
  return { sink, time, found, server, take };
}
const EVENT = 'event: reload\nid: 7\ndata: one\ndata: two\n\n';

test('events are chunks of one reply, and the next request waits for its end', () => {
  const { found, server, take } = rig();
  const { stream } = found;
  const head = take();
  assert.match(head, /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\n/);
  assert.match(head, /\r\nTransfer-Encoding: chunked\r\n(?:.*\r\n)*\r\n$/);
  assert.equal(stream!.send({ event: 'reload', id: '7', data: 'one\r\ntwo' }), true);
  assert.equal(take(), `${EVENT.length.toString(16)}\r\n${EVENT}\r\n`);
  stream!.beat();
  assert.equal(take(), '3\r\n:\n\n\r\n');
  server.receive(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
  assert.equal(take(), '');
  stream!.end();
  assert.equal(take(), '0\r\n\r\n');
  assert.equal(found.over, 1);
  assert.equal(stream!.send({ data: 'late' }), false);
});

test('a client of HTTP/1.0 reads until the connection ends, and HEAD has no events', () => {
  const { sink, found, take } = rig('GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  assert.doesNotMatch(take(), /Transfer-Encoding/);
  found.stream!.send({ data: 'one' });
  assert.equal(take(), 'data: one\n\n');
  found.stream!.end();
  assert.ok(sink.ended);
  assert.equal(rig('HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n').found.stream, undefined);
});

test('a stream lasts however long nothing is said, and ends with its client', () => {
  const { sink, time, found, server } = rig();
  time.now = 3_600_000;
  server.check(time.now);
  assert.ok(!sink.over);
  server.closed();
  assert.equal(found.over, 1);
  assert.ok(found.stream!.isOver);
});

test('who does not read loses events, is told how many, and is cut after a mebibyte or some seconds', () => {
  const { sink, time, found, server, take } = rig();
  const stream = found.stream!;
  take();
  sink.free = false;
  assert.equal(stream.send({ data: 'the last one' }), true);
  assert.equal(stream.takes, false);
  take();
  for (let i = 0; i < 3; i++) assert.equal(stream.send({ data: 'lost' }), false);
  stream.beat();
  assert.equal(take(), '');
  sink.free = true;
  server.drained();
  assert.deepEqual([stream.takes, stream.takeLost(), stream.takeLost()], [true, 3, 0]);
  time.now = 1_000_000;
  server.check(time.now);
  assert.ok(!sink.over);

  sink.free = false;
  stream.send({ data: 'the last one' });
  for (let i = 0; i < 1024; i++) stream.send({ data: 'x'.repeat(1000) });
  assert.equal(found.over, 0);
  for (let i = 0; i < 100; i++) stream.send({ data: 'x'.repeat(1000) });
  assert.equal(found.over, 1);
  server.check(time.now + BOUNDS.write);
  assert.ok(sink.destroyed);
});
