// `coredns-ts plugin` and `scenario`, as somebody has them who installed the program: a registry of the test's own, npm, and a folder that
// knows no coredns-ts. Knows the compiled program from outside.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../src/testing/free-port.ts';
import { askOnce } from '../src/testing/one-question.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { root } from './gates/checkout.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'coredns-ts-add-'));
const folder = path.join(scratch, 'dns');
const program = path.join(root, 'bin/coredns-ts');
const packed = new Map<string, { readonly manifest: object; readonly bytes: Buffer }>();
const registry = createServer((request, response) => {
  const [, name = '', tarball] = /^\/([^/]+)(\/-\/.*)?$/.exec(request.url ?? '') ?? [];
  const found = packed.get(name);
  if (found === undefined) return void response.writeHead(404).end('{}');
  if (tarball !== undefined) return void response.end(found.bytes);
  const { port } = registry.address() as AddressInfo;
  const integrity = `sha512-${createHash('sha512').update(found.bytes).digest('base64')}`;
  const dist = { tarball: `http://127.0.0.1:${port}/${name}/-/it.tgz`, integrity };
  const versions = { '1.2.3': { ...found.manifest, dist } };
  response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.2.3' }, versions }));
});
let environment: NodeJS.ProcessEnv;

/** Runs a program to its end. */
async function run(command: string, args: readonly string[], cwd = folder) {
  const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '', stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const status = await new Promise((resolve) => child.on('close', resolve));
  return { status, stdout, stderr };
}
const plugin = (...args: readonly string[]) => run(program, ['plugin', ...args]);
/** Makes a package and puts it into the registry. */
async function publish(name: string, more: object, code: string): Promise<void> {
  const at = path.join(scratch, 'made', name, 'package');
  mkdirSync(at, { recursive: true });
  const manifest = { name, version: '1.2.3', type: 'module', exports: './index.js', ...more };
  writeFileSync(path.join(at, 'package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(at, 'index.js'), code);
  const file = path.join(scratch, `${name}.tgz`);
  assert.equal((await run('tar', ['czf', file, '-C', path.dirname(at), 'package'], scratch)).status, 0);
  packed.set(name, { manifest, bytes: readFileSync(file) });
}
const fixed = (word: string): string => `import { A, Name, definePlugin, rr } from 'coredns-ts';
export default definePlugin({
  name: '${word}', syntax: '${word}', parse: ([line]) => line.end(),
  create: () => ({ handle: (query, next) => (query.name instanceof Name && query.type === A.type
    ? query.reply({ aa: true, answer: [rr(query.name, A, 60, { address: '192.0.2.77' })] }) : next(query)) }),
});
`;

before(async () => {
  mkdirSync(folder);
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', () => resolve()));
  const { port } = registry.address() as AddressInfo;
  environment = {
    ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, NODE_TEST_CONTEXT: undefined,
    npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_cache: path.join(scratch, 'cache'), npm_config_update_notifier: 'false',
  };
  const peer = { peerDependencies: { 'coredns-ts': '>=0.1.0' } };
  const script = { scripts: { postinstall: 'touch it-ran' } };
  await publish('plugin-fixed', { ...peer, ...script, 'coredns-ts': { before: 'cache' } }, fixed('fixed'));
  await publish('plugin-later', { peerDependencies: { 'coredns-ts': '^9.0.0' }, 'coredns-ts': { before: 'cache' } }, fixed('later'));
  await publish('plugin-nowhere', peer, fixed('nowhere'));
  await publish('plugin-cache', { 'coredns-ts': { before: 'cache' } }, fixed('cache'));
  await publish('plugin-none', { 'coredns-ts': { before: 'cache' } }, 'export default 1;');
});
after(async () => {
  await new Promise((resolve) => registry.close(resolve));
  rmSync(scratch, { recursive: true });
});

test('add installs it, names it, checks the Corefile; it answers with this very program', async () => {
  const port = await freePort();
  writeFileSync(path.join(folder, 'Corefile'), `.:${port} {\n    bind 127.0.0.1\n    fixed\n    whoami\n}\n`);
  const { status, stdout, stderr } = await plugin('add', 'plugin-fixed');
  assert.equal(stdout, 'fixed: plugin-fixed 1.2.3 before cache, in plugin.cfg\nCorefile: no problems\n', stderr);
  assert.equal(status, 0);
  assert.equal(readFileSync(path.join(folder, 'plugin.cfg'), 'utf8'), 'fixed:plugin-fixed\ncache:cache\n');
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { dependencies: object };
  assert.deepEqual(manifest.dependencies, { 'plugin-fixed': '1.2.3' });
  assert.match(readFileSync(path.join(folder, 'package-lock.json'), 'utf8'), /"integrity": "sha512-/);
  assert.ok(!existsSync(path.join(folder, 'node_modules/plugin-fixed/it-ran')), 'its scripts did not run');
  assert.deepEqual(readdirSync(path.join(folder, 'node_modules')).filter((name) => !name.startsWith('.')), ['plugin-fixed']);

  const server = new Spawned(undefined, { command: [program], folder });
  try {
    await server.says(/CoreDNS-/);
    assert.deepEqual((await askOnce(port, 'any.test', 'A')).answer, ['any.test. 60 IN A 192.0.2.77']);
    server.signal('SIGTERM');
    assert.equal(await server.ended, 0);
  } finally {
    await server.crash();
  }
  const rows = ['word   package       version  wants    place', 'fixed  plugin-fixed  1.2.3    >=0.1.0  before cache', ''];
  assert.equal((await plugin('list')).stdout, rows.join('\n'));
});

test('add: a place that is asked for, a plugin that says none, and one that is named already', async () => {
  const none = await plugin('add', 'plugin-nowhere');
  assert.equal(none.stderr, 'coredns-ts plugin add: plugin-nowhere does not say where it stands: --before WORD, such as cache\n');
  assert.equal(none.status, 1);
  assert.ok(!existsSync(path.join(folder, 'node_modules/plugin-nowhere')), 'it is gone again');
  assert.equal((await plugin('add', 'plugin-nowhere@1.2.3', '--before', 'rewrite')).status, 0);
  assert.equal((await plugin('add', 'plugin-fixed', '--before', 'rewrite')).status, 0);
  const cfg = readFileSync(path.join(folder, 'plugin.cfg'), 'utf8');
  assert.equal(cfg, 'cache:cache\nnowhere:plugin-nowhere\nfixed:plugin-fixed\nrewrite:rewrite\n');
});

test('add: what does not fit leaves nothing behind', async () => {
  const cfg = readFileSync(path.join(folder, 'plugin.cfg'), 'utf8');
  for (const [name, said] of [
    ['plugin-later', /plugin-later wants coredns-ts \^9\.0\.0, this is \S+ \(try another version of it: npm view plugin-later ver/],
    ['plugin-cache', /this program has a word cache of its own: a plugin of plugin-cache needs another name\n$/],
    ['plugin-none', /the default export of plugin-none is no plugin\n$/], ['plugin-missing', /npm install failed: .*404/],
  ] as const) {
    const { status, stderr } = await plugin('add', name);
    assert.match(stderr, said);
    assert.equal(status, 1);
    assert.ok(!existsSync(path.join(folder, 'node_modules', name)), name);
  }
  assert.equal(readFileSync(path.join(folder, 'plugin.cfg'), 'utf8'), cfg);
  for (const [args, said] of [
    [['add', '../x'], "'../x' is no name of a package"], [['add', 'a@latest || *'], "'a@latest || *' is no name of a package"],
    [['add', 'a', '--before', 'cash'], "there is no word 'cash' to stand before"],
    [['new', 'cache'], 'this program has a word cache of its own'], [['ad'], "there is no 'ad'"], [[], 'what?'],
    [['new', '../x'], "'../x' is no word: small letters, digits, - and _"], [['remove'], 'which word?'],
  ] as const) {
    const { status, stderr } = await plugin(...args);
    assert.deepEqual([stderr.split('\n')[0], status], [`coredns-ts plugin: ${said}`, 2]);
  }
});

test('remove takes it out and away', async () => {
  assert.equal((await plugin('remove', 'fixed')).status, 0);
  assert.equal(readFileSync(path.join(folder, 'plugin.cfg'), 'utf8'), 'cache:cache\nnowhere:plugin-nowhere\nrewrite:rewrite\n');
  assert.ok(!existsSync(path.join(folder, 'node_modules/plugin-fixed')));
  assert.equal((await plugin('remove', 'cache')).stderr, 'coredns-ts plugin remove: plugin.cfg has no plugin cache\n');
});

test('new: the six files of a plugin whose scenario and test are green', async () => {
  const made = await run(program, ['plugin', 'new', 'my_own'], scratch);
  assert.match(made.stdout, /^written: my_own\n/);
  const own = path.join(scratch, 'my_own');
  const files = ['README.md', 'index.ts', 'my_own.scenario', 'my_own.test.ts', 'package.json', 'tsconfig.json'];
  assert.deepEqual(readdirSync(own).sort(), files);
  const played = await run(program, ['scenario', 'my_own.scenario'], own);
  assert.deepEqual([played.stdout, played.stderr, played.status], ['2 scenes passed, 0 failed\n', '', 0]);
  const scenario = path.join(own, 'my_own.scenario');
  writeFileSync(scenario, readFileSync(scenario, 'utf8').replace('60 IN A 192.0.2.1', '60 IN A 192.0.2.2'));
  const red = await run(program, ['scenario', scenario], scratch);
  assert.match(red.stdout, /^FAILED {3}\S+:2 addresses below the zone.*\n {2}line 7: ask www\.a\.test A.*1 scene passed, 1 failed\n$/s);
  assert.equal(red.status, 1);
  assert.equal((await run(program, ['plugin', 'new', 'my_own'], scratch)).stderr, 'coredns-ts plugin new: my_own is there already\n');
});

test('scenario: what cannot be read, and nothing', async () => {
  const missing = await run(program, ['scenario', 'nosuch'], scratch);
  const said = 'FAILED   nosuch\n  open nosuch: no such file or directory\n0 scenes passed, 1 failed\n';
  assert.deepEqual([missing.stdout, missing.status], [said, 1]);
  assert.equal((await run(program, ['scenario'], scratch)).status, 2);
});
