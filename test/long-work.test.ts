// Long work of a whole process: the thread that does it is a thread of the server, and not another server. Knows a zone that is too large
// to be read, or made, by the thread that answers.
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../src/testing/free-port.ts';
import { askOnce } from '../src/testing/one-question.ts';
import { Spawned } from '../src/testing/spawned.ts';

test('a zone of several megabytes is read by another thread, and served', async () => {
  const server = new Spawned(undefined);
  writeFileSync(path.join(server.folder, 'zone'),
    `@ IN SOA ns root 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n${`; ${'-'.repeat(120)}\n`.repeat(40_000)}`);
  server.write('large.test.:0 {\n bind 127.0.0.1\n file zone\n}\n');
  await server.says(/CoreDNS-[\s\S]*coredns-ts/);
  server.signal('SIGTERM');
  assert.equal(await server.ended, 0);
  assert.equal(server.stdout.match(/CoreDNS-/g)?.length, 1);
  assert.doesNotMatch(server.stdout + server.stderr, /could not be loaded|not built/);
});

test('a large zone of a primary is made by another thread, and given on whole; of a change only what differs', async () => {
  const [from, to] = [await freePort(), await freePort()];
  const server = new Spawned(undefined);
  const hosts = (last: number): string => Array.from({ length: 6000 }, (_, i) => `h${i} A 192.0.2.${i === 0 ? last : 1}\n`).join('');
  const zone = (serial: number): string => `@ 60 IN SOA ns root ${serial} 1 1 1209600 300\n@ NS ns\nns A 192.0.2.1\n${hosts(serial)}`;
  writeFileSync(path.join(server.folder, 'zone'), zone(1));
  server.write(`large.test.:${from} {\n bind 127.0.0.1\n file zone {\n reload 100ms\n }\n transfer {\n to *\n }\n}\n`
    + `large.test.:${to} {\n bind 127.0.0.1\n secondary {\n transfer from 127.0.0.1:${from}\n zonemd make\n }\n}\n`);
  await server.says(/AXFR asked, the zone got, 6004 records/);
  writeFileSync(path.join(server.folder, 'new'), zone(2));
  renameSync(path.join(server.folder, 'new'), path.join(server.folder, 'zone'));
  await server.says(/IXFR asked, differences got|did not do/);
  server.signal('SIGTERM');
  assert.equal(await server.ended, 0);
  assert.equal(server.stdout.match(/CoreDNS-/g)?.length, 1);
  assert.doesNotMatch(server.stdout + server.stderr, /did not do|failed|not built/);
});

test('a long list is read by another thread, again when it is another, and its names are blocked', async () => {
  const port = await freePort();
  const server = new Spawned(undefined);
  const list = (last: string): string => Array.from({ length: 20_000 }, (_, i) => `0.0.0.0 h${i}.ads.test\n`).join('') + last;
  writeFileSync(path.join(server.folder, 'list'), list(''));
  server.write(`.:${port} {\n bind 127.0.0.1\n block list\n whoami\n}\n`);
  await server.says(/list: 20000 rules[\s\S]*CoreDNS-[\s\S]*coredns-ts/);
  assert.deepEqual((await askOnce(port, 'h19999.ads.test.', 'A')).answer, ['h19999.ads.test. 10 IN A 0.0.0.0']);
  writeFileSync(path.join(server.folder, 'new'), list('||late.test^'));
  renameSync(path.join(server.folder, 'new'), path.join(server.folder, 'list'));
  server.signal('SIGUSR1');
  await server.says(/list: 20001 rules/);
  assert.deepEqual((await askOnce(port, 'x.late.test.', 'A')).answer, ['x.late.test. 10 IN A 0.0.0.0']);
  server.signal('SIGTERM');
  assert.equal(await server.ended, 0);
  assert.equal(server.stdout.match(/CoreDNS-/g)?.length, 1);
});
