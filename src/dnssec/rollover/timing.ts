// How long caches may have what was published, and what becomes of such times where the clock jumps. Knows times; knows no steps.
import { isIn, signsKeys, signsZone } from './state.ts';
import type { KeyState, LastingTtl, Phase, ZoneState } from './state.ts';

/** What the times of a rollover depend on, in seconds. */
export interface Delays {
  /** Time to live of the keys' own records. */
  readonly ttl: number;
  /** Until all servers of the zone have what was published here. */
  readonly propagation: number;
  /** From when the parent takes what it is asked for until all of its servers show it. */
  readonly parentPropagation: number;
  /** Time to live of DS while none was seen. */
  readonly parentTtl: number;
}

/** The greatest time to live that a cache may have seen. */
export const longest = ({ value, before, until }: LastingTtl, now: number): number => (now < until ? Math.max(value, before) : value);
/** From now on it is this one, though some servers still have what was before until that is propagated. */
export function changed(ttl: LastingTtl, value: number, propagation: number, now: number): LastingTtl {
  if (value === ttl.value) return ttl;
  const before = longest(ttl, now);
  return value >= before ? { value, before: 0, until: 0 } : { value, before, until: Math.max(now + before + propagation, ttl.until) };
}

/** A phase that begins now and waits for something other than time. */
export const begun = (presence: Phase['presence'], now: number): Phase => ({ presence, since: now });

/**
 * When no cache can have what the servers of the parent have shown until now. What was withdrawn may still come to them for a while: the
 * parent
 * took it before, and is slow.
 */
export function dsTime({ dsTtl }: ZoneState, delays: Delays, { presence, since }: Phase, now: number): number {
  const from = presence === 'unretentive' ? Math.max(now, since + delays.propagation + delays.parentPropagation) : now;
  return from + (dsTtl.value === 0 ? delays.parentTtl : longest(dsTtl, now));
}

/**
 * A version of the zone that was signed by the plan with this stamp is published; `mostTtl` is the greatest time to live in it. What waits
 * for that waits for its time from now on. Where the plan is another one by now, only its times to live count.
 */
export function published(state: ZoneState, delays: Delays, stamp: number, mostTtl: number, now: number): ZoneState {
  const wait = (before: LastingTtl, value: number): number => Math.max(longest(before, now), value) + delays.propagation;
  const zoneWait = wait(state.zoneTtl, mostTtl);
  const keyWait = wait(state.keyTtl, delays.ttl);
  const zoneTtl = changed(state.zoneTtl, mostTtl, delays.propagation, now);
  const keyTtl = changed(state.keyTtl, delays.ttl, delays.propagation, now);
  const timed = (phase: Phase, seconds: number): Phase =>
    (phase.until !== undefined || !isMoving(phase) ? phase : { ...phase, since: now, until: now + seconds });
  const keys = stamp !== state.stamp ? state.keys : state.keys.map((key): KeyState => {
    const isActive = signsZone(key) ? isIn(key.signatures) && isIn(key.dnskey) : isIn(key.dnskey);
    const next = { dnskey: timed(key.dnskey, keyWait), signatures: timed(key.signatures, zoneWait), ds: told(key.ds, now) };
    const begins = isActive && key.active === undefined;
    if (!begins && next.dnskey === key.dnskey && next.signatures === key.signatures && next.ds === key.ds) return key;
    return { ...key, ...next, ...(begins ? { active: now } : {}) };
  });
  const isSame = keys.every((key, i) => key === state.keys[i]) && zoneTtl === state.zoneTtl && keyTtl === state.keyTtl;
  return isSame ? state : { ...state, keys, zoneTtl, keyTtl };
}
/**
 * A version with these times to live is about to be published: they are known before caches can have them, whatever happens then. Returns
 * the same object where they are no greater than what is known.
 */
export function foreseen(state: ZoneState, delays: Delays, mostTtl: number, now: number): ZoneState {
  const raised = (ttl: LastingTtl, value: number): LastingTtl =>
    (value > longest(ttl, now) ? changed(ttl, value, delays.propagation, now) : ttl);
  const zoneTtl = raised(state.zoneTtl, mostTtl);
  const keyTtl = raised(state.keyTtl, delays.ttl);
  return zoneTtl === state.zoneTtl && keyTtl === state.keyTtl ? state : { ...state, zoneTtl, keyTtl };
}
const told = (ds: Phase, now: number): Phase => (isMoving(ds) && ds.isPublished !== true ? { ...ds, since: now, isPublished: true } : ds);
/** Whether something is on its way into caches, or out of them. */
export const isMoving = ({ presence }: Phase): boolean => presence === 'rumoured' || presence === 'unretentive';

/** The clock was set by so many seconds, forward or back: what had to wait still waits as long as before. */
export function shifted(state: ZoneState, seconds: number): ZoneState {
  const moved = (phase: Phase): Phase =>
    ({ ...phase, since: phase.since + seconds, ...(phase.until === undefined ? {} : { until: phase.until + seconds }) });
  const lasting = (ttl: LastingTtl): LastingTtl => (ttl.until === 0 ? ttl : { ...ttl, until: ttl.until + seconds });
  const { zoneTtl, keyTtl, dsTtl } = state;
  return {
    ...state, at: state.at + seconds, zoneTtl: lasting(zoneTtl), keyTtl: lasting(keyTtl), dsTtl: lasting(dsTtl),
    keys: state.keys.map((key) => ({
      ...key, created: key.created + seconds, ...(key.active === undefined ? {} : { active: key.active + seconds }),
      dnskey: moved(key.dnskey), signatures: moved(key.signatures), ds: moved(key.ds),
    })),
  };
}
/** A state that was written at a time that is yet to come: the clock was set back meanwhile. */
export const notAhead = (state: ZoneState, now: number): ZoneState => (state.at > now ? shifted(state, now - state.at) : state);

/** Seconds since 1970, yet to come, at which time alone changes something in the phases; Infinity where it does not. */
export const nextTime = (state: ZoneState, now: number): number =>
  Math.min(Infinity, ...state.keys.flatMap((key) => [key.dnskey, key.signatures, ...(signsKeys(key) ? [key.ds] : [])])
    .map(({ until = Infinity }) => (until > now ? until : Infinity)));
