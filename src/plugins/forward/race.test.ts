// An upstream that says nothing: somebody else is asked in good time, and it is left alone until it speaks again. No network and no real
// time.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import type { FakeSocket } from '../../testing/fake-datagrams.ts';
import { a, respond, setUp } from './rig.test.ts';

type Sent = { readonly socket: FakeSocket; readonly packet: Uint8Array };
const to = (sent: readonly Sent[]) => sent.map(({ socket }) => socket.to.address);
/** Ten questions that are answered at once: what is usual is known to be quick. */
async function acquainted(change: Parameters<typeof setUp>[0] = {}, around: Parameters<typeof setUp>[1] = {}) {
  const set = setUp({ policy: 'round_robin', ...change }, around);
  for (let i = 0; i < 100; i++) {
    const { outcome } = set.ask(`n${i}.test`);
    for (const each of set.datagrams.sent()) respond(each);
    await outcome;
  }
  return set;
}

test('after three times the usual time, and 50 ms, the next one is asked too; the first reply wins', async () => {
  const { ask, datagrams, clock } = await acquainted();
  const { outcome } = ask();
  const first = datagrams.sent();
  assert.equal(first.length, 1);
  await clock.elapse(40);
  assert.equal(datagrams.sent().length, 0);
  await clock.elapse(60);
  const second = datagrams.sent();
  assert.deepEqual([...to(first), ...to(second)].sort(), ['127.0.0.1', '127.0.0.2']);
  respond(second[0]!, { answer: a(2) });
  assert.equal(await outcome, 'reply 0 answers 2');
  // The other one comes late, for nobody; its bytes may lie elsewhere by now.
  respond(first[0]!, { answer: a(3) });
});

test('one that is slow as a rule is waited for longer', async () => {
  const { ask, datagrams, clock } = setUp();
  for (let i = 0; i < 20; i++) {
    const { outcome } = ask(`n${i}.test`);
    const sent = datagrams.sent();
    await clock.elapse(200);
    assert.equal(datagrams.sent().length, 0);
    respond(sent[0]!);
    await outcome;
  }
  ask();
  await clock.elapse(500);
  assert.deepEqual(to(datagrams.sent()), ['127.0.0.1']);
  await clock.elapse(200);
  assert.deepEqual(to(datagrams.sent()), ['127.0.0.2']);
});

test('a silent one gets only probes while others answer, and all its share as soon as it speaks', async () => {
  const { ask, datagrams, clock } = await acquainted({ checkInterval: 500 });
  const counts: { [address: string]: number } = {};
  let pending: Sent[] = [];
  const turn = async (speaks: boolean) => {
    const { outcome } = ask(`m${Object.values(counts).reduce((sum, n) => sum + n, 0)}.test`);
    for (let waited = 0; waited < 100; waited += 20) {
      for (const each of datagrams.sent()) {
        counts[each.socket.to.address] = (counts[each.socket.to.address] ?? 0) + 1;
        if (speaks || each.socket.to.address === '127.0.0.2') respond(each);
        else pending.push(each);
      }
      await clock.elapse(20);
    }
    assert.match(await outcome, /^reply 0/);
  };
  for (let i = 0; i < 100; i++) await turn(false);
  // Ten seconds: one question that found out, and one probe each half second.
  assert.ok(counts['127.0.0.1']! >= 10 && counts['127.0.0.1']! <= 23, JSON.stringify(counts));
  assert.equal(counts['127.0.0.2'], 100);
  respond(pending.at(-1)!);
  pending = [];
  counts['127.0.0.1'] = counts['127.0.0.2'] = 0;
  for (let i = 0; i < 20; i++) await turn(true);
  assert.deepEqual(counts, { '127.0.0.1': 10, '127.0.0.2': 10 });
});

test('race asks so many at once; with 0 a silent one is waited for', async () => {
  const two = setUp({ race: 2 }, { upstreams: 3 });
  const { outcome } = two.ask();
  const sent = two.datagrams.sent();
  assert.deepEqual(to(sent), ['127.0.0.1', '127.0.0.2']);
  respond(sent[1]!, { answer: a(1) });
  assert.equal(await outcome, 'reply 0 answers 1');
  const none = setUp({ race: 0 });
  none.ask();
  none.datagrams.sent();
  await none.clock.elapse(1900);
  assert.equal(none.datagrams.sent().length, 0);
  await none.clock.elapse(200);
  assert.deepEqual(to(none.datagrams.sent()), ['127.0.0.2']);
});

test('an error of one that is raced ends nothing while another is asked', async () => {
  const { ask, datagrams } = setUp({ race: 2, maxConnectAttempts: 1 });
  const { outcome } = ask();
  const [one, two] = datagrams.sent();
  one!.socket.breakWith('ECONNREFUSED');
  respond(two!, { answer: a(1) });
  assert.equal(await outcome, 'reply 0 answers 1');
  const both = ask();
  for (const { socket } of datagrams.sent()) socket.breakWith('ECONNREFUSED');
  assert.match(await both.outcome, /^failure 2: read udp .* connection refused EDE 23$/);
});

test('a kept connection on which nothing comes is doubted: the same upstream is asked over a fresh one', async () => {
  let dead: net.Socket | undefined;
  const connections: net.Socket[] = [];
  const server = net.createServer((connection) => {
    connections.push(connection);
    connection.on('error', () => {});
    connection.on('data', (question) => {
      question[4] = 0x81;
      if (connection !== dead) connection.write(question);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const { ask, clock, forwarder } = setUp({ forceTcp: true }, { upstreams: 1, port });
  assert.equal(await ask('a.test').outcome, 'reply 0 answers 0');
  dead = connections[0];
  const { outcome } = ask('b.test');
  for (let waited = 0; waited < 360; waited += 20) {
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(connections.length, 1);
    if (waited < 240) await clock.elapse(20);
    else break;
  }
  await clock.elapse(120);
  assert.equal(await outcome, 'reply 0 answers 0');
  assert.equal(connections.length, 2);
  for (const connection of connections) connection.destroy();
  for (const { upstream } of forwarder.targets) upstream.close();
  server.close();
});

test('an upstream that is slow for many at once gets few copies, from few ports', async () => {
  const { ask, datagrams, clock } = await acquainted({}, { upstreams: 1 });
  const before = datagrams.sockets.length;
  const asked = Array.from({ length: 400 }, (_, i) => ask(`slow${i}.test`));
  const sent: Sent[] = [];
  for (let waited = 0; waited < 1500; waited += 50) {
    sent.push(...datagrams.sent());
    await clock.elapse(50);
  }
  assert.ok(sent.length > 400 && sent.length <= 1200, `${sent.length} questions`);
  assert.ok(datagrams.sockets.length - before <= 64, `${datagrams.sockets.length - before} sockets`);
  for (const each of sent.slice(-1200)) respond(each);
  for (const { outcome } of asked) assert.match(await outcome, /^reply 0/);
});
