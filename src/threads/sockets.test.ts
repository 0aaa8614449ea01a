// `multisocket N`: whoever reads the banner may count on N sockets of both protocols. Knows Linux's tables of sockets.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { freePort } from '../testing/free-port.ts';
import { Spawned } from '../testing/spawned.ts';

/** Sockets that are bound to this port of 127.0.0.1, of TCP those that listen. */
function bound(protocol: 'udp' | 'tcp', port: number): number {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync(`/proc/net/${protocol}`, 'latin1').split('\n').map((line) => line.trim().split(/\s+/))
    .filter(([, at, , state]) => at === local && (protocol === 'udp' || state === '0A')).length;
}

test('all sockets are open when the banner is printed', { skip: process.platform === 'linux' ? false : 'reads /proc/net' }, async (t) => {
  const port = await freePort();
  const corefile = (sockets: number) => `.:${port} {\nbind 127.0.0.1\nmultisocket ${sockets}\nwhoami\n}\n`;
  const server = new Spawned(corefile(5));
  t.after(() => server.kill());
  // Looked at in the very turn in which the banner comes.
  const counts = await new Promise((resolve, reject) => {
    server.child.stdout!.on('data', () => {
      if (/CoreDNS-/.test(server.stdout)) resolve([bound('udp', port), bound('tcp', port)]);
    });
    void server.ended.then(() => reject(new Error(server.stderr)));
  });
  assert.deepEqual(counts, [5, 5]);
  server.write(corefile(8));
  server.signal('SIGUSR1');
  await server.says(/Reloading complete/);
  assert.deepEqual([bound('udp', port), bound('tcp', port)], [8, 8]);
});
