// Nobody waits for another: whatever is slow (an upstream that is silent, a log that nobody reads, connections that say nothing) costs
// others at most its share. What one turn does, holds or keeps free is counted; no test looks at how long anything takes.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { RCODE } from '../src/dns/rcode.ts';
import { Arena } from '../src/kernel/query/arena.ts';
import { LogLines } from '../src/kernel/seen/log-lines.ts';
import { question } from '../src/testing/conformance/transport-service.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { Connections } from '../src/transport/connections.ts';
import { LISTENERS, Ledger, UNFINISHED } from '../src/transport/ledger.ts';

test('slots: what would wait leaves a tenth to what is answered at once', () => {
  const arena = new Arena(1000);
  for (let i = 0; i < 900; i++) {
    assert.ok(arena.mayWait, `${i} wait`);
    arena.take();
    arena.waiting++;
  }
  assert.ok(!arena.mayWait);
  assert.equal(arena.left, 100);
  arena.release(5);
  arena.waiting--;
  assert.ok(arena.mayWait);
  // Those that wait with memory of their own (TCP) count as well; and slots that are taken by whatever else.
  arena.waiting = 900;
  assert.ok(!arena.mayWait);
  arena.waiting = 0;
  while (arena.left >= 100) arena.take();
  assert.ok(!arena.mayWait);
});

test('log: a turn beside a reader that does not read makes no call at all, and holds a buffer at most', () => {
  let calls = 0;
  let wake = () => {};
  const lines = new LogLines(() => {
    calls++;
    throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });
  }, () => {}, (flush) => {
    wake = flush;
  });
  lines.line('the first');
  lines.flush();
  assert.equal(calls, 1);
  for (let turn = 0; turn < 50; turn++) {
    for (let i = 0; i < 32; i++) lines.line('x'.repeat(100));
    lines.settle();
    lines.flush();
  }
  assert.equal(calls, 1);
  wake();
  assert.equal(calls, 2);
  // 262,144 bytes hold 2,595 lines of 101: of 10,000 more, all but those of the last buffer are dropped, with a call for each buffer.
  for (let i = 0; i < 10_000; i++) lines.line('x'.repeat(100));
  assert.ok(calls <= 2 + 5, `${calls} calls`);
  assert.ok(lines.dropped >= 10_000 - 2 * 2595, `${lines.dropped} dropped`);
});

test('connections: whoever makes room for a newcomer is found with 64 looks, among however many', () => {
  let looks = 0;
  let dropped = 0;
  class One {
    readonly since: number;
    constructor(since: number) {
      this.since = since;
    }
    get claim(): number {
      looks++;
      return 1;
    }
    drop(): void {
      dropped++;
    }
  }
  const ledger = new Ledger();
  ledger.add(LISTENERS, 1);
  const all = new Connections(ledger);
  // Near the limit, at nine tenths of it, room is made for each newcomer.
  for (let i = 0; i < 9000; i++) {
    all.makeRoom();
    all.add(new One(i));
  }
  assert.deepEqual([looks, dropped, all.count], [0, 0, 9000]);
  for (let i = 0; i < 100; i++) {
    all.makeRoom();
    all.add(new One(9000 + i));
  }
  // A comparison looks at two.
  assert.ok(looks <= 2 * 100 * 64, `${looks} looks`);
  assert.deepEqual([dropped, all.count], [100, 9000]);
});

test('connections: bytes of a kind are bounded for the process; who has held some for longest lets go', () => {
  const cells = Ledger.create();
  const [ledger, other] = [new Ledger(cells), new Ledger(cells, 1)];
  const connections = new Connections(ledger);
  const dropped: number[] = [];
  const holder = (number: number) => {
    const held = { bytes: 0, claim: 2, since: 0, drop: () => {} };
    held.drop = () => {
      dropped.push(number);
      connections.hold(held, UNFINISHED, 0, held.bytes);
    };
    return held;
  };
  const hold = (number: number, bytes: number) => {
    const one = holder(number);
    one.bytes = bytes;
    connections.hold(one, UNFINISHED, bytes, 0);
  };
  for (let i = 0; i < 16; i++) hold(i, 1 << 20);
  assert.deepEqual(dropped, []);
  hold(16, 1);
  assert.deepEqual(dropped, [0]);
  other.add(UNFINISHED, 3 << 20);
  hold(17, 1);
  assert.deepEqual(dropped, [0, 1, 2, 3]);
  assert.ok(ledger.total(UNFINISHED) <= 16 << 20);
});

/** Asks over a few sockets and counts what comes back, by rcode. */
class Crowd {
  readonly rcodes = new Map<number, number>();
  readonly #sockets: readonly Socket[];
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
    this.#sockets = Array.from({ length: 4 }, () => createSocket('udp4'));
    for (const socket of this.#sockets) {
      socket.on('message', (reply) => this.rcodes.set(reply[3]! & 15, (this.rcodes.get(reply[3]! & 15) ?? 0) + 1));
    }
  }
  async ask(count: number, name: (id: number) => string): Promise<void> {
    for (let id = 0; id < count; id++) {
      this.#sockets[id % 4]!.send(question(id & 0xffff, name(id)), this.#port, '127.0.0.1');
      if (id % 200 === 199) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}

test('slots: beside an upstream that is silent, 25,000 new names and more leave own names answered', async (t) => {
  const [port, silent] = [await freePort(), createSocket('udp4')];
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
  const server = new Spawned(`.:${port} {
    bind 127.0.0.1
    hosts {
      192.0.2.1 own.test
      fallthrough
    }
    forward . 127.0.0.1:${silent.address().port} {
      max_fails 0
    }
  }\n`);
  const crowd = new Crowd(port);
  const own = new Crowd(port);
  t.after(async () => {
    crowd.close();
    own.close();
    silent.close();
    await server.kill();
  });
  await server.says(/CoreDNS-/);
  await crowd.ask(25_000, (id) => `n${id}.test`);
  // What finds no room in the socket of a server that is slow is lost, and others are asked instead.
  await server.until(async () => {
    if ((crowd.rcodes.get(RCODE.SERVFAIL) ?? 0) > 1000) return true;
    await crowd.ask(1000, (id) => `m${id}.test`);
    return false;
  }, 'those that may not wait');
  for (let i = 1; i <= 50; i++) {
    await own.ask(1, () => 'own.test');
    await server.until(() => own.rcodes.get(0) === i, `answer ${i} of an own name`);
  }
  if (process.platform !== 'linux') return;
  const [, peak] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.child.pid}/status`, 'latin1'))!;
  t.diagnostic(`peak ${Math.round(Number(peak) / 1024)} MB`);
  assert.ok(Number(peak) < 170 * 1024, `${peak} kB`);
});
