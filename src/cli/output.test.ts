// Where the log goes is nobody's concern but its own: readers that do not read, disks that are full, and the server in front of them.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadAddon } from '../transport/addon.ts';
import { freePort } from '../testing/free-port.ts';
import { MAIN, Spawned, Stream, answers } from '../testing/spawned.ts';
import { logSink } from './output.ts';

const linux = process.platform === 'linux' ? false : 'needs /proc and /dev/full';
const logging = (port: number) => `.:${port} {\nbind 127.0.0.1\nlog\nwhoami\n}\n`;
const server = `'${process.execPath}' '${MAIN}' "$@"`;
/** A shell that becomes the server, with its standard output where the redirection says. */
const into = (redirection: string) => ({ command: ['bash', '-c', `exec ${server} > ${redirection}`, 'server'] });

async function ask(port: number, count: number): Promise<Stream> {
  const stream = new Stream(port, { sockets: 30, tcp: false });
  while (stream.asked < count) await new Promise((resolve) => setTimeout(resolve, 2));
  await stream.end();
  return stream;
}
/** Until it answers: a server whose output goes elsewhere says nothing here. */
async function up(server: Spawned, port: number): Promise<void> {
  await server.until(() => answers(port, 100), 'an answer');
}

test('a pipe that nobody reads costs lines, never an answer', { skip: linux }, async (t) => {
  const port = await freePort();
  const server = new Spawned(logging(port), into('>(exec sleep 20 > /dev/null 2>&1)'));
  t.after(() => server.kill());
  await up(server, port);
  const { asked, answered } = await ask(port, 1500);
  assert.equal(answered, asked);
  server.signal('SIGTERM');
  assert.equal(await server.ended, 0);
});

test('so does a socket that nobody reads, and the lines are told and counted', { skip: linux }, async (t) => {
  const [port, metrics] = [await freePort(), await freePort()];
  const server = new Spawned(logging(port).replace('whoami', `whoami\nprometheus 127.0.0.1:${metrics}`));
  t.after(() => server.kill());
  await up(server, port);
  server.child.stdout!.pause();
  const { asked, answered } = await ask(port, 6000);
  assert.equal(answered, asked);
  server.child.stdout!.resume();
  await server.says(/\[WARNING\] \d+ log lines were dropped: standard output is not read fast enough\n/);
  const counted = /^coredns_log_lines_dropped_total (\d+)$/m.exec(await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text())?.[1];
  assert.ok(Number(counted) > 0, `${counted} lines`);
});

test('a full disk under the log neither keeps the server from starting nor stops it', { skip: linux }, async (t) => {
  const port = await freePort();
  const server = new Spawned(logging(port), into('/dev/full 2> /dev/full'));
  t.after(() => server.kill());
  await up(server, port);
  const { asked, answered } = await ask(port, 600);
  assert.equal(answered, asked);
  server.signal('SIGTERM');
  assert.equal(await server.ended, 0);
});

test('who shares the pipe keeps it as it was: our own description alone does not block', { skip: linux }, async (t) => {
  const port = await freePort();
  const child = spawn('bash', ['-c', `${server} -conf stdin | cat`, 'server'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  t.after(() => process.kill(-child.pid!, 'SIGKILL'));
  child.stdin.end(logging(port));
  let text = '';
  for await (const chunk of child.stdout) if (/CoreDNS-/.test((text += String(chunk)))) break;
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim().split(' ');
  const pid = children.find((each) => readFileSync(`/proc/${each}/cmdline`, 'latin1').includes('main.ts'))!;
  const [, flags] = /flags:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/fdinfo/1`, 'latin1'))!;
  assert.equal(parseInt(flags!, 8) & 0o4000, 0);
});

for (const [name, addon] of [['the addon', loadAddon()], ['Node\'s threads', 'no addon']] as const) {
  const without = name === 'the addon' && typeof addon === 'string' ? `no addon: ${addon}` : linux;
  test(`a blocking pipe that cannot be opened again is written by ${name}, without waiting`, { skip: without }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'coredns-ts-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'pipe');
    spawnSync('mkfifo', [file]);
    const both = openSync(file, constants.O_RDWR);
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const sink = logSink(both, undefined, addon);
    const bytes = new Uint8Array(4096).fill(65);
    const full = () => {
      for (let written = 0; written < 1 << 20;) written += sink(bytes, 0, 4096, false);
    };
    assert.throws(full, { code: 'EAGAIN' });
    let read = 0;
    for (let turns = 0; read < 20 * 4096 && turns < 30_000; turns++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      try {
        read += readSync(reader, new Uint8Array(4096));
        sink(bytes, 0, 4096, false);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
      }
    }
    assert.ok(read >= 20 * 4096);
    closeSync(both);
    closeSync(reader);
  });
}
