// Questions over HTTPS: which version TLS agrees on, whose name and certificate count, what is shown of ours, and that a second connection
// comes back to the first one's session. node:https and node:http2 play the upstream. Knows the way alone.
import assert from 'node:assert/strict';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { connect } from 'node:tls';
import { Name } from '../dns/name.ts';
import { systemClock } from '../kernel/clock.ts';
import { Authority } from '../testing/certificates.ts';
import { ask, makeQuestion } from './ask.ts';
import type { ClientTls, ConnectSecurely } from './client-tls.ts';
import { HttpWay } from './http-way.ts';
import { DEFAULT_POOL } from './pool-settings.ts';
import { RandomIds } from './random-ids.ts';
import { Timers } from './timers.ts';
import { Upstream } from './upstream.ts';
import { FakeDatagrams } from '../testing/fake-datagrams.ts';
import { UNCOUNTED } from './pool-settings.ts';

const authority = new Authority();
const good = authority.sign({ names: ['dns.test'] });

/** An upstream by this way. */
function upstreamAt(t: TestContext, port: number, options: ClientTls): Upstream {
  const timers = new Timers(systemClock);
  const ids = new RandomIds();
  const to = { address: '127.0.0.1', port };
  const way = new HttpWay({
    kind: 'https', method: 'POST', to, tls: { connect: connect as unknown as ConnectSecurely, options }, timers, ids,
    settings: DEFAULT_POOL, wall: () => 0,
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

test('a certificate of another name, of nobody whom we trust, and a server that wants one of ours', async (t) => {
  const port = await serve(t, createSecureServer(good), []);
  const other = await asked(upstreamAt(t, port, { ca: authority.pem, servername: 'other.test' }));
  assert.match(other, /^https:\/\/127\.0\.0\.1:PORT: tls: .*other\.test/);
  assert.match(await asked(upstreamAt(t, port, { ca: authority.pem, servername: undefined })), /tls: .*127\.0\.0\.1/);
  assert.match(await asked(upstreamAt(t, port, { servername: 'dns.test' })), /^https:\/\/127\.0\.0\.1:PORT: tls: /);
  const strict = await serve(t, createSecureServer({ ...good, ca: authority.pem, requestCert: true, rejectUnauthorized: true }), []);
  assert.match(await asked(upstreamAt(t, strict, { ca: authority.pem, servername: 'dns.test' })), /^https:\/\/127\.0\.0\.1:PORT: /);
  const { cert, key } = authority.sign({ names: ['client.test'] });
  assert.equal(await asked(upstreamAt(t, strict, { ca: authority.pem, servername: 'dns.test', cert, key })), 'answered 24');
});
