// *dnstap* through the front door: a server with sockets, collectors that listen and readers that come, and what each of them is told.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { fc } from '../../testing/properties.ts';
import { decodeMessage } from '../../dns/message.ts';
import { Ring } from '../../store/ring.ts';
import { Memory } from '../../store/memory.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import { Spawned } from '../../testing/spawned.ts';
import { overUdp } from '../../testing/udp-question.ts';
import { standard } from '../index.ts';
import { control } from './frame-stream.ts';
import { Frames, Told, textField } from './frames.ts';
import { Collector, fieldsOf } from './made-collector.ts';
import type { Heard } from './made-collector.ts';
import { Outlet } from './outlet.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const CERTS = fileURLToPath(new URL('../../../test/conformance/certs/', import.meta.url));
const QUESTION = Buffer.from('\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\x04test\0\0\x01\0\x01', 'latin1');
const text = (value: number | Uint8Array | undefined): string => Buffer.from(value as Uint8Array).toString();
const types = (heard: readonly Heard[]): number[] => heard.map(({ message }) => message.get(1) as number);

/** Asks over UDP and waits for the answer. */
function ask(port: number, packet = QUESTION): Promise<Buffer> {
  return overUdp(port, packet);
}
function missing(program: string, ...args: readonly string[]): string | false {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? `${program} is not installed` : false;
  }
}
async function collector(t: TestContext): Promise<{ collector: Collector; port: number }> {
  const made = new Collector();
  t.after(() => made.close());
  return { collector: made, port: await made.listen() };
}
async function served(t: TestContext, lines: string) {
  const server = await serve(`. {\n${lines}\n}`, standard);
  t.after(() => server.close());
  return server;
}

test('questions and answers with all that is known of them (TAP-2, TAP-3)', async (t) => {
  const { collector: to, port } = await collector(t);
  const said = 'identity me\nversion 1.2\nextra "{name} {type} {rcode}"';
  const server = await served(t, `dnstap tcp://127.0.0.1:${port} full {\n${said}\n}\nwhoami`);
  const reply = await ask(server.port);
  await to.until(() => to.heard.length === 2);
  assert.deepEqual(to.controls, [4, 2]);
  assert.deepEqual(types(to.heard), [5, 6]);
  for (const { outside, message } of to.heard) {
    assert.deepEqual([text(outside.get(1)), text(outside.get(2)), text(outside.get(3)), outside.get(15)], ['me', '1.2', 'a.test. A -', 1]);
    assert.deepEqual([message.get(2), message.get(3), [...message.get(4) as Uint8Array]], [1, 1, [127, 0, 0, 1]]);
    assert.ok(Math.abs(Number(message.get(8)) - Date.now() / 1000) < 60 && Number(message.get(9)) < 1e9);
  }
  const [asked, answered] = to.heard.map(({ message }) => message);
  assert.deepEqual(Buffer.from(asked!.get(10) as Uint8Array), QUESTION);
  assert.deepEqual(decodeMessage(answered!.get(14) as Uint8Array), decodeMessage(reply));
  assert.equal(asked!.get(12), undefined);
});

test('a reply that the server makes itself is told too (TAP-7), and only what is asked for', async (t) => {
  const { collector: to, port } = await collector(t);
  const server = await served(t, `dnstap tcp://127.0.0.1:${port} full {\nonly client_response\n}\nerrors`);
  const reply = await ask(server.port);
  await to.until(() => to.heard.length === 1);
  assert.deepEqual(types(to.heard), [6]);
  assert.deepEqual(Buffer.from(to.heard[0]!.message.get(14) as Uint8Array), reply);
});

test('a connection that ends is opened again at once, and nothing that waits is lost', async (t) => {
  const { collector: to, port } = await collector(t);
  const server = await served(t, `dnstap tcp://127.0.0.1:${port}\nwhoami`);
  await ask(server.port);
  await to.until(() => to.heard.length === 2);
  to.hangUp();
  await to.until(() => to.controls.length === 4);
  await ask(server.port);
  await to.until(() => to.heard.length === 4);
  assert.doesNotMatch(server.log(), /No connection/);
});

