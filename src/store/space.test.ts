// What one load keeps ends with it, whether it served or was refused, and is nobody else's: not the next load's, nor the third one's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Key } from './key.ts';
import type { Space } from './space.ts';
import { Store } from './store.ts';
import { STORE_KEY } from '../testing/store-key.ts';

const LIMITS = { entries: 10, bytes: 10_000, owned: 0 };
const key = new Key().named('\x01a\x00', 1);

/** Loads that follow each other, with time that passes when it is told to. */
class Loads {
  readonly store = Store.create(1 << 24, STORE_KEY);
  #timers: { at: number; call: () => void }[] = [];
  #now = 0;

  begin(): { readonly space: (block: number, keep?: string) => Space; readonly end: () => void } {
    const abort = new AbortController();
    const after = (milliseconds: number, call: () => void) => void this.#timers.push({ at: this.#now + milliseconds, call });
    return { space: this.store.spaces.of(this.store.spaces.take(), abort.signal, { after }), end: () => abort.abort() };
  }
  elapse(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { call } of due) call();
    this.store.recycle();
  }
}
/** Puts something of everything there. */
function fill(space: Space): void {
  assert.ok(space.map('map').put(key, Uint8Array.of(1)));
  const cache = space.cache('cache', LIMITS);
  const entry = cache.prepare(key, 1);
  assert.ok(entry !== 0 && cache.publish(entry));
  space.note('note').write('text');
  space.flags('flags', 2).set(1, 7);
  space.gauges('gauges', 1).add(0, 3);
}
/** What is there of it. */
const found = (space: Space) => [
  space.map('map').entries, space.cache('cache', LIMITS).entries, space.note('note').read(), space.flags('flags', 2).get(1),
  space.gauges('gauges', 1).total(0),
];
const NOTHING = [0, 0, '', 0, 0], ALL = [1, 1, 'text', 7, 3];

test('each block of each load has its own', () => {
  const loads = new Loads();
  const first = loads.begin();
  fill(first.space(0));
  assert.deepEqual(found(first.space(0)), ALL);
  assert.deepEqual(found(first.space(1)), NOTHING);
  assert.deepEqual(found(loads.begin().space(0)), NOTHING);
  assert.deepEqual(found(loads.begin().space(0)), NOTHING, 'a third load, while two are there');
});

test('what a load had is gone when it ends, and its memory is used again', () => {
  const loads = new Loads();
  let used = 0;
  for (let load = 0; load < 40; load++) {
    const { space, end } = loads.begin();
    assert.deepEqual(found(space(0)), NOTHING, `load ${load}`);
    fill(space(0));
    end();
    loads.elapse(60_000);
    if (load === 2) ({ used } = loads.store.memory);
  }
  assert.equal(loads.store.memory.used, used);
});

test('loads that follow each other at once, some refused, never meet what another left', () => {
  const loads = new Loads();
  let serving = loads.begin();
  fill(serving.space(0));
  for (let load = 0; load < 30; load++) {
    const next = loads.begin();
    assert.deepEqual(found(next.space(0)), NOTHING, `load ${load}`);
    fill(next.space(0));
    if (load % 3 === 0) next.end();
    else {
      serving.end();
      serving = next;
    }
    assert.deepEqual(found(serving.space(0)), ALL);
    loads.elapse(load % 5 === 0 ? 40_000 : 100);
  }
});

test('queries that are still under way find what they did, but nothing is kept for them', () => {
  const loads = new Loads();
  const { space, end } = loads.begin();
  fill(space(0));
  end();
  const cache = space(0).cache('cache', LIMITS);
  assert.deepEqual([space(0).map('map').entries, space(0).note('note').read(), cache.find(key)], [1, 'text', 0]);
  const entry = cache.prepare(key, 1);
  assert.equal(entry !== 0 && cache.publish(entry), false);
  loads.elapse(60_000);
  assert.equal(space(0).map('map').entries, 0);
});

test('what is kept is handed over to the next load that says the same, and ends with the last', () => {
  const loads = new Loads();
  let serving = loads.begin();
  fill(serving.space(0, 'same'));
  for (let load = 0; load < 5; load++) {
    const next = loads.begin();
    assert.deepEqual(found(next.space(1, 'same')), ALL);
    assert.deepEqual(found(next.space(1, 'other')), NOTHING);
    serving.end();
    loads.elapse(60_000);
    serving = next;
  }
  const refused = loads.begin();
  assert.deepEqual(found(refused.space(0, 'same')), ALL);
  refused.end();
  loads.elapse(60_000);
  assert.deepEqual(found(serving.space(0, 'same')), ALL);
  serving.end();
  loads.elapse(60_000);
  assert.deepEqual(found(loads.begin().space(0, 'same')), NOTHING);
});

test('another thread has the same, and lets go of caches when its load ends', () => {
  const loads = new Loads();
  const other = Store.join(loads.store.share(), 1);
  const never = { after: () => {} };
  const number = loads.store.spaces.take();
  const [here, there] = [new AbortController(), new AbortController()];
  const mine = loads.store.spaces.of(number, here.signal, never);
  fill(mine(0));
  const theirs = other.spaces.of(number, there.signal, never);
  assert.deepEqual(found(theirs(0)), ALL);
  there.abort();
  const cache = theirs(0).cache('cache', LIMITS);
  const entry = cache.prepare(key, 1);
  assert.equal(entry !== 0 && cache.publish(entry), false);
  assert.deepEqual(found(mine(0)), ALL);
});
