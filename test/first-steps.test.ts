// The first two minutes: `init` writes Corefiles that serve, a server is one line. Knows the program from outside alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { NAME_OF } from '../src/cli/init-files.ts';
import { freePort } from '../src/testing/free-port.ts';
import { askOnce } from '../src/testing/one-question.ts';
import { MAIN, Spawned } from '../src/testing/spawned.ts';

/** A folder that is gone afterwards, and the program in it. */
async function within(body: (folder: string, run: (...args: readonly string[]) => ReturnType<typeof ran>) => Promise<void> | void) {
  const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-first-'));
  try {
    await body(folder, (...args) => ran(folder, args));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
/** A server in the folder, which has ended when the body has. */
async function serving(folder: string, args: readonly string[], body: (server: Spawned) => Promise<void>) {
  const server = new Spawned(undefined, { folder, args });
  try {
    await body(server);
    server.signal('SIGTERM');
    assert.equal(await server.ended, 0);
  } finally {
    await server.crash();
  }
}
function ran(cwd: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd, encoding: 'utf8', timeout: 90_000 });
  return { status, stdout, stderr };
}

for (const kind of ['home', 'lab', 'cluster', 'forwarder'] as const) {
  test(`init ${kind}: what is written has no problem`, () => within(async (folder, run) => {
    const port = await freePort();
    const made = run('init', kind, '-p', String(port));
    assert.equal(made.stderr, '');
    assert.equal(made.status, 0);
    assert.match(made.stdout, new RegExp(`^written: Corefile.*\nport ${port}\n\n {2}coredns-ts check Corefile\n {2}coredns-ts\n`));
    assert.match(made.stdout, new RegExp(` {2}dig @127\\.0\\.0\\.1 -p ${port} ${NAME_OF[kind]}\n$`));
    const { stdout, status } = run('check', '--strict');
    assert.equal(stdout, 'Corefile: no problems\n');
    assert.equal(status, 0);
    // Each line, or the one above it, is explained: more than a sixth of them is a comment.
    const lines = readFileSync(path.join(folder, 'Corefile'), 'utf8').split('\n');
    assert.ok(lines.filter((line) => line.trim().startsWith('#')).length * 6 > lines.length);
  }));
}

for (const [kind, answer] of [
  ['home', 'router.home. 3600 IN A 192.168.1.1'], ['lab', 'www.lab.test. 60 IN A 192.0.2.80'],
] as const) {
  test(`init ${kind}: it serves`, () => within(async (folder, run) => {
    const port = await freePort();
    assert.equal(run('init', kind, `--port=${port}`, '-o', 'own.conf').status, 0);
    await serving(folder, ['-conf', 'own.conf'], async (server) => {
      await server.says(/CoreDNS-/);
      assert.deepEqual((await askOnce(port, NAME_OF[kind], 'A')).answer, [answer]);
    });
  }));
}

test('init: a port that is taken is not written, and it is said why', () => within(async (folder, run) => {
  const socket = createSocket('udp4');
  // Somebody else may have it, or this user may not: then it is taken as well.
  await new Promise<void>((resolve) => socket.once('error', () => resolve()).bind(53, () => resolve()));
  try {
    const { stdout, status } = run('init', 'lab');
    assert.equal(status, 0);
    const [, port, why] = /^port (\d+) \((.*)\)$/m.exec(stdout) ?? [];
    assert.ok(Number(port) >= 1053, stdout);
    assert.match(why!, /^53 is (in use|for root)/);
    assert.match(readFileSync(path.join(folder, 'Corefile'), 'utf8'), new RegExp(`^lab\\.test:${port} \\{$`, 'm'));
  } finally {
    socket.close();
  }
}));