test('a collector that talks rubbish, or another language, is told nothing and is said once', async (t) => {
  const said: Buffer[] = [
    Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), Buffer.from('\0\0\0\0\0\0\0\x0c\0\0\0\x01\0\0\0\x01\0\0\0\0', 'latin1'),
    Buffer.from('\0\0\0\0\xff\xff\xff\xff', 'latin1'), Buffer.from('\0\0\0\0\0\0\0\x04\0\0\0\x05', 'latin1')];
  for (const bytes of said) {
    const peer = createServer((socket) => socket.on('error', () => {}).write(bytes)).listen(0, '127.0.0.1');
    t.after(() => peer.close());
    await new Promise((resolve) => peer.once('listening', resolve));
    const server = await served(t, `dnstap tcp://127.0.0.1:${(peer.address() as AddressInfo).port}\nwhoami`);
    while (!/No connection to dnstap endpoint: dial tcp 127/.test(server.log())) await new Promise((resolve) => setImmediate(resolve));
    await ask(server.port);
  }
});

test('a listener takes any number of readers; who comes late hears what is told from then on (TAP-5)', async (t) => {
  const port = await freePort();
  const server = await served(t, `dnstap listen tcp://127.0.0.1:${port}\nwhoami`);
  await ask(server.port);
  const first = new Collector(), second = new Collector();
  t.after(() => first.close());
  t.after(() => second.close());
  await first.dial(port);
  await first.until(() => first.controls.length === 2);
  await ask(server.port);
  await first.until(() => first.heard.length === 2);
  await second.dial(port);
  await second.until(() => second.controls.length === 2);
  await ask(server.port);
  await second.until(() => second.heard.length === 2);
  await first.until(() => first.heard.length === 4);
});

