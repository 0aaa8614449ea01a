// Who is told what, and when: with a server, a clock and turns that a test moves by hand. Knows no protocol.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { RD, message } from '../dns/parts.ts';
import { parseRR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { PEER_ROOM } from '../kernel/query/arena.ts';
import type { Message } from '../kernel/query/message.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import type { Query } from '../kernel/query/query.ts';
import { receive } from '../kernel/query/receive.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Service } from '../kernel/query/transport.ts';
import { Store } from '../store/store.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { PushEngine } from './engine.ts';
import type { PushClient } from './evaluation.ts';
import { readWatched } from './question.ts';
import type { WatchedQuestion } from './question.ts';
import { PushStream } from './stream.ts';
import type { Told } from './stream.ts';
import { STORE_KEY } from '../testing/store-key.ts';

const asked = (name: string): WatchedQuestion => readWatched(encodeMessage(message({
  flags: RD, question: { name: Name.parse(name), type: TYPE.A, class: CLASS.IN },
}), { compress: false })) as WatchedQuestion;

/** A stream that keeps what it is told. */
class Kept implements Told {
  readonly said: string[] = [];
  takes = true;
  isCut = false;
  beats = 0;
  push(id: number, { message: bytes }: { readonly message: Uint8Array }, isFirst: boolean, answers: boolean): boolean {
    const { rcode, answer } = decodeMessage(bytes);
    const data = answer.map(({ rdata, ttl }) => `${rdata.join('.')}/${ttl}`).sort().join(' ');
    this.said.push(answers ? `${isFirst ? 'first ' : ''}${rcode === 0 ? data : rcode}` : `changed ${id}`);
    return this.takes;
  }
  same(): boolean {
    this.said.push('same');
    return this.takes;
  }
  beat(): boolean {
    this.beats++;
    return this.takes;
  }
  refused(): boolean {
    this.said.push('refused');
    return this.takes;
  }
  cut(): void {
    this.isCut = true;
  }
  take(): string[] {
    return this.said.splice(0);
  }
}

/** A server with one zone, whose source counts. */
class Rig {
  readonly store = Store.create(undefined, STORE_KEY);
  readonly clock = new FakeClock();
  readonly turns: (() => void)[] = [];
  readonly zone = this.store.changes.zone(Name.parse('test.').key);
  readonly metrics = new Metrics();
  readonly engine: PushEngine;
  readonly service: Service;
  /** What is answered; a part of the chain does this with each question. */
  records: string[] = ['www.test. 60 IN A 192.0.2.1'];
  rcode = 0;
  flags = 0x0400;
  looks: (query: Query) => void = () => {};
  /** Answers come when these are called. */
  later: (() => void)[] | undefined = undefined;
  asked = 0;

  constructor() {
    const watched = { changes: this.store.changes, metrics: this.metrics, clock: this.clock };
    const { reading } = this.store;
    this.engine = new PushEngine(watched, (call) => void this.turns.push(call));
    this.service = {
      index: 0, label: 'test', arena: undefined as never, reading, begin: () => reading.enter(), end: () => reading.leave(),
      serve: (query) => this.#serve(query), resolve: undefined as never, echoes: () => false, timeouts: undefined as never,
      settings: undefined as never, watched,
    };
  }
  #serve(query: Query): Message | typeof LATER {
    this.asked++;
    assert.equal(receive(query), 0);
    this.looks(query);
    const answer = (): Message => {
      const mine = this.records.map((text) => parseRR(text)!).filter(({ name }) => name.equals(query.name));
      const reply = query.reply({ rcode: this.rcode, answer: mine });
      reply.setFlags(this.flags);
      return reply;
    };
    if (this.later === undefined) return answer();
    this.later.push(() => query.channel.send(query, answer()));
    return LATER;
  }
  client(): PushClient {
    const peer = new Int32Array(PEER_ROOM >> 2);
    new Uint8Array(peer.buffer).set([2, 0, 0, 0, 127, 0, 0, 1]);
    return { transport: 'grpc', service: this.service, peer, localAddress: '127.0.0.1', localPort: 1 };
  }
  stream(told: Told): PushStream {
    return PushStream.open(this.engine, this.client(), told);
  }
  /** A stream that watches a name. */
  watching(name = 'www.test.', answers = true): { readonly told: Kept; readonly stream: PushStream; readonly id: number } {
    const told = new Kept();
    const stream = this.stream(told);
    return { told, stream, id: stream.subscribe(asked(name), { answers }) as number };
  }
  change(...records: string[]): void {
    this.records = records;
    this.zone.changed(latin1Bytes(Name.parse('www.test.').key), 0);
  }
  /** Everything that is to be done, in as many turns as it takes. */
  run(): number {
    let turns = 0;
    for (let turn = this.turns.shift(); turn !== undefined; turn = this.turns.shift(), turns++) turn();
    return turns;
  }
  async elapse(milliseconds: number): Promise<void> {
    this.run();
    await this.clock.elapse(milliseconds);
    this.run();
  }
}

