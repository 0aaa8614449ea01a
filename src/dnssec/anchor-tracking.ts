// What becomes of the keys that a zone is trusted by, as the zone itself shows new ones and revokes old ones (RFC 5011). Pure: states, a
// set of keys and the time in, states out. Knows one zone; asks nobody.
import type { Name } from '../dns/name.ts';
import { setHas } from './delegation.ts';
import { ENTRY_POINT, REVOKED, ZONE_KEY, algorithmNumber, flagsOf, keyOctets } from './dnskey.ts';
import { readSignature } from './signature.ts';
import { verifySet } from './validate/signed-set.ts';
import type { SignedSet } from './validate/signed-set.ts';
import { VerifyingKey } from './verification.ts';

/** What a key is (RFC 5011 section 4.2); numbers are those of Unbound's files. */
export const KEY_STATE = { START: 0, PENDING: 1, VALID: 2, MISSING: 3, REVOKED: 4, REMOVED: 5 } as const;
/** One of them. */
export type KeyState = (typeof KEY_STATE)[keyof typeof KEY_STATE];

/** A key that was seen. */
export interface TrackedKey {
  /** The data of its DNSKEY as it was seen last. */
  readonly data: Uint8Array;
  readonly state: KeyState;
  /** How often it was seen since it is new. */
  readonly seen: number;
  /** When it became what it is, in seconds since 1970. */
  readonly since: number;
}
/** A zone whose keys are followed; times are seconds since 1970, 0 for never. */
export interface TrackedZone {
  readonly zone: Name;
  readonly keys: readonly TrackedKey[];
  /** DS by which its first keys are found; none where there are keys. */
  readonly ds: readonly Uint8Array[];
  readonly asked: number;
  readonly heard: number;
  /** When it is asked next. */
  readonly next: number;
  readonly failures: number;
  /** Seconds between two times, and after one that failed. */
  readonly interval: number;
  readonly retry: number;
  /** All its keys were revoked: it is as if nothing was trusted of it, for ever. */
  readonly isOver: boolean;
}
/** How long is waited, in seconds. */
export interface TrackingTimes {
  /** A key has been there for so long before it is trusted, and was revoked for so long before it is forgotten (RFC 5011 section 2.4). */
  readonly addHoldDown: number;
  readonly removeHoldDown: number;
  /** One that is missing is forgotten after so long, where others are there; 0: never. */
  readonly keepMissing: number;
}
const HOUR = 3600, DAY = 24 * HOUR;
/** The times of RFC 5011 section 2.4, and a year for what is missing. */
export const TRACKING_TIMES: TrackingTimes = { addHoldDown: 30 * DAY, removeHoldDown: 30 * DAY, keepMissing: 366 * DAY };

/** A new key is seen so often at least. */
const LEAST_SEEN = 2;
/** Keys of a zone that are followed, and signatures that are tried for its set. */
const MOST_KEYS = 32, MOST_TRIED = 64;

/** A zone that nobody has asked yet, by what is trusted of it. */
export const untried = (zone: Name, ds: readonly Uint8Array[], keys: readonly Uint8Array[], now: number): TrackedZone => ({
  zone, ds, keys: keys.map((data) => ({ data, state: KEY_STATE.VALID, seen: 0, since: now })), asked: 0, heard: 0, next: 0, failures: 0,
  interval: HOUR, retry: HOUR, isOver: false,
});
/** The data of the keys that are trusted now. */
export const trustedKeys = ({ keys, isOver }: TrackedZone): readonly Uint8Array[] =>
  (isOver ? [] : keys.filter(isTrusted).map(({ data }) => data));
const isTrusted = ({ state }: TrackedKey): boolean => state === KEY_STATE.VALID || state === KEY_STATE.MISSING;

/** What a look came to: the zone from then on, and why its keys were not believed. */
export interface Looked {
  readonly tracked: TrackedZone;
  readonly why: string | undefined;
}

/** The zone's keys could not be had. */
export const unheard = (tracked: TrackedZone, now: number): TrackedZone =>
  ({ ...tracked, asked: now, failures: tracked.failures + 1, next: now + tracked.retry });

