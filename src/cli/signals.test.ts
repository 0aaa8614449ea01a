// Signals as a running process takes them: from the first moment on, while it loads, and when it ends (SIG-1 to SIG-7).
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { App } from '../kernel/serving/app.ts';
import type { Log } from '../kernel/seen/log.ts';
import { freePort } from '../testing/free-port.ts';
import { Spawned, answers } from '../testing/spawned.ts';
import { handleEndSignals, reloadOnSignal } from './signals.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/coredns-ts', import.meta.url));
const linux = process.platform === 'linux' ? false : 'reads /proc';
const whoami = (port: number, more = '') => `.:${port} {\nbind 127.0.0.1\nwhoami\n${more}\n}\n`;
const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;
/** Whether SIGUSR1 is ignored or caught: a program that was started a moment ago dies of it. */
const mindsReload = (pid: number) => /^Sig(Ign|Cgt):\s*[0-9a-f]*[2367abef]..$/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));

test('SIGUSR1 every 5 ms from the start on: no debugger, it lives, it reloads', { skip: linux }, async (t) => {
  const port = await freePort();
  const server = new Spawned(whoami(port), { command: [LAUNCHER] });
  t.after(() => server.kill());
  await server.until(() => mindsReload(server.child.pid!), 'its trap');
  const timer = setInterval(() => server.signal('SIGUSR1'), 5);
  try {
    await server.says(/Reloading complete\n[\s\S]*Reloading complete\n/);
  } finally {
    clearInterval(timer);
  }
  assert.ok(await answers(port));
  assert.doesNotMatch(server.stderr, /Debugger listening/);
  server.signal('SIGTERM');
  assert.equal(await server.ended, 0);
});

test('SIGUSR1 while the first configuration is loaded is one reload afterwards', async (t) => {
  const server = new Spawned(whoami(await freePort(), 'on startup sleep 0.4'));
  t.after(() => server.kill());
  await server.says(/Blocking Command/);
  for (let i = 0; i < 5; i++) server.signal('SIGUSR1');
  await server.says(/Reloading complete/);
  server.signal('SIGQUIT');
  assert.equal(await server.ended, 0);
  assert.equal(count(server.stdout, /SIGUSR1: Reloading/g), 1);
  assert.match(server.stdout, /CoreDNS-[\s\S]*SIGUSR1: Reloading/);
  assert.match(server.stdout, /\[INFO\] SIGQUIT: Quitting process immediately\n$/);
});

test('signals during a reload are one more', async () => {
  const said: string[] = [];
  const ends: (() => void)[] = [];
  const replaced: string[] = [];
  const log = { info: (text: string) => said.push(text), error: (text: string) => said.push(text) } as unknown as Log;
  const replace = (text: string) => new Promise<void>((resolve) => {
    replaced.push(text);
    ends.push(resolve);
  });
  const app = { replace } as unknown as App;
  let text = 'first';
  const reload = reloadOnSignal({ app, log, leave: () => {}, now: () => 0 }, () => text);
  for (let i = 0; i < 4; i++) reload();
  text = 'second';
  for (let i = 0; i < 4; i++) reload();
  ends.shift()!();
  await new Promise(setImmediate);
  assert.deepEqual(replaced, ['first', 'second']);
  ends.shift()!();
  await new Promise(setImmediate);
  assert.deepEqual(said, ['SIGUSR1: Reloading', 'SIGUSR1: Reloading']);
});

test('a configuration that is refused changes nothing', async (t) => {
  const port = await freePort();
  const server = new Spawned(whoami(port));
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  server.write(`.:${port} {\nwhoamy\n}\n`);
  server.signal('SIGUSR1');
  await server.says(/\[ERROR\] SIGUSR1: starting with listener file descriptors: .*whoamy/);
  server.write(`.:${port} {\nbind 203.0.113.9\nwhoami\n}\n`);
  server.signal('SIGUSR1');
  await server.says(/Restart failed: Listen: listen tcp 203\.0\.113\.9:\d+: bind: cannot assign requested address/);
  rmSync(join(server.folder, 'Corefile'));
  server.signal('SIGUSR1');
  await server.says(/\[ERROR\] SIGUSR1: loading updated Caddyfile: open Corefile: no such file or directory/);
  assert.ok(await answers(port));
});

for (const [signal, line] of [
  ['SIGINT', '[INFO] SIGINT: Shutting down'], ['SIGTERM', '[INFO] SIGTERM: Shutting down servers then terminating'],
  ['SIGQUIT', '[INFO] SIGQUIT: Quitting process immediately'],
] as const) {
  test(`${signal} ends it with status 0 and takes the pidfile along`, async (t) => {
    const server = new Spawned(whoami(await freePort()), { args: ['-conf', 'Corefile', '-pidfile', 'the.pid', '-quiet'] });
    t.after(() => server.kill());
    const pidfile = join(server.folder, 'the.pid');
    await server.until(() => existsSync(pidfile) && readFileSync(pidfile, 'latin1') !== '', 'the pidfile');
    assert.equal(readFileSync(pidfile, 'latin1').trim(), String(server.child.pid));
    server.signal('SIGHUP');
    server.signal('SIGUSR2');
    server.signal('SIGPIPE');
    server.signal(signal);
    assert.equal(await server.ended, 0);
    assert.equal(server.stdout, `${line}\n`);
    assert.equal(server.stderr, '');
    assert.ok(!existsSync(pidfile));
  });
}

test('a second SIGINT ends the lame duck at once, with status 2', async (t) => {
  const health = await freePort();
  const server = new Spawned(whoami(await freePort(), `health 127.0.0.1:${health} {\nlameduck 20s\n}`));
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  server.signal('SIGINT');
  await server.says(/lameduck mode/);
  const timer = setInterval(() => server.signal('SIGINT'), 50);
  t.after(() => clearInterval(timer));
  assert.equal(await server.ended, 2);
});

test('a second SIGINT within 200 ms is the same key press, which npm hands on', (t) => {
  const before = process.listeners('SIGINT');
  const statuses: number[] = [];
  let now = 0;
  const app = { drain: () => new Promise(() => {}) } as unknown as App;
  const log = { info: () => {} } as unknown as Log;
  handleEndSignals({ app, log, leave: (status) => void statuses.push(status), now: () => now });
  t.after(() => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP', 'SIGUSR2', 'SIGPIPE'] as const) {
      for (const listener of process.listeners(signal)) if (!before.includes(listener)) process.off(signal, listener);
    }
  });
  process.emit('SIGINT');
  now = 199;
  process.emit('SIGINT');
  assert.deepEqual(statuses, []);
  now = 200;
  process.emit('SIGINT');
  assert.deepEqual(statuses, [2]);
});

test('what came from nowhere is not reloaded; standard input is taken over again', async (t) => {
  const port = await freePort();
  const nothing = new Spawned(undefined, { args: ['-dns.port', String(port)] });
  t.after(() => nothing.kill());
  await nothing.says(/CoreDNS-/);
  nothing.signal('SIGUSR1');
  await nothing.says(/\[INFO\] SIGUSR1: Reloading\n\[ERROR\] SIGUSR1: no Caddyfile loader with which to reload Caddyfile\n/);
  await nothing.kill();
  const piped = new Spawned(undefined, { args: ['-conf', 'stdin'], stdin: whoami(port) });
  t.after(() => piped.kill());
  await piped.says(/CoreDNS-/);
  piped.signal('SIGUSR1');
  await piped.says(/Reloading complete/);
  assert.ok(await answers(port));
});
