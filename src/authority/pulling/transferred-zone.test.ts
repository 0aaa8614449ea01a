// The order of things of a transferred zone, with time that is moved by hand and primaries that say what they are told to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import { FakeClock, settled } from '../../testing/fake-clock.ts';
import { TransferredZone } from './transferred-zone.ts';
import type { ZoneParts } from './transferred-zone.ts';
import { Turnstile } from './turnstile.ts';

const ONE = { text: '192.0.2.1:53', address: '192.0.2.1', port: 53, client: '192.0.2.1', identity: '' };
const TWO = { text: '192.0.2.2:53', address: '192.0.2.2', port: 53, client: '192.0.2.2', identity: '' };
/** Refresh 100, retry 10 and expire 1000 seconds. */
const soa = (serial: number) => parseRR(`a.test. 60 IN SOA ns h ${serial} 100 10 1000 60`)!;

/** A zone whose primaries have these serials; undefined: nobody answers there. */
function zoneOf(serials: Record<string, number | undefined>, { isNewest = false, random = 0 } = {}) {
  const clock = new FakeClock();
  const said: string[] = [];
  const state = { serial: 0, isExpired: false, asked: [] as string[], pulls: [] as string[], told: [] as string[], serials,
    slow: 0, expiry: undefined as number | undefined };
  const cell = {
    get version() {
      return state.serial === 0 ? 0 : 8;
    },
    until: 0,
    get isExpired() {
      return state.isExpired;
    },
    expire: (isExpired: boolean) => {
      state.isExpired = isExpired;
    },
  };
  const log = { info: () => {}, debug: () => {}, warning: (text: string) => said.push(text), error: (text: string) => said.push(text) };
  const parts = {
    clock, log, keeper: { cell, served: cell, close: () => {} },
    client: {
      soa: async ({ text }: typeof ONE) => {
        state.asked.push(text);
        if (state.slow > 0) await new Promise<void>((resolve) => clock.after(state.slow, resolve));
        const serial = state.serials[text];
        if (serial === undefined) throw new Error('connection refused');
        return { soa: soa(serial), expiry: state.expiry };
      },
    },
    soa: () => (state.serial === 0 ? undefined : soa(state.serial)),
    pull: async ({ text }: typeof ONE, anyway: boolean) => {
      state.pulls.push(`${text}${anyway ? ' anyway' : ''}`);
      const serial = state.serials[text];
      if (serial === undefined) throw new Error('connection refused');
      state.serial = serial;
      return { kind: 'made', text: '', expiry: state.expiry };
    },
    transfers: new Turnstile(10, 2), questions: new Turnstile(100, 100), told: (result: string) => state.told.push(result),
    random: () => random,
  };
  const zone = new TransferredZone(Name.parse('a.test'), [ONE, TWO], isNewest, parts as unknown as ZoneParts);
  return { zone, clock, state, said, cell };
}

test('at first it is tried again after 250 ms, and then twice as long, up to ten seconds', async () => {
  const { zone, clock, state, said } = zoneOf({});
  zone.begin();
  await settled();
  assert.deepEqual(state.pulls, ['192.0.2.1:53 anyway', '192.0.2.2:53 anyway']);
  assert.equal(said[0], "All 'a.test.' masters failed to transfer, retrying in 250ms: 192.0.2.2:53: connection refused");
  for (const seconds of [0.25, 0.5, 1, 2, 4, 8, 10, 10]) {
    const before = said.length;
    await clock.elapse(seconds * 1000 - 1);
    assert.equal(said.length, before, `${seconds} seconds`);
    await clock.elapse(1);
    assert.equal(said.length, before + 1);
  }
  assert.match(said.at(-1)!, /retrying in 10s/);
  state.serials['192.0.2.2:53'] = 5;
  await clock.elapse(10_000);
  assert.equal(state.serial, 5);
  assert.equal(zone.trouble, undefined);
  zone.close();
});

