// The client's side of HTTP/3 beside the server's, and against servers that go away, refuse, and answer what is none. Knows frames.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Waiting } from './client-side.ts';
import { Heading } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { Http3Client } from './h3-client.ts';
import { frame } from './h3-frames.ts';
import { HELLO, Wire, numbered } from './h3-rig.test.ts';
import { Http3Server } from './h3-server.ts';
import { section } from './qpack.ts';

const FORM = { method: 'POST', scheme: 'https', authority: 'dns.test', target: '/dns-query', fields: [['accept', 'a/b']] } as const;
const NOTHING = Buffer.alloc(0);

/** Whoever waits, and what came of it. */
class Who implements Waiting {
  got = '';
  replied({ status, body, field }: { status: number; body: Buffer; field(name: string): string | undefined }): void {
    this.got += `${status} ${body.toString()}${field === undefined ? '' : ''}`;
  }
  unanswered(why: string, text: string): void {
    this.got += `${why}: ${text}`;
  }
}
/** A client on a made-up connection. */
class Rig {
  readonly wire = new Wire(false);
  readonly client: Http3Client;
  constructor() {
    this.client = new Http3Client(this.wire, FORM);
    this.on(3, HELLO);
  }
  on(stream: number, bytes: Uint8Array, fin = false): void {
    this.client.came(stream, bytes, 0, bytes.length, fin, false);
  }
  ask(body = 'hi'): Who {
    const who = new Who();
    this.client.send(who, Buffer.from(body), 0, body.length);
    return who;
  }
}
const head = (status: number, ...fields: (readonly [string, string])[]) => frame(1, section([[':status', String(status)], ...fields]));
const reply = (text = 'yes') => Buffer.concat([head(200), frame(0, Buffer.from(text))]);

test('client and server: many requests, bodies in any pieces, replies in any order', () => {
  const asked: Exchange[] = [];
  const texts: string[] = [];
  const there = new Wire(true), here = new Wire(false);
  const server = new Http3Server(there, { request: (exchange) => {
    asked.push(exchange);
    texts.push(`${exchange.method} ${exchange.target} ${exchange.field('content-length')} ${exchange.body.toString()}`);
  } }, { head: 9999, body: 9999, streams: 100, read: 1000, write: 1000, idle: 1000 }, { now: () => 0, wall: () => 0 });
  const client = new Http3Client(here, FORM);
  const all = Array.from({ length: 20 }, (_, i) => {
    const who = new Who();
    client.send(who, Buffer.from(`body ${i}`), 0, 6, i === 7 ? '/other' : undefined);
    return who;
  });
  const carry = (from: Wire, to: { came(...all: readonly unknown[]): void }) => {
    for (const [id, bytes] of from.said) {
      for (let at = 0; at < bytes.length; at += 7) to.came(id, bytes, at, Math.min(7, bytes.length - at), false, false);
      if ((id & 2) === 0) to.came(id, NOTHING, 0, 0, true, false);
    }
    from.said.clear();
  };
  carry(here, server as never);
  assert.equal(texts[7], 'POST /other 6 body 7');
  for (const exchange of asked.reverse()) exchange.reply(new Heading(200, []), Buffer.from(exchange.field('accept')!), 0, 3);
  carry(there, client as never);
  assert.deepEqual([...new Set(all.map(({ got }) => got))], ['200 a/b']);
  assert.equal(client.waiting, 0);
});

test('interim replies, trailers and a reply without a body', () => {
  const rig = new Rig();
  const one = rig.ask(), two = rig.ask();
  rig.on(0, Buffer.concat([head(103, ['link', 'x']), head(100), reply(), frame(1, section([['x', 'y']]))]), true);
  rig.on(4, head(204), true);
  assert.deepEqual([one.got, two.got], ['200 yes', '204 ']);
});

