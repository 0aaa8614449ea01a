// The index of keys as all threads have it: what one watch says is answered by each of them, leases and what is not there too.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';
import { RealEtcd, isMissing } from '../../key-value/etcd-rig.test.ts';

const SOCKETS = 12;

/** Response codes and counts of answers to one question from many ports, which go to different threads; '' for none. */
function ask(port: number, name: string): Promise<readonly string[]> {
  const labels = name.split('.').map((label) => String.fromCharCode(label.length) + label).join('');
  const packet = Buffer.from(`\0\x01\x01\0\0\x01\0\0\0\0\0\0${labels}\0\0\x01\0\x01`, 'latin1');
  return Promise.all(Array.from({ length: SOCKETS }, () => new Promise<string>((resolve) => {
    const socket = createSocket('udp4');
    const end = (said: string): void => {
      clearTimeout(timer);
      socket.close();
      resolve(said);
    };
    const timer = setTimeout(() => end(''), 5000);
    socket.on('message', (reply) => end(`${reply[3]! & 15} ${reply.readUInt16BE(6)}`));
    socket.send(packet, port, '127.0.0.1');
  })));
}

test('every thread answers what one watch says', { skip: isMissing }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  await etcd.put('/skydns/test/sky/a/1', { host: '192.0.2.1' });
  const port = await freePort();
  const server = new Spawned(`sky.test:${port} {\nmultisocket 3\netcd {\nendpoint ${etcd.url}\n}\nerrors\n}\n`);
  t.after(() => server.kill());
  const all = (name: string, said: string) =>
    server.until(async () => (await ask(port, name)).every((each) => each === said), `${said} for ${name} in every thread`);
  await server.says(/etcd is followed, 1 keys/);
  await all('a.sky.test', '0 1');
  await all('none.sky.test', '3 0');
  await etcd.put('/skydns/test/sky/a/2', { host: '192.0.2.2' });
  await etcd.put('/skydns/test/sky/leased', { host: '192.0.2.3' }, await etcd.grant(500));
  await all('a.sky.test', '0 2');
  await all('leased.sky.test', '0 1');
  await etcd.remove('/skydns/test/sky/a/1');
  await etcd.remove('/skydns/test/sky/a/2');
  await all('a.sky.test', '3 0');
  await etcd.kill();
  await server.says(/etcd is not followed/);
  await all('leased.sky.test', '0 1');
  assert.doesNotMatch(server.stdout + server.stderr, /TypeError|RangeError/);
});
