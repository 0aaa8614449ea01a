// The server's side of HTTP/3: every rule whose breach ends a connection or a request, and how it says
// that it goes. Knows frames.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heading } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { frame, varint, varints } from './h3-frames.ts';
import { BOUNDS, HEAD, HELLO, OK, ServerRig as Rig, Wire, numbered, request } from './h3-rig.test.ts';
import { Http3Server } from './h3-server.ts';
import { section } from './qpack.ts';

const NOTHING = Buffer.alloc(0);

test('a request and its reply, whole and byte by byte', () => {
  const rig = new Rig(3);
  assert.deepEqual([...rig.wire.said.get(3)!.subarray(0, 4)], [0, 4, 5, 6]);
  rig.on(0, request('one'), true);
  assert.deepEqual(rig.reply(0), [':status=200 content-type=application/dns-message content-length=3', 'xxx']);
  for (const byte of request('two')) rig.on(4, Buffer.of(byte));
  rig.on(4, NOTHING, true);
  assert.deepEqual(rig.bodies, ['one', 'two']);
  assert.deepEqual(rig.wire.take(), ['fin 0', 'fin 4']);
  const [{ method, target, authority, version, early }] = rig.asked as [Exchange];
  assert.deepEqual([method, target, authority, version, early], ['POST', '/', 'dns.test', 3, false]);
  assert.equal(rig.asked[0]!.field('host'), 'dns.test');
});

test('unknown frames and streams, trailers, interleaved streams and GET without a body', () => {
  const rig = new Rig(1);
  const odd = frame(0x21, Buffer.alloc(3000));
  rig.on(6, Buffer.concat([varints(0x21 + 31 * 5), Buffer.from('whatever')]));
  rig.on(0, Buffer.concat([odd, frame(1, HEAD), odd, frame(0, Buffer.from('a'))]));
  rig.on(4, frame(1, HEAD), true);
  rig.on(0, Buffer.concat([frame(0, Buffer.from('b')), odd, frame(1, section([['x-trailer', '1']])), odd]), true);
  assert.deepEqual(rig.bodies, ['', 'ab']);
  assert.deepEqual(rig.wire.take(), ['stop 6 0x103', 'fin 4', 'fin 0']);
  assert.equal(rig.wire.end, undefined);
});

test('what breaks a rule of the connection ends it with the error that RFC 9114 gives it', () => {
  const control = (...frames: readonly Buffer[]) => (rig: Rig) => rig.on(2, Buffer.concat(frames));
  const asked = (...frames: readonly Buffer[]) => (rig: Rig) => rig.on(0, Buffer.concat(frames));
  const empty = frame(4, NOTHING);
  const cases: Record<string, [code: string, does: (rig: Rig) => void, hello?: false]> = {
    'data before a head': ['0x105', asked(frame(0, Buffer.of(1)))],
    'a head behind trailers': ['0x105', asked(frame(1, HEAD), frame(1, section([])), frame(1, HEAD))],
    'data behind trailers': ['0x105', asked(frame(1, HEAD), frame(1, section([])), frame(0, Buffer.of(1)))],
    'settings on a request': ['0x105', asked(empty)],
    'goaway on a request': ['0x105', asked(numbered(7, 0))],
    'a push promise of a client': ['0x105', asked(numbered(5, 0))],
    'a push of a client': ['0x103', (rig) => rig.on(6, Buffer.of(1))],
    'max push id on a request': ['0x105', asked(numbered(13, 0))],
    'cancel push on a request': ['0x105', asked(numbered(3, 0))],
    'a frame of HTTP/2 on a request': ['0x105', asked(frame(1, HEAD), frame(8, Buffer.alloc(4)))],
    'a frame of HTTP/2 on the control stream': ['0x105', control(frame(6, Buffer.alloc(8)))],
    'a frame that is cut off': ['0x106', (rig) => rig.on(0, request().subarray(0, -1), true)],
    'a head that is cut off': ['0x106', (rig) => rig.on(0, Buffer.of(1), true)],
    'a section that names the dynamic table': ['0x200', asked(frame(1, Buffer.of(0, 0, 0x80)))],
    'no settings first': ['0x10a', (rig) => rig.on(2, Buffer.concat([Buffer.of(0), numbered(7, 0)])), false],
    'settings twice': ['0x105', control(empty)],
    'settings of HTTP/2': ['0x109', (rig) => rig.on(2, Buffer.concat([Buffer.of(0), frame(4, varints(3, 1))])), false],
    'a setting twice': ['0x109', (rig) => rig.on(2, Buffer.concat([Buffer.of(0), frame(4, varints(6, 1, 6, 1))])), false],
    'settings that are cut off': ['0x106', (rig) => rig.on(2, Buffer.concat([Buffer.of(0), frame(4, Buffer.of(6))])), false],
    'settings without end': ['0x107', (rig) => rig.on(2, Buffer.concat([Buffer.of(0, 4), varints(100_000)])), false],
    'data on the control stream': ['0x105', control(frame(0, NOTHING))],
    'a head on the control stream': ['0x105', control(frame(1, HEAD))],
    'two control streams': ['0x103', (rig) => rig.on(6, HELLO)],
    'the control stream ends': ['0x104', (rig) => rig.on(2, NOTHING, true)],
    'the control stream is reset': ['0x104', (rig) => rig.server.resetBy(2, 0)],
    'our control stream is not wanted': ['0x104', (rig) => rig.server.stoppedBy(3, 0)],
    'the encoder ends': ['0x104', (rig) => rig.on(6, Buffer.of(2), true)],
    'an entry of a table that has no room': ['0x201', (rig) => rig.on(6, Buffer.of(2, 0xc1, 1, 0x61))],
    'a table with room': ['0x201', (rig) => rig.on(6, Buffer.of(2, 0x3f, 0x21))],
    'an acknowledgement of nothing': ['0x202', (rig) => rig.on(6, Buffer.of(3, 0x80))],
    'an insert count': ['0x202', (rig) => rig.on(6, Buffer.of(3, 0x01))],
    'pushes that become fewer': ['0x108', control(numbered(13, 5), numbered(13, 4))],
    'a goaway that grows': ['0x108', control(numbered(7, 5), numbered(7, 6))],
    'a push that there is not': ['0x108', control(numbered(3, 1))],
    'a goaway that says nothing': ['0x106', control(frame(7, NOTHING))],
    'a goaway that says too much': ['0x106', control(frame(7, varints(1, 2)))],
    'streams of a server': ['0x103', (rig) => rig.on(1, request())],
  };
  for (const [name, [code, does, hello]] of Object.entries(cases)) {
    const rig = new Rig(1, hello !== false);
    does(rig);
    assert.equal(rig.wire.end, code, name);
    rig.on(8, request(), true);
    assert.equal(rig.asked.length, 0, name);
    // Byte by byte it is the same.
    const slow = new Rig(1, hello !== false);
    slow.on = (stream, bytes, fin = false) => {
      for (let i = 0; i < bytes.length; i++) slow.server.came(stream, bytes, i, 1, fin && i === bytes.length - 1, false);
      if (bytes.length === 0) slow.server.came(stream, bytes, 0, 0, fin, false);
    };
    does(slow);
    assert.equal(slow.wire.end, code, `${name}, byte by byte`);
  }
});