test('one evaluation serves all who watch the same, and only an answer that differs is told', async () => {
  const rig = new Rig();
  const all = Array.from({ length: 100 }, () => rig.watching());
  await rig.elapse(10);
  assert.equal(rig.asked, 1);
  for (const { told } of all) assert.deepEqual(told.take(), ['first 192.0.2.1/60']);
  rig.change('www.test. 60 IN A 192.0.2.1');
  await rig.elapse(10);
  assert.equal(rig.asked, 2);
  rig.change('www.test. 60 IN A 192.0.2.3', 'www.test. 60 IN A 192.0.2.2');
  await rig.elapse(10);
  for (const { told } of all) assert.deepEqual(told.take(), ['192.0.2.2/60 192.0.2.3/60']);
  rig.change('www.test. 60 IN A 192.0.2.2', 'www.test. 60 IN A 192.0.2.3');
  await rig.elapse(10);
  assert.deepEqual([rig.asked, all[0]!.told.take()], [4, []]);
  rig.change('www.test. 5 IN A 192.0.2.2', 'www.test. 5 IN A 192.0.2.3');
  await rig.elapse(10);
  assert.deepEqual(all[7]!.told.take(), ['192.0.2.2/5 192.0.2.3/5']);
});

test('where the chain looks at the client each is asked for alone, also when it begins to', async () => {
  const rig = new Rig();
  const [one, other] = [rig.watching(), rig.watching()];
  await rig.elapse(10);
  assert.equal(rig.asked, 1);
  rig.looks = ({ clientAddress }) => void clientAddress;
  rig.change('www.test. 60 IN A 192.0.2.2');
  await rig.elapse(10);
  assert.equal(rig.asked, 3);
  rig.change('www.test. 60 IN A 192.0.2.3');
  await rig.elapse(10);
  assert.equal(rig.asked, 5);
  for (const { told } of [one, other]) assert.equal(told.take().at(-1), '192.0.2.3/60');
  rig.watching();
  await rig.elapse(10);
  assert.equal(rig.asked, 6);
});

test('a client that takes nothing gets the latest, holds up nobody, and is cut', async () => {
  const rig = new Rig();
  const [slow, quick] = [rig.watching(), rig.watching()];
  await rig.elapse(10);
  slow.told.take();
  slow.told.takes = false;
  for (let i = 2; i < 9; i++) {
    rig.change(`www.test. 60 IN A 192.0.2.${i}`);
    await rig.elapse(10);
  }
  assert.equal(quick.told.take().length, 8);
  assert.deepEqual(slow.told.take(), ['192.0.2.2/60']);
  slow.told.takes = true;
  slow.stream.drained();
  rig.run();
  assert.deepEqual(slow.told.take(), ['192.0.2.8/60']);
  slow.told.takes = false;
  rig.change('www.test. 60 IN A 192.0.2.9');
  await rig.elapse(9_000);
  assert.equal(slow.told.isCut, false);
  await rig.elapse(2_000);
  assert.deepEqual([slow.told.isCut, quick.told.isCut, rig.engine.subscriptions.count], [true, false, 1]);
});

