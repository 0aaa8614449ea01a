// How long pushed answers hold: while a stream lives, when it is cut, and what becomes of them at another upstream. Knows no sockets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { QR, message } from '../dns/parts.ts';
import { parseRR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import type { WatchRequest } from '../http/watch-message.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';
import { Changes } from '../store/changes.ts';
import { Store } from '../store/store.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { loneQuery } from '../testing/lone-query.ts';
import type { WatchLinkOwner, Watches } from '../upstream/watch-link.ts';
import { Subscriber } from './subscriber.ts';
import { STORE_KEY } from '../testing/store-key.ts';

/** A stream that the test speaks on. */
class Link implements Watches {
  isOpen = false;
  stood = false;
  hasHeard = false;
  closed = false;
  readonly asked: WatchRequest[] = [];
  readonly name: string;
  readonly #owner: WatchLinkOwner;
  #ids = 100;

  constructor(name: string, owner: WatchLinkOwner) {
    this.name = name;
    this.#owner = owner;
  }
  send(request: WatchRequest): void {
    this.asked.push(request);
  }
  close(): void {
    this.isOpen = false;
    this.closed = true;
  }
  stands(): this {
    this.isOpen = this.stood = true;
    this.#owner.stands(this);
    return this;
  }
  beat(): void {
    this.hasHeard = true;
    this.#owner.said(this, { id: 0, heartbeat: true });
  }
  /** What was asked to be watched. */
  creates(): Extract<WatchRequest, { kind: 'create' }>[] {
    return this.asked.splice(0).filter((request) => request.kind === 'create');
  }
  created(): number {
    this.#owner.said(this, { id: ++this.#ids, created: true });
    return this.#ids;
  }
  push(id: number, text: string | undefined, token = text ?? ''): void {
    const name = Name.parse('www.test.');
    const answer = text === undefined ? undefined : encodeMessage(message({
      flags: QR, question: { name, type: TYPE.A, class: 1 }, answer: [parseRR(text)!],
    }), { compress: true });
    this.#owner.said(this, { id, token: latin1Bytes(token), initial: true, ...(answer && { answer }) });
  }
  refuse(): void {
    this.#owner.said(this, { id: 0, error: 'no' });
  }
  end(unable = false): void {
    this.isOpen = false;
    this.#owner.ended(this, 'cut', unable);
  }
}

class Rig {
  readonly store = Store.create(undefined, STORE_KEY);
  readonly clock = new FakeClock();
  readonly links: Link[] = [];
  readonly said: string[] = [];
  readonly subscriber: Subscriber;

  constructor(sources = 2, most = 100) {
    const log = { warning: (text: string) => void this.said.push(text) } as never;
    this.subscriber = new Subscriber({
      zone: Name.parse('test.'), below: () => 0, most, clock: this.clock, store: this.store, metrics: new Metrics(), log,
      sources: ['a', 'b', 'c'].slice(0, sources).map((name) => ({ name, to: undefined as never, secure: undefined, authority: name })),
      dial: ({ name }, owner) => {
        const link = new Link(name, owner);
        this.links.push(link);
        return link;
      },
    });
  }
  query(name = 'www.test.'): Query {
    const query = loneQuery(name, TYPE.A);
    query.journey.received = this.clock.monotonic();
    return query;
  }
  /** The answer that is known, with its TTL. */
  known(name?: string): string | undefined {
    return short(this.subscriber.find(this.query(name)));
  }
  /** Two streams, and an answer that was pushed on the first. */
  async begun(ttl = 60): Promise<[Link, Link]> {
    await this.clock.elapse(1);
    const [one, other] = this.links.splice(0).map((link) => link.stands()) as [Link, Link];
    assert.equal(this.known(), undefined);
    assert.equal(one.creates().length, 1);
    one.push(one.created(), `www.test. ${ttl} IN A 192.0.2.1`);
    assert.equal(this.known(), `192.0.2.1 ${ttl}`);
    return [one, other];
  }
}
function short(reply: Message | undefined): string | undefined {
  if (reply === undefined) return undefined;
  const { answer } = decodeMessage(reply.bytes, reply.at, reply.length);
  return answer.map(({ rdata, ttl }) => `${rdata.join('.')} ${ttl}`).join();
}

test('an answer holds while its stream lives; cut, its TTL counts, and then it is stale', async () => {
  const rig = new Rig(1);
  const [link] = await rig.begun(60);
  for (let i = 0; i < 100; i++) {
    await rig.clock.elapse(5000);
    link.beat();
  }
  assert.equal(rig.known(), '192.0.2.1 60');
  link.end();
  await rig.clock.elapse(20_000);
  assert.equal(rig.known(), '192.0.2.1 40');
  await rig.clock.elapse(40_000);
  assert.equal(rig.known(), undefined);
  const query = rig.query();
  assert.deepEqual([short(rig.subscriber.stale(query)), query.extendedError?.code], ['192.0.2.1 30', 3]);
  assert.match(rig.subscriber.remark()!, /^no upstream pushes since 60 s$/);
  assert.equal(rig.subscriber.stale(rig.query('other.test.')), undefined);
});

test('at another upstream nothing is sent again that is the same, and holds again once that was said', async () => {
  const rig = new Rig();
  const [one, other] = await rig.begun(60);
  assert.equal(other.creates().length, 0);
  one.end();
  const [create] = other.creates();
  assert.equal(Buffer.from(create!.token!).toString(), 'www.test. 60 IN A 192.0.2.1');
  await rig.clock.elapse(10_000);
  other.beat();
  assert.equal(rig.known(), '192.0.2.1 60');
  other.push(other.created(), undefined, 'www.test. 60 IN A 192.0.2.1');
  await rig.clock.elapse(9_000);
  assert.equal(rig.known(), '192.0.2.1 60');
  assert.equal(rig.links.length > 0, true);
});

test('a stream on which nothing is heard is left', async () => {
  const rig = new Rig();
  const [one, other] = await rig.begun();
  for (let i = 0; i < 4; i++) {
    await rig.clock.elapse(4000);
    other.hasHeard = true;
  }
  assert.deepEqual([one.closed, other.closed, other.creates().length], [true, false, 1]);
});

test('an answer that is under way never overwrites a push', async () => {
  const rig = new Rig();
  const { changes } = rig.store;
  const [one] = await rig.begun();
  const stamp = new Int32Array(Changes.STAMP);
  changes.begin(stamp, 0, changes.moment);
  assert.equal(changes.add(stamp, 0, latin1Bytes(Name.parse('www.test.').raw), 0), true);
  assert.equal(changes.fresh(stamp, 0), true);
  one.push(101, 'www.test. 60 IN A 192.0.2.2');
  assert.equal(changes.fresh(stamp, 0), false);
  assert.equal(rig.known(), '192.0.2.2 60');
});

test('an upstream that cannot push is said once, and asked as before', async () => {
  const rig = new Rig(1);
  for (let i = 0; i < 30; i++) {
    await rig.clock.elapse(5000);
    for (const link of rig.links.splice(0)) link.end(true);
  }
  assert.deepEqual([rig.said.length, rig.known()], [1, undefined]);
  assert.match(rig.said[0]!, /^a cannot push \(cut\): it is asked as before$/);
});

test('no more is watched than there may be; what nobody asks for is given up; what is refused is asked for', async () => {
  const rig = new Rig(1, 2);
  await rig.clock.elapse(1);
  const link = rig.links[0]!.stands();
  for (const name of ['a.test.', 'b.test.', 'c.test.']) rig.known(name);
  assert.equal(link.creates().length, 2);
  link.created();
  link.refuse();
  assert.equal(rig.known('b.test.'), undefined);
  for (let i = 0; i < 121; i++) {
    await rig.clock.elapse(5000);
    link.beat();
    rig.known('b.test.');
  }
  assert.deepEqual(link.asked.filter(({ kind }) => kind === 'cancel'), [{ kind: 'cancel', id: 101 }]);
  rig.known('c.test.');
  assert.equal(link.creates().length, 1);
});

test('what says something of who asks, and what is no plain question, is not watched', async () => {
  const rig = new Rig(1);
  await rig.clock.elapse(1);
  const link = rig.links[0]!.stands();
  for (const type of [TYPE.ANY, TYPE.AXFR]) rig.subscriber.find(loneQuery('www.test.', type));
  assert.equal(link.creates().length, 0);
});
