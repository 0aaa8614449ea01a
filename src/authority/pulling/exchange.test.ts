// The bounds of an exchange with a primary, with time that is moved by hand: what may take how long, and how slowly it may come.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { eventually, framed } from '../../testing/conformance/transport-clients.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { exchange } from './exchange.ts';

/** An exchange whose other end sends what the test says; `taken` are the messages that came, and one of a single octet is the last. */
async function begun(t: TestContext) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => {}).resume()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = new FakeClock();
  const { port } = server.address() as AddressInfo;
  const state = { taken: 0, octets: 0, end: '' };
  const stop = new AbortController();
  t.after(() => {
    stop.abort();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  exchange({ text: `127.0.0.1:${port}`, address: '127.0.0.1', port } as Parameters<typeof exchange>[0], Uint8Array.of(1), (bytes) => {
    state.taken++;
    state.octets += bytes.length;
    return bytes.length === 1;
  }, { clock, signal: stop.signal }).then(() => void (state.end = 'whole'), (error: Error) => void (state.end = error.message));
  await eventually(() => (sockets[0]?.bytesRead ?? 0) === 3, 'it was asked');
  /** Sends so many octets in messages of a thousand, and waits until they came. */
  const send = async (octets: number): Promise<void> => {
    const until = state.octets + octets;
    for (let left = octets; left > 0; left -= 1000) sockets[0]!.write(framed(new Uint8Array(Math.min(1000, left))));
    await eventually(() => state.octets === until, 'it came');
  };
  return { clock, state, send, socket: sockets[0]! };
}
const ended = (state: { readonly end: string }) => eventually(() => state.end !== '', 'it ended');

test('thirty seconds without an octet, before the first one', async (t) => {
  const { clock, state } = await begun(t);
  await clock.elapse(29_000);
  assert.equal(state.end, '');
  await clock.elapse(1000);
  await ended(state);
  assert.match(state.end, /^read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: i\/o timeout$/);
});

test('less than 100 KB in ten seconds is too slow; as much is not', async (t) => {
  const { clock, state, send } = await begun(t);
  for (let period = 0; period < 3; period++) {
    await send(100_000);
    await clock.elapse(10_000);
    assert.equal(state.end, '', `after ${period + 1} periods`);
  }
  await send(50_000);
  await clock.elapse(9000);
  assert.equal(state.end, '');
  await clock.elapse(1000);
  await ended(state);
  assert.equal(state.end, 'it comes too slowly');
});

test('an hour in all, however quickly it comes', async (t) => {
  const { clock, state, send } = await begun(t);
  for (let period = 0; period < 359; period++) {
    await send(100_000);
    await clock.elapse(10_000);
  }
  await send(100_000);
  await clock.elapse(9000);
  assert.equal(state.end, '');
  await clock.elapse(1000);
  await ended(state);
  assert.equal(state.end, 'it took longer than an hour');
});

test('the last message ends it, and time does nothing any more', async (t) => {
  const { clock, state, send, socket } = await begun(t);
  await send(2000);
  socket.write(framed(Uint8Array.of(7)));
  await ended(state);
  await clock.elapse(4_000_000);
  assert.deepEqual([state.end, state.taken], ['whole', 3]);
});
