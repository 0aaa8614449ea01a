// Questions over UDP: who may answer them, and what becomes of ids and sockets. No network and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Name } from '../dns/name.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { FakeDatagrams } from '../testing/fake-datagrams.ts';
import type { FakeSocket } from '../testing/fake-datagrams.ts';
import { makeQuestion } from './ask.ts';
import { Asking } from './asking.ts';
import type { ExchangeError } from './asking.ts';
import { DEFAULT_POOL } from './pool-settings.ts';
import type { PoolSettings } from './pool-settings.ts';
import { RandomIds } from './random-ids.ts';
import { Timers } from './timers.ts';
import { UdpPool } from './udp-pool.ts';

/** What became of a question: one line for each call. */
class Recorded extends Asking {
  readonly log: string[] = [];
  constructor(name: string, type = 1) {
    super();
    this.question = makeQuestion(Name.parse(name), type, true);
  }
  answered(_bytes: Uint8Array, _words: Int32Array, _at: number, length: number): void {
    this.log.push(`answered ${length}`);
  }
  mismatched(): void {
    this.log.push('mismatched');
  }
  failed(error: ExchangeError): void {
    this.log.push(error.message);
  }
}
/** Draws the numbers it is given, then others. */
class Scripted extends RandomIds {
  readonly #numbers: number[];
  constructor(...numbers: number[]) {
    super();
    this.#numbers = numbers;
  }
  override next(): number {
    return this.#numbers.shift() ?? super.next();
  }
  override below(count: number): number {
    return count === 0 ? 0 : 0;
  }
}
function setUp(settings: Partial<PoolSettings> = {}, ids: RandomIds = new RandomIds()) {
  const clock = new FakeClock();
  const timers = new Timers(clock);
  const datagrams = new FakeDatagrams();
  const counts = { hit: 0, miss: 0, stray: 0, besieged: 0 };
  const counter = {
    hit: () => void counts.hit++, miss: () => void counts.miss++, stray: () => void counts.stray++, besieged: () => void counts.besieged++,
  };
  const to = { address: '127.0.0.1', port: 5353 };
  const overTcp: Asking[] = [];
  const pool = new UdpPool({
    to, datagrams, timers, ids, settings: { ...DEFAULT_POOL, ...settings }, counter, overTcp: (asking) => overTcp.push(asking),
  });
  const ask = (name: string, type?: number) => {
    const asking = new Recorded(name, type);
    assert.equal(pool.ask(asking), undefined);
    const [sent] = datagrams.sent();
    return { asking, ...sent! };
  };
  return { clock, timers, datagrams, pool, counts, overTcp, ask };
}
const reply = (packet: Uint8Array) => {
  const copy = packet.slice();
  copy[2] = 0x81;
  return copy;
};

test('a reply with the id, from the socket, to the question is taken, whatever the case of its letters', () => {
  const { ask } = setUp();
  const { asking, socket, packet } = ask('www.Example.org');
  const answer = reply(packet);
  answer[13] = 'W'.charCodeAt(0);
  socket.deliver(answer);
  assert.deepEqual(asking.log, [`answered ${packet.length}`]);
  socket.deliver(answer);
  assert.equal(asking.log.length, 1);
});

test('the case of letters is nothing that types have: 65 is not 97', () => {
  for (const name of ['a.test', 'ab.test', 'abc.test', 'abcd.test']) {
    const { ask } = setUp();
    const { asking, socket, packet } = ask(name, 65);
    const other = reply(packet);
    other[other.length - 3] = 97;
    socket.deliver(other);
    assert.deepEqual(asking.log, []);
    socket.deliver(reply(packet));
    assert.equal(asking.log.length, 1);
  }
});

