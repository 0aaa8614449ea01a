// DNS over TLS of a real process: a certificate that is renewed under load, and what clients on connections are told.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { OPTION } from '../src/dns/edns-options.ts';
import { decodeMessage } from '../src/dns/message.ts';
import { Authority } from '../src/testing/certificates.ts';
import type { MadePair } from '../src/testing/certificates.ts';
import { tlsClient } from '../src/testing/conformance/transport-clients.ts';
import { question } from '../src/testing/conformance/transport-service.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';

const authority = new Authority();

/** A server in a folder with a certificate, on a port of its own. */
async function started(t: TestContext, block: (port: number) => string, pair: MadePair) {
  const port = await freePort();
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  const put = ({ cert, key }: MadePair): void => {
    writeFileSync(join(server.folder, 'cert.pem'), cert);
    writeFileSync(join(server.folder, 'key.pem'), key);
  };
  put(pair);
  server.write(block(port));
  await server.says(/CoreDNS-/);
  return { server, port, put };
}
/** A question with an OPT that has these options. */
function asking(id: number, name: string, options: readonly number[]): Uint8Array {
  const packet = Uint8Array.of(...question(id, name), 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, options.length, ...options);
  packet[11] = 1;
  return packet;
}

test('a certificate is renewed under load: no handshake and no question fails, half-written ones are passed over', async (t) => {
  const [old, renewed] = [authority.sign({ names: ['old.test'] }), authority.sign({ names: ['new.test'] })];
  const corefile = (port: number): string => `tls://.:${port} {\nbind 127.0.0.1\nmultisocket 2\ntls cert.pem key.pem\nwhoami\n}\n`;
  const { server, port, put } = await started(t, corefile, old);
  const kept = await tlsClient('127.0.0.1', port);
  let [asked, running, names] = [0, true, new Set<string>()];
  const load = async (): Promise<void> => {
    while (running) {
      const client = await tlsClient('127.0.0.1', port, { ca: authority.pem });
      names.add([(client.socket as TLSSocket).getPeerCertificate().subject.CN].flat()[0]!);
      client.send(question(1, 'a.test'));
      await client.replies(1);
      client.close();
      asked++;
      kept.send(question(asked & 0xffff, 'a.test'));
    }
  };
  const loads = [load(), load()];
  put({ cert: renewed.cert.slice(0, 300), key: renewed.key });
  await server.says(/cert\.pem is not taken over, and the certificate before it stays/);
  put({ cert: renewed.cert, key: old.key });
  await server.says(/private key does not match public key/);
  assert.deepEqual([...names], ['old.test']);
  put(renewed);
  await server.says(/the certificate of cert\.pem is served with from now on/);
  names = new Set();
  const before = asked;
  await server.until(() => asked > before + 8, 'handshakes with the new one');
  running = false;
  await Promise.all(loads);
  assert.ok(names.has('new.test'));
  await kept.replies(asked);
  kept.close();
});

test('clients that ask are told how long a connection stays, and padded questions get padded replies', async (t) => {
  const words = 'tls cert.pem key.pem\ntimeouts {\nidle 30s\n}\nwhoami';
  const corefile = (port: number): string => `tls://.:${port} {\nbind 127.0.0.1\n${words}\n}\n`;
  const { port } = await started(t, corefile, authority.sign({ names: ['a.test'] }));
  const client = await tlsClient('127.0.0.1', port);
  t.after(() => client.close());
  const replies: Buffer[] = [];
  client.socket.on('data', (chunk: Buffer) => replies.push(chunk.subarray(2)));
  const ask = async (options: readonly number[]) => {
    const count = client.got.length;
    client.send(asking(count, 'a.test', options));
    await client.replies(count + 1);
    const reply = replies.at(-1)!;
    return { length: reply.length, options: decodeMessage(reply).edns!.options };
  };
  assert.deepEqual((await ask([])).options, []);
  const kept = await ask([0, OPTION.TCP_KEEPALIVE, 0, 0]);
  assert.deepEqual(kept.options.map(({ code, data }) => [code, ...data]), [[OPTION.TCP_KEEPALIVE, 1, 44]]);
  const padded = await ask([0, OPTION.PADDING, 0, 2, 0, 0]);
  assert.equal(padded.length % 468, 0);
  assert.deepEqual(padded.options.map(({ code }) => code), [OPTION.PADDING]);
});
