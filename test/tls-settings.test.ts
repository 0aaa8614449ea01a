// What `tls` says of itself and what its options do, of real processes: metrics and Kubernetes' links, labels in log and view, keylog,
// tickets that replicas share, the least version for each name of a port.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { Authority } from '../src/testing/certificates.ts';
import type { MadePair } from '../src/testing/certificates.ts';
import { framed } from '../src/testing/conformance/transport-clients.ts';
import { question } from '../src/testing/conformance/transport-service.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';

const authority = new Authority();
const pair = authority.sign({ names: ['a.test'] });

function put(folder: string, { cert, key }: MadePair, name = ''): void {
  writeFileSync(join(folder, `${name}cert.pem`), cert);
  writeFileSync(join(folder, `${name}key.pem`), key);
}
async function started(t: TestContext, corefile: string, prepare: (folder: string) => void): Promise<Spawned> {
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  prepare(server.folder);
  server.write(corefile);
  await server.says(/CoreDNS-/);
  return server;
}
interface Asked { readonly socket: TLSSocket; readonly answer: Buffer; readonly session: Buffer | undefined }
/** One question over a connection of its own; rejects where there is none. */
async function ask(port: number, options: ConnectionOptions = {}): Promise<Asked> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'a.test', ca: authority.pem, ...options });
  let session: Buffer | undefined;
  socket.on('session', (given: Buffer) => (session = given));
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  socket.write(framed(question(1, 'now.a.test')));
  const [answer] = await once(socket, 'data') as [Buffer];
  socket.end();
  return { socket, answer, session };
}

test('the end of a certificate and handshakes are counted, and a certificate behind Kubernetes’ links is taken over', async (t) => {
  const [port, page] = [await freePort(), await freePort()];
  const renewed = authority.sign({ names: ['b.test'] });
  const corefile = `tls://.:${port} {\nbind 127.0.0.1\ntls cert.pem key.pem\nwhoami\nprometheus 127.0.0.1:${page}\n}\n`;
  const server = await started(t, corefile, (folder) => {
    for (const [revision, made] of [['..1', pair], ['..2', renewed]] as const) {
      mkdirSync(join(folder, revision));
      put(join(folder, revision), made);
    }
    symlinkSync('..1', join(folder, '..data'));
    for (const file of ['cert.pem', 'key.pem']) symlinkSync(`..data/${file}`, join(folder, file));
  });
  const metrics = async () => (await fetch(`http://127.0.0.1:${page}/metrics`)).text();
  const end = (made: MadePair) => Date.parse(new X509Certificate(made.cert).validTo) / 1000;
  const shown = (text: string, name: string) =>
    Number(new RegExp(`coredns_tls_certificate_expiry_timestamp_seconds\\{name="${name}"\\} (\\S+)`).exec(text)?.[1]);
  await ask(port);
  await assert.rejects(ask(port, { servername: 'a.test', ca: new Authority('x').pem }));
  const before = await metrics();
  assert.equal(shown(before, 'a.test'), end(pair));
  assert.match(before, /coredns_tls_handshakes_total\{[^}]*version="1\.3"[^}]*\} [12]/);
  symlinkSync('..2', join(server.folder, '..new'));
  renameSync(join(server.folder, '..new'), join(server.folder, '..data'));
  await server.says(/the certificate of cert\.pem is served with from now on/);
  const { socket } = await ask(port, { servername: 'b.test' });
  assert.equal(socket.authorized, true);
  assert.equal(shown(await metrics(), 'b.test'), end(renewed));
});

test('labels of TLS in log and view; keylog has what a recorded connection is read with', async (t) => {
  const port = await freePort();
  const client = authority.sign({ names: ['client.test'] });
  const block = (words: string) => `tls://.:${port} {
    bind 127.0.0.1
    tls cert.pem key.pem ca.pem {
      client_auth verify_if_given
      keylog keys.txt
    }
    metadata
    log . "{/tls/version} {/tls/server-name} {/tls/client-subject} {rcode}"
    ${words}
  }\n`;
  const expression = "metadata('tls/server-name') == 'a.test' && metadata('tls/client-subject') == 'CN=client.test'";
  const view = `view named {\nexpr ${expression}\n}\nwhoami`;
  const server = await started(t, `${block(view)}${block('template ANY ANY {\nrcode NXDOMAIN\n}')}`, (folder) => {
    put(folder, pair);
    writeFileSync(join(folder, 'ca.pem'), authority.pem);
  });
  const rcode = ({ answer }: Asked) => answer[5]! & 15;
  assert.equal(rcode(await ask(port, { cert: client.cert, key: client.key })), 0);
  assert.equal(rcode(await ask(port, { maxVersion: 'TLSv1.2' })), 3);
  await server.says(/1\.3 a\.test CN=client\.test NOERROR/);
  await server.says(/1\.2 a\.test - NXDOMAIN/);
  const lines = readFileSync(join(server.folder, 'keys.txt'), 'utf8').trim().split('\n');
  assert.ok(lines.some((line) => /^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]{64,}$/.test(line)), lines.join('\n'));
  assert.ok(lines.some((line) => /^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/.test(line)), lines.join('\n'));
});

test('session_tickets FILE: replicas go on with each other’s sessions; off: nobody does', async (t) => {
  const secret = Buffer.alloc(32, 7);
  const port = await freePort();
  const replica = async (host: string, tickets: string) => {
    await started(t, `tls://.:${port} {\nbind ${host}\ntls cert.pem key.pem {\nsession_tickets ${tickets}\n}\nwhoami\n}\n`, (folder) => {
      put(folder, pair);
      writeFileSync(join(folder, 'tickets'), secret);
    });
    return host;
  };
  const [first, second] = [await replica('127.0.0.1', 'tickets'), await replica('127.0.0.2', 'tickets')];
  const off = await replica('127.0.0.3', 'off');
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const { session } = await ask(port, { host: first, maxVersion });
    const reused = async (host: string) =>
      (await ask(port, { host, maxVersion, ...(session !== undefined && { session }) })).socket.isSessionReused();
    assert.deepEqual([await reused(second), await reused(off)], [true, false], maxVersion);
  }
});

test('min_version counts for every name of a port', async (t) => {
  const port = await freePort();
  const block = (name: string) =>
    `tls://${name}.test:${port} {\nbind 127.0.0.1\ntls ${name}cert.pem ${name}key.pem {\nmin_version 1.3\n}\nwhoami\n}\n`;
  await started(t, block('a') + block('b'), (folder) => {
    put(folder, pair, 'a');
    put(folder, authority.sign({ names: ['b.test'] }), 'b');
  });
  for (const servername of ['a.test', 'b.test', 'unknown.test']) {
    await assert.rejects(ask(port, { servername, maxVersion: 'TLSv1.2', rejectUnauthorized: false }), servername);
    const { socket } = await ask(port, { servername, rejectUnauthorized: false });
    assert.equal(socket.getProtocol(), 'TLSv1.3');
  }
});
