// Proofs over TLS (RFC 8737): who asks for one gets it and nothing else, and nobody else notices.
import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import * as tls from 'node:tls';
import { fc } from '../testing/properties.ts';
import { Authority } from '../testing/certificates.ts';
import { selfSigned } from './made-certificate.ts';
import { readPair } from './pair.ts';
import { asksForProof } from './proof.ts';
import type { TlsProof } from './proof.ts';
import { SecureServer } from './server.ts';
import { ServerTls } from './server-tls.ts';

const authority = new Authority();
const digest = crypto.createHash('sha256').update('a proof').digest();
const proof = (domain: string): TlsProof => {
  const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const says = { common: 'x', names: [domain], from: Date.now() - 1e6, until: Date.now() + 1e6, serial: Uint8Array.of(1) };
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { domain, cert: selfSigned({ ...says, acmeIdentifier: digest }, privateKey, crypto), key };
};

/** A port with a certificate of a.test; what became of those who came. */
async function listening(t: TestContext) {
  const block = new ServerTls({
    at: { file: 'x', line: 1 }, clientAuth: 'nocert', leastVersion: 'TLSv1.2', keylog: undefined,
    first: { cert: '', key: '', ca: undefined },
  });
  const pair = readPair({ ...authority.sign({ names: ['a.test'] }), ca: undefined }, crypto);
  let proofs: readonly TlsProof[] = [];
  Object.assign(block, { tls, pair: () => pair, proofs: () => proofs });
  const secure = new SecureServer([block], ['dot'], 'tls://:1');
  const came: string[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket: Socket) => {
    socket.on('error', () => {});
    secure.accept(socket, {
      arrived: (stream, { alpn }) => {
        came.push(`arrived ${alpn}`);
        stream.end('hello');
      },
      failed: (reason) => {
        came.push(`failed ${reason}`);
        setImmediate(() => socket.destroy());
      },
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, came, show: (all: readonly TlsProof[]) => (proofs = all) };
}
/** What a client sees: the certificate and the protocol, or the error. */
const seen = (port: number, servername: string, protocol: string): Promise<{ raw: Buffer; alpn: string | false | null } | Error> =>
  new Promise((resolve) => {
    const socket = tls.connect({ host: '127.0.0.1', port, servername, ALPNProtocols: [protocol], rejectUnauthorized: false }, () => {
      resolve({ raw: socket.getPeerCertificate().raw, alpn: socket.alpnProtocol });
      socket.on('close', () => {});
      socket.resume();
    });
    socket.on('error', resolve);
  });

test('who asks for a proof gets it while there is one, and others what they came for', async (t) => {
  const { port, came, show } = await listening(t);
  const usual = await seen(port, 'a.test', 'dot');
  assert.ok(!(usual instanceof Error) && usual.alpn === 'dot');
  assert.ok(await seen(port, 'b.test', 'acme-tls/1') instanceof Error, 'nobody speaks that where there is no proof');
  show([proof('b.test'), proof('c.test')]);
  for (const name of ['b.test', 'C.test']) {
    const shown = await seen(port, name, 'acme-tls/1');
    assert.ok(!(shown instanceof Error), String(shown));
    assert.equal(shown.alpn, 'acme-tls/1');
    assert.ok(shown.raw.includes(Buffer.concat([Buffer.from('04220420', 'hex'), digest])));
  }
  assert.ok(await seen(port, 'a.test', 'acme-tls/1') instanceof Error, 'no proof of this name');
  const meanwhile = await seen(port, 'a.test', 'dot');
  assert.ok(!(meanwhile instanceof Error) && meanwhile.raw.equals(usual.raw));
  show([]);
  assert.ok(await seen(port, 'b.test', 'acme-tls/1') instanceof Error);
  assert.equal(came.filter((each) => each === 'arrived dot').length, 2);
  assert.equal(came.filter((each) => each.startsWith('arrived')).length, 2);
});

test('the beginning of a handshake is told from others, whatever pieces it comes in', () => {
  const hello = Buffer.concat([Buffer.from([22, 3, 1, 0, 40]), Buffer.alloc(20), Buffer.from('\x0aacme-tls/1'), Buffer.alloc(9)]);
  assert.equal(asksForProof(hello), true);
  for (let end = 0; end < hello.length - 9; end++) assert.equal(asksForProof(hello.subarray(0, end)), undefined, String(end));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    const told = asksForProof(Buffer.from(bytes));
    if (bytes.length > 0 && bytes[0] !== 22) assert.equal(told, false);
    if (told === undefined) assert.ok(bytes.length < 5 || bytes.length < 5 + bytes[3]! * 256 + bytes[4]!);
  }));
});
