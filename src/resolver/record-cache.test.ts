// What is kept of records, by threads together: as octets and back, bounded, and no better than it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { Store } from '../store/store.ts';
import { fc } from '../testing/properties.ts';
import { RANK } from './kept-set.ts';
import type { KeptSet } from './kept-set.ts';
import { RecordCache } from './record-cache.ts';
import { SetReader, SetWriter } from './set-bytes.ts';
import { SharedRecords, sharedLimits } from './shared-records.ts';
import { stepOf } from './step.ts';
import type { Step } from './step.ts';

const octets = fc.uint8Array({ maxLength: 300 });
const names = fc.array(fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' }), { maxLength: 4 }).map((labels) => Name.of(labels));
const times = fc.double({ min: 1, max: 1e12, noNaN: true });
const securities = fc.constantFrom('unchecked', 'bogus', 'insecure', 'secure');
const sets: fc.Arbitrary<KeptSet> = fc.record({
  name: names, type: fc.integer({ min: 0, max: 65535 }), class: fc.constant(CLASS.IN), data: fc.array(octets, { maxLength: 5 }),
  signatures: fc.array(octets, { maxLength: 3 }), ttl: fc.nat(0x7fffffff), original: fc.option(fc.nat(0x7fffffff), { nil: undefined }),
  until: times, rank: fc.integer({ min: 1, max: 5 }), security: securities,
});
const steps: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('answer', 'alias', 'nodata', 'nxdomain'), rcode: fc.nat(15), answer: fc.array(sets, { maxLength: 3 }),
  authority: fc.array(sets, { maxLength: 3 }), target: fc.option(names, { nil: undefined }), came: times, until: times,
  security: securities,
});
const said = fc.option(fc.record({ code: fc.nat(100), why: fc.string({ maxLength: 60 }) }), { nil: undefined });

/** What two sets or steps have in common that are the same: names by their letters, octets by their values. */
const shown = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (key, each: unknown) =>
  (each instanceof Uint8Array ? Buffer.from(each).toString('hex') : key === 'original' && each === undefined ? null
    : each instanceof Name ? each.raw : each)));

test('sets and steps are read as they were written', () => {
  const writer = new SetWriter(0);
  fc.assert(fc.property(sets, fc.option(times, { nil: undefined }), (set, leased) => {
    const whole = leased === undefined ? set : { ...set, leased };
    const size = writer.set(whole);
    assert.deepEqual(shown(new SetReader(writer.bytes.slice(0, size), 0).set()), shown(whole));
  }));
  fc.assert(fc.property(steps, said, (step, more) => {
    const whole = { ...step, ...more };
    const size = writer.step(whole);
    if (size >= 0) assert.deepEqual(shown(new SetReader(writer.bytes.slice(0, size), 0).step()), shown(whole));
  }));
});
test('what is too long for a message is not shared', () => {
  const writer = new SetWriter(0);
  const set = setOf('a.test.', { data: Array.from({ length: 10 }, () => new Uint8Array(2000)) });
  assert.equal(writer.set(set), -1);
  assert.equal(writer.step(stepOf('answer', [set], undefined)), -1);
});

const NOW = 1e9;
function setOf(name: string, more: Partial<KeptSet> = {}): KeptSet {
  return { name: Name.parse(name), type: TYPE.A, class: CLASS.IN, data: [Uint8Array.of(192, 0, 2, 1)], signatures: [], ttl: 300,
    original: 300, until: NOW + 300_000, rank: RANK.ANSWER, security: 'unchecked', ...more };
}
/** Threads of one process, each with its own clock's zero. */
function threads(bytes = 1 << 20, validates = false) {
  const store = Store.create(1 << 26);
  let now = NOW;
  const limits = sharedLimits(bytes);
  const made = (zero: number) =>
    new RecordCache(() => now - zero, new SharedRecords(store.cache('records', limits), store.changes, zero), validates);
  return { store, one: made(0), other: made(0), late: made(1e8), pass: (milliseconds: number) => void (now += milliseconds) };
}
const set = (cache: RecordCache, name: string, type: number = TYPE.A) => cache.set(Name.parse(name), type, CLASS.IN);
const step = (cache: RecordCache, name: string, type: number = TYPE.A) => cache.step(Name.parse(name), type, CLASS.IN);

