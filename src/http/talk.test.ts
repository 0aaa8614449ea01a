// Requests and replies that go on, at both ends of HTTP/2: parts in both directions, who takes nothing, and how it ends. Knows frames.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heading } from './exchange.ts';
import type { Exchange, HttpBounds, Talk, Talker } from './exchange.ts';
import { FrameOutput } from './frames.ts';
import { Http2Client } from './h2-client.ts';
import { Http2Server } from './h2-server.ts';
import { Sink } from './sink.test.ts';
import type { Replied, Waiting } from './client-side.ts';

const BOUNDS: HttpBounds = { head: 8192, body: 1000, streams: 10, read: 1000, write: 2000, idle: 5000 };
const OK = new Heading(200, []), END = new Heading(0, [['grpc-status', '0']]);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A client and a server whose octets the test carries. */
class Rig implements Talker, Waiting {
  readonly up = new Sink();
  readonly down = new Sink();
  readonly client: Http2Client;
  readonly server: Http2Server;
  readonly heard: string[] = [];
  reply!: Talk;
  now = 0;
  #read = [0, 0];

  constructor() {
    const form = { method: 'POST', scheme: 'http', authority: 'a', target: '/', fields: [] } as const;
    this.client = new Http2Client(this.up, new FrameOutput(), form, 10);
    const service = {
      talks: ({ target }: Exchange) => target === '/talk',
      request: (exchange: Exchange) => {
        if (exchange.target === '/talk') this.reply = exchange.talk!(OK, this)!;
        else exchange.reply(OK, Buffer.from('whole'), 0, 5);
      },
    };
    this.server = new Http2Server(this.down, new FrameOutput(), service, BOUNDS, { now: () => this.now, wall: () => 0 });
  }
  /** Carries what was written until nothing is. */
  async run(): Promise<void> {
    for (let i = 0; i < 8; i++) {
      await turn();
      const up = this.up.written.subarray(this.#read[0]), down = this.down.written.subarray(this.#read[1]);
      this.#read = [this.up.written.length, this.down.written.length];
      if (up.length > 0) this.server.receive(up);
      if (down.length > 0) this.client.receive(down);
    }
  }
  part(bytes: Buffer, at: number, end: number): void {
    this.heard.push(bytes.toString('latin1', at, end));
  }
  ended(): void {
    this.heard.push('ended');
  }
  drained(): void {
    this.heard.push('drained');
  }
  gone(): void {
    this.heard.push('gone');
  }
  replied(reply: Replied): void {
    this.heard.push(`replied ${reply.status} ${reply.field('grpc-status')}`);
  }
  unanswered(why: string): void {
    this.heard.push(why);
  }
  take(): string[] {
    return this.heard.splice(0);
  }
}
const say = (talk: Talk, text: string): boolean => talk.say(Buffer.from(text, 'latin1'), 0, text.length);

test('parts go both ways, and either side ends when it likes', async () => {
  const rig = new Rig();
  const talk = rig.client.talk(rig, '/talk');
  say(talk, 'one');
  await rig.run();
  assert.deepEqual(rig.take(), ['one']);
  assert.equal(say(rig.reply, 'two'), true);
  await rig.run();
  assert.deepEqual(rig.take(), ['two']);
  say(talk, 'three');
  talk.end();
  await rig.run();
  assert.deepEqual(rig.take(), ['three', 'ended']);
  say(rig.reply, 'four');
  rig.reply.end(END);
  await rig.run();
  assert.deepEqual([rig.take(), rig.server.waiting, rig.client.waiting], [['four', 'replied 200 0'], 0, 0]);
  assert.deepEqual([say(talk, 'late'), say(rig.reply, 'late')], [false, false]);
});

test('more than the windows let through waits, and is told when it has left', async () => {
  const rig = new Rig();
  const talk = rig.client.talk(rig, '/talk');
  await rig.run();
  const text = 'x'.repeat(100_000);
  assert.equal(say(rig.reply, text), true);
  assert.equal(say(rig.reply, text), false);
  assert.equal(say(rig.reply, 'end'), false);
  await rig.run();
  const heard = rig.take();
  assert.deepEqual([heard.filter((part) => part === 'drained').length, heard.filter((part) => part !== 'drained').join('').length],
    [1, 200_003]);
  for (let i = 0; i < 60; i++) {
    say(talk, 'y'.repeat(10_000));
    await rig.run();
  }
  assert.equal(rig.take().join('').length, 600_000);
});

test('the other side hears that it is over, whoever breaks off', async () => {
  const rig = new Rig();
  rig.client.talk(rig, '/talk');
  await rig.run();
  rig.client.forget(rig);
  await rig.run();
  assert.deepEqual([rig.take(), rig.server.waiting, say(rig.reply, 'late')], [['gone'], 0, false]);
  rig.client.talk(rig, '/talk');
  await rig.run();
  rig.server.closed();
  rig.client.closed('the socket');
  assert.deepEqual(rig.take(), ['gone', 'lost']);
});

test('a talk lasts, however long nothing is said, and small parts are no flood', async () => {
  const rig = new Rig();
  const talk = rig.client.talk(rig, '/talk');
  await rig.run();
  for (let i = 0; i < 500; i++) {
    rig.now += 60_000;
    rig.server.check(rig.now);
    say(talk, 'a');
    say(rig.reply, 'b');
    await rig.run();
  }
  assert.deepEqual([rig.take().length, rig.down.over], [1000, false]);
});
