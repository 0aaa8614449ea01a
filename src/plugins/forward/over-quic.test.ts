// Upstreams over QUIC and over HTTP/3, asked through a server: one connection for many questions, sessions, paths that go mute, upstreams
// that are started again or go away, 0-RTT, and who is not who it should be. The network is a relay.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Transport } from '../../kernel/query/transport.ts';
import { Authority } from '../../testing/certificates.ts';
import { QuicBlocks, authority, signed } from '../../testing/conformance/quic-blocks.ts';
import { needsQuic } from '../../testing/conformance/quic-client.ts';
import { eventually, udpClient } from '../../testing/conformance/transport-clients.ts';
import { TestService, question } from '../../testing/conformance/transport-service.ts';
import { Bench } from '../../testing/conformance/transport.ts';
import { serve } from '../../testing/served.ts';
import { doq } from '../../transport/doq.ts';
import { https3 } from '../../transport/https3.ts';
import { QuicPorts } from '../../transport/quic-listener.ts';
import errors from '../errors/index.ts';
import forward from './index.ts';

const one = signed({ names: ['dns.test', '127.0.0.1'] });
const KINDS = [['quic', doq], ['https3', https3]] as const;
type Open = (ports: QuicPorts, options: { readonly every: number }) => Transport;

/** An upstream, which may be started again on its port, and a network before it. */
class Upstream {
  readonly blocks = new QuicBlocks([one]);
  readonly service = new TestService();
  readonly #kind: 'quic' | 'https3';
  readonly #open: Open;
  #bench: Bench | undefined;
  #port = 0;
  readonly #relay = createSocket('udp4');
  /** Our side of each client's path. */
  readonly #paths = new Map<number, Socket>();
  /** Clients' ports from and to which nothing comes through. */
  readonly mute = new Set<number>();
  /** Nothing comes back from the upstream. */
  deaf = false;
  /** Datagrams that clients sent. */
  came = 0;
  port = 0;

