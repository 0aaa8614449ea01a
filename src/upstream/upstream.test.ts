// One upstream over both networks: what happens where the machine gives no more sockets. A TCP server of the test's own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { FakeDatagrams } from '../testing/fake-datagrams.ts';
import { ask, makeQuestion } from './ask.ts';
import { DEFAULT_POOL, UNCOUNTED } from './pool-settings.ts';
import { RandomIds } from './random-ids.ts';
import { Timers } from './timers.ts';
import { Upstream } from './upstream.ts';

test('where no UDP socket can be opened, a connection that stands is used', async () => {
  const server = net.createServer((connection) => {
    connection.on('data', (question) => {
      question[4] = 0x81;
      connection.write(question);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const datagrams = new FakeDatagrams();
  const upstream = new Upstream({
    to: { address: '127.0.0.1', port }, datagrams, timers: new Timers(new FakeClock()), ids: new RandomIds(), settings: DEFAULT_POOL,
    counter: UNCOUNTED,
  });
  const question = makeQuestion(Name.parse('a.test'), 1, true);
  datagrams.fails = 'EMFILE';
  await assert.rejects(ask(upstream, question, 'udp'), { message: `dial udp 127.0.0.1:${port}: socket: too many open files` });
  assert.equal((await ask(upstream, question, 'tcp'))?.length, question.length);
  assert.equal((await ask(upstream, question, 'udp'))?.length, question.length);
  upstream.close();
  server.close();
});
