// TCP against what every transport must do, and what is its alone: order, limits, time, clients that do not read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../kernel/clock.ts';
import { DEFAULT_TIMEOUTS } from '../kernel/query/transport.ts';
import { eventually, framed, tcpClient } from '../testing/conformance/transport-clients.ts';
import type { TcpClient } from '../testing/conformance/transport-clients.ts';
import { question } from '../testing/conformance/transport-service.ts';
import type { TestService } from '../testing/conformance/transport-service.ts';
import { Bench, testTransport } from '../testing/conformance/transport.ts';
import { LISTENERS, Ledger, UNFINISHED } from './ledger.ts';
import { tcp } from './tcp.ts';
import type { TcpOptions } from './tcp.ts';

testTransport({ name: 'TCP', kind: 'tcp', open: () => tcp(), everyLoopback: true });

/** Time that a test moves: everything that waits is called when enough of it has passed. */
class FakeClock implements Clock {
  #now = 0;
  readonly #calls = new Set<{ at: number; call: () => void }>();
  monotonic = (): number => this.#now;
  wall = (): number => this.#now;
  after = (milliseconds: number, call: () => void): (() => void) => {
    const entry = { at: this.#now + milliseconds, call };
    this.#calls.add(entry);
    return () => this.#calls.delete(entry);
  };
  pass(milliseconds: number): void {
    for (const until = this.#now + milliseconds; this.#now < until;) {
      this.#now += 50;
      for (const entry of [...this.#calls]) if (entry.at <= this.#now && this.#calls.delete(entry)) entry.call();
    }
  }
}

type Run = (service: TestService, client: TcpClient, bench: Bench) => Promise<void>;
const scene = (what: string, run: Run, options?: TcpOptions): void => {
  test(`TCP: ${what}`, async () => {
    const bench = await new Bench('tcp').listen(tcp(options));
    const client = await tcpClient('127.0.0.1', bench.listener.at.port);
    try {
      await run(bench.service, client, bench);
    } finally {
      client.close();
      await bench.close();
    }
  });
};
const many = (count: number, name: (id: number) => string): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, id) => framed(question(id, name(id)))));
const ids = (client: TcpClient): number[] => client.got.map((each) => each.id);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

scene('many questions in one chunk, answered in order whatever comes late', async (service, client) => {
  const word = (id: number): string => (id % 7 === 3 ? 'later' : id % 11 === 5 ? 'early' : id % 50 === 9 ? 'size3000' : 'now');
  client.raw(many(600, (id) => `${word(id)}.test`));
  await client.replies(600);
  assert.deepEqual(ids(client), upTo(600));
  assert.equal(service.asked, 600);
});
scene('questions in pieces, also longer ones than UDP has', async (service, client) => {
  const bytes = Buffer.concat([0, 600, 65_535 - 26].map((padding, id) => framed(question(id, 'now.test', padding))));
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 10_007) {
    client.raw(bytes.subarray(at, at + size));
    if (at < 100) await new Promise((resolve) => setImmediate(resolve));
  }
  await client.replies(3);
  assert.deepEqual(service.sizes, [26, 626, 65_535]);
});
scene('reads at most 16 ahead while one waits; other connections go on', async (service, client, bench) => {
  client.raw(many(40, (id) => (id === 0 ? 'hold.test' : 'now.test')));
  const other = await bench.client();
  other.send(question(1, 'now.test'));
  await other.replies(1);
  await eventually(() => service.asked === 17, 'sixteen are asked');
  assert.equal(client.got.length, 0);
  service.release();
  await client.replies(40);
  assert.deepEqual(ids(client), upTo(40));
});
scene('a client that has closed its side gets what it asked for', async (service, client) => {
  client.raw(many(30, (id) => (id < 5 ? 'hold.test' : 'now.test')));
  client.socket.end();
  await eventually(() => service.held.length === 5, 'it was asked');
  service.release(true);
  await client.ended();
  assert.deepEqual(ids(client), upTo(30));
});
scene('a client that does not read stops being read; then it gets everything', async (service, client) => {
  client.socket.pause();
  const count = 2000;
  client.raw(many(count, () => 'size20000.test'));
  let before = -1;
  for (let same = 0; same < 20; same = before === service.asked ? same + 1 : 0) {
    before = service.asked;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.ok(service.asked < count, `${service.asked} were asked`);
  client.socket.resume();
  await client.replies(count);
  assert.deepEqual(ids(client), upTo(count));
});
scene('several messages, one after the other, in their turn', async (service, client) => {
  client.raw(many(4, (id) => (['hold', 'stream', 'stream', 'now'][id] ?? '') + '.test'));
  await eventually(() => service.held.length === 1, 'it was asked');
  service.release();
  await client.replies(8);
  assert.deepEqual(ids(client), [0, 1, 1, 1, 2, 2, 2, 3]);
});
scene('messages that break off end the connection', async (_, client) => {
  client.raw(many(3, (id) => (id === 1 ? 'broken.test' : 'now.test')));
  await client.ended();
  assert.deepEqual(ids(client), [0, 1]);
});
scene('an endless stream waits for a client that does not read, and ends with it', async (service, client) => {
  client.socket.pause();
  client.send(question(1, 'endless.test'));
  await eventually(() => service.asked === 1, 'it was asked');
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.close();
  await eventually(() => service.arena.left === service.arena.capacity, 'all slots are free');
});
scene('a client that goes away while its questions wait', async (service, client) => {
  client.raw(many(8, (id) => (id % 2 === 0 ? 'hold.test' : 'now.test')));
  await eventually(() => service.held.length === 4, 'it was asked');
  client.socket.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 5));
  service.release(true);
  await eventually(() => service.arena.left === service.arena.capacity, 'all slots are free');
});

