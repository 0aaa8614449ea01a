// A server that starts while the API is away answers from the snapshot of the one before, says so, and is fresh once the API is back.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TestContext } from 'node:test';
import { standard } from '../../src/plugins/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { FakeKubeApi } from '../../src/testing/index.ts';
import { InProcess } from '../../src/testing/in-process.ts';
import { linesOf, pictureOf } from '../../src/testing/picture.ts';
import { playKube } from '../../src/testing/kube-steps.ts';
import { parseAsk } from '../../src/testing/question.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
after(() => rmSync(folder, { recursive: true }));
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Milliseconds of real time for which a change is waited for. */
const PATIENCE = 60_000;

let ready = 0;
/** Starts a server whose clock moves meanwhile; says why where it is refused. */
async function load(server: InProcess, text: string): Promise<string | undefined> {
  let over = false;
  const starting = server.start(text).finally(() => (over = true));
  while (!over) {
    await Promise.race([starting, pause(5)]);
    if (!over) await server.elapse(5);
  }
  return starting;
}
async function start(t: TestContext, text: string): Promise<InProcess> {
  const server = new InProcess(standard);
  t.after(() => server.close());
  assert.equal(await load(server, text), undefined);
  return server;
}
async function ask(server: InProcess, text: string): Promise<string> {
  const asked = parseAsk(`${text} +edns`);
  return linesOf(pictureOf(await server.ask(asked), asked), { ignored: new Set(['edns']), ordered: false }).join('\n');
}
async function until(server: InProcess, what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const begun = Date.now();
  while (!(await holds())) {
    if (Date.now() - begun > PATIENCE) throw new Error(`waited in vain for ${what}\n${server.log().join('\n')}`);
    await server.elapse(100);
    await pause(5);
  }
}
const body = async () => (await fetch(`http://127.0.0.1:${ready}/ready`)).text();
const corefile = (port: number, file: string) => `. {
    ready 127.0.0.1:${ready}
    kubernetes cluster.local {
        endpoint http://127.0.0.1:${port}
        snapshot ${file}
        startup_timeout 500ms
    }
}
`;
const WEB = 'web.testns.svc.cluster.local A', OLD = 'old.testns.svc.cluster.local A', NONE = 'none.testns.svc.cluster.local A';

async function cluster(): Promise<FakeKubeApi> {
  const api = new FakeKubeApi();
  await api.up();
  await playKube(api, 'add', [
    'namespace testns', 'service testns/web 10.96.0.10 http:80/TCP', 'service testns/old 10.96.0.11 http:80/TCP',
    'service testns/head None http:80/TCP', 'slice testns/head-1 head http:80 172.17.0.4=first',
  ]);
  return api;
}

test('a restart with the API away', { timeout: 300_000 }, async (t) => {
  ready = await freePort();
  const file = join(folder, 'cluster');
  const api = await cluster();
  t.after(() => api.down());

  const first = await start(t, corefile(api.port, file));
  await until(first, 'the first answer', async () => /10\.96\.0\.10/.test(await ask(first, WEB)));
  assert.equal(await body(), 'OK');
  assert.doesNotMatch(await ask(first, WEB), /ede/);
  await until(first, 'the snapshot', () => existsSync(file));
  await first.close();
  await api.down();

  const second = await start(t, corefile(api.port, file));
  assert.match(second.log().join('\n'), /plugin\/kubernetes: Serving 5 objects from snapshot \S+: the Kubernetes API was last in touch/);
  assert.doesNotMatch(second.log().join('\n'), /unsynced/);
  assert.match(await ask(second, WEB), /10\.96\.0\.10/);
  assert.match(await ask(second, WEB), /^ede 3 ".*cannot be reached since 2026-01-01T/m);
  assert.match(await ask(second, 'first.head.testns.svc.cluster.local A'), /172\.17\.0\.4\nede 3|ede 3[\s\S]*172\.17\.0\.4/);
  assert.match(await ask(second, NONE), /^NXDOMAIN[\s\S]*^ede 19/m);
  assert.match(await body(), /^OK\nkubernetes: cluster\.local from http:\/\/127\.0\.0\.1:\d+ is stale since 2026-01-01T00:0\d:\d\d\.000Z$/);

  // What changed meanwhile is taken over when the API is back.
  await api.up();
  await playKube(api, 'delete services testns/old', []);
  await playKube(api, 'update', ['service testns/web 10.96.0.20 http:80/TCP']);
  await until(second, 'the API', async () => (await body()) === 'OK');
  assert.match(await ask(second, WEB), /10\.96\.0\.20/);
  assert.doesNotMatch(await ask(second, WEB), /ede/);
  assert.match(await ask(second, OLD), /^NXDOMAIN/);
  assert.doesNotMatch(await ask(second, OLD), /ede/);
  assert.match(second.log().join('\n'), /what the snapshot said is replaced/);

  // While it runs, too, it says that it lost the API.
  await api.down();
  await until(second, 'staleness', async () => /^ede 3/m.test(await ask(second, WEB)));
  assert.match(await body(), /^OK\nkubernetes: cluster\.local from \S+ is stale since/);
  await api.up();
  await until(second, 'the API', async () => !/^ede/m.test(await ask(second, WEB)));
});

test('a broken snapshot is never served', { timeout: 300_000 }, async (t) => {
  ready = await freePort();
  const file = join(folder, 'broken');
  const api = await cluster();
  t.after(() => api.down());
  const first = await start(t, corefile(api.port, file));
  await until(first, 'the snapshot', () => existsSync(file));
  await first.close();
  await api.down();
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(file, bytes);

  const second = await start(t, corefile(api.port, file));
  const refused = /\[ERROR\] plugin\/kubernetes: Snapshot \S+ is not used: its checksum is wrong.*The next snapshot replaces it/;
  assert.match(second.log().join('\n'), refused);
  assert.match(await ask(second, WEB), /^SERVFAIL[\s\S]*ede 14/m);
  assert.equal(await body(), 'kubernetes');
});

test('two clusters cannot be kept in one file', { timeout: 300_000 }, async (t) => {
  const server = new InProcess(standard);
  t.after(() => server.close());
  const block = (zone: string, port: number) => `${zone}:53 {
    kubernetes ${zone} {
        endpoint http://127.0.0.1:${port}
        snapshot ${join(folder, 'one')}
        startup_timeout 0s
    }
}
`;
  const refusal = await load(server, `${block('a.local', 1)}${block('b.local', 2)}`);
  assert.match(String(refusal), /snapshot \S+ is that of two clusters, a\.local and b\.local: give each a file of its own/);
});
