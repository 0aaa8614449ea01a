// Long work of a whole process: the thread that does it is a thread of the server, and not another server. Knows a zone file that is too
// large to be read by the thread that answers.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
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
