// Any bytes from an upstream: a question gets at most one answer, and only what answers it. Knows the pool's side and the network's; knows
// no plugin.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { number } from '../../src/dns/arbitraries.test.ts';
import { Frames } from '../../src/dns/frames.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { FakeDatagrams } from '../../src/testing/fake-datagrams.ts';
import { makeQuestion } from '../../src/upstream/ask.ts';
import { Asking } from '../../src/upstream/asking.ts';
import { DEFAULT_POOL, UNCOUNTED } from '../../src/upstream/pool-settings.ts';
import { RandomIds } from '../../src/upstream/random-ids.ts';
import { Timers } from '../../src/upstream/timers.ts';
import { UdpPool } from '../../src/upstream/udp-pool.ts';
import { replies } from './packet.ts';
import { target } from './target.ts';

const NAME = Name.parse('www.example.org.');

class Heard extends Asking {
  readonly answers: Uint8Array[] = [];
  ends = 0;
  constructor() {
    super();
    this.question = makeQuestion(NAME, 1, true);
  }
  answered(bytes: Uint8Array, _words: Int32Array, at: number, length: number): void {
    this.answers.push(bytes.slice(at, at + length));
    this.ends++;
  }
  mismatched(): void {
    this.ends++;
  }
  failed(): void {
    this.ends++;
  }
}

const { bytes: asked, length } = makeQuestion(NAME, 1, true);
const sound = asked.slice(0, length);
sound[2] = 0x81;

/** Replies, some with the id that was asked with and from the right socket. */
const storm = fc.array(fc.record({ packet: replies(sound), rightId: fc.boolean(), id: number(16), socket: fc.nat(3) }), { maxLength: 30 });

/** Replies over UDP to a pool with a few questions under way. */
export const upstream = target('upstream', 600, storm, (deliveries) => {
  const clock = new FakeClock();
  const datagrams = new FakeDatagrams();
  const to = { address: '127.0.0.1', port: 5353 };
  const pool = new UdpPool({
    to, datagrams, timers: new Timers(clock), ids: new RandomIds(), settings: DEFAULT_POOL, counter: UNCOUNTED, overTcp: () => {},
  });
  const questions = Array.from({ length: 4 }, () => new Heard());
  for (const question of questions) assert.equal(pool.ask(question), undefined);
  const ids = datagrams.sent().map(({ packet }) => (packet[0]! << 8) | packet[1]!);
  for (const { packet, rightId, id, socket } of deliveries) {
    if (packet.length >= 2) [packet[0], packet[1]] = rightId ? [ids[socket]! >> 8, ids[socket]! & 255] : [id >> 8, id & 255];
    datagrams.sockets[socket % datagrams.sockets.length]!.deliver(packet);
  }
  for (const { ends, answers } of questions) {
    assert.ok(ends <= 1);
    for (const answer of answers) {
      assert.ok((answer[2]! & 0x80) !== 0 && answer[5] === 1);
      // What lies behind the question may be anything; the question itself is ours.
      const head = answer.slice(0, sound.length).fill(0, 6, 12);
      const { question } = decodeMessage(head);
      assert.ok(question !== undefined && question.name.key === NAME.key && question.type === 1 && question.class === 1);
    }
  }
  pool.close();
});

/** A stream in pieces: the messages come out whole and in order, however it is cut. */
const stream = fc.tuple(
  fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1 }),
  fc.uint8Array({ maxLength: 40 }),
);

/** The framing of TCP. */
export const frames = target('frames', 400, stream, ([messages, cuts, rest]) => {
  const whole = Uint8Array.from([...messages.flatMap((each) => [each.length >> 8, each.length & 255, ...each]), ...rest]);
  const got: Uint8Array[] = [];
  const reader = new Frames();
  for (let i = 0, k = 0; i < whole.length; k++) {
    const chunk = whole.slice(i, i + cuts[k % cuts.length]!);
    reader.push(chunk);
    while (reader.next()) got.push(reader.bytes.slice(reader.at, reader.at + reader.length));
    i += chunk.length;
  }
  assert.deepEqual(got.slice(0, messages.length), messages);
});