test('TCP: a connection ends after as many queries as are allowed, their replies before', async () => {
  const bench = new Bench('tcp');
  bench.service.timeouts = { ...DEFAULT_TIMEOUTS, queries: 2 };
  await bench.listen(tcp());
  const client = await tcpClient('127.0.0.1', bench.listener.at.port);
  client.raw(many(5, (id) => (id === 0 ? 'later.test' : 'now.test')));
  await client.ended();
  assert.deepEqual(ids(client), [0, 1]);
  client.close();
  await bench.close();
});
test('TCP: above the limit who has been idle for longest makes room, first who never asked; never the newcomer', async () => {
  const bench = await new Bench('tcp').listen(tcp({ connections: 4 }));
  const open = () => tcpClient('127.0.0.1', bench.listener.at.port);
  const ask = async (client: TcpClient) => {
    const before = client.got.length;
    client.send(question(1, 'now.test'));
    await client.replies(before + 1);
  };
  const waiting = await open();
  waiting.send(question(1, 'hold.test'));
  const [first, second] = [await open(), await open()];
  await ask(first);
  await ask(second);
  await ask(first);
  const newcomers: TcpClient[] = [await open()];
  // The silent ones go one after the other, then who asked last in the more distant past.
  for (let i = 0; i < 3; i++) {
    const newcomer = await open();
    await newcomers.at(-1)!.ended();
    newcomers.push(newcomer);
  }
  await ask(newcomers.at(-1)!);
  newcomers.push(await open());
  await second.ended();
  await ask(first);
  await ask(newcomers.at(-1)!);
  bench.service.release();
  await waiting.replies(1);
  for (const client of [waiting, first, second, ...newcomers]) client.close();
  await bench.close();
});
test('TCP: clients get the files that are left, divided by the sockets that listen', async () => {
  const cells = Ledger.create();
  const main = tcp({ files: 72, ledger: new Ledger(cells) });
  const bench = await new Bench('tcp').listen(main);
  const other = new Ledger(cells, 1);
  other.add(LISTENERS, 1);
  const clients: TcpClient[] = [];
  for (let i = 0; i < 6; i++) {
    const client = await tcpClient('127.0.0.1', bench.listener.at.port);
    client.send(question(1, 'now.test'));
    await client.replies(1);
    clients.push(client);
  }
  await Promise.all([clients[0]!.ended(), clients[1]!.ended()]);
  for (const client of clients.slice(2, 4)) {
    client.send(question(2, 'now.test'));
    await client.replies(2);
  }
  // Those who came when it was full have one question.
  await Promise.all([clients[4]!.ended(), clients[5]!.ended()]);
  for (const client of clients) client.close();
  await bench.close();
});
test('TCP: halves of messages hold 16 MB at most: who has held some for longest goes, the others are answered', async () => {
  const ledger = new Ledger();
  const bench = await new Bench('tcp').listen(tcp({ ledger }));
  const whole = framed(question(7, 'now.test', 65_535 - 26));
  const early = await tcpClient('127.0.0.1', bench.listener.at.port);
  early.raw(Uint8Array.of(0));
  await eventually(() => ledger.total(UNFINISHED) > 0, 'the first holds something');
  const clients: TcpClient[] = [];
  let most = 0;
  for (let i = 0; i < 300; i++) {
    const client = await tcpClient('127.0.0.1', bench.listener.at.port);
    client.raw(whole.subarray(0, 65_000));
    clients.push(client);
    most = Math.max(most, ledger.total(UNFINISHED));
  }
  await early.ended();
  await clients[0]!.ended();
  most = Math.max(most, ledger.total(UNFINISHED));
  assert.ok(most <= (16 << 20) + 65_536, `${most} bytes`);
  for (const client of clients.slice(-200)) client.raw(whole.subarray(65_000));
  for (const client of clients.slice(-200)) await client.replies(1);
  for (const client of [early, ...clients]) client.close();
  await eventually(() => ledger.total(UNFINISHED) === 0, 'all is given back');
  await bench.close();
});
test('TCP: a beginning that says nothing of the rest takes what it has, not what it may become', async () => {
  const ledger = new Ledger();
  const bench = await new Bench('tcp').listen(tcp({ ledger }));
  const client = await tcpClient('127.0.0.1', bench.listener.at.port);
  const sizes: number[] = [];
  for (let sent = 0; sent < 20_000; sent += 1000) {
    client.raw(sent === 0 ? Uint8Array.of(255, 255, ...new Uint8Array(998)) : new Uint8Array(1000));
    await eventually(() => ledger.total(UNFINISHED) >= sent + 1000, 'it was read');
    sizes.push(ledger.total(UNFINISHED) - sent - 1000);
  }
  assert.ok(Math.max(...sizes) <= 4096, `${sizes}`);
  client.close();
  await bench.close();
});

