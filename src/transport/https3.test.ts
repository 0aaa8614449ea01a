// DNS over HTTP/3 against what every transport must do, and what is its alone: requests, statuses, 0-RTT, limits, GOAWAY, one port with DNS
// over QUIC.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Https3Setting } from '../kernel/query/http-setting.ts';
import type { HttpSaid } from '../kernel/query/http-setting.ts';
import { ListenerSettings } from '../kernel/query/listener-setting.ts';
import { TlsSetting } from '../kernel/query/tls-setting.ts';
import { Slots } from '../kernel/slot.ts';
import type { QuicAsking } from '../quic/addon.ts';
import { QuicBlocks, signed } from '../testing/conformance/quic-blocks.ts';
import { beginHttp3, http3Client } from '../testing/conformance/http3-client.ts';
import type { Http3TestClient } from '../testing/conformance/http3-client.ts';
import { needsQuic, quicAddon, quicClient } from '../testing/conformance/quic-client.ts';
import { eventually } from '../testing/conformance/transport-clients.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { TestService, question } from '../testing/conformance/transport-service.ts';
import { Bench, testTransport } from '../testing/conformance/transport.ts';
import { doq } from './doq.ts';
import { https3 } from './https3.ts';
import { QuicPorts } from './quic-listener.ts';
import type { StreamOptions } from './stream-listener.ts';

const one = signed({ names: ['a.test'] });
function settings(blocks: QuicBlocks, said: Partial<HttpSaid> = {}): ListenerSettings {
  const all = blocks.blocks.map((block) => {
    const slots = new Slots();
    slots.put(TlsSetting, block);
    slots.put(Https3Setting, { at: block.at, ...said });
    return { zone: '.', slots };
  });
  return ListenerSettings.of(all, { label: 'https3://:443', scheme: 'https3', warn: () => {} });
}
if (typeof quicAddon === 'string') test('HTTP/3: what every transport must do', needsQuic, () => {});
else {
  const ports = new QuicPorts();
  testTransport({
    name: 'HTTP/3', kind: 'https3', open: () => https3(ports), everyLoopback: true, settings: settings(new QuicBlocks([one])),
  });
}

/** A listener, and clients of it that are closed with it. */
class Rig {
  readonly blocks = new QuicBlocks([one]);
  readonly bench: Bench;
  readonly #clients: Http3TestClient[] = [];

  constructor(said: Partial<HttpSaid>) {
    this.bench = new Bench('https3', new TestService(), settings(this.blocks, said));
  }
  static async open(t: TestContext, said: Partial<HttpSaid> = {}, options: StreamOptions = {}): Promise<Rig> {
    const rig = new Rig(said);
    await rig.bench.listen(https3(new QuicPorts(), { every: 5, ...options }));
    t.after(() => rig.close());
    return rig;
  }
  get service(): TestService {
    return this.bench.service;
  }
  get port(): number {
    return this.bench.listener.at.port;
  }
  async client(options: Partial<QuicAsking> = {}): Promise<Http3TestClient> {
    return this.#kept(await http3Client('127.0.0.1', this.port, options));
  }
  begin(options: Partial<QuicAsking> = {}): Http3TestClient {
    return this.#kept(beginHttp3('127.0.0.1', this.port, options));
  }
  #kept(client: Http3TestClient): Http3TestClient {
    this.#clients.push(client);
    return client;
  }
  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.bench.close();
  }
}
const heard = (client: Http3TestClient, text: string) =>
  client.until(() => client.heard.includes(text), `${text}, not ${client.heard.join(', ')}`);

test('HTTP/3: answers have their type and how long they keep; what is no question has its status', needsQuic, async (t) => {
  const rig = await Rig.open(t, { paths: ['/dns-query/{client}'] });
  const client = await rig.client();
  const good = await client.post(question(7, 'now.test'));
  assert.deepEqual([good?.status, good?.field('content-type'), good?.field('content-length')],
    [200, 'application/dns-message', String(good?.body.length)]);
  assert.match(good?.field('cache-control') ?? '', /^max-age=\d+$/);
  assert.equal(good?.field('alt-svc'), undefined);
  const statuses = [
    await client.post(question(1, 'now.test'), '/dns-query/kids'), await client.post(question(1, 'now.test'), '/other'),
    await client.post(Buffer.from('short')), await client.post(Buffer.alloc(70_000)), await client.post(question(1, 'never.test')),
  ];
  assert.deepEqual(statuses.map((reply) => reply?.status), [200, 404, 400, 400, 500]);
  client.send(question(2, 'size60000.test'));
  assert.equal((await client.replies(1))[0]!.length, 60_000);
});

