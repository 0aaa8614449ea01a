// Zones over TLS (RFC 9103) from primaries of tests: whoever is not who it shall be, or does not speak TLS 1.3 with ALPN `dot`, gives
// nothing; what is served stays, and the log says why.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createServer } from 'node:tls';
import type { TlsOptions } from 'node:tls';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { QR, message } from '../../dns/parts.ts';
import { parseRR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { Authority } from '../../testing/certificates.ts';
import { eventually, framed } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { address, isMissing, notify, soa, whole } from './made-primary.test.ts';

const authority = new Authority();
const good = authority.sign({ names: ['ns.test'] });

/** A primary whose connections are what the test says; `serial` is what it has. */
class SecurePrimary {
  serial = 1;
  port = 0;
  #server: { close(): unknown } | undefined;
  readonly #sockets = new Set<Socket>();

  async listen(options: TlsOptions | 'plain' | 'cut'): Promise<void> {
    this.close();
    const kept = (socket: Socket): Socket => {
      this.#sockets.add(socket);
      return socket.on('error', () => {});
    };
    const server = typeof options === 'string'
      ? createPlainServer((socket) => void kept(socket).on('data', () =>
        (options === 'cut' ? socket.destroy() : socket.write('HTTP/1.1 400 no\r\n\r\n'))))
      : createServer({ ALPNProtocols: ['dot'], ...good, ...options }, (socket) =>
        void kept(socket).on('data', (chunk) => this.#answer(socket, chunk)));
    if (typeof options !== 'string') (server as ReturnType<typeof createServer>).on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }
  #answer(socket: Socket, chunk: Uint8Array): void {
    const { id, question } = decodeMessage(chunk.subarray(2));
    const records = question!.type === TYPE.SOA ? [soa(this.serial)] : whole(this.serial);
    const answer = records.map((text) => parseRR(text)!);
    socket.write(framed(encodeMessage(message({ id, flags: QR, question: question!, answer }), { compress: true })));
  }
  close(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}
function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'coredns-ts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'ca.pem'), authority.pem);
  return folder;
}
const block = (more: string): string => `a.test {\nsecondary {\n${more}\n}\n}`;

test('a zone comes over TLS; what fails later says why, and the zone stays until it is well again', { skip: isMissing }, async (t) => {
  const primary = new SecurePrimary();
  await primary.listen({});
  t.after(() => primary.close());
  const ca = join(folderOf(t), 'ca.pem');
  const ours = await serve(block(`transfer from tls://127.0.0.1:${primary.port}%ns.test\ntls ${ca}`), standard);
  t.after(() => ours.close());
  await eventually(() => ours.log().includes(`from tls://127.0.0.1:${primary.port}`), 'transferred');
  assert.equal(await address(ours.port), '192.0.2.1');
  primary.serial = 2;
  const wrong: readonly (readonly [TlsOptions | 'plain' | 'cut', RegExp])[] = [
    [authority.sign({ names: ['other.test'] }), /certificate is valid for other\.test, not ns\.test/],
    [new Authority().sign({ names: ['ns.test'] }), /certificate signed by unknown authority/],
    [authority.sign({ names: ['ns.test'], until: Date.now() - 1000 }), /certificate has expired or is not yet valid/],
    [{ maxVersion: 'TLSv1.2' }, /tls: (protocol version|unsupported protocol)/],
    [{ ALPNProtocols: undefined as unknown as string[] }, /does not choose the protocol dot/],
    ['plain', /first record does not look like a TLS handshake/],
    ['cut', /EOF|connection reset by peer|ECONNRESET/],
  ];
  for (const [options, why] of wrong) {
    await primary.listen(options);
    const before = ours.log().length;
    await notify(ours.port);
    await eventually(() => why.test(ours.log().slice(before)), `the log says ${why}`);
    assert.equal(await address(ours.port), '192.0.2.1', String(why));
  }
  await primary.listen({});
  await notify(ours.port);
  await eventually(() => ours.log().includes('2 serial') || ours.log().split('Transferred a.test.').length > 2, 'well again');
  assert.equal(await address(ours.port), '192.0.2.2');
});

test('a name for all primaries, and a certificate that ours shows', { skip: isMissing }, async (t) => {
  const primary = new SecurePrimary();
  await primary.listen({ requestCert: true, rejectUnauthorized: true, ca: authority.pem });
  t.after(() => primary.close());
  const folder = folderOf(t);
  const client = authority.sign({ common: 'secondary.test' });
  writeFileSync(join(folder, 'own.pem'), client.cert);
  writeFileSync(join(folder, 'own.key'), client.key);
  const tls = `tls ${['own.pem', 'own.key', 'ca.pem'].map((name) => join(folder, name)).join(' ')}\ntls_servername ns.test`;
  const ours = await serve(block(`transfer from tls://127.0.0.1:${primary.port}\n${tls}`), standard);
  t.after(() => ours.close());
  await eventually(() => ours.log().includes(`from tls://127.0.0.1:${primary.port}`), 'transferred');
  assert.equal(await address(ours.port), '192.0.2.1');
});

test('what cannot be meant does not start', async () => {
  const starts = (text: string) => serve(block(text), standard);
  await assert.rejects(starts('transfer from 127.0.0.1\ntls_servername ns.test'), /no primary is spoken to over TLS/);
  await assert.rejects(starts('transfer from tls://ns.test'), /must specify an IP address/);
  await assert.rejects(starts('transfer from tls://127.0.0.1\ntls /no/such/ca.pem'), /error reading \/no\/such\/ca\.pem/);
  await assert.rejects(starts('transfer from tls://127.0.0.1\ntls_servernam ns.test'), /did you mean|unknown property 'tls_servernam'/);
  await assert.rejects(serve('a.test {\ntransfer {\nto * tls one two\n}\n}', standard), /Wrong argument count/);
});
