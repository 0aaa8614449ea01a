// The server's side of HTTP/2: floods, clients that do not read, requests that never end, and how it says that it goes. Knows frames.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heading } from './exchange.ts';
import type { Exchange, HttpBounds } from './exchange.ts';
import {
  DATA, FrameOutput, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, SET_WINDOW, WINDOW_UPDATE, settingsFrame, windowFrame,
} from './frames.ts';
import { Http2Server } from './h2-server.ts';
import { block } from './hpack.ts';
import { Sink } from './sink.test.ts';

const BOUNDS: HttpBounds = { head: 8192, body: 1000, streams: 10, read: 1000, write: 2000, idle: 5000 };
const OK = new Heading(200, []);
const HEAD = block([[':method', 'POST'], [':scheme', 'https'], [':path', '/']]);
const NOTHING = Buffer.alloc(0);

function frame(type: number, flags: number, id: number, payload: Uint8Array = NOTHING): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const request = (id: number, body = 'hello') => Buffer.concat([frame(HEADERS, 4, id, HEAD), frame(DATA, 1, id, Buffer.from(body))]);

/** A server with a made-up socket; requests are kept, or answered with `size` bytes. */
class Rig {
  readonly sink = new Sink();
  readonly asked: Exchange[] = [];
  readonly server: Http2Server;
  now = 0;
  #read = 0;

  constructor(size?: number, ...settings: (readonly [number, number])[]) {
    const owner = { now: () => this.now, wall: () => 0 };
    const service = {
      request: (exchange: Exchange) => {
        this.asked.push(exchange);
        if (size !== undefined) exchange.reply(OK, Buffer.alloc(size), 0, size);
      },
    };
    this.server = new Http2Server(this.sink, new FrameOutput(), service, BOUNDS, owner);
    this.send(PREFACE, settingsFrame(settings));
    this.frames();
  }
  send(...bytes: readonly Buffer[]): void {
    this.server.receive(Buffer.concat(bytes));
  }
  /** What was said since this was asked last. */
  frames(): { readonly type: number; readonly id: number; readonly code: number; readonly last: number; readonly size: number }[] {
    const found = [];
    const { written } = this.sink;
    while (this.#read < written.length) {
      const at = this.#read;
      const size = written.readUIntBE(at, 3);
      const type = written[at + 3]!;
      const payload = written.subarray(at + 9, at + 9 + size);
      const code = type === RST_STREAM ? payload.readUInt32BE(0) : type === GOAWAY ? payload.readUInt32BE(4) : 0;
      found.push({ type, id: written.readUInt32BE(at + 5), code, last: type === GOAWAY ? payload.readUInt32BE(0) : 0, size });
      this.#read = at + 9 + size;
    }
    return found;
  }
  /** The error with which the connection ended; undefined where it goes on. */
  get end(): number | undefined {
    return this.sink.over ? this.frames().findLast(({ type }) => type === GOAWAY)?.code ?? -1 : undefined;
  }
}

test('what asks nothing ends the connection with ENHANCE_YOUR_CALM, whatever it is', () => {
  const floods: Record<string, (i: number) => Buffer> = {
    ping: () => frame(PING, 0, 0, Buffer.alloc(8)),
    settings: () => settingsFrame([]),
    unknown: () => frame(99, 0, 0),
    'empty data': (i) => (i === 0 ? frame(HEADERS, 4, 1, HEAD) : frame(DATA, 0, 1)),
    'empty continuation': (i) => (i === 0 ? frame(HEADERS, 0, 1, HEAD) : frame(9, 0, 1)),
    continuation: (i) => (i === 0 ? frame(HEADERS, 0, 1, HEAD) : frame(9, 0, 1, Buffer.from([0, 1, 120, 1, 120]))),
    'rapid reset': (i) => Buffer.concat([request(2 * i + 1), frame(RST_STREAM, 0, 2 * i + 1, number(8))]),
    'made you reset': (i) => Buffer.concat([frame(HEADERS, 5, 2 * i + 1, HEAD), frame(WINDOW_UPDATE, 0, 2 * i + 1, number(0))]),
    'windows byte by byte': () => windowFrame(0, 1),
    priority: () => frame(2, 0, 3, Buffer.alloc(5)),
    'refused streams': (i) => request(2 * i + 1),
  };
  for (const [name, flood] of Object.entries(floods)) {
    const rig = new Rig();
    let sent = 0;
    for (; sent < 5000 && !rig.sink.over; sent++) rig.send(flood(sent));
    assert.equal(rig.end, 11, name);
    assert.ok(sent < 300, `${name}: ${sent}`);
    assert.ok(rig.sink.written.length < 10_000, name);
    assert.equal(rig.server.waiting, 0, name);
  }
});

test('a client that asks and answers pings for a long time is no flood', () => {
  const rig = new Rig(5);
  for (let i = 0; i < 1000; i++) {
    rig.send(request(2 * i + 1), frame(PING, 0, 0, Buffer.alloc(8)));
    rig.server.check(rig.now);
  }
  assert.equal(rig.sink.over, false);
  assert.equal(rig.asked.length, 1000);
});

test('a reply waits for its window, whatever SETTINGS do to it meanwhile', () => {
  const rig = new Rig(100, [SET_WINDOW, 10]);
  rig.send(request(1));
  assert.deepEqual(rig.frames().filter(({ type }) => type === DATA).map(({ size }) => size), [10]);
  rig.send(settingsFrame([[SET_WINDOW, 0]]), frame(WINDOW_UPDATE, 0, 1, number(5)));
  assert.deepEqual(rig.frames().filter(({ type }) => type === DATA), []);
  rig.send(frame(WINDOW_UPDATE, 0, 1, number(100)));
  assert.deepEqual(rig.frames().filter(({ type }) => type === DATA).map(({ size }) => size), [90]);
  rig.send(frame(WINDOW_UPDATE, 0, 0, number(0x7fffffff)));
  assert.equal(rig.end, 3);
});

