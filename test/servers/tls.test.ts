// DNS over TLS with programs of others: kdig, openssl and Unbound as clients of ours, and Unbound as an upstream. Knows how they are run.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Authority } from '../../src/testing/certificates.ts';
import { eventually } from '../../src/testing/conformance/transport-clients.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { missing, output, scratch, started } from './programs.ts';

const authority = new Authority();

/** A server with these blocks and a certificate for `dns.test`, one for clients beside it. */
async function serving(t: TestContext, blocks: string): Promise<Spawned> {
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  const [own, client] = [authority.sign({ names: ['dns.test'] }), authority.sign({ common: 'a client' })];
  const files = { 'ca.pem': authority.pem, 'cert.pem': own.cert, 'key.pem': own.key, 'client.pem': client.cert, 'client.key': client.key };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(server.folder, name), text);
  server.write(blocks);
  await server.says(/CoreDNS-/);
  return server;
}
const template = (text: string): string => `template IN TXT {\nanswer "{{ .Name }} 60 IN TXT ${text}"\n}`;

test('kdig is answered, by the name that it checks, with the certificate that it shows', { skip: missing('kdig') }, async (t) => {
  const port = await freePort();
  const tls = 'tls cert.pem key.pem ca.pem {\nclient_auth require_and_verify\n}';
  const { folder } = await serving(t, `tls://.:${port} {\nbind 127.0.0.1\n${tls}\n${template('yes')}\n}\n`);
  const ask = (...more: readonly string[]) =>
    output('kdig', ['@127.0.0.1', '-p', String(port), 'a.test', 'TXT', `+tls-ca=${folder}/ca.pem`, '+retry=0', ...more]);
  const shown = [`+tls-certfile=${folder}/client.pem`, `+tls-keyfile=${folder}/client.key`];
  assert.match(await ask('+tls-hostname=dns.test', '+padding', ...shown), /a\.test\.\s+60\s+IN\s+TXT\s+"yes"/);
  assert.doesNotMatch(await ask('+tls-hostname=other.test', ...shown), /"yes"/);
  assert.doesNotMatch(await ask('+tls-hostname=dns.test'), /"yes"/);
});

test('openssl resumes its session, and is shown the certificate of the name that it says', { skip: missing('openssl') }, async (t) => {
  const port = await freePort();
  const { folder } = await serving(t, `tls://.:${port} {\nbind 127.0.0.1\nmultisocket 2\ntls cert.pem key.pem\nwhoami\n}\n`);
  const connect = (...more: readonly string[]) =>
    output('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', `${folder}/ca.pem`, '-alpn', 'dot', ...more]);
  const first = await connect('-servername', 'dns.test', '-tls1_2', '-sess_out', `${folder}/session`);
  assert.match(first, /Verify return code: 0 \(ok\)/);
  assert.match(first, /ALPN protocol: dot/);
  const again = ['-servername', 'dns.test', '-tls1_2', '-sess_in', `${folder}/session`];
  for (let i = 0; i < 4; i++) assert.match(await connect(...again), /Reused, TLSv1\.2/);
});

test('Unbound asks ours over TLS, and ours asks Unbound', { skip: missing('unbound', 'kdig') }, async (t) => {
  const [port, between, front] = [await freePort(), await freePort(), await freePort()];
  const to = `forward . tls://127.0.0.1:${between} {\ntls ca.pem\ntls_servername dns.test\n}`;
  const { folder } = await serving(t, `tls://.:${port} {\nbind 127.0.0.1\ntls cert.pem key.pem\n${template('through')}\n}\n`
    + `.:${front} {\nbind 127.0.0.1\n${to}\n}\n`);
  const config = join(scratch(t), 'unbound.conf');
  writeFileSync(config, `server:
  interface: 127.0.0.1@${between}
  tls-port: ${between}
  tls-service-key: "${folder}/key.pem"
  tls-service-pem: "${folder}/cert.pem"
  tls-cert-bundle: "${folder}/ca.pem"
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "test." nodefault
forward-zone:
  name: "."
  forward-tls-upstream: yes
  forward-addr: 127.0.0.1@${port}#dns.test
`);
  started(t, 'unbound', ['-d', '-c', config], folder);
  let got = '';
  let asking = false;
  await eventually(() => {
    if (!asking && !got.includes('"through"')) {
      asking = true;
      void output('kdig', ['@127.0.0.1', '-p', String(front), 'a.test', 'TXT', '+retry=0', '+timeout=2']).then((text) => {
        got = text;
        asking = false;
      });
    }
    return got.includes('"through"');
  }, 'the answer came through');
  assert.match(got, /a\.test\.\s+60\s+IN\s+TXT\s+"through"/);
});
