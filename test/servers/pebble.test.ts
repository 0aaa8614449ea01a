// Certificates from Pebble, the ACME server that Let's Encrypt tests clients with. Skipped, visibly, where the program is not built
// (test/go/pebble; PEBBLE names it).
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { connect } from 'node:tls';
import type { PeerCertificate } from 'node:tls';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { startPebble } from './pebble.ts';
import type { PebbleOptions } from './pebble.ts';

const { PEBBLE: program } = process.env;
const skip = program === undefined && 'Pebble is not built (test/go/pebble; PEBBLE names it)';
const ZONE = '$ORIGIN example.test.\n@ 60 IN SOA ns a 1 60 60 60 60\n@ 60 IN NS ns\nns 60 IN A 127.0.0.1\ndns 60 IN A 127.0.0.1\n';

/** The certificate that is shown to who asks for a name and trusts this root alone; rejects where it is not good. */
const shown = (port: number, servername: string, ca: string): Promise<PeerCertificate> => new Promise((resolve, reject) => {
  const socket = connect({ host: '127.0.0.1', port, servername, ca }, () => {
    resolve(socket.getPeerCertificate());
    socket.destroy();
  });
  socket.on('error', reject);
});

/** Pebble, and a server that orders from it. */
async function started(t: TestContext, words: (ports: { dns: number; tls: number }) => string, options: Partial<PebbleOptions> = {}) {
  const ports = { dns: await freePort(), tls: await freePort() };
  const pebble = await startPebble(program!, { resolver: `127.0.0.1:${ports.dns}`, tlsPort: ports.tls, ...options });
  t.after(() => pebble.stop());
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  writeFileSync(join(server.folder, 'ca.pem'), pebble.vouches);
  writeFileSync(join(server.folder, 'zone'), ZONE);
  writeFileSync(join(server.folder, 'eab'), options.external?.['kid-1'] ?? '');
  server.write(words(ports).replaceAll('CA_LINES', `ca ${pebble.directory}\nca_root ca.pem\nstorage acme`));
  return { pebble, server, ports };
}

test('names and a wildcard are proved by this server\'s own zone, and served with at once', { skip }, async (t) => {
  const { pebble, server, ports } = await started(t, ({ dns, tls }) => `
    example.test:${dns} {
      bind 127.0.0.1
      cache
      file zone
    }
    tls://.:${tls} {
      bind 127.0.0.1
      multisocket 2
      tls {
        acme dns.example.test *.example.test example.test
        email admin@example.test
        CA_LINES
      }
      on certrenew touch renewed
      whoami
    }`);
  await server.says(/the certificate of dns\.example\.test, \*\.example\.test, example\.test is served with from now on/);
  const root = await pebble.root();
  const { subjectaltname } = await shown(ports.tls, 'dns.example.test', root);
  assert.deepEqual(subjectaltname?.split(', ').sort(), ['DNS:*.example.test', 'DNS:dns.example.test', 'DNS:example.test']);
  await shown(ports.tls, 'other.example.test', root);
  await server.until(() => existsSync(join(server.folder, 'renewed')), 'the command of certrenew');
  assert.match(server.stdout, /agrees to its terms of service/);
  const issuer = pebble.directory.replace('https://', '').replaceAll(/[:/]/g, '-');
  const account = join(server.folder, 'acme/acme', issuer, 'users/admin@example.test/admin.key');
  assert.equal(statSync(account).mode & 0o777, 0o600);
  assert.match(readFileSync(account, 'utf8'), /PRIVATE KEY/);
  assert.ok(!existsSync(join(server.folder, 'acme/locks', issuer, 'lock')));
});

test('a name is proved over TLS, while others are served on the same port', { skip }, async (t) => {
  const { pebble, server, ports } = await started(t, ({ dns, tls }) => `
    .:${dns} {
      bind 127.0.0.1
      file zone example.test
    }
    https://.:${tls} {
      bind 127.0.0.1
      multisocket 2
      tls {
        acme dns.example.test
        challenge tls-alpn-01
        CA_LINES
      }
      whoami
    }`);
  await server.says(/the certificate of dns\.example\.test is served with from now on/);
  await shown(ports.tls, 'dns.example.test', await pebble.root());
});

test('an account that was made elsewhere is named, and certificates of a minute are renewed before their end', { skip }, async (t) => {
  const key = Buffer.alloc(32, 7).toString('base64url');
  const { pebble, server, ports } = await started(t, ({ dns, tls }) => `
    example.test:${dns} {
      bind 127.0.0.1
      file zone
    }
    tls://.:${tls} {
      bind 127.0.0.1
      tls {
        acme example.test
        eab kid-1 eab
        CA_LINES
      }
      whoami
    }`, { external: { 'kid-1': key }, life: 45 });
  await server.says(/is served with from now on/);
  const root = await pebble.root();
  const first = await shown(ports.tls, 'example.test', root);
  await server.until(() => server.stdout.split('is served with from now on').length > 2, 'another certificate');
  assert.notEqual((await shown(ports.tls, 'example.test', root)).serialNumber, first.serialNumber);
});
