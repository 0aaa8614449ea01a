// What every transport of DNS messages must do, as tests that run against each. Knows the interface and a stub of a service; knows no
// implementation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena } from '../../kernel/query/arena.ts';
import type { ListenerSettings } from '../../kernel/query/listener-setting.ts';
import type { Endpoint, Listener, Transport } from '../../kernel/query/transport.ts';
import { http3Client } from './http3-client.ts';
import { quicClient } from './quic-client.ts';
import { eventually, tcpClient, tlsClient, udpClient } from './transport-clients.ts';
import type { Client } from './transport-clients.ts';
import { TestService, question } from './transport-service.ts';

/** What it runs over. */
type Kind = 'udp' | 'tcp' | 'tls' | 'quic' | 'https3';
const CLIENTS = { udp: udpClient, tcp: tcpClient, tls: tlsClient, quic: quicClient, https3: http3Client } as const;
/** Those whose replies leave in the order of their questions. */
const inOrder = (kind: Kind): boolean => kind === 'tcp' || kind === 'tls';

/** A transport to be tested. */
export interface TransportUnderTest {
  readonly name: string;
  readonly kind: Kind;
  open(): Transport;
  /** What its listeners are set to. */
  readonly settings?: ListenerSettings;
  /** Whether a wildcard listener serves 127.0.0.5 too, which no interface lists. */
  readonly everyLoopback: boolean;
}

const local: Endpoint = { scheme: 'dns', address: '127.0.0.1', port: 0 };

/** A transport, a service and a listener for one test. */
export class Bench {
  readonly service: TestService;
  readonly #kind: Kind;
  readonly #clients: Client[] = [];
  listener!: Listener;

  constructor(kind: Kind, service = new TestService(), settings = service.settings) {
    service.settings = settings;
    this.#kind = kind;
    this.service = service;
  }
  async listen(transport: Transport, at: Endpoint = local, sockets = 1): Promise<this> {
    this.listener = await transport.listen(at, this.service, sockets);
    return this;
  }
  readonly client = async (address = '127.0.0.1'): Promise<Client> => {
    const client = await CLIENTS[this.#kind](address, this.listener.at.port);
    this.#clients.push(client);
    return client;
  };
  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.listener.close(1000);
  }
}

/** Registers the tests. */
export function testTransport(under: TransportUnderTest): void {
  const { name, kind, settings } = under;
  const scene = (what: string, run: (bench: Bench) => Promise<void>, at: Endpoint = local, service = () => new TestService()): void => {
    test(`${name}: ${what}`, async () => {
      const bench = await new Bench(kind, service(), settings).listen(under.open(), at);
      try {
        await run(bench);
      } finally {
        await bench.close();
      }
    });
  };
  answers(scene, kind);
  addresses(scene, under);
  endings(under, scene);
}

type Scene = (what: string, run: (bench: Bench) => Promise<void>, at?: Endpoint, service?: () => TestService) => void;

function answers(scene: Scene, kind: Kind): void {
  scene('answers at once, later and in between, and says who asked', async ({ service, client }) => {
    const one = await client();
    for (const [id, word] of ['now', 'later', 'early', 'alone'].entries()) {
      one.send(question(id, `${word}.test`));
      const got = await one.replies(id + 1);
      assert.deepEqual(got.at(-1), { id, name: `${word}.test`, length: 23 + word.length });
    }
    assert.match(service.client, /^127\.0\.0\.1 \d+$/);
    assert.match(service.local, new RegExp(`^${kind} 127\\.0\\.0\\.1 \\d+$`));
    assert.equal(service.began, service.ended);
  });
  scene('sends replies of every size', async ({ client }) => {
    const one = await client();
    const sizes = [512, 1232, 2100, 2200, 9000, kind === 'udp' ? 60_000 : 65_535];
    for (const [id, size] of sizes.entries()) {
      one.send(question(id, `size${size}.test`));
      assert.deepEqual((await one.replies(id + 1)).at(-1), { id, name: `size${size}.test`, length: size });
    }
  });
  scene('sends replies that come late and in another order to who asked', async ({ service, client }) => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => client()));
    for (let id = 0; id < 4; id++) for (const [i, one] of clients.entries()) one.send(question(id, `hold.c${i}.test`));
    await eventually(() => service.held.length === 32, 'all were asked');
    service.release(true);
    for (const [i, one] of clients.entries()) {
      const got = (await one.replies(4)).map((each) => `${each.id} ${each.name}`);
      if (!inOrder(kind)) got.sort();
      assert.deepEqual(got, [0, 1, 2, 3].map((id) => `${id} hold.c${i}.test`));
    }
  });
  // Over QUIC garbage ends its connection (RFC 9250 section 4.3.3), over HTTP it has a status.
  if (kind !== 'quic' && kind !== 'https3') scene('says nothing to garbage, and goes on', async ({ service, client }) => {
    const one = await client();
    const packets = [[], [1], [0, 0, 0, 0, 0], Array(40).fill(255), Array(500).fill(7), [...question(1, 'never.test')]];
    for (const packet of packets) one.send(Uint8Array.from(packet));
    one.send(question(9, 'now.test'));
    assert.equal((await one.replies(1))[0]!.id, 9);
    await eventually(() => service.asked === packets.length + 1, 'all were asked');
    assert.equal(one.got.length, 1);
  });
  scene('goes on when more questions wait than there are slots', async ({ service, client }) => {
    const one = await client();
    const many = await Promise.all(Array.from({ length: 8 }, () => client()));
    for (const each of many) for (let id = 0; id < 16; id++) each.send(question(id, 'hold.test'));
    await eventually(() => service.held.length >= 35, 'as many wait as can');
    for (let rounds = 0; many.some((each) => each.got.length < 16) && rounds < 30_000; rounds++) {
      service.release();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok(many.every((each) => each.got.length >= 16));
    one.send(question(9, 'now.test'));
    assert.equal((await one.replies(1))[0]!.id, 9);
  }, local, () => new TestService(new Arena(40)));
}

