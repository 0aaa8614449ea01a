// `coredns-ts import` as somebody meets it: what it writes, what it refuses, and files that nobody wrote by hand. Knows the program from
// outside alone.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { imported } from './servers/imports.ts';

/** A folder with these files, gone after the test. */
function folderOf(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>): (name: string) => string {
  const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-import-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => path.join(folder, name);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), typeof content === 'string' ? content.replaceAll('FOLDER', folder) : content);
  }
  return at;
}
const plain = 'no-hosts\nno-resolv\nserver=192.0.2.53\n';

test('what would change answers stops it, and nothing is written; --lossy writes it down', (t) => {
  const at = folderOf(t, { 'a.conf': `${plain}dhcp-range=192.0.2.1,192.0.2.9\nuser=nobody\n` });
  const refused = imported('dnsmasq', at('a.conf'), '-o', at('out'));
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /a\.conf:4: dhcp-range=192\.0\.2\.1,192\.0\.2\.9: DHCP is no matter .*\n.*answers would change by this/);
  assert.equal(existsSync(at('out')), false);
  assert.equal(imported('dnsmasq', at('a.conf'), '-o', at('out'), '--lossy').status, 0);
  for (const file of ['Corefile', 'import-report.txt']) {
    assert.match(readFileSync(at(`out/${file}`), 'utf8'), /a\.conf:4: dhcp-range=[\s\S]*a\.conf:5: user=nobody: the service manager/);
  }
});
test('files that are there are left alone, unless it is forced', (t) => {
  const at = folderOf(t, { 'a.conf': plain, 'out/Corefile': 'mine' });
  const { status, stderr } = imported('dnsmasq', at('a.conf'), '-o', at('out'));
  assert.equal(status, 1);
  assert.match(stderr, /out\/Corefile is there/);
  assert.equal(readFileSync(at('out/Corefile'), 'utf8'), 'mine');
  assert.equal(imported('dnsmasq', at('a.conf'), '-o', at('out'), '--force').status, 0);
  assert.match(readFileSync(at('out/Corefile'), 'utf8'), /forward \. 192\.0\.2\.53/);
});
test('a wrong command line is told, with what would be right', () => {
  for (const [args, text] of [
    [[], /of which server/], [['dnsmask', 'x'], /no importer of dnsmask: did you mean dnsmasq/], [['dnsmasq'], /FILE is missing/],
    [['dnsmasq', 'a', 'b'], /one file at a time/], [['dnsmasq', 'a', '--lose'], /unknown option --lose/], [['dnsmasq', 'a', '-o'],
      /-o lacks/],
  ] as const) {
    const { status, stderr } = imported(...args);
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, text);
    assert.match(stderr, /^Usage: coredns-ts import /m);
  }
  assert.match(imported('--help').stdout, /^Usage: coredns-ts import dnsmasq/);
});
test('a file that is not there, or includes itself, or has a line of 100 MB, is refused with its place', (t) => {
  const long = Buffer.alloc(100_000_000, 'a');
  long.write('no-hosts\ntxt-record=');
  const at = folderOf(t, { 'a.conf': `${plain}conf-file=FOLDER/b.conf\n`, 'b.conf': 'conf-dir=FOLDER/d\n',
    'd/c.conf': '\nconf-file=FOLDER/a.conf\n',
    'long.conf': long });
  assert.match(imported('dnsmasq', at('gone.conf')).stderr, /gone\.conf:0: open .*gone\.conf: no such file/);
  const { status, stderr } = imported('dnsmasq', at('a.conf'));
  assert.equal(status, 1);
  assert.match(stderr, /d\/c\.conf:2: .*a\.conf includes itself: .*a\.conf > .*b\.conf > .*c\.conf > .*a\.conf/);
  assert.match(imported('dnsmasq', at('long.conf')).stderr, /long\.conf:2: a line of 99999991 octets is not read/);
});
test('what is no UTF-8 is Latin-1, and nothing in a file can end a comment', (t) => {
  const at = folderOf(t, { 'a.conf': Buffer.from(`${plain}txt-record=a.test,caf\xe9\nunknown=\x1b[31m\xe9\r\x85x\n`, 'latin1') });
  const { status, stdout } = imported('dnsmasq', at('a.conf'), '-o', at('out'), '--lossy');
  assert.equal(status, 0);
  const corefile = readFileSync(at('out/Corefile'), 'utf8');
  assert.match(corefile, /TXT \\"caf\\195\\169\\"/);
  assert.match(corefile, /#.*unknown=\\x1b\[31m\u00e9 ?\\x85x: there is no such option/);
  assert.match(stdout, /unknown=/);
});
test('files have the mode that is usual', (t) => {
  const at = folderOf(t, { 'a.conf': `${plain}host-record=a.test,192.0.2.1\n` });
  assert.equal(imported('dnsmasq', at('a.conf'), '-o', at('out')).status, 0);
  assert.equal(statSync(at('out/hosts')).mode & 0o600, 0o600);
  assert.equal(readFileSync(at('out/hosts'), 'utf8'), '192.0.2.1 a.test\n');
});
