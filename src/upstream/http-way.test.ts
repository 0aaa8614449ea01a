// Questions to an upstream over HTTP: node:http2 and a server of raw bytes play the upstream, and go away, refuse, ask for rest, and answer
// what is none. Knows the way alone.
import assert from 'node:assert/strict';
import { createServer as createHttp2 } from 'node:http2';
import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import { Name } from '../dns/name.ts';
import { Asking } from './asking.ts';
import type { ExchangeError } from './asking.ts';
import { makeQuestion } from './ask.ts';
import { HttpWay } from './http-way.ts';
import { DEFAULT_POOL } from './pool-settings.ts';
import { RandomIds } from './random-ids.ts';
import { Timers } from './timers.ts';

class Asked extends Asking {
  readonly done: Promise<string>;
  #tell!: (text: string) => void;
  constructor(name: string) {
    super();
    this.question = makeQuestion(Name.parse(name), 1, true);
    this.until = Infinity;
    this.done = new Promise((resolve) => (this.#tell = resolve));
  }
  answered(bytes: Uint8Array, _words: Int32Array, at: number): void {
    this.#tell(`answered ${bytes[at + 3]! & 15}`);
  }
  mismatched(): void {
    this.#tell('mismatched');
  }
  failed(error: ExchangeError): void {
    this.#tell(error.message.replaceAll(/\.1:\d+/g, '.1:PORT'));
  }
}
const wayTo = (port: number, kind: 'https' | 'grpc' = 'https', method: 'GET' | 'POST' = 'POST', path?: string) => new HttpWay({
  kind, method, path, to: { address: '127.0.0.1', port }, secure: undefined, timers: new Timers(systemClock), ids: new RandomIds(),
  settings: DEFAULT_POOL, wall: () => 0,
});
/** What becomes of a question. */
function ask(way: HttpWay, name = 'a.test.'): Promise<string> {
  const asked = new Asked(name);
  const error = way.ask(asked);
  if (error !== undefined) asked.failed(error);
  return asked.done;
}
/** The question, as an answer. */
function answerTo(question: Buffer): Buffer {
  const reply = Buffer.from(question);
  reply[2] = reply[2]! | 0x80;
  return reply;
}

/** A server of HTTP/2 in the clear that does this with each request. */
async function upstream(t: TestContext, handle: (stream: ServerHttp2Stream, body: Buffer, path: string) => void,
  settings = {}): Promise<{ port: number; server: Http2Server; sessions: ServerHttp2Session[] }> {
  const server = createHttp2({ settings });
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => handle(stream, Buffer.concat(parts), headers[':path']!));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server, sessions };
}
function reply(stream: ServerHttp2Stream, body: Buffer): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': 200, 'content-type': 'application/dns-message' });
  stream.end(answerTo(body));
}

test('many questions share one connection, by POST and by GET, with id 0', async (t) => {
  const ids = new Set<number>();
  const { port, sessions } = await upstream(t, (stream, body, path) => {
    const message = path === '/dns-query' ? body : Buffer.from(path.slice('/dns-query?dns='.length), 'base64url');
    ids.add(message.readUInt16BE(0));
    reply(stream, message);
  });
  for (const method of ['POST', 'GET'] as const) {
    const way = wayTo(port, 'https', method);
    const all = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(way, `n${i}.test.`)));
    assert.deepEqual([...new Set(all)], ['answered 0']);
    way.close();
  }
  assert.deepEqual([sessions.length, [...ids]], [2, [0]]);
});

test('a server that goes away, or is gone, costs no question', async (t) => {
  let asked = 0;
  const { port, sessions } = await upstream(t, (stream, body) => {
    asked++;
    if (asked === 10) stream.session!.goaway(0, stream.id! - 4);
    if (asked === 40) return stream.session!.destroy();
    setImmediate(() => reply(stream, body));
  });
  const way = wayTo(port);
  assert.equal(await ask(way), 'answered 0');
  const all = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(way, `n${i}.test.`)));
  assert.deepEqual([...new Set(all)], ['answered 0']);
  assert.ok(sessions.length > 1);
  for (const session of sessions) session.destroy();
  assert.equal(await ask(way), 'answered 0');
  way.close();
});

test('no more streams than the server takes, and those that it refuses are asked again', async (t) => {
  let open = 0, most = 0, refused = 0;
  const { port } = await upstream(t, (stream, body) => {
    most = Math.max(most, ++open);
    setImmediate(() => {
      open--;
      if (refused++ < 1) stream.close(7);
      else reply(stream, body);
    });
  }, { maxConcurrentStreams: 4 });
  const way = wayTo(port);
  assert.equal(await ask(way), 'answered 0');
  const all = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(way, `n${i}.test.`)));
  assert.deepEqual([...new Set(all)], ['answered 0']);
  assert.ok(most <= 4 * 16, `${most}`);
  way.close();
});

