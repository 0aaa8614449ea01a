// The way of one query through several upstreams: order, errors, limits and odd replies. No network and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import type { Family } from '../../kernel/seen/metrics.ts';
import type { FakeSocket } from '../../testing/fake-datagrams.ts';
import type { Options } from './properties.ts';
import { a, respond, setUp } from './rig.test.ts';

test('the reply is relayed with the id of the query', async () => {
  const { ask, datagrams } = setUp();
  const { outcome } = ask('WWW.example.org');
  const [sent] = datagrams.sent();
  respond(sent!, { answer: a(1), rcode: 3 });
  assert.equal(await outcome, 'reply 3 answers 1');
});

test('upstreams in turn, twice each, until the number of attempts is reached; the last error is told', async () => {
  const { ask, datagrams, clock } = setUp({ readTimeout: 1000 });
  const { outcome } = ask();
  await clock.elapse(4000);
  assert.deepEqual(datagrams.sent().map(({ socket }) => socket.to.address).sort(), ['127.0.0.1', '127.0.0.1', '127.0.0.2', '127.0.0.2']);
  assert.match(await outcome, /^failure 2: read udp 127\.0\.0\.1:[0-9]+->127\.0\.0\.2:53: i\/o timeout EDE 22$/);
});

test('nobody is asked after five seconds, or after the deadline of cancel', async () => {
  for (const [patience, race, attempts] of [[Infinity, 0, 3], [1000, 0, 1], [Infinity, 1, 6], [1000, 1, 2]] as const) {
    const { ask, datagrams, clock } = setUp({ maxConnectAttempts: 0, race }, { patience });
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
