// What requests of DNS over HTTPS were answered with is counted by status, as CoreDNS counts it (PROM-2). A process of its own, plain HTTP.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { question } from '../../testing/conformance/transport-service.ts';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';

test('answers are counted by status, those that are no answer to a question too', async (t) => {
  const [port, page] = [await freePort(), await freePort()];
  const server = new Spawned(`https://.:${port} {\nbind 127.0.0.1\nprometheus 127.0.0.1:${page}\nwhoami\n}\n`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const ask = async (path: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  const asked = `/dns-query?dns=${Buffer.from(question(0, 'a.test')).toString('base64url')}`;
  assert.deepEqual([await ask(asked), await ask(asked), await ask('/dns-query'), await ask('/other')], [200, 200, 400, 404]);
  const family = 'coredns_dns_https_responses_total';
  const text = await (await fetch(`http://127.0.0.1:${page}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(family));
  const line = (status: number, count: number) => `${family}{server="https://127.0.0.1:${port}",status="${status}"} ${count}`;
  assert.deepEqual(lines.sort(), [line(200, 2), line(400, 1), line(404, 1)]);
});
