// Many connections over QUIC: whose make room for whom, what a newcomer gets near the limit, who is counted, and who is asked for a proof
// of its address. Knows listeners with small limits and clients at several addresses.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import type { ConnectionRules } from '../kernel/query/connection-setting.ts';
import { DEFAULT_CONNECTIONS, ConnectionSetting } from '../kernel/query/connection-setting.ts';
import { Https3Setting } from '../kernel/query/http-setting.ts';
import { ListenerSettings } from '../kernel/query/listener-setting.ts';
import { TlsSetting } from '../kernel/query/tls-setting.ts';
import { Slots } from '../kernel/slot.ts';
import { HandClock } from '../testing/conformance/hand-clock.ts';
import { http3Client } from '../testing/conformance/http3-client.ts';
import { QuicBlocks, signed } from '../testing/conformance/quic-blocks.ts';
import { initials, needsQuic } from '../testing/conformance/quic-client.ts';
import type { QuicClient } from '../testing/conformance/quic-client.ts';
import { QuicRig, heard } from '../testing/conformance/quic-rig.ts';
import { eventually } from '../testing/conformance/transport-clients.ts';
import { TestService, question } from '../testing/conformance/transport-service.ts';
import { Bench } from '../testing/conformance/transport.ts';
import { https3 } from './https3.ts';
import { Ledger, OPEN } from './ledger.ts';
import { QuicPorts } from './quic-listener.ts';

const one = signed({ names: ['a.test'] });

/** A listener of ten connections with these rules, and people at addresses of their own who were answered. */
async function crowd(t: Parameters<typeof QuicRig.open>[0], rules: Partial<ConnectionRules>) {
  const clock = new HandClock(), ledger = new Ledger();
  const rig = await QuicRig.open(t, { connections: rules }, 3000, [one], { connections: 10, ledger, clock, every: 250 });
  const { service } = rig;
  return {
    rig, service, clock, ledger,
    stranger: (address: string): Promise<QuicClient> => rig.client({}, undefined, address),
    async person(address: string): Promise<QuicClient> {
      const client = await rig.client({}, undefined, address);
      client.send(question(1, 'now.test'));
      await client.replies(1);
      clock.elapse(1);
      return client;
    },
  };
}
const isOver = ({ heard: all }: QuicClient): boolean => all.some((what) => what.startsWith('closed'));

test('DoQ: a network with as many as it may have makes room itself, its idlest first; others are left alone', needsQuic, async (t) => {
  const { service, ledger, person, stranger } = await crowd(t, { perClient: 2, bits4: 32 });
  const other = await person('127.0.0.3');
  const [first, second, third] = [await person('127.0.0.2'), await person('127.0.0.2'), await person('127.0.0.2')];
  await heard(first, 'closed peer 0');
  assert.deepEqual([isOver(second), isOver(other), service.told], [false, false, ['per_client 127.0.0.2']]);
  // Where all of them wait for answers the newcomer goes.
  second.send(question(2, 'hold.test'));
  third.send(question(2, 'hold.test'));
  await eventually(() => service.held.length === 2, 'both wait');
  const fourth = await stranger('127.0.0.2');
  await heard(fourth, 'closed peer 0');
  service.release();
  await second.replies(2);
  await third.replies(2);
  assert.equal(service.told.length, 2);
  await eventually(() => ledger.total(OPEN) === 3, 'who was cut is not counted any more');
});

test('DoQ: near the limit the idle go first, and who comes has one question', needsQuic, async (t) => {
  const { service, clock, person, stranger } = await crowd(t, {});
  const people: QuicClient[] = [];
  for (let i = 0; i < 9; i++) people.push(await person(`127.0.${i}.2`));
  const late = await stranger('127.0.20.2');
  for (let id = 1; id <= 3; id++) late.send(question(id, 'now.test'));
  await late.replies(1);
  await heard(late, 'reset 4 4');
  await heard(late, 'reset 8 4');
  // It may take its answer first.
  assert.equal(isOver(late), false);
  clock.elapse(251);
  await heard(late, 'closed peer 0');
  await heard(people[0]!, 'closed peer 0');
  assert.deepEqual([late.got.length, people.slice(1).some(isOver)], [1, false]);
  assert.deepEqual(service.told.toSorted(), ['overload 127.0.0.2', 'overload 127.0.20.2']);
});

