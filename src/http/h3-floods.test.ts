// The server's side of HTTP/3 against clients that ask nothing and cost something, and against those that take nothing. Knows frames.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frame, varints } from './h3-frames.ts';
import { HEAD, ServerRig as Rig, numbered, request } from './h3-rig.test.ts';
import { section } from './qpack.ts';

const NOTHING = Buffer.alloc(0);

test('what asks nothing ends the connection with H3_EXCESSIVE_LOAD, whatever it is', () => {
  const bomb = Buffer.concat([HEAD, Buffer.alloc(3000, 0xc0 | 58)]);
  const floods: Record<string, (rig: Rig, i: number) => void> = {
    'unknown frames on the control stream': (rig) => rig.on(2, frame(99, NOTHING)),
    'unknown frames on a request': (rig) => rig.on(0, frame(99, NOTHING)),
    'unknown streams': (rig, i) => rig.on(6 + 4 * i, varints(99)),
    'streams that do not say what they are': (rig, i) => rig.on(6 + 4 * i, Buffer.of(0xc0)),
    'empty data': (rig, i) => rig.on(0, i === 0 ? frame(1, HEAD) : frame(0, NOTHING)),
    'max push id': (rig, i) => rig.on(2, numbered(13, i)),
    goaway: (rig) => rig.on(2, numbered(7, 1)),
    'cancelled streams': (rig, i) => rig.on(6, i === 0 ? Buffer.of(3) : Buffer.of(0x40)),
    'rapid reset': (rig, i) => {
      rig.on(4 * i, frame(1, HEAD));
      rig.server.resetBy(4 * i, 0x10c);
    },
    'rapid stop': (rig, i) => {
      rig.on(4 * i, request(), true);
      rig.server.stoppedBy(4 * i, 0x10c);
    },
    'made you reset': (rig, i) => rig.on(4 * i, request('hello', section([[':method', 'GET']])), true),
    'refused streams': (rig, i) => rig.on(4 * i, request(), true),
    'bombs of the static table': (rig, i) => rig.on(4 * i, request('', bomb), true),
    'heads that are too long': (rig, i) => rig.on(4 * i, Buffer.concat([Buffer.of(1), varints(1e6)])),
    'requests that end at once': (rig, i) => rig.on(4 * i, NOTHING, true),
  };
  for (const [name, flood] of Object.entries(floods)) {
    const rig = new Rig();
    let sent = 0;
    for (; sent < 5000 && rig.wire.end === undefined; sent++) flood(rig, sent);
    assert.equal(rig.wire.end, '0x107', name);
    assert.ok(sent < 300, `${name}: ${sent}`);
    assert.ok(rig.wire.bytes < 100, name);
    assert.equal(rig.server.waiting, 0, name);
  }
});

test('a client that asks and sends unknown frames for a long time is no flood', () => {
  const rig = new Rig(5);
  for (let i = 0; i < 1000; i++) rig.on(4 * i, Buffer.concat([frame(0x21, NOTHING), request()]), true);
  assert.deepEqual([rig.asked.length, rig.wire.end], [1000, undefined]);
});

test('replies that nobody takes are counted and bounded, and end with the connection', () => {
  const rig = new Rig(2_000_000);
  for (let id = 0; id < 16; id += 4) rig.on(id, request(), true);
  assert.deepEqual(rig.wire.take(), ['fin 0 told', 'fin 4 told', 'fin 8 told', 'stop 12 0x10b', 'reset 12 0x10b']);
  assert.equal(rig.unread, 6_000_000);
  rig.server.sent(4);
  rig.server.stoppedBy(8, 0x10c);
  assert.equal(rig.unread, 2_000_000);
  rig.on(16, request(), true);
  assert.equal(rig.asked.length, 4);
  rig.now = 5000;
  rig.server.check(rig.now);
  assert.deepEqual([rig.wire.end, rig.unread], ['0x107', 0]);
});
