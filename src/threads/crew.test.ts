// Real threads of the real server: they answer, they count in one sum, they die and are replaced, and a reload is taken by all or none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { equip } from '../cli/equipment.ts';
import { App } from '../kernel/serving/app.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import { MainDesk } from '../kernel/desk.ts';
import { Store } from '../store/store.ts';
import { freePort } from '../testing/free-port.ts';
import { Stream } from '../testing/spawned.ts';
import { standardWords } from '../plugins/words.ts';
import { Crew } from './crew.ts';

const entry = new URL('../cli/main.ts', import.meta.url);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
async function until(condition: () => boolean, said: readonly string[]): Promise<void> {
  for (const limit = performance.now() + 60_000; !condition(); await pause(5)) {
    if (performance.now() > limit) throw new Error(`waited too long; it said ${said.join('\n')}`);
  }
}

/** A server in this process on four cores, with what it logged and the threads that it started. */
function serverOf(t: TestContext) {
  const common = { file: 'Corefile', port: 53 };
  const equipment = equip(common, 0, standardWords);
  const metrics = new Metrics();
  const store = Store.create();
  const workers: Worker[] = [];
  const alive: Worker[] = [];
  const said: string[] = [];
  const log = { ...equipment.log, error: (text: string) => void said.push(text), info: (text: string) => void said.push(text) };
  const fatal = (text: string): never => {
    throw new Error(text);
  };
  const desk = new MainDesk(equipment.clock);
  const crew = new Crew({
    ...equipment, log, entry, desk, own: common, store, metrics, limits: { cores: 4, quota: Infinity, memory: 2 ** 30 }, fatal, lasting: 50,
    idle: () => 1,
    spawn: (module, options) => {
      const worker = new Worker(module, options);
      workers.push(worker);
      worker.on('exit', () => alive.splice(alive.indexOf(worker), 1));
      alive.push(worker);
      return worker;
    },
  });
  const app = new App({ ...equipment, log, metrics, store, crew, desk, fatal, readAgain: undefined });
  t.after(() => app.close());
  const total = (name: string) => {
    let sum = 0;
    for (const family of metrics.families()) if (family.name === name) for (const series of family.series()) sum += family.total(series);
    return sum;
  };
  return { app, crew, workers, alive, said, total };
}
const corefile = (port: number, more = '', sockets = 3) =>
  `.:${port} {\nbind 127.0.0.1\nmultisocket ${sockets}\nwhoami\nprometheus 127.0.0.1:0\n${more}\n}\n`;

test('threads that are ended under load are replaced; others answer on, and nothing that was counted is lost', async (t) => {
  const { app, crew, workers, alive, said, total } = serverOf(t);
  const port = await freePort();
  await app.load(corefile(port));
  await until(() => crew.serving === 3, said);
  const stream = new Stream(port, { tcp: false });
  t.after(() => stream.end());
  for (let i = 0; i < 4; i++) {
    await until(() => crew.serving === 3, said);
    const answered = stream.answered;
    await until(() => stream.answered > answered + 100, said);
    const counted = total('coredns_dns_requests_total');
    await alive[i % 2]!.terminate();
    assert.ok(total('coredns_dns_requests_total') >= counted);
  }
  await until(() => crew.serving === 3, said);
  await stream.end();
  assert.equal(workers.length, 6);
  assert.equal(said.filter((line) => /^Thread \d ended \(status 1\): another one takes its place in \d+ ms$/.test(line)).length, 4);
  assert.ok(stream.answered > stream.asked * 0.5, `${stream.answered} of ${stream.asked}`);
  const counted = total('coredns_dns_requests_total');
  assert.ok(counted >= stream.answered && counted <= stream.asked, `${counted} counted, ${stream.answered} answered`);
});

test('a load that one thread refuses is refused by all, and one that lacks a thread gets it', async (t) => {
  const { app, crew, workers, said } = serverOf(t);
  const port = await freePort();
  await app.load(corefile(port, '', 2));
  await until(() => crew.serving === 2, said);
  const stream = new Stream(port);
  t.after(() => stream.end());
  // Dies while it prepares.
  const other = await freePort();
  const refused = app.load(`${corefile(port, '', 2)}.:${other} {\nbind 127.0.0.1\nwhoami\n}\n`);
  refused.catch(() => {});
  await workers[0]!.terminate();
  await assert.rejects(refused, /thread 1 (has )?ended/);
  await until(() => crew.serving === 2, said);
  await app.load(corefile(port, 'errors', 4));
  await until(() => crew.serving === 4, said);
  await stream.end();
  // What waits at the socket of a thread that ends is lost, and how much that is depends on the machine.
  assert.ok(stream.answered > stream.asked * 0.5, `${stream.answered} of ${stream.asked}`);
});

test('load that lasts adds threads, and never more than may be', async (t) => {
  const { app, crew, said } = serverOf(t);
  const port = await freePort();
  await app.load(`.:${port} {\nbind 127.0.0.1\nwhoami\n}\n`);
  crew.watch();
  const busy = setInterval(() => {
    for (const end = performance.now() + 40; performance.now() < end;);
  }, 0);
  try {
    await until(() => crew.serving === 2, said);
  } finally {
    clearInterval(busy);
  }
  assert.deepEqual(said, ['The load is high: 2 threads serve from now on']);
});
