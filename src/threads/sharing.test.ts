// What a user of a server with two threads sees as one: counters, the cache, errors that are told together.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../testing/free-port.ts';
import { Spawned, Stream, answers } from '../testing/spawned.ts';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const sum = (text: string, series: RegExp) => [...text.matchAll(series)].reduce((total, [, value]) => total + Number(value), 0);

test('two threads count, cache and tell as one', async (t) => {
  const [port, metrics, nobody] = [await freePort(), await freePort(), await freePort()];
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  writeFileSync(join(server.folder, 'hosts'), '192.0.2.1 a.test\n');
  server.write(`test:${port} {
    bind 127.0.0.1
    multisocket 2
    prometheus 127.0.0.1:${metrics}
    cache
    hosts ${join(server.folder, 'hosts')}
  }
  .:${port} {
    bind 127.0.0.1
    errors {
      consolidate 500ms ".*"
    }
    forward . 127.0.0.1:${nobody}
  }\n`);
  await server.says(/CoreDNS-/);
  const scrape = async () => (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
  await pause(600);
  const stream = new Stream(port, { sockets: 32 });
  await pause(300);
  await stream.end();
  assert.equal(stream.answered, stream.asked);
  const before = await scrape();
  assert.equal(sum(before, /^coredns_dns_requests_total\{.* (\S+)$/gm), stream.asked);
  assert.equal(sum(before, /^coredns_cache_requests_total\{.* (\S+)$/gm), stream.asked);
  assert.match(before, /^coredns_cache_entries\{.*type="success".*\} 1$/m);
  const [misses, hits] = [/^coredns_cache_misses_total\{.* (\S+)$/gm, /^coredns_cache_hits_total\{.* (\S+)$/gm];
  // A thread that finds the other one at the same place of the cache takes it for a miss, and how often it does depends on the machine.
  assert.ok(sum(before, misses) >= 1);
  assert.equal(sum(before, misses) + sum(before, hits), stream.asked);
  // Where nobody else asks each is a hit, whichever thread gets it.
  for (let i = 0; i < 20; i++) assert.ok(await answers(port));
  const after = await scrape();
  assert.equal(sum(after, misses), sum(before, misses));
  const all = sum(after, /^coredns_dns_requests_total\{.* (\S+)$/gm);
  assert.ok(all >= stream.asked + 20);
  server.signal('SIGUSR1');
  await server.says(/Reloading complete/);
  assert.equal(sum(await scrape(), /^coredns_dns_requests_total\{.* (\S+)$/gm), all);
  const failing = new Stream(port, { sockets: 16, tcp: false, name: 'b.else' });
  await pause(100);
  await failing.end();
  // A slow machine spreads them over more than one window.
  const told = () => sum(server.stdout, /^\[ERROR\] plugin\/errors: (\d+) errors like '\.\*' occurred in last 500ms$/gm);
  await server.until(() => told() >= failing.asked, 'all errors');
  assert.equal(told(), failing.asked, server.stdout);
});
