// The lame duck, and requests to ourselves that fail, with a clock that stands still.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { LogLines } from '../../kernel/seen/log-lines.ts';
import { createLog } from '../../kernel/seen/log.ts';
import { Metrics } from '../../kernel/seen/metrics.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { Shared } from '../../kernel/shared.ts';
import { FakeClock, settled } from '../../testing/fake-clock.ts';
import health from './index.ts';
import { probe } from './probe.ts';

function running(): { run: Run; clock: FakeClock; log: () => string; end: () => void } {
  let text = '';
  const lines = new LogLines((bytes, from, length) => {
    text += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
    return length;
  }, () => {});
  const clock = new FakeClock();
  const abort = new AbortController();
  const report = (error: unknown) => assert.fail(String(error));
  const things = { shared: new Shared(), metrics: new Metrics() };
  const run = { clock, log: createLog(lines, { on: false }), signal: abort.signal, report, ...things } as unknown as Run;
  const log = () => {
    lines.flush();
    return text;
  };
  return { run, clock, log, end: () => abort.abort() };
}
const part = (config: Parameters<typeof health.create>[0]) => {
  const made = health.create(config, undefined as never);
  assert.ok(!Array.isArray(made));
  return made as Exclude<typeof made, readonly unknown[]>;
};

test('stays for the time of the lame duck and says so (HLT-2)', async () => {
  const { run, clock, log } = running();
  let over = false;
  const drained = Promise.resolve(part({ address: '127.0.0.1:0', lameduck: 5000 }).drain?.(run)).then(() => (over = true));
  await clock.elapse(4999);
  assert.equal(over, false);
  await clock.elapse(1);
  await drained;
  assert.match(log(), /^\[INFO\] plugin\/health: Going into lameduck mode for 5s$/m);
  assert.equal(part({ address: ':0', lameduck: 0 }).drain?.(run), undefined);
});

test('counts requests to itself, and failures once nobody answers (HLT-3)', async () => {
  const { run, clock, log, end } = running();
  const taken = createServer((socket) => socket.end('no HTTP at all\r\n')).listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  await assert.rejects(probe('127.0.0.1', port, run.signal), /malformed/);
  taken.close();
  await assert.rejects(probe('127.0.0.1', port, run.signal), /ECONNREFUSED/);

  await part({ address: '127.0.0.1:0', lameduck: 0 }).control?.(run);
  const family = run.metrics.family(health.metrics!['duration']!);
  const cell = family.cell([]);
  await clock.elapse(1000);
  for (let turns = 0; turns < 1e5 && run.metrics.values[cell] === 0; turns++) await settled();
  assert.equal(run.metrics.values[cell], 1);
  assert.equal(run.metrics.values[run.metrics.family(health.metrics!['failures']!).cell([])], 0);
  assert.equal(log(), '');
  end();
  await settled();
});
