// Zones over TLS (RFC 9103): ours from ours, ours from BIND and BIND from ours, and who may not have one. Knows how they are run.
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
const ZONE = `$ORIGIN a.test.\n@ 60 IN SOA ns h 7 60 60 1000 60\n@ 60 IN NS ns\nns 60 IN A 192.0.2.53\nwww 60 IN A 192.0.2.7\n`;

/** A folder with a zone, a CA, a server's certificate and two clients'. */
function furnish(folder: string): void {
  const own = authority.sign({ names: ['ns.test'] });
  const files: { [name: string]: string } = { zone: ZONE, 'ca.pem': authority.pem, 'cert.pem': own.cert, 'key.pem': own.key };
  // A comma in a name is no end of it.
  for (const [name, common] of [['one', 'one.test'], ['two', 'two.test,CN=one.test']] as const) {
    const { cert, key } = authority.sign({ common });
    files[`${name}.pem`] = cert;
    files[`${name}.key`] = key;
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
async function serving(t: TestContext, blocks: string): Promise<Spawned> {
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  furnish(server.folder);
  server.write(blocks);
  await server.says(/CoreDNS-/);
  return server;
}
const dig = (port: number, ...more: readonly string[]) =>
  output('dig', ['@127.0.0.1', '-p', String(port), '+time=10', '+tries=1', ...more]);
/** Waits until the zone is served there. */
async function has(port: number): Promise<void> {
  const isThere = async (): Promise<boolean> => (await dig(port, '+short', 'www.a.test', 'A')).includes('192.0.2.7');
  for (let tries = 0; tries < 300; tries++) {
    if (await isThere()) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 100));
  }
  assert.fail('the zone never came');
}
const primary = (scheme: string, port: number, to: string, auth = 'client_auth request'): string =>
  `${scheme}://a.test:${port} {\nbind 127.0.0.1\ntls cert.pem key.pem ca.pem {\n${auth}\n}\nfile zone\ntransfer {\n${to}\n}\n}\n`;
const secondary = (port: number, from: number, tls: string): string =>
  `a.test:${port} {\nbind 127.0.0.1\nsecondary {\ntransfer from tls://127.0.0.1:${from}%ns.test\ntls ${tls}\n}\n}\n`;

test('ours has a zone from ours, with the certificate that is named; others are refused', { skip: missing('dig') }, async (t) => {
  const [tls, plain, one, two] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const to = 'to * tls one.test';
  const server = await serving(t, primary('tls', tls, to) + primary('dns', plain, to)
    + secondary(one, tls, 'one.pem one.key ca.pem') + secondary(two, tls, 'two.pem two.key ca.pem'));
  await has(one);
  assert.match(await dig(two, 'www.a.test', 'A'), /SERVFAIL/);
  await eventually(() => /rcode: 5 \(REFUSED\)/.test(server.stdout + server.stderr), 'why');
  assert.match(await dig(plain, 'a.test', 'AXFR'), /Transfer failed/);
});

test('a certificate that nobody trusts is none', { skip: missing('dig') }, async (t) => {
  const [tls, one] = [await freePort(), await freePort()];
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  furnish(server.folder);
  const stranger = new Authority().sign({ common: 'one.test' });
  writeFileSync(join(server.folder, 'one.pem'), stranger.cert);
  writeFileSync(join(server.folder, 'one.key'), stranger.key);
  server.write(primary('tls', tls, 'to * tls one.test', 'client_auth require') + secondary(one, tls, 'one.pem one.key ca.pem'));
  await eventually(() => /rcode: 5 \(REFUSED\)/.test(server.stdout + server.stderr), 'why');
  assert.match(await dig(one, 'www.a.test', 'A'), /SERVFAIL/);
});

function bind(t: TestContext, folder: string, text: string): void {
  const conf = join(folder, 'named.conf');
  writeFileSync(conf, text);
  started(t, 'named', ['-g', '-c', conf], folder);
}
const options = (folder: string, listen: string): string => `options {
  directory "${folder}"; pid-file "${folder}/pid"; session-keyfile "${folder}/session.key"; managed-keys-directory "${folder}";
  ${listen} listen-on-v6 { none; }; recursion no; dnssec-validation no; notify no;
};
controls { };
`;

test('ours has a zone from BIND, over TLS alone', { skip: missing('dig', 'named') }, async (t) => {
  const [tls, port] = [await freePort(), await freePort()];
  const folder = scratch(t);
  furnish(folder);
  bind(t, folder, `tls ours { cert-file "${folder}/cert.pem"; key-file "${folder}/key.pem"; protocols { TLSv1.3; }; };
${options(folder, `listen-on port ${tls} tls ours { 127.0.0.1; };`)}
zone "a.test" { type primary; file "zone"; allow-transfer port ${tls} transport tls { any; }; };
`);
  await serving(t, secondary(port, tls, 'ca.pem'));
  await has(port);
});

test('BIND has a zone from ours, over TLS', { skip: missing('dig', 'named') }, async (t) => {
  const [tls, port] = [await freePort(), await freePort()];
  await serving(t, primary('tls', tls, 'to * tls one.test'));
  const folder = scratch(t);
  furnish(folder);
  bind(t, folder, `tls theirs {
  ca-file "${folder}/ca.pem"; remote-hostname "ns.test";
  cert-file "${folder}/one.pem"; key-file "${folder}/one.key"; protocols { TLSv1.3; };
};
${options(folder, `listen-on port ${port} { 127.0.0.1; };`)}
zone "a.test" { type secondary; file "copy"; primaries { 127.0.0.1 port ${tls} tls theirs; }; };
`);
  await has(port);
});