test('nothing is left of streams that end, whatever was under way', async () => {
  const rig = new Rig();
  rig.later = [];
  const all = Array.from({ length: 10 }, (_, i) => rig.watching(`${i % 3}.test.`));
  rig.run();
  for (const { stream } of all.slice(0, 5)) stream.close();
  for (const { stream, id } of all.slice(5)) assert.equal(stream.cancel(id), true);
  for (const answer of rig.later.splice(0)) answer();
  assert.deepEqual([rig.engine.subscriptions.count, all[0]!.stream.cancel(all[0]!.id)], [0, false]);
  for (const { stream } of all) stream.close();
  await rig.elapse(1000);
  const cells = [...rig.metrics.families()].filter(({ name }) => /subscri/.test(name)).map((family) => rig.metrics.values[family.cell([])]);
  assert.deepEqual([cells, rig.engine.topics.at(0), all.flatMap(({ told }) => told.said)], [[0, 0], undefined, []]);
});

test('a change while the first answer is under way is told to who hears of changes alone', async () => {
  const rig = new Rig();
  rig.later = [];
  const { told, id } = rig.watching('www.test.', false);
  rig.run();
  rig.change('www.test. 60 IN A 192.0.2.2');
  for (const answer of rig.later.splice(0)) answer();
  rig.later = undefined;
  await rig.elapse(10);
  assert.deepEqual(told.take(), [`changed ${id}`]);
  await rig.elapse(100);
  assert.deepEqual(told.take(), []);
});

test('a change for ten thousand gives way to others all the time', async () => {
  const rig = new Rig();
  const told = { count: 0 };
  const counting: Told = {
    push: () => {
      told.count++;
      return true;
    }, same: () => true, beat: () => true, refused: () => true, cut: () => {},
  };
  for (let i = 0; i < 10_000; i++) rig.stream(counting).subscribe(asked('www.test.'), { answers: true });
  rig.run();
  told.count = 0;
  rig.change('www.test. 60 IN A 192.0.2.2');
  await rig.clock.elapse(4);
  let most = told.count;
  for (let turn = rig.turns.shift(); turn !== undefined; turn = rig.turns.shift()) {
    const before = told.count;
    turn();
    most = Math.max(most, told.count - before);
  }
  assert.equal(told.count, 10_000);
  assert.ok(most <= 128, `${most} in one turn`);
});

test('what no source here vouches for is looked at when its TTL ends, and its TTL runs', async () => {
  const rig = new Rig();
  rig.looks = ({ journey }) => journey.goesOut();
  const { told } = rig.watching();
  await rig.elapse(20_000);
  const { told: second } = rig.watching();
  await rig.elapse(10);
  assert.deepEqual([told.take(), second.take(), rig.asked], [['first 192.0.2.1/60'], ['first 192.0.2.1/40'], 1]);
  rig.records = ['www.test. 60 IN A 192.0.2.7'];
  await rig.elapse(41_000);
  assert.deepEqual([told.take(), second.take(), rig.asked], [['192.0.2.7/60'], ['192.0.2.7/60'], 2]);
});

test('a failure is told when it lasts, and what comes after it', async () => {
  const rig = new Rig();
  const { told } = rig.watching();
  await rig.elapse(10);
  told.take();
  rig.rcode = 2;
  rig.change();
  await rig.elapse(3_000);
  assert.deepEqual(told.take(), []);
  await rig.elapse(3_000);
  assert.deepEqual(told.take(), ['2']);
  rig.rcode = 0;
  rig.records = ['www.test. 60 IN A 192.0.2.1'];
  await rig.elapse(3_000);
  assert.deepEqual(told.take(), ['192.0.2.1/60']);
});

test('signs of life come when everything was told, and not to who takes nothing', async () => {
  const rig = new Rig();
  const { told, stream } = rig.watching();
  stream.beats(5000);
  for (const beats of [1, 2]) {
    await rig.elapse(5_500);
    assert.equal(told.beats, beats);
  }
  told.takes = false;
  for (const beats of [3, 3]) {
    await rig.elapse(5_500);
    assert.equal(told.beats, beats);
  }
});
