// The Debian package: made of this checkout, installed by dpkg into a folder of its own, asked, upgraded, removed and purged. Knows dpkg
// and the package's files.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { freePort } from '../../src/testing/free-port.ts';
import { askOnce } from '../../src/testing/one-question.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { root } from '../gates/checkout.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-debian-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const machine = path.join(scratch, 'machine');
const at = (file: string): string => path.join(machine, file);

const lacking = process.platform !== 'linux' || spawnSync('dpkg-deb', ['--version']).status !== 0 ? 'dpkg-deb is not here'
  : spawnSync('systemd-sysusers', ['--version']).status !== 0 ? 'systemd-sysusers is not here'
    : process.getuid?.() !== 0 ? 'dpkg installs as root' : !existsSync(path.join(root, 'dist/main.js')) ? 'there is no bundle'
        : !existsSync(path.join(root, 'native/udp-batch/build/udp-batch.node')) && 'the addon is not built';

function run(command: string, ...args: readonly string[]): string {
  const env = { ...process.env, NODE: process.execPath, STRIP: 'no', COMPRESS: 'none' };
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}
/** dpkg in the folder, where nothing that the package depends on is known. */
const dpkg = (...args: readonly string[]): string =>
  run('dpkg', `--root=${machine}`, `--log=${scratch}/log`, '--force-script-chrootless', '--force-depends', '--force-confold', ...args);
/** What lies there that is not dpkg's own. */
const files = (): readonly string[] => readdirSync(machine, { recursive: true, encoding: 'utf8' })
  .filter((file) => statSync(at(file)).isFile() && !file.startsWith('var/lib/dpkg/')).sort();

test('installed, it answers; upgraded, the Corefile stays; purged, nothing is left but the user', { skip: lacking }, async () => {
  const file = run(path.join(root, 'deploy/debian/build.sh'), scratch).trim();
  mkdirSync(at('var/lib/dpkg/updates'), { recursive: true });
  mkdirSync(at('var/lib/dpkg/info'));
  writeFileSync(at('var/lib/dpkg/status'), '');
  dpkg('-i', file);

  const program = at('usr/bin/coredns-ts'), corefile = at('etc/coredns/Corefile');
  assert.equal(run(program, 'check', '--strict', corefile), `${corefile}: no problems\n`);
  assert.match(run(program, 'help', 'forward'), /^# forward/);
  assert.match(readFileSync(at('etc/passwd'), 'utf8'), /^coredns:/m);
  const beside = [
    'usr/lib/systemd/system/coredns-ts.service', 'usr/lib/systemd/system/coredns-ts.socket',
    'usr/share/bash-completion/completions/coredns-ts',
  ];
  assert.deepEqual(beside.filter((each) => !existsSync(at(each))), []);
  assert.deepEqual(files().filter((each) => (statSync(at(each)).mode & 0o022) !== 0), [], 'nobody else may write');

  const port = await freePort();
  const server = new Spawned(`.:${port} {\n bind 127.0.0.1\n hosts {\n  192.0.2.1 a.test\n }\n}\n`, { command: [program] });
  try {
    await server.says(/CoreDNS-/);
    assert.deepEqual((await askOnce(port, 'a.test', 'A')).answer, ['a.test. 3600 IN A 192.0.2.1']);
    server.signal('SIGTERM');
    assert.equal(await server.ended, 0);
  } finally {
    await server.kill();
  }

  appendFileSync(corefile, '# mine\n');
  dpkg('-i', file);
  assert.match(readFileSync(corefile, 'utf8'), /# mine\n$/);
  mkdirSync(at('var/lib/coredns'), { recursive: true });
  writeFileSync(at('var/lib/coredns/kept'), '');
  dpkg('-r', 'coredns-ts');
  const users = files().filter((each) => /^etc\/(passwd|group|shadow|gshadow|\.pwd\.lock)-?$/.test(each));
  assert.deepEqual(files(), [...users, 'etc/coredns/Corefile', 'var/lib/coredns/kept'].sort());
  dpkg('-P', 'coredns-ts');
  assert.deepEqual(files(), users);
  assert.ok(!existsSync(at('etc/coredns')) && !existsSync(at('var/lib/coredns')) && !existsSync(at('usr')));
});
