// Updates over real sockets while the Corefile is read again and the database is another one: nothing that was acknowledged is missing.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { standard } from '../index.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import { UpdateClient } from '../../testing/update-client.ts';

const SECRET = 'MTIzNDU2Nzg5MDEyMzQ1Ng==';

async function served(t: TestContext) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'reloads-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'seed'), '@ 60 SOA ns h 7 7200 3600 1209600 60\n@ 60 NS ns\nns 60 A 192.0.2.53\n');
  const corefile = (more: string): string => `d.test:${port} {\nbind 127.0.0.1\ntsig {\nsecret k ${SECRET}\n}\n`
    + `dynupdate {\nfile ${folder}/seed\ndatabase ${folder}/d.db\nallow k * *\n}\nerrors\n${more}\n}\n`;
  const server = await serve(corefile(''), standard);
  t.after(() => server.close());
  const client = new UpdateClient(port, 'd.test', `k:${SECRET}`);
  t.after(() => client.close());
  return { server, client, corefile, folder, database: join(folder, 'd.db') };
}
const serial = async (client: UpdateClient): Promise<number> => Number((await client.ask('d.test', 'SOA'))![0]!.split(' ')[6]);
/** Adds one name after the other until it is over; how many. */
async function adding(client: UpdateClient, isOver: () => boolean): Promise<number> {
  for (let i = 0; ; i++) {
    if (isOver()) return i;
    assert.equal(await client.update(`add a${i}.d.test 60 A 192.0.2.1`), 0);
  }
}

test('a reload keeps the zone, its queue and its answers', async (t) => {
  const { server, client, corefile } = await served(t);
  let isOver = false;
  const adds = adding(client, () => isOver);
  for (const more of ['log', '', 'log']) await server.replace(corefile(more));
  isOver = true;
  const count = await adds;
  assert.equal(await serial(client), 7 + count);
});

test('a reload that signs the zone from then on has what was acknowledged meanwhile', async (t) => {
  const { server, client, corefile, folder } = await served(t);
  let isOver = false;
  const adds = adding(client, () => isOver);
  for (const more of [`dnssec {\nauto\nkeys ${folder}/keys\n}`, '']) await server.replace(corefile(more));
  isOver = true;
  const count = await adds;
  for (let i = 0; i < count; i++) assert.equal((await client.ask(`a${i}.d.test`, 'A'))?.length, 1, `a${i} of ${count}`);
});

test('what is put in place of the database is seen before anything is written, and what is there then is the zone', async (t) => {
  const { server, client, database } = await served(t);
  assert.equal(await client.update('add a.d.test 60 A 192.0.2.1'), 0);
  copyFileSync(database, `${database}.other`);
  renameSync(`${database}.other`, database);
  assert.equal(await client.update('add b.d.test 60 A 192.0.2.1'), 2);
  for (let rcode: number | undefined = 2; rcode !== 0; await new Promise((resolve) => setTimeout(resolve, 50))) {
    rcode = await client.update('add c.d.test 60 A 192.0.2.1');
  }
  assert.equal(await serial(client), 9);
  assert.match(server.log(), /d\.db" was written by somebody else/);
});
