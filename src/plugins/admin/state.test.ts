// What outlives a process of the Corefiles that served, and a text in place of the file's: over the socket, on a real folder.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Configurations } from '../../admin-api/configurations.ts';
import { EventFeed } from '../../admin-api/event-feed.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { InProcess } from '../../testing/in-process.ts';
import { Spawned } from '../../testing/spawned.ts';
import { Surroundings } from '../../testing/subject.ts';
import { standard } from '../index.ts';
import { ask, send } from './rig.test.ts';
import type { Said } from './rig.test.ts';

/** Asks again until it is so, for a minute. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !await isSo();) {
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
/** A folder, and processes that use it one after the other. */
class Life {
  readonly around = new Surroundings();
  readonly socket = join(this.around.directory, 'admin.sock');
  readonly state = join(this.around.directory, 'state', 'of-admin');
  server!: InProcess;

  constructor(t: TestContext) {
    t.after(async () => {
      await this.server.close();
      await this.around.close();
    });
  }
  corefile(seconds: number, more = ''): string {
    const admin = `admin unix://${this.socket} {\n        state ${this.state}\n    }`;
    return `.:53 {\n    ${admin}\n    cache ${seconds}\n    reload 2s 0s\n    ${more}\n}\n`;
  }
  /** A process begins with what the file says. */
  async begins(text: string, plugins = standard): Promise<void> {
    this.server = new InProcess(plugins);
    assert.equal(await this.server.start(text), undefined);
  }
  ends(): Promise<void> {
    return this.server.close();
  }
  async post(path: string, body: object = {}): Promise<Said> {
    return ask(this.socket, 'POST', path, JSON.stringify(body));
  }
  async served(): Promise<string | undefined> {
    return JSON.stringify((await ask(this.socket, 'GET', '/v1/config')).json).match(/"word":"cache","args":\["(\d+)"\]/)?.[1];
  }
  async numbers(): Promise<number[]> {
    const { json } = await ask(this.socket, 'GET', '/v1/config/history');
    return (json['configurations'] as { number: number }[]).map(({ number }) => number);
  }
}

test('Corefiles that served are there after a restart, for whoever may read the folder', async (t) => {
  const life = new Life(t);
  await life.begins(life.corefile(30));
  for (const seconds of [31, 32]) {
    life.server.rewrite(life.corefile(seconds));
    assert.equal((await life.post('/v1/reload')).status, 200);
  }
  assert.deepEqual(await life.numbers(), [3, 2, 1]);
  const file = join(life.state, 'corefiles.json');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(life.state).mode & 0o777, 0o700);
  await life.ends();

  await life.begins(life.corefile(32));
  assert.deepEqual(await life.numbers(), [3, 2, 1]);
  assert.deepEqual((await life.post('/v1/config/rollback', { to: 1 })).json,
    { to: 1, changes: [{ block: '.:53', word: 'cache', before: 'cache 32', after: 'cache 30' }] });
  assert.equal(await life.served(), '30');
  await life.ends();
  // The file is as it was: it is passed over again, by *reload* too, until somebody wants it.
  await life.begins(life.corefile(32));
  await until('it goes back', async () => await life.served() === '30');
  await life.server.elapse(10_000);
  assert.equal(await life.served(), '30');
  assert.equal((await life.post('/v1/reload')).status, 200);
  assert.equal(await life.served(), '32');
  await life.ends();
  await life.begins(life.corefile(32));
  assert.equal(await life.served(), '32');
  await life.ends();
  // Another file counts as it is.
  await life.begins(life.corefile(40));
  assert.equal(await life.served(), '40');
  assert.deepEqual(await life.numbers(), [6, 5, 4, 3, 2, 1]);
});

test('what nobody had confirmed when the process ended goes back when the next one begins, whatever ends that', async (t) => {
  const life = new Life(t);
  await life.begins(life.corefile(30));
  life.server.rewrite(life.corefile(31));
  assert.equal((await life.post('/v1/reload', { confirm: '60s' })).status, 200);
  await life.ends();
  for (let again = 0; again < 3; again++) {
    await life.begins(life.corefile(31));
    await until('it goes back', async () => await life.served() === '30');
    await life.ends();
  }
  const text = readFileSync(join(life.state, 'corefiles.json'), 'utf8');
  assert.ok(!('trial' in (JSON.parse(text) as object)));
  // What was confirmed stays.
  await life.begins(life.corefile(50));
  life.server.rewrite(life.corefile(51));
  await life.post('/v1/reload', { confirm: '60s' });
  await life.post('/v1/reload/confirm');
  await life.ends();
  await life.begins(life.corefile(51));
  assert.equal(await life.served(), '51');
});

