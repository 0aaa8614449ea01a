// What a start loads: compiled code that Node accepts, and no plugin that the Corefile does not name. Knows the bundle and what Node tells
// of its compile cache; measures nothing.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { FakeKubeApi } from '../src/testing/fake-kube-api.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { root } from './gates/checkout.ts';

const main = path.join(root, 'dist/main.js');
/** The launcher's flags, without which compiled code is another one. */
const flags = (/^exec "\$node" (.*?) \$debugger/m.exec(readFileSync(path.join(root, 'bin/coredns-ts'), 'utf8'))?.[1] ?? '').split(' ');

/** What Node says of each compiled file during a start and an end in good order. */
async function told(corefile: string): Promise<string> {
  const environment = { NODE_DEBUG_NATIVE: 'COMPILE_CACHE', NODE_COMPILE_CACHE: '' };
  const server = new Spawned(corefile, { command: [process.execPath, ...flags, main], environment });
  await server.says(/CoreDNS-/);
  server.signal('SIGTERM');
  assert.equal(await server.ended, 0);
  return server.stdout + server.stderr;
}

test('what was compiled is accepted, in each start again', { skip: existsSync(main) ? false : 'there is no bundle' }, async () => {
  assert.ok(readdirSync(path.join(root, 'dist/compiled')).length > 0);
  const corefile = '.:0 {\n bind 127.0.0.1\n errors\n log\n cache\n forward . 127.0.0.1\n}\n';
  for (let i = 0; i < 2; i++) {
    const text = await told(corefile);
    assert.match(text, /server-[\w-]+\.js was accepted/);
    assert.doesNotMatch(text, /was rejected/);
  }
});

test('plugins that the Corefile does not name are not loaded', { skip: existsSync(main) ? false : 'there is no bundle' }, async () => {
  const text = await told('.:0 {\n bind 127.0.0.1\n whoami\n}\n');
  assert.match(text, /chunks\/whoami-/);
  assert.doesNotMatch(text, /chunks\/(kubernetes|template|rewrite|kube-api|expression)-/);
});

/** What most Corefiles name. */
const USUAL = '.:0 {\n bind 127.0.0.1\n errors\n hosts {\n  192.0.2.1 a.test\n }\n cache 30\n forward . 127.0.0.1\n}\n';

test('a usual Corefile is one file beside the entry', { skip: existsSync(main) ? false : 'there is no bundle' }, async () => {
  const files = new Set([...(await told(USUAL)).matchAll(/chunks\/([a-z_]+)-/g)].map(([, name]) => name));
  assert.deepEqual([...files], ['server']);
});

/** The parts of Node that a start loads. */
async function loadedBy(corefile: string): Promise<string[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'start-cost-'));
  try {
    const hook = path.join(folder, 'hook.cjs');
    writeFileSync(hook, "process.on('exit', () => process._rawDebug('LOADED ' + process.moduleLoadList.join()));");
    const command = [process.execPath, '--require', hook, ...flags, '--inspect-port=192.0.2.1:9229', main];
    const server = new Spawned(corefile, { command });
    await server.says(/CoreDNS-/);
    server.signal('SIGTERM');
    assert.equal(await server.ended, 0);
    const [, text = ''] = /LOADED (.*)/.exec(server.stderr) ?? [];
    return text.split(',').filter((each) => each.startsWith('NativeModule ')).map((each) => each.slice(13));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a cluster is one more file, whose code is kept, and nothing of Node that a start can do without', {
  skip: existsSync(main) ? false : 'there is no bundle',
}, async () => {
  const api = new FakeKubeApi();
  await api.up();
  try {
    const corefile = `.:0 {\n bind 127.0.0.1\n kubernetes cluster.local {\n  endpoint ${api.url}\n }\n}\n`;
    const files = new Set([...(await told(corefile)).matchAll(/chunks\/([a-z0-9_-]+)-[\w-]{8}\.js/g)].map(([, name]) => name));
    assert.deepEqual([...files], ['server', 'kubernetes']);
    const loaded = await loadedBy(corefile);
    for (const part of ['crypto', 'internal/fs/promises', 'worker_threads', 'tls', 'http']) assert.ok(!loaded.includes(part), part);
  } finally {
    await api.down();
  }
  const compiled = readdirSync(path.join(root, 'dist/compiled'));
  assert.ok(compiled.some((name) => name.startsWith('kubernetes-')), 'it was compiled with the bundle');
});

