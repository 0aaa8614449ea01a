// Replies that go on, in HTTP/1 and HTTP/3: parts, who takes nothing, and how they end. (HTTP/2: talk.test.ts.)
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heading } from './exchange.ts';
import type { Exchange, HttpBounds, Talk, Talker } from './exchange.ts';
import { Http1Server } from './h1-server.ts';
import { ServerRig, request } from './h3-rig.test.ts';
import { Sink } from './sink.test.ts';

const BOUNDS: HttpBounds = { head: 8192, body: 1000, streams: 10, read: 1000, write: 2000, idle: 5000 };
const OK = new Heading(200, []), END = new Heading(0, [['grpc-status', '0']]);
const say = (talk: Talk, text: string): boolean => talk.say(Buffer.from(text, 'latin1'), 0, text.length);

/** Who talks, and what is heard of the client. */
class Heard implements Talker {
  readonly all: string[] = [];
  part(): void {
    this.all.push('part');
  }
  ended(): void {
    this.all.push('ended');
  }
  drained(): void {
    this.all.push('drained');
  }
  gone(): void {
    this.all.push('gone');
  }
}
/** A connection of HTTP/1 on which `/talk` goes on. */
class Rig1 {
  readonly wire = new Sink();
  readonly heard = new Heard();
  now = 0;
  talk!: Talk;
  exchange!: Exchange;
  readonly server = new Http1Server(this.wire, {
    request: (exchange) => {
      this.exchange = exchange;
      if (exchange.target === '/talk') this.talk = exchange.talk!(OK, this.heard)!;
      else exchange.reply(OK, Buffer.from('whole'), 0, 5);
    },
  }, BOUNDS, { now: () => this.now, wall: () => 0 });

  ask(target: string, version = '1.1'): void {
    this.server.receive(Buffer.from(`GET ${target} HTTP/${version}\r\nHost: a\r\n\r\n`));
  }
  take(): string {
    const { text } = this.wire;
    this.wire.written = Buffer.alloc(0);
    return text.replace(/Date: .*\r\n/, '');
  }
}

test('HTTP/1.1: parts are chunks, and the next request is answered behind the last', async () => {
  const rig = new Rig1();
  rig.ask('/talk');
  assert.equal(rig.take(), 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  assert.deepEqual([say(rig.talk, 'hello'), rig.take()], [true, '5\r\nhello\r\n']);
  say(rig.talk, '');                                            // an empty chunk would be the last
  assert.equal(rig.take(), '');
  rig.ask('/whole');
  rig.now = 100_000;
  rig.server.check(rig.now);
  assert.deepEqual([rig.take(), rig.server.waiting, rig.wire.over], ['', 1, false]);
  rig.talk.end();
  await new Promise(setImmediate);
  assert.equal(rig.take(), '0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole');
  assert.deepEqual([say(rig.talk, 'late'), rig.take(), rig.heard.all], [false, '', []]);
});

test('HTTP/1.0: parts are what they are, and the connection ends with the last', () => {
  const rig = new Rig1();
  rig.ask('/talk', '1.0');
  say(rig.talk, 'hello');
  rig.talk.end();
  assert.deepEqual([rig.take(), rig.wire.ended], ['HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello', true]);
});

test('HTTP/1.1: who takes nothing is told of, and is cut when that lasts', () => {
  const rig = new Rig1();
  rig.ask('/talk');
  rig.wire.free = false;
  assert.deepEqual([say(rig.talk, 'a'), say(rig.talk, 'b')], [false, false]);
  rig.wire.free = true;
  rig.server.drained();
  assert.deepEqual([rig.heard.all, say(rig.talk, 'c')], [['drained'], true]);
  rig.wire.free = false;
  say(rig.talk, 'd');
  rig.now = 1500;
  say(rig.talk, 'e');
  rig.server.check(rig.now);
  assert.equal(rig.wire.destroyed, false);
  rig.now = 2000;
  rig.server.check(rig.now);
  rig.server.closed();
  assert.deepEqual([rig.wire.destroyed, rig.heard.all], [true, ['drained', 'gone']]);
});

/** A connection of HTTP/3 with a reply that goes on on stream 0. */
function lasting(): { readonly rig: ServerRig; readonly heard: Heard; readonly talk: Talk } {
  const rig = new ServerRig();
  const heard = new Heard();
  rig.on(0, request(), true);
  return { rig, heard, talk: rig.asked[0]!.talk!(OK, heard)! };
}

test('HTTP/3: parts are frames, and trailers end them', () => {
  const { rig, talk } = lasting();
  assert.deepEqual([say(talk, 'one'), say(talk, ''), say(talk, 'two')], [true, true, true]);
  rig.now = 100_000;
  rig.server.check(rig.now);
  assert.deepEqual([rig.wire.frames(0).map(({ type, payload }) => [type, type === 0 ? payload.toString() : '']), rig.server.waiting],
    [[[1, ''], [0, 'one'], [0, 'two']], 1]);
  talk.end(END);
  assert.deepEqual([rig.wire.take(), rig.wire.frames(0).length, rig.server.waiting, say(talk, 'late')], [['fin 0'], 4, 0, false]);
});

test('HTTP/3: more than a client takes is told of, and is cut when that lasts', () => {
  const { rig, heard, talk } = lasting();
  const text = 'x'.repeat(40_000);
  assert.deepEqual([say(talk, text), say(talk, text), say(talk, 'more'), rig.unread], [true, false, false, 80_004]);
  rig.server.sent(0);
  assert.deepEqual([heard.all, rig.unread, say(talk, text), say(talk, text)], [['drained'], 0, true, false]);
  rig.now = 2001;
  rig.server.check(rig.now);
  assert.deepEqual([heard.all, rig.unread, rig.wire.take().filter((event) => event.startsWith('reset'))],
    [['drained', 'gone'], 0, ['reset 0 0x10c']]);
});

test('HTTP/3: whoever breaks off, it is over', () => {
  for (const end of ['stopped', 'reset', 'closed'] as const) {
    const { rig, heard, talk } = lasting();
    say(talk, 'one');
    if (end === 'stopped') rig.server.stoppedBy(0, 0x10c);
    else if (end === 'reset') rig.server.resetBy(0, 0x10c);
    else rig.server.closed();
    assert.deepEqual([heard.all, rig.unread, say(talk, 'late'), rig.server.waiting], [['gone'], 0, false, 0], end);
  }
});