test('what may be said of push, the table and cancelled streams is taken', () => {
  const rig = new Rig(1);
  rig.on(2, Buffer.concat([numbered(13, 4), numbered(13, 4), numbered(7, 5), numbered(7, 5)]));
  rig.on(6, Buffer.of(2, 0x20));
  for (const byte of [3, 0x40, 0x7f, 0x80, 0x01, 0x7f, 0x01]) rig.on(10, Buffer.of(byte));
  rig.on(0, request(), true);
  assert.deepEqual([rig.asked.length, rig.wire.end], [1, undefined]);
});

test('a malformed request is refused alone', () => {
  const heads: Record<string, readonly (readonly [string, string])[]> = {
    'no method': [[':scheme', 'https'], [':authority', 'a'], [':path', '/']],
    'no path': [[':method', 'GET'], [':scheme', 'https'], [':authority', 'a']],
    'no scheme': [[':method', 'GET'], [':authority', 'a'], [':path', '/']],
    nobody: [[':method', 'GET'], [':scheme', 'https'], [':path', '/']],
    'two paths': [[':method', 'GET'], [':scheme', 'https'], [':authority', 'a'], [':path', '/'], [':path', '/b']],
    'a status': [[':method', 'GET'], [':scheme', 'https'], [':authority', 'a'], [':path', '/'], [':status', '200']],
    'a pseudo-field behind others': [[':method', 'GET'], [':scheme', 'https'], ['x', 'y'], [':authority', 'a'], [':path', '/']],
    'capital letters': [[':method', 'GET'], [':scheme', 'https'], [':authority', 'a'], [':path', '/'], ['X-A', 'y']],
    connection: [[':method', 'GET'], [':scheme', 'https'], [':authority', 'a'], [':path', '/'], ['connection', 'close']],
    'a line end in a value': [[':method', 'GET'], [':scheme', 'https'], [':authority', 'a'], [':path', '/'], ['x', 'a\r\nb: c']],
    'two lengths': [[':method', 'POST'], [':scheme', 'https'], [':authority', 'a'], [':path', '/'], ['content-length', '5'],
      ['content-length', '5']],
    'another length': [[':method', 'POST'], [':scheme', 'https'], [':authority', 'a'], [':path', '/'], ['content-length', '6']],
  };
  const rig = new Rig(1);
  let id = 0;
  for (const [name, head] of Object.entries(heads)) {
    rig.on(id, request('hello', section(head)), true);
    assert.deepEqual(rig.wire.take(), [`stop ${id} 0x10e`, `reset ${id} 0x10e`], name);
    id += 4;
  }
  rig.on(id, NOTHING, true);
  assert.deepEqual(rig.wire.take(), [`stop ${id} 0x10d`, `reset ${id} 0x10d`]);
  rig.on(id + 4, request('hello', section([...heads['no scheme']!, [':scheme', 'https'],
    ['content-length', '5'], ['te', 'trailers']])), true);
  assert.equal(rig.asked.length, 1);
});

