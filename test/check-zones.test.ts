// `coredns-ts check` looks into the zone files that a Corefile names: what stops a start, what would be served and is hardly meant,
// each with its own line. Knows the program from outside alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { MAIN } from '../src/testing/spawned.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-check-zones-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, text: string): void => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};
const soa = '@ 60 SOA ns h 1 2 3 4 5\n';
const good = `${soa}@ NS ns\nns A 192.0.2.1\n`;
write('good', good);
write('broken', `${good}a A 300.0.0.1\nb A 192.0.2.1\nc AAAA 1\n`);
write('doubtful', `${good}b 5 A 192.0.2.2\nb 6 A 192.0.2.3\nc CNAME b\nc A 192.0.2.4\n`);
write('outer', `${good}$INCLUDE parts/inner\n`);
write('parts/inner', 'x A 192.0.2.1\ny MX ten mail\n');
write('missing-part', `${good}$INCLUDE nowhere\n`);
write('no-soa', '@ 60 NS ns\nns 60 A 192.0.2.1\n');
write('foreign-soa', '@ 60 SOA ns h 1 2 3 4 5\na 60 SOA ns h 1 2 3 4 5\n');
write('iterations', `${good}@ NSEC3PARAM 1 0 5000 -
0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 0 5000 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A\n`);
write('escape', `${good}a A \u001b[31m\n`);
write('long', `${good}a TXT ${'"0123456789" '.repeat(50)}\na A ${'1'.repeat(900)}\n`);
const pairs = Array.from({ length: 150 }, (_, i) => `n${i} 1 A 192.0.2.1\nn${i} 2 A 192.0.2.2\n`);
write('many', `${good}${pairs.join('')}bad A x\n`);
write('large', '');
truncateSync(path.join(folder, 'large'), (64 << 20) + 1);
write('zones/db.a.test', good);
write('zones/db.b.test', `${good}a A 300.0.0.1\n`);
write('zones/db.elsewhere.example', 'what is this\n');

function check(corefile: string, ...args: readonly string[]) {
  write('C', corefile);
  const options = { cwd: folder, encoding: 'utf8', timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'check', ...args, 'C'], options);
  return { status, stdout, stderr };
}
const naming = (file: string, more = ''): string => `z.test:1053 {\n    file ${file}${more}\n}\n`;

/** What `check` prints of a block with this file, whole, and its status. */
const rows: readonly (readonly [what: string, file: string, status: number, out: string])[] = [
  ['one that is right', 'good', 0, 'C: no problems\n'],
  ['each line that cannot be read', 'broken', 1,
    'broken:4:5: error: address of type A expected, found "300.0.0.1"\n  a A 300.0.0.1\n      ^\n'
    + 'broken:6:8: error: address of type AAAA expected, found "1"\n  c AAAA 1\n         ^\nC: 2 errors\n'],
  ['what would be served and is hardly meant', 'doubtful', 0,
    'doubtful:5: warning: b.z.test. A has TTLs 5 and 6\n  b 6 A 192.0.2.3\n  ^\n'
    + 'doubtful:6: warning: c.z.test. has CNAME beside A\n  c CNAME b\n  ^\nC: 2 warnings\n'],
  ['what it includes', 'outer', 1,
    'parts/inner:2:6: error: preference of type MX (no number from 0 to 65535) expected, found "ten"\n'
    + '  y MX ten mail\n       ^\nC: 1 error\n'],
  ['that nothing can be included', 'missing-part', 1, 'missing-part:4:10: error: a file that can be opened (nowhere: ENOENT) expected, '
    + 'found "nowhere"\n  $INCLUDE nowhere\n           ^\nC: 1 error\n'],
  ['no SOA', 'no-soa', 1, 'no-soa: error: file "no-soa" has no SOA record for origin z.test.\nC: 1 error\n'],
  ['an SOA of another name', 'foreign-soa', 1,
    'foreign-soa:2:1: error: file "foreign-soa" has SOA owner a.z.test. that does not match origin z.test.\n'
    + '  a 60 SOA ns h 1 2 3 4 5\n  ^\nC: 1 error\n'],
  ['one that is a folder', 'parts', 1, 'parts:1:1: error: parts: a regular file expected\nC: 1 error\n'],
  ['one that is not there', 'nowhere', 0,
    'C:2:10: warning: plugin/file: there is no file nowhere\n      file nowhere\n           ^\nC: 1 warning\n'],
  ['one that is too large to look into', 'large', 0, 'C: large is larger than 64 MB and was not looked into\nC: no problems\n'],
];
for (const [what, file, status, out] of rows) {
  test(`check looks into a zone's file: ${what}`, () => {
    const found = check(naming(file));
    assert.equal(found.stdout, out);
    assert.equal(found.status, status);
  });
}

test('a zone of a folder that a file has too', () => {
  const { stdout } = check('.:1053 {\n    auto {\n        directory zones\n    }\n    file good a.test\n}\n');
  const text = "plugin/auto: zone a.test. is plugin/file's too (line 5), which comes first and answers: auto never does";
  assert.ok(stdout.includes(`C:2:5: warning: ${text}\n`), stdout);
});

