// An author's first minutes: `npm create coredns-ts-plugin`, then `coredns-ts dev`, a change, a mistake, and its correction. Knows the
// command line and questions over UDP.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { freePort } from '../src/testing/free-port.ts';
import { askOnce } from '../src/testing/one-question.ts';
import { MAIN, Spawned } from '../src/testing/spawned.ts';
import { root } from './gates/checkout.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'dev-command-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const run = (...args: readonly string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd: scratch });

test('the package that npm create runs writes a plugin, by the program beside it', () => {
  const source = path.join(root, 'deploy/create-coredns-ts-plugin');
  const modules = path.join(scratch, 'node_modules');
  mkdirSync(modules);
  cpSync(source, path.join(modules, 'create-coredns-ts-plugin'), { recursive: true });
  symlinkSync(root, path.join(modules, 'coredns-ts'));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/create-coredns-ts-plugin/index.js', 'pond'], {
    cwd: scratch, encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^written: pond\n/);
  assert.ok(existsSync(path.join(scratch, 'pond/index.ts')) && existsSync(path.join(scratch, 'pond/pond.scenario')));
  const versions = [path.join(root, 'package.json'), path.join(source, 'package.json')]
    .map((file) => (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version);
  assert.equal(versions[0], versions[1], 'both are released together');
});

test('a plugin is served while it is written: a change is taken anew, a mistake is told and changes nothing', async () => {
  assert.equal(run('plugin', 'new', 'pool').status, 0);
  const folder = path.join(scratch, 'pool');
  const source = path.join(folder, 'index.ts');
  const text = readFileSync(source, 'utf8');
  const port = await freePort();
  const dev = new Spawned(undefined, { folder, args: ['dev', '-p', String(port)] });
  const answer = async () => (await askOnce(port, 'www.a.test', 'A')).answer.join();
  try {
    await dev.says(/pool on 127\.0\.0\.1:\d+, UDP .*, with the first scenario of pool\.scenario:\n\. \{\n {4}pool 192\.0\.2\.1 a\.test\n/);
    assert.equal(await answer(), 'www.a.test. 60 IN A 192.0.2.1');
    await dev.says(/www\.a\.test\. +A +from 127\.0\.0\.1 udp +NOERROR +192\.0\.2\.1.*\n.*\n.*pool +ANSWERED/);

    writeFileSync(source, text.replace('A, 60,', 'A, 61,'));
    await dev.says(/index\.ts: changed, taken anew\n(.*\n)*\[dev\] pool on /);
    assert.equal(await answer(), 'www.a.test. 61 IN A 192.0.2.1');

    writeFileSync(source, `${text}const nothing = ;\n`);
    await dev.says(/\.\/index\.ts: .*index\.ts:20.*\nwhat was loaded before goes on\n/);
    assert.equal(await answer(), 'www.a.test. 61 IN A 192.0.2.1');

    // A Corefile of the folder counts from when it is there; what is wrong with it is told as well.
    writeFileSync(source, text);
    const from = dev.stdout.length;
    dev.write('. {\n    pool home\n}\n');
    await dev.says(/"home" is no IPv4 address/, from);
    dev.write('. {\n    pool 192.0.2.7\n}\n');
    await dev.says(/pool on .*, with Corefile:\n/, from);
    assert.equal(await answer(), 'www.a.test. 60 IN A 192.0.2.7');
    dev.signal('SIGTERM');
    assert.equal(await dev.ended, 0);
  } finally {
    await dev.crash();
  }
});

test('refuses what it cannot serve', () => {
  const nothing = run('dev');
  assert.deepEqual([nothing.status, nothing.stderr.split('\n')[0]],
    [2, 'coredns-ts dev: there is no ./index.ts: coredns-ts plugin new WORD writes one']);
  assert.match(run('dev', '-p', '70000').stderr, /"70000" is no port/);
  assert.match(run('dev', '--help').stdout, /^Usage: coredns-ts dev /);
});
