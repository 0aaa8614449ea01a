// DNS over TLS against what every transport must do, and what is its alone: certificates by name, clients' certificates, tickets, who
// does not speak TLS.
import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
import { createConnection } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import * as tls from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { ListenerSettings } from '../kernel/query/listener-setting.ts';
import { TlsSetting } from '../kernel/query/tls-setting.ts';
import { DEFAULT_TIMEOUTS } from '../kernel/query/transport.ts';
import { Slots } from '../kernel/slot.ts';
import { readPair } from '../secure/pair.ts';
import type { Pair } from '../secure/pair.ts';
import { ServerTls } from '../secure/server-tls.ts';
import type { ClientAuth, FailureReason } from '../secure/server-tls.ts';
import { KEPT, Tickets } from '../secure/tickets.ts';
import { Authority } from '../testing/certificates.ts';
import type { Wanted } from '../testing/certificates.ts';
import { eventually, tlsClient } from '../testing/conformance/transport-clients.ts';
import { question } from '../testing/conformance/transport-service.ts';
import { Bench, testTransport } from '../testing/conformance/transport.ts';
import { dot } from './dot.ts';

const authority = new Authority();
const pair = (...names: readonly string[]): Pair => readPair({ ...authority.sign({ names }), ca: authority.pem }, crypto);

/** Blocks with TLS, and what their handshakes came to. */
class Blocks {
  readonly counted: string[] = [];
  readonly blocks: ServerTls[];
  now = 1e12;
  #changed = new Map<ServerTls, Pair>();

  constructor(pairs: readonly Pair[], clientAuth: ClientAuth = 'nocert') {
    const secret = crypto.randomBytes(32);
    this.blocks = pairs.map((first, i) => {
      const block = new ServerTls({ at: { file: 'Corefile', line: i }, clientAuth, leastVersion: 'TLSv1.2', first, keylog: undefined });
      block.tls = tls;
      block.digest = (text) => crypto.createHash('sha256').update(text).digest('hex');
      block.pair = () => this.#changed.get(block) ?? first;
      block.counter = {
        succeeded: (version, resumed) => this.counted.push(`${version}${resumed ? ' resumed' : ''}`),
        failed: (reason: FailureReason) => this.counted.push(reason),
      };
      const derive = (from: Uint8Array, info: string, length: number) => Buffer.from(crypto.hkdfSync('sha256', from, '', info, length));
      block.tickets = new Tickets(secret, derive, () => this.now);
      return block;
    });
  }
  /** The first block has another certificate from now on. */
  change(to: Pair): void {
    const [block] = this.blocks;
    this.#changed.set(block!, to);
    const round = block!.round() + 1;
    block!.round = () => round;
  }
  get settings(): ListenerSettings {
    const blocks = this.blocks.map((block) => {
      const slots = new Slots();
      slots.put(TlsSetting, block);
      return { zone: '.', slots };
    });
    return ListenerSettings.of(blocks, { label: 'tls://:853', scheme: 'tls', warn: () => {} });
  }
}

testTransport({ name: 'TLS', kind: 'tls', open: () => dot(), everyLoopback: true, settings: new Blocks([pair('a.test')]).settings });

async function listening(t: TestContext, blocks: Blocks): Promise<Bench> {
  const bench = await new Bench('tls', undefined, blocks.settings).listen(dot());
  t.after(() => bench.close());
  return bench;
}
const client = (bench: Bench, options: ConnectionOptions = {}) => tlsClient('127.0.0.1', bench.listener.at.port, options);
/** The common name of the certificate that is shown for a server name. */
async function shown(bench: Bench, servername?: string): Promise<string | undefined> {
  const one = await client(bench, servername === undefined ? {} : { servername });
  const { subject } = (one.socket as TLSSocket).getPeerCertificate();
  one.close();
  return [subject.CN].flat()[0];
}

test('TLS: the certificate is chosen by the name: exact, wildcard, then the first', async (t) => {
  const bench = await listening(t, new Blocks([pair('one.test'), pair('*.two.test'), pair('x.two.test')]));
  assert.equal(await shown(bench), 'one.test');
  assert.equal(await shown(bench, 'one.test'), 'one.test');
  assert.equal(await shown(bench, 'ONE.test'), 'one.test');
  assert.equal(await shown(bench, 'x.two.test'), 'x.two.test');
  assert.equal(await shown(bench, 'y.two.test'), '*.two.test');
  assert.equal(await shown(bench, 'z.y.two.test'), 'one.test');
  assert.equal(await shown(bench, 'two.test'), 'one.test');
  assert.equal(await shown(bench, 'nobody.example'), 'one.test');
});

test('TLS: what the handshake said is known to who answers', async (t) => {
  const blocks = new Blocks([pair('one.test')], 'require_and_verify');
  const bench = await listening(t, blocks);
  const { cert, key } = authority.sign({ common: 'client 7' } satisfies Wanted);
  const seen: unknown[] = [];
  const { serve } = bench.service;
  bench.service.serve = (query) => {
    seen.push(query.channel.secure);
    return serve.call(bench.service, query);
  };
  const one = await client(bench, { cert, key, servername: 'one.test' });
  one.send(question(1, 'now.test'));
  await one.replies(1);
  assert.deepEqual(seen, [{ alpn: 'dot', serverName: 'one.test', subject: 'CN=client 7', version: 'TLSv1.3', isVerified: true }]);
  one.close();
});

