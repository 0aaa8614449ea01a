// Any bytes over HTTP: heads and bodies of both directions, HPACK, frames of HTTP/2. What is read is the same in whatever pieces it comes,
// what is refused is refused with an HttpError, nothing is written without bound. Knows the readers; opens no connection.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { bodyReader, requestBody } from '../../src/http/body.ts';
import { HttpError } from '../../src/http/error.ts';
import { Heading } from '../../src/http/exchange.ts';
import type { Exchange, HttpBounds, ServerSide } from '../../src/http/exchange.ts';
import { FrameOutput, PREFACE, settingsFrame } from '../../src/http/frames.ts';
import { Http1Server } from '../../src/http/h1-server.ts';
import { Http2Server } from '../../src/http/h2-server.ts';
import { HeadReader, readRequestHead } from '../../src/http/head.ts';
import { Decoder, block } from '../../src/http/hpack.ts';
import { cut } from '../../src/kube-api/cuts.test.ts';
import { target, textOf } from './target.ts';

const cuts = fc.array(fc.nat(), { maxLength: 8 });

/** What `read` makes of the pieces, or the kind of HttpError that it throws; anything else that is thrown fails. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof HttpError, String(error));
    return error.kind;
  }
}

const lines = ['Content-Length: 5\r\n', 'Content-Length: 6\r\n', 'Transfer-Encoding: chunked\r\n', '\r\n', '\r\n\r\n', '5\r\nabcde\r\n',
  '0\r\n\r\n', 'ffffffffffff\r\n', 'x: y\r\n', 'x : y\r\n', ' folded\r\n', ':', '1;a=b\r\n', '\n', '\r', 'Host: a\r\n',
  'Connection: close\r\n'];
const heads = textOf('HTTP/1.1 200 OK\r\n', 'HTTP/1.1 100 x\r\n\r\n', 'HTTP/1.0 404\r\n', ...lines);

/** A reply: head and body are the same however it is cut. */
export const replies = target('http-replies', 1500, fc.tuple(heads, cuts, fc.boolean()), ([text, places, sound]) => {
  const bytes = Buffer.from(`${sound ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' : ''}${text}`);
  const read = (pieces: readonly Buffer[]) => outcome(() => {
    const reader = new HeadReader();
    let body: ReturnType<typeof bodyReader> | undefined;
    let content = '';
    for (const piece of pieces) {
      const found = body === undefined ? reader.feed(piece) : { head: undefined, rest: piece };
      if (found === undefined) continue;
      body ??= bodyReader(found.head!);
      body.feed(found.rest, (part) => void (content += part.toString('latin1')));
      if (body.whole) return content;
    }
    body?.end();
    return content;
  });
  assert.deepEqual(read(cut(bytes, places)), read([bytes]));
});

/** A socket that only counts. */
class Sink {
  destroyed = false;
  writableLength = 0;
  written: string[] = [];
  bytes = 0;
  write(bytes: Uint8Array): boolean {
    this.bytes += bytes.length;
    this.written.push(Buffer.from(bytes).toString('latin1'));
    return true;
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {
    this.destroyed = true;
  }
}
const BOUNDS: HttpBounds = { head: 1024, body: 256, streams: 8, read: 1000, write: 1000, idle: 1000 };
const owner = { now: () => 0, wall: () => 0 };
const SAID = new Heading(200, [['Content-Type', 'text/plain']]);
const END = new Heading(0, [['Grpc-Status', '0']]);

/** What a server made of requests: what it was asked, and what it wrote. */
function asked(pieces: readonly Buffer[], make: (sink: Sink, request: (exchange: Exchange) => void) => ServerSide) {
  const sink = new Sink();
  const questions: string[] = [];
  const side = make(sink, (exchange) => {
    questions.push(`${exchange.method} ${exchange.target} ${exchange.body.toString('latin1')} ${exchange.tooLarge}`);
    exchange.reply(SAID, exchange.body, 0, exchange.body.length, exchange.version === 2 ? END : undefined);
  });
  for (const piece of pieces) side.receive(Buffer.from(piece));
  side.check(0);
  side.finished();
  side.closed();
  return { questions, sink };
}

const requestText = textOf('GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'POST /a HTTP/1.1\r\nHost: x\r\n', 'GET / HTTP/1.0\r\n\r\n', ...lines);
/** Requests of HTTP/1.1, pipelined: the heads that are taken are the same however they are cut, and a length is read in one way alone. */
export const requests = target('http-requests', 1500, fc.tuple(requestText, cuts), async ([text, places]) => {
  const bytes = Buffer.from(text);
  const make = (sink: Sink, request: (exchange: Exchange) => void) => new Http1Server(sink, { request }, BOUNDS, owner);
  const whole = asked([bytes], make);
  assert.ok(whole.sink.bytes <= 512 * (1 + bytes.length));
  await Promise.resolve();
  outcome(() => requestBody(readRequestHead(`POST / HTTP/1.1\r\nHost: x\r\n${text}\r\n\r\n`)));
  assert.deepEqual(asked(cut(bytes, places), make).questions[0], whole.questions[0]);
});

/** HPACK: what we lay out is read as it was, whatever stood before; any bytes are read or refused. */
export const hpack = target('hpack', 1500, fc.tuple(fc.array(fc.tuple(fc.constantFrom(':path', 'accept', 'x-a', 'host'),
  fc.string({ maxLength: 300, unit: 'binary-ascii' })), { maxLength: 6 }), fc.uint8Array({ maxLength: 80 })), ([fields, junk]) => {
  const decoder = new Decoder(512);
  const read = (bytes: Buffer) => {
    const found: [string, string][] = [];
    const sound = decoder.read(bytes, 0, bytes.length, ({ name, value }) => found.push([name, value]), 4096);
    return { sound, found };
  };
  assert.deepEqual(read(block(fields)), { sound: true, found: fields });
  for (let i = 0; i < 3; i++) read(Buffer.from(junk));
  assert.deepEqual(read(block(fields)), { sound: true, found: fields });
});

function frame(type: number, flags: number, id: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}
const HEAD = block([[':method', 'POST'], [':scheme', 'https'], [':path', '/dns-query']]);
const good = fc.uint8Array({ maxLength: 80 }).map((body) => (id: number) => Buffer.concat([frame(1, 4, id, HEAD), frame(0, 1, id, body)]));
const odd = fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 255 }), fc.nat({ max: 9 }), fc.uint8Array({ maxLength: 40 }))
  .map(([type, flags, id, payload]) => (next: number) => frame(type, flags, id === 9 ? next : id, payload));
const made = fc.array(fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: odd }), { maxLength: 12 })
  .map((makers) => Buffer.concat([PREFACE, settingsFrame([]), ...makers.map((make, i) => make(2 * i + 1))]));
/** Frames that no client should send: nothing throws, little is written, and what is asked is the same however it is cut. */
export const http2 = target('http2', 800, fc.tuple(made, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 2 }), cuts),
  ([sound, changes, places]) => {
    const bytes = Buffer.from(sound);
    for (const [at, value] of changes) bytes[PREFACE.length + (at % (bytes.length - PREFACE.length))] = value;
    const out = new FrameOutput();
    const make = (sink: Sink, request: (exchange: Exchange) => void) => new Http2Server(sink, out, { request }, BOUNDS, owner);
    const whole = asked([bytes], make);
    assert.ok(whole.sink.bytes <= 1024 + 8 * bytes.length, `${bytes.length} bytes made ${whole.sink.bytes}`);
    assert.deepEqual(asked(cut(bytes, places), make).questions, whole.questions);
  });