test('after the refresh time the first primary that answers is asked, and pulled where it is newer', async () => {
  const { zone, clock, state } = zoneOf({ '192.0.2.2:53': 5 });
  zone.begin();
  await settled();
  assert.deepEqual(state.told, ['transferred']);
  state.pulls.length = 0;
  await clock.elapse(99_999);
  assert.deepEqual(state.asked, []);
  await clock.elapse(1);
  assert.deepEqual(state.asked, ['192.0.2.1:53', '192.0.2.2:53']);
  assert.deepEqual(state.pulls, []);
  assert.deepEqual(state.told, ['transferred', 'current']);
  state.serials['192.0.2.2:53'] = 6;
  await clock.elapse(100_000);
  assert.deepEqual(state.pulls, ['192.0.2.2:53']);
  assert.equal(state.serial, 6);
  zone.close();
});

test('a refresh is up to five seconds late, and what is tried again up to two', async () => {
  const { zone, clock, state, said } = zoneOf({ '192.0.2.1:53': 5 }, { random: 0.5 });
  zone.begin();
  await settled();
  await clock.elapse(102_499);
  assert.deepEqual(state.asked, []);
  await clock.elapse(1);
  assert.deepEqual(state.asked, ['192.0.2.1:53']);
  state.serials['192.0.2.1:53'] = undefined;
  await clock.elapse(102_500);
  assert.equal(said.length, 1);
  await clock.elapse(10_999);
  assert.equal(said.length, 1);
  await clock.elapse(1);
  assert.equal(said.length, 2);
  zone.close();
});

test('serials wrap; one that is behind is passed over and said', async () => {
  const { zone, clock, state, said } = zoneOf({ '192.0.2.1:53': 4294967290 });
  zone.begin();
  await settled();
  state.serials['192.0.2.1:53'] = 3;
  await clock.elapse(100_000);
  assert.equal(state.serial, 3);
  state.serials['192.0.2.1:53'] = 2;
  await clock.elapse(100_000);
  assert.equal(state.serial, 3);
  assert.deepEqual(said, ['The primary 192.0.2.1:53 of a.test. has serial 2, which is behind ours, 3: it is not taken']);
  zone.close();
});

test('nobody answers: each retry time again, until the zone has expired; then any serial is taken', async () => {
  const { zone, clock, state, said } = zoneOf({ '192.0.2.1:53': 5 });
  zone.begin();
  await settled();
  state.serials['192.0.2.1:53'] = undefined;
  await clock.elapse(100_000);
  assert.equal(said.length, 1);
  await clock.elapse(10_000);
  assert.equal(said.length, 2);
  await clock.elapse(889_999);
  assert.equal(state.isExpired, false);
  assert.match(zone.trouble!, /connection refused/);
  await clock.elapse(1);
  assert.equal(state.isExpired, true);
  assert.match(said.at(-1)!, /^Zone a\.test\. is expired: no primary was heard for 16m40s$/);
  state.serials['192.0.2.1:53'] = 2;
  await clock.elapse(10_000);
  assert.deepEqual([state.serial, state.isExpired, state.pulls.at(-1)], [2, false, '192.0.2.1:53 anyway']);
  zone.close();
});

test('a primary that has nothing new was heard all the same: the zone expires so long after that', async () => {
  const { zone, clock, state } = zoneOf({ '192.0.2.1:53': 5 });
  zone.begin();
  await settled();
  await clock.elapse(900_000);
  assert.equal(state.pulls.length, 1);
  state.serials['192.0.2.1:53'] = undefined;
  await clock.elapse(999_999);
  assert.equal(state.isExpired, false);
  await clock.elapse(1);
  assert.equal(state.isExpired, true);
  zone.close();
});

test('a notify is heeded at once; while it is looked one more waits, however many come', async () => {
  const { zone, clock, state } = zoneOf({ '192.0.2.1:53': 5 });
  zone.notified();
  assert.deepEqual(state.pulls, [], 'nothing before the begin');
  zone.begin();
  await settled();
  state.slow = 1000;
  for (let i = 0; i < 5; i++) zone.notified();
  await settled();
  assert.deepEqual(state.asked, ['192.0.2.1:53']);
  state.serials['192.0.2.1:53'] = 6;
  await clock.elapse(1000);
  await settled();
  assert.deepEqual([state.asked.length, state.serial], [2, 6]);
  await clock.elapse(1000);
  await clock.elapse(50_000);
  assert.equal(state.asked.length, 2);
  zone.close();
  zone.notified();
  await clock.elapse(1_000_000);
  assert.equal(state.asked.length, 2, 'nothing after the end');
});

