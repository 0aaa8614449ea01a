// A large zone over a real connection: what becomes of it where the client is slow, asks on, or goes away.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { decodeMessage } from '../../dns/message.ts';
import type { RR } from '../../dns/rr.ts';
import { eventually, framed } from '../../testing/conformance/transport-clients.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { parseAsk } from '../../testing/question.ts';
import { serve } from '../../testing/served.ts';
import { LARGE, large, plugins, times } from './made.test.ts';

/** Asks over TCP; the replies, read when `read` is called, and whether the server has closed. */
function client(port: number, question: string) {
  const socket = connect(port, '127.0.0.1');
  socket.write(framed(parseAsk(question).packet));
  const state = { socket, answer: [] as RR[], messages: 0, largest: 0, ended: false };
  let rest = Buffer.alloc(0);
  socket.on('error', () => {}).on('close', () => (state.ended = true));
  const read = (): void => void socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(); rest = rest.subarray(2 + rest.readUInt16BE())) {
      const length = rest.readUInt16BE();
      const { id, rcode, question: asked, answer } = decodeMessage(rest.subarray(2, 2 + length));
      assert.deepEqual([id, rcode, asked!.name.text], [0x2a2a, 0, 'large.test.']);
      state.answer.push(...answer);
      state.messages++;
      state.largest = Math.max(state.largest, length);
    }
  });
  return { state, read };
}

test('a large zone over TCP: no faster than the client reads, whole, and other questions are answered meanwhile', async (t) => {
  const server = await serve('large.test {\nlog\ntransfer {\nto 127.0.0.1\n}\nmade large.test. 7 large\n}', plugins);
  t.after(() => server.close());
  large.taken = 0;
  const { state, read } = client(server.port, 'large.test AXFR');
  await eventually(() => large.taken > 10_000, 'the transfer began');
  let before = -1;
  for (let same = 0; same < 10; same = before === large.taken ? same + 1 : 0) {
    before = large.taken;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(large.taken < LARGE, 'the server waits for the client');
  read();
  await eventually(() => state.answer.length === LARGE + 4, 'all records came');
  assert.deepEqual([state.answer[0]!.type, state.answer[1]!.type, state.answer.at(-1)!.type], [6, 2, 6]);
  assert.equal(new Set(state.answer.map(({ name }) => name.raw)).size, LARGE + 2);
  assert.ok(state.messages > 300 && state.largest < 63_000, `${state.messages} messages, ${state.largest} bytes`);
  await eventually(() => server.log().includes('Outgoing transfer of 100004 records of zone "large.test." to 127.0.0.1'), 'it is logged');

  const other = client(server.port, 'large.test IXFR +serial=7');
  other.read();
  await eventually(() => other.state.answer.length === 1, 'the SOA came');
  other.state.socket.destroy();

  // The same connection again, and it goes away in the midst.
  state.socket.write(framed(parseAsk('large.test AXFR').packet));
  await eventually(() => state.answer.length > LARGE + 1000, 'the next one began');
  state.socket.resetAndDestroy();
  await eventually(() => server.log().split('"AXFR IN large.test. tcp').length === 3, 'it is over');
});

for (const isCut of [false, true]) {
  test(`a version that was replaced is ${isCut ? 'given for no longer than ten minutes' : 'given whole within ten minutes'}`, async (t) => {
    const clock = new FakeClock();
    const server = await serve('large.test {\ntransfer {\nto *\n}\nmade large.test. 7 replaced\n}', plugins, clock);
    t.after(() => server.close());
    large.taken = 0;
    const { state, read } = client(server.port, 'large.test AXFR');
    await eventually(() => large.taken > 10_000, 'the transfer began');
    await clock.elapse(isCut ? 600_001 : 600_000);
    read();
    await eventually(() => (isCut ? state.ended : state.answer.length === LARGE + 4), 'it is over');
    if (!isCut) return void state.socket.destroy();
    assert.ok(state.answer.length < LARGE);
    const said = 'transfer of zone "large.test." to 127.0.0.1 broke off: a newer version has been there for ten minutes\n';
    assert.ok(server.log().includes(said));
  });
}

test('a zone that breaks off closes the connection', async (t) => {
  const server = await serve('broken.test {\ntransfer {\nto *\n}\nmade broken.test. 1 broken\n}', plugins);
  t.after(() => server.close());
  const { state, read } = client(server.port, 'broken.test AXFR');
  read();
  await eventually(() => state.ended, 'the connection ended');
  assert.equal(state.answer.length, 0);
  const said = '[ERROR] plugin/transfer: Outgoing transfer of zone "broken.test." to 127.0.0.1 broke off: the zone is gone\n';
  assert.ok(server.log().includes(said));
});

test('where a new version comes before a transfer could begin, that one is sent; where they never end, it breaks off', async (t) => {
  for (const [overtaken, answers] of [[2, 4], [1000, 0]] as const) {
    Object.assign(times, { asked: 0, overtaken });
    const server = await serve('large.test {\ntransfer {\nto *\n}\nmade large.test. 1 overtaken\n}', plugins);
    t.after(() => server.close());
    const { state, read } = client(server.port, 'large.test AXFR');
    read();
    await eventually(() => state.ended || state.answer.length === 4, 'it is over');
    assert.equal(state.answer.length, answers);
    if (answers > 0) state.socket.destroy();
    else assert.ok(server.log().includes('broke off: a new version came before the transfer could begin'));
  }
});
