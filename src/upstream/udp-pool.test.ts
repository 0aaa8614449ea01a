// Questions over UDP: who may answer them, and what becomes of ids and sockets. No network and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeSocket } from '../testing/fake-datagrams.ts';
import { Recorded, Scripted, reply, setUp } from './udp-rig.test.ts';

test('a reply with the id, from the socket, to the question is taken, whatever the case of its letters', () => {
  const { ask } = setUp();
  const { asking, socket, packet } = ask('www.Example.org');
  const answer = reply(packet);
  answer[13] = 'W'.charCodeAt(0);
  socket.deliver(answer);
  assert.deepEqual(asking.log, [`answered ${packet.length}`]);
  socket.deliver(answer);
  assert.equal(asking.log.length, 1);
});

test('the case of letters is nothing that types have: 65 is not 97', () => {
  for (const name of ['a.test', 'ab.test', 'abc.test', 'abcd.test']) {
    const { ask } = setUp();
    const { asking, socket, packet } = ask(name, 65);
    const other = reply(packet);
    other[other.length - 3] = 97;
    socket.deliver(other);
    assert.deepEqual(asking.log, []);
    socket.deliver(reply(packet));
    assert.equal(asking.log.length, 1);
  }
});

test('where no socket can be opened, one that is open is used', async () => {
  const { ask, datagrams, counts, clock, timers } = setUp();
  const first = ask('a.test');
  datagrams.fails = 'EMFILE';
  for (let i = 0; i < 40; i++) assert.equal(ask('b.test').socket, first.socket);
  first.socket.deliver(reply(first.packet));
  assert.equal(counts.hit + counts.miss, 41);
  // A socket that is worn out is better than none.
  await clock.elapse(20_000);
  timers.look();
  assert.equal(ask('c.test').socket, first.socket);
});

test('an id whose reply did not come in time is not used again on its socket, and a late reply is nothing', async () => {
  const { clock, ask } = setUp({ readTimeout: 300 }, new Scripted(0, 7, 7, 8));
  const first = ask('a.test');
  assert.equal(first.packet[1], 7);
  await clock.elapse(400);
  assert.deepEqual(first.asking.log, ['read udp 127.0.0.1:40000->127.0.0.1:5353: i/o timeout']);
  const second = ask('a.test');
  assert.equal(second.packet[1], 8);
  first.socket.deliver(reply(first.packet));
  assert.deepEqual([first.asking.log.length, second.asking.log.length], [1, 0]);
});

test('ids that wait are not drawn twice', () => {
  const { ask } = setUp({}, new Scripted(0, 7, 7, 7, 9));
  assert.deepEqual([ask('a.test').packet[1], ask('b.test').packet[1]], [7, 9]);
});

test('a socket is replaced after many questions, and closed when nothing waits on it', () => {
  const { ask, datagrams } = setUp({ maxIdle: 1 });
  const waiting = ask('slow.test');
  for (let i = 0; i < 4000; i++) {
    const { socket, packet } = ask('a.test');
    socket.deliver(reply(packet));
  }
  assert.ok(datagrams.sockets.length >= 2 && datagrams.sockets.length <= 5, String(datagrams.sockets.length));
  assert.equal(waiting.socket.closed, false);
  waiting.socket.deliver(reply(waiting.packet));
  assert.equal(waiting.socket.closed, true);
  assert.equal(waiting.asking.log.length, 1);
});

test('several ports are asked from, and each is kept', () => {
  const { ask, datagrams, counts } = setUp();
  for (let i = 0; i < 200; i++) ask('a.test');
  assert.equal(datagrams.sockets.length, 8);
  assert.deepEqual([counts.hit, counts.miss], [192, 8]);
});

test('what is idle for longer than expire, or older than max_age, is not used again', async () => {
  for (const [settings, pause] of [[{ expire: 100 }, 200], [{ expire: 1000, maxAge: 100 }, 200]] as const) {
    const { clock, timers, pool, ask, datagrams } = setUp({ ...settings, maxIdle: 1 });
    const { socket, packet } = ask('a.test');
    socket.deliver(reply(packet));
    await clock.elapse(pause);
    timers.look();
    ask('a.test');
    assert.equal(datagrams.sockets.length, 2);
    assert.equal(socket.closed, true);
    pool.close();
  }
});

test('when the network says that nobody is there, everything on the socket fails at once', () => {
  const { ask } = setUp({ maxIdle: 1 });
  const one = ask('a.test');
  const two = ask('b.test');
  one.socket.breakWith('ECONNREFUSED');
  for (const { asking } of [one, two]) {
    assert.deepEqual(asking.log, ['read udp 127.0.0.1:40000->127.0.0.1:5353: read: connection refused']);
  }
});

test('a socket that cannot be had is an error of the question', () => {
  const { pool, datagrams } = setUp();
  datagrams.fails = 'ENETUNREACH';
  assert.equal(pool.ask(new Recorded('a.test'))?.message, 'dial udp 127.0.0.1:5353: connect: network is unreachable');
});

test('a pool that was closed still answers: its sockets close when they are done', () => {
  const { pool, ask } = setUp();
  const before = ask('a.test');
  pool.close();
  assert.equal(before.socket.closed, false);
  const after = ask('b.test');
  const finish = ({ socket, packet }: { socket: FakeSocket; packet: Uint8Array }) => socket.deliver(reply(packet));
  finish(before);
  finish(after);
  assert.deepEqual([before.socket.closed, after.socket.closed], [true, true]);
  assert.deepEqual([before.asking.log.length, after.asking.log.length], [1, 1]);
});
