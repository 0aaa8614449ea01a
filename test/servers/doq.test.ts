// DNS over QUIC by the server as a process, asked by quic-go (test/go/doq; DOQ names the program) and by our own client: load over several
// sockets of a port, sessions, 0-RTT, a reload, the end; and a server without the addon.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Authority } from '../../src/testing/certificates.ts';
import { needsQuic, quicClient } from '../../src/testing/conformance/quic-client.ts';
import { question } from '../../src/testing/conformance/transport-service.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { scratch } from './programs.ts';

const { DOQ: program } = process.env;
const without = needsQuic.skip || (program === undefined && 'the client on quic-go is not built (test/go/doq; DOQ names it)');
const authority = new Authority();

interface Served { readonly server: Spawned; readonly port: number; readonly folder: string }
async function serving(t: TestContext, more: readonly string[] = [], block: readonly string[] = []): Promise<Served> {
  const port = await freePort();
  const folder = scratch(t);
  const { cert, key } = authority.sign({ names: ['a.test'] });
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  const lines = ['bind 127.0.0.1', 'whoami', ...more].map((line) => `    ${line}`);
  const tls = [`tls ${folder}/cert.pem ${folder}/key.pem${block.length === 0 ? '' : ' {'}`, ...block, ...(block.length === 0 ? [] : ['}'])];
  const server = new Spawned(`quic://.:${port} {\n${[...tls, ...lines].join('\n')}\n}\n`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  return { server, port, folder };
}
/** What quic-go says: the last line. */
const asks = (port: number, ...args: readonly string[]): Promise<string> => new Promise((resolve) => {
  const child = execFile(program!, ['-address', `127.0.0.1:${port}`, ...args], { timeout: 60_000 }, (_error, stdout, stderr) =>
    resolve(stdout.trim() === '' ? stderr : stdout.trim()));
  child.stdin?.end();
});

test('quic-go: a load over several sockets of a port, none fails', { skip: without }, async (t) => {
  const { port } = await serving(t, ['multisocket 3', 'quic {', 'max_connections 0', '}']);
  const load = await asks(port, '-connections', '12', '-parallel', '8', '-seconds', '1', 'load');
  assert.match(load, /^answers [1-9]\d* failed 0 /);
  assert.match(await asks(port, '-connections', '4', '-seconds', '1', 'shake'), /^handshakes [1-9]\d* failed 0 /);
});
test('quic-go: sessions are taken up again, with 0-RTT', { skip: without }, async (t) => {
  const { port } = await serving(t);
  assert.equal(await asks(port, 'early'), 'early true resumed true');
});
test('quic-go: connections that were idle go on', { skip: without }, async (t) => {
  const { port } = await serving(t);
  assert.equal(await asks(port, '-connections', '50', 'idle'), 'open 50\nstill 50');
});
test('a reload keeps connections and sessions; the end closes without an error', needsQuic, async (t) => {
  const { server, port } = await serving(t);
  const client = await quicClient('127.0.0.1', port, { sessions: 'reload' });
  t.after(() => client.close());
  client.send(question(1, 'now.test'));
  await client.replies(1);
  server.write(`${readFileSync(join(server.folder, 'Corefile'), 'utf8')}\n`);
  server.child.kill('SIGUSR1');
  await server.says(/Reloading complete/);
  client.send(question(2, 'now.test'));
  await client.replies(2);
  const again = await quicClient('127.0.0.1', port, { sessions: 'reload', early: true });
  t.after(() => again.close());
  assert.deepEqual(again.heard, ['opened early']);
  server.child.kill('SIGTERM');
  for (const each of [client, again]) await each.until(() => each.heard.length === 2, 'the end');
  assert.deepEqual(client.heard, ['opened', 'closed peer 0']);
});
test('secrets are written where keylog says', needsQuic, async (t) => {
  const folder = scratch(t);
  const { port } = await serving(t, [], [`keylog ${folder}/keys`]);
  const client = await quicClient('127.0.0.1', port);
  t.after(() => client.close());
  client.send(question(1, 'now.test'));
  await client.replies(1);
  assert.match(readFileSync(join(folder, 'keys'), 'utf8'), /^SERVER_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]{64,96}$/m);
});
test('without the addon a Corefile with quic:// does not start, and the command is named', async (t) => {
  const folder = scratch(t);
  const { cert, key } = authority.sign({ names: ['a.test'] });
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  const corefile = `quic://.:${await freePort()} {\n tls ${folder}/cert.pem ${folder}/key.pem\n whoami\n}\n`;
  const server = new Spawned(corefile, { environment: { COREDNS_TS_QUIC: 'none' } });
  t.after(() => server.kill());
  assert.equal(await server.ended, 1);
  assert.match(server.stderr, /^QUIC is not here \(COREDNS_TS_QUIC says so\): in a checkout `npm run native` builds it$/m);
});
