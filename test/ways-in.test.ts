// README keeps its word: its order, its picture, and the way in by npm. The other ways have tests of their own, which README names. Knows
// the page, the files that npm would pack, and a server.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { freePort } from '../src/testing/free-port.ts';
import { askOnce } from '../src/testing/one-question.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { program } from './deploy/deploy-files.ts';
import { read, root } from './gates/checkout.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'ways-in-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const bundled = existsSync(path.join(root, 'dist/main.js')) ? false : 'there is no bundle';

test('README has its order, and every file that it names is there', () => {
  const page = read('README.md');
  assert.deepEqual([...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title),
    ['Three ways in', 'A Corefile', 'Beyond CoreDNS', 'Not there yet', 'The console', 'More']);
  assert.ok(page.indexOf('](docs/terminal.svg)') < page.indexOf('## '), 'the picture comes first');
  const named = [...page.matchAll(/`((?:test|docs|deploy|scripts)\/[\w./-]*)`/g)].map(([, file]) => file!);
  assert.deepEqual(named.filter((file) => !existsSync(path.join(root, file))), []);
  const [beyond = ''] = page.split('## Beyond CoreDNS')[1]!.split('\n## ');
  const rows = beyond.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| what'));
  assert.equal(rows.length, 8);
  for (const line of rows) assert.match(line, /\[[^\]]+\]\([^)]+\)|`[^`]+`/, 'a proof');
});

const pictured = bundled || (program('dig', '') === undefined ? 'dig is not here'
  : !existsSync(path.join(root, 'native/udp-batch/build/udp-batch.node')) && 'the C addon is not built');
test('the picture is what the program prints today', { skip: pictured }, async () => {
  const script = path.join(root, 'scripts/terminal.mjs');
  const { picture, recorded } = await import(script) as {
    picture: (lines: readonly string[]) => string; recorded: (port: number) => Promise<readonly string[]>;
  };
  assert.equal(picture(await recorded(await freePort())), read('docs/terminal.svg'), 'npm run terminal records it anew');
});

test('what npm would install answers, without anything of the checkout', { skip: bundled }, async () => {
  const listed = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' });
  assert.equal(listed.status, 0, listed.stderr);
  const [{ files }] = JSON.parse(listed.stdout) as [{ files: readonly { path: string }[] }];
  assert.ok(files.length > 100);
  const modules = path.join(scratch, 'node_modules');
  const own = path.join(modules, 'coredns-ts');
  for (const { path: file } of files) {
    mkdirSync(path.dirname(path.join(own, file)), { recursive: true });
    cpSync(path.join(root, file), path.join(own, file));
  }
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  mkdirSync(path.join(modules, '.bin'));
  symlinkSync('../coredns-ts/bin/coredns-ts', path.join(modules, '.bin/coredns-ts'));
  const nodes = path.join(scratch, 'nodes');
  mkdirSync(nodes);
  symlinkSync(process.execPath, path.join(nodes, 'node'));

  const [port, upstream] = [await freePort(), await freePort()];
  const above = new Spawned(`.:${upstream} {\n bind 127.0.0.1\n hosts {\n  192.0.2.1 www.example.org\n }\n}\n`, {
    command: [path.join(root, 'bin/coredns-ts')],
  });
  const server = new Spawned(undefined, {
    command: [path.join(modules, '.bin/coredns-ts')], environment: { PATH: `${nodes}:/usr/bin:/bin` },
    args: ['forward', `127.0.0.1:${upstream}`, '--cache', '-p', String(port)],
  });
  try {
    await above.says(/CoreDNS-/);
    await server.says(/CoreDNS-/);
    assert.doesNotMatch(server.stdout, /WARNING.*(?:version|not built)/);
    const { answer: [answer] } = await askOnce(port, 'www.example.org', 'A');
    assert.match(answer!, /^www\.example\.org\. \d+ IN A 192\.0\.2\.1$/);
    server.signal('SIGTERM');
    assert.equal(await server.ended, 0);
  } finally {
    await server.kill();
    await above.kill();
  }
});
