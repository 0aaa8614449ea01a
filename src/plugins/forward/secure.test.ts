// Upstreams over TLS, asked through a server: one connection for many questions, sessions, paths that go mute, connections that die, and
// who is not who it should be.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { Authority } from '../../testing/certificates.ts';
import { framed, udpClient } from '../../testing/conformance/transport-clients.ts';
import { question } from '../../testing/conformance/transport-service.ts';
import { serve } from '../../testing/served.ts';
import { freePort } from '../../testing/free-port.ts';
import errors from '../errors/index.ts';
import prometheus from '../prometheus/index.ts';
import forward from './index.ts';

const authority = new Authority();
const PLUGINS = [errors, prometheus, forward];

/** A server over TLS that repeats the question as its answer. */
class SecureUpstream {
  readonly connections = new Set<TLSSocket>();
  opened = 0;
  resumed = 0;
  asked = 0;
  /** The last question. */
  last: Buffer | undefined = undefined;
  /** What it does with a question: answers, says nothing, or ends the connection. */
  does: (count: number, socket: TLSSocket) => 'answer' | 'nothing' | 'end' = () => 'answer';
  readonly #server;

  constructor(names: readonly string[] = ['dns.test'], by = authority) {
    this.#server = createServer({ ...by.sign({ names }), ALPNProtocols: ['dot'] }, (socket) => {
      this.opened++;
      if (socket.isSessionReused()) this.resumed++;
      this.connections.add(socket);
      socket.on('error', () => {}).on('close', () => this.connections.delete(socket));
      let rest = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        for (; rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0); rest = rest.subarray(2 + rest.readUInt16BE(0))) {
          this.#answer(socket, Buffer.from(rest.subarray(2, 2 + rest.readUInt16BE(0))));
        }
      });
    });
  }
  #answer(socket: TLSSocket, packet: Buffer): void {
    this.last = Buffer.from(packet);
    const what = this.does(++this.asked, socket);
    if (what === 'end') socket.destroy();
    if (what !== 'answer') return;
    packet[2] = packet[2]! | 0x80;
    socket.write(framed(packet));
  }
  async listen(t: TestContext): Promise<number> {
    t.after(() => {
      this.#server.close();
      for (const socket of this.connections) socket.destroy();
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as { port: number }).port;
  }
  /** Ends all connections. */
  cut(): void {
    for (const socket of this.connections) socket.destroy();
  }
}

