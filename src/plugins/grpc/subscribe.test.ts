// An edge that watches what it is asked for, with real sockets: a change arrives without TTLs, two upstreams, one that goes away, one that
// cannot push. Knows processes.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { askOnce } from '../../testing/one-question.ts';
import type { ShortReply } from '../../testing/one-question.ts';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';

/** The data of its records. */
const data = ({ answer }: ShortReply): readonly string[] => answer.map((text) => text.split(' ').at(-1)!);
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 10));

/** A source, `count` servers in front of it, and an edge. */
async function layers(t: TestContext, count: number, edge = '', middle = '') {
  const folder = mkdtempSync(join(tmpdir(), 'push-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'hosts');
  const write = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  write('192.0.2.1 web.test\n');
  writeFileSync(`${file}.zone`, 'test. 60 IN SOA ns hostmaster 1 60 60 60 60\n');
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
  const middles = ports.map((port) => new Spawned(`grpc://test.:${port} {
  bind 127.0.0.1
  ${middle}
  hosts ${file} {
    reload 20ms
    fallthrough
  }
  file ${file}.zone
}
`));
  for (const each of middles) {
    t.after(() => each.kill());
    await each.says(/CoreDNS-/);
  }
  const [port, metrics, ready] = [await freePort(), await freePort(), await freePort()];
  const server = new Spawned(`test.:${port} {
  bind 127.0.0.1
  prometheus 127.0.0.1:${metrics}
  ready 127.0.0.1:${ready}
  ${edge}
  grpc . ${ports.map((each) => `127.0.0.1:${each}`).join(' ')} {
    policy sequential
    subscribe
  }
}
`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const ask = (name = 'web.test.', type = 'A'): Promise<ShortReply> => askOnce(port, name, type);
  const until = async (is: (reply: ShortReply) => boolean, name?: string): Promise<ShortReply> => {
    for (;;) {
      const reply = await ask(name);
      if (is(reply)) return reply;
      await pause();
    }
  };
  /** The value of a metric, once it is one that `is` takes. */
  const counts = async (name: string, is: (value: number) => boolean): Promise<number> => {
    for (;;) {
      const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
      const value = Number(new RegExp(`^coredns_subscribe_${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 'NaN');
      if (is(value)) return value;
      await pause();
    }
  };
  const remark = async (): Promise<string> => (await fetch(`http://127.0.0.1:${ready}/ready`)).text();
  return { ask, until, counts, remark, write, middles, server };
}
const says = (address: string) => (reply: ShortReply): boolean => data(reply).join() === address;

test('an answer changes at the edge when it changes at its source, denials too, also behind a cache', { timeout: 300_000 }, async (t) => {
  const { ask, until, counts, write } = await layers(t, 1, 'cache');
  await counts('streams', (value) => value === 1);
  assert.deepEqual(data(await ask()), ['192.0.2.1']);
  assert.equal((await ask('new.test.')).rcode, 'NXDOMAIN');
  await counts('pushed_total', (value) => value === 2);
  write('192.0.2.2 web.test\n192.0.2.3 new.test\n');
  await until(says('192.0.2.2'));
  await until(says('192.0.2.3'), 'new.test.');
  assert.ok(await counts('hits_total', () => true) > 0);
});

test('one upstream is killed and the other goes on, then nobody is there, then somebody is again', { timeout: 300_000 }, async (t) => {
  const { ask, until, counts, write, middles, remark } = await layers(t, 2);
  await counts('streams', (value) => value === 2);
  await ask();
  await counts('pushed_total', (value) => value === 1);
  middles[0]!.signal('SIGKILL');
  await counts('lost_total', (value) => value === 1);
  assert.deepEqual(data(await ask()), ['192.0.2.1']);
  // The other one had nothing to send: what the edge has is what there is.
  assert.equal(await counts('pushed_total', () => true), 1);
  write('192.0.2.2 web.test\n');
  await until(says('192.0.2.2'));
  assert.match(await remark(), /^OK$/);
  middles[1]!.signal('SIGKILL');
  await counts('streams', (value) => value === 0);
  const before = await counts('hits_total', () => true);
  assert.deepEqual(data(await ask()), ['192.0.2.2']);
  assert.equal(await counts('hits_total', (value) => value > before), before + 1);
  assert.match(await remark(), /no upstream pushes since \d+ s/);
});

test('who is sent away asks the next one, and misses nothing', { timeout: 300_000 }, async (t) => {
  const { ask, until, counts, write, middles } = await layers(t, 2);
  await counts('streams', (value) => value === 2);
  await ask();
  await counts('pushed_total', (value) => value === 1);
  middles[0]!.signal('SIGTERM');
  await middles[0]!.ended;
  await counts('lost_total', (value) => value >= 1);
  write('192.0.2.2 web.test\n');
  await until(says('192.0.2.2'));
});

test('what was refused to be watched is asked for as before', { timeout: 300_000 }, async (t) => {
  const { ask, until, counts, write } = await layers(t, 1, '', 'grpc_server {\n    max_watches 1\n  }');
  await counts('streams', (value) => value === 1);
  await ask('other.test.');
  await counts('pushed_total', (value) => value === 1);
  assert.deepEqual(data(await ask()), ['192.0.2.1']);
  write('192.0.2.2 web.test\n');
  await until(says('192.0.2.2'));
  assert.equal(await counts('pushed_total', () => true), 1);
});
