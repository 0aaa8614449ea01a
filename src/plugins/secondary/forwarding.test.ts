// An UPDATE that came to a secondary: the primary gets its octets, the client the primary's answer with a signature that holds.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { standard } from '../index.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import { UpdateClient } from '../../testing/update-client.ts';

const SECRET = 'MTIzNDU2Nzg5MDEyMzQ1Ng==';
const TSIG = `tsig {\nsecret k ${SECRET}\n}\n`;
const UPDATABLE = (seed: string): string => `${TSIG}dynupdate {\nfile ${seed}\nallow k * *\n}\ntransfer {\nto *\n}`;

/** A secondary with these lines in its block, and its primary: both with a client that signs. */
async function pair(t: TestContext, more: string, primary = UPDATABLE) {
  const folder = mkdtempSync(path.join(tmpdir(), 'forwarding-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const seed = path.join(folder, 'seed');
  writeFileSync(seed, '@ 60 SOA ns h 7 7200 3600 1209600 60\n@ 60 NS ns\nns 60 A 192.0.2.53\n');
  const [port, behind] = [await freePort(), await freePort()];
  const first = await serve(`d.test:${behind} {\nbind 127.0.0.1\n${primary(seed)}\n}\n`, standard);
  t.after(() => first.close());
  const second = await serve(`d.test:${port} {\nbind 127.0.0.1\n${more}\n`
    + `secondary {\ntransfer from 127.0.0.1:${behind}\nforward_updates\n}\n}\n`, standard);
  t.after(() => second.close());
  const clients = [port, behind].map((each) => new UpdateClient(each, 'd.test', `k:${SECRET}`)) as [UpdateClient, UpdateClient];
  t.after(() => clients.forEach((client) => client.close()));
  return { second, there: clients[1], client: clients[0], port };
}

const BLOCKS = [['knows no key', ''], ['knows the key', TSIG], ['logs and counts', `${TSIG}log\nerrors\nprometheus 127.0.0.1:0`]] as const;
for (const [what, lines] of BLOCKS) {
  test(`a secondary that ${what}`, async (t) => {
    const { client, there } = await pair(t, lines);
    const done = await client.send(client.packet(['nxdomain a.d.test', 'add a.d.test 60 A 192.0.2.1']));
    assert.deepEqual([done?.rcode, done?.opcode, done?.signature], [0, 5, 'tsig k.']);
    assert.deepEqual(await there.ask('a.d.test', 'A'), ['a.d.test. 60 IN A 192.0.2.1']);
    const refused = await client.send(client.packet(['nxdomain a.d.test', 'add b.d.test 60 A 192.0.2.1']));
    assert.deepEqual([refused?.rcode, refused?.signature], [6, 'tsig k.']);
  });
}

test('what is not signed goes nowhere, what is signed wrongly gets the primary\'s word, another zone is not its own', async (t) => {
  const { there, port } = await pair(t, '');
  const unsigned = new UpdateClient(port, 'd.test', '');
  t.after(() => unsigned.close());
  assert.equal((await unsigned.send(unsigned.plain(['add a.d.test 60 A 192.0.2.1'])))?.rcode, 5);
  const other = new UpdateClient(port, 'd.test', 'k:b3RoZXJvdGhlcm90aGVyMQ==');
  t.after(() => other.close());
  assert.equal(await other.update('add a.d.test 60 A 192.0.2.1'), 9);
  const below = new UpdateClient(port, 'sub.d.test', `k:${SECRET}`);
  t.after(() => below.close());
  assert.equal(await below.update('add a.sub.d.test 60 A 192.0.2.1'), 9);
  assert.deepEqual(await there.ask('a.d.test', 'A'), []);
});

test('a primary that takes no updates says so; where none answers that is SERVFAIL, and the log says which', async (t) => {
  const { client, second, port } = await pair(t, 'errors', () => 'whoami');
  assert.equal(await client.update('add a.d.test 60 A 192.0.2.1'), 4);
  const gone = await freePort();
  await second.replace(`d.test:${port} {\nbind 127.0.0.1\nsecondary {\ntransfer from 127.0.0.1:${gone}\nforward_updates\n}\n}\n`);
  assert.equal(await client.update('add a.d.test 60 A 192.0.2.1'), 2);
  assert.match(second.log(), new RegExp(`plugin/secondary: An update of d\\.test\\. has no answer from 127\\.0\\.0\\.1:${gone}: dial tcp`));
});