test('a Corefile whose plugin is gone meanwhile is refused, and what is served stays', async (t) => {
  const life = new Life(t);
  await life.begins(life.corefile(30, 'minimal'));
  await life.ends();
  await life.begins(life.corefile(31), standard.filter(({ name }) => name !== 'minimal'));
  const said = await life.post('/v1/config/rollback', { to: 1 });
  assert.equal(said.status, 422);
  assert.match(String(said.json['detail']), /minimal/);
  assert.equal(await life.served(), '31');
  assert.deepEqual(await life.numbers(), [2, 1]);
});

test('of two reloads at once one is done and one is refused', async () => {
  const clock = new FakeClock();
  const written = { canonical: '[]', parsed: () => '' };
  let done = (): void => {};
  const reloads = new Promise<void>((resolve) => {
    done = resolve;
  });
  const whole = { reloadable: true, running: () => written, now: () => written, text: () => '', reload: () => reloads };
  const run = { whole } as unknown as Run;
  const configurations = new Configurations(clock, new EventFeed(clock, 'p'));
  const first = configurations.reload(run, {});
  assert.equal((await configurations.reload(run, {})).status, 409);
  done();
  assert.equal((await first).status, 200);
  assert.equal((await configurations.reload(run, {})).status, 200);
});

test('a state that cannot be read is told, and the server serves', async (t) => {
  const life = new Life(t);
  mkdirSync(life.state, { recursive: true });
  for (const text of ['', '{', '{"version":1,"kept":[{}]}', '{"version":2,"kept":[]}']) {
    writeFileSync(join(life.state, 'corefiles.json'), text);
    await life.begins(life.corefile(30));
    assert.ok(life.server.log().some((line) => line.includes('corefiles.json is damaged')), text);
    assert.deepEqual(await life.numbers(), [1]);
    await life.ends();
  }
  const around = new Surroundings();
  t.after(() => around.close());
  writeFileSync(join(around.directory, 'file'), '');
  await life.begins(life.corefile(30).replace(life.state, join(around.directory, 'file', 'state')));
  assert.ok(life.server.log().some((line) => line.includes('Corefiles that served do not outlive the process')));
});

/** A running program whose Corefile is a file. */
async function program(t: TestContext) {
  const around = new Surroundings();
  t.after(() => around.close());
  const folder = join(around.directory, 'etc');
  mkdirSync(folder);
  const socket = join(around.directory, 'admin.sock');
  const port = await freePort();
  const corefile = (name: string): string =>
    `.:${port} {\n    bind 127.0.0.1\n    admin unix://${socket} {\n        state ${around.directory}/state\n    }\n    chaos ${name}\n}\n`;
  const file = join(folder, 'Corefile');
  writeFileSync(file, corefile('one'));
  const begins = async (): Promise<Spawned> => {
    const server = new Spawned(undefined, { args: ['-conf', file] });
    t.after(() => server.kill());
    await server.until(async () => (await ask(socket, 'GET', '/v1/status').catch(() => undefined))?.status === 200, 'it serves');
    return server;
  };
  const put = (body: object, match?: string): Promise<Said> => send(request, {
    socketPath: socket, method: 'PUT', path: '/v1/config',
    headers: { 'content-type': 'application/json', ...(match === undefined ? {} : { 'if-match': match }) },
  }, JSON.stringify(body));
  const config = async () => (await ask(socket, 'GET', '/v1/config')).json as { file: string; etag: string; readOnly: string | null };
  const served = async () => JSON.stringify(await config()).match(/"word":"chaos","args":\["(\w+)"\]/)?.[1];
  return { folder, file, socket, corefile, begins, put, config, served };
}

