// `coredns-ts zone` from the outside: what it prints, where, and with which status.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { MAIN } from '../src/testing/spawned.ts';

const folder = mkdtempSync(join(tmpdir(), 'zone-command-'));
after(() => rmSync(folder, { recursive: true }));
const zone = '@ 60 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n';
writeFileSync(join(folder, 'db'), zone);
writeFileSync(join(folder, 'more'), `${zone}b 5 A 192.0.2.2\n`);
writeFileSync(join(folder, 'bad'), `${zone}a 1 A 1\nb A 192.0.2.1\nc A 192.0.2.2\nc 9 A 192.0.2.3\n`);
writeFileSync(join(folder, 'outside'), `${zone}other. A 192.0.2.1\n`);

/** What must stand on standard output and standard error for these arguments. */
const commands: readonly [args: string, status: number, out: RegExp, errors: RegExp][] = [
  ['--help', 0, /^Usage: coredns-ts zone check/, /^$/],
  ['chek', 2, /^$/, /^coredns-ts zone: there is no zone chek\nUsage: /],
  ['check db', 2, /^$/, /^coredns-ts zone: a zone and a file are needed\n/],
  ['print --json example.org db', 2, /^$/, /^coredns-ts zone: unknown option --json\n/],
  ['check a..b db', 2, /^$/, /^coredns-ts zone: "a\.\.b" is no zone\n/],
  ['check example.org db', 0, /^db: 3 records, no problems\n$/, /^$/],
  ['check example.org bad', 1, new RegExp([
    '^bad:4:7: error: address of type A expected, found "1"', 'bad:7: warning: c\\.example\\.org\\. A has TTLs .*',
    'bad: 6 records, 1 error, 1 warning\n$'].join('\n')), /^$/],
  ['check --strict --json example.org outside', 1,
    /"line": 4,\s*"column": 0,\s*"severity": "warning",\s*"message": "other\. is outside of the zone and left out"/, /^$/],
  ['check example.org nosuch', 1, /^nosuch: error: open nosuch: no such file or directory\n/, /^$/],
  ['print example.org db', 0, new RegExp([
    '^example\\.org\\.\t60\tIN\tSOA\t.*', 'example\\.org\\.\t60\tIN\tNS\tns\\.example\\.org\\.',
    'ns\\.example\\.org\\.\t60\tIN\tA\t192\\.0\\.2\\.1\n$'].join('\n')), /^$/],
  ['print example.org bad', 1, /^$/, /^bad:4:7: address of type A expected, found "1"\n$/],
  ['diff example.org db db', 0, /^$/, /^$/],
  ['diff example.org db more', 1, /^\+ b\.example\.org\.\t5\tIN\tA\t192\.0\.2\.2\n$/, /^$/],
  ['diff --ixfr example.org db more', 1,
    /^(example\.org\.\t.*\tSOA\t.*\n){3}b\.example\.org\.\t5\tIN\tA\t192\.0\.2\.2\nexample\.org\.\t.*\tSOA\t.*\n$/, /^$/],
  ['diff --ixfr example.org db db', 0, /^$/, /^$/],
  ['diff --nsupdate example.org db more', 1, /^zone example\.org\.\nprereq yxrrset .*\nupdate add b\.example\.org\. 5 .*\nsend\n$/, /^$/],
];
for (const [args, status, out, errors] of commands) {
  test(`coredns-ts zone ${args}`, () => {
    const found = spawnSync(process.execPath, [MAIN, 'zone', ...args.split(' ')], { cwd: folder, encoding: 'utf8' });
    assert.match(found.stdout, out);
    assert.match(found.stderr, errors);
    assert.equal(found.status, status);
  });
}
