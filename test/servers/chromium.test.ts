// A browser whose names are resolved by this server: Chromium over HTTP/2, what it makes of `Alt-Svc`, and over HTTP/3. Knows its profile,
// its switches, and a page that has pictures under names of its own; knows nothing of requests.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Authority } from '../../src/testing/certificates.ts';
import { needsQuic } from '../../src/testing/conformance/quic-client.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { missing, started } from './programs.ts';

const skip = missing('chromium') === false ? needsQuic.skip : missing('chromium');

/** A server of DNS over HTTPS, by both, that says which one a question came by. */
async function serving(t: TestContext) {
  const [port, page] = [await freePort(), await freePort()];
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  const { cert, key } = new Authority().sign({ names: ['localhost'] });
  writeFileSync(path.join(server.folder, 'cert.pem'), cert);
  writeFileSync(path.join(server.folder, 'key.pem'), key);
  const block = (scheme: string): string => `${scheme}://.:${port} {
    bind 127.0.0.1
    tls cert.pem key.pem
    log . "{name} {type} by ${scheme}."
    prometheus 127.0.0.1:${page}
    template IN A test {
      answer "{{ .Name }} 60 IN A 127.0.0.1"
    }
    template IN ANY . {
      rcode NOERROR
    }
  }
`;
  server.write(block('https') + block('https3'));
  await server.says(/CoreDNS-/);
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${page}/metrics`)).text();
  return { server, port, metrics, key: new X509Certificate(readFileSync(path.join(server.folder, 'cert.pem'))).publicKey };
}
/** A page at first.test with pictures at n0.test and so on, and the names that were asked for it. */
async function site(t: TestContext): Promise<{ readonly port: number; readonly hosts: Set<string> }> {
  const hosts = new Set<string>();
  const web = createServer(({ headers: { host = '' }, url }, reply) => {
    hosts.add(host.split(':')[0]!);
    if (url !== '/') return void reply.end();
    const pictures = Array.from({ length: 4 }, (_, i) => `<img src="http://n${i}.test:${host.split(':')[1]}/picture">`).join('');
    reply.setHeader('content-type', 'text/html');
    reply.end(`<!doctype html><title>names</title>${pictures}`);
  });
  t.after(() => {
    web.closeAllConnections();
    web.close();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  return { port: (web.address() as AddressInfo).port, hosts };
}
/** Opens the page, with nothing but this server to resolve names. */
function browse(t: TestContext, { port, key }: Awaited<ReturnType<typeof serving>>, web: number, ...switches: string[]) {
  const profile = mkdtempSync(path.join(tmpdir(), 'chromium-'));
  const state = { dns_over_https: { mode: 'secure', templates: `https://127.0.0.1:${port}/dns-query{?dns}` } };
  writeFileSync(path.join(profile, 'Local State'), JSON.stringify(state));
  const trusted = createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest('base64');
  started(t, 'chromium', [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', `--user-data-dir=${profile}`,
    `--ignore-certificate-errors-spki-list=${trusted}`, '--remote-debugging-port=0', ...switches, `http://first.test:${web}/`,
  ], profile);
  // After its end: what it forked may still write.
  t.after(() => rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
}
const NAMES = ['first.test', 'n0.test', 'n1.test', 'n2.test', 'n3.test'];

test('Chromium resolves by this server over HTTP/2, and tries HTTP/3 where Alt-Svc tells it to', { skip }, async (t) => {
  const at = await serving(t);
  const { port, hosts } = await site(t);
  browse(t, at, port);
  await at.server.until(() => NAMES.every((name) => hosts.has(name)), 'the page with its pictures');
  for (const name of NAMES) assert.match(at.server.stdout, new RegExp(`${name.replace('.', '\\.')}\\. A by https\\.`));
  // It takes no certificate over QUIC whose authority it does not know from home, whatever it is told to trust.
  await at.server.until(async () => /handshake_failures_total\{reason="[a-z_]*"\} [1-9]/.test(await at.metrics()), 'a handshake over QUIC');
});

test('Chromium resolves by this server over HTTP/3', { skip }, async (t) => {
  const at = await serving(t);
  const { port, hosts } = await site(t);
  browse(t, at, port, `--origin-to-force-quic-on=127.0.0.1:${at.port}`);
  await at.server.until(() => NAMES.every((name) => hosts.has(name)), 'the page with its pictures');
  for (const name of NAMES) assert.match(at.server.stdout, new RegExp(`${name.replace('.', '\\.')}\\. A by https3\\.`));
  assert.doesNotMatch(at.server.stdout, /test\. A by https\./);
});
