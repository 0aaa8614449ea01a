// A zone whose file is too large for a thread that serves, in a real process: the thread for long work loads it, and is no second server.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { missing, output } from './programs.ts';

/** More than 4 MB, from which on a file is not even loaded by the main thread while nothing is served. */
const NAMES = 120_000;

test('a large zone is loaded beside, and answered', { skip: missing('dig') }, async (t) => {
  const port = await freePort();
  const server = new Spawned(`.:${port} {\n    bind 127.0.0.1\n    file zone large.test\n}\n`);
  t.after(() => server.kill());
  const names = Array.from({ length: NAMES }, (_, i) => `name-${i} A 192.0.2.${i & 255}\nname-${i} TXT "number ${i}"\n`);
  const text = `$ORIGIN large.test.\n$TTL 60\n@ SOA ns admin 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\n${names.join('')}`;
  writeFileSync(path.join(server.folder, 'zone'), text);
  await server.says(/CoreDNS-/);
  const last = ['@127.0.0.1', '-p', String(port), '+short', '+tries=1', '+time=10', `name-${NAMES - 1}.large.test`, 'TXT'];
  await server.until(async () => (await output('dig', last)).includes('number'), 'its last name');
  assert.deepEqual(server.stdout.match(/CoreDNS-/g)?.length, 1, `one server began: ${server.stdout}`);
});
