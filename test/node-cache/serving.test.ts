// `coredns-ts node-cache` as a process, without interface and rules: NodeLocal DNSCache's own template is served, ConfigMaps are followed,
// and errors stand in its metrics.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { RD, message } from '../../src/dns/parts.ts';
import { parseRR } from '../../src/dns/rr.ts';
import { CLASS, TYPE } from '../../src/dns/type-name.ts';
import { FakeUpstream } from '../../src/testing/fake-upstream.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { overUdp } from '../../src/testing/udp-question.ts';

/** A pod of a node cache: its folders, its cluster, and its arguments. */
async function pod(t: TestContext, template: (metrics: number, ready: number) => string) {
  const folder = mkdtempSync(join(tmpdir(), 'coredns-ts-node-cache-'));
  const upstream = new FakeUpstream();
  await upstream.up();
  t.after(() => upstream.down());
  for (const name of ['a.cluster.local.', 'b.cluster.local.', 'a.stub.test.']) {
    upstream.script(`${name} A`, { answer: [parseRR(`${name} 30 IN A 192.0.2.1`)!] });
  }
  const [port, metrics, ready, own] = [await freePort(), await freePort(), await freePort(), await freePort()];
  mkdirSync(join(folder, 'kube-dns'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  // The Service's address has port 53, which a test cannot have.
  write('Corefile.base', template(metrics, ready).replaceAll('__PILLAR__CLUSTER__DNS__', `__PILLAR__CLUSTER__DNS__:${upstream.port}`)
    .replaceAll(':53 {', `:${port} {`));
  const server = new Spawned(undefined, {
    folder, environment: { KUBE_DNS_UPSTREAM_SERVICE_HOST: '127.0.0.1' },
    args: ['node-cache', '-localip', '127.0.0.1', '-conf', join(folder, 'Corefile'), '-upstreamsvc', 'kube-dns-upstream', '-basecorefile',
      join(folder, 'Corefile.base'), '-kubednscm', join(folder, 'kube-dns'), '-setupinterface=false', '-setupiptables=false',
      '-dns.port', `${port}`, '-metrics-listen-address', `127.0.0.1:${own}`],
  });
  t.after(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = async (name: string) => {
    const question = { name: Name.parse(name), type: TYPE.A, class: CLASS.IN };
    const packet = encodeMessage(message({ id: 1, flags: RD, question }), { compress: false });
    return decodeMessage(await overUdp(port, packet));
  };
  const page = async (at: number, path: string) => {
    const reply = await fetch(`http://127.0.0.1:${at}${path}`).catch((error: Error) => {
      throw new Error(`${path} of ${at}: ${error.message}: ${server.stdout}${server.stderr}`);
    });
    return { status: reply.status, text: await reply.text() };
  };
  return { server, upstream, write, ask, page, metrics, ready, own };
}
const TEMPLATE = (metrics: number, ready: number) => `cluster.local:53 {
    errors
    cache {
            success 9984 30
            denial 9984 5
    }
    reload
    loop
    bind __PILLAR__LOCAL__DNS__
    forward . __PILLAR__CLUSTER__DNS__ {
            force_tcp
    }
    prometheus 127.0.0.1:${metrics}
    ready 127.0.0.1:${ready}
    }
in-addr.arpa:53 {
    errors
    cache 30
    reload
    loop
    bind __PILLAR__LOCAL__DNS__
    forward . __PILLAR__CLUSTER__DNS__ {
            force_tcp
    }
    prometheus 127.0.0.1:${metrics}
    }
`;

test('its own template is served, over one kept connection, and it is ready when the cluster answered', async (t) => {
  const { server, upstream, ask, page, metrics, ready, own } = await pod(t, TEMPLATE);
  await server.says(/CoreDNS-/);
  for (const name of ['a.cluster.local', 'b.cluster.local']) assert.equal((await ask(name)).answer.length, 1);
  await server.until(async () => (await page(ready, '/ready')).status === 200, 'readiness');
  assert.ok(upstream.asked.filter(({ query }) => query.question?.name.text === 'a.cluster.local.').every(({ tcp }) => tcp));
  for (const at of [metrics, own]) {
    const { text } = await page(at, '/metrics');
    for (const type of ['iptables', 'iptables_lock', 'interface_add', 'interface_check', 'configmap']) {
      assert.ok(text.includes(`coredns_nodecache_setup_errors_total{errortype="${type}"} 0\n`), type);
    }
  }
  server.signal('SIGTERM');
  assert.equal(await server.ended, 0);
});
test('a stub domain comes by its ConfigMap, and a template that is broken leaves what is served', async (t) => {
  const { server, upstream, write, ask, page, own } = await pod(t, TEMPLATE);
  await server.says(/CoreDNS-/);
  assert.equal((await ask('a.stub.test')).rcode, 5);
  write('kube-dns/stubDomains', JSON.stringify({ 'stub.test': [`127.0.0.1:${upstream.port}`] }));
  server.signal('SIGUSR1');
  await server.says(/Reloading complete/);
  assert.equal((await ask('a.stub.test')).answer.length, 1);
  write('Corefile.base', '.:53 {\n  forwrad\n}\n');
  server.signal('SIGUSR1');
  await server.says(/Unknown directive 'forwrad'/);
  assert.equal((await ask('a.stub.test')).answer.length, 1);
  write('kube-dns/stubDomains', '{"a": "b"}');
  await server.until(async () => {
    server.signal('SIGUSR1');
    return (await page(own, '/metrics')).text.match(/errortype="configmap"\} [1-9]/) !== null;
  }, 'a counted error');
  await server.says(/stubDomains: a: it is no list of JSON: what it said before stays/);
});
test('what it cannot begin with is said', async (t) => {
  const run = async (...args: readonly string[]) => {
    const server = new Spawned(undefined, { args: ['node-cache', ...args], environment: { KUBE_DNS_SERVICE_HOST: 'None' } });
    t.after(() => server.kill());
    return [await server.ended, server.stderr] as const;
  };
  const [status, said] = await run('-localip', '127.0.0.1', '-basecorefile', '/nonexistent/Corefile.base');
  assert.equal(status, 1);
  assert.match(said, /^open \/nonexistent: no such file or directory\nhelp: -basecorefile names the template/);
  assert.deepEqual((await run('-localip', 'localhost'))[0], 2);
});
