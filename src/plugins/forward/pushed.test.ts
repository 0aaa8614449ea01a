// A line of forward whose upstream pushes, with real sockets: changes arrive, over TLS too, and the last answer stays when nobody is there.
// Knows processes.
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Authority } from '../../testing/certificates.ts';
import { freePort } from '../../testing/free-port.ts';
import { askOnce } from '../../testing/one-question.ts';
import type { ShortReply } from '../../testing/one-question.ts';
import { Spawned } from '../../testing/spawned.ts';

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 10));

test('what is forwarded over UDP is pushed over gRPC and TLS, and stays when nobody is there', { timeout: 300_000 }, async (t) => {
  const [plain, pushing, port, metrics] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const upstream = new Spawned(undefined), authority = new Authority();
  t.after(() => upstream.kill());
  const { cert, key } = authority.sign({ names: ['dns.internal'] });
  const write = (address: string): void => {
    writeFileSync(join(upstream.folder, 'new'), `${address} web.test\n`);
    renameSync(join(upstream.folder, 'new'), join(upstream.folder, 'hosts'));
  };
  write('192.0.2.1');
  for (const [name, text] of [['cert.pem', cert], ['key.pem', key]] as const) writeFileSync(join(upstream.folder, name), text);
  upstream.write(`dns://test.:${plain} grpc://test.:${pushing} {
  bind 127.0.0.1
  tls cert.pem key.pem
  hosts hosts {
    ttl 1
    reload 20ms
  }
}
`);
  await upstream.says(/CoreDNS-/);
  const edge = new Spawned(undefined);
  t.after(() => edge.kill());
  writeFileSync(join(edge.folder, 'ca.pem'), authority.pem);
  edge.write(`test.:${port} {
  bind 127.0.0.1
  prometheus 127.0.0.1:${metrics}
  forward . 127.0.0.1:${plain} {
    tls ca.pem
    tls_servername dns.internal
    subscribe grpc://127.0.0.1:${pushing}
  }
}
`);
  await edge.says(/CoreDNS-/);
  const until = async (is: (reply: ShortReply) => boolean): Promise<void> => {
    while (!is(await askOnce(port, 'web.test.', 'A'))) await pause();
  };
  const says = (address: string, ttl = 1) => ({ answer }: ShortReply): boolean => answer.join() === `web.test. ${ttl} IN A ${address}`;
  await until(says('192.0.2.1'));
  // Until it is watched it is asked for as by who does not subscribe.
  const isPushed = async (): Promise<boolean> =>
    /^coredns_subscribe_pushed_total\{[^}]*\} [1-9]/m.test(await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text());
  while (!await isPushed()) {
    await askOnce(port, 'web.test.', 'A');
    await pause();
  }
  write('192.0.2.2');
  await until(says('192.0.2.2'));
  upstream.signal('SIGKILL');
  await upstream.ended;
  await until((reply) => reply.ede === 3);
  assert.ok(says('192.0.2.2', 30)(await askOnce(port, 'web.test.', 'A')));
});
