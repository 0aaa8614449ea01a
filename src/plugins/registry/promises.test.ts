// What *registry* promises of a folder, with real processes: nothing that was acknowledged is lost where one is killed at any moment or the
// disk is full, nothing half done is shown, and leases begin anew after a start.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { askOnce } from '../../testing/one-question.ts';
import { MAIN, Spawned } from '../../testing/spawned.ts';
import { noSmallDisk } from '../../../test/soak/updates.ts';
import { Client } from './registry-rig.test.ts';

const corefile = (dns: number, api: number) =>
  `svc.test:${dns} {\n    bind 127.0.0.1\n    registry {\n        file keys\n        listen 127.0.0.1:${api}\n    }\n}\n`;
const at = (name: string) => `/v1/zones/svc.test/services/web/instances/${name}`;
/** Two addresses, so that half of it could be told from all. */
const spec = (i: number) => ({ addresses: [`10.0.${i >> 8}.${i & 255}`, `2001:db8::${i.toString(16)}`] });

async function started(options: { readonly folder?: string; readonly command?: readonly string[] } = {}) {
  const [dns, api] = [await freePort(), await freePort()];
  const server = new Spawned(corefile(dns, api), options);
  await server.says(/CoreDNS-/);
  return { server, dns, client: new Client({ port: api }) };
}
/** What is registered, by name; each of it is whole. */
async function registered({ client }: { readonly client: Client }): Promise<ReadonlyMap<string, readonly string[]>> {
  const { body } = await client.send('GET', '/v1/zones/svc.test/services/web');
  const all = body['instances'] as readonly { readonly name: string; readonly addresses: readonly string[] }[];
  return new Map(all.map(({ name, addresses }) => [name.split('.')[0]!, addresses]));
}

test('a process that is killed at any moment loses nothing that it acknowledged, and leaves nothing half done', async (t: TestContext) => {
  let own = await started();
  t.after(async () => {
    own.client.close();
    await own.server.kill();
  });
  const { folder } = own.server;
  const acknowledged = new Set<number>();
  let next = 0;
  for (let round = 0; round < 3; round++) {
    const until = acknowledged.size + 1 + Math.floor(Math.random() * 60);
    const write = async (): Promise<void> => {
      for (;;) {
        const i = next++;
        const { status } = await own.client.raw('PUT', at(`n${i}`), JSON.stringify(spec(i)));
        if (status !== 201) return;
        acknowledged.add(i);
        if (acknowledged.size >= until) own.server.signal('SIGKILL');
      }
    };
    // Whoever waits for an answer when it is killed has none.
    await Promise.allSettled(Array.from({ length: 8 }, write));
    own.server.signal('SIGKILL');
    own.client.close();
    await own.server.ended;
    own = await started({ folder });
    const found = await registered(own);
    for (const i of acknowledged) assert.deepEqual(found.get(`n${i}`), spec(i).addresses);
    for (const name of found.keys()) {
      assert.equal((await askOnce(own.dns, `${name}.web.svc.test`, 'A')).answer.length, 1);
      assert.equal((await askOnce(own.dns, `${name}.web.svc.test`, 'AAAA')).answer.length, 1);
    }
  }
});

test('a full disk: what has no room is refused and nothing else, what was acknowledged stays, and room is used again',
  { skip: noSmallDisk() }, async (t: TestContext) => {
    const make = 'mkdir -p keys && mount -t tmpfs -o size=600000 tmpfs keys && head -c 300000 /dev/zero > keys/ballast && exec "$0" "$@"';
    const own = await started({ command: ['unshare', '-rm', 'sh', '-c', make, process.execPath, MAIN] });
    t.after(async () => {
      own.client.close();
      await own.server.kill();
    });
    const acknowledged: number[] = [];
    const text = Array.from({ length: 8 }, () => 'x'.repeat(250));
    const put = (i: number) => own.client.send('PUT', at(`n${i}`), { ...spec(i), text });
    let i = 0, last = await put(i);
    for (; last.status === 201 && i < 900; last = await put(++i)) acknowledged.push(i);
    assert.deepEqual([last.status, last.body['title']], [507, 'No room']);
    assert.equal((await own.client.send('GET', at(`n${i}`))).status, 404);
    assert.equal((await askOnce(own.dns, `n${i}.web.svc.test`, 'A')).rcode, 'NXDOMAIN');
    assert.deepEqual([...(await registered(own)).keys()].length, acknowledged.length);
    rmSync(path.join(`/proc/${own.server.child.pid}/root${own.server.folder}/keys`, 'ballast'));
    assert.equal((await put(i)).status, 201);
    const found = await registered(own);
    for (const each of [...acknowledged, i]) assert.deepEqual(found.get(`n${each}`), spec(each).addresses);
  });

test('a folder belongs to one process', async (t: TestContext) => {
  const one = await started();
  t.after(async () => {
    one.client.close();
    await one.server.kill();
  });
  const other = new Spawned(corefile(await freePort(), await freePort()).replace('file keys', `file ${one.server.folder}/keys`));
  assert.equal(await other.ended, 1);
  assert.match(other.stdout + other.stderr, /plugin\/registry: \S+\/keys cannot be used: another process has it open/);
  await other.kill();
});
