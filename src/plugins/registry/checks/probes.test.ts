// Looks at real sockets: what passes, what does not and why, and that nothing is followed.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage, encodeMessage, message, QR } from '../../../dns/message.ts';
import { RCODE } from '../../../dns/rcode.ts';
import { freePort } from '../../../testing/free-port.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { checkOf } from './check-spec.ts';
import type { Check, CheckSpec } from './check-spec.ts';
import { probe } from './probes.ts';

/** A clock in which no look takes too long. */
const still = new FakeClock();
const look = (port: number, spec: CheckSpec): Promise<string | undefined> =>
  probe({ address: '127.0.0.1', port }, checkOf(spec) as Check, still);
async function listening(t: TestContext, server: Server | http2.Http2Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

test('tcp: a connection that is taken passes; one that is refused does not', async (t: TestContext) => {
  const port = await listening(t, createServer());
  assert.equal(await look(port, { tcp: true }), undefined);
  assert.equal(await look(await freePort(), { tcp: true }), 'connection refused');
});

test('http: 2xx passes, nothing else does, and nobody is led elsewhere', async (t: TestContext) => {
  const asked: string[] = [];
  const port = await listening(t, http.createServer(({ url = '', headers: { host = '' } }, response) => {
    asked.push(`${url} ${host}`);
    if (url === '/silent') return;
    response.writeHead(url === '/moved' ? 302 : Number(url.slice(1)), { Location: '/204' }).end('x'.repeat(200_000));
  }));
  assert.equal(await look(port, { http: '/200' }), undefined);
  assert.equal(await look(port, { http: '/204' }), undefined);
  assert.equal(await look(port, { http: '/moved' }), 'the reply is 302');
  assert.equal(await look(port, { http: '/503' }), 'the reply is 503');
  assert.deepEqual(asked, ['/200', '/204', '/moved', '/503'].map((path) => `${path} 127.0.0.1:${port}`));
  const broken = await listening(t, createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n')));
  assert.equal(await look(broken, { http: '/' }), 'malformed HTTP response "SSH-2.0-OpenSSH"');
  const closing = await listening(t, createServer((socket) => socket.end()));
  assert.match(await look(closing, { http: '/' }) ?? 'passed', /closed|reset/);
});

test('grpc: a service that says that it serves passes', async (t: TestContext) => {
  const asked: string[] = [];
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      const service = Buffer.concat(parts).subarray(7).toString();
      asked.push(`${headers[':path']} ${headers['content-type']} ${service}`);
      if (service === 'none') return stream.respond({ ':status': 200, 'grpc-status': '5' }, { endStream: true });
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from(`0000000002080${service === 'down' ? 2 : 1}`, 'hex'));
    });
  });
  const port = await listening(t, server);
  assert.equal(await look(port, { grpc: '' }), undefined);
  assert.equal(await look(port, { grpc: 'a.Service' }), undefined);
  assert.equal(await look(port, { grpc: 'down' }), 'it is not serving');
  assert.equal(await look(port, { grpc: 'none' }), 'the status of gRPC is 5');
  assert.deepEqual(asked, ['', 'a.Service', 'down', 'none'].map((service) => `/grpc.health.v1.Health/Check application/grpc ${service}`));
});

test('dns: an answer without an error passes, and what is none is passed over', async (t: TestContext) => {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, { port }) => {
    const query = decodeMessage(bytes);
    const rcode = query.question!.name.text === 'down.test.' ? RCODE.SERVFAIL : RCODE.NOERROR;
    socket.send('no message', port, '127.0.0.1');
    socket.send(encodeMessage(message({ ...query, id: query.id ^ 1, flags: QR }), { compress: false }), port, '127.0.0.1');
    socket.send(encodeMessage(message({ ...query, flags: QR, rcode }), { compress: false }), port, '127.0.0.1');
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => void socket.close());
  const { port } = socket.address();
  assert.equal(await look(port, { dns: 'up.test' }), undefined);
  assert.equal(await look(port, { dns: 'down.test' }), 'the answer is SERVFAIL');
  assert.equal(await look(port, { dns: 'a..b' }), 'the name is none');
});

test('who does not answer in time does not pass', async (t: TestContext) => {
  const taken: Socket[] = [];
  const port = await listening(t, createServer((socket) => taken.push(socket)));
  const clock = new FakeClock();
  const said = probe({ address: '127.0.0.1', port }, checkOf({ http: '/', timeout: '1s' }) as Check, clock);
  await clock.elapse(1000);
  assert.equal(await said, 'nothing came in time');
});