test('a text is put in place of the file that was meant, whole, or nothing is', async (t) => {
  const { folder, file, corefile, begins, put, config, served } = await program(t);
  await begins();
  chmodSync(file, 0o640);
  const { file: told, etag, readOnly } = await config();
  assert.deepEqual([told, readOnly], [file, null]);
  assert.equal((await put({ text: corefile('two') })).status, 428);
  assert.equal((await put({ text: corefile('two') }, '"x"')).status, 412);
  for (const [body, status] of [[{}, 400], [{ text: ' ' }, 400], [{ text: 7 }, 400], [{ text: `${corefile('two')}# ***\n` }, 422],
    [{ text: '. {\n nothing\n}\n' }, 422], [{ text: '{' }, 422], [{ text: corefile('two'), confirm: 'x' }, 400]] as const) {
    assert.equal((await put(body, etag)).status, status, JSON.stringify(body));
    assert.equal(readFileSync(file, 'utf8'), corefile('one'));
  }
  const said = await put({ text: corefile('two') }, etag);
  assert.equal(said.status, 200);
  assert.deepEqual((said.json['changes'] as { after: string }[]).map(({ after }) => after), ['chaos two']);
  assert.equal(readFileSync(file, 'utf8'), corefile('two'));
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(folder), ['Corefile']);
  assert.equal(await served(), 'two');
  assert.equal((await config()).etag, said.json['etag']);
  // Whoever meant the one before is told.
  assert.equal((await put({ text: corefile('three') }, etag)).status, 412);
});

test('a text that nobody confirmed is taken out of the file, also where the process was killed meanwhile', async (t) => {
  const { file, corefile, begins, put, config, served } = await program(t);
  const first = await begins();
  assert.equal((await put({ text: corefile('two'), confirm: '1s' }, (await config()).etag)).status, 200);
  await until('it goes back', async () => await served() === 'one');
  assert.equal(readFileSync(file, 'utf8'), corefile('one'));
  assert.equal((await put({ text: corefile('two'), confirm: '1h' }, (await config()).etag)).status, 200);
  assert.equal(readFileSync(file, 'utf8'), corefile('two'));
  await first.crash();
  await begins();
  await until('it goes back', async () => await served() === 'one');
  assert.equal(readFileSync(file, 'utf8'), corefile('one'));
});

test('what is no file, or not the truth, is not written', async (t) => {
  const { folder, file, corefile, begins, put, config, served } = await program(t);
  // As the folder of a ConfigMap is.
  mkdirSync(join(folder, '..2026'));
  renameSync(file, join(folder, '..2026', 'Corefile'));
  symlinkSync('..2026', join(folder, '..data'));
  symlinkSync('..data/Corefile', file);
  await begins();
  const { etag, readOnly } = await config();
  assert.match(readOnly ?? '', /is a symbolic link, as the files of a ConfigMap are: change what it is made from$/);
  const said = await put({ text: corefile('two') }, etag);
  assert.equal(said.status, 409);
  assert.equal(said.json['detail'], readOnly);
  assert.equal(await served(), 'one');
  assert.equal(readFileSync(file, 'utf8'), corefile('one'));
  const life = new Life(t);
  await life.begins(life.corefile(30));
  assert.equal((await ask(life.socket, 'PUT', '/v1/config', JSON.stringify({ text: 'x' }))).json['detail'], 'the Corefile is in no file');
  assert.ok(existsSync(life.socket));
});

test('a text for which there is not enough room is refused whole, and the file is as it was', (t) => {
  const around = new Surroundings();
  t.after(() => around.close());
  const file = join(around.directory, 'Corefile');
  writeFileSync(file, '. {\n}\n');
  const module = JSON.stringify(new URL('../../admin-api/corefile-file.ts', import.meta.url).href);
  const code = `const { writeWhole } = await import(${module}); writeWhole(${JSON.stringify(file)}, '#'.repeat(8192));`;
  // A file of a process has a block at most: what is more than that is like a full disk in the middle of a write.
  const { status, stderr } = spawnSync('sh', ['-c', 'ulimit -f 1; exec "$0" --input-type=module --eval "$1"', process.execPath, code],
    { encoding: 'utf8' });
  assert.notEqual(status, 0);
  assert.match(stderr, /EFBIG|file too large/i);
  assert.equal(readFileSync(file, 'utf8'), '. {\n}\n');
  assert.deepEqual(readdirSync(around.directory), ['Corefile']);
});
