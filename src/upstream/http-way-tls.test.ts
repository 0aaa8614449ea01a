// Questions over HTTPS, and as far as the handshake goes over TLS: which version TLS agrees on, whose name and certificate count, what is
// shown of ours, and that a second connection comes back to the first one's session. node:https and node:http2 play the upstream. Knows
// the ways alone.
import assert from 'node:assert/strict';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createPlainServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import tls from 'node:tls';
import { Name } from '../dns/name.ts';
import { systemClock } from '../kernel/clock.ts';
import { Authority } from '../testing/certificates.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { ask, makeQuestion } from './ask.ts';
import { Asking } from './asking.ts';
import type { ClientPem } from './client-tls.ts';
import { SecureClient } from '../secure/client.ts';
import { HTTP_PROTOCOLS, HttpWay } from './http-way.ts';
import { DEFAULT_POOL } from './pool-settings.ts';
import { RandomIds } from './random-ids.ts';
import { StreamPool } from './stream-pool.ts';
import { Timers } from './timers.ts';
import { Upstream } from './upstream.ts';
import { FakeDatagrams } from '../testing/fake-datagrams.ts';
import { UNCOUNTED } from './pool-settings.ts';

const authority = new Authority();
const good = authority.sign({ names: ['dns.test'] });

/** A question that is never answered. */
class Hopeless extends Asking {
  error: string | undefined;
  constructor(until: number) {
    super();
    this.question = makeQuestion(Name.parse('a.test.'), 1, true);
    this.until = until;
  }
  answered(): void {
    assert.fail();
  }
  mismatched(): void {
    assert.fail();
  }
  failed(error: Error): void {
    this.error = error.message;
  }
}

/** An upstream by this way. */
function upstreamAt(t: TestContext, port: number, { servername: serverName, ...pem }: ClientPem & { servername?: string }): Upstream {
  const timers = new Timers(systemClock);
  const ids = new RandomIds();
  const to = { address: '127.0.0.1', port };
  const way = new HttpWay({
    kind: 'https', method: 'POST', to, secure: new SecureClient(tls, { pem, serverName, protocols: HTTP_PROTOCOLS.https }), serverName,
    timers, ids, settings: DEFAULT_POOL, wall: () => 0,
  });
  const upstream = new Upstream({ to, datagrams: new FakeDatagrams(), timers, ids, settings: DEFAULT_POOL, counter: UNCOUNTED }, way);
  t.after(() => upstream.close());
  return upstream;
}
const asked = (upstream: Upstream): Promise<string> => ask(upstream, makeQuestion(Name.parse('a.test.'), 1, true), 'tcp')
  .then((reply) => `answered ${reply!.length}`, (error: Error) => error.message.replaceAll(/\.1:\d+/g, '.1:PORT'));