test('replies that nobody takes are bounded, and end with the connection', () => {
  const rig = new Rig(2_000_000, [SET_WINDOW, 0]);
  rig.send(request(1), request(3), request(5), request(7));
  assert.deepEqual(rig.frames().filter(({ type }) => type === RST_STREAM).map(({ id, code }) => [id, code]), [[7, 7]]);
  rig.now = 4999;
  rig.server.check(rig.now);
  assert.equal(rig.sink.over, false);
  rig.now = 5000;
  rig.server.check(rig.now);
  assert.equal(rig.sink.destroyed, true);
});

test('who does not read is not read from', () => {
  const rig = new Rig(5);
  rig.sink.free = false;
  rig.send(request(1));
  assert.equal(rig.sink.paused, true);
  rig.sink.free = true;
  rig.server.drained();
  assert.equal(rig.sink.paused, false);
});

test('a request that does not become whole is given up, and others are answered meanwhile', () => {
  const rig = new Rig(5);
  rig.send(frame(HEADERS, 4, 1, HEAD), frame(DATA, 0, 1, Buffer.from('h')));
  for (rig.now = 0; rig.now < 1500; rig.now += 100) {
    rig.send(frame(DATA, 0, 1, Buffer.from('x')), request(3 + rig.now / 50));
    rig.server.check(rig.now);
  }
  assert.deepEqual(rig.frames().filter(({ type }) => type === RST_STREAM).map(({ id, code }) => [id, code]), [[1, 8]]);
  assert.equal(rig.asked.length, 15);
  rig.now += 5000;
  rig.server.check(rig.now);
  assert.equal(rig.end, 0);
});

test('a body beyond the bound is answered, and not read', () => {
  const rig = new Rig();
  rig.send(frame(HEADERS, 4, 1, HEAD), frame(DATA, 0, 1, Buffer.alloc(600)), frame(DATA, 0, 1, Buffer.alloc(600)));
  assert.deepEqual(rig.asked.map(({ tooLarge, body }) => [tooLarge, body.length]), [[true, 0]]);
  rig.asked[0]!.reply(OK, NOTHING, 0, 0);
  rig.send(frame(DATA, 1, 1, Buffer.alloc(600)), request(3));
  assert.equal(rig.asked.length, 2);
  assert.equal(rig.sink.over, false);
});

test('GOAWAY twice: what is on its way is answered, what comes later is not', () => {
  const rig = new Rig();
  rig.send(request(1));
  rig.server.leave();
  assert.deepEqual(rig.frames().map(({ type, last }) => [type, last]), [[GOAWAY, 0x7fffffff], [PING, 0]]);
  rig.send(request(3), frame(PING, 1, 0, Buffer.alloc(8)));
  assert.deepEqual(rig.frames().map(({ type, last }) => [type, last]), [[GOAWAY, 3]]);
  rig.send(request(5));
  assert.equal(rig.asked.length, 2);
  for (const one of rig.asked) one.reply(OK, NOTHING, 0, 0);
  rig.send(NOTHING);
  assert.deepEqual(rig.frames().map(({ type, id }) => [type, id]), [[HEADERS, 1], [HEADERS, 3]]);
  assert.equal(rig.sink.ended, true);
  const silent = new Rig();
  silent.server.leave();
  silent.now = 1000;
  silent.server.check(silent.now);
  assert.equal(silent.sink.ended, true);
});

test('a request that was taken back is told to whoever answers it, once, and its reply goes nowhere', () => {
  const rig = new Rig();
  rig.send(request(1));
  let gone = 0;
  rig.asked[0]!.gone = () => gone++;
  rig.send(frame(RST_STREAM, 0, 1, number(8)));
  rig.frames();
  rig.asked[0]!.reply(OK, Buffer.alloc(5), 0, 5);
  rig.send(NOTHING);
  assert.deepEqual([gone, rig.frames(), rig.server.waiting], [1, [], 0]);
});

test('a field list that unfolds to more than we take, and one that unfolds to megabytes', () => {
  const rig = new Rig(5);
  // An entry of 3000 bytes goes into the table and is named again and again: index 62.
  const entry = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, 0xb9, 0x16]), Buffer.alloc(3000, 0x61)]);
  rig.send(frame(HEADERS, 5, 1, Buffer.concat([HEAD, entry, Buffer.alloc(10, 0x80 | 62)])));
  assert.deepEqual(rig.frames().map(({ type, code }) => [type, code]), [[RST_STREAM, 11]]);
  rig.send(request(3));
  assert.equal(rig.asked.length, 1);
  rig.send(frame(HEADERS, 5, 5, Buffer.concat([HEAD, Buffer.alloc(1000, 0x80 | 62)])));
  assert.equal(rig.end, 9);
});

test('the first frame is SETTINGS, and its own frames are acknowledged', () => {
  const rig = new Rig();
  rig.send(settingsFrame([]));
  assert.deepEqual(rig.frames().map(({ type }) => type), [SETTINGS]);
  const sink = new Sink();
  const server = new Http2Server(sink, new FrameOutput(), { request: () => {} }, BOUNDS, { now: () => 0, wall: () => 0 });
  server.receive(Buffer.concat([PREFACE, frame(PING, 0, 0, Buffer.alloc(8))]));
  assert.equal(sink.ended, true);
});