test('100,000 sets with signatures take less than 40 MB', () => {
  const { store, one } = threads(1 << 26);
  const before = store.memory.extent;
  for (let i = 0; i < 100_000; i++) {
    const kept = one.keep(setOf(`host${i}.zone${i % 300}.example.`, { signatures: [new Uint8Array(110).fill(3)] }));
    kept.security = 'secure';
    one.keepStep(kept.name, TYPE.A, CLASS.IN, { ...stepOf('answer', [kept], undefined), said: {} });
    one.share();
  }
  assert.equal(step(one, 'host0.zone0.example.')?.answer.length, 1, 'all of them are kept');
  assert.ok(store.memory.extent - before < 40e6, `${store.memory.extent - before}`);
});
test('it is bounded, and what is used stays', () => {
  const { store, one, other } = threads(1 << 20);
  for (let i = 0; i < 40_000; i++) {
    one.keep(setOf(`host${i}.example.`));
    one.share();
    if (i > 0 && i % 500 === 0) assert.ok(set(other, 'host0.example.') !== undefined, `after ${i}`);
  }
  assert.ok(store.memory.extent < 4e6, `${store.memory.extent}`);
});
test('times are those of the thread that reads them', () => {
  const { one, late, pass } = threads();
  one.keep(setOf('a.test.', { leased: NOW + 100_000 }));
  one.share();
  assert.equal(set(late, 'A.test.')?.until, NOW + 300_000 - 1e8);
  assert.equal(set(late, 'a.test.')?.leased, NOW + 100_000 - 1e8);
  pass(300_000);
  assert.equal(set(late, 'a.test.'), undefined);
  assert.equal(late.stale(Name.parse('a.test.'), TYPE.A, CLASS.IN)?.answer.length, 1, 'but in hard times');
});
test('a set that is believed less takes no better one\'s place, of whichever thread', () => {
  const { one, other, late } = threads();
  one.keep(setOf('a.test.', { security: 'secure' }));
  other.keep(setOf('a.test.', { data: [Uint8Array.of(192, 0, 2, 66)], rank: RANK.GLUE }));
  one.share();
  other.share();
  assert.equal(set(late, 'a.test.')?.rank, RANK.ANSWER);
  assert.equal(late.keep(setOf('a.test.', { rank: RANK.AUTHORITY, until: NOW })).rank, RANK.ANSWER);
});
test('what is bogus, or to be judged yet, is nobody\'s', () => {
  const { one, other } = threads(1 << 20, true);
  const bad = one.keep(setOf('bad.test.'));
  one.keep(setOf('new.test.'));
  one.keep(setOf('test.', { type: TYPE.NS, rank: RANK.REFERRAL }));
  one.keepStep(bad.name, TYPE.A, CLASS.IN, stepOf('answer', [bad], undefined));
  bad.security = 'bogus';
  one.share();
  assert.deepEqual(['bad.test.', 'new.test.'].map((name) => [set(other, name), step(other, name)]), Array(2).fill([undefined, undefined]));
  assert.equal(set(other, 'test.', TYPE.NS)?.rank, RANK.REFERRAL);
});
test('a denial is known for all types; what is forgotten is forgotten by all that have not seen it', () => {
  const { one, other, late } = threads();
  const name = Name.parse('no.test.');
  const soa = setOf('test.', { type: TYPE.SOA, rank: RANK.AUTHORITY });
  one.keepStep(name, TYPE.A, CLASS.IN, { ...stepOf('answer', [soa], undefined), kind: 'nxdomain', rcode: 3, answer: [], authority: [soa] });
  one.share();
  assert.equal(other.nxdomain(name, CLASS.IN)?.authority[0]?.type, TYPE.SOA);
  assert.equal(step(other, 'no.test.')?.rcode, 3);
  assert.equal(step(other, 'no.test.', TYPE.AAAA), undefined);
  one.forgetStep(name, TYPE.A, CLASS.IN);
  assert.deepEqual([late.nxdomain(name, CLASS.IN), step(late, 'no.test.')], [undefined, undefined]);
});
test('what a step says beyond its set is kept with it', () => {
  const { one, other } = threads();
  const kept = one.keep(setOf('w.test.'));
  const proof = setOf('a.test.', { type: TYPE.NSEC });
  one.keepStep(kept.name, TYPE.A, CLASS.IN, { ...stepOf('answer', [kept], undefined), authority: [proof] });
  const alias = one.keep(setOf('c.test.', { type: TYPE.CNAME, data: [Uint8Array.of(1, 0x77, 0)] }));
  one.keepStep(alias.name, TYPE.A, CLASS.IN, stepOf('alias', [alias], Name.parse('w.')));
  one.share();
  assert.equal(step(other, 'w.test.')?.authority.length, 1);
  assert.equal(step(other, 'c.test.')?.target?.text, 'w.');
  assert.equal(step(other, 'c.test.', TYPE.CNAME)?.kind, 'answer');
  assert.equal(step(other, 'c.test.', TYPE.DS), undefined, 'its parent says that');
});
test('what another thread heard anew counts', () => {
  const { one, other } = threads();
  const old = one.keep(setOf('a.test.', { until: NOW + 1000 }));
  one.share();
  assert.equal(step(other, 'a.test.')?.until, old.until);
  assert.equal(other.renewed({ name: old.name, type: TYPE.A, class: CLASS.IN }, old.until), false);
  one.keep(setOf('a.test.', { until: NOW + 9000 }));
  one.share();
  assert.equal(other.renewed({ name: old.name, type: TYPE.A, class: CLASS.IN }, old.until), true);
  assert.equal(step(other, 'a.test.')?.until, NOW + 9000);
  assert.equal(set(other, 'a.test.')?.until, NOW + 9000);
});
test('a name that somebody forgets is asked for again, in every thread; others are kept', () => {
  const { store, one, other } = threads();
  const zone = store.changes.zone('\0');
  for (const name of ['a.test.', 'b.test.']) {
    const kept = one.keep(setOf(name));
    one.keepStep(kept.name, TYPE.A, CLASS.IN, stepOf('answer', [kept], undefined));
  }
  one.share();
  const known = (cache: RecordCache) => ['a.test.', 'b.test.'].map((name) => step(cache, name)?.answer.length);
  assert.deepEqual([known(one), known(other)], [[1, 1], [1, 1]]);
  zone.changed(Name.parse('A.test.').octets, 0);
  assert.deepEqual([known(one), known(other)], [[undefined, 1], [undefined, 1]]);
  zone.all();
  assert.deepEqual([known(one), known(other)], [[undefined, undefined], [undefined, undefined]]);
});
test('what was heard before somebody forgot its name is not shared after that', () => {
  const { store, one, other, late } = threads();
  const zone = store.changes.zone('\0');
  for (const cache of [one, other]) {
    const kept = cache.keep(setOf('a.test.'));
    cache.keepStep(kept.name, TYPE.A, CLASS.IN, { ...stepOf('answer', [kept], undefined), authority: [setOf('b.test.')] });
  }
  zone.changed(Name.parse('a.test.').octets, 0);
  one.share();
  assert.deepEqual([set(other, 'a.test.'), step(other, 'a.test.'), step(late, 'a.test.')], [undefined, undefined, undefined]);
});
test('what was forgotten before it was shared is nobody\'s', () => {
  const { one, other } = threads();
  const name = Name.parse('gone.test.');
  one.keep(setOf('gone.test.', { type: TYPE.NS, rank: RANK.REFERRAL }));
  one.forget(name, TYPE.NS, CLASS.IN);
  one.share();
  assert.deepEqual([set(one, 'gone.test.', TYPE.NS), set(other, 'gone.test.', TYPE.NS)], [undefined, undefined]);
});
test('what is looked for in vain at a moment to come is looked for again before that', () => {
  const { one, other, pass } = threads();
  one.keep(setOf('a.test.', { until: NOW + 20_000 }), NOW + 20_000);
  assert.equal(set(one, 'a.test.', TYPE.AAAA), undefined);
  other.keep(setOf('a.test.', { type: TYPE.AAAA }));
  other.share();
  pass(1000);
  assert.equal(set(one, 'a.test.', TYPE.AAAA)?.type, TYPE.AAAA);
});