/** A server that forwards, and a client of it. */
async function forwarding(t: TestContext, to: string, properties = '', words = '') {
  const folder = mkdtempSync(join(tmpdir(), 'forward-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, authority.pem);
  const line = `forward . ${to} {\n tls ${ca}\n tls_servername dns.test\n ${properties}\n }`;
  const server = await serve(`. {\n errors\n ${words}\n ${line}\n}\n`, PLUGINS);
  t.after(() => server.close());
  const client = await udpClient('127.0.0.1', server.port);
  t.after(() => client.close());
  let id = 0;
  /** Asks so many new names at once; the rcodes of what came. */
  const ask = async (count: number): Promise<number> => {
    const before = client.got.length;
    for (let i = 0; i < count; i++) client.send(question(++id, `n${id}.test`));
    await client.replies(before + count);
    return client.got.slice(before).length;
  };
  return { server, ask, client };
}

test('many questions share few connections, and later ones the same', async (t) => {
  const upstream = new SecureUpstream();
  const { ask } = await forwarding(t, `tls://127.0.0.1:${await upstream.listen(t)}`);
  await ask(1);
  assert.equal(upstream.opened, 1);
  for (let i = 0; i < 20; i++) await ask(8);
  assert.equal(upstream.opened, 1);
  await ask(200);
  assert.ok(upstream.opened <= 16, `${upstream.opened} connections`);
  assert.equal(upstream.asked, 361);
});

test('a connection that ends under questions makes none fail, and the next one resumes its session', async (t) => {
  const upstream = new SecureUpstream();
  const { ask, server } = await forwarding(t, `tls://127.0.0.1:${await upstream.listen(t)}`);
  await ask(4);
  upstream.cut();
  await ask(4);
  let ended = 0;
  upstream.does = (_, socket) => (ended < 3 && [...upstream.connections].includes(socket) && ++ended > 0 ? 'end' : 'answer');
  await ask(4);
  upstream.does = () => 'answer';
  await ask(4);
  assert.equal(server.log().includes('ERROR'), false, server.log());
  assert.ok(upstream.resumed > 0);
});

test('a path that has gone mute: each question goes over a fresh connection too, and the mute one gets no more', async (t) => {
  const upstream = new SecureUpstream();
  const { ask, server } = await forwarding(t, `tls://127.0.0.1:${await upstream.listen(t)}`);
  await ask(8);
  const [mute] = [...upstream.connections];
  let heard = 0;
  upstream.does = (_, socket) => {
    if (socket !== mute) return 'answer';
    heard++;
    return 'nothing';
  };
  await ask(6);
  assert.ok(heard >= 6);
  const before = heard;
  await ask(6);
  assert.equal(heard, before);
  assert.equal(server.log().includes('ERROR'), false, server.log());
});

test('no connection is used for longer than max_age, so that pods behind one address share the load', async (t) => {
  const upstream = new SecureUpstream();
  const { ask, server } = await forwarding(t, `tls://127.0.0.1:${await upstream.listen(t)}`, 'expire 100ms\nmax_age 100ms');
  for (let rounds = 0; upstream.opened < 4; rounds++) {
    assert.ok(rounds < 5000, `${upstream.opened} connections`);
    await ask(1);
  }
  assert.equal(server.log().includes('ERROR'), false, server.log());
  assert.ok(upstream.resumed >= 2, `${upstream.resumed} resumed`);
});

const X509 = 'tls: failed to verify certificate: x509: certificate';
for (const [what, names, by, told] of [
  ['another name', ['other.test'], authority, 'is valid for other.test, not dns.test'],
  ['a stranger', ['dns.test'], new Authority('nobody knows it'), 'signed by unknown authority'],
] as const) {
  test(`an upstream with the certificate of ${what} is not believed, and the log says who and why`, async (t) => {
    const upstream = new SecureUpstream(names, by);
    const { ask, server } = await forwarding(t, `tls://127.0.0.1:${await upstream.listen(t)}`, 'max_connect_attempts 1');
    await ask(1);
    assert.match(server.log(), new RegExp(`dial tcp 127\\.0\\.0\\.1:\\d+: ${X509} ${told}`));
    assert.equal(upstream.asked, 0);
  });
}

test('who speaks no TLS is told as such; another upstream of the line answers', async (t) => {
  const plain = createPlainServer((socket) => socket.on('error', () => {}).end('220 welcome\r\n'));
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  t.after(() => plain.close());
  const { port } = plain.address() as { port: number };
  const upstream = new SecureUpstream();
  const { ask, server } = await forwarding(t, `tls://127.0.0.1:${port} tls://127.0.0.1:${await upstream.listen(t)}`, 'policy sequential');
  await ask(5);
  assert.equal(server.log().includes('ERROR'), false, server.log());
  assert.equal(upstream.asked, 5);
});

test('an upstream that ends each connection is named with its address', async (t) => {
  const upstream = new SecureUpstream();
  upstream.does = () => 'end';
  const { ask, server } = await forwarding(t, `tls://127.0.0.1:${await upstream.listen(t)}`, 'max_connect_attempts 1');
  await ask(1);
  assert.match(server.log(), /read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: (EOF|read: connection reset by peer)/);
});

test('padding: questions are padded to 128 octets on their way, and clients see nothing of it', async (t) => {
  const upstream = new SecureUpstream();
  const { ask, client } = await forwarding(t, `tls://127.0.0.1:${await upstream.listen(t)}`, 'padding');
  await ask(1);
  assert.equal(upstream.last!.length, 128);
  assert.equal(upstream.last!.readUInt16BE(10), 1);
  assert.equal(client.got[0]!.length, question(1, 'n1.test').length);
});

test('what stands, shakes hands, resumes and goes mute is counted, and nothing before', async (t) => {
  const upstream = new SecureUpstream();
  const port = await freePort();
  const to = `127.0.0.1:${await upstream.listen(t)}`;
  const { ask } = await forwarding(t, `tls://${to}`, '', `prometheus 127.0.0.1:${port}`);
  const counted = async (): Promise<string[]> => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return text.split('\n').filter((line) => /^coredns_upstream_(connections|handshakes|mute|raced)/.test(line));
  };
  assert.deepEqual(await counted(), []);
  await ask(4);
  assert.deepEqual(await counted(), [
    `coredns_upstream_connections{proto="tcp-tls",to="${to}"} 1`, `coredns_upstream_handshakes_total{resumed="false",to="${to}"} 1`,
  ]);
  const [mute] = upstream.connections;
  upstream.does = (_, socket) => (socket === mute ? 'nothing' : 'answer');
  await ask(1);
  const after = await counted();
  assert.ok(after.includes(`coredns_upstream_mute_connections_total{to="${to}"} 1`), after.join('\n'));
  assert.ok(after.includes(`coredns_upstream_handshakes_total{resumed="true",to="${to}"} 1`), after.join('\n'));
  upstream.cut();
});
