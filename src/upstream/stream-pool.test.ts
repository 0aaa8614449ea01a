// Questions over kept TCP connections, with a server of the test's own on the loopback interface.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { Frames } from '../dns/frames.ts';
import { Name } from '../dns/name.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { makeQuestion } from './ask.ts';
import { Asking } from './asking.ts';
import type { ExchangeError } from './asking.ts';
import { DEFAULT_POOL, UNCOUNTED } from './pool-settings.ts';
import type { PoolSettings } from './pool-settings.ts';
import { RandomIds } from './random-ids.ts';
import { StreamPool } from './stream-pool.ts';
import { Timers } from './timers.ts';

/** A question whose end can be waited for. */
class Awaited extends Asking {
  readonly #done = Promise.withResolvers<string>();
  constructor(name: string) {
    super();
    this.question = makeQuestion(Name.parse(name), 1, true);
  }
  get outcome(): Promise<string> {
    return this.#done.promise;
  }
  answered(bytes: Uint8Array, _words: Int32Array, at: number, length: number): void {
    this.#done.resolve(`${this.question.length === length} ${bytes[at + 3]}`);
  }
  mismatched(): void {
    this.#done.resolve('mismatched');
  }
  failed(error: ExchangeError): void {
    this.#done.resolve(error.message);
  }
}
interface Peer {
  readonly socket: net.Socket;
  readonly questions: Buffer[];
  /** How many times data came. */
  chunks: number;
}
/** A server that hands each connection's questions to `serve`. */
async function setUp(serve: (peer: Peer, question: Buffer) => void, settings: Partial<PoolSettings> = {}) {
  const peers: Peer[] = [];
  const server = net.createServer((socket) => {
    const peer: Peer = { socket, questions: [], chunks: 0 };
    peers.push(peer);
    const frames = new Frames();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      peer.chunks++;
      const came: Buffer[] = [];
      frames.push(chunk);
      while (frames.next()) came.push(Buffer.from(frames.bytes.subarray(frames.at, frames.at + frames.length)));
      for (const question of came) {
        peer.questions.push(question);
        serve(peer, question);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const clock = new FakeClock();
  const timers = new Timers(clock);
  const counts = { hit: 0, miss: 0 };
  const counter = { ...UNCOUNTED, hit: () => void counts.hit++, miss: () => void counts.miss++ };
  const to = { address: '127.0.0.1', port };
  const pool = new StreamPool({ to, timers, ids: new RandomIds(), settings: { ...DEFAULT_POOL, ...settings }, counter });
  const ask = (name: string) => {
    const asking = new Awaited(name);
    assert.equal(pool.ask(asking), undefined);
    return asking.outcome;
  };
  const stop = () => {
    pool.close();
    for (const { socket } of peers) socket.destroy();
    server.close();
  };
  return { ask, pool, peers, clock, timers, counts, port, server, stop };
}
const answer = ({ socket }: Peer, question: Buffer, mark = 0) => {
  const reply = Buffer.concat([Buffer.from([question.length >> 8, question.length & 255]), question]);
  reply[4] = 0x81;
  reply[5] = mark;
  socket.write(reply);
};

test('many questions share a connection and a write, and are answered in any order', async () => {
  const waiting: Buffer[] = [];
  const { ask, peers, counts, stop } = await setUp((peer, question) => {
    waiting.push(question);
    if (waiting.length === 8) for (const each of waiting.reverse()) answer(peer, each, each[13]! - 97);
  });
  const outcomes = await Promise.all([...'abcdefgh'].map((letter) => ask(`${letter}.test`)));
  assert.deepEqual(outcomes, [0, 1, 2, 3, 4, 5, 6, 7].map((mark) => `true ${mark}`));
  assert.deepEqual([peers.length, peers[0]!.chunks], [1, 1]);
  assert.deepEqual(counts, { hit: 7, miss: 1 });
  stop();
});

test('more connections are opened when one has many questions', async () => {
  const { ask, peers, stop } = await setUp((peer, question) => answer(peer, question));
  await Promise.all(Array.from({ length: 40 }, (_, i) => ask(`n${i}.test`)));
  assert.equal(peers.length, 5);
  stop();
});

test('a reply to another question is none to ours; one that comes twice, or too late, is nothing', async () => {
  const { ask, peers, clock, stop } = await setUp((peer, question) => {
    answer(peer, question);
    const other = Buffer.from(question);
    if (question[13] === 98) other[13] = 122;
    answer(peer, other);
  }, { readTimeout: 300 });
  assert.deepEqual([await ask('a.test'), await ask('c.test')], ['true 0', 'true 0']);
  await clock.elapse(400);
  assert.equal(peers.length, 1);
  stop();
  const { ask: askAgain, stop: stopAgain } = await setUp((peer, question) => {
    const other = Buffer.from(question);
    other[13] = 122;
    answer(peer, other);
  });
  assert.equal(await askAgain('b.test'), 'mismatched');
  stopAgain();
});

test('a frame that is no message, or that has an id which was never used, ends the connection at once', async () => {
  const rubbish = (question: Buffer): Buffer => {
    if (question[13] === 97) return Buffer.from([0, 0]);
    if (question[13] === 98) return Buffer.from([0, 5, 1, 2, 3, 4, 5]);
    const foreign = Buffer.concat([Buffer.from([0, question.length]), question]);
    foreign[2] = foreign[2]! ^ 0x55;
    return foreign;
  };
  const { ask, peers, stop } = await setUp(({ socket }, question) => void socket.write(rubbish(question)));
  for (const name of ['a.test', 'b.test', 'c.test']) assert.match(await ask(name), /^read tcp .*: read: bad message$/);
  assert.equal(peers.length, 3);
  stop();
});

/** A server that answers `slow` names when it has seen enough, and does something bad at `poison`. */
async function poisoned(bad: (peer: Peer) => void, before: readonly string[]) {
  const slow: (readonly [Peer, Buffer])[] = [];
  const poisons: Peer[] = [];
  const set = await setUp((peer, question) => {
    if (question[13] === 's'.charCodeAt(0)) slow.push([peer, question]);
    else if (question[13] === 'p'.charCodeAt(0)) {
      poisons.push(peer);
      setImmediate(bad, peer);
    } else answer(peer, question);
  });
  for (const name of before) assert.equal(await set.ask(name), 'true 0');
  return { ...set, slow, poisons };
}
const kinds: readonly (readonly [string, (peer: Peer) => void])[] = [
  ['reset', ({ socket }) => socket.resetAndDestroy()],
  ['closed', ({ socket }) => socket.end()],
  ['closed in the middle of a frame', ({ socket }) => socket.end(Buffer.from([0, 40, 1, 2, 3]))],
];
for (const [what, bad] of kinds) {
  for (const [when, before] of [['in the first burst', []], ['after replies', ['a.test', 'b.test']]] as const) {
    test(`a connection that is ${what} ${when}: only the question that did it fails`, async () => {
      const { ask, slow, poisons, stop } = await poisoned(bad, before);
      for (let burst = 0; burst < 2; burst++) {
        const asked = ['s1.test', 'poison.test', 's2.test', 's3.test'].map((name) => ask(name));
        const failed = await asked[1];
        assert.doesNotMatch(failed!, /^true/);
        const answering = setInterval(() => {
          for (const [peer, question] of slow.splice(0)) if (!peer.socket.destroyed) answer(peer, question);
        }, 1);
        assert.deepEqual(await Promise.all([asked[0], asked[2], asked[3]]), ['true 0', 'true 0', 'true 0']);
        clearInterval(answering);
      }
      assert.equal(poisons.length, 4);
      stop();
    });
  }
}
test('a kept connection that the server closed is replaced without an error; a fresh one that it closes is one', async () => {
  const { ask, peers, stop } = await setUp((peer, question) => {
    if (question[13] === 120 || (question[13] === 98 && peer.questions.length > 1)) peer.socket.destroy();
    else answer(peer, question);
  });
  assert.equal(await ask('a.test'), 'true 0');
  assert.equal(await ask('b.test'), 'true 0');
  assert.equal(peers.length, 2);
  assert.equal(await ask('x.test'), 'EOF');
  assert.equal(peers.length, 3);
  stop();
});

test('where a server closes after each answer every question is answered in the end', async () => {
  const { ask, stop } = await setUp((peer, question) => {
    if (peer.questions.length > 1) return;
    answer(peer, question);
    peer.socket.end();
  });
  const outcomes = await Promise.all(Array.from({ length: 24 }, (_, i) => ask(`n${i}.test`)));
  assert.deepEqual(new Set(outcomes), new Set(['true 0']));
  stop();
});

test('a connection on which nothing comes is given up', async () => {
  const { ask, clock, peers, port, stop } = await setUp((peer, question) => {
    if (question[13] !== 120) answer(peer, question);
  }, { readTimeout: 300 });
  assert.equal(await ask('a.test'), 'true 0');
  const silent = ask('x.test');
  await clock.elapse(400);
  assert.match(await silent, new RegExp(`^read tcp 127\\.0\\.0\\.1:[0-9]+->127\\.0\\.0\\.1:${port}: i/o timeout$`));
  assert.equal(await ask('a.test'), 'true 0');
  assert.equal(peers.length, 2);
  stop();
});

test('idle for longer than expire, or beyond max_idle_conns, it is closed', async () => {
  const { ask, clock, timers, pool, peers, stop } = await setUp((peer, question) => answer(peer, question), { expire: 300, maxIdle: 1 });
  await Promise.all(Array.from({ length: 16 }, (_, i) => ask(`n${i}.test`)));
  assert.equal(peers.length, 2);
  await ask('a.test');
  assert.equal(peers.length, 2);
  await clock.elapse(400);
  timers.look();
  pool.sweep(timers.now);
  await Promise.all(peers.map(({ socket }) => socket.destroyed || once(socket, 'close')));
  await ask('a.test');
  assert.equal(peers.length, 3);
  stop();
});

test('nobody listens: the error says so', async () => {
  const { ask, server, port, stop } = await setUp(() => {});
  server.close();
  await once(server, 'close');
  assert.equal(await ask('a.test'), `dial tcp 127.0.0.1:${port}: connect: connection refused`);
  stop();
});