/** The zone's keys as a server said them at `now`. */
export function heardKeys(tracked: TrackedZone, set: SignedSet, now: number, times: TrackingTimes = TRACKING_TIMES): Looked {
  const revoked = afterRevocations(tracked, set, now);
  if (revoked.isOver) return { tracked: { ...revoked, asked: now, heard: now }, why: undefined };
  const { verdict, ttl } = verified(revoked, set, now);
  if (verdict !== 'valid') return { tracked: unheard(revoked, now), why: verdict };
  const here = set.data.filter((data) => (flagsOf(data) & (ZONE_KEY | ENTRY_POINT | REVOKED)) === (ZONE_KEY | ENTRY_POINT));
  const hasOthers = revoked.keys.some((each) => isTrusted(each) && here.some((data) => isSame(data, each.data)));
  const known = revoked.keys.map((key) => step(key, { here, now, times, ttl, hasOthers }));
  const isFirst = revoked.keys.length === 0;
  const added = here.filter((data) => !revoked.keys.some((key) => isSame(key.data, data))).map((data): TrackedKey =>
    (isFirst && setHas([...revoked.ds], revoked.zone.folded.octets, data) ? { data, state: KEY_STATE.VALID, seen: 0, since: now }
      : { data, state: KEY_STATE.PENDING, seen: 1, since: now }));
  const all = [...known.filter(({ state }) => state !== KEY_STATE.START), ...added].slice(0, MOST_KEYS);
  // One that is no entry point is trusted because somebody said so, until there are others.
  const isEntry = ({ data }: TrackedKey): boolean => (flagsOf(data) & ENTRY_POINT) !== 0;
  const keys = all.some((key) => isEntry(key) && isTrusted(key)) ? all.filter(isEntry) : all;
  const found = { ...revoked, keys, ds: keys.some(isTrusted) ? [] : revoked.ds };
  const { interval, retry } = intervals(set, now);
  return { tracked: { ...found, asked: now, heard: now, failures: 0, interval, retry, next: now + interval }, why: undefined };
}
/** Whether both are the same key, revoked or not. */
const isSame = (one: Uint8Array, other: Uint8Array): boolean => algorithmNumber(one) === algorithmNumber(other)
  && Buffer.compare(keyOctets(one), keyOctets(other)) === 0;

function verified({ zone, keys, ds }: TrackedZone, set: SignedSet, now: number): ReturnType<typeof verifySet> {
  const trusted = keys.filter(isTrusted).map(({ data }) => data);
  const named = set.data.filter((data) => trusted.some((each) => isSame(each, data)) || setHas([...ds], zone.folded.octets, data));
  return verifySet(set, zone, named.map((data) => new VerifyingKey(data)), now, { left: MOST_TRIED });
}
/** Who signs a set with a key that says that it is revoked has revoked it, whoever else signs the set (section 2.1). */
function afterRevocations(tracked: TrackedZone, set: SignedSet, now: number): TrackedZone {
  const keys = tracked.keys.map((key): TrackedKey => {
    if (!isTrusted(key)) return key;
    const data = set.data.find((each) => (flagsOf(each) & REVOKED) !== 0 && isSame(each, key.data));
    if (data === undefined) return key;
    const { verdict } = verifySet(set, tracked.zone, [new VerifyingKey(data, true)], now, { left: MOST_TRIED });
    return verdict === 'valid' ? { data, state: KEY_STATE.REVOKED, seen: 0, since: now } : key;
  });
  const isOver = tracked.ds.length === 0 && keys.some(({ state }) => state === KEY_STATE.REVOKED) && !keys.some(isTrusted);
  return { ...tracked, keys, isOver };
}

/** What is known of the set that is looked at. */
interface Seen {
  readonly here: readonly Uint8Array[];
  readonly now: number;
  readonly times: TrackingTimes;
  /** Seconds for which the set may be kept. */
  readonly ttl: number;
  /** Another key that is trusted is in the set. */
  readonly hasOthers: boolean;
}
/** The key after a set that holds (section 4.1); one that is forgotten is at the start. */
function step(key: TrackedKey, { here, now, times, ttl, hasOthers }: Seen): TrackedKey {
  const isHere = here.some((data) => isSame(data, key.data));
  const age = now - key.since;
  const becomes = (state: KeyState): TrackedKey => ({ ...key, state, seen: 0, since: now });
  switch (key.state) {
    case KEY_STATE.PENDING: {
      if (!isHere) return becomes(KEY_STATE.START);
      const seen = key.seen + 1;
      return age >= Math.max(times.addHoldDown, ttl) && seen >= LEAST_SEEN ? becomes(KEY_STATE.VALID) : { ...key, seen };
    }
    case KEY_STATE.VALID: return isHere ? key : becomes(KEY_STATE.MISSING);
    case KEY_STATE.MISSING:
      if (isHere) return becomes(KEY_STATE.VALID);
      return times.keepMissing > 0 && age >= times.keepMissing && hasOthers ? becomes(KEY_STATE.START) : key;
    case KEY_STATE.REVOKED: return age >= times.removeHoldDown ? becomes(KEY_STATE.REMOVED) : key;
    default: return key;
  }
}
/** How long until it is asked again (section 2.3), by the set's TTL and the life of its signatures: in seconds. */
function intervals(set: SignedSet, now: number): Pick<TrackedZone, 'interval' | 'retry'> {
  const fields = set.signatures.flatMap((data) => readSignature(data) ?? []);
  const ttl = Math.min(...fields.map(({ originalTtl }) => originalTtl));
  const life = Math.min(...fields.map(({ expiration }) => Math.max(0, (expiration - now) | 0)));
  const within = (most: number, part: number): number => Math.max(HOUR, Math.min(most, Math.floor(ttl / part), Math.floor(life / part)));
  return { interval: within(15 * DAY, 2), retry: within(DAY, 10) };
}
