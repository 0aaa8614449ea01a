// Proxies before a real process: whose questions they are, in whatever pieces the header comes, over each transport, and what senders of
// bad headers lose. Knows sockets and the octets of headers.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import * as tls from 'node:tls';
import { Authority } from '../src/testing/certificates.ts';
import { question } from '../src/testing/conformance/transport-service.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const ENDS = Buffer.of(192, 0, 2, 7, 198, 51, 100, 1, 0x10, 0x92, 0, 53);
function header(tlvs: Uint8Array = Buffer.alloc(0), command = 1, family = 0x11): Buffer {
  const length = ENDS.length + tlvs.length;
  return Buffer.concat([SIGNATURE, Buffer.of(0x20 | command, family, length >> 8, length & 255), ENDS, tlvs]);
}
const TEXT = Buffer.from('PROXY TCP4 192.0.2.8 198.51.100.2 4243 53\r\n', 'latin1');
/** 64 KiB of TLVs, as far as a header can have them. */
const MANY = Buffer.concat(Array.from({ length: 63 }, () => Buffer.concat([Buffer.of(0xe0, 4, 0), Buffer.alloc(1024)])));
const framed = (packet: Uint8Array): Buffer => Buffer.concat([Buffer.of(0, packet.length), packet]);

/** A server with these lines in its block, and a page of metrics. */
async function started(t: TestContext, scheme: string, lines: string, environment: Readonly<Record<string, string>> = {}) {
  const [port, page] = [await freePort(), await freePort()];
  const server = new Spawned(undefined, { environment });
  t.after(() => server.kill());
  const { cert, key } = new Authority().sign({ names: ['a.test'] });
  writeFileSync(join(server.folder, 'cert.pem'), cert);
  writeFileSync(join(server.folder, 'key.pem'), key);
  server.write(`${scheme}.:${port} {\nbind 127.0.0.1\n${lines}\nmetadata\nlog . "{name} from {remote}:{port} to {local} {/proxyproto/tlv}."
    whoami\nprometheus 127.0.0.1:${page}\n}\n`);
  await server.says(/CoreDNS-/);
  const refused = async (why: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${page}/metrics`)).text();
    return Number(new RegExp(`proxyproto_refused_total\\{reason="${why}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  return { server, port, refused };
}
/** Sends these pieces one after the other. */
async function sending(port: number, pieces: readonly Uint8Array[], localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  for (const piece of pieces) {
    await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
  }
  return socket;
}
/** Octets of the first reply, or 0 where the connection is closed. */
async function outcome(socket: Socket): Promise<number> {
  const first = await new Promise<number>((resolve) => {
    // It may have been closed while the last pieces were sent.
    if (socket.closed) return resolve(0);
    socket.once('data', (chunk: Buffer) => resolve(chunk.length)).once('close', () => resolve(0));
  });
  socket.destroy();
  return first;
}
const bytewise = (bytes: Uint8Array): Buffer[] => Array.from(bytes, (byte) => Buffer.of(byte));
const RULES = 'proxyproto {\nallow 127.0.0.1/32\ndefault reject\n}';

test('TCP: the client of a header counts, in one segment or many, its TLVs are a label, and LOCAL is the proxy itself', async (t) => {
  const { server, port } = await started(t, '', RULES);
  const ask = async (name: string, pieces: readonly Uint8Array[]): Promise<void> =>
    assert.ok((await outcome(await sending(port, pieces))) > 2, name);
  await ask('one', [Buffer.concat([header(), framed(question(1, 'one.test'))])]);
  await server.says(/one\.test\. from 192\.0\.2\.7:4242 to 198\.51\.100\.1 -\./);
  await ask('many', bytewise(Buffer.concat([TEXT, framed(question(1, 'many.test'))])));
  await server.says(/many\.test\. from 192\.0\.2\.8:4243 to 198\.51\.100\.2 -\./);
  await ask('tlv', [...bytewise(header(Buffer.of(4, 0, 1, 9))), framed(question(1, 'tlv.test'))]);
  await server.says(/tlv\.test\. from 192\.0\.2\.7:4242 to 198\.51\.100\.1 04000109\./);
  await ask('local', [header(undefined, 0), framed(question(1, 'local.test'))]);
  await server.says(/local\.test\. from 127\.0\.0\.1:\d+ to 127\.0\.0\.1 -\./);
  await ask('plain', [framed(question(1, 'plain.test'))]);
  await server.says(/plain\.test\. from 127\.0\.0\.1:\d+ to 127\.0\.0\.1 -\./);
});

test('TCP: headers that are wrong, cut, nested, too long or from strangers cost the connection, and each is counted', async (t) => {
  const { server, port, refused } = await started(t, '', RULES);
  const lost = async (why: string, pieces: readonly Uint8Array[], from = '127.0.0.1', end = false): Promise<void> => {
    const before = await refused(why);
    const socket = await sending(port, pieces, from);
    if (end) socket.end();
    assert.equal(await outcome(socket), 0, why);
    await server.until(async () => (await refused(why)) === before + 1, `a counted ${why}`);
  };
  const asked = framed(question(1, 'a.test'));
  await lost('malformed', [Buffer.concat([header(undefined, 2), asked])]);
  await server.says(/\[WARNING\] plugin\/proxyproto: the PROXY header of 127\.0\.0\.1:\d+ is malformed/);
  await lost('malformed', [header(MANY), asked]);
  await lost('malformed', [Buffer.from(`PROXY ${'x'.repeat(200)}`), asked]);
  await lost('cut', [header().subarray(0, 20)], '127.0.0.1', true);
  await lost('nested', [Buffer.concat([header(), TEXT, asked])]);
  await lost('rejected', [Buffer.concat([header(), asked])], '127.0.0.2');
  assert.ok((await outcome(await sending(port, [asked], '127.0.0.2'))) > 2, 'a stranger without a header');
  assert.doesNotMatch(server.stdout, /192\.0\.2\.7/);
});

test('TLS and HTTP: the header comes before the handshake, and before the request', async (t) => {
  const secure = await started(t, 'tls://', `${RULES}\ntls cert.pem key.pem`);
  const socket = tls.connect({ socket: await sending(secure.port, bytewise(header())), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.write(framed(question(1, 'tls.test')));
  assert.ok((await outcome(socket)) > 2);
  await secure.server.says(/tls\.test\. from 192\.0\.2\.7:4242 to 198\.51\.100\.1/);
  const web = await started(t, 'https://', RULES);
  const request = `GET /dns-query?dns=${Buffer.from(question(0, 'https.test')).toString('base64url')} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
  assert.ok((await outcome(await sending(web.port, [Buffer.concat([TEXT, Buffer.from(request)])]))) > 2);
  await web.server.says(/https\.test\. from 192\.0\.2\.8:4243 to 198\.51\.100\.2/);
});

for (const udp of ['', 'dgram']) {
  test(`UDP: a header in each datagram, replies to the proxy, bad ones dropped ${udp === '' ? '' : 'without the addon'}`, async (t) => {
    const { server, port, refused } = await started(t, '', RULES, { COREDNS_TS_UDP: udp });
    const from = async (address: string) => {
      const socket = createSocket('udp4');
      t.after(() => socket.close());
      socket.bind(0, address);
      await once(socket, 'listening');
      return socket;
    };
    const [one, stranger] = [await from('127.0.0.1'), await from('127.0.0.2')];
    const lost = async (why: string, packet: Uint8Array, socket = one): Promise<void> => {
      const before = await refused(why);
      socket.send(packet, port, '127.0.0.1');
      await server.until(async () => (await refused(why)) === before + 1, `a counted ${why}`);
    };
    const asked = question(7, 'a.test');
    await lost('malformed', Buffer.concat([header(undefined, 2), asked]));
    await lost('malformed', Buffer.concat([TEXT, asked]));
    await lost('malformed', Buffer.concat([header(MANY).subarray(0, 9000), asked]));
    await lost('malformed', Buffer.concat([SIGNATURE, Buffer.of(0x20, 0, 0, 0), asked]));
    await lost('cut', header().subarray(0, 20));
    await lost('nested', Buffer.concat([header(), header(), asked]));
    await lost('rejected', Buffer.concat([header(), asked]), stranger);
    for (let i = 0; i < 100; i++) {
      one.send(Buffer.concat([header(undefined, i & 1), question(i, `q${i}.test`)]), port, '127.0.0.1');
      const [reply] = (await once(one, 'message')) as [Buffer];
      assert.equal(reply.readUInt16BE(0), i);
    }
    await server.says(/q99\.test\. from 192\.0\.2\.7:4242 to 198\.51\.100\.1/);
    one.send(Buffer.concat([header(Buffer.of(4, 0, 1, 9)), question(7, 'tlv.test')]), port, '127.0.0.1');
    await server.says(/tlv\.test\. from 192\.0\.2\.7:4242 to 198\.51\.100\.1 04000109\./);
    await server.says(/q98\.test\. from 127\.0\.0\.1:\d+ to 127\.0\.0\.1 /);
  });
}
