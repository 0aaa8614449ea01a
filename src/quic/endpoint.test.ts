// Sockets of QUIC: floods of handshakes and of junk, a panic of the library, tables of another version, clients' certificates, secrets.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { QuicBlocks, authority, signed } from '../testing/conformance/quic-blocks.ts';
import { ASKING, beginQuic, initials, needsQuic, quicAddon, quicClient } from '../testing/conformance/quic-client.ts';
import { QuicRig } from '../testing/conformance/quic-rig.ts';
import { eventually } from '../testing/conformance/transport-clients.ts';
import { question } from '../testing/conformance/transport-service.ts';
import { servingOf } from '../transport/quic-settings.ts';
import { LAYOUT, quicDifference } from './addon.ts';
import type { QuicServing } from './addon.ts';
import { QuicEndpoint } from './endpoint.ts';
import type { QuicOwner } from './endpoint.ts';

const pair = signed({ names: ['a.test'] });
const bounds = {
  alpn: ['doq'], label: 'x', connections: 10, streams: 8, handshakes: 1000, read: 3000, write: 3000, idle: 10_000, overload: 4,
};
const serving = (more: Partial<QuicServing> = {}): QuicServing =>
  ({ ...servingOf(new QuicBlocks([pair]).blocks as never, bounds), ...more });
const nothing = (): void => {};
const quiet = { data: nothing, resetBy: nothing, stoppedBy: nothing, sent: nothing, room: nothing, opened: nothing, closed: nothing };

/** A socket that takes connections and says nothing. */
function listening(settings: QuicServing): { endpoint: QuicEndpoint; failed: string[] } {
  if (typeof quicAddon === 'string') throw new Error(quicAddon);
  const failed: string[] = [];
  const owner: QuicOwner = {
    begin: nothing, end: nothing, speaker: () => quiet, failed: ({ by }) => failed.push(by), secrets: nothing, panicked: nothing,
    unproxied: nothing,
  };
  const number = quicAddon.serving(settings);
  const endpoint = QuicEndpoint.listen(quicAddon, { address: '127.0.0.1', port: 0, dual: false, wildcard: false }, number, owner);
  if (typeof endpoint === 'number') throw new Error(`errno ${endpoint}`);
  return { endpoint, failed };
}

