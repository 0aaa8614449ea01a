// What stands at the paths of pprof, through a socket; profiles take no time that anybody waits for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import type { HttpServer } from '../../http/server.ts';
import { LogLines } from '../../kernel/seen/log-lines.ts';
import { createLog } from '../../kernel/seen/log.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { Shared } from '../../kernel/shared.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import pprof from './index.ts';
import { Busy, Profiles } from '../../threads/profiles.ts';

const clock = new FakeClock();
const abort = new AbortController();
const shared = new Shared();
const run = { clock, log: createLog(new LogLines(() => 0, () => {}), { on: false }), signal: abort.signal, shared } as unknown as Run;
after(() => abort.abort());

const made = pprof.create('127.0.0.1:0', undefined as never);
await (made as { control: (run: Run) => Promise<void> }).control(run);
const { port } = await shared.use('http 127.0.0.1:0', abort.signal, (): HttpServer => assert.fail('it is open already'));
const get = async (path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}/debug/pprof${path}`, { redirect: 'manual' });
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
};
/** Asks for a profile and lets the time pass that it watches. */
async function watched(path: string): Promise<unknown> {
  const asked = get(path);
  let done = false;
  const whenDone = asked.then(() => (done = true));
  while (!done) {
    await clock.elapse(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await whenDone;
  return JSON.parse((await asked).text);
}

test('has an index, and sends there whoever forgot the slash', async () => {
  assert.equal((await get('')).status, 302);
  const index = await get('/');
  assert.deepEqual([index.status, index.type], [200, 'text/html; charset=utf-8']);
  assert.match(index.text, /profile\?seconds=30/);
});

test('tells small things at once', async () => {
  assert.equal((await get('/cmdline')).text, readFileSync('/proc/self/cmdline', 'utf8'));
  assert.equal((await get('/symbol')).text, 'num_symbols: 0\n');
  assert.match((await get('/goroutine')).text, /^\d+ TCPServerWrap$/m);
});

test('says in words what does not exist', async () => {
  assert.deepEqual([(await get('/mutex')).status, (await get('/mutex')).text], [501, 'this runtime has no mutex profile\n']);
  assert.deepEqual([(await get('/nope')).status, (await get('/nope')).text], [404, 'Unknown profile\n']);
  assert.equal((await get('/profile?seconds=0')).status, 400);
  assert.equal((await get('/profile?seconds=x')).status, 400);
});

test('takes a profile of the CPU and one of allocations', async () => {
  assert.ok((await watched('/profile?seconds=2') as { nodes: unknown[] }).nodes.length > 0);
  assert.ok('head' in (await watched('/allocs?seconds=1') as object));
});

test('takes one profile at a time', async () => {
  const profiles = new Profiles(clock);
  let over = false;
  const first = profiles.take('cpu', 0, 9000).finally(() => (over = true));
  await assert.rejects(profiles.take('heap', 0, 0), Busy);
  while (!over) await clock.elapse(1000);
  assert.ok((await first).startsWith('{"nodes":'));
  await assert.rejects(profiles.take('heap', 7, 0), /there is no thread 7/);
});