test('a server that goes away: what it did not look at may be asked elsewhere, the rest is answered', () => {
  const rig = new Rig();
  const one = rig.ask(), two = rig.ask();
  rig.on(3, numbered(7, 2 ** 53 - 4));
  assert.deepEqual([one.got, rig.client.free, rig.client.leaving], ['', false, true]);
  rig.on(3, numbered(7, 4));
  assert.equal(two.got, 'unasked: the server goes away');
  rig.on(0, reply(), true);
  assert.equal(one.got, '200 yes');
  rig.on(3, numbered(7, 8));
  assert.equal(rig.wire.end, '0x108');
});

test('a reset says whether the server looked at the request; the end of the connection loses all', () => {
  const rig = new Rig();
  const all = [rig.ask(), rig.ask(), rig.ask()];
  rig.client.resetBy(0, 0x10b);
  rig.client.resetBy(4, 0x102);
  rig.client.stoppedBy(8, 0x100);
  rig.client.closed('gone');
  assert.deepEqual(all.map(({ got }) => got), [
    'unasked: the request was reset with code 267', 'refused: the request was reset with code 258', 'lost: gone',
  ]);
});

test('requests wait for a stream, in order, and one that nobody waits for is not sent', () => {
  const rig = new Rig();
  rig.wire.free.bidi = 1;
  const all = [rig.ask('a'), rig.ask('b'), rig.ask('c'), rig.ask('d')];
  assert.deepEqual([rig.client.free, rig.client.waiting], [false, 4]);
  rig.client.forget(all[1]!);
  rig.wire.free.bidi = 1;
  rig.client.room();
  assert.equal(rig.wire.frames(4).at(-1)!.payload.toString(), 'c');
  rig.client.forget(all[2]!);
  assert.deepEqual(rig.wire.take(), ['fin 0', 'fin 4', 'stop 4 0x10c', 'reset 4 0x10c']);
  rig.on(3, numbered(7, 400));
  assert.equal(all[3]!.got, 'unasked: the server goes away');
});

test('early data that the server does not take is all to be sent again', () => {
  const rig = new Rig();
  const one = rig.ask();
  rig.client.lost();
  assert.equal(one.got, 'unasked: the server takes no early data');
  assert.deepEqual([...rig.wire.said.keys()], [2, 0, 6]);
  assert.equal(rig.client.free, true);
});

test('replies that are none end the request, or the connection', () => {
  const ended: Record<string, readonly Buffer[]> = {
    'the head of the reply is malformed': [frame(1, section([['x', 'y']])), frame(1, section([[':status', '99']])), head(200, ['X', 'y']),
      frame(1, section([[':status', '200'], [':path', '/']]))],
    'the head of the reply is too long': [head(200, ...Array.from({ length: 600 }, (_, i) => [`x-${i}`, 'y'] as const))],
    'a reply without a head': [NOTHING, head(100)],
    'the reply is too long': [Buffer.concat([head(200), frame(0, Buffer.alloc(70_000))])],
    'the reply has another length than it says': [Buffer.concat([head(200, ['content-length', '5']), frame(0, Buffer.alloc(4))])],
  };
  for (const [text, all] of Object.entries(ended)) {
    for (const bytes of all) {
      const rig = new Rig();
      const who = rig.ask();
      rig.on(0, bytes, true);
      assert.equal(who.got, `refused: ${text}`);
      assert.equal(rig.wire.end, undefined, text);
    }
  }
  const broken: Record<string, (rig: Rig) => void> = {
    '0x105': (rig) => rig.on(0, frame(0, Buffer.of(1))),
    '0x108': (rig) => rig.on(7, Buffer.of(1)),
    '0x103': (rig) => rig.on(1, Buffer.of(1)),
    '0x106': (rig) => rig.on(0, reply().subarray(0, -1), true),
    '0x200': (rig) => rig.on(0, frame(1, Buffer.of(9, 0))),
    '0x104': (rig) => rig.on(3, NOTHING, true),
  };
  for (const [code, does] of Object.entries(broken)) {
    const rig = new Rig();
    const who = rig.ask();
    does(rig);
    assert.deepEqual([rig.wire.end, who.got], [code, `lost: what the server says is no HTTP/3 (${code})`]);
  }
  const pushes = new Rig();
  pushes.on(3, numbered(13, 1));
  assert.equal(pushes.wire.end, '0x105');
});