function addresses(scene: Scene, { kind, everyLoopback }: TransportUnderTest): void {
  scene('answers over IPv6', async ({ service, client }) => {
    const one = await client('::1');
    one.send(question(1, 'now.test'));
    one.send(question(2, 'size9000.test'));
    await one.replies(2);
    assert.match(service.client, /^::1 \d+$/);
  }, { ...local, address: '::1' });
  for (const address of ['', '0.0.0.0', '::']) {
    scene(`answers from the address that was asked, listening on '${address}'`, async ({ service, client }) => {
      for (const asked of ['127.0.0.1', '::1', ...(everyLoopback ? ['127.0.0.5'] : [])]) {
        const one = await client(asked);
        one.send(question(1, 'now.test'));
        one.send(question(2, 'later.test'));
        one.send(question(3, 'size9000.test'));
        const got = await one.replies(3);
        assert.deepEqual(got.map((each) => each.id).sort(), [1, 2, 3]);
        assert.match(service.client, asked === '::1' ? /^::1 / : /^127\.0\.0\.1 |^127\.0\.0\.5 /);
        assert.match(service.local, new RegExp(`^${kind} ${asked} \\d+$`));
      }
    }, { ...local, address });
  }
}

function endings(under: TransportUnderTest, scene: Scene): void {
  const { name, kind, settings } = under;
  scene('hands over to another service', async ({ service, listener, client }) => {
    const one = await client();
    one.send(question(1, 'hold.test'));
    await eventually(() => service.held.length === 1, 'it was asked');
    const other = new TestService(service.arena, 1);
    other.settings = service.settings;
    listener.handTo(other);
    one.send(question(2, 'later.test'));
    await eventually(() => other.asked === 1, 'the other one was asked');
    service.release();
    assert.equal((await one.replies(2)).length, 2);
    assert.equal(service.asked, 1);
  });
  test(`${name}: closing lets replies leave, and gives every slot back`, async () => {
    const bench = await new Bench(kind, new TestService(), settings).listen(under.open());
    const { service, listener } = bench;
    const one = await bench.client();
    for (let id = 0; id < 10; id++) one.send(question(id, 'hold.test'));
    await eventually(() => service.held.length === 10, 'all were asked');
    const closed = listener.close(3000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    service.release();
    await closed;
    assert.equal((await one.replies(10)).length, 10);
    await eventually(() => service.arena.left === service.arena.capacity, 'all slots are free');
    one.close();
  });
  test(`${name}: closing waits no longer than it is told; a reply after that does nothing`, async () => {
    const bench = await new Bench(kind, new TestService(), settings).listen(under.open());
    const one = await bench.client();
    one.send(question(1, 'hold.test'));
    await eventually(() => bench.service.held.length === 1, 'it was asked');
    await bench.listener.close(20);
    bench.service.release();
    await eventually(() => bench.service.arena.left >= bench.service.arena.capacity - 1, 'its slot is free');
    one.close();
  });
  test(`${name}: listens with several sockets on one port, beside others`, async () => {
    const transport = under.open();
    const bench = await new Bench(kind, new TestService(), settings).listen(transport, local, 3);
    const other = await new Bench(kind, new TestService(), settings).listen(transport, bench.listener.at);
    const clients = await Promise.all(Array.from({ length: 12 }, () => bench.client()));
    for (const one of clients) one.send(question(1, 'now.test'));
    for (const one of clients) await one.replies(1);
    assert.equal(bench.service.asked + other.service.asked, 12);
    await Promise.all([bench.close(), other.close()]);
  });
  test(`${name}: says which call failed and where`, async () => {
    const at: Endpoint = { scheme: 'dns', address: '192.0.2.77', port: 5300 };
    const service = new TestService();
    service.settings = settings ?? service.settings;
    await assert.rejects(under.open().listen(at, service), (error: Error & Record<string, unknown>) => {
      assert.equal(error['code'], 'EADDRNOTAVAIL');
      assert.equal(error['syscall'], inOrder(kind) ? 'listen' : 'bind');
      assert.equal(error['address'], '192.0.2.77');
      assert.equal(error['port'], 5300);
      return true;
    });
  });
}
