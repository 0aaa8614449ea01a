// Zones that come and go are seen by every thread: what one look found is served by all of them.
import { createSocket } from 'node:dgram';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';

const SOCKETS = 12;

/** The response codes of the answers to one question from many ports, which go to different threads; -1 for none. */
function ask(port: number, name: string): Promise<readonly number[]> {
  const labels = name.split('.').map((label) => String.fromCharCode(label.length) + label).join('');
  const packet = Buffer.from(`\0\x01\x01\0\0\x01\0\0\0\0\0\0${labels}\0\0\x01\0\x01`, 'latin1');
  return Promise.all(Array.from({ length: SOCKETS }, () => new Promise<number>((resolve) => {
    const socket = createSocket('udp4');
    const end = (rcode: number): void => {
      clearTimeout(timer);
      socket.close();
      resolve(rcode);
    };
    const timer = setTimeout(() => end(-1), 2000);
    socket.on('message', (reply) => end(reply[3]! & 15));
    socket.send(packet, port, '127.0.0.1');
  })));
}

test('a zone comes to all threads, changes in all and goes from all', async (t) => {
  const port = await freePort();
  const server = new Spawned(`.:${port} {\nmultisocket 3\nauto {\ndirectory zones\nreload 200ms\n}\nerrors\n}\n`);
  t.after(() => server.kill());
  await server.until(async () => (await ask(port, 'www.one.test')).every((rcode) => rcode === 5), 'refusals while there is no zone');
  const zones = join(server.folder, 'zones');
  const write = (serial: number, more: string): void => {
    writeFileSync(join(zones, 'next'), `@ 60 IN SOA ns host ${serial} 2 3 4 5\n@ IN NS ns\n${more}`);
    renameSync(join(zones, 'next'), join(zones, 'db.one.test'));
  };
  mkdirSync(zones);
  write(1, 'www IN A 192.0.2.1\n');
  await server.until(async () => (await ask(port, 'www.one.test')).every((rcode) => rcode === 0), 'the zone in every thread');
  write(2, '');
  await server.until(async () => (await ask(port, 'www.one.test')).every((rcode) => rcode === 3), 'the new version in every thread');
  rmSync(join(zones, 'db.one.test'));
  await server.until(async () => (await ask(port, 'www.one.test')).every((rcode) => rcode === 5), 'refusals when it is gone');
  await server.says(/Inserting zone `one\.test\.'.*Deleting zone `one\.test\.'/s);
});
