// The socket of a server as its machine has it, and what the program's own words say to it.
import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { Spawned } from '../../testing/spawned.ts';
import { Surroundings } from '../../testing/subject.ts';
import { standard } from '../index.ts';
import { SERVED, ask, rig, run } from './rig.test.ts';

test('the socket has its rights, replaces one that is dead and respects one that lives', async (t) => {
  const around = new Surroundings();
  t.after(() => around.close());
  const socket = join(around.directory, 'admin.sock');
  const corefile = `.:53 {\n    admin unix://${socket}\n    whoami\n}\n`;
  // What a process that was killed leaves.
  writeFileSync(socket, '');
  const first = new InProcess(standard);
  assert.equal(await first.start(corefile), undefined);
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200);
  const second = new InProcess(standard);
  assert.match(await second.start(corefile) ?? '', /another process answers there/);
  await second.close();
  assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200);
  await first.close();
  assert.ok(!existsSync(socket));
});

test('a process that is ended takes its socket with it', async (t) => {
  const around = new Surroundings();
  t.after(() => around.close());
  const socket = join(around.directory, 'admin.sock');
  const server = new Spawned(`.:${await freePort()} {\n    admin unix://${socket}\n    whoami\n}\n`);
  await server.until(() => existsSync(socket), 'there is a socket');
  assert.equal((await ask(socket, 'GET', '/v1/config')).status, 200);
  server.signal('SIGTERM');
  await server.ended;
  assert.ok(!existsSync(socket));
  await server.kill();
});

test('words of the program say the same to a server', async (t) => {
  const { server, socket } = await rig(t, SERVED);
  const at = ['--server', socket];
  const { out } = await run('status', ...at);
  assert.match(out, /^coredns-ts .*, up 0 s, ready\ndns:\/\/:53 {2}\. {2}admin cache forward\n.*example\.org\. {2}admin hosts\n$/);
  assert.deepEqual(await run('flush', 'www.example.org', ...at), { status: 0, out: 'flushed www.example.org.\n', errors: '' });
  assert.equal((await run('flush', '--under', 'example.org', ...at)).out, 'flushed example.org.: 0 entries\n');
  assert.deepEqual(await run('flush', '--all', ...at), { status: 0, out: 'flushed everything\n', errors: '' });
  assert.deepEqual(await run('reload', '--diff', ...at), { status: 0, out: 'nothing differs\n', errors: '' });
  assert.match((await run('explain', 'www.example.org', 'A', 'from', '192.0.2.9', ...at)).out, /hosts +ANSWERED {2}NOERROR/);
  assert.match((await run('explain', 'www.example.org', 'A', '--json', ...at)).out, /^\{.*"by":"hosts"/);
  await server.ask(parseAsk('www.example.org A'));
  const asked = await run('queries', 'under:example.org', 'type:A', ...at);
  assert.match(asked.out, /^\S+Z {2}127\.0\.0\.1 {2}www\.example\.org\. A {2}NOERROR {2}hosts {2}0\.00 ms\n$/);
  assert.match((await run('top', 'names', ...at)).out, /^in the minute of \d\d:\d\d UTC\n {8}1 {9}www\.example\.org\.\n$/);
  assert.equal((await run('queries', 'not', ...at)).errors, 'coredns-ts queries: No filter: a word is missing behind not\n');
  assert.equal((await run('flush', 'a..b', ...at)).status, 1);
  assert.equal((await run('flush', ...at)).status, 2);
  assert.equal((await run('status', '--all', ...at)).status, 2);
  assert.equal((await run('upstreams', ...at)).out.replace(/\d{4,5}/, 'PORT'), '0-127.0.0.1:PORT  up  -  forward of .\n');
  const [id = ''] = (await run('upstreams', ...at)).out.split(' ');
  assert.match((await run('upstreams', 'drain', id, '--for', '1m', ...at)).out, /is left alone until \S+Z\n$/);
  assert.equal((await run('upstreams', 'undrain', id, ...at)).out, `${id} is asked again\n`);
  assert.equal((await run('upstreams', 'stop', ...at)).status, 2);
  assert.equal((await run('zones', ...at)).out, '');
  assert.match((await run('reload', '--confirm', '60s', ...at)).out, /reloaded\nit goes back at \S+Z unless: coredns-ts reload --keep\n$/);
  assert.equal((await run('reload', '--keep', ...at)).out, 'it stays\n');
  assert.equal((await run('reload', '--keep', '--diff', ...at)).status, 2);
  assert.match((await run('rollback', '--list', ...at)).out, /^2 {2}\S+Z\n1 {2}\S+Z\n$/);
  assert.equal((await run('rollback', '1', ...at)).out, 'number 1 serves\n');
  assert.equal((await run('rollback', '99', ...at)).status, 1);
  const none = await run('status', '--server', `${socket}.not`);
  assert.match(none.errors, /no server is there; its Corefile needs the word admin\n$/);
  assert.equal(none.status, 1);
});