test('HTTP/3: who asks in 0-RTT is answered where it is a query, and told to come again where it is not', needsQuic, async (t) => {
  const rig = await Rig.open(t);
  const options = { early: true, sessions: `h3 ${rig.port}` };
  const first = await rig.client(options);
  first.send(question(1, 'now.test'));
  await first.replies(1);
  // The ticket comes behind the handshake.
  await eventually(() => rig.blocks.counted.length === 1, 'the handshake was counted');
  const update = Buffer.from(question(2, 'now.test'));
  update[2] = 5 << 3;
  for (let tries = 0; ; tries++) {
    const early = rig.begin(options);
    early.send(question(2, 'now.test'));
    const late = early.post(update);
    await early.replies(1);
    await heard(early, early.heard.includes('opened') ? 'opened' : 'opened early');
    if (early.heard[0] === 'opened early') {
      assert.equal((await late)?.status, 425);
      break;
    }
    assert.ok(tries < 20, 'no session came');
  }
  const again = await rig.client();
  assert.notEqual((await again.post(update))?.status, 425);
});

test('HTTP/3: for one connection more than allowed the idlest goes, with H3_EXCESSIVE_LOAD', needsQuic, async (t) => {
  const rig = await Rig.open(t, { connections: 2 });
  const first = await rig.client();
  for (const client of [await rig.client(), await rig.client()]) {
    client.send(question(1, 'now.test'));
    await client.replies(1);
  }
  await heard(first, `closed peer ${0x107}`);
});

test('HTTP/3: a request that does not become whole costs its stream alone', needsQuic, async (t) => {
  const clock = new FakeClock();
  const rig = await Rig.open(t, {}, { clock });
  const client = await rig.client();
  const stream = client.connection.open(false);
  client.connection.send(stream, Uint8Array.of(1, 5, 0), 0, 3, false);
  client.send(question(1, 'hold.test'));
  await eventually(() => rig.service.held.length === 1, 'it was asked');
  await clock.elapse(rig.service.timeouts.read + 100);
  rig.service.release();
  await client.replies(1);
  assert.deepEqual(client.heard, ['opened']);
});

test('HTTP/3: whoever takes a question back frees its seat; who is gone takes all along', needsQuic, async (t) => {
  const rig = await Rig.open(t);
  const client = await rig.client();
  for (const id of [1, 2]) client.send(question(id, 'hold.test'));
  await eventually(() => rig.service.held.length === 2, 'both were asked');
  client.connection.stop(0, 0x10c);
  client.close();
  rig.service.release();
  await eventually(() => rig.service.arena.left === rig.service.arena.capacity, 'all seats are free');
});

test('HTTP/3: a listener that closes says so, answers what is there, and ends without an error', needsQuic, async (t) => {
  const rig = await Rig.open(t);
  const client = await rig.client();
  client.send(question(1, 'hold.test'));
  await eventually(() => rig.service.held.length === 1, 'it was asked');
  const closed = rig.bench.listener.close(5000);
  for (let i = 0; client.heard.length < 2; i++) {
    // What comes after the last GOAWAY was not looked at.
    client.send(question(2 + i, 'now.test'));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.match(client.heard[1]!, /^unasked/);
  rig.service.release();
  await client.until(() => client.got.some(({ id }) => id === 1), 'the answer');
  await heard(client, `closed peer ${0x100}`);
  await closed;
});

test('HTTP/3: one port with DNS over QUIC, by ALPN', needsQuic, async (t) => {
  const ports = new QuicPorts();
  const rig = new Rig({});
  const port = await (async () => {
    // A port by number is what two schemes share.
    const first = await https3(ports).listen({ scheme: 'https3', address: '127.0.0.1', port: 0 }, rig.service);
    await first.close(0);
    return first.at.port;
  })();
  await rig.bench.listen(https3(ports), { scheme: 'https3', address: '127.0.0.1', port });
  const at = { scheme: 'quic', address: '127.0.0.1', port } as const;
  const other = await new Bench('quic', new TestService(), rig.blocks.settings).listen(doq(ports), at);
  t.after(() => Promise.all([rig.close(), other.close()]));
  const h3 = await rig.client();
  const dns = await quicClient('127.0.0.1', port);
  t.after(() => dns.close());
  h3.send(question(5, 'now.test'));
  dns.send(question(6, 'now.test'));
  await Promise.all([h3.replies(1), dns.replies(1)]);
  assert.deepEqual([rig.service.asked, other.service.asked], [1, 1]);
  assert.deepEqual([rig.service.local.split(' ')[0], other.service.local.split(' ')[0]], ['https3', 'quic']);
  await assert.rejects(http3Client('127.0.0.1', port, { alpn: ['h2'] }), /closed/);
});

test('HTTP/3: what breaks HTTP ends the connection with its code', needsQuic, async (t) => {
  const rig = await Rig.open(t);
  for (const [bytes, code] of [[[0, 0], 0x105], [[4, 0], 0x105], [[1, 1, 9], 0x200]] as const) {
    const client = await rig.client();
    const stream = client.connection.open(false);
    client.connection.send(stream, Uint8Array.from(bytes), 0, bytes.length, false);
    await heard(client, `closed peer ${code}`);
  }
});
