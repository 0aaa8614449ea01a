// The first moments of the process: what it prints, what stops it and with which status (CLI-*).
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../testing/free-port.ts';
import { Spawned, answers } from '../testing/spawned.ts';

/** Starts it, waits for its end, and says how it ended. */
async function ended(corefile: string | undefined, args: readonly string[] = ['-conf', 'Corefile']) {
  const server = new Spawned(corefile, { args });
  const status = await server.ended;
  await server.kill();
  return { status, stdout: server.stdout, stderr: server.stderr };
}

test('a start that is refused says so on standard error, first as CoreDNS, with status 1', async () => {
  const refused: readonly [string | undefined, readonly string[], RegExp][] = [
    [undefined, ['-conf', 'nowhere'], /^loading Caddyfile via flag: open nowhere: no such file or directory\n/],
    ['.:0 {\nwhoamy\n}\n', ['-conf', 'Corefile'], /^Corefile:2 - Error during parsing: Unknown directive 'whoamy'\n/],
    ['.:0 {\nbind 203.0.113.9\nwhoami\n}\n', ['-conf', 'Corefile'],
      /^Listen: listen tcp 203\.0\.113\.9:0: bind: cannot assign requested address\nhelp: no interface .*\n$/],
    ['.:0 {\nforward . /nowhere\n}\n', ['-conf', 'Corefile'], /^plugin\/forward: .*\n/],
    [undefined, ['more', 'words'], /^extra command line arguments: \[more words\]\n/],
  ];
  for (const [corefile, args, expected] of refused) {
    const { status, stdout, stderr } = await ended(corefile, args);
    assert.match(stderr, expected);
    assert.equal(status, 1, stderr);
    assert.equal(stdout, '');
  }
});

test('a directory in place of the Corefile is told as such', async () => {
  const server = new Spawned(undefined, { args: ['-conf', 'Corefile'] });
  mkdirSync(join(server.folder, 'Corefile'));
  assert.equal(await server.ended, 1);
  assert.match(server.stderr, /^loading Caddyfile via flag: (read Corefile: is a directory|open Corefile: no such file or directory)\n/);
  await server.kill();
});

test('a port that somebody has is told with what to do', async (t) => {
  const other = createSocket('udp4');
  // One that nobody has over TCP either, which would be told first.
  const port = await freePort();
  await new Promise<void>((resolve) => other.bind({ port, address: '127.0.0.1', exclusive: true }, resolve));
  t.after(() => other.close());
  const { status, stderr } = await ended(`.:${port} {\nbind 127.0.0.1\nwhoami\n}\n`);
  assert.match(stderr, /^ListenPacket: listen udp 127\.0\.0\.1:\d+: bind: address already in use\n(help: .*\n)+$/);
  assert.equal(status, 1);
});

test('a Corefile without blocks is the built-in one, on the default port', async (t) => {
  const port = await freePort();
  const server = new Spawned('# nothing\n', { args: ['-conf', 'Corefile', '-p', String(port)] });
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  assert.match(server.stdout, new RegExp(`^\\.:${port}\nCoreDNS-`));
  assert.ok(await answers(port));
});

test('a pidfile that cannot be written is told in the log', async (t) => {
  const port = await freePort();
  const server = new Spawned(`.:${port} {\nwhoami\n}\n`, { args: ['-conf', 'Corefile', '-pidfile', 'nowhere/the.pid'] });
  t.after(() => server.kill());
  await server.says(/\[ERROR\] Could not write pidfile: open nowhere\/the\.pid: no such file or directory\n/);
  assert.ok(await answers(port));
});

test('-version and -plugins print and end; an unknown flag is status 2', async () => {
  const version = await ended(undefined, ['-version']);
  assert.match(version.stdout, /^CoreDNS-1\.15\.0\n\w+\/\w+, node[\d.]+, coredns-ts\ncoredns-ts \S+\n$/);
  assert.equal(version.status, 0);
  const plugins = await ended(undefined, ['-plugins']);
  assert.deepEqual(plugins.stdout.split('\n').slice(0, 4), ['acl', 'admin', 'any', 'auto']);
  const unknown = await ended(undefined, ['-nonsense']);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /^flag provided but not defined: -nonsense\nUsage of coredns:/);
});
