// Many connections: whose make room for whom near the limit, what a newcomer gets then, and who waits for a handshake. Knows listeners with
// small limits and clients at several addresses.
import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import * as tls from 'node:tls';
import { ConnectionSetting, DEFAULT_CONNECTIONS } from '../kernel/query/connection-setting.ts';
import type { ConnectionRules } from '../kernel/query/connection-setting.ts';
import { ListenerSettings } from '../kernel/query/listener-setting.ts';
import { TlsSetting } from '../kernel/query/tls-setting.ts';
import { Slots } from '../kernel/slot.ts';
import { readPair } from '../secure/pair.ts';
import { ServerTls } from '../secure/server-tls.ts';
import { Authority } from '../testing/certificates.ts';
import { HandClock } from '../testing/conformance/hand-clock.ts';
import { eventually, framed } from '../testing/conformance/transport-clients.ts';
import { TestService, question } from '../testing/conformance/transport-service.ts';
import { Bench } from '../testing/conformance/transport.ts';
import { Connections } from './connections.ts';
import { HANDSHAKES, Ledger, OPEN } from './ledger.ts';
import { dot } from './dot.ts';
import { tcp } from './tcp.ts';

/** A client at an address of its own: how many replies it has, and whether it was told to go. */
class Person {
  readonly socket: Socket;
  replies = 0;
  isOver = false;
  constructor(port: number, localAddress: string) {
    this.socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true });
    let left = Buffer.alloc(0);
    this.socket.on('data', (chunk: Buffer) => {
      left = Buffer.concat([left, chunk]);
      for (let size = left.length < 2 ? Infinity : left.readUInt16BE(0) + 2; size <= left.length;
        size = left.length < 2 ? Infinity : left.readUInt16BE(0) + 2) {
        left = left.subarray(size);
        this.replies++;
      }
    });
    for (const event of ['end', 'error', 'close']) this.socket.on(event, () => (this.isOver = true));
  }
  send(name: string, times = 1): this {
    for (let i = 0; i < times; i++) this.socket.write(framed(question(i, name)));
    return this;
  }
  async answered(count = 1): Promise<this> {
    await eventually(() => this.replies >= count, 'it is answered');
    return this;
  }
  async over(): Promise<void> {
    await eventually(() => this.isOver, 'it is closed');
  }
}
const settingsOf = (rules: ConnectionRules, secure?: ServerTls): ListenerSettings => {
  const slots = new Slots();
  slots.put(ConnectionSetting, { at: { file: 'Corefile', line: 1 }, rules });
  if (secure !== undefined) slots.put(TlsSetting, secure);
  return ListenerSettings.of([{ zone: '.', slots }], { label: 'tls://:853', scheme: secure === undefined ? 'dns' : 'tls', warn: () => {} });
};
async function crowd(rules: Partial<ConnectionRules>, connections: number, clock = new HandClock()) {
  const service = new TestService();
  const ledger = new Ledger();
  const bench = await new Bench('tcp', service, settingsOf({ ...DEFAULT_CONNECTIONS, ...rules }))
    .listen(tcp({ connections, ledger, clock, every: 250 }));
  const people: Person[] = [];
  return {
    service, ledger, clock,
    async person(address: string): Promise<Person> {
      const one = new Person(bench.listener.at.port, address);
      people.push(one);
      const before = ledger.total(OPEN);
      await new Promise((resolve) => one.socket.once('connect', resolve));
      await eventually(() => one.isOver || ledger.total(OPEN) !== before || service.told.length > 0, 'it was accepted');
      return one;
    },
    async close(): Promise<void> {
      for (const { socket } of people) socket.destroy();
      await eventually(() => ledger.total(OPEN) === 0, 'nobody is counted any more');
      await bench.close();
    },
  };
}

test('a network with as many as it may have makes room itself, its idlest first; others are left alone', async () => {
  const at = await crowd({ perClient: 2, bits4: 32 }, 100);
  const other = await (await at.person('127.0.0.3')).send('now.test').answered();
  const first = await (await at.person('127.0.0.2')).send('now.test').answered();
  const second = await (await at.person('127.0.0.2')).send('now.test').answered();
  const third = await (await at.person('127.0.0.2')).send('now.test').answered();
  await first.over();
  assert.deepEqual([second.isOver, other.isOver, at.service.told], [false, false, ['per_client 127.0.0.2']]);
  // Where all of them wait for answers the newcomer goes.
  second.send('hold.test');
  third.send('hold.test');
  await eventually(() => at.service.held.length === 2, 'both wait');
  const fourth = await at.person('127.0.0.2');
  await fourth.over();
  at.service.release();
  await second.answered(2);
  await third.answered(2);
  assert.equal(at.service.told.length, 2);
  await at.close();
});