test('other statuses are errors with address and status; 503 with Retry-After rests the upstream', async (t) => {
  let requests = 0;
  const { port } = await upstream(t, (stream, _body, path) => {
    requests++;
    stream.respond({ ':status': path === '/dns-query' && requests === 1 ? 404 : 503, 'retry-after': '30' });
    stream.end();
  });
  const way = wayTo(port);
  assert.equal(await ask(way), 'https://127.0.0.1:PORT: HTTP status 404');
  assert.equal(await ask(way), 'https://127.0.0.1:PORT: HTTP status 503');
  assert.equal(await ask(way), 'https://127.0.0.1:PORT: asks not to be asked for a while');
  assert.equal(requests, 2);
  way.close();
});

test('replies that are none: short, another question, an endless body, many fields', async (t) => {
  const answers: ((stream: ServerHttp2Stream, body: Buffer) => void)[] = [
    (stream) => { stream.respond({ ':status': 200 }); stream.end('short'); },
    (stream, body) => { const other = answerTo(body); other[13] = 122; stream.respond({ ':status': 200 }); stream.end(other); },
    (stream) => { stream.respond({ ':status': 200 }); stream.end(Buffer.alloc(100_000)); },
    (stream) => {
      stream.respond({ ':status': 200, ...Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`x-${i}`, 'y'.repeat(40)])) });
      stream.end();
    },
    (stream, body) => { stream.respond({ ':status': 200 }); stream.write(answerTo(body)); stream.end(); },
  ];
  answers.splice(4, 0, answers[3]!);                            // once on the connection that was there, once on another one
  const { port } = await upstream(t, (stream, body) => answers.shift()!(stream, body));
  const way = wayTo(port);
  const got: string[] = [];
  for (let i = 0; i < 5; i++) got.push(await ask(way));
  assert.deepEqual(got, [
    'https://127.0.0.1:PORT: what came is no reply', 'mismatched', 'https://127.0.0.1:PORT: the reply is too long',
    'https://127.0.0.1:PORT: what the server says is no HTTP/2 (11)', 'answered 0',
  ]);
  way.close();
});

test('gRPC: framed both ways, a status in trailers or alone, NotFound is NXDOMAIN', async (t) => {
  const say = (stream: ServerHttp2Stream, status: string, body?: Buffer) => {
    const alone = body === undefined && { 'grpc-status': status, 'grpc-message': 'why' };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...alone }, { waitForTrailers: body !== undefined });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
    stream.end(body ?? '');
  };
  const frame = (message: Buffer) => Buffer.concat([Buffer.of(0, 0, 0, 0, message.length + 2, 10, message.length), message]);
  const answers: ((stream: ServerHttp2Stream, body: Buffer) => void)[] = [
    (stream, body) => say(stream, '0', frame(answerTo(body.subarray(7)))),
    (stream) => say(stream, '14'),
    (stream) => say(stream, '5'),
    (stream, body) => say(stream, '0', Buffer.concat([Buffer.of(1), frame(answerTo(body.subarray(7))).subarray(1)])),
    (stream, body) => say(stream, '0', frame(answerTo(body.subarray(7))).subarray(0, 20)),
    (stream, body) => { const other = answerTo(body.subarray(7)); other[0] = other[0]! ^ 1; say(stream, '0', frame(other)); },
  ];
  const { port } = await upstream(t, (stream, body) => answers.shift()!(stream, body));
  const way = wayTo(port, 'grpc');
  const got: string[] = [];
  for (let i = 0; i < 6; i++) got.push(await ask(way));
  assert.deepEqual(got, [
    'answered 0', 'grpc://127.0.0.1:PORT: rpc error: code = 14 desc = why', 'answered 3', 'grpc://127.0.0.1:PORT: compressed',
    'grpc://127.0.0.1:PORT: the length of the message is another one', 'grpc://127.0.0.1:PORT: what came is no reply',
  ]);
  way.close();
});

test('no server, and one that speaks something else', async (t) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.resume().end('SSH-2.0-x\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  assert.match(await ask(wayTo(port)), /^https:\/\/127\.0\.0\.1:PORT: /);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  assert.equal(await ask(wayTo(port)), 'dial tcp 127.0.0.1:PORT: connect: connection refused');
  assert.equal(await ask(wayTo(99999)), 'dial tcp: address 99999: invalid port');
});

test('questions are asked for at the path that is said', async (t) => {
  const paths: string[] = [];
  const { port } = await upstream(t, (stream, body, path) => {
    paths.push(path.replace(/=.*/, '='));
    stream.respond({ ':status': 200, 'content-type': 'application/dns-message' });
    stream.end(answerTo(path.includes('?') ? Buffer.from(path.split('=')[1]!, 'base64url') : body));
  });
  for (const method of ['POST', 'GET'] as const) {
    const way = wayTo(port, 'https', method, '/resolve/me');
    assert.equal(await ask(way), 'answered 0');
    way.close();
  }
  assert.deepEqual(paths, ['/resolve/me', '/resolve/me?dns=']);
});