test('with `newest` all are asked, and the newest is taken', async () => {
  const { zone, clock, state } = zoneOf({ '192.0.2.1:53': 5, '192.0.2.2:53': 5 }, { isNewest: true });
  zone.begin();
  await settled();
  state.serials['192.0.2.2:53'] = 7;
  await clock.elapse(100_000);
  assert.deepEqual(state.pulls, ['192.0.2.1:53 anyway', '192.0.2.2:53']);
  assert.equal(state.serial, 7);
  zone.close();
});

test('so many transfers at once, and so many with one primary', async () => {
  const turnstile = new Turnstile(3, 2);
  const ends: (() => void)[] = [];
  const begun: string[] = [];
  const go = (key: string) => void turnstile.pass(key, () => new Promise<void>((resolve) => {
    begun.push(key);
    ends.push(resolve);
  }));
  for (const key of ['a', 'a', 'a', 'b', 'b', 'c']) go(key);
  await settled();
  assert.deepEqual(begun, ['a', 'a', 'b']);
  ends[2]!();
  await settled();
  assert.deepEqual(begun, ['a', 'a', 'b', 'b'], 'the third of a waits though it came first');
  ends[0]!();
  await settled();
  assert.deepEqual(begun, ['a', 'a', 'b', 'b', 'a']);
  await assert.rejects(new Turnstile(1, 1).pass('a', async () => assert.fail('said')), /said/);
});

test('a primary that is a secondary tells how long it may serve the zone, and ours is served no longer (RFC 7314)', async () => {
  const { zone, clock, state, said, cell } = zoneOf({ '192.0.2.1:53': 5 });
  const left = () => cell.until - Math.floor(clock.wall() / 1000);
  state.expiry = 300;
  zone.begin();
  await settled();
  assert.equal(left(), 300);
  // It has been heard, but it has not heard anybody itself: the time goes on.
  for (const seconds of [200, 100]) {
    state.expiry = seconds;
    await clock.elapse(100_000);
    assert.equal(left(), seconds);
  }
  assert.deepEqual(state.asked, ['192.0.2.1:53', '192.0.2.1:53']);
  // Another one that is nearer to the source gives it more time, though never more than the SOA says.
  state.expiry = 5000;
  await clock.elapse(100_000);
  assert.equal(left(), 1000);
  state.expiry = 10;
  await clock.elapse(100_000);
  assert.equal(left(), 900);
  // A version that is transferred has the time of who gave it.
  state.serials['192.0.2.1:53'] = 6;
  await clock.elapse(100_000);
  assert.equal(left(), 10);
  assert.equal(state.isExpired, false);
  state.serials['192.0.2.1:53'] = undefined;
  await clock.elapse(10_000);
  assert.equal(state.isExpired, true);
  assert.match(said.at(-1)!, /^Zone a\.test\. is expired: no primary was heard for 10s$/);
  // Who does not tell it means the SOA.
  state.serials['192.0.2.1:53'] = 6;
  state.expiry = undefined;
  await clock.elapse(10_000);
  assert.deepEqual([left(), state.isExpired], [1000, false]);
  zone.close();
});

test('a primary whose own time is over says so, and the zone is not served', async () => {
  const { zone, clock, state, said } = zoneOf({ '192.0.2.1:53': 5 });
  zone.begin();
  await settled();
  state.expiry = 0;
  state.serials['192.0.2.1:53'] = 6;
  await clock.elapse(100_000);
  assert.equal(state.isExpired, true);
  assert.match(said.at(-1)!, /^Zone a\.test\. is expired: so its primary says$/);
  state.expiry = undefined;
  await clock.elapse(10_000);
  assert.equal(state.isExpired, false);
  zone.close();
});