test('DoQ: and half a second, although it says nothing', needsQuic, async (t) => {
  const { service, clock, person, stranger } = await crowd(t, {});
  for (let i = 0; i < 9; i++) await person(`127.0.${i}.2`);
  const silent = await stranger('127.0.20.2');
  await eventually(() => service.told.length === 2, 'it was taken in');
  clock.elapse(499);
  assert.equal(isOver(silent), false);
  clock.elapse(251);
  await heard(silent, 'closed peer 0');
});

test('DoQ: who comes back in 0-RTT is counted once it has shown that its address is its own', needsQuic, async (t) => {
  const rig = await QuicRig.open(t, { connections: { perClient: 1, bits4: 32 } });
  const sessions = 'counted';
  for (let round = 1; round <= 2; round++) {
    const visitor = await rig.client({ sessions, early: true });
    visitor.send(question(round, 'now.test'));
    await visitor.replies(1);
    visitor.close();
    await eventually(() => rig.counts.open === 0, 'it has gone');
  }
  const there = await rig.client();
  there.send(question(7, 'now.test'));
  await there.replies(1);
  const back = await rig.client({ sessions, early: true });
  back.send(question(8, 'now.test'));
  await back.replies(1);
  await heard(there, 'closed peer 0');
  assert.deepEqual([isOver(back), rig.service.told], [false, ['per_client 127.0.0.1']]);
});

test('DoQ: with half of `handshakes` under way who comes has to show its address, but who was here has a token (NEW_TOKEN)', needsQuic,
  async (t) => {
    const rig = await QuicRig.open(t, { connections: { handshakes: 8 }, tickets: 'off' }, 60_000);
    const sessions = 'a token';
    const before = await rig.client({ sessions });
    before.send(question(1, 'now.test'));
    await before.replies(1);
    before.close();
    const socket = createSocket('udp4');
    t.after(() => socket.close());
    for (const bytes of await initials(4)) socket.send(bytes, rig.port, '127.0.0.1');
    await eventually(() => rig.counts.shaking === 4, 'four handshakes are under way');
    assert.equal(rig.counts.retries, 0);
    const again = await rig.client({ sessions });
    again.send(question(2, 'now.test'));
    await again.replies(1);
    assert.equal(rig.counts.retries, 0, 'it was not asked again');
    await rig.client();
    assert.ok(rig.counts.retries >= 1, 'a stranger is');
    // A token counts once (RFC 9000 section 8.1.4); the connection before has brought the next one.
    again.close();
    const { retries } = rig.counts;
    await rig.client({ sessions });
    assert.equal(rig.counts.retries, retries);
  });

test('HTTP/3: near the limit who comes is told to go with its first answer', needsQuic, async (t) => {
  const clock = new HandClock(), blocks = new QuicBlocks([one]);
  const all = blocks.blocks.map((block) => {
    const slots = new Slots();
    slots.put(TlsSetting, block);
    slots.put(Https3Setting, { at: block.at });
    slots.put(ConnectionSetting, { at: block.at, rules: { ...DEFAULT_CONNECTIONS, overload: 0.1 } });
    return { zone: '.', slots };
  });
  const settings = ListenerSettings.of(all, { label: 'https3://:443', scheme: 'https3', warn: () => {} });
  const transport = https3(new QuicPorts(), { connections: 10, clock, every: 250 });
  const bench = await new Bench('https3', new TestService(), settings).listen(transport);
  const clients = [await http3Client('127.0.0.1', bench.listener.at.port), await http3Client('127.0.0.1', bench.listener.at.port)];
  t.after(async () => {
    for (const client of clients) client.close();
    await bench.close();
  });
  const late = clients[1]!;
  await eventually(() => bench.service.told.length === 2, 'the first was cut for the second');
  late.send(question(1, 'now.test'));
  await late.replies(1);
  // Twice told (RFC 9114 section 5.2), then gone.
  for (let rounds = 0; !late.heard.some((what) => what.startsWith('closed')); rounds++) {
    assert.ok(rounds < 5000, late.heard.join());
    clock.elapse(250);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(bench.service.told, ['overload 127.0.0.1', 'overload 127.0.0.1']);
  clients.push(await http3Client('127.0.0.1', bench.listener.at.port), await http3Client('127.0.0.1', bench.listener.at.port));
  const silent = clients[3]!;
  await eventually(() => bench.service.told.length === 4, 'and once more');
  clock.elapse(750);
  await silent.until(() => silent.heard.some((what) => what.startsWith('closed')), 'half a second is over');
});
