// What becomes of keys (RFC 5011): each way from one state to another, with signatures that hold, that do not, and that are missing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { algorithmNamed } from './algorithm.ts';
import { KEY_STATE, heardKeys, trustedKeys, unheard, untried } from './anchor-tracking.ts';
import type { TrackedZone } from './anchor-tracking.ts';
import { SHA256, delegationData } from './delegation.ts';
import { ENTRY_POINT, REVOKED, ZONE_KEY, dnskeyData, flagsOf, keyOctets } from './dnskey.ts';
import { SigningKey, generateKey } from './signing-key.ts';
import type { SignedSet } from './validate/signed-set.ts';

const zone = Name.parse('z.test.');
const DAY = 86_400, TTL = 20 * DAY, START = 1_800_000_000;
const made = (flags = ZONE_KEY | ENTRY_POINT): SigningKey => generateKey(zone, algorithmNamed('ECDSAP256SHA256')!, flags, TTL);
const [one, two, three] = [made(), made(), made()];
/** The same key, revoked. */
const revoked = (key: SigningKey): SigningKey => new SigningKey(zone, TTL,
  dnskeyData(flagsOf(key.data) | REVOKED, key.algorithm.number, keyOctets(key.data)), key.privateParts());

function setOf(keys: readonly SigningKey[], signers: readonly SigningKey[], now: number): SignedSet {
  const set = { owner: zone.octets, type: TYPE.DNSKEY, class: CLASS.IN, ttl: TTL, data: keys.map(({ data }) => data) };
  const signatures = signers.map((key) => key.signSet(set, { inception: now - DAY, expiration: now + 40 * DAY }));
  return { name: zone, type: TYPE.DNSKEY, class: CLASS.IN, ttl: TTL, data: set.data, signatures };
}
/** A zone over the days: what its servers say, and what is made of it. */
class Story {
  tracked: TrackedZone;
  day = 0;
  constructor(begin: Pick<TrackedZone, 'ds'>, keys: readonly SigningKey[]) {
    this.tracked = untried(zone, begin.ds, keys.map(({ data }) => data), START);
  }
  get now(): number {
    return START + this.day * DAY;
  }
  hears(keys: readonly SigningKey[], signers: readonly SigningKey[] = keys): string | undefined {
    const { tracked, why } = heardKeys(this.tracked, setOf(keys, signers, this.now), this.now);
    this.tracked = tracked;
    return why;
  }
  /** Each key by its number, with its state and how often it was seen. */
  get says(): string {
    const number = (data: Uint8Array): number => [one, two, three].findIndex((key) =>
      Buffer.compare(keyOctets(key.data), keyOctets(data)) === 0) + 1;
    const word = (state: number): string => Object.entries(KEY_STATE).find(([, value]) => value === state)![0].toLowerCase();
    return this.tracked.keys.map(({ data, state, seen }) => `${number(data)} ${word(state)}${seen > 0 ? ` ${seen}` : ''}`)
      .sort().join(', ');
  }
}

test('keys are found by their DS, and others of that day have to wait', () => {
  const story = new Story({ ds: [delegationData(zone.octets, one.data, SHA256)] }, []);
  assert.equal(story.hears([two], [two]), 'other key');
  assert.equal(story.hears([one, two]), undefined);
  assert.equal(story.says, '1 valid, 2 pending 1');
  assert.deepEqual(story.tracked.ds, []);
  assert.deepEqual(trustedKeys(story.tracked), [one.data]);
});
test('a new key is trusted after thirty days in which it was never gone', () => {
  const story = new Story({ ds: [] }, [one]);
  for (const [day, keys, says] of [
    [0, [one, two], '1 valid, 2 pending 1'], [10, [one, two], '1 valid, 2 pending 2'], [29, [one, two], '1 valid, 2 pending 3'],
    [30, [one], '1 valid'], [31, [one, two], '1 valid, 2 pending 1'], [60, [one, two], '1 valid, 2 pending 2'],
    [61, [one, two], '1 valid, 2 valid'],
  ] as const) {
    story.day = day;
    assert.equal(story.hears(keys, [one]), undefined);
    assert.equal(story.says, says, `day ${day}`);
  }
});
test('one look after thirty days is not enough, and a set that nobody trusted has signed says nothing', () => {
  const story = new Story({ ds: [] }, [one]);
  story.hears([one, two], [one]);
  story.day = 35;
  assert.equal(story.hears([one, two, three], [two, three]), 'other key');
  assert.equal(story.says, '1 valid, 2 pending 1');
  assert.deepEqual([story.tracked.failures, story.tracked.next - story.now], [1, story.tracked.retry]);
  assert.equal(story.hears([one, two], [one]), undefined);
  assert.equal(story.says, '1 valid, 2 valid');
});
test('what is missing is trusted until it is revoked, and is forgotten after a year where there are others', () => {
  const story = new Story({ ds: [] }, [one, two]);
  story.hears([one]);
  assert.equal(story.says, '1 valid, 2 missing');
  story.day = 100;
  story.hears([two, one], [two]);
  assert.equal(story.says, '1 valid, 2 valid');
  story.hears([one]);
  story.day = 467;
  story.hears([one]);
  assert.equal(story.says, '1 valid');
});
test('who revokes itself is not trusted from then on, whoever else signs; nobody else can', () => {
  const story = new Story({ ds: [] }, [one, two]);
  story.hears([revoked(one), two], [two]);
  assert.equal(story.says, '1 missing, 2 valid', 'the key itself has to say so');
  story.hears([revoked(one), two], [revoked(one), two]);
  assert.equal(story.says, '1 revoked, 2 valid');
  assert.deepEqual(trustedKeys(story.tracked), [two.data]);
  story.day = 31;
  story.hears([one, two], [one, two]);
  assert.equal(story.says, '1 removed, 2 valid', 'it does not come back');
});
test('where all are revoked it is over', () => {
  const story = new Story({ ds: [] }, [one]);
  assert.equal(story.hears([revoked(one)], [revoked(one)]), undefined);
  assert.deepEqual([story.tracked.isOver, trustedKeys(story.tracked)], [true, []]);
});
test('it is asked by the TTL and the life of the signatures, an hour and a fortnight at the bounds', () => {
  const story = new Story({ ds: [] }, [one]);
  story.hears([one]);
  assert.deepEqual([story.tracked.interval, story.tracked.retry], [TTL / 2, DAY]);
  const set = setOf([one], [one], story.now);
  const short = { owner: zone.octets, type: TYPE.DNSKEY, class: CLASS.IN, ttl: 60, data: set.data };
  const soon = { ...set, ttl: 60, signatures: [one.signSet(short, { inception: story.now - 1, expiration: story.now + 60 })] };
  const { tracked } = heardKeys(story.tracked, soon, story.now);
  assert.deepEqual([tracked.interval, tracked.retry, tracked.next - story.now], [3600, 3600, 3600]);
  assert.deepEqual(unheard(tracked, story.now + 5).next, story.now + 3605);
});
