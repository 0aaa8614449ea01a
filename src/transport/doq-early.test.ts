// Clients of DNS over QUIC that come back: sessions, 0-RTT and what may be asked in it, tickets of replicas, a server that was restarted, a
// client whose port changes.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage } from '../dns/message.ts';
import { QuicBlocks, signed } from '../testing/conformance/quic-blocks.ts';
import type { QuicBlockOptions } from '../testing/conformance/quic-blocks.ts';
import { beginQuic, needsQuic, quicClient } from '../testing/conformance/quic-client.ts';
import { QuicRig, heard } from '../testing/conformance/quic-rig.ts';
import { TestService, question } from '../testing/conformance/transport-service.ts';
import { eventually } from '../testing/conformance/transport-clients.ts';
import { Bench } from '../testing/conformance/transport.ts';
import { doq } from './doq.ts';
import { QuicPorts } from './quic-listener.ts';

const pair = signed({ names: ['a.test'] });

/** A listener, and a client that was there and has gone, whose session is kept. */
async function visited(t: TestContext, sessions: string, options: QuicBlockOptions = {}): Promise<QuicRig> {
  const rig = await QuicRig.open(t, options);
  const first = await rig.client({ sessions });
  first.send(question(1, 'now.test'));
  await first.replies(1);
  first.send(question(2, 'now.test'));
  await first.replies(2);
  first.close();
  return rig;
}
/** A question with an OPT, of another opcode or type. */
function asked(opcode: number, type = 1): Buffer {
  const bytes = Buffer.concat([question(0, 'now.test'), Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0])]);
  bytes[2] = opcode << 3;
  bytes[11] = 1;
  bytes[12 + 10 + 1] = type;
  return bytes;
}