test('an addon with other tables is refused', () => {
  assert.equal(quicDifference(LAYOUT), undefined);
  assert.equal(quicDifference({ ...LAYOUT, EVENT_WORDS: 9 }), 'it is of another version, EVENT_WORDS is 9, not 8');
  assert.equal(quicDifference({ ...LAYOUT, MORE: 1 }), 'it is of another version, MORE is 1, not undefined');
});
test('with half of the handshakes under way, who comes has to show that its address is its own (Retry)', needsQuic, async (t) => {
  const { endpoint } = listening(serving({ handshakes: 4, handshake: 60_000 }));
  t.after(() => endpoint.close());
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  for (const bytes of await initials(2)) socket.send(bytes, endpoint.port, '127.0.0.1');
  await eventually(() => endpoint.counts.shaking === 2, 'two handshakes are under way');
  assert.equal(endpoint.counts.retries, 0);
  const client = await quicClient('127.0.0.1', endpoint.port);
  t.after(() => client.close());
  assert.ok(endpoint.counts.retries >= 1);
});
test('a flood of junk costs nothing that stays, and who comes afterwards is served', needsQuic, async (t) => {
  const { endpoint } = listening(serving());
  t.after(() => endpoint.close());
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  for (let i = 0; i < 3000; i++) {
    const bytes = randomBytes(i % 3 === 0 ? 1200 : 1 + (i % 1400));
    // A third look like Initials, some of versions that nobody knows.
    if (i % 3 === 0) Buffer.from([0xc0 | (i & 3), 0, 0, 0, i % 5 === 0 ? 9 : 1, 8]).copy(bytes);
    socket.send(bytes, endpoint.port, '127.0.0.1');
    if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const client = await quicClient('127.0.0.1', endpoint.port);
  t.after(() => client.close());
  assert.ok(endpoint.counts.open <= 2, `${endpoint.counts.open} are open`);
  assert.equal(endpoint.counts.panics, 0);
});
test('a panic of the library costs one connection, is counted and said, and the others go on', needsQuic, async (t) => {
  const rig = await QuicRig.open(t);
  const [one, other] = [await rig.client(), await rig.client()];
  for (const client of [one, other]) {
    client.send(question(1, 'now.test'));
    await client.replies(1);
  }
  rig.fault();
  one.send(question(2, 'now.test'));
  other.send(question(2, 'now.test'));
  await Promise.race([one, other].map((client) => client.replies(2)));
  await one.until(() => one.heard.length > 1 || one.got.length === 2, 'an end or an answer');
  const third = await rig.client();
  third.send(question(3, 'now.test'));
  await third.replies(1);
  assert.equal(rig.counts.panics, 1);
  assert.ok(rig.blocks.lines.some((line) => line.includes('a fault was asked for')), rig.blocks.lines.join('\n'));
});
const clients: readonly (readonly [policy: 'request' | 'require' | 'verify_if_given' | 'require_and_verify', none: boolean, good: boolean,
  bad: boolean])[] = [
    ['request', true, true, true], ['require', false, true, true], ['verify_if_given', true, true, false],
    ['require_and_verify', false, true, false],
  ];
for (const [clientAuth, none, good, bad] of clients) {
  test(`clients' certificates: ${clientAuth}`, needsQuic, async (t) => {
    const rig = await QuicRig.open(t, { clientAuth });
    const { Authority } = await import('../testing/certificates.ts');
    const stranger = new Authority();
    const rows = [[none, {}], [good, authority.sign({ common: 'me' })], [bad, stranger.sign({ common: 'you' })]] as const;
    for (const [allowed, shown] of rows) {
      const client = beginQuic('127.0.0.1', rig.port, { ...shown, sessions: `${clientAuth} ${rows.findIndex((row) => row[1] === shown)}` });
      t.after(() => client.close());
      client.send(question(1, 'now.test'));
      await client.until(() => client.got.length === 1 || client.heard.some((what) => what.startsWith('closed')), 'an answer or an end');
      assert.equal(client.got.length === 1, allowed, `${Object.keys(shown).length === 0 ? 'none' : 'one'}: ${client.heard.join()}`);
    }
  });
}
test('secrets of connections are told in the form that Wireshark reads', needsQuic, async (t) => {
  const rig = await QuicRig.open(t);
  const client = await rig.client();
  client.send(question(1, 'now.test'));
  await client.replies(1);
  for (const label of ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_TRAFFIC_SECRET_0', 'CLIENT_TRAFFIC_SECRET_0']) {
    assert.ok(rig.blocks.lines.some((line) => new RegExp(`^${label} [0-9a-f]{64} [0-9a-f]{64,96}$`).test(line)), label);
  }
});
test('a certificate that is trusted itself is taken from a server, though it is an authority; no other name is', needsQuic, async (t) => {
  const own = authority.own;
  const rig = await QuicRig.open(t, {}, 3000, [{ ...pair, ...own }]);
  for (const [name, taken] of [['authority.test', true], ['b.test', false]] as const) {
    const client = beginQuic('127.0.0.1', rig.port, { insecure: false, ca: own.cert, sessions: name }, name);
    t.after(() => client.close());
    await client.until(() => client.heard.length > 0, 'the handshake');
    assert.equal(client.heard[0]!.startsWith('opened'), taken, client.heard[0]);
  }
});
test('what the library does not take of a certificate is said', needsQuic, () => {
  if (typeof quicAddon === 'string') return;
  const addon = quicAddon;
  const { key } = authority.sign({ names: ['b.test'] });
  assert.throws(() => addon.serving(serving({ pairs: [{ ...pair, key }] })), /match/i);
  assert.throws(() => addon.serving(serving({ pairs: [] })), /QUIC needs a certificate/);
  assert.throws(() => addon.asking({ ...ASKING, insecure: false, ca: '' }), /could not read root certs/);
});
test('a handshake that nobody goes on with ends in time', needsQuic, async (t) => {
  const { endpoint, failed } = listening(serving({ handshake: 50 }));
  t.after(() => endpoint.close());
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  for (const bytes of await initials(1)) socket.send(bytes, endpoint.port, '127.0.0.1');
  await eventually(() => failed.length === 1, 'it has failed');
  assert.deepEqual([...failed, endpoint.counts.shaking], ['silence', 0]);
});
