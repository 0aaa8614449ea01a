// forward { proxy_protocol v2 }: the next server hears whom it is asked for, over UDP, TCP and TLS, and Unbound too. Knows processes and
// the octets of questions.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Authority } from '../src/testing/certificates.ts';
import { question } from '../src/testing/conformance/transport-service.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { missing, scratch, started } from './servers/programs.ts';

/** The rcode of a reply to one question over UDP from an address; several times, since datagrams get lost. */
async function overUdp(t: TestContext, port: number, name: string, address: string): Promise<number> {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.bind(0, address);
  await once(socket, 'listening');
  const packet = question(7, name);
  const timer = setInterval(() => socket.send(packet, port, '127.0.0.1'), 2000);
  socket.send(packet, port, '127.0.0.1');
  const [reply] = (await once(socket, 'message')) as [Buffer];
  clearInterval(timer);
  return reply[3]! & 15;
}
async function overTcp(port: number, name: string, localAddress: string): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  const packet = question(7, name);
  socket.write(Buffer.concat([Buffer.of(0, packet.length), packet]));
  let reply = Buffer.alloc(0);
  for await (const chunk of socket) {
    reply = Buffer.concat([reply, chunk as Buffer]);
    if (reply.length >= 14) break;
  }
  socket.destroy();
  return reply[5]! & 15;
}
async function forwarding(t: TestContext, to: string, properties = ''): Promise<number> {
  const port = await freePort();
  const server = new Spawned(`.:${port} {\nbind 127.0.0.1\nforward . ${to} {\nproxy_protocol v2\n${properties}\n}\n}\n`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  return port;
}
const BLOCK = `bind 127.0.0.1
  proxyproto {
    allow 127.0.0.1/32
    default reject
  }
  log . "{name} {proto} from {remote} to {local}."
  whoami`;

test('over UDP, TCP and TLS each question says who asks', async (t) => {
  const [plain, secure] = [await freePort(), await freePort()];
  const upstream = new Spawned(undefined);
  t.after(() => upstream.kill());
  const authority = new Authority();
  const { cert, key } = authority.sign({ names: ['dns.test'] });
  for (const [name, text] of [['cert.pem', cert], ['key.pem', key], ['ca.pem', authority.pem]]) {
    writeFileSync(path.join(upstream.folder, name!), text!);
  }
  upstream.write(`.:${plain} {\n${BLOCK}\n}\ntls://.:${secure} {\ntls cert.pem key.pem\n${BLOCK}\n}\n`);
  await upstream.says(/CoreDNS-/);
  const port = await forwarding(t, `127.0.0.1:${plain}`);
  assert.equal(await overUdp(t, port, 'one.test', '127.0.0.5'), 0);
  await upstream.says(/one\.test\. udp from 127\.0\.0\.5 to 127\.0\.0\.1\./);
  // The next one finds a socket that is there already, and is somebody else's.
  assert.equal(await overUdp(t, port, 'two.test', '127.0.0.6'), 0);
  await upstream.says(/two\.test\. udp from 127\.0\.0\.6 to/);
  for (const address of ['127.0.0.5', '127.0.0.6']) {
    assert.equal(await overTcp(port, `tcp-${address.slice(-1)}.test`, address), 0);
    await upstream.says(new RegExp(`tcp-${address.slice(-1)}\\.test\\. tcp from ${address.replaceAll('.', '\\.')} to`));
  }
  const ca = path.join(upstream.folder, 'ca.pem');
  const overTls = await forwarding(t, `tls://127.0.0.1:${secure}`, `tls ${ca}\ntls_servername dns.test`);
  for (const address of ['127.0.0.5', '127.0.0.6']) {
    assert.equal(await overUdp(t, overTls, `tls-${address.slice(-1)}.test`, address), 0);
    await upstream.says(new RegExp(`tls-${address.slice(-1)}\\.test\\. tcp from ${address.replaceAll('.', '\\.')} to`));
  }
});

test('Unbound refuses and answers by who asks', { skip: missing('unbound') }, async (t) => {
  const folder = scratch(t);
  const inner = await freePort();
  writeFileSync(path.join(folder, 'unbound.conf'), `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: "${folder}/pid"
  use-syslog: no
  do-daemonize: no
  interface: 127.0.0.1@${inner}
  proxy-protocol-port: ${inner}
  access-control: 127.0.0.0/8 allow
  access-control: 127.0.0.9/32 refuse
  local-zone: "test." static
  local-data: "a.test. 60 IN A 192.0.2.1"
`);
  started(t, 'unbound', ['-c', path.join(folder, 'unbound.conf')], folder);
  const port = await forwarding(t, `127.0.0.1:${inner}`);
  let rcode = 2;
  for (let tries = 0; rcode === 2 && tries < 50; tries++) rcode = await overUdp(t, port, 'a.test', '127.0.0.8');
  assert.equal(rcode, 0);
  // Its refusal repeats no question, which is a FORMERR to our client, as from CoreDNS.
  assert.equal(await overUdp(t, port, 'a.test', '127.0.0.9'), 1);
  assert.equal(await overTcp(port, 'a.test', '127.0.0.8'), 0);
  assert.equal(await overTcp(port, 'a.test', '127.0.0.9'), 1);
});
