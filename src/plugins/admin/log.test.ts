// What the log says while somebody wants it otherwise, and profiles of threads.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Levels, leastOf } from '../../admin-api/levels.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { Store } from '../../store/store.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { parseAsk } from '../../testing/question.ts';
import { Spawned } from '../../testing/spawned.ts';
import { STORE_KEY } from '../../testing/store-key.ts';
import { Surroundings } from '../../testing/subject.ts';
import { ask, rig, run } from './rig.test.ts';
import type { Rig } from './rig.test.ts';

const put = ({ socket }: Rig, body: object) => ask(socket, 'PUT', '/v1/log', JSON.stringify(body));

/** A server that logs each question for a name on a list. */
async function talkative(t: Parameters<typeof rig>[0], more = ''): Promise<Rig & { asks: () => Promise<readonly string[]> }> {
  const around = new Surroundings();
  t.after(() => around.close());
  writeFileSync(join(around.directory, 'ads'), 'ads.example\n');
  const here = await rig(t, `.:53 {
    admin unix://{{DIR}}/admin.sock
    ${more}
    block ${around.directory}/ads {
        log
    }
    whoami
}
`);
  here.server.log();
  return {
    ...here,
    asks: async () => {
      await here.server.ask(parseAsk('ads.example A'));
      return here.server.log().filter((line) => line.includes('is blocked by'));
    },
  };
}

test('of a plugin the log says less for some time, then what it did before', async (t) => {
  const here = await talkative(t);
  const said = async () => (await here.asks()).length;
  const first = await said();
  assert.equal(first, 1);
  const lines = async (): Promise<number> => {
    const before = here.server.log().length;
    await here.asks();
    return here.server.log().length - before;
  };
  assert.equal(await lines(), 1);
  const { json: { levels } } = await put(here, { plugin: 'block', level: 'warning', for: '10m' });
  assert.deepEqual((levels as object[]).map((each) => ({ ...each, until: '' })), [{ plugin: 'block', level: 'warning', until: '' }]);
  assert.equal(await lines(), 0);
  await here.server.elapse(9 * 60_000);
  assert.equal(await lines(), 0);
  await here.server.elapse(60_000);
  assert.equal(await lines(), 1);
  // What is wanted of a plugin is stronger than what is wanted of all.
  await put(here, { level: 'error' });
  assert.equal(await lines(), 0);
  await put(here, { plugin: 'block', level: 'info' });
  assert.equal(await lines(), 1);
  await ask(here.socket, 'DELETE', '/v1/log?plugin=block');
  assert.equal(await lines(), 0);
  assert.deepEqual((await ask(here.socket, 'DELETE', '/v1/log')).json, { levels: [] });
  assert.equal(await lines(), 1);
  for (const [body, status] of [[{}, 400], [{ level: 'loud' }, 400], [{ level: 'toString' }, 400], [{ level: 'debug', for: 'x' }, 400],
    [{ level: 'debug', plugin: 'nothing' }, 404], [{ level: 'debug', plugin: 7 }, 404]] as const) {
    assert.equal((await put(here, body)).status, status, JSON.stringify(body));
  }
});

test('debug is said of one plugin alone, and a reload leaves that as it is', async (t) => {
  const here = await talkative(t, 'transfer {\n to 192.0.2.1\n }');
  assert.equal((await put(here, { plugin: 'block', level: 'error' })).status, 200);
  await ask(here.socket, 'POST', '/v1/reload', '{}');
  assert.equal((await here.asks()).length, 0);
  const at = ['--server', here.socket];
  assert.match((await run('log', 'debug', 'transfer', '--for', '1h', ...at)).out,
    /^block {2}error {2}until \S+Z\ntransfer {2}debug {2}until \S+Z\n$/);
  assert.match((await run('log', 'list', ...at)).out, /^block {2}error/);
  assert.match((await run('log', 'usual', 'block', ...at)).out, /^transfer {2}debug {2}until \S+Z\n$/);
  assert.equal((await run('log', 'usual', 'transfer', ...at)).out, 'the log says what it usually does\n');
  assert.equal((await here.asks()).length, 1);
});

test('every thread says so much', () => {
  const store = Store.create(undefined, STORE_KEY);
  const least = leastOf(Store.join(store.share(), 1));
  const clock = new FakeClock();
  const levels = new Levels(clock, store);
  const sites = { sites: [{ parts: [{ name: 'block' }] }] } as unknown as Run;
  assert.equal(least('block'), undefined);
  levels.set(sites, { plugin: 'block', level: 'debug' });
  assert.equal(least('block'), 'DEBUG');
  assert.equal(least('cache'), undefined);
  levels.set(sites, { level: 'error' });
  assert.equal(least('cache'), 'ERROR');
  assert.equal(least('block'), 'DEBUG');
  levels.close();
  assert.equal(least('block'), undefined);
});

test('profiles are taken of each thread, as files that nobody else reads', async (t) => {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'profiles-'));
  const socket = join(folder, 'admin.sock');
  const server = new Spawned(`.:${port} {\n bind 127.0.0.1\n multisocket 2\n admin unix://${socket}\n whoami\n}\n`, { folder });
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const take = async (body: object) => ask(socket, 'POST', '/v1/profile', JSON.stringify(body));
  for (const thread of [0, 1]) {
    const { status, json } = await take({ kind: 'cpu', thread, for: '50ms' });
    assert.equal(status, 200);
    assert.ok((json['nodes'] as object[]).length > 0);
  }
  assert.ok('head' in (await take({ kind: 'allocations', thread: 1, for: '10ms' })).json);
  const file = join(folder, 'heap');
  const heap = await run('profile', 'heap', '--thread', '1', '--to', file, '--server', socket);
  assert.deepEqual(heap, { status: 0, out: `${file} is written\n`, errors: '' });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok('snapshot' in (JSON.parse(readFileSync(file, 'utf8')) as object));
  // What is there is not written over.
  assert.equal((await run('profile', 'cpu', '--for', '10ms', '--to', file, '--server', socket)).status, 1);
  assert.equal((await take({ kind: 'cpu', thread: 9, for: '10ms' })).json['detail'], 'there is no thread 9');
  for (const body of [{}, { kind: 'toString' }, { kind: 'cpu', thread: -1 }, { kind: 'cpu', thread: '1' }, { kind: 'cpu', for: '1h' }]) {
    assert.equal((await take(body)).status, 400, JSON.stringify(body));
  }
  assert.ok(existsSync(socket));
});
