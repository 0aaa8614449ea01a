// Updates over real sockets to a real process: from every thread, through kills and torn ends, nothing that was acknowledged is missing and
// no serial goes back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { MAIN, Spawned } from '../../testing/spawned.ts';
import { UpdateClient } from '../../testing/update-client.ts';

const KEY = 'k:MTIzNDU2Nzg5MDEyMzQ1Ng==';
const SEED = '@ 60 SOA ns h 7 7200 3600 1209600 60\n@ 60 NS ns\nns 60 A 192.0.2.53\n';

/** A server of d.test, and what starts another one with its files. */
async function served(t: TestContext, more = '') {
  const port = await freePort();
  const corefile = `d.test:${port} {\nbind 127.0.0.1\n${more}\ntsig {\nsecret k MTIzNDU2Nzg5MDEyMzQ1Ng==\n}\n`
    + 'dynupdate {\nfile seed\ndatabase d.db\nallow k * *\n}\nerrors\nreload 2s\n}\n';
  const first = new Spawned(corefile);
  writeFileSync(join(first.folder, 'seed'), SEED);
  let last = first;
  const again = async (): Promise<Spawned> => {
    await last.crash();
    last = new Spawned(undefined, { folder: first.folder });
    await up(last);
    return last;
  };
  const clients: UpdateClient[] = [];
  t.after(() => clients.forEach((each) => each.close()));
  const client = (): UpdateClient => {
    const made = new UpdateClient(port, 'd.test', KEY);
    clients.push(made);
    return made;
  };
  t.after(async () => {
    await last.crash();
    await first.kill();
  });
  await up(first);
  return { first, client, again, corefile, database: join(first.folder, 'd.db') };
}
const up = (server: Spawned): Promise<void> => server.says(/^CoreDNS-/m);
const serial = async (client: UpdateClient): Promise<number> => Number((await client.ask('d.test', 'SOA'))![0]!.split(' ')[6]);

test('what was acknowledged is there after a kill, from whichever thread it came, and the first answer holds over it', async (t) => {
  const { client, again, database } = await served(t, 'multisocket 3');
  const clients = Array.from({ length: 12 }, client);
  const rcodes = await Promise.all(clients.map((each, i) => each.update(`add a${i}.d.test 60 A 192.0.2.${i}`)));
  assert.deepEqual(new Set(rcodes), new Set([0]));
  const [one] = clients as [UpdateClient];
  const packet = one.packet(['nxdomain once.d.test', 'add once.d.test 60 A 192.0.2.1']);
  assert.equal((await one.send(packet))?.rcode, 0);
  assert.equal(await serial(one), 20);
  assert.equal(statSync(database).mode & 0o777, 0o600);
  const server = await again();
  // Another client: the answer to the other process may come late.
  const other = client();
  assert.equal(await serial(other), 20);
  for (const i of clients.keys()) assert.deepEqual(await other.ask(`a${i}.d.test`, 'A'), [`a${i}.d.test. 60 IN A 192.0.2.${i}`]);
  assert.equal((await other.send(packet))?.rcode, 0);
  assert.equal(await other.update('nxdomain once.d.test', 'add once.d.test 60 A 192.0.2.1'), 6);
  assert.equal(await serial(other), 20);
  assert.equal(server.stderr, '');
});

test('a torn end is cut away, and the zone is what was whole; what is damaged before its end is refused', async (t) => {
  const { client, again, database } = await served(t);
  const one = client();
  for (const i of [1, 2, 3]) assert.equal(await one.update(`add a${i}.d.test 60 A 192.0.2.${i}`), 0);
  const whole = readFileSync(database);
  appendFileSync(database, whole.subarray(-40, -3));
  await again();
  assert.equal(await serial(client()), 10);
  assert.deepEqual(readFileSync(database), whole);
  const spoilt = Uint8Array.from(whole);
  spoilt[whole.length - 300]! ^= 1;
  writeFileSync(database, spoilt);
  await assert.rejects(again(), /plugin\/dynupdate: "d.db" is damaged at byte \d+: what follows was acknowledged/);
});

test('a database that is long is written anew, and says the same', async (t) => {
  const { client, again, database } = await served(t);
  const one = client();
  const text = 'x'.repeat(250);
  let longest = 0;
  let isFolded = false;
  for (let i = 0; i < 400 && !isFolded; i++) {
    assert.equal(await one.update('delete t.d.test TXT', `add t.d.test 60 TXT ${text}${i}`), 0);
    const { size } = statSync(database);
    isFolded = size < longest;
    longest = Math.max(size, longest);
  }
  assert.ok(isFolded, `${longest} bytes`);
  const before = await serial(one);
  await again();
  assert.equal(await serial(client()), before);
});

test('a file that somebody else writes too is not written on; once it can be read again the zone is what it says', async (t) => {
  const { first, client, database } = await served(t);
  const one = client();
  assert.equal(await one.update('add a.d.test 60 A 192.0.2.1'), 0);
  const whole = readFileSync(database);
  appendFileSync(database, 'x');
  assert.equal(await one.update('add b.d.test 60 A 192.0.2.1'), 2);
  await first.says(/\[ERROR\] plugin\/dynupdate: Zone d\.test\. could not be updated: "d\.db" was written by somebody else/);
  assert.deepEqual(await one.ask('b.d.test', 'A'), []);
  await first.until(async () => (await one.update('add c.d.test 60 A 192.0.2.1')) === 0, 'an update that is taken');
  await first.says(/Zone d\.test\. can be updated again/);
  assert.equal(await serial(one), 9);
  const printed = execFileSync(process.execPath, [MAIN, 'zone', 'print', 'd.test', database]).toString();
  assert.deepEqual(printed.match(/^[ac]\.d\.test\.\s.*$|\s9 7200/gm)?.map((line) => line.replace(/\s+/g, ' ')), [
    ' 9 7200', 'a.d.test. 60 IN A 192.0.2.1', 'c.d.test. 60 IN A 192.0.2.1',
  ]);
  assert.deepEqual(readFileSync(database).subarray(0, whole.length), whole);
});
