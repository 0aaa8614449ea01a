// A plugin of another package is taken anew by a reload: in every thread or in none, no query is lost, and none is answered by a mixture of
// its files. Knows the compiled program from outside.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { freePort } from '../src/testing/free-port.ts';
import { askOnce } from '../src/testing/one-question.ts';
import { Spawned, Stream } from '../src/testing/spawned.ts';
import { root } from './gates/checkout.ts';

const program = [path.join(root, 'bin/coredns-ts')];

/** A folder with a package of two files, which say which version they are, and a server of four threads that loads it. */
async function serving(t: TestContext, package_ = true) {
  const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-anew-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = package_ ? path.join(folder, 'node_modules', 'plugin-two') : path.join(folder, 'two');
  mkdirSync(at, { recursive: true });
  const put = (file: string, text: string) => writeFileSync(path.join(at, file), text);
  const write = (version: number, more = '') => {
    put('word.js', `export const word = ${version};\n`);
    put('index.js', `import { A, definePlugin, rr } from 'coredns-ts';
import { word } from './word.js';
${more}
export default definePlugin({
  name: 'two', parse: ([line]) => line.end(),
  create: () => {
    let thread = 0;
    return {
      start: (run) => void (thread = run.thread),
      handle: (query) => query.reply({ answer: [rr(query.name, A, 60, { address: '10.${version}.' + word + '.' + thread })] }),
    };
  },
});
`);
  };
  const manifest = { name: 'plugin-two', exports: './index.js', 'coredns-ts': { before: 'cache' } };
  put('package.json', JSON.stringify({ type: 'module', ...(package_ ? manifest : {}) }));
  writeFileSync(path.join(folder, 'plugin.cfg'), package_ ? 'two:plugin-two\n' : 'two:./two/index.js\ncache:cache\n');
  write(1);
  const port = await freePort();
  const server = new Spawned(`.:${port} {\n    bind 127.0.0.1\n    multisocket 4\n    two\n}\n`, { command: program, folder });
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  /** Reloads, and what came of it. */
  const reload = async (): Promise<string> => {
    const from = server.stdout.length;
    server.signal('SIGUSR1');
    await server.says(/Reloading complete|Restart failed/, from);
    return server.stdout.slice(from);
  };
  /** The versions that are answered by now, by many clients. */
  const versions = async (): Promise<readonly string[]> => {
    const found = new Set<string>();
    for (let i = 0; i < 24; i++) {
      const { answer: [record = ''] } = await askOnce(port, 'a.test', 'A');
      found.add(record.replace(/.* 10\.(\d+)\.(\d+)\.\d+$/, '$1 $2'));
    }
    return [...found];
  };
  return { folder, port, server, write, put, reload, versions };
}

test('four threads under load: nothing is lost, nothing is answered by a mixture, and who asks afterwards gets the new one', async (t) => {
  const { port, server, write, reload, versions } = await serving(t);
  const mixed: string[] = [];
  const threads = new Set<number>();
  const seen = new Set<number>();
  const stream = new Stream(port, { sockets: 8 }, (reply) => {
    const [a, version, word, thread] = reply.subarray(-4);
    if (a !== 10 || version !== word) mixed.push([...reply.subarray(-4)].join('.'));
    seen.add(version!);
    threads.add(thread!);
  });
  for (let version = 2; version <= 7; version++) {
    write(version);
    assert.match(await reload(), /two was taken anew/);
    assert.deepEqual(await versions(), [`${version} ${version}`]);
  }
  await stream.end();
  assert.equal(stream.answered, stream.asked);
  assert.deepEqual(mixed, []);
  assert.ok(seen.size > 3 && threads.size > 1, `${[...seen]}, threads ${[...threads]}`);
  const said = server.stdout.match(/old versions of two \(\d+ KB of code\) stay in memory until a restart/g);
  assert.equal(said?.length, 1);
});

test('a version that cannot be loaded, by main or by any other thread, changes nothing', async (t) => {
  const { write, put, reload, versions } = await serving(t);
  put('word.js', 'export const word = ;\n');
  assert.match(await reload(), /Restart failed: plugin\.cfg:1: two: .*word\.js:1:\d+: Unexpected token/);
  assert.deepEqual(await versions(), ['1 1']);
  write(2, "import { isMainThread } from 'node:worker_threads';\nif (!isMainThread) throw new Error('not in a thread');");
  assert.match(await reload(), /Restart failed: .*not in a thread/);
  assert.deepEqual(await versions(), ['1 1']);
  write(3);
  assert.match(await reload(), /two was taken anew/);
  assert.deepEqual(await versions(), ['3 3']);
});

test('what has not changed is not taken anew; a file beside the Corefile is taken as a package is', async (t) => {
  const { write, reload, versions } = await serving(t, false);
  assert.doesNotMatch(await reload(), /taken anew/);
  write(2);
  assert.deepEqual(await versions(), ['1 1']);
  assert.match(await reload(), /two was taken anew/);
  assert.deepEqual(await versions(), ['2 2']);
});

test('a line of plugin.cfg that comes or goes counts at the next reload', async (t) => {
  const { folder, server, reload, port } = await serving(t, false);
  writeFileSync(path.join(folder, 'plugin.cfg'), 'cache:cache\n');
  assert.match(await reload(), /Restart failed: .*two/);
  server.write(`.:${port} {\n    bind 127.0.0.1\n    multisocket 4\n    three\n}\n`);
  const three = (parse: string) => writeFileSync(path.join(folder, 'three.mjs'),
    `export default { name: 'three', parse() {${parse}}, create: () => ({ handle: (q) => q.reply({ rcode: 5 }) }) };\n`);
  writeFileSync(path.join(folder, 'plugin.cfg'), 'three:./three.mjs\ncache:cache\n');
  // What was read of a load that came to nothing is not what counts when its file is another.
  three('throw new Error("not yet");');
  assert.match(await reload(), /Restart failed: .*not yet/);
  three('');
  assert.match(await reload(), /Reloading complete/);
  assert.match((await askOnce(port, 'a.test', 'A')).rcode, /REFUSED/);
});
