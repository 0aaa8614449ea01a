// What a catalog keeps over restarts and reloads, and what it does not believe: a list that has lost most of its members at once, or that
// nobody knows yet.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { serve } from '../../testing/served.ts';
import { missing, output } from '../../../test/servers/programs.ts';
import { standard } from '../index.ts';

const FIRST = Date.UTC(2026, 0, 1);
const skip = missing('dig');
const dig = async (port: number, ...args: readonly string[]): Promise<readonly string[]> =>
  (await output('dig', ['@127.0.0.1', '-p', String(port), '+short', '+time=10', '+tries=1', ...args])).split('\n').filter(Boolean);
/** The members, and the serial; -1 where there is none. */
async function shown(port: number, zone = 'c.test'): Promise<{ readonly members: readonly string[]; readonly serial: number }> {
  const text = await output('dig', ['@127.0.0.1', '-p', String(port), '+noall', '+answer', '+time=10', '+tries=1', zone, 'AXFR']);
  const [soa] = await dig(port, zone, 'SOA');
  const members = [...text.matchAll(/PTR\s+(\S+)/g)].map(([, name]) => name!).sort();
  return { members, serial: Number(soa?.split(' ')[2] ?? -1) };
}
function folderOf(t: TestContext, count: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'catalog-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, 'zones'));
  for (let i = 0; i < count; i++) write(folder, `z${i}.test`);
  return folder;
}
const write = (folder: string, zone: string): void =>
  writeFileSync(path.join(folder, 'zones', `db.${zone}`), '@ 60 IN SOA ns host 1 2 3 4 5\n 60 IN NS ns\n');
const corefile = (folder: string, more = ''): string =>
  `. {\ntransfer {\nto *\n}\ncatalog c.test {\ndatabase ${folder}/kept\n${more}\n}\nauto {\ndirectory ${folder}/zones\nreload 10s\n}\n}`;

test('serial and ids stay over a restart while the members do, and the serial never goes back', { skip }, async (t) => {
  const folder = folderOf(t, 2);
  const first = await serve(corefile(folder), standard, new FakeClock(FIRST));
  const before = await shown(first.port);
  assert.deepEqual(before, { members: ['z0.test.', 'z1.test.'], serial: FIRST / 1000 });
  await first.close();

  const second = await serve(corefile(folder), standard, new FakeClock(FIRST + 3_600_000));
  assert.deepEqual(await shown(second.port), before);
  await second.close();

  // The clock has gone back.
  write(folder, 'z2.test');
  const third = await serve(corefile(folder), standard, new FakeClock(FIRST - 3_600_000));
  t.after(() => third.close());
  assert.deepEqual(await shown(third.port), { members: ['z0.test.', 'z1.test.', 'z2.test.'], serial: FIRST / 1000 + 1 });
});

test('a reload that says otherwise is a new version, one that says the same is none', { skip }, async (t) => {
  const folder = folderOf(t, 2);
  const ours = await serve(corefile(folder), standard, new FakeClock(FIRST));
  t.after(() => ours.close());
  await ours.replace(`${corefile(folder)}\nother.test {\nwhoami\n}`);
  assert.equal((await shown(ours.port)).serial, FIRST / 1000);
  await ours.replace(corefile(folder, 'zones z1.test\ngroup a z1.test'));
  const after = await shown(ours.port);
  assert.deepEqual(after, { members: ['z1.test.'], serial: FIRST / 1000 + 1 });
});

test('most of the members do not go at once, neither while it runs nor over a restart, unless `prune all` is said', { skip }, async (t) => {
  const folder = folderOf(t, 30);
  const clock = new FakeClock(FIRST);
  const ours = await serve(corefile(folder), standard, clock);
  const before = await shown(ours.port);
  assert.equal(before.members.length, 30);
  await ours.replace(corefile(folder, 'zones z1.test'));
  assert.deepEqual(await shown(ours.port), before);
  assert.match(ours.log(), /29 of 30 members of c\.test\. are gone: what it had stays, unless "prune all" is said/);
  await ours.close();

  for (let i = 1; i < 30; i++) rmSync(path.join(folder, 'zones', `db.z${i}.test`));
  const after = await serve(corefile(folder), standard, new FakeClock(FIRST));
  t.after(() => after.close());
  assert.equal((await shown(after.port)).serial, -1, 'rather none than one that takes everything away');
  await after.replace(corefile(folder, 'prune all'));
  assert.deepEqual(await shown(after.port), { members: ['z0.test.'], serial: FIRST / 1000 + 1 });
});

test('while a folder is missing nothing is shown, and then what it has', { skip }, async (t) => {
  const folder = folderOf(t, 1);
  renameSync(path.join(folder, 'zones'), path.join(folder, 'later'));
  const clock = new FakeClock(FIRST);
  const ours = await serve(corefile(folder), standard, clock);
  t.after(() => ours.close());
  assert.equal((await shown(ours.port)).serial, -1);
  renameSync(path.join(folder, 'later'), path.join(folder, 'zones'));
  await clock.elapse(10_000);
  await eventually(() => ours.log().includes('The catalog c.test. has 1 members'), 'it is shown');
  assert.deepEqual((await shown(ours.port)).members, ['z0.test.']);
});

test('zones that *secondary* has from a catalog are members, the catalog itself is none', { skip }, async (t) => {
  const folder = folderOf(t, 2);
  const first = await serve(corefile(folder), standard);
  t.after(() => first.close());
  const consumer = `secondary c.test {\ntransfer from 127.0.0.1:${first.port}\ncatalog\n}`;
  const second = await serve(`. {\ntransfer {\nto *\n}\ncatalog d.test {\nzones test\n}\n${consumer}\n}`, standard);
  t.after(() => second.close());
  await eventually(() => second.log().includes('The catalog d.test. has 2 members'), 'it is shown');
  assert.deepEqual((await shown(second.port, 'd.test')).members, ['z0.test.', 'z1.test.']);
});

test('a block that has no zones for it is refused, and what makes no sense', async () => {
  const refused = (block: string): Promise<string> =>
    serve(`. {\n${block}\n}`, standard).then((ours) => ours.close().then(() => ''), (error: Error) => error.message);
  assert.match(await refused('catalog c.test\nwhoami'), /its server block has none of them/);
  assert.match(await refused('catalog c.test\ncatalog C.test\nauto'), /the catalog "c\.test\." is there already/);
  assert.match(await refused('catalog c.test {\ncoo C.test\n}\nauto'), /a catalog does not pass over to itself/);
  assert.match(await refused(`catalog c.test {\ngroup ${'x'.repeat(256)}\n}\nauto`), /a group has a name of at most 255 octets/);
  assert.match(await refused('catalog c.test {\ndatabase a\n}\ncatalog d.test {\ndatabase a\n}\nauto'), /cannot have one database/);
});