test('over TLS: a collector that is verified, and a listener that wants certificates', async (t) => {
  const pem = (name: string) => readFileSync(join(CERTS, name));
  const to = new Collector();
  t.after(() => to.close());
  const files = { cert: pem('cert.pem'), key: pem('key.pem') };
  const collectorServer = createTlsServer(files, (socket) => to.read(socket)).listen(0, '127.0.0.1');
  t.after(() => collectorServer.close());
  await new Promise((resolve) => collectorServer.once('listening', resolve));
  const { port } = collectorServer.address() as AddressInfo;
  const wary = await served(t, `dnstap tls://127.0.0.1:${port}\nwhoami`);
  while (!/No connection to dnstap endpoint/.test(wary.log())) await new Promise((resolve) => setImmediate(resolve));
  const server = await served(t, `dnstap tls://127.0.0.1:${port} {\nskipverify\n}\nwhoami`);
  await ask(server.port);
  await to.until(() => to.heard.length === 2);

  const own = await freePort();
  await served(t, `dnstap listen tls://127.0.0.1:${own} {\ntls ${CERTS}cert.pem ${CERTS}key.pem ${CERTS}ca.pem\n}\nwhoami`);
  const reader = new Collector();
  t.after(() => reader.close());
  const stranger = connectTls({ port: own, host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((resolve) => stranger.on('error', resolve).on('close', resolve).resume());
  reader.read(connectTls({ port: own, host: '127.0.0.1', rejectUnauthorized: false, cert: pem('cert.pem'), key: pem('key.pem') }));
  await reader.until(() => reader.controls.length === 2);
});

test('every thread is heard, a reload goes on, and the end says STOP', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dnstap-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const to = new Collector();
  t.after(() => to.close());
  await to.listen(join(folder, 'tap.sock'));
  const port = await freePort();
  const server = new Spawned(`.:${port} {\nmultisocket 3\ndnstap ${folder}/tap.sock\nwhoami\n}\n`);
  t.after(() => server.kill());
  await server.until(async () => (await ask(port)).length > 0, 'an answer');
  await Promise.all(Array.from({ length: 30 }, () => ask(port)));
  await to.until(() => to.heard.length >= 62);
  server.write(`.:${port} {\nmultisocket 3\ndnstap ${folder}/tap.sock\nchaos\nwhoami\n}\n`);
  server.signal('SIGUSR1');
  await server.says(/Reloading complete/);
  const before = to.heard.length;
  await Promise.all(Array.from({ length: 30 }, () => ask(port)));
  await to.until(() => to.heard.length >= before + 60);
  assert.equal(to.controls.length, 2);
  server.signal('SIGTERM');
  await to.until(() => to.controls.includes(3));
});

test('what finds no room is counted, and said each ten seconds (TAP-4)', async () => {
  const memory = Memory.create(1 << 22, STORE_KEY);
  const ring = Ring.make(memory, 1 << 12)!;
  const frames = new Frames(ring, memory, 'me', '');
  const told = Object.assign(new Told(), { type: 5, message: new Uint8Array(1000), size: 1000 });
  const said: string[] = [];
  const clock = new FakeClock();
  const log = { error: () => {}, warning: (text: string) => said.push(text) } as unknown as Log;
  const line = {
    place: { path: '' }, listens: false, full: true, mostWaiting: 1, ring: 1 << 12, identity: '', version: '', extra: '', skipVerify: false,
    files: undefined, only: undefined,
  };
  const outlet = new Outlet(line, { clock, log });
  outlet.add({ all: [ring] });
  for (let i = 0; i < 10; i++) frames.put(told, new Uint8Array(0));
  await clock.elapse(10_100);
  for (let i = 0; i < 2; i++) frames.put(told, new Uint8Array(0));
  await clock.elapse(10_000);
  await clock.elapse(10_000);
  outlet.close();
  assert.deepEqual(said, ['Dropped dnstap messages: 7', 'Dropped dnstap messages: 2']);
});

test('dnstap-read reads what is told', { skip: missing('dnstap-read', '-h') }, async (t) => {
  const { collector: to, port } = await collector(t);
  const server = await served(t, `dnstap tcp://127.0.0.1:${port} full {\nextra more\n}\nwhoami`);
  await ask(server.port);
  await to.until(() => to.heard.length === 2);
  const folder = mkdtempSync(join(tmpdir(), 'dnstap-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'tap');
  writeFileSync(file, Buffer.concat([control(2, 'protobuf:dnstap.Dnstap'), ...to.frames, control(3, '')]));
  const lines = execFileSync('dnstap-read', [file]).toString().trim().split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, / CQ 127\.0\.0\.1:\d+ -> .* UDP 24b a\.test\/IN\/A$/);
  assert.match(lines[1]!, / CR 127\.0\.0\.1:\d+ <- .* UDP \d+b a\.test\/IN\/A$/);
});

test('whatever is told comes out again', () => {
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const cases = fc.record({
    type: fc.constantFrom(5, 6, 7, 8), query: fc.oneof(octets(4), octets(16)), port: fc.nat(65535),
    response: fc.oneof(fc.constant(new Uint8Array(0)), octets(4)),
    askedAt: fc.double({ min: 1, max: 4e12, noNaN: true }), message: fc.uint8Array({ maxLength: 70_000 }),
    extra: fc.string({ maxLength: 300 }),
    identity: fc.string({ maxLength: 20 }),
  });
  const memory = Memory.create(1 << 24, STORE_KEY);
  const ring = Ring.make(memory, 1 << 18)!;
  fc.assert(fc.property(cases, ({ type, query, port, response, askedAt, message, extra, identity }) => {
    const told = Object.assign(new Told(), {
      type, protocol: 2, query, queryLength: query.length, queryPort: port, response,
      responsePort: 53, askedAt, message, size: message.length,
    });
    new Frames(ring, memory, identity, '').put(told, extra === '' ? new Uint8Array(0) : textField(3, extra));
    const frame = Buffer.from(ring.look());
    ring.take(frame.length);
    assert.equal(frame.readUInt32BE(0), frame.length - 4);
    const outside = fieldsOf(frame.subarray(4));
    const inside = fieldsOf(outside.get(14) as Uint8Array);
    assert.equal(outside.get(1) === undefined ? '' : text(outside.get(1)), Buffer.from(identity).toString());
    assert.equal(outside.get(3) === undefined ? '' : text(outside.get(3)), Buffer.from(extra).toString());
    assert.deepEqual([inside.get(1), inside.get(2), inside.get(6)], [type, query.length === 4 ? 1 : 2, port]);
    assert.deepEqual(Buffer.from(inside.get(4) as Uint8Array), Buffer.from(query));
    assert.equal(inside.get(7), response.length === 0 ? undefined : 53);
    assert.ok(Math.abs(Number(inside.get(8)) * 1000 + Number(inside.get(9)) / 1e6 - askedAt) < 1);
    const bytes = inside.get((type & 1) === 1 ? 10 : 14) as Uint8Array | undefined;
    assert.deepEqual(Buffer.from(bytes ?? []), Buffer.from(message));
  }), { numRuns: 200 });
});