test('TCP: silent, unfinished and stuck connections are closed in time', async () => {
  const clock = new FakeClock();
  const bench = await new Bench('tcp').listen(tcp({ clock }));
  const open = () => tcpClient('127.0.0.1', bench.listener.at.port);
  const [silent, partial, idle, waiting, stuck] = [await open(), await open(), await open(), await open(), await open()];
  partial.raw(Uint8Array.of(0, 29, 1));
  idle.send(question(1, 'now.test'));
  waiting.send(question(2, 'hold.test'));
  stuck.socket.pause();
  stuck.send(question(3, 'endless.test'));
  await idle.replies(1);
  await eventually(() => bench.service.asked === 3, 'all were asked');
  await new Promise((resolve) => setTimeout(resolve, 20));
  clock.pass(2900);
  partial.raw(Uint8Array.of(1));
  clock.pass(500);
  await Promise.all([silent.ended(), partial.ended()]);
  clock.pass(2000);
  await eventually(() => bench.service.arena.left === bench.service.arena.capacity - 1, 'the stuck one is closed');
  idle.send(question(4, 'now.test'));
  await idle.replies(2);
  clock.pass(9900);
  idle.send(question(5, 'now.test'));
  await idle.replies(3);
  clock.pass(10_500);
  await idle.ended();
  bench.service.release();
  await waiting.replies(1);
  clock.pass(10_500);
  await waiting.ended();
  for (const client of [silent, partial, idle, waiting, stuck]) client.close();
  await bench.close();
});

scene('so many answers as are allowed pass one that is not there yet, no more of them (RFC 7766 section 7)', async (service, client) => {
  service.timeouts = { ...DEFAULT_TIMEOUTS, outOfOrder: 2 };
  client.raw(Buffer.concat(['hold', 'now', 'now', 'now', 'hold', 'now'].map((word, id) => framed(question(id, `${word}.test`)))));
  await client.replies(2);
  assert.deepEqual(ids(client), [1, 2]);
  service.held[0]!();
  await client.replies(5);
  assert.deepEqual(ids(client), [1, 2, 0, 3, 5]);
  service.held[1]!();
  await client.replies(6);
  assert.deepEqual(ids(client), [1, 2, 0, 3, 5, 4]);
});
