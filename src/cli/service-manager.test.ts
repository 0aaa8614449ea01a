// What of the environment is believed to come from a service manager. Knows its variables and an addon that sends nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Addon } from '../transport/addon.ts';
import { ServiceManager, serviceManager } from './service-manager.ts';

const sent: [string, readonly number[]][] = [];
const sockets: Record<number, string> = { 3: 'udp 127.0.0.1 53', 4: 'tcp ::1 53', 5: 'udp 127.0.0.1 53' };
const addon = {
  describe: (descriptor: number) => sockets[descriptor] ?? -88,
  notify: (_: string, text: Uint8Array, descriptors: Int32Array) => sent.push([Buffer.from(text).toString(), [...descriptors]]),
} as unknown as Addon;
const own = String(process.pid);

test('nobody told anything, or told another process: there is none, and nothing is left of what was told', () => {
  assert.equal(serviceManager({}, addon), undefined);
  const environment = { LISTEN_FDS: '2', LISTEN_PID: '1', LISTEN_FDNAMES: 'a:b', WATCHDOG_USEC: '1000', HOME: '/' };
  assert.equal(serviceManager(environment, addon), undefined);
  assert.deepEqual(environment, { HOME: '/' });
  for (const LISTEN_FDS of ['', '-1', '1e3', 'many', '0']) assert.equal(serviceManager({ LISTEN_FDS, LISTEN_PID: own }, addon), undefined);
  assert.equal(serviceManager({ NOTIFY_SOCKET: '/run/notify' }, 'it was not built'), 'it was not built');
});

test('sockets are taken once each, those of its own units before those that were kept for us', () => {
  sent.length = 0;
  const names = 'coredns-ts-udp-127.0.0.1-53:dns.socket:dns.socket';
  const manager = serviceManager({ NOTIFY_SOCKET: '/x', LISTEN_FDS: '3', LISTEN_PID: own, LISTEN_FDNAMES: names }, addon);
  assert.ok(manager instanceof ServiceManager);
  assert.equal(manager.take('udp', '127.0.0.1', 53), 5);
  assert.equal(manager.take('tcp', '127.0.0.1', 53), undefined);
  assert.equal(manager.take('tcp', '::1', 53), 4);
  // Whoever has it now keeps it; a second socket of the address nobody keeps.
  assert.deepEqual([manager.keep('udp', '127.0.0.1', 53, 5), manager.keep('udp', '127.0.0.1', 53, 9)], [true, false]);
  manager.drop('udp', '127.0.0.1', 53);
  assert.deepEqual(sent, [], 'they are not kept for us');
  assert.equal(manager.keep('tcp', '::', 853, 7), true);
  manager.drop('tcp', '::', 853);
  assert.deepEqual(sent, [
    ['FDSTORE=1\nFDPOLL=0\nFDNAME=coredns-ts-tcp-__-853', [7]], ['FDSTOREREMOVE=1\nFDNAME=coredns-ts-tcp-__-853', []],
  ]);
});

test('without a place to tell it nothing is kept but what was handed over', () => {
  const manager = serviceManager({ LISTEN_FDS: '1', LISTEN_PID: own }, addon) as ServiceManager;
  assert.equal(manager.keep('udp', '127.0.0.1', 5300, 9), false);
  assert.equal(manager.take('udp', '127.0.0.1', 53), 3);
  assert.equal(manager.keep('udp', '127.0.0.1', 53, 3), true);
  manager.ready('.:53');
});
