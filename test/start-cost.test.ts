// What a start loads: compiled code that Node accepts, and no plugin that the Corefile does not name. Knows the bundle and what Node tells
// of its compile cache; measures nothing.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
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

test('the launcher sets no flag that makes Node refuse compiled code', () => {
  assert.ok(!flags.includes('--optimize-for-size'));
  assert.doesNotMatch(readFileSync(path.join(root, 'deploy/docker/coredns.c'), 'utf8'), /optimize-for-size/);
});
