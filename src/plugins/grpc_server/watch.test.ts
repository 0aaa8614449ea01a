// Answers that are watched over gRPC, with real sockets: what clients of 2018 hear and what others do, and what a client may do wrong.
// Knows a process and its messages.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';
import { TestWatcher } from '../../testing/watcher.ts';

/** A server that answers from a file of hosts. */
async function served(t: TestContext, more = '', first = '192.0.2.1 web.test\n192.0.2.9 other.test\n') {
  const folder = mkdtempSync(join(tmpdir(), 'push-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'hosts');
  const write = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  write(first);
  writeFileSync(`${file}.zone`, 'test. 60 IN SOA ns hostmaster 1 60 60 60 60\n');
  const port = await freePort();
  const corefile = (inside: string): string => `grpc://test.:${port} {
  bind 127.0.0.1
  ${inside}
  hosts ${file} {
    reload 20ms
    fallthrough
  }
  file ${file}.zone
}
`;
  const server = new Spawned(corefile(more));
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const watcher = async (): Promise<TestWatcher> => {
    const one = new TestWatcher(port);
    t.after(() => one.link.close());
    return one.stands();
  };
  return { server, write, watcher, corefile, port };
}

test('a change is pushed with its answer; what stays is not', { timeout: 300_000 }, async (t) => {
  const { write, watcher } = await served(t);
  const one = await watcher();
  one.create('WEB.test.', 'A');
  one.create('other.test.', 'A');
  one.create('new.test.', 'A');
  // How many of them come in one piece is the network's: an answer may stand before the next word that something is watched.
  const first = await one.next(6);
  const ids = first.filter(({ created }) => created === true).map(({ id }) => id);
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(first.filter(({ created }) => created !== true).map(({ answer, initial, name }) => [name, answer, initial]), [
    ['WEB.test.', '0 | web.test. 3600 IN A 192.0.2.1', true], ['other.test.', '0 | other.test. 3600 IN A 192.0.2.9', true],
    ['new.test.', '3', true],
  ]);
  write('192.0.2.2 web.test\n192.0.2.9 other.test\n');
  const [changed] = await one.next();
  assert.deepEqual([changed?.id, changed?.answer, changed?.initial], [ids[0], '0 | web.test. 3600 IN A 192.0.2.2', undefined]);
  write('192.0.2.9 other.test\n192.0.2.3 new.test\n');
  const both = await one.next(2);
  assert.deepEqual(new Map(both.map(({ id, answer }) => [id, answer])),
    new Map([[ids[0], '3'], [ids[2], '0 | new.test. 3600 IN A 192.0.2.3']]));
});

test('who has the answer already is told that it is the same, also by another server', { timeout: 300_000 }, async (t) => {
  const [here, there] = [await served(t), await served(t)];
  const one = await here.watcher();
  one.create('web.test.', 'A');
  const [, { token }] = await one.next(2) as [unknown, { token: Uint8Array }];
  assert.equal(token.length, 16);
  const other = await there.watcher();
  other.create('web.test.', 'A', true, token);
  other.create('other.test.', 'A', true, token);
  const said = await other.next(4);
  assert.equal(said.filter(({ created }) => created === true).length, 2);
  assert.deepEqual(said.filter(({ created }) => created !== true).map(({ name, initial, answer }) => [name, initial, answer]), [
    ['web.test.', true, undefined], ['other.test.', true, '0 | other.test. 3600 IN A 192.0.2.9'],
  ]);
  there.write('192.0.2.2 web.test\n192.0.2.9 other.test\n');
  assert.equal((await other.next())[0]?.answer, '0 | web.test. 3600 IN A 192.0.2.2');
});

test('a client of 2018 is told what was told then', { timeout: 300_000 }, async (t) => {
  const { server, write, watcher } = await served(t);
  const one = await watcher();
  one.create('web.test.', 'A', false);
  const [{ id, ...created }] = await one.next() as [{ id: number }];
  assert.deepEqual(created, { created: true });
  write('192.0.2.2 web.test\n');
  assert.deepEqual(await one.next(), [{ id, name: 'web.test.' }]);
  one.link.send({ kind: 'cancel', id: id + 1 });
  assert.deepEqual(await one.next(), [{ id: id + 1, error: `there is no watch ${id + 1} on this stream` }]);
  // Only the stream that made it can cancel it.
  const other = await watcher();
  other.link.send({ kind: 'cancel', id });
  assert.deepEqual(await other.next(), [{ id, error: `there is no watch ${id} on this stream` }]);
  one.link.send({ kind: 'cancel', id });
  assert.deepEqual(await one.next(), [{ id, canceled: true }]);
  one.create('web.test.', 'A', false);
  const [{ id: last }] = await one.next() as [{ id: number }];
  assert.notEqual(last, id);
  server.signal('SIGTERM');
  assert.deepEqual(await one.next(), [{ id: last, canceled: true }]);
  await one.until(() => one.over !== undefined);
  assert.match(one.over!, /status 14: the server goes away/);
});

test('signs of life are sent to who asks for them', { timeout: 300_000 }, async (t) => {
  const { watcher } = await served(t);
  const one = await watcher();
  one.link.send({ kind: 'heartbeat', seconds: 1 });
  assert.deepEqual(await one.next(2), [{ id: 0, heartbeat: true }, { id: 0, heartbeat: true }]);
});

test('acl counts as for a question, also what a reload makes of it', { timeout: 300_000 }, async (t) => {
  const { server, watcher, corefile } = await served(t);
  const [one, other] = [await watcher(), await watcher()];
  for (const each of [one, other]) each.create('web.test.', 'A');
  for (const each of [one, other]) assert.match((await each.next(2))[1]!.answer!, /192\.0\.2\.1/);
  server.write(corefile('acl {\n    block net 127.0.0.0/8\n  }'));
  server.signal('SIGUSR1');
  for (const each of [one, other]) assert.equal((await each.next())[0]?.answer, '5');
});

test('what cannot be watched is refused, and there is a bound', { timeout: 300_000 }, async (t) => {
  const { watcher } = await served(t, 'grpc_server {\n    max_watches 2\n  }');
  const one = await watcher();
  one.create('test.', 'AXFR');
  one.link.send({ kind: 'create', question: Buffer.from('nothing'), answers: true, token: undefined });
  for (let i = 0; i < 3; i++) one.create(`${i}.test.`, 'A', false);
  const said = await one.next(5);
  assert.deepEqual(said.map(({ error, created }) => created ?? error), [
    'a question of this type cannot be watched', 'the message has no question', true, true, 'more than 2 subscriptions on one connection',
  ]);
});
