// Proxies before QUIC: a relay that puts the PROXY protocol's header before each datagram, or the first of each client, in front of a real
// process; and what the addon thinks of headers beside what is thought of them elsewhere. Knows sockets and the octets of headers.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fc } from '../src/testing/properties.ts';
import { PROXY_REFUSALS } from '../src/quic/addon.ts';
import { Authority } from '../src/testing/certificates.ts';
import { http3Client } from '../src/testing/conformance/http3-client.ts';
import { needsQuic, quicClient } from '../src/testing/conformance/quic-client.ts';
import { question } from '../src/testing/conformance/transport-service.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { readProxyHeader } from '../src/transport/proxy-header.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const ENDS = Buffer.of(192, 0, 2, 7, 198, 51, 100, 1, 0x10, 0x92, 0, 53);
const ENDS6 = Buffer.concat([
  Buffer.from('20010db8000000000000000000000007', 'hex'), Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.of(0x10, 0x92, 0, 53),
]);
function header(tlvs: Uint8Array = Buffer.alloc(0), command = 1, ends = ENDS): Buffer {
  const length = ends.length + tlvs.length;
  const family = ends === ENDS6 ? 0x22 : 0x12;
  return Buffer.concat([SIGNATURE, Buffer.of(0x20 | command, family, length >> 8, length & 255), ends, tlvs]);
}

