// A process that may open few files: it says so where they are too few to live, and gives what it has to upstreams before clients.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { Socket as Dgram } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { question } from '../src/testing/conformance/transport-service.ts';
import { freePort } from '../src/testing/free-port.ts';
import { MAIN, Spawned } from '../src/testing/spawned.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/coredns-ts', import.meta.url));
const skip = process.platform === 'linux' ? false : 'reads /proc';
/** The server with so many files: the soft limit alone, or the hard one with it. */
const withFiles = (limit: string, program: string) => ({ command: ['sh', '-c', `ulimit ${limit} && exec ${program} "$@"`, 'server'] });

test('too few files to live are said in one sentence', { skip }, async (t) => {
  const server = new Spawned('. {\nwhoami\n}\n', withFiles('-n 20', `'${LAUNCHER}'`));
  t.after(() => server.kill());
  assert.equal(await server.ended, 1);
  const advice = "raise it with 'ulimit -n', or LimitNOFILE= in the unit";
  assert.equal(server.stderr, `coredns-ts: RLIMIT_NOFILE is 20, at least 64 is needed: ${advice}\n`);
});

test('the soft limit is raised to the hard one', { skip }, async (t) => {
  const server = new Spawned(`.:${await freePort()} {\nbind 127.0.0.1\nwhoami\n}\n`, withFiles('-S -n 80', `'${LAUNCHER}'`));
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const [, soft, hard] = /^Max open files +(\S+) +(\S+)/m.exec(readFileSync(`/proc/${server.child.pid}/limits`, 'latin1'))!;
  assert.equal(soft, hard);
});

test('100 files and 300 TCP connections: every question finds its upstream, and the newest connection is served', { skip }, async (t) => {
  const upstream = createSocket('udp4');
  upstream.on('message', (packet, from) => {
    packet[2]! |= 0x80;
    upstream.send(packet, from.port, from.address);
  });
  await new Promise<void>((resolve) => upstream.bind(0, '127.0.0.1', resolve));
  const port = await freePort();
  const corefile = `.:${port} {\nbind 127.0.0.1\nforward . 127.0.0.1:${upstream.address().port} {\nmax_fails 0\n}\n}\n`;
  const server = new Spawned(corefile, withFiles('-n 100', `'${process.execPath}' '${MAIN}'`));
  const sockets = Array.from({ length: 300 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  t.after(async () => {
    upstream.close();
    for (const socket of sockets) socket.destroy();
    await server.kill();
  });
  await server.says(/CoreDNS-/);
  for (let i = 0; i < 300; i++) {
    sockets[i]!.destroy();
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    sockets[i] = socket;
    await new Promise((resolve) => socket.once('connect', resolve));
  }
  const rcodes = await Promise.all(Array.from({ length: 40 }, (_, id) => ask(port, id)));
  assert.deepEqual(rcodes, Array(40).fill(0));
  const last = connect(port, '127.0.0.1', () => last.write(Buffer.concat([Buffer.from([0, 25]), question(1, 'xy.test')])));
  await new Promise((resolve, reject) => last.once('data', resolve).once('error', reject));
  last.destroy();
});
function ask(port: number, id: number): Promise<number> {
  const socket: Dgram = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('message', (reply) => {
      socket.close();
      resolve(reply[3]! & 15);
    });
    socket.send(question(id, `n${id}.test`), port, '127.0.0.1');
  });
}