test('a reply to another question is passed over, and the right one still counts; one without a question does not', () => {
  const { ask, counts } = setUp();
  const { asking, socket, packet } = ask('a.test');
  const other = reply(packet);
  other[13] = 'b'.charCodeAt(0);
  socket.deliver(other);
  assert.deepEqual(asking.log, []);
  socket.deliver(reply(packet));
  assert.deepEqual(asking.log, [`answered ${packet.length}`]);
  const refused = ask('c.test');
  refused.socket.deliver(Uint8Array.from([...refused.packet.slice(0, 2), 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
  assert.deepEqual(refused.asking.log, ['mismatched']);
  assert.deepEqual(counts, { hit: counts.hit, miss: counts.miss, stray: 1, besieged: 0 });
});

test('who guesses ids at a known port has ten guesses: the socket goes, and what waited is asked over TCP', () => {
  const { ask, counts, overTcp, datagrams, clock } = setUp({ maxIdle: 1 }, new Scripted(0, 40000, 40001));
  const victims = [ask('a.test'), ask('b.test')];
  const { socket, packet } = victims[0]!;
  let kept = 0;
  for (let forged = 0; forged < 100_000; forged++) {
    const guess = reply(packet);
    [guess[0], guess[1]] = [(forged >> 8) & 255, forged & 255];
    if (!socket.closed) socket.deliver(guess);
    kept += victims[0]!.asking.log.length;
  }
  assert.equal(kept, 0);
  assert.equal(socket.closed, true);
  assert.deepEqual(overTcp, victims.map(({ asking }) => asking));
  assert.deepEqual([counts.stray, counts.besieged], [10, 1]);
  assert.notEqual(ask('c.test').socket, socket);
  assert.equal(datagrams.sockets.length, 2);
  return clock.elapse(5000).then(() => assert.deepEqual(victims[1]!.asking.log, []));
});

test('replies that come late or twice are no guesses', async () => {
  const { ask, counts, clock } = setUp({ readTimeout: 300, maxIdle: 1 });
  for (let i = 0; i < 40; i++) {
    const { socket, packet } = ask('a.test');
    if (i % 2 === 0) await clock.elapse(400);
    socket.deliver(reply(packet));
    socket.deliver(reply(packet));
  }
  assert.deepEqual([counts.stray, counts.besieged], [0, 0]);
});

test('where no socket can be opened, one that is open is used', async () => {
  const { ask, datagrams, counts, clock, timers } = setUp();
  const first = ask('a.test');
  datagrams.fails = 'EMFILE';
  for (let i = 0; i < 40; i++) assert.equal(ask('b.test').socket, first.socket);
  first.socket.deliver(reply(first.packet));
  assert.equal(counts.hit + counts.miss, 41);
  // A socket that is worn out is better than none.
  await clock.elapse(20_000);
  timers.look();
  assert.equal(ask('c.test').socket, first.socket);
});

test('a forged reply is never taken: wrong id, wrong socket, wrong question', () => {
  const forged = fc.record({
    id: fc.nat(65535), rightId: fc.boolean(), rightSocket: fc.boolean(), response: fc.boolean(),
    at: fc.nat(32), byte: fc.nat(255), cut: fc.nat(40), junk: fc.uint8Array({ maxLength: 60 }),
    kind: fc.constantFrom('whole', 'flip', 'cut', 'junk'),
  });
  fc.assert(fc.property(fc.array(forged, { maxLength: 20 }), (attempts) => {
    const { ask, datagrams } = setUp();
    const victim = ask('victim.example.org');
    for (let i = 0; i < 20; i++) ask(`other${i}.example.org`);
    for (const attempt of attempts) {
      let packet = reply(victim.packet);
      if (!attempt.response) packet[2] = 1;
      if (attempt.kind === 'flip') packet[12 + (attempt.at % (packet.length - 12))]! ^= attempt.byte & 0x5f;
      if (attempt.kind === 'cut') packet = packet.slice(0, attempt.cut);
      if (attempt.kind === 'junk') packet = Uint8Array.from([packet[0]!, packet[1]!, ...attempt.junk]);
      if (!attempt.rightId && packet.length > 1) [packet[0], packet[1]] = [attempt.id >> 8, attempt.id & 255];
      const foreign = datagrams.sockets.find((each) => each !== victim.socket) ?? victim.socket;
      const socket = attempt.rightSocket ? victim.socket : foreign;
      const genuine = socket === victim.socket && sameMessage(packet, reply(victim.packet));
      if (!genuine) socket.deliver(packet);
    }
    // A response without a question, from the right socket with the right id, is a refusal: nothing else ends the wait.
    assert.ok(victim.asking.log.every((line) => line === 'mismatched'), victim.asking.log.join());
    assert.ok(victim.asking.log.length < 2);
  }), { numRuns: 300 });
});
/** The same header id, QR and question, letters in any case. */
function sameMessage(a: Uint8Array, b: Uint8Array): boolean {
  const text = (bytes: Uint8Array) => Buffer.from(bytes.subarray(12, bytes.length - 4)).toString('latin1').toLowerCase();
  return a.length >= b.length && a[0] === b[0] && a[1] === b[1] && (a[2]! & 0x80) !== 0 && a[4] === 0 && a[5] === 1
    && text(a.subarray(0, b.length)) === text(b) && Buffer.compare(a.subarray(b.length - 4, b.length), b.subarray(-4)) === 0;
}

test('an id whose reply did not come in time is not used again on its socket, and a late reply is nothing', async () => {
  const { clock, ask } = setUp({ readTimeout: 300 }, new Scripted(0, 7, 7, 8));
  const first = ask('a.test');
  assert.equal(first.packet[1], 7);
  await clock.elapse(400);
  assert.deepEqual(first.asking.log, ['read udp 127.0.0.1:40000->127.0.0.1:5353: i/o timeout']);
  const second = ask('a.test');
  assert.equal(second.packet[1], 8);
  first.socket.deliver(reply(first.packet));
  assert.deepEqual([first.asking.log.length, second.asking.log.length], [1, 0]);
});

test('ids that wait are not drawn twice', () => {
  const { ask } = setUp({}, new Scripted(0, 7, 7, 7, 9));
  assert.deepEqual([ask('a.test').packet[1], ask('b.test').packet[1]], [7, 9]);
});

test('a socket is replaced after many questions, and closed when nothing waits on it', () => {
  const { ask, datagrams } = setUp({ maxIdle: 1 });
  const waiting = ask('slow.test');
  for (let i = 0; i < 4000; i++) {
    const { socket, packet } = ask('a.test');
    socket.deliver(reply(packet));
  }
  assert.ok(datagrams.sockets.length >= 2 && datagrams.sockets.length <= 5, String(datagrams.sockets.length));
  assert.equal(waiting.socket.closed, false);
  waiting.socket.deliver(reply(waiting.packet));
  assert.equal(waiting.socket.closed, true);
  assert.equal(waiting.asking.log.length, 1);
});

test('several ports are asked from, and each is kept', () => {
  const { ask, datagrams, counts } = setUp();
  for (let i = 0; i < 200; i++) ask('a.test');
  assert.equal(datagrams.sockets.length, 8);
  assert.deepEqual([counts.hit, counts.miss], [192, 8]);
});

test('what is idle for longer than expire, or older than max_age, is not used again', async () => {
  for (const [settings, pause] of [[{ expire: 100 }, 200], [{ expire: 1000, maxAge: 100 }, 200]] as const) {
    const { clock, timers, pool, ask, datagrams } = setUp({ ...settings, maxIdle: 1 });
    const { socket, packet } = ask('a.test');
    socket.deliver(reply(packet));
    await clock.elapse(pause);
    timers.look();
    ask('a.test');
    assert.equal(datagrams.sockets.length, 2);
    assert.equal(socket.closed, true);
    pool.close();
  }
});

test('when the network says that nobody is there, everything on the socket fails at once', () => {
  const { ask } = setUp({ maxIdle: 1 });
  const one = ask('a.test');
  const two = ask('b.test');
  one.socket.breakWith('ECONNREFUSED');
  for (const { asking } of [one, two]) {
    assert.deepEqual(asking.log, ['read udp 127.0.0.1:40000->127.0.0.1:5353: read: connection refused']);
  }
});

test('a socket that cannot be had is an error of the question', () => {
  const { pool, datagrams } = setUp();
  datagrams.fails = 'ENETUNREACH';
  assert.equal(pool.ask(new Recorded('a.test'))?.message, 'dial udp 127.0.0.1:5353: connect: network is unreachable');
});

test('a pool that was closed still answers: its sockets close when they are done', () => {
  const { pool, ask } = setUp();
  const before = ask('a.test');
  pool.close();
  assert.equal(before.socket.closed, false);
  const after = ask('b.test');
  const finish = ({ socket, packet }: { socket: FakeSocket; packet: Uint8Array }) => socket.deliver(reply(packet));
  finish(before);
  finish(after);
  assert.deepEqual([before.socket.closed, after.socket.closed], [true, true]);
  assert.deepEqual([before.asking.log.length, after.asking.log.length], [1, 1]);
});