test('near the limit the idle go first, and who comes has one question', async () => {
  const at = await crowd({}, 10);
  const people: Person[] = [];
  for (let i = 0; i < 9; i++) people.push(await (await at.person(`127.0.${i}.2`)).send('now.test').answered());
  const late = (await at.person('127.0.20.2')).send('now.test', 3);
  await late.answered();
  await late.over();
  await people[0]!.over();
  assert.deepEqual([late.replies, people.slice(1).some(({ isOver }) => isOver)], [1, false]);
  assert.deepEqual(at.service.told.toSorted(), ['overload 127.0.0.2', 'overload 127.0.20.2']);
  await at.close();
});

test('and half a second, although it says nothing', async () => {
  const at = await crowd({}, 10);
  for (let i = 0; i < 9; i++) await (await at.person(`127.0.${i}.2`)).send('now.test').answered();
  const silent = await at.person('127.0.20.2');
  at.clock.elapse(499);
  assert.equal(silent.isOver, false);
  at.clock.elapse(251);
  await silent.over();
  await at.close();
});

test('near the limit a network that has half of all makes room itself, and nobody else for it', async () => {
  const at = await crowd({}, 10);
  const early: Person[] = [];
  for (let i = 0; i < 3; i++) early.push(await (await at.person(`127.0.${10 + i}.2`)).send('now.test').answered());
  const many: Person[] = [];
  for (let i = 0; i < 6; i++) many.push(await (await at.person(`127.0.0.${i + 2}`)).send('now.test').answered());
  const silent = await at.person('127.0.0.20');
  await many[0]!.over();
  const another = await at.person('127.0.0.21');
  await silent.over();
  assert.deepEqual([another, ...early, ...many.slice(1)].filter(({ isOver }) => isOver).length, 0);
  assert.deepEqual(at.service.told.filter((each) => each.startsWith('per_client')), ['per_client 127.0.0.2', 'per_client 127.0.0.20']);
  await at.close();
});

test('handshakes that nobody ends keep nobody out: more wait their turn, and who is slow makes room', async () => {
  const authority = new Authority();
  const first = readPair({ ...authority.sign({ names: ['localhost'] }), ca: undefined }, crypto);
  const secure = new ServerTls({
    at: { file: 'Corefile', line: 1 }, clientAuth: 'nocert', leastVersion: 'TLSv1.2', first, keylog: undefined,
  });
  secure.tls = tls;
  secure.pair = () => first;
  const service = new TestService();
  const ledger = new Ledger();
  const clock = new HandClock();
  const bench = await new Bench('tls', service, settingsOf({ ...DEFAULT_CONNECTIONS, handshakes: 2 }, secure))
    .listen(dot({ ledger, clock, every: 250 }));
  const { port } = bench.listener.at;
  const stalled = [new Person(port, '127.0.0.2'), new Person(port, '127.0.0.3')];
  await eventually(() => ledger.total(HANDSHAKES) === 2, 'two are under way');
  const client = tls.connect({ host: '127.0.0.1', port, ca: authority.pem, servername: 'localhost' });
  let isThrough = false;
  client.on('secureConnect', () => (isThrough = true));
  await eventually(() => ledger.total(OPEN) === 3, 'it waits');
  clock.elapse(500);
  assert.deepEqual([isThrough, stalled.some(({ isOver }) => isOver)], [false, false]);
  clock.elapse(500);
  for (const each of stalled) await each.over();
  await eventually(() => isThrough, 'it is its turn');
  assert.deepEqual(service.told, ['handshakes 127.0.0.2', 'handshakes 127.0.0.3']);
  client.destroy();
  await eventually(() => ledger.total(OPEN) === 0 && ledger.total(HANDSHAKES) === 0, 'nobody is counted any more');
  await bench.close();
});

test('a network is counted over all threads', () => {
  const cells = Ledger.create();
  const main = new Connections(new Ledger(cells)), other = new Connections(new Ledger(cells, 1));
  const rules = { ...DEFAULT_CONNECTIONS, perClient: 3 };
  const tenant = () => ({ claim: 1, since: 0, drop() {} });
  const there = [tenant(), tenant(), tenant()];
  for (const each of there) main.add(each, '192.0.2.7', rules);
  assert.equal(other.admits('192.0.2.99', rules), false);
  assert.equal(other.admits('192.0.3.99', rules), true);
  assert.equal(other.admits('::ffff:192.0.2.1', rules), false);
  main.remove(there[0]!);
  assert.equal(other.admits('192.0.2.99', rules), true);
  // A thread that takes a dead one's number begins anew.
  other.add(tenant(), '2001:db8::1', rules);
  other.add(tenant(), '2001:db8:0:ff::1', rules);
  other.add(tenant(), '2001:db8::2', rules);
  assert.equal(main.admits('2001:db8::3', rules), false);
  assert.equal(new Connections(new Ledger(cells, 1)).ledger.total(OPEN), 2);
  assert.equal(main.admits('2001:db8::3', rules), true);
});
