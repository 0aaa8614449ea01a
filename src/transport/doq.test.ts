// DNS over QUIC against what every transport must do, and what is its alone: codes of RFC 9250, streams that do not end, certificates.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { QuicBlocks, authority, signed } from '../testing/conformance/quic-blocks.ts';
import { beginQuic, needsQuic, quicAddon } from '../testing/conformance/quic-client.ts';
import type { QuicClient } from '../testing/conformance/quic-client.ts';
import { QuicRig, heard } from '../testing/conformance/quic-rig.ts';
import { eventually, framed } from '../testing/conformance/transport-clients.ts';
import type { TestService } from '../testing/conformance/transport-service.ts';
import { question } from '../testing/conformance/transport-service.ts';
import { testTransport } from '../testing/conformance/transport.ts';
import { doq } from './doq.ts';
import { QuicPorts } from './quic-listener.ts';

const one = signed({ names: ['a.test'] });
if (typeof quicAddon === 'string') test('QUIC: what every transport must do', needsQuic, () => {});
else {
  const ports = new QuicPorts();
  testTransport({ name: 'QUIC', kind: 'quic', open: () => doq(ports), everyLoopback: true, settings: new QuicBlocks([one]).settings });
}

/** A question with an option in its OPT. */
function withOption(code: number): Buffer {
  const opt = Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 6, code >> 8, code, 0, 2, 0, 0]);
  const bytes = Buffer.concat([question(0, 'now.test'), opt]);
  bytes[11] = 1;
  return bytes;
}
const wrong: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ['an id that is not 0', framed(question(7, 'now.test'))],
  ['the option of TCP keepalive', framed(withOption(11))],
  ['nothing at all', new Uint8Array(0)],
  ['a length of 0', Uint8Array.of(0, 0)],
  ['half a length', Uint8Array.of(0)],
  ['less than its length', framed(question(0, 'now.test')).subarray(0, 20)],
  ['more than its length', Buffer.concat([framed(question(0, 'now.test')), Uint8Array.of(1)])],
  ['two messages', Buffer.concat([framed(question(0, 'now.test')), framed(question(0, 'now.test'))])],
  ['a reply', framed(Buffer.from(question(0, 'now.test')).fill(0x80, 2, 3))],
  ['a message that no header has', framed(Uint8Array.of(0, 0, 1))],
];
for (const [what, bytes] of wrong) {
  test(`DoQ: ${what} is a protocol error, and ends the connection (RFC 9250 section 4.3.3)`, needsQuic, async (t) => {
    const rig = await QuicRig.open(t);
    const client = await rig.client();
    client.raw(bytes);
    await heard(client, 'closed peer 2');
    assert.deepEqual(rig.blocks.counted, ['TLSv1.3', 'answered 2']);
    assert.equal(rig.service.asked, 0);
  });
}
test('DoQ: a stream of one direction is a protocol error', needsQuic, async (t) => {
  const client = await (await QuicRig.open(t)).client();
  client.connection.send(client.connection.open(true), Uint8Array.of(1), 0, 1, false);
  await heard(client, 'closed peer 2');
});
test('DoQ: other options are no error, and a question in pieces is one', needsQuic, async (t) => {
  const client = await (await QuicRig.open(t)).client();
  client.raw(framed(withOption(10)));
  await client.replies(1);
  const bytes = framed(question(0, 'now.test'));
  const stream = client.connection.open(false);
  for (let i = 0; i < bytes.length; i++) {
    client.connection.send(stream, bytes, i, 1, i + 1 === bytes.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.replies(2);
});
test('DoQ: a question that does not end costs its stream alone (TR-14)', needsQuic, async (t) => {
  const rig = await QuicRig.open(t, {}, 50);
  const client = await rig.client();
  const bytes = framed(question(0, 'now.test'));
  const stream = client.connection.open(false);
  client.connection.send(stream, bytes, 0, 9, false);
  await heard(client, `reset ${stream} 1`);
  await heard(client, `stopped ${stream} 1`);
  client.send(question(3, 'now.test'));
  await client.replies(1);
  assert.deepEqual(rig.blocks.counted, ['TLSv1.3', 'answered 1', 'answered 0']);
});
test('DoQ: a question that its client gives up is forgotten, and its seat is free', needsQuic, async (t) => {
  const { service, client } = await withHeld(t);
  client.connection.stop(0, 3);
  client.connection.stop(4, 3);
  client.send(question(9, 'now.test'));
  await client.replies(1);
  service.release();
  client.send(question(10, 'now.test'));
  await client.replies(2);
  assert.deepEqual(client.got.map(({ id }) => id), [9, 10]);
  await eventually(() => service.arena.left === service.arena.capacity, 'all seats are free');
});
async function withHeld(t: TestContext): Promise<{ service: TestService; client: QuicClient }> {
  const rig = await QuicRig.open(t);
  const client = await rig.client();
  for (const id of [1, 2]) client.send(question(id, 'hold.test'));
  await eventually(() => rig.service.held.length === 2, 'both were asked');
  return { service: rig.service, client };
}
test('DoQ: a connection that is gone takes its questions along', needsQuic, async (t) => {
  const { service, client } = await withHeld(t);
  client.close();
  await new Promise((resolve) => setTimeout(resolve, 30));
  service.release();
  await eventually(() => service.arena.left === service.arena.capacity, 'all seats are free');
});
test('DoQ: what is not answered is an internal error of its stream', needsQuic, async (t) => {
  const rig = await QuicRig.open(t);
  const client = await rig.client();
  client.send(question(1, 'never.test'));
  await heard(client, 'reset 0 1');
});
test('DoQ: several messages answer one question, and one that breaks off is an error of its stream', needsQuic, async (t) => {
  const rig = await QuicRig.open(t);
  const client = await rig.client();
  client.send(question(1, 'stream.test'));
  assert.equal((await client.replies(3)).length, 3);
  client.send(question(2, 'broken.test'));
  await heard(client, 'reset 4 1');
  client.send(question(3, 'now.test'));
  await client.replies(4);
});
test('DoQ: an endless answer ends when its client gives it up', needsQuic, async (t) => {
  const rig = await QuicRig.open(t);
  const client = await rig.client();
  client.send(question(1, 'endless.test'));
  await eventually(() => rig.service.asked === 1, 'it was asked');
  client.connection.stop(0, 3);
  await eventually(() => rig.service.arena.left === rig.service.arena.capacity, 'the question is over');
  client.send(question(2, 'now.test'));
  await client.replies(1);
});
test('DoQ: more questions than workers are told to come later', needsQuic, async (t) => {
  const rig = await QuicRig.open(t, { limits: { workers: 1 } });
  const client = await rig.client();
  client.send(question(1, 'hold.test'));
  await eventually(() => rig.service.held.length === 1, 'it was asked');
  client.send(question(2, 'now.test'));
  await heard(client, 'reset 4 4');
  rig.service.release();
  await client.replies(1);
});
test('DoQ: for one connection more than allowed the one goes that has been idle for longest', needsQuic, async (t) => {
  const rig = await QuicRig.open(t, { limits: { connections: 2 } });
  const clients = [await rig.client(), await rig.client()];
  for (const client of clients) {
    client.send(question(1, 'now.test'));
    await client.replies(1);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const third = await rig.client();
  third.send(question(1, 'now.test'));
  await third.replies(1);
  await heard(clients[0]!, 'closed peer 0');
  assert.equal(clients[1]!.heard.length, 1);
});
test('DoQ: connections stay where the process may open few files: they need none', needsQuic, async (t) => {
  const rig = new QuicRig(new QuicBlocks([one]));
  await rig.bench.listen(doq(rig.ports, { files: 100 }));
  t.after(() => rig.close());
  const clients = [await rig.client(), await rig.client(), await rig.client()];
  for (const client of clients) client.send(question(1, 'now.test'));
  for (const client of clients) await client.replies(1);
  assert.deepEqual(clients.map(({ heard: all }) => all.length), [1, 1, 1]);
});
test('DoQ: as many streams as are allowed at once, and more one after the other', needsQuic, async (t) => {
  const rig = await QuicRig.open(t, { limits: { streams: 4 } });
  const client = await rig.client();
  for (let id = 0; id < 20; id++) client.send(question(id, 'hold.test'));
  await eventually(() => rig.service.held.length === 4, 'four were asked');
  for (let rounds = 0; client.got.length < 20 && rounds < 30_000; rounds++) {
    assert.ok(rig.service.held.length <= 4);
    rig.service.release();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(client.got.length, 20);
});
test('DoQ: certificates by server name: an exact one, a wildcard, then the first', needsQuic, async (t) => {
  const pairs = [signed({ names: ['a.test'] }), signed({ names: ['*.b.test'] }), signed({ names: ['x.b.test'] })];
  const rig = await QuicRig.open(t, {}, 3000, pairs);
  for (const [name, good] of [['a.test', true], ['y.b.test', true], ['x.b.test', true], ['c.test', false]] as const) {
    const asked = beginQuic('127.0.0.1', rig.port, { insecure: false, ca: authority.pem, sessions: name }, name);
    await asked.until(() => asked.heard.length > 0, 'the handshake');
    assert.equal(asked.heard[0]!.startsWith('opened'), good, `${name}: ${asked.heard[0]}`);
    asked.close();
  }
});
