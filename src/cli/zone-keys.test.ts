// `coredns-ts zone sign` and `zone keys` as people call them; what is signed is judged by BIND's verifier where it is there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Name } from '../dns/name.ts';
import { algorithmNamed } from '../dnssec/algorithm.ts';
import { keyFileName, printPrivateFile, printPublicFile } from '../dnssec/key-file.ts';
import { generateKey } from '../dnssec/signing-key.ts';
import { MAIN } from '../testing/spawned.ts';

const folder = mkdtempSync(join(tmpdir(), 'zone-keys-'));
after(() => rmSync(folder, { recursive: true }));
const run = (...args: readonly string[]) => spawnSync(process.execPath, [MAIN, 'zone', ...args], { encoding: 'utf8', cwd: folder });

function keyOf(zone: string, flags: number): string {
  const key = generateKey(Name.parse(zone), algorithmNamed('ECDSAP256SHA256')!, flags, 300);
  const base = keyFileName(key.owner, key.data);
  writeFileSync(join(folder, `${base}.key`), printPublicFile(key, {}));
  writeFileSync(join(folder, `${base}.private`), printPrivateFile(key, {}), { mode: 0o600 });
  return base;
}
const csk = keyOf('example.org.', 257);
const zsk = keyOf('example.org.', 256);
const other = keyOf('example.net.', 257);
const ZONE = '$ORIGIN example.org.\n@ 60 IN SOA ns host 7 7200 3600 1209600 60\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n';
writeFileSync(join(folder, 'db'), ZONE);

test('signs a zone, which BIND finds right', (t) => {
  const { stdout, stderr, status } = run('sign', '--keep-serial', 'example.org', 'db', `${csk}.key`);
  assert.deepEqual([stderr, status], ['', 0]);
  assert.match(stdout, /^example\.org\.\t60\tIN\tSOA\tns\.example\.org\. host\.example\.org\. 7 7200 3600 1209600 60\n/);
  const lines = stdout.split('\n');
  for (const type of ['DNSKEY', 'CDS', 'CDNSKEY', 'NSEC']) assert.ok(lines.some((line) => line.includes(`\tRRSIG\t${type} 13 `)), type);
  assert.match(run('sign', 'example.org', 'db', csk).stdout, /\tSOA\tns\.example\.org\. host\.example\.org\. \d{10} /);
  writeFileSync(join(folder, 'signed'), stdout);
  const judge = spawnSync('dnssec-verify', ['-z', '-o', 'example.org', join(folder, 'signed')], { encoding: 'utf8' });
  if (judge.error !== undefined) return t.diagnostic('dnssec-verify is not installed');
  assert.equal(judge.status, 0, judge.stderr);
});

test('shows keys and the DS records of those that a parent needs', () => {
  const { stdout, status } = run('keys', csk, `${zsk}.private`);
  assert.equal(status, 0);
  const [first, ds, longer, second] = stdout.split('\n');
  assert.match(first!, /^; Kexample.*\.private: key-signing key \d+ of example\.org\., ECDSAP256SHA256$/);
  assert.match(ds!, /^example\.org\.\t300\tIN\tDS\t\d+ 13 2 [0-9A-F]{64}$/);
  assert.match(longer!, /^example\.org\.\t300\tIN\tDS\t\d+ 13 4 [0-9A-F]{96}$/);
  assert.match(second!, /^; .*: zone-signing key \d+ of example\.org\., ECDSAP256SHA256$/);
});

/** What is refused, with which status and words. */
const WRONG: readonly (readonly [args: readonly string[], status: number, said: RegExp])[] = [
  [['sign', 'example.org', 'db'], 2, /a zone, a file and a key are needed/], [['keys'], 2, /a key is needed/],
  [['keys', '--json', csk], 2, /--json and --conf are for the keys of a zone/],
  [['keys', 'none'], 1, /^open none\.key: no such file or directory\n$/],
  [['sign', 'example.org', 'none', csk], 1, /none: no such file or directory/],
  [['sign', 'example.org', 'db', other], 1, /^key example\.net\. \(keyid: \d+\) is of another zone\n$/],
  [['sign', 'example.net', 'db', other], 1, /SOA/],
];
for (const [args, status, words] of WRONG) {
  test(`refuses ${args.map((arg) => (arg === csk || arg === other ? 'KEY' : arg)).join(' ')}`, () => {
    const said = run(...args);
    assert.equal(said.status, status, said.stderr);
    assert.match(said.stderr, words);
    assert.equal(said.stdout, '');
  });
}