  constructor(kind: 'quic' | 'https3', open: Open) {
    this.#kind = kind;
    this.#open = open;
  }
  async start(): Promise<void> {
    this.#bench = new Bench(this.#kind, this.service, this.blocks.settings);
    await this.#bench.listen(this.#open(new QuicPorts(), { every: 5 }), { scheme: this.#kind, address: '127.0.0.1', port: this.#port });
    this.#port = this.#bench.listener.at.port;
  }
  async stop(grace = 0): Promise<void> {
    await this.#bench?.listener.close(grace);
    this.#bench = undefined;
  }
  async listen(t: TestContext): Promise<this> {
    // Sessions belong to a port that has a number.
    await this.start();
    await this.stop();
    await this.start();
    this.#relay.on('message', (bytes, { port }) => {
      this.came++;
      if (!this.mute.has(port)) this.#path(port).send(bytes, this.#port, '127.0.0.1');
    });
    await new Promise<void>((resolve) => this.#relay.bind(0, '127.0.0.1', resolve));
    ({ port: this.port } = this.#relay.address());
    t.after(async () => {
      this.#relay.close();
      for (const path of this.#paths.values()) path.close();
      await this.stop();
    });
    return this;
  }
  #path(client: number): Socket {
    let path = this.#paths.get(client);
    if (path === undefined) {
      this.#paths.set(client, (path = createSocket('udp4')));
      path.on('message', (bytes) => {
        if (!this.deaf && !this.mute.has(client)) this.#relay.send(bytes, client, '127.0.0.1');
      });
    }
    return path;
  }
  /** Nothing comes through any more for who is there now. */
  silence(): void {
    for (const client of this.#paths.keys()) this.mute.add(client);
  }
  get handshakes(): number {
    return this.blocks.counted.filter((what) => what.startsWith('TLSv1.3')).length;
  }
}

/** A server that forwards, and a client of it. */
async function forwarding(t: TestContext, to: string, properties = '', ca = authority.pem) {
  const folder = mkdtempSync(join(tmpdir(), 'forward-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, ca);
  const server = await serve(`. {\n errors\n forward . ${to} {\n tls ${file}\n ${properties}\n }\n}\n`, [errors, forward]);
  t.after(() => server.close());
  const client = await udpClient('127.0.0.1', server.port);
  t.after(() => client.close());
  let id = 0;
  const send = (word = 'now') => client.send(question(++id, `${word}.n${id}.test`));
  /** Asks so many new names at once, and waits for what comes; SERVFAIL has no name in it that begins so. */
  const ask = async (count: number, word = 'now'): Promise<number> => {
    const before = client.got.length;
    for (let i = 0; i < count; i++) send(word);
    await client.replies(before + count);
    return client.got.length - before;
  };
  const sound = () => assert.equal(server.log(), '');
  return { server, ask, send, client, sound };
}
const NAME = 'tls_servername dns.test\nmax_fails 0';

for (const [kind, open] of KINDS) {
  const upstreamOf = (t: TestContext) => new Upstream(kind, open).listen(t);

  test(`${kind}: many questions share few connections, and later ones the same`, needsQuic, async (t) => {
    const upstream = await upstreamOf(t);
    const { ask, sound } = await forwarding(t, `${kind}://127.0.0.1:${upstream.port}`, NAME);
    await ask(1);
    for (let i = 0; i < 20; i++) await ask(8);
    assert.equal(upstream.handshakes, 1);
    await ask(200);
    assert.ok(upstream.handshakes <= 16, `${upstream.handshakes} connections`);
    assert.equal(upstream.service.asked, 361);
    sound();
  });

  test(`${kind}: an upstream that is started again costs no question`, needsQuic, async (t) => {
    const upstream = await upstreamOf(t);
    const { ask, sound } = await forwarding(t, `${kind}://127.0.0.1:${upstream.port}`, NAME);
    await ask(4);
    // Without a word: whoever sends to it hears of it then.
    upstream.silence();
    await upstream.stop();
    upstream.mute.clear();
    await upstream.start();
    await ask(4);
    assert.ok(upstream.handshakes >= 2);
    sound();
  });

  test(`${kind}: an upstream that goes away answers what it has, and the rest is asked elsewhere`, needsQuic, async (t) => {
    const upstream = await upstreamOf(t);
    const { ask, send, client, sound } = await forwarding(t, `${kind}://127.0.0.1:${upstream.port}`, NAME);
    await ask(1);
    for (let i = 0; i < 4; i++) send('hold');
    await eventually(() => upstream.service.held.length === 4, 'they were asked');
    const stopped = upstream.stop(3000);
    await new Promise((resolve) => setImmediate(resolve));
    upstream.service.release();
    await client.replies(5);
    await stopped;
    await upstream.start();
    await ask(4);
    sound();
  });

  test(`${kind}: a path that has gone mute: each question goes over a fresh connection too, from another port`, needsQuic, async (t) => {
    const upstream = await upstreamOf(t);
    const { ask, sound } = await forwarding(t, `${kind}://127.0.0.1:${upstream.port}`, NAME);
    await ask(8);
    upstream.silence();
    await ask(6);
    await ask(6);
    assert.ok(upstream.handshakes >= 2);
    sound();
  });

  for (const early of [true, false]) {
    const who = early ? 'early_data asks' : 'nobody asks';
    test(`${kind}: a session is gone on with, and ${who} before the handshake`, needsQuic, async (t) => {
      const upstream = await upstreamOf(t);
      const properties = `${NAME}${early ? '\nearly_data' : ''}`;
      const { ask, send, client, sound } = await forwarding(t, `${kind}://127.0.0.1:${upstream.port}`, properties);
      await ask(2);
      await upstream.stop(1000);
      await upstream.start();
      const { asked } = upstream.service;
      // What the upstream says does not come through: whoever asks has not waited for it.
      upstream.deaf = true;
      const { came } = upstream;
      send();
      await eventually(() => (early ? upstream.service.asked > asked : upstream.came > came), 'the first flight');
      assert.equal(upstream.service.asked > asked, early);
      upstream.deaf = false;
      await client.replies(3);
      await eventually(() => upstream.blocks.counted.includes('TLSv1.3 resumed'), upstream.blocks.counted.join());
      sound();
    });
  }

  const X509 = 'tls: failed to verify certificate: x509: certificate';
  for (const [what, name, ca, told] of [
    ['another name', 'other.test', authority.pem, 'is valid for dns.test, 127.0.0.1, not other.test'],
    ['a stranger', 'dns.test', new Authority('nobody knows it').pem, 'signed by unknown authority'],
  ] as const) {
    test(`${kind}: an upstream with the certificate of ${what} is not believed, and the log says who and why`, needsQuic, async (t) => {
      const upstream = await upstreamOf(t);
      const properties = `tls_servername ${name}\nmax_connect_attempts 1`;
      const { ask, server } = await forwarding(t, `${kind}://127.0.0.1:${upstream.port}`, properties, ca);
      await ask(1);
      assert.match(server.log(), new RegExp(`dial udp 127\\.0\\.0\\.1:\\d+: ${X509} ${told}`));
      assert.equal(upstream.service.asked, 0);
    });
  }

  test(`${kind}: the address is the name where none is said, and %NAME is another one`, needsQuic, async (t) => {
    const upstream = await upstreamOf(t);
    const byAddress = await forwarding(t, `${kind}://127.0.0.1:${upstream.port}`);
    await byAddress.ask(1);
    byAddress.sound();
    const byName = await forwarding(t, `${kind}://127.0.0.1%dns.test:${upstream.port}`);
    await byName.ask(1);
    byName.sound();
  });
}

test('quic: the option of TCP keepalive is kept from the upstream, which would end the connection', needsQuic, async (t) => {
  const upstream = await new Upstream('quic', doq).listen(t);
  const { ask, client, sound } = await forwarding(t, `quic://127.0.0.1:${upstream.port}`, NAME);
  await ask(1);
  const asked = Buffer.concat([question(900, 'now.kept.test'), Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, 11, 0, 0])]);
  asked[11] = 1;
  client.send(asked);
  await client.replies(2);
  assert.equal(upstream.handshakes, 1);
  assert.equal(upstream.service.asked, 2);
  sound();
});

test('one line may have upstreams of several kinds', needsQuic, async (t) => {
  const first = await new Upstream('quic', doq).listen(t), second = await new Upstream('https3', https3).listen(t);
  const to = `quic://127.0.0.1%dns.test:${first.port} https3://127.0.0.1%dns.test:${second.port}`;
  const { ask, sound } = await forwarding(t, to, 'policy round_robin');
  await ask(1);
  await ask(1);
  await ask(2);
  assert.deepEqual([first.service.asked, second.service.asked], [2, 2]);
  sound();
});