/** Whether a question is answered. */
async function served(bench: Bench, options: ConnectionOptions): Promise<boolean> {
  try {
    const one = await client(bench, options);
    one.send(question(1, 'now.test'));
    await eventually(() => one.got.length === 1 || one.socket.destroyed || one.socket.readableEnded, 'it is answered or over');
    one.close();
    return one.got.length === 1;
  } catch {
    return false;
  }
}
for (const [clientAuth, expected] of Object.entries({
  nocert: [true, true, true], request: [true, true, true], require: [false, true, true], verify_if_given: [true, true, false],
  require_and_verify: [false, true, false],
})) {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`TLS: client_auth ${clientAuth} over ${version}: none, a good one, one of a stranger`, async (t) => {
      const blocks = new Blocks([pair('one.test')], clientAuth as ClientAuth);
      const bench = await listening(t, blocks);
      const [good, foreign] = [authority.sign({ common: 'good' }), new Authority('a stranger').sign({ common: 'good' })];
      const only = { minVersion: version, maxVersion: version };
      const bare = await served(bench, only);
      assert.deepEqual([bare, await served(bench, { ...only, ...good }), await served(bench, { ...only, ...foreign })], expected);
      assert.equal(blocks.counted.filter((each) => each.startsWith('TLS')).length, expected.filter(Boolean).length);
    });
  }
}

/** A session that the server gave, once it was used. */
async function sessionOf(bench: Bench, options: ConnectionOptions = {}): Promise<Buffer> {
  const one = await client(bench, options);
  one.send(question(1, 'now.test'));
  await one.replies(1);
  const session = (one.socket as TLSSocket).getSession()!;
  one.close();
  return session;
}
async function resumes(bench: Bench, session: Buffer, options: ConnectionOptions = {}): Promise<boolean> {
  const one = await client(bench, { ...options, session });
  one.send(question(1, 'now.test'));
  await one.replies(1);
  const resumed = (one.socket as TLSSocket).isSessionReused();
  one.close();
  return resumed;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`TLS: a ticket of ${version} counts while its key or the one after it does`, async (t) => {
    const blocks = new Blocks([pair('one.test')]);
    const bench = await listening(t, blocks);
    const only = { minVersion: version, maxVersion: version };
    const session = await sessionOf(bench, only);
    assert.equal(await resumes(bench, session, only), true);
    blocks.now += KEPT;
    assert.equal(await resumes(bench, session, only), true, 'the key before is accepted');
    assert.equal(await resumes(bench, await sessionOf(bench, only), only), true);
    (await client(bench)).close();
    blocks.now += KEPT;
    assert.equal(await resumes(bench, session, only), false, 'two keys later it is not');
  });
}

test('TLS: a ticket is worth nothing where more is asked of clients', async (t) => {
  const [open, closed] = [new Blocks([pair('one.test')]), new Blocks([pair('one.test')], 'require_and_verify')];
  closed.blocks[0]!.tickets = open.blocks[0]!.tickets;
  const [lax, strict] = [await listening(t, open), await listening(t, closed)];
  const session = await sessionOf(lax);
  assert.equal(await resumes(lax, session), true);
  assert.equal(await served(strict, { session }), false);
});

test('TLS: a certificate that changes counts from the next handshake on; who is connected stays', async (t) => {
  const blocks = new Blocks([pair('old.test')]);
  const bench = await listening(t, blocks);
  const early = await client(bench);
  assert.equal(await shown(bench), 'old.test');
  blocks.change(pair('new.test'));
  assert.equal(await shown(bench), 'new.test');
  early.send(question(1, 'now.test'));
  await early.replies(1);
  early.close();
});

test('TLS: who speaks none is told so and counted, and nobody else notices', async (t) => {
  const blocks = new Blocks([pair('one.test')]);
  const bench = await listening(t, blocks);
  bench.service.timeouts = { ...DEFAULT_TIMEOUTS, read: 200 };
  const dns = '\0\x1d\0\x01\x01\0\0\x01\0\0\0\0\0\0\x01a\x04test\0\0\x01\0\x01';
  for (const bytes of [dns, 'GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\0\x05hello']) {
    const socket = createConnection(bench.listener.at.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(Buffer.from(bytes, 'latin1'));
    await new Promise((resolve) => socket.resume().on('close', resolve));
  }
  const begun = createConnection(bench.listener.at.port, '127.0.0.1');
  begun.write(Buffer.from('\x16\x03\x01\x02\0\x01', 'latin1'));
  begun.end();
  await new Promise((resolve) => begun.resume().on('close', resolve));
  await eventually(() => blocks.counted.length === 4, 'all were counted');
  assert.deepEqual(blocks.counted, ['not_tls', 'not_tls', 'not_tls', 'timeout']);
  const one = await client(bench);
  one.send(question(1, 'now.test'));
  await one.replies(1);
  one.close();
});

test('TLS: who offers another protocol alone is refused (RFC 7301 section 3.2); who offers none is served', async (t) => {
  const bench = await listening(t, new Blocks([pair('one.test')]));
  assert.equal(await served(bench, { ALPNProtocols: ['h2'] }), false);
  assert.equal(await served(bench, { ALPNProtocols: ['h2', 'dot'] }), true);
  assert.equal(await served(bench, { ALPNProtocols: [] }), true);
});
