// Servers of others as upstreams: Unbound over TLS and HTTPS, dnsdist over UDP, TLS and HTTPS, each asked many questions at once. Knows
// processes and their configurations.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { question } from '../../src/testing/conformance/transport-service.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { certified, missing, started } from './programs.ts';

/** So many questions at once, and how often each is sent again, milliseconds. */
const AT_ONCE = 50, AGAIN = 1000;

async function forwarding(t: TestContext, to: string, folder: string): Promise<number> {
  const port = await freePort();
  const secure = `tls ${folder}/ca.pem\ntls_servername dns.test`;
  const server = new Spawned(`.:${port} {\nbind 127.0.0.1\nerrors\nforward . ${to} {\n${secure}\npadding\ncookies\n}\n}\n`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  return port;
}
/** The rcodes of so many questions for names below a.test; those that fail are asked again, since the upstream may not have started. */
async function asked(t: TestContext, port: number): Promise<readonly number[]> {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  const rcodes = new Map<number, number>();
  await new Promise<void>((resolve) => {
    const send = (): void => {
      for (let id = 1; id <= AT_ONCE; id++) if (rcodes.get(id) !== 0) socket.send(question(id, `n${id}.a.test`), port, '127.0.0.1');
    };
    let tries = 0;
    const timer = setInterval(() => {
      if (++tries === 30) resolve();
      else send();
    }, AGAIN);
    socket.on('message', (reply) => {
      rcodes.set(reply.readUInt16BE(0), reply[3]! & 15);
      if (rcodes.size === AT_ONCE && [...rcodes.values()].every((rcode) => rcode === 0)) resolve();
    });
    t.after(() => clearInterval(timer));
    send();
  });
  return [...rcodes.values()];
}
const ALL = new Array<number>(AT_ONCE).fill(0);

test('Unbound over TLS and HTTPS', { skip: missing('unbound') }, async (t) => {
  const folder = certified(t);
  const [tls, https] = [await freePort(), await freePort()];
  writeFileSync(path.join(folder, 'unbound.conf'), `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: "${folder}/pid"
  use-syslog: no
  do-daemonize: no
  interface: 127.0.0.1@${tls}
  interface: 127.0.0.1@${https}
  tls-port: ${tls}
  https-port: ${https}
  tls-service-key: "${folder}/key.pem"
  tls-service-pem: "${folder}/cert.pem"
  access-control: 127.0.0.0/8 allow
  local-zone: "a.test." redirect
  local-data: "a.test. 60 IN A 192.0.2.1"
`);
  started(t, 'unbound', ['-c', path.join(folder, 'unbound.conf')], folder);
  assert.deepEqual(await asked(t, await forwarding(t, `tls://127.0.0.1:${tls}`, folder)), ALL);
  assert.deepEqual(await asked(t, await forwarding(t, `https://127.0.0.1:${https}`, folder)), ALL);
});

test('dnsdist over UDP, TLS and HTTPS', { skip: missing('dnsdist') }, async (t) => {
  const folder = certified(t);
  const [plain, tls, https] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(path.join(folder, 'dnsdist.conf'), `setLocal('127.0.0.1:${plain}')
addTLSLocal('127.0.0.1:${tls}', '${folder}/cert.pem', '${folder}/key.pem')
addDOHLocal('127.0.0.1:${https}', '${folder}/cert.pem', '${folder}/key.pem', '/dns-query')
setSecurityPollSuffix('')
addAction(AllRule(), SpoofAction('192.0.2.1'))
`);
  started(t, 'dnsdist', ['--supervised', '--disable-syslog', '-C', path.join(folder, 'dnsdist.conf')], folder);
  for (const to of [`127.0.0.1:${plain}`, `tls://127.0.0.1:${tls}`, `https://127.0.0.1:${https}`]) {
    assert.deepEqual(await asked(t, await forwarding(t, to, folder)), ALL, to);
  }
});
