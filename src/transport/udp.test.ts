// The UDP transports against what every transport must do, and what is theirs alone.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Endpoint, Transport } from '../kernel/query/transport.ts';
import { eventually } from '../testing/conformance/transport-clients.ts';
import { TestService, question } from '../testing/conformance/transport-service.ts';
import { Bench, testTransport } from '../testing/conformance/transport.ts';
import { loadAddon } from './addon.ts';
import { BatchUdp } from './udp-batch.ts';
import { DgramUdp } from './udp-dgram.ts';
import { udp } from './udp.ts';

const addon = loadAddon();
const local: Endpoint = { scheme: 'dns', address: '127.0.0.1', port: 0 };
const all: { name: string; open: () => Transport; batched: boolean }[] = [{ name: 'dgram', open: () => new DgramUdp(), batched: false }];
if (typeof addon !== 'string') all.push({ name: 'batched UDP', open: () => new BatchUdp(addon), batched: true });

for (const { name, open, batched } of all) {
  testTransport({ name, kind: 'udp', open, everyLoopback: batched });

  test(`${name}: a question is cut at 512 bytes`, async () => {
    const bench = await new Bench('udp').listen(open());
    const one = await bench.client();
    for (const padding of [0, 400, 486, 487, 2000, 60_000]) one.send(question(1, 'now.test', padding));
    await one.replies(6);
    assert.deepEqual(bench.service.sizes, [26, 426, 512, 512, 512, 512]);
    await bench.close();
  });

  test(`${name}: a port that somebody has for himself is refused`, async () => {
    const other = createSocket('udp4');
    await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve));
    const { port } = other.address();
    await assert.rejects(open().listen({ ...local, port }, new TestService()),
      { code: 'EADDRINUSE', syscall: 'bind', address: '127.0.0.1', port });
    other.close();
  });

  test(`${name}: no question is lost when listeners come and go`, async () => {
    const transport = open();
    const staying = await new Bench('udp').listen(transport);
    const { at } = staying.listener;
    const workerData = { port: at.port, packet: question(1, 'later.test'), sockets: 24 };
    const asking = new Worker(new URL('../testing/conformance/asking-thread.ts', import.meta.url), { workerData });
    await eventually(() => staying.service.asked > 1000, 'there is load');
    let asked = 0;
    for (let round = 0; round < 25; round++) {
      const going = await new Bench('udp', new TestService(staying.service.arena)).listen(transport, at);
      await eventually(() => going.service.asked > 100, 'it has its share');
      await going.listener.close(1000);
      asked += going.service.asked;
    }
    const result = new Promise<{ asked: number; lost: number }>((resolve) => asking.once('message', resolve));
    asking.postMessage('stop');
    const { asked: sent, lost } = await result;
    assert.equal(lost, 0);
    assert.equal(staying.service.asked + asked, sent);
    await staying.close();
  });
}

test('dgram: addresses come and go', async () => {
  let addresses = ['127.0.0.2'];
  let look = (): void => {};
  const clock = { monotonic: () => 0, wall: () => 0, after: (_: number, call: () => void) => {
    look = call;
    return () => {};
  } };
  const bench = await new Bench('udp').listen(new DgramUdp({ clock, addresses: () => addresses }), { ...local, address: '' });
  const [two, three] = [await bench.client('127.0.0.2'), await bench.client('127.0.0.3')];
  two.send(question(1, 'now.test'));
  await two.replies(1);
  addresses = ['127.0.0.3'];
  const before = look;
  look();
  await eventually(() => look !== before, 'it has looked');
  three.send(question(2, 'now.test'));
  await three.replies(1);
  two.send(question(3, 'now.test'));
  three.send(question(4, 'now.test'));
  await three.replies(2);
  assert.equal(two.got.length, 1);
  await bench.close();
});

test('the choice of UDP: by hand, and said when the addon is not used', async () => {
  const said: string[] = [];
  const chosen = udp({ warn: (text) => said.push(text), choice: 'dgram' });
  assert.equal(chosen.batched, false);
  assert.match(said.join(), /^UDP without batches \(COREDNS_TS_UDP says so\): about 100,000 queries/);
  const usual = udp({ warn: (text) => said.push(text), choice: '' });
  assert.equal(usual.batched, typeof addon !== 'string');
});

test('a thread with loaded sockets can be ended at any moment', { skip: typeof addon === 'string' }, async () => {
  const flood = createSocket('udp4');
  const packet = question(1, 'now.test');
  let port = 0;
  let flooding = true;
  const send = (): void => {
    for (let i = 0; port !== 0 && i < 20; i++) flood.send(packet, port, '127.0.0.1', () => {});
    if (flooding) setImmediate(send);
  };
  send();
  let echoed = 0;
  for (let round = 0; round < 100; round++) {
    const worker = new Worker(new URL('../testing/conformance/loaded-thread.ts', import.meta.url), { stdout: true, stderr: true });
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.on('message', (message: { port?: number; echoed?: number }) => {
        port = message.port ?? port;
        echoed += message.echoed ?? 0;
        if (message.echoed !== undefined) resolve();
      });
    });
    if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    port = 0;
    await worker.terminate();
  }
  flooding = false;
  flood.close();
  assert.ok(echoed >= 100);
});