test('a request that does not become whole is given up, and others are answered meanwhile', () => {
  const rig = new Rig(5);
  rig.on(0, Buffer.concat([frame(1, HEAD), Buffer.of(0, 50)]));
  for (rig.now = 0; rig.now < 1500; rig.now += 100) {
    rig.on(0, Buffer.from('x'));
    rig.on(4 + rig.now / 25, request(), true);
    rig.server.check(rig.now);
    if (rig.wire.events.includes('stop 0 0x10c')) break;
  }
  assert.equal(rig.now, 1100);
  assert.equal(rig.asked.length, 12);
  rig.now += 5000;
  rig.server.check(rig.now);
  assert.equal(rig.wire.end, '0x100');
});

test('a body beyond the bound is answered, and the rest of it is not wanted', () => {
  const rig = new Rig();
  rig.on(0, Buffer.concat([frame(1, HEAD), frame(0, Buffer.alloc(600)), frame(0, Buffer.alloc(600))]));
  assert.deepEqual(rig.asked.map(({ tooLarge, body }) => [tooLarge, body.length]), [[true, 0]]);
  rig.asked[0]!.reply(OK, NOTHING, 0, 0);
  assert.deepEqual(rig.wire.take(), ['fin 0', 'stop 0 0x100']);
  rig.on(0, Buffer.alloc(700), true);
  rig.on(4, request(), true);
  assert.equal(rig.asked.length, 2);
});

test('GOAWAY twice: what is on its way is answered, what comes later is not', () => {
  const rig = new Rig();
  rig.on(0, request(), true);
  rig.server.leave();
  rig.on(4, request(), true);
  rig.now = 100;
  rig.server.check(rig.now);
  assert.deepEqual(rig.wire.frames(3, 1).map(({ type, payload }) => [type, type === 7 ? varint(payload, 0) : 0]),
    [[4, 0], [7, 2 ** 53 - 4], [7, 8]]);
  rig.on(8, request(), true);
  assert.equal(rig.asked.length, 2);
  assert.deepEqual(rig.wire.take(), ['stop 8 0x10b', 'reset 8 0x10b']);
  rig.now = 400;
  rig.server.check(rig.now);
  for (const one of rig.asked) one.reply(OK, NOTHING, 0, 0);
  rig.server.check(rig.now);
  assert.equal(rig.wire.end, undefined);
  rig.now = 500;
  rig.server.check(rig.now);
  assert.equal(rig.wire.end, '0x100');
});

test('a request that was taken back is told to whoever answers it, once, and its reply goes nowhere', () => {
  const rig = new Rig();
  rig.on(0, request(), true);
  rig.on(4, request(), true);
  let gone = 0;
  for (const one of rig.asked) one.gone = () => gone++;
  rig.server.stoppedBy(0, 0x10c);
  rig.server.closed();
  for (const one of rig.asked) one.reply(OK, Buffer.alloc(5), 0, 5);
  assert.deepEqual([gone, rig.wire.take(), rig.server.waiting], [2, ['stop 0 0x10c', 'reset 0 0x10c'], 0]);
});

test('trailers behind a reply, HEAD without its body, 0-RTT is told', () => {
  const rig = new Rig();
  const head = (method: string) => section([[':method', method], [':scheme', 'https'], [':authority', 'a'], [':path', '/']]);
  rig.on(0, frame(1, head('HEAD')), true, true);
  rig.on(4, frame(1, head('GET')), true);
  assert.deepEqual(rig.asked.map(({ early }) => early), [true, false]);
  rig.asked[0]!.reply(OK, Buffer.from('abc'), 0, 3);
  rig.asked[1]!.reply(OK, Buffer.from('abc'), 0, 3, new Heading(0, [['Grpc-Status', '0']]));
  assert.deepEqual(rig.reply(0), [':status=200 content-type=application/dns-message', '']);
  assert.deepEqual(rig.wire.frames(4).map(({ type }) => type), [1, 0, 1]);
});

test('our settings leave as soon as the client takes a stream', () => {
  const rig = new Rig(1);
  const late = new Wire(true);
  late.free.uni = 0;
  const server = new Http3Server(late, { request: () => {} }, BOUNDS, { now: () => 0, wall: () => 0 });
  assert.equal(late.said.size, 0);
  late.free.uni = 3;
  server.room();
  assert.deepEqual(late.said.get(3), rig.wire.said.get(3));
});
