// A large zone is signed by the thread for long work of a real process.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { printPrivateFile, printPublicFile } from '../../dnssec/key-file.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';

test('a file of a megabyte', async () => {
  const key = generateKey(Name.parse('z.test.'), algorithmNamed('ECDSAP256SHA256')!, 257, 300);
  const folder = mkdtempSync(join(tmpdir(), 'sign-large-'));
  try {
    writeFileSync(join(folder, 'k.key'), printPublicFile(key, {}));
    writeFileSync(join(folder, 'k.private'), printPrivateFile(key, {}), { mode: 0o600 });
    const many = Array.from({ length: 2000 }, (_, i) => `${'x'.repeat(40)}${i} 60 IN TXT "${'y'.repeat(200)}"\n`).join('');
    writeFileSync(join(folder, 'db'), `$ORIGIN z.test.\n@ 60 IN SOA ns host 1 2 3 4 60\n@ 60 IN NS ns\n${many}`);
    const sign = `    sign ${folder}/db {\n        key file ${folder}/k\n        directory ${folder}\n    }\n`;
    const server = new Spawned(`z.test:${await freePort()} {\n${sign}    whoami\n}\n`);
    try {
      await server.says(/Successfully signed zone "z.test."/);
    } finally {
      await server.kill();
    }
    const signed = readFileSync(join(folder, 'db.z.test.signed'), 'utf8');
    assert.equal(signed.match(/\tRRSIG\tTXT 13 /g)?.length, 2000);
    assert.equal(signed.match(/\tNSEC\t/g)?.length, 2001);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