test('what only a load finds out is found: too many iterations of NSEC3', () => {
  const { status, stdout } = check(naming('iterations'));
  assert.match(stdout, /^iterations: error: NSEC3 with 5000 iterations: at most \d+ are served/m);
  assert.equal(status, 1);
});

test('a file is found below root, and read as the zones that its line names', () => {
  const { status, stdout } = check('.:1053 {\n    root parts\n    file ../no-soa a.test b.test\n}\n');
  assert.match(stdout, /no-soa: error: .* for origin a\.test\.\n.*no-soa: error: .* for origin b\.test\.\nC: 2 errors\n/);
  assert.equal(status, 1);
});

test('of two lines with one zone the file of the later one counts, and of two blocks with one file each problem is told once', () => {
  assert.match(check(naming('broken', '\n    file good')).stdout,
    /^C:2:5: warning: plugin\/file: zone z\.test\. stands in line 3 again, which counts: .*\nC: 1 warning\n$/s);
  const { stdout } = check(`${naming('broken')}${naming('broken').replace('1053', '1054')}`);
  assert.match(stdout, /^C: 2 errors$/m);
});

test('at most a hundred are told, errors before warnings, and how many are left out', () => {
  const { status, stdout } = check(naming('many'));
  assert.equal(stdout.match(/^many:/gm)?.length, 100);
  assert.match(stdout, /^many:304:7: error: /m);
  assert.match(stdout, /^C: the first 100 problems of its zone files are told, 51 more are not\nC: 1 error, 99 warnings\n$/m);
  assert.equal(status, 1);
});

test('what stands in a file cannot speak to the terminal, and a line that is too long is not shown', () => {
  assert.match(check(naming('escape')).stdout, /^escape:4:5: error: .*\n {2}a A \?\[31m\n {6}\^\n/);
  assert.match(check(naming('long')).stdout, /^long:5:5: error: .*\nC: 1 error\n$/);
});

test('those that auto takes from its folder are looked into, and stop no start', () => {
  const { status, stdout } = check('test:1053 {\n    auto {\n        directory zones\n    }\n}\n');
  assert.equal(stdout,
    'zones/db.b.test:4:5: warning: address of type A expected, found "300.0.0.1"\n  a A 300.0.0.1\n      ^\nC: 1 warning\n');
  assert.equal(status, 0);
  const both = 'test:1053 {\n    auto {\n        directory zones\n    }\n    file zones/db.b.test b.test\n}\n';
  assert.match(check(both).stdout, /^zones\/db\.b\.test:4:5: error: .*\nC: 1 error, 1 warning\n$/sm, 'told once, as what it is for file');
  assert.equal(check('test:1053 {\n    auto {\n        directory nowhere\n    }\n}\n').stdout, 'C: no problems\n');
  assert.equal(check('test:1053 {\n    auto\n}\n').stdout, 'C: no problems\n');
});

test('programs are told the same, and --strict makes errors of warnings', () => {
  const { status, stdout } = check(naming('broken'), '--json');
  const [first] = JSON.parse(stdout);
  assert.deepEqual(first, { file: 'broken', line: 4, column: 5, severity: 'error', code: 'zone',
    message: 'address of type A expected, found "300.0.0.1"' });
  assert.equal(status, 1);
  const [{ results }] = JSON.parse(check(naming('broken'), '--format', 'sarif').stdout).runs;
  assert.deepEqual(results[0].locations[0].physicalLocation,
    { artifactLocation: { uri: 'broken' }, region: { startLine: 4, startColumn: 5 } });
  assert.equal(check(naming('doubtful'), '--strict').status, 1);
  const large = check(naming('large'), '--json');
  assert.deepEqual([large.stdout, large.stderr, large.status], ['[]\n', 'C: large is larger than 64 MB and was not looked into\n', 0]);
});

test('check looks into what a zone that is updated begins with, by its own rules, and into its database', () => {
  write('ds', `${good}a DS 1 8 1 ${'00'.repeat(20)}\n`);
  write('db', 'no database\n');
  const updated = (file: string, more = ''): string =>
    `z.test:1053 {\n    dynupdate {\n        file ${file}\n        allow k * *\n${more}    }\n}\n`;
  assert.equal(check(updated('good')).stdout, 'C: no problems\n');
  assert.match(check(updated('ds')).stdout, /ds: error: invalid zone "z.test.": zone contains unsupported RR type DS\n[\s\S]*C: 1 error/);
  assert.match(check(updated('nowhere')).stdout, /nowhere: warning: open nowhere: no such file or directory\nC: 1 warning/);
  assert.match(check(updated('good', '        max_records 2\n')).stdout, /error: zone file "good" exceeds configured limits/);
  assert.match(check(updated('nowhere', '        database db\n')).stdout, /^db:1:\d+: error: [\s\S]*C: 1 error/);
});