test('init: what is there is left alone, whole, unless it is wanted otherwise', () => within((folder, run) => {
  writeFileSync(path.join(folder, 'lab.test.zone'), 'mine');
  const { stderr, status } = run('init', 'lab', '-p', '5353');
  assert.equal(stderr, 'coredns-ts init: lab.test.zone is there already: --force writes it anew, -o FILE another one\n');
  assert.equal(status, 1);
  assert.deepEqual(readdirSync(folder), ['lab.test.zone']);
  assert.equal(run('init', 'lab', '-p', '5353', '--force').status, 0);
  assert.ok(existsSync(path.join(folder, 'Corefile')));
  assert.match(readFileSync(path.join(folder, 'lab.test.zone'), 'utf8'), /^\$ORIGIN lab\.test\.$/m);
}));

for (const [args, said] of [
  [[], 'what for?'], [['house'], "there is no 'house'"], [['home', 'lab'], 'one at a time: lab'],
  [['lab', '--prot'], 'unknown option --prot'],
  [['lab', '-p', '0'], "a port is a number from 1 to 65535, and not '0'"], [['lab', '-o'], 'the name of the file is missing'],
] as const) {
  test(`init ${args.join(' ')}: refused`, () => within((folder, run) => {
    const { stdout, stderr, status } = run('init', ...args);
    assert.equal(stderr.split('\n')[0], `coredns-ts init: ${said}`);
    assert.match(stderr, /\nUsage: coredns-ts init home\|lab/);
    assert.deepEqual([stdout, status, readdirSync(folder)], ['', 2, []]);
  }));
}

test('a server in one line prints the Corefile that it is, and is it', () => within(async (folder, run) => {
  const port = await freePort();
  writeFileSync(path.join(folder, 'my hosts'), '192.0.2.7 a.test\n');
  const args = ['hosts', 'my hosts', '--forward', '127.0.0.1:1', '-p', String(port), '--cache', '30', '--log'];
  const corefile = `.:${port} {
    errors
    log
    cache 30
    hosts "my hosts" {
        fallthrough
    }
    forward . 127.0.0.1:1
}
`;
  await serving(folder, args, async (server) => {
    await server.says(/CoreDNS-/);
    assert.ok(server.stdout.startsWith(`${corefile}\n`), server.stdout);
    assert.deepEqual((await askOnce(port, 'a.test', 'A')).answer, ['a.test. 30 IN A 192.0.2.7']);
  });
  writeFileSync(path.join(folder, 'Corefile'), corefile);
  assert.equal(run('check', '--strict').status, 0);
}));

test('a zone in one line is the block of its name; -quiet prints no Corefile', () => within(async (folder) => {
  const port = await freePort();
  writeFileSync(path.join(folder, 'db'), '@ 60 SOA ns host 1 2 3 4 5\n@ 60 A 192.0.2.9\n');
  await serving(folder, ['file', 'db', 'a.test', 'b.test', '-quiet', '-p', String(port)], async (server) => {
    await server.until(async () => (await askOnce(port, 'b.test', 'A')).answer.length > 0, 'an answer');
    assert.equal(server.stdout, '');
    assert.equal((await askOnce(port, 'c.test', 'A')).rcode, 'REFUSED');
  });
}));

for (const [args, said] of [
  [['forward'], 'forward lacks an argument'], [['file', 'db'], 'file lacks an argument'],
  [['forward', '1.1.1.1', '-conf', 'Corefile'], 'a server in one line has its Corefile in that line: leave -conf out'],
  [['forward', '1.1.1.1', '--cash'], 'flag provided but not defined: -cash'],
  [['cache', '--forward', '1.1.1.1 }'], /^(?!Usage)/], [['whoami', '-p', 'x'], 'invalid port: x: a port is a number from 0 to 65535'],
] as const) {
  test(`${args.join(' ')}: refused`, () => within((_, run) => {
    const { stderr, status } = run(...args);
    assert.notEqual(status, 0);
    if (typeof said === 'string') assert.equal(stderr.split('\n')[0], said);
    else assert.match(stderr, said);
  }));
}

test('whoami --help says how a line is written', () => within((_, run) => {
  const { stdout, stderr, status } = run('whoami', '--help');
  assert.match(stdout, /^Usage: coredns-ts WORD/);
  assert.deepEqual([stderr, status], ['', 0]);
}));
