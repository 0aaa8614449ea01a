// Sessions and their times, with a clock that a test moves by hand. What goes over the network is src/plugins/tls/push.test.ts's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DSO, numbers, readDso, writeDso } from '../dns/dso.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import { PEER_ROOM } from '../kernel/query/arena.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Service } from '../kernel/query/transport.ts';
import { Store } from '../store/store.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { STORE_KEY } from '../testing/store-key.ts';
import { DsoSession } from './dso-session.ts';

/** A session on a connection whose server never answers. */
function begun() {
  const clock = new FakeClock();
  const said: Uint8Array[] = [];
  const connection = {
    isClosed: false, transport: 'tls', stream: true, localAddress: '127.0.0.1', localPort: 853,
    service: {
      watched: { changes: Store.create(undefined, STORE_KEY).changes, metrics: new Metrics(), clock }, timeouts: { idle: 10_000 }, index: 1,
      begin() {}, end() {}, serve: () => LATER,
    } as unknown as Service,
    send() {},
    destroy() {
      this.isClosed = true;
    },
  };
  const session = DsoSession.open(connection as never, new Int32Array(PEER_ROOM >> 2), (message) => said.push(message) > 0)!;
  const ask = (id: number, type: number, data: Uint8Array): void =>
    void session.take(writeDso({ id, isResponse: false, rcode: 0, values: [{ type, data }] }));
  /** Milliseconds until the connection is closed. */
  const closes = async (most = 2_000_000): Promise<number> => {
    for (let at = 0; at < most; at += 250) {
      session.check(clock.monotonic());
      if (connection.isClosed) return at;
      await clock.elapse(250);
    }
    return Infinity;
  };
  return { clock, said, connection, session, ask, closes };
}

test('before a client asks it has 15 seconds for a sign of life, and twice that', async () => {
  const { ask, closes } = begun();
  ask(1, 0xf801, new Uint8Array(0));
  assert.equal(await closes(), 30_000);
});
test('who watches nothing has twice the time that it was told', async () => {
  const { ask, said, closes } = begun();
  ask(1, DSO.KEEPALIVE, numbers(0, 0));
  assert.deepEqual(readDso(said[0]!)!.values[0], { type: DSO.KEEPALIVE, data: numbers(10_000, 300_000) });
  assert.equal(await closes(), 20_000);
});
test('signs of life alone do not keep a connection that has no use, and do one that watches', async () => {
  for (const watches of [false, true]) {
    const { ask, session, connection, clock } = begun();
    ask(1, DSO.KEEPALIVE, numbers(0, 0));
    if (watches) ask(2, DSO.SUBSCRIBE, Uint8Array.of(1, 97, 0, 0, 1, 0, 1));
    for (let at = 0; at < 8; at++) {
      await clock.elapse(5000);
      ask(3, DSO.KEEPALIVE, numbers(0, 0));
      session.check(clock.monotonic());
    }
    assert.equal(connection.isClosed, !watches);
    session.close();
  }
});
test('when the server stops a client is told once, and waited for', () => {
  const { ask, said, session } = begun();
  session.leave();
  assert.deepEqual([said.length, session.isAwaited(0)], [0, false]);
  ask(1, DSO.KEEPALIVE, numbers(0, 0));
  session.leave();
  assert.equal(readDso(said[1]!)!.values[0]!.type, DSO.RETRY_DELAY);
  assert.deepEqual([session.isAwaited(4999), session.isAwaited(5000)], [true, false]);
});