test('0-RTT: a question in the first datagram is answered (RFC 9250 section 4.5)', needsQuic, async (t) => {
  const rig = await visited(t, 'early');
  const again = beginQuic('127.0.0.1', rig.port, { sessions: 'early', early: true });
  t.after(() => again.close());
  again.send(question(3, 'now.test'));
  await again.replies(1);
  await heard(again, 'opened early');
  assert.equal(rig.blocks.counted.filter((what) => what === 'TLSv1.3 resumed').length, 1);
});
const early: readonly (readonly [what: string, bytes: Buffer, rcode: number])[] = [
  ['NOTIFY', asked(4), 0], ['UPDATE', asked(5), 5], ['AXFR', asked(0, 252), 5], ['IXFR', asked(0, 251), 5],
  ['an unknown opcode', asked(9), 5],
];
for (const [what, bytes, rcode] of early) {
  test(`0-RTT: ${what} is ${rcode === 0 ? 'answered' : 'REFUSED with Too Early, and not done'}`, needsQuic, async (t) => {
    const rig = await visited(t, what);
    const { asked: before } = rig.service;
    const again = beginQuic('127.0.0.1', rig.port, { sessions: what, early: true });
    t.after(() => again.close());
    again.send(bytes);
    await again.replies(1);
    assert.equal(rig.service.asked - before, rcode === 0 ? 1 : 0);
    if (rcode === 0) return;
    const reply = decodeMessage(again.messages[0]!, 0, again.messages[0]!.length);
    assert.equal(reply.rcode, rcode);
    assert.equal(reply.opcode, bytes[2]! >> 3);
    assert.deepEqual(reply.edns?.options.map(({ code, data }) => [code, data[1]]), [[15, 26]]);
    // Once the handshake is over the same may be asked.
    await heard(again, 'opened early');
    again.send(bytes);
    await again.replies(2);
    assert.equal(rig.service.asked - before, 1);
  });
}
test('0-RTT: a session is taken once: who plays the first datagrams again gets no answer twice', needsQuic, async (t) => {
  const rig = await visited(t, 'replay');
  // A relay that sends what the client sends first a second time, from another port.
  const relay = createSocket('udp4');
  const upstream = createSocket('udp4'), other = createSocket('udp4');
  const sent: Buffer[] = [];
  let client = 0;
  await new Promise<void>((resolve) => relay.bind(0, '127.0.0.1', resolve));
  relay.on('message', (bytes, { port }) => {
    client = port;
    if (sent.length < 3) sent.push(Buffer.from(bytes));
    upstream.send(bytes, rig.port, '127.0.0.1');
  });
  upstream.on('message', (bytes) => relay.send(bytes, client, '127.0.0.1'));
  t.after(() => [relay, upstream, other].forEach((socket) => socket.close()));
  const again = beginQuic('127.0.0.1', relay.address().port, { sessions: 'replay', early: true });
  t.after(() => again.close());
  again.send(question(3, 'now.test'));
  await again.replies(1);
  const { asked: before } = rig.service;
  for (const bytes of sent) other.send(bytes, rig.port, '127.0.0.1');
  const later = await rig.client();
  later.send(question(4, 'now.test'));
  await later.replies(1);
  assert.equal(rig.service.asked - before, 1);
});
test('tickets that replicas share are opened by all of them, and there is no 0-RTT then', needsQuic, async (t) => {
  const tickets = randomBytes(32);
  await visited(t, 'shared', { tickets, label: 'quic://127.0.0.1:853' });
  const other = await QuicRig.open(t, { tickets, label: 'quic://127.0.0.2:853' });
  const again = beginQuic('127.0.0.1', other.port, { sessions: 'shared', early: true });
  t.after(() => again.close());
  again.send(question(3, 'now.test'));
  await again.until(() => again.heard.some((what) => what.startsWith('opened')), 'the handshake');
  assert.deepEqual(again.heard, ['opened']);
  await eventually(() => other.blocks.counted.includes('TLSv1.3 resumed'), 'the other one knows the session');
  assert.deepEqual(other.blocks.counted.slice(0, 1), ['TLSv1.3 resumed']);
});
test('without tickets nobody comes back', needsQuic, async (t) => {
  const rig = await visited(t, 'off', { tickets: 'off' });
  const again = beginQuic('127.0.0.1', rig.port, { sessions: 'off', early: true });
  t.after(() => again.close());
  again.send(question(3, 'now.test'));
  await again.replies(1);
  assert.deepEqual(rig.blocks.counted.filter((what) => what.startsWith('TLS')), ['TLSv1.3', 'TLSv1.3']);
});
test('clients of a server that was restarted know it in one round trip (stateless reset)', needsQuic, async (t) => {
  const tickets = randomBytes(32);
  const blocks = () => new QuicBlocks([pair], { tickets });
  const at = { scheme: 'quic', address: '127.0.0.1', port: 0 } as const;
  const relay = createSocket('udp4'), upstream = createSocket('udp4');
  await new Promise<void>((resolve) => relay.bind(0, '127.0.0.1', resolve));
  t.after(() => [relay, upstream].forEach((socket) => socket.close()));
  const first = await new Bench('quic', new TestService(), blocks().settings).listen(doq(new QuicPorts()), at);
  let [to, deaf, client] = [first.listener.at.port, false, 0];
  relay.on('message', (bytes, { port }) => {
    client = port;
    upstream.send(bytes, to, '127.0.0.1');
  });
  // The old server's goodbye never arrives.
  upstream.on('message', (bytes) => deaf || relay.send(bytes, client, '127.0.0.1'));
  const asking = await quicClient('127.0.0.1', relay.address().port, { sessions: 'restart' });
  t.after(() => asking.close());
  asking.send(question(1, 'now.test'));
  await asking.replies(1);
  deaf = true;
  await first.close();
  const second = await new Bench('quic', new TestService(), blocks().settings).listen(doq(new QuicPorts()), at);
  t.after(() => second.close());
  to = second.listener.at.port;
  await new Promise((resolve) => setTimeout(resolve, 20));
  deaf = false;
  asking.send(question(2, 'now.test'));
  await asking.until(() => asking.heard.some((what) => what.startsWith('closed')), 'the end');
  assert.equal(asking.heard.at(-1), 'closed reset 0');
});
test('a client whose port changes goes on', needsQuic, async (t) => {
  const rig = await QuicRig.open(t);
  const relay = createSocket('udp4');
  await new Promise<void>((resolve) => relay.bind(0, '127.0.0.1', resolve));
  let client = 0;
  const open = () => {
    const socket = createSocket('udp4');
    socket.on('message', (bytes) => relay.send(bytes, client, '127.0.0.1'));
    return socket;
  };
  let outside = open();
  relay.on('message', (bytes, { port }) => {
    client = port;
    outside.send(bytes, rig.port, '127.0.0.1');
  });
  t.after(() => [relay, outside].forEach((socket) => socket.close()));
  const asking = await quicClient('127.0.0.1', relay.address().port);
  t.after(() => asking.close());
  for (let id = 1; id <= 6; id++) {
    if (id % 2 === 0) {
      outside.close();
      outside = open();
    }
    // What was under way to the old port is lost: who waits asks once more, as every client of DNS does.
    const before = asking.got.length;
    const ask = (): void => asking.send(question(id, 'now.test'));
    const again = setInterval(ask, 500);
    ask();
    await asking.until(() => asking.got.length > before, 'an answer').finally(() => clearInterval(again));
  }
  await eventually(() => rig.blocks.counted.filter((what) => what === 'TLSv1.3').length === 1, 'one handshake');
});
