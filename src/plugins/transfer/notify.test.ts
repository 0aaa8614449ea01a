// Notifies to secondaries that lose them, refuse them, answer nonsense or are not there.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { AA } from '../../dns/parts.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { DgramDatagrams } from '../../transport/connected-dgram.ts';
import { Gate } from './gate.ts';
import { Notifier } from './notify.ts';
import { Pace } from './pace.ts';
import { USUAL } from '../../tsig/algorithm.ts';
import { keyOf } from '../../tsig/key.ts';
import type { Key } from '../../tsig/key.ts';
import { findTsig, readTsig } from '../../tsig/record.ts';
import { Signer, check } from '../../tsig/signature.ts';
import { parseRR } from '../../dns/rr.ts';

const zone = Name.parse('example.org');

/** A secondary that does with each packet what it is told, by its number. */
class Listener {
  readonly came: Buffer[] = [];
  readonly ports: number[] = [];
  readonly #socket: Socket = createSocket('udp4');
  constructor(answer: (packet: Buffer, number: number) => readonly Buffer[]) {
    this.#socket.on('message', (packet: Buffer, { port }: RemoteInfo) => {
      this.came.push(Buffer.from(packet));
      this.ports.push(port);
      for (const each of answer(packet, this.came.length)) this.#socket.send(each, port, '127.0.0.1');
    });
  }
  async open(t: TestContext): Promise<this> {
    await new Promise<void>((resolve) => this.#socket.bind(0, '127.0.0.1', resolve));
    t.after(() => this.#socket.close());
    return this;
  }
  get port(): number {
    return this.#socket.address().port;
  }
}
const answered = (packet: Buffer, rcode = 0): Buffer => {
  const answer = Buffer.from(packet);
  answer[2]! |= 0x80;
  answer[3] = rcode;
  return answer;
};
const changed = (packet: Buffer, at: number, value: number): Buffer => {
  const answer = answered(packet);
  answer[at] = value;
  return answer;
};
function notifier(port: number | string, { address = '127.0.0.1', source, key }: { address?: string; source?: string; key?: Key } = {}) {
  const clock = new FakeClock();
  const abort = new AbortController();
  const text = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const run = { clock, signal: abort.signal, datagrams: new DgramDatagrams() };
  const secondary = { text, address, port: String(port), client: address, key: undefined };
  return { clock, abort, notifier: new Notifier(run, secondary, { source, key, pace: new Pace(clock) }) };
}

test('a notify that is lost is sent again two seconds later, from another port', async (t) => {
  const listener = await new Listener((packet, number) => (number === 1 ? [] : [answered(packet)])).open(t);
  const { clock, notifier: one } = notifier(listener.port);
  const error = one.notify(zone);
  await eventually(() => listener.came.length === 1, 'the first try came');
  await clock.elapse(1999);
  assert.equal(listener.came.length, 1);
  await clock.elapse(1);
  assert.equal(await error, undefined);
  assert.equal(listener.came.length, 2);
  assert.deepEqual(listener.came[0], listener.came[1]);
  assert.notEqual(listener.ports[0], listener.ports[1]);
  const { opcode, flags, question, answer, edns } = decodeMessage(listener.came[0]!);
  assert.deepEqual([opcode, flags, question!.name.text, question!.type, question!.class, answer.length, edns],
    [4, AA, 'example.org.', 6, 1, 0, undefined]);
});

test('after three tries that brought nothing it is given up', async (t) => {
  const listener = await new Listener(() => []).open(t);
  const { clock, notifier: one } = notifier(listener.port);
  const error = one.notify(zone);
  for (let tries = 1; tries <= 3; tries++) {
    await eventually(() => listener.came.length === tries, `try ${tries} came`);
    await clock.elapse(2000);
  }
  assert.match((await error)!, new RegExp('^notify for zone "example\\.org\\." was not accepted by "127\\.0\\.0\\.1:' + listener.port +
    '": "read udp 127\\.0\\.0\\.1:\\d+->127\\.0\\.0\\.1:' + listener.port + ': i/o timeout"$'));
  assert.equal(listener.came.length, 3);
});

test('a secondary that refuses is asked three times at once', async (t) => {
  const listener = await new Listener((packet) => [answered(packet, 5)]).open(t);
  const error = await notifier(listener.port).notifier.notify(zone);
  assert.equal(error, `notify for zone "example.org." was not accepted by "127.0.0.1:${listener.port}": rcode was "REFUSED"`);
  assert.equal(listener.came.length, 3);
});

test('what is no answer to the notify is not looked at', async (t) => {
  const nonsense = (packet: Buffer) => [
    Buffer.alloc(5), packet, changed(packet, 0, packet[0]! ^ 1), changed(packet, 2, 0x84), changed(packet, 14, 0x7a),
    changed(packet, packet.length - 3, 1),
  ];
  const second = (packet: Buffer) => [...nonsense(packet), answered(packet)];
  const listener = await new Listener((packet, number) => (number === 1 ? nonsense : second)(packet)).open(t);
  const { clock, notifier: one } = notifier(listener.port);
  const error = one.notify(zone);
  await eventually(() => listener.came.length === 1, 'the first try came');
  await clock.elapse(2000);
  assert.equal(await error, undefined);
  assert.equal(listener.came.length, 2);
});

test('a secondary that is not there, ports that are none, sources that cannot be', async () => {
  const port = await freePort();
  const said = async (...args: Parameters<typeof notifier>) =>
    /^notify for zone "example\.org\." was not accepted by "[^"]*": "(.*)"$/.exec((await notifier(...args).notifier.notify(zone))!)?.[1];
  assert.match((await said(port))!, new RegExp(`^read udp 127\\.0\\.0\\.1:\\d+->127\\.0\\.0\\.1:${port}: read: connection refused$`));
  assert.equal(await said('x'), 'dial udp: lookup udp/x: unknown port');
  assert.equal(await said(99999), 'dial udp: address 99999: invalid port');
  assert.equal(await said(53, { address: '::1', source: '127.0.0.1' }), 'dial udp: address 127.0.0.1:0: no suitable address found');
  assert.equal(await said(53, { source: '192.0.2.77' }), 'dial udp 192.0.2.77:0->127.0.0.1:53: bind: cannot assign requested address');
});