/** A server with these schemes on one port behind these rules, and what it has counted. */
async function started(t: TestContext, rules: string, schemes = ['quic://']) {
  const [port, page] = [await freePort(), await freePort()];
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  const { cert, key } = new Authority().sign({ names: ['a.test'] });
  writeFileSync(join(server.folder, 'cert.pem'), cert);
  writeFileSync(join(server.folder, 'key.pem'), key);
  server.write(schemes.map((scheme) => `${scheme}.:${port} {
    bind 127.0.0.1
    tls cert.pem key.pem
    proxyproto {
      ${rules}
    }
    metadata
    log . "{name} from {remote}:{port} to {local} {/proxyproto/tlv}."
    whoami
    prometheus 127.0.0.1:${page}
  }
`).join(''));
  await server.says(/CoreDNS-/);
  const refused = async (why: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${page}/metrics`)).text();
    return Number(new RegExp(`proxyproto_refused_total\\{reason="${why}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  return { server, port, refused };
}
async function bound(t: TestContext, address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}
/** A proxy before a port, for one client: `head` says what goes before each datagram. Its own port. */
async function relay(t: TestContext, port: number, head: (number: number) => Buffer, from = '127.0.0.1'): Promise<number> {
  const front = await bound(t, '127.0.0.1'), back = await bound(t, from);
  let count = 0, client = 0;
  front.on('message', (bytes, { port: sender }) => {
    client = sender;
    back.send(Buffer.concat([head(count++), bytes]), port, '127.0.0.1');
  });
  back.on('message', (bytes) => front.send(bytes, client, '127.0.0.1'));
  return front.address().port;
}
/** Asks once, over DoQ or HTTP/3. */
async function ask(t: TestContext, port: number, name: string, open: typeof quicClient | typeof http3Client = quicClient): Promise<void> {
  const client = await open('127.0.0.1', port);
  t.after(() => client.close());
  client.send(question(1, name));
  await client.replies(1);
}
const RULES = 'allow 127.0.0.1/32\n      default reject';

test('QUIC: the client of a header counts, its TLVs are a label, LOCAL is the proxy itself, over DoQ and HTTP/3', needsQuic, async (t) => {
  const { server, port } = await started(t, RULES, ['quic://', 'https3://']);
  await ask(t, await relay(t, port, () => header()), 'doq.test');
  await server.says(/doq\.test\. from 192\.0\.2\.7:4242 to 198\.51\.100\.1 -\./);
  await ask(t, await relay(t, port, () => header(Buffer.of(4, 0, 1, 9), 1, ENDS6)), 'six.test');
  await server.says(/six\.test\. from \[?2001:db8::7\]?:4242 to \[?2001:db8::1\]? 04000109\./);
  await ask(t, await relay(t, port, () => header(Buffer.of(4, 0, 1, 9))), 'web.test', http3Client);
  await server.says(/web\.test\. from 192\.0\.2\.7:4242 to 198\.51\.100\.1 04000109\./);
  await ask(t, await relay(t, port, () => header(undefined, 0)), 'local.test');
  await server.says(/local\.test\. from 127\.0\.0\.1:\d+ to 127\.0\.0\.1 -\./);
  await ask(t, port, 'plain.test');
  await server.says(/plain\.test\. from 127\.0\.0\.1:\d+ to 127\.0\.0\.1 -\./);
});

test('QUIC: a header in the first datagram alone counts where sessions are remembered', needsQuic, async (t) => {
  const first = (number: number): Buffer => (number === 0 ? header() : Buffer.alloc(0));
  const { server, port } = await started(t, `${RULES}\n      udp_session_tracking 1m 2`);
  for (const name of ['one', 'two', 'three']) await ask(t, await relay(t, port, first), `${name}.test`);
  for (const name of ['one', 'two', 'three']) await server.says(new RegExp(`${name}\\.test\\. from 192\\.0\\.2\\.7:4242 to`));
});

test('QUIC: headers that are wrong, cut, nested or of strangers are dropped, counted and told', needsQuic, async (t) => {
  const { server, port, refused } = await started(t, RULES);
  const [proxy, stranger] = [await bound(t, '127.0.0.1'), await bound(t, '127.0.0.2')];
  const lost = async (why: string, packet: Uint8Array, socket = proxy): Promise<void> => {
    const before = await refused(why);
    socket.send(packet, port, '127.0.0.1');
    await server.until(async () => (await refused(why)) === before + 1, `a counted ${why}`);
  };
  const rest = Buffer.alloc(1200, 0xc0);
  await lost('malformed', Buffer.concat([header(undefined, 2), rest]));
  const sender = `127\\.0\\.0\\.1:${proxy.address().port}`;
  await server.says(new RegExp(`\\[WARNING\\] plugin/proxyproto: the PROXY header of ${sender} is malformed`));
  await lost('malformed', Buffer.from('PROXY TCP4 192.0.2.8 198.51.100.2 4243 53\r\n'));
  await lost('cut', header().subarray(0, 20));
  await lost('nested', Buffer.concat([header(), header(), rest]));
  await lost('rejected', Buffer.concat([header(), rest]), stranger);
  // Whoever has none is served all the same.
  await ask(t, await relay(t, port, () => Buffer.alloc(0), '127.0.0.2'), 'stranger.test');
  await server.says(/stranger\.test\. from 127\.0\.0\.2:\d+ to/);
});

test('two schemes on a port of QUIC have to say the same of proxies', needsQuic, async (t) => {
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  const { cert, key } = new Authority().sign({ names: ['a.test'] });
  writeFileSync(join(server.folder, 'cert.pem'), cert);
  writeFileSync(join(server.folder, 'key.pem'), key);
  const port = await freePort();
  const block = (scheme: string, policy: string): string =>
    `${scheme}.:${port} {\nbind 127.0.0.1\ntls cert.pem key.pem\nproxyproto {\ndefault ${policy}\n}\nwhoami\n}\n`;
  server.write(block('quic://', 'use') + block('https3://', 'reject'));
  await server.ended;
  assert.match(server.stdout + server.stderr, new RegExp(`conflicting proxyproto for QUIC on port ${port}: Corefile:4 and Corefile:12`));
});

/** What a datagram's header costs it, as src/transport/proxied-datagrams.ts has it; undefined where it goes on. */
function judged(bytes: Uint8Array): string | undefined {
  const found = readProxyHeader(bytes, 0, bytes.length);
  if (found === 'none' || (found === 'more' && bytes.length < 6)) return undefined;
  if (found === 'more' && bytes[0] === 13) return 'cut';
  if (typeof found === 'string' || bytes[0] !== 13 || found.family === 0) return 'malformed';
  const left = bytes.length - found.length;
  return left >= 6 && readProxyHeader(bytes, found.length, left) !== 'none' ? 'nested' : undefined;
}
test('QUIC thinks of headers as the other transports do, whatever their octets are', needsQuic, async (t) => {
  const { server, port, refused } = await started(t, RULES);
  const proxy = await bound(t, '127.0.0.1');
  const change = fc.record({ at: fc.nat(60), to: fc.integer({ min: 0, max: 255 }) });
  const whole = fc.tuple(fc.constantFrom(ENDS, ENDS6), fc.constantFrom(0, 1), fc.uint8Array({ maxLength: 12 }), fc.boolean())
    .map(([ends, command, tlvs, twice]) => Buffer.concat([header(tlvs, command, ends), twice ? header() : Buffer.alloc(30, 0xc1)]));
  const changed = fc.oneof(fc.constant([]), fc.array(change, { maxLength: 2 }));
  const datagram = fc.tuple(whole, changed, fc.nat(120)).map(([bytes, changes, length]) => {
    const made = Buffer.from(bytes.subarray(0, length > 80 ? bytes.length : length));
    for (const { at, to } of changes) if (at < made.length) made[at] = to;
    return made;
  });
  const wanted = new Map<string, number>(PROXY_REFUSALS.map((why) => [why, 0]));
  const all = fc.sample(datagram, { numRuns: 400, seed: 7 });
  for (let i = 0; i < all.length; i++) {
    const why = judged(all[i]!);
    if (why !== undefined) wanted.set(why, wanted.get(why)! + 1);
    proxy.send(all[i]!, port, '127.0.0.1');
    // Not more at once than a socket holds, however late the server is.
    if (i % 50 < 49) continue;
    for (const [each, count] of wanted) await server.until(async () => (await refused(each)) >= count, `${count} ${each}`);
  }
  const counted = await Promise.all(PROXY_REFUSALS.map(async (why) => [why, await refused(why)] as const));
  assert.deepEqual(new Map(counted), wanted);
  assert.ok(wanted.get('malformed')! > 20 && wanted.get('cut')! > 20 && wanted.get('nested')! > 5, JSON.stringify([...wanted]));
  await ask(t, await relay(t, port, () => header()), 'after.test');
});