/** Gives the question back, and notes what it came with. */
async function serve(t: TestContext, server: Server, notes: string[]): Promise<number> {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const reply = Buffer.concat(parts);
      reply[2] = reply[2]! | 0x80;
      const { authority: name, host } = { authority: request.headers[':authority'], host: request.headers.host };
      notes.push(`${request.httpVersion} ${request.method} ${request.url} ${name ?? host} ${request.headers['content-type']}`);
      response.writeHead(200, { 'content-type': 'application/dns-message' });
      response.end(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('HTTP/2 where TLS agrees on it, HTTP/1.1 otherwise; the name is whom we ask', async (t) => {
  for (const [version, server] of [['2.0', createSecureServer(good)], ['1.1', createServer(good)]] as const) {
    const notes: string[] = [];
    const upstream = upstreamAt(t, await serve(t, server, notes), { ca: authority.pem, servername: 'dns.test' });
    assert.deepEqual(new Set(await Promise.all(Array.from({ length: 40 }, () => asked(upstream)))), new Set(['answered 24']));
    assert.deepEqual([...new Set(notes)], [`${version} POST /dns-query dns.test application/dns-message`]);
    assert.equal(notes.length, 40);
  }
});

const NOT = 'dial tcp 127.0.0.1:PORT: tls: failed to verify certificate: x509:';
test('a certificate of another name, of nobody whom we trust, and a server that wants one of ours, in the words of tls://', async (t) => {
  const port = await serve(t, createSecureServer(good), []);
  const ca = authority.pem;
  for (const [options, told] of [
    [{ ca, servername: 'other.test' }, 'certificate is valid for dns.test, not other.test'],
    [{ ca }, "cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"],
    [{ servername: 'dns.test' }, 'certificate signed by unknown authority'],
  ] as const) assert.equal(await asked(upstreamAt(t, port, options)), `${NOT} ${told}`);
  const past = await serve(t, createSecureServer(authority.sign({ names: ['dns.test'], until: 1e12 })), []);
  assert.equal(await asked(upstreamAt(t, past, { ca, servername: 'dns.test' })), `${NOT} certificate has expired or is not yet valid`);
  const strict = await serve(t, createSecureServer({ ...good, ca, requestCert: true, rejectUnauthorized: true }), []);
  const unknown = await asked(upstreamAt(t, strict, { ca, servername: 'dns.test' }));
  assert.match(unknown, /^https:\/\/127\.0\.0\.1:PORT: tls: .*certificate required$/);
  const { cert, key } = authority.sign({ names: ['client.test'] });
  assert.equal(await asked(upstreamAt(t, strict, { ca, servername: 'dns.test', cert, key })), 'answered 24');
});

test('an address where the name stands is what the certificate has to have', async (t) => {
  const port = await serve(t, createSecureServer(authority.sign({ names: ['127.0.0.9'] })), []);
  const at = (servername: string) => asked(upstreamAt(t, port, { ca: authority.pem, servername }));
  assert.equal(await at('127.0.0.9'), 'answered 24');
  assert.equal(await at('127.0.0.8'), `${NOT} certificate is valid for 127.0.0.9, not 127.0.0.8`);
  assert.equal(await at('dns.test'), `${NOT} certificate is not valid for any names, but wanted to match dns.test`);
});

test('who speaks no TLS, and who hangs up', async (t) => {
  for (const [greeting, told] of [
    ['220 welcome\r\n', 'tls: first record does not look like a TLS handshake'], ['', 'connect: (EOF|connection reset by peer)'],
  ] as const) {
    const port = await serve(t, createPlainServer((socket) => socket.on('error', () => {}).end(greeting)), []);
    assert.match(await asked(upstreamAt(t, port, { servername: 'dns.test' })), new RegExp(`^dial tcp 127\\.0\\.0\\.1:PORT: ${told}$`));
  }
});

for (const kind of ['https', 'tls'] as const) {
  test(`${kind}: a handshake that never ends takes half of the time that is left, so that there is another try`, async (t) => {
    const sockets = new Set<Socket>();
    t.after(() => {
      for (const socket of sockets) socket.destroy();
    });
    // As behind a path that swallows what is long: the connection stands, and what is said on it goes nowhere.
    const port = await serve(t, createPlainServer((socket) => sockets.add(socket.on('error', () => {}))), []);
    const clock = new FakeClock();
    const timers = new Timers(clock);
    const secure = new SecureClient(tls, { pem: {}, serverName: 'dns.test', protocols: [] });
    const parts = { to: { address: '127.0.0.1', port }, timers, ids: new RandomIds(), settings: DEFAULT_POOL };
    const way = kind === 'tls' ? new StreamPool({ ...parts, counter: UNCOUNTED }, secure)
      : new HttpWay({ ...parts, kind, method: 'POST', secure, wall: () => 0 });
    const begun = timers.now;
    for (const latest of [2600, 3900]) {
      const asking = new Hopeless(begun + 5000);
      assert.equal(way.ask(asking), undefined);
      for (let waited = 0; asking.error === undefined && waited < 6000; waited += 100) await clock.elapse(100);
      assert.equal(asking.error, `dial tcp 127.0.0.1:${port}: i/o timeout`);
      assert.ok(timers.now - begun <= latest, `${timers.now - begun}`);
    }
    way.close();
  });
}
