// One GET against a server that sends raw bytes: how it ends, and how it lets other work have its turn. Knows sockets.
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { get } from './http-get.ts';
import { KeptConnections } from './kept-connections.ts';
import type { ReplyHead } from '../http/head.ts';
import { until } from './scripted-api.test.ts';

/** A server that does this with each connection once its request is there. */
async function serve(t: TestContext, answer: (socket: Socket, request: string) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (bytes) => answer(socket, bytes.toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
const ask = (port: number) => ({
  host: '127.0.0.1', port, authority: `127.0.0.1:${port}`, tls: undefined, target: '/x?y=1',
  headers: [['Accept', 'application/json']] as const,
  limits: { connect: 1000, head: 2000, silence: 3000 },
});
const never = new AbortController().signal;
/** Real time, but for limits that a busy machine would not keep. */
const patient: Clock = { ...systemClock, after: (milliseconds, call) => systemClock.after(milliseconds * 60, call) };
const nobody = { head: () => {}, content: () => {} };

test('what is sent, and a body with content behind it', async (t) => {
  let sent = '', got = '';
  const port = await serve(t, (socket, request) => {
    sent = request;
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokrest');
  });
  const reader = { head: ({ status }: ReplyHead) => void (got += status), content: (part: Buffer) => void (got += part.toString()) };
  await get(ask(port), reader, patient, never);
  assert.equal(got, '200ok');
  assert.equal(sent, `GET /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: application/json\r\nConnection: close\r\n\r\n`);
});

test('a large body leaves turns to others', async (t) => {
  const size = 16 << 20;
  const port = await serve(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size, 120));
  });
  let bytes = 0, turns = 0, over = false;
  const turn = () => {
    turns++;
    if (!over) setImmediate(turn);
  };
  turn();
  await get(ask(port), { head: () => {}, content: (part) => void (bytes += part.length) }, patient, never);
  over = true;
  assert.equal(bytes, size);
  assert.ok(turns > size / (1 << 18), `${turns} turns`);
});

test('no reply, half a reply, no HTTP', async (t) => {
  const replies = ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'SSH-2.0\r\n\r\n'];
  const port = await serve(t, (socket) => socket.end(replies.shift()!));
  for (const kind of ['cut', 'cut', 'cut', 'protocol']) await assert.rejects(get(ask(port), nobody, patient, never), { kind });
});

test('a head and a body that do not come', async (t) => {
  const clock = new FakeClock();
  let connections = 0;
  const port = await serve(t, (socket) => {
    if (++connections > 1) socket.write('HTTP/1.1 200 OK\r\n\r\n');
  });
  const headless = assert.rejects(get(ask(port), nobody, clock, never),
    { kind: 'timeout', message: `127.0.0.1:${port}: net/http: timeout awaiting response headers` });
  await until(() => connections === 1);
  await clock.elapse(2000);
  await headless;
  let opened = false;
  const silent = assert.rejects(get(ask(port), { head: () => void (opened = true), content: () => {} }, clock, never),
    { kind: 'timeout', message: `127.0.0.1:${port}: nothing came for 3 s` });
  await until(() => opened);
  await clock.elapse(3000);
  await silent;
});

test('it ends when we say so, and when the reader throws', async (t) => {
  let closed = 0;
  const port = await serve(t, (socket) => {
    socket.on('close', () => closed++);
    socket.write('HTTP/1.1 200 OK\r\n\r\nx');
  });
  const control = new AbortController();
  const reader = { head: () => control.abort(), content: () => assert.fail('after the end') };
  await assert.rejects(get(ask(port), reader, patient, control.signal), { kind: 'aborted' });
  await assert.rejects(get(ask(port), nobody, patient, control.signal), { kind: 'aborted' });
  await assert.rejects(get(ask(port), { head: () => {}, content: () => { throw new Error('enough'); } }, patient, never), /enough/);
  await until(() => closed === 2);
});

/** A server that answers each request on a connection in turn, and the number of the connection that each came on. */
async function serveAll(t: TestContext, ...replies: string[]) {
  const came: number[] = [];
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const mine = ++connections;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => {
      came.push(mine);
      const reply = replies[came.length - 1] ?? OK;
      if (reply === GONE) socket.destroy();
      else socket.write(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { came, sockets, what: ask((server.address() as AddressInfo).port) };
}
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', GONE = 'gone';

test('a request follows another one on its connection, where the reply before was whole and the server goes on', async (t) => {
  const chunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
  const { came, what } = await serveAll(t, OK, chunks, OK,
    OK.replace('\r\n\r\n', '\r\nConnection: Close\r\n\r\n'), OK.replace('1.1', '1.0'), `${OK}more`, OK);
  const kept = new KeptConnections(systemClock);
  for (let i = 0; i < 7; i++) {
    let got = '';
    await get({ ...what, kept }, { head: () => {}, content: (part) => void (got += part.toString()) }, patient, never);
    assert.equal(got, 'ok');
  }
  assert.deepEqual(came, [1, 1, 1, 1, 2, 3, 4]);
  kept.close();
});

test('one that the server has closed meanwhile costs nothing: the request goes to a fresh one', async (t) => {
  const { came, what, sockets } = await serveAll(t, OK, GONE, OK, GONE);
  const kept = new KeptConnections(systemClock);
  let heads = 0;
  const reader = { head: () => void heads++, content: () => {} };
  await get({ ...what, kept }, reader, patient, never);
  await get({ ...what, kept }, reader, patient, never);
  assert.deepEqual([came, heads], [[1, 1, 2], 2]);
  // A fresh one that ends is an error, and what may not be asked twice goes to no other.
  kept.close();
  await assert.rejects(get({ ...what, kept: new KeptConnections(systemClock) }, reader, patient, never), { kind: 'cut' });
  const again = new KeptConnections(systemClock);
  await get({ ...what, kept: again }, reader, patient, never);
  await get({ ...what, kept: again, body: Buffer.from('x') }, reader, patient, never);
  assert.deepEqual(came.slice(3), [3, 4, 5]);
  again.close();
  await until(() => [...sockets].every((socket) => socket.destroyed));
});

test('it is kept for five seconds, for who shows and trusts the same, and until it is said that it is over', async (t) => {
  const { came, what, sockets } = await serveAll(t);
  const clock = new FakeClock();
  const kept = new KeptConnections(clock);
  const go = () => get({ ...what, kept }, nobody, clock, never);
  await go();
  await clock.elapse(4999);
  await go();
  await clock.elapse(5000);
  await until(() => [...sockets].every((socket) => socket.destroyed));
  await go();
  assert.deepEqual(came, [1, 1, 2]);
  assert.equal(kept.take(`http 127.0.0.1 ${what.port}`, {}), undefined);
  // What nobody asked for ends it.
  for (const socket of sockets) if (!socket.destroyed) socket.write('more');
  await until(() => [...sockets].every((socket) => socket.destroyed));
  await Promise.all(Array.from({ length: 6 }, () => go()));
  await until(() => [...sockets].filter((socket) => !socket.destroyed).length === 4, 'four are kept');
  kept.close();
  await until(() => [...sockets].every((socket) => socket.destroyed));
  await go();
  await until(() => [...sockets].every((socket) => socket.destroyed));
});