test('many zones: some at a time, each once, and none after the end', async (t) => {
  const listener = await new Listener(() => []).open(t);
  const { abort, notifier: one } = notifier(listener.port, { source: '127.0.0.1' });
  const zones = Array.from({ length: 40 }, (_, i) => Name.parse(`z${i}.example.org`));
  for (const each of zones) void one.notify(each);
  for (const each of zones.slice(20)) void one.notify(each);
  await eventually(() => listener.came.length === 16, 'the first ones came');
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(listener.came.length, 16);
  abort.abort();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(listener.came.length, 16);

  const willing = await new Listener((packet) => [answered(packet)]).open(t);
  const { notifier: other } = notifier(willing.port);
  const errors = await Promise.all([...zones, ...zones.slice(20)].map((each) => other.notify(each)));
  assert.deepEqual(new Set(errors), new Set([undefined]));
  assert.equal(willing.came.length, 40);
});

test('who says nothing is told again each minute, until it answers or the zone changes', async (t) => {
  let answers = false;
  const listener = await new Listener((packet) => (answers ? [answered(packet)] : [])).open(t);
  const { clock, notifier: one } = notifier(listener.port);
  const error = one.notify(zone, parseRR('example.org. 60 IN SOA ns h 7 2 3 4 5'));
  const came = (count: number) => eventually(() => listener.came.length === count, `${count} came`);
  for (let tries = 1; tries <= 3; tries++) {
    await came(tries);
    await clock.elapse(2000);
  }
  assert.match((await error)!, /i\/o timeout/);
  const { answer } = decodeMessage(listener.came[0]!);
  assert.deepEqual(answer.map(({ type }) => type), [6], 'it has the SOA');
  await clock.elapse(60_000);
  await came(4);
  await clock.elapse(2000);
  await clock.elapse(60_000);
  await came(5);
  await clock.elapse(2000);
  // The zone changes: from now on it is told of that.
  answers = true;
  assert.equal(await one.notify(zone), undefined);
  await came(6);
  await clock.elapse(600_000);
  assert.equal(listener.came.length, 6);
});

test('ten times, and no more', async (t) => {
  const listener = await new Listener(() => []).open(t);
  const { clock, notifier: one } = notifier(listener.port);
  void one.notify(zone);
  for (let tries = 1; tries <= 3; tries++) {
    await eventually(() => listener.came.length === tries, 'a try came');
    await clock.elapse(2000);
  }
  for (let minutes = 1; minutes <= 10; minutes++) {
    await clock.elapse(60_000);
    await eventually(() => listener.came.length === 3 + minutes, `after ${minutes} minutes`);
    await clock.elapse(2000);
  }
  await clock.elapse(600_000);
  assert.equal(listener.came.length, 13);
});

test('with a key a notify is signed, and so has to be its answer', async (t) => {
  const key = keyOf(Name.parse('key.test'), new Uint8Array(32).fill(1), USUAL);
  const wrong: number[] = [];
  const listener = await new Listener((packet, number) => {
    const from = findTsig(packet, 0, packet.length);
    const record = readTsig(packet, 0, packet.length, from)!;
    wrong.push(check(packet, 0, from, record, key, record.time).error);
    const bare = answered(packet.subarray(0, from));
    bare[11] = 0;
    if (number === 1) return [bare];
    const signer = new Signer({ key, binding: USUAL, request: record.mac });
    const whole = Buffer.alloc(bare.length + signer.room());
    bare.copy(whole);
    signer.sign(whole, 0, bare.length, record.time);
    return [whole];
  }).open(t);
  const { clock, notifier: one } = notifier(listener.port, { key });
  const error = one.notify(zone);
  await eventually(() => listener.came.length === 1, 'the first try came');
  await new Promise((resolve) => setTimeout(resolve, 20));
  await clock.elapse(2000);
  assert.equal(await error, undefined);
  assert.deepEqual(wrong, [0, 0]);
});

test('fifty a second, whoever they are for', async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  const left: number[] = [];
  for (let i = 0; i < 120; i++) pace.take(() => left.push(i));
  assert.equal(left.length, 50);
  await clock.elapse(999);
  assert.equal(left.length, 50);
  await clock.elapse(1);
  assert.equal(left.length, 100);
  await clock.elapse(1000);
  assert.deepEqual(left, Array.from({ length: 120 }, (_, i) => i));
});

test('so many transfers at the same time; the others in the order in which they came', async () => {
  const gate = new Gate(2);
  const inside: number[] = [];
  const enter = (i: number) => gate.enter().then((waited) => inside.push(waited ? -i : i));
  for (let i = 1; i <= 4; i++) void enter(i);
  await new Promise(setImmediate);
  assert.deepEqual(inside, [1, 2]);
  gate.leave();
  await new Promise(setImmediate);
  assert.deepEqual(inside, [1, 2, -3]);
  gate.leave();
  gate.leave();
  gate.leave();
  await new Promise(setImmediate);
  void enter(5);
  await new Promise(setImmediate);
  assert.deepEqual(inside, [1, 2, -3, -4, 5]);
});
