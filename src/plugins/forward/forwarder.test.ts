// The way of one query through several upstreams: order, errors, limits and odd replies. No network and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage } from '../../dns/message.ts';
import { message } from '../../dns/parts.ts';
import type { Parts } from '../../dns/parts.ts';
import { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import { Metrics } from '../../kernel/seen/metrics.ts';
import type { Family } from '../../kernel/seen/metrics.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import { Query } from '../../kernel/query/query.ts';
import { receive } from '../../kernel/query/receive.ts';
import type { Channel } from '../../kernel/query/transport.ts';
import { Store } from '../../store/store.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { FakeDatagrams } from '../../testing/fake-datagrams.ts';
import type { FakeSocket } from '../../testing/fake-datagrams.ts';
import { Health } from '../../upstream/health.ts';
import { DEFAULT_POOL } from '../../upstream/pool-settings.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import { Timers } from '../../upstream/timers.ts';
import { Upstream } from '../../upstream/upstream.ts';
import type { Options } from './config.ts';
import { Forwarder } from './forwarder.ts';
import { ForwardMetrics, UpstreamMetrics } from './proxy-metrics.ts';

const QR = 0x8000, RD = 0x0100;
const udp = { transport: 'udp', stream: false } as Channel;

function setUp(change: Partial<Options> = {}, { upstreams = 2, alternate = false, patience = Infinity } = {}) {
  const clock = new FakeClock();
  const timers = new Timers(clock);
  const datagrams = new FakeDatagrams();
  const ids = new RandomIds();
  const metrics = new ForwardMetrics(new Metrics());
  const options: Options = {
    except: [], maxFails: 2, maxConnectAttempts: undefined, checkInterval: 500, checkRecursion: true, checkName: Name.root,
    forceTcp: false, preferUdp: false, ...DEFAULT_POOL, policy: 'sequential', maxConcurrent: 0,
    maxConcurrentText: String(change.maxConcurrent ?? 0), next: [], nextOnNodata: false,
    failfast: false, failover: [], resolvers: [], source: undefined, ...change,
  };
  const targets = Array.from({ length: upstreams }, (_, index) => {
    const to = { address: `127.0.0.${index + 1}`, port: 53 };
    const name = `127.0.0.${index + 1}:53`;
    const counter = new UpstreamMetrics(metrics, name);
    return { index, name, metrics: counter, upstream: new Upstream({ to, datagrams, timers, ids, settings: options, counter }) };
  });
  const { cells } = Store.create(1 << 22);
  const fails = cells.flags('health', 2 * upstreams);
  const health = new Health({
    count: upstreams, numbers: fails, after: () => () => {}, wall: () => clock.wall(), interval: 500, signal: new AbortController().signal,
    probe: () => new Promise(() => {}), failed() {},
  });
  const underWay = cells.gauges('under way', 1);
  const forwarder = new Forwarder({ options, targets, health, timers, ids, metrics, underWay, patience, alternate });
  const ask = (name = 'www.example.org', edns?: Parts['edns']) => {
    const query = queryFor(name, clock.monotonic(), edns);
    const answer = forwarder.forward(query, () => query.begin(0, 9));
    return { query, answer, outcome: Promise.resolve(answer).then((outcome) => shown(outcome, query)) };
  };
  return { clock, datagrams, fails, forwarder, metrics, ask };
}
function queryFor(name: string, now: number, edns: Parts['edns']): Query {
  const question = { name: Name.parse(name), type: 1, class: 1 };
  const packet = encodeMessage(message({ id: 0x1234, flags: RD, question, edns }), { compress: false });
  const query = Query.alone(512);
  query.bytes.set(packet);
  query.arrive(packet.length, udp);
  assert.equal(receive(query), 0);
  query.received = now;
  return query;
}
/** What the client would see, in a line. */
function shown(outcome: Outcome, query: Query): string {
  const error = query.extendedError === undefined ? '' : ` EDE ${query.extendedError.code}`;
  if (outcome.kind === 'failure') return `failure ${outcome.rcode}: ${(outcome.cause as Error).message}${error}`;
  if (outcome.kind !== 'reply') return outcome.kind;
  assert.equal(outcome.id, 0x1234);
  return `reply ${outcome.rcode} answers ${outcome.answers}${outcome.truncated ? ' tc' : ''}${error}`;
}
/** A reply to what was asked. */
function respond({ socket, packet }: { socket: FakeSocket; packet: Uint8Array }, change: Partial<Parts> = {}): void {
  const name = Name.read(packet, 12);
  const parts = message({ id: (packet[0]! << 8) | packet[1]!, flags: QR | RD, question: { name, type: 1, class: 1 }, ...change });
  socket.deliver(encodeMessage(parts, { compress: false }));
}
const a = (count: number) => Array.from({ length: count }, (_, i) => parseRR(`www.example.org. 60 IN A 192.0.2.${i}`)!);

test('the reply is relayed with the id of the query', async () => {
  const { ask, datagrams } = setUp();
  const { outcome } = ask('WWW.example.org');
  const [sent] = datagrams.sent();
  respond(sent!, { answer: a(1), rcode: 3 });
  assert.equal(await outcome, 'reply 3 answers 1');
});

test('upstreams in turn, twice each, until the number of attempts is reached; the last error is told', async () => {
  const { ask, datagrams, clock } = setUp({ readTimeout: 300 });
  const { outcome } = ask();
  await clock.elapse(4000);
  assert.deepEqual(datagrams.sent().map(({ socket }) => socket.to.address).sort(), ['127.0.0.1', '127.0.0.1', '127.0.0.2', '127.0.0.2']);
  assert.match(await outcome, /^failure 2: read udp 127\.0\.0\.1:[0-9]+->127\.0\.0\.2:53: i\/o timeout EDE 22$/);
});

test('nobody is asked after five seconds, or after the deadline of cancel', async () => {
  for (const [patience, attempts] of [[Infinity, 3], [1000, 1]] as const) {
    const { ask, datagrams, clock } = setUp({ maxConnectAttempts: 0 }, { patience });
    const { outcome } = ask();
    await clock.elapse(9000);
    assert.equal(datagrams.sent().length, attempts);
    assert.match(await outcome, /i\/o timeout EDE 22$/);
  }
});

test('what the network reports ends an attempt at once', async () => {
  const { ask, datagrams } = setUp({ maxConnectAttempts: 1 });
  const { outcome } = ask();
  datagrams.sent()[0]!.socket.breakWith('ECONNREFUSED');
  assert.match(await outcome, /^failure 2: read udp .*: read: connection refused EDE 23$/);
});

test('sockets that cannot be had end in an error, however many attempts are allowed', async () => {
  const { ask, datagrams } = setUp({ maxConnectAttempts: 3 });
  datagrams.fails = 'EMFILE';
  assert.equal(await ask().outcome, 'failure 2: dial udp 127.0.0.1:53: socket: too many open files EDE 23');
});

test('an upstream that is down is passed over; when all are, one is asked anyway, or none with failfast', async () => {
  const one = setUp();
  one.fails.set(0, 3);
  one.ask();
  assert.deepEqual(one.datagrams.sent().map(({ socket }) => socket.to.address), ['127.0.0.2']);
  const all = setUp();
  for (const i of [0, 1]) all.fails.set(i, 3);
  all.ask();
  assert.equal(all.datagrams.sent().length, 1);
  const none = setUp({ failfast: true });
  for (const i of [0, 1]) none.fails.set(i, 3);
  assert.equal(await none.ask().outcome, 'failure 2: no healthy proxies EDE 22');
});

test('more than max_concurrent are refused, and those under way count no longer when they are answered', async () => {
  const { ask, datagrams } = setUp({ maxConcurrent: 2 });
  const first = ask();
  ask();
  assert.equal(await ask().outcome, 'failure 5: concurrent queries exceeded maximum 2 EDE 0');
  respond(datagrams.sent()[0]!);
  await first.outcome;
  assert.ok(ask().answer instanceof Promise);
});

test('failover asks the next one, and returns the last reply', async () => {
  const { ask, datagrams } = setUp({ failover: [2, 5] }, { upstreams: 3 });
  const { outcome } = ask();
  for (const rcode of [2, 5, 2]) respond(datagrams.sent()[0]!, { rcode });
  assert.equal(await outcome, 'reply 2 answers 0');
  assert.equal(datagrams.sent().length, 0);
});

test('next and next_on_nodata hand the query on, only where another forward follows', async () => {
  for (const [change, rcode, alternate, expected] of [
    [{ next: [3] }, 3, true, 9], [{ next: [3] }, 3, false, 3], [{ next: [3] }, 2, true, 2], [{ nextOnNodata: true }, 0, true, 9],
  ] as const) {
    const { ask, datagrams } = setUp(change as Partial<Options>, { alternate });
    const { outcome } = ask();
    respond(datagrams.sent()[0]!, { rcode });
    assert.equal(await outcome, `reply ${expected} answers 0`);
  }
});

test('a reply to another question is passed over; one without a question is FORMERR', async () => {
  const { ask, datagrams } = setUp();
  const { outcome } = ask();
  const [sent] = datagrams.sent();
  respond(sent!, { question: { name: Name.parse('www.example.com'), type: 1, class: 1 }, answer: a(1) });
  respond(sent!, { answer: a(2) });
  assert.equal(await outcome, 'reply 0 answers 2');
  const refused = ask();
  respond(datagrams.sent()[0]!, { question: undefined, rcode: 1 });
  assert.equal(await refused.outcome, 'reply 1 answers 0 EDE 23');
});

test('somebody guesses ids: what waits is asked over TCP, and both are counted', async () => {
  const { ask, datagrams, metrics } = setUp({ maxConnectAttempts: 1 }, { upstreams: 1 });
  const { outcome } = ask();
  const [{ socket, packet }] = datagrams.sent() as [{ socket: FakeSocket; packet: Uint8Array }];
  for (let guess = 0; guess < 20; guess++) respond({ socket, packet: Uint8Array.from([packet[0]! ^ 1, guess, ...packet.slice(2)]) });
  assert.equal(socket.closed, true);
  assert.match(await outcome, /^failure 2: dial tcp 127\.0\.0\.1:53: /);
  const count = (family: Family) => metrics.metrics.values[family.cell(['127.0.0.1:53'])];
  assert.deepEqual([count(metrics.strays), count(metrics.besieged)], [10, 1]);
});

test('a reply that the client could not take, or that is malformed, is empty with TC', async () => {
  const { ask, datagrams } = setUp();
  const large = ask();
  respond(datagrams.sent()[0]!, { answer: a(40) });
  assert.equal(await large.outcome, 'reply 0 answers 0 tc');
  // Data that runs over the end; an address of three octets; a string, a preference and a name that do not fit their record.
  for (const [type, ...data] of [[1, 0, 9, 1, 2], [1, 0, 3, 192, 0, 2], [16, 0, 2, 5, 65], [15, 0, 1, 0], [5, 0, 3, 192, 12, 0]]) {
    const broken = ask();
    const { socket, packet } = datagrams.sent()[0]!;
    const reply = packet.slice();
    reply[2] = 0x81;
    reply[7] = 1;
    socket.deliver(Uint8Array.from([...reply, 0xc0, 12, 0, type!, 0, 1, 0, 0, 0, 60, ...data]));
    assert.equal(await broken.outcome, 'reply 0 answers 0 tc');
  }
});

test('a count that promises too much, and bytes behind the last record, do no harm', async () => {
  const { ask, datagrams } = setUp();
  for (const junk of [[], [1, 2, 3]]) {
    const { outcome } = ask();
    const { socket, packet } = datagrams.sent()[0]!;
    const reply = packet.slice();
    reply[2] = 0x81;
    reply[7] = junk.length === 0 ? 3 : 1;
    socket.deliver(Uint8Array.from([...reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1, ...junk]));
    assert.equal(await outcome, 'reply 0 answers 1');
  }
});

test('the upper bits of an rcode come from the OPT', async () => {
  const { ask, datagrams } = setUp();
  const edns = { udpSize: 1232, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options: [] };
  const { outcome } = ask('www.example.org', edns);
  respond(datagrams.sent()[0]!, { rcode: 23, edns: { ...edns, extendedRcode: 1 } });
  assert.equal(await outcome, 'reply 23 answers 0');
});

test('queries under way end after the configuration went, and then the sockets close', async () => {
  const { ask, datagrams, forwarder, clock } = setUp();
  const abort = new AbortController();
  forwarder.keep(clock, abort.signal);
  const { outcome } = ask();
  const [sent] = datagrams.sent();
  abort.abort();
  assert.equal(sent!.socket.closed, false);
  respond(sent!, { answer: a(1) });
  assert.equal(await outcome, 'reply 0 answers 1');
  assert.equal(sent!.socket.closed, true);
});