/** A copy of the bundle: what its starts have kept, and one more start. */
class Copy {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'start-cost-'));
  constructor() {
    // Not what starts and Node have kept there: another test may start it now and keep its own, beside it and then in its place.
    const filter = (from: string) => !/[/\\]dist[/\\](compiled|\.node)/.test(from);
    cpSync(path.join(root, 'dist'), path.join(this.folder, 'dist'), { recursive: true, filter });
    cpSync(path.join(root, 'package.json'), path.join(this.folder, 'package.json'));
  }
  get code(): string {
    const compiled = path.join(this.folder, 'dist/compiled');
    return path.join(compiled, readdirSync(compiled).find((name) => name.startsWith('server-')) ?? 'none');
  }
  async start(...more: string[]): Promise<void> {
    const server = new Spawned(USUAL, { command: [process.execPath, ...flags, ...more, path.join(this.folder, 'dist/main.js')] });
    await server.says(/CoreDNS-/);
    // What is kept is kept after the start, in one turn with what the launcher reads.
    const note = path.join(this.folder, 'dist/.node');
    while (!existsSync(note)) await new Promise((resolve) => setTimeout(resolve, 5));
    rmSync(note);
    server.signal('SIGTERM');
    assert.equal(await server.ended, 0);
  }
}

test('code that a start has kept is used; other code, and damaged one, is made anew', {
  skip: existsSync(main) ? false : 'there is no bundle',
}, async () => {
  const copy = new Copy();
  try {
    await copy.start();
    const first = readFileSync(copy.code);
    const { ino } = statSync(copy.code);
    await copy.start();
    assert.equal(statSync(copy.code).ino, ino, 'it was taken as it is');
    await copy.start('--max-lazy');
    assert.notEqual(statSync(copy.code).ino, ino, 'code of other flags is refused');
    for (const at of [2, 0.3, 0.6, 0.9].map((part) => Math.trunc(first.length * part))) {
      const damaged = Buffer.from(first);
      if (at < first.length) damaged.fill(0xf5, at, at + 16);
      writeFileSync(copy.code, at < first.length ? damaged : first.subarray(0, first.length >> 2));
      await copy.start();
      const { length } = readFileSync(copy.code);
      assert.ok(readFileSync(copy.code).subarray(0, length >> 1).equals(readFileSync(copy.code).subarray(length >> 1)), `damage at ${at}`);
    }
  } finally {
    rmSync(copy.folder, { recursive: true });
  }
});

test('what a start does not need of Node is not loaded', { skip: existsSync(main) ? false : 'there is no bundle' }, async () => {
  const loaded = await loadedBy(USUAL);
  assert.ok(loaded.includes('net'));
  for (const part of ['crypto', 'internal/fs/promises', 'worker_threads', 'tls', 'http']) assert.ok(!loaded.includes(part), part);
});

test('bundled files are ASCII, which is kept at one byte a letter', { skip: existsSync(main) ? false : 'there is no bundle' }, () => {
  const chunks = path.join(root, 'dist/chunks');
  for (const file of readdirSync(chunks)) assert.match(readFileSync(path.join(chunks, file), 'latin1'), /^[\0-\x7f]*$/, file);
});

test('the launchers set no flag that makes Node refuse compiled code, or compile hot code on the thread that answers', () => {
  for (const launcher of ['bin/coredns-ts', 'deploy/docker/coredns.c']) {
    const set = readFileSync(path.join(root, launcher), 'utf8').split('\n').filter((line) => /^exec|words\[at\+\+\]/.test(line)).join('\n');
    assert.match(set, /--max-semi-space-size/);
    assert.doesNotMatch(set, /optimize-for-size|no-concurrent-recompilation/);
  }
});
