// What the servers of the parent show, and what follows from it for the DS of each key: it is there when all of them have shown it for as
// long as caches may have what was there before, and gone likewise. Pure; knows no socket.
import { setHas } from '../delegation.ts';
import { signsKeys } from './state.ts';
import type { KeyState, Phase, ZoneState } from './state.ts';
import { begun, changed, dsTime } from './timing.ts';
import type { Delays } from './timing.ts';

/** What one server of the parent has. */
export interface ShownDelegation {
  /** The data of each DS. */
  readonly ds: readonly Uint8Array[];
  /** Seconds to live of the set; 0 without one. */
  readonly ttl: number;
}
/** What all servers of the parent said; one that said nothing of use is undefined. */
export type Shown = readonly (ShownDelegation | undefined)[];

/** What is known of a key's DS: all have it, none has it, some have it; undefined where too many are silent to tell. */
type Seen = 'all' | 'none' | 'some' | undefined;

function seen(key: KeyState, owner: Uint8Array, shown: Shown): Seen {
  const told = shown.filter((one) => one !== undefined);
  const having = told.filter(({ ds }) => setHas(ds, owner, key.data)).length;
  if (having > 0 && having < told.length) return 'some';
  if (told.length === 0 || told.length < shown.length) return undefined;
  return having > 0 ? 'all' : 'none';
}

function phaseOf(key: KeyState, seen: Seen, until: number, now: number): Phase {
  const { ds } = key;
  const timed = (isThere: boolean): Phase => {
    if (ds.isConfirmed === true) return ds;
    if (!isThere) return ds.until === undefined ? ds : { ...ds, until: undefined, isSettled: undefined };
    if (ds.until === undefined) return { ...ds, until };
    return ds.until <= now && ds.isSettled !== true ? { ...ds, isSettled: true } : ds;
  };
  switch (ds.presence) {
    // Somebody gave it to the parent before it was asked to take it: what depends on it counts from now on.
    case 'hidden': return (seen === 'all' || seen === 'some') && key.dnskey.presence !== 'hidden' ? begun('rumoured', now) : ds;
    case 'rumoured': return seen === undefined ? ds : timed(seen === 'all');
    case 'unretentive': return seen === undefined ? ds : timed(seen === 'none' && ds.isPublished === true);
    case 'omnipresent': return seen === 'none' || seen === 'some' ? begun(key.isWanted ? 'rumoured' : 'unretentive', now) : ds;
  }
}

/**
 * The state after the parent was asked. `owner` is the wire form of the zone's name in lower case. Returns the same object where nothing
 * changed.
 */
export function observed(state: ZoneState, owner: Uint8Array, shown: Shown, delays: Delays, now: number): ZoneState {
  const ttl = Math.max(0, ...shown.map((one) => one?.ttl ?? 0));
  const known = ttl === 0 ? state : withTtl(state, ttl, delays, now);
  const keys = known.keys.map((key) => {
    const ds = signsKeys(key) ? phaseOf(key, seen(key, owner, shown), dsTime(known, delays, key.ds, now), now) : key.ds;
    return ds === key.ds ? key : { ...key, ds };
  });
  if (keys.every((key, i) => key === known.keys[i])) return known;
  const isChanged = keys.some(({ ds }, i) => isAsked(ds) !== isAsked(known.keys[i]!.ds));
  return { ...known, keys, stamp: known.stamp + (isChanged ? 1 : 0) };
}
/** Whether the parent is asked to have it. */
const isAsked = ({ presence }: Phase): boolean => presence === 'rumoured' || presence === 'omnipresent';

function withTtl(state: ZoneState, ttl: number, { parentPropagation }: Delays, now: number): ZoneState {
  const dsTtl = changed(state.dsTtl, ttl, parentPropagation, now);
  return dsTtl === state.dsTtl ? state : { ...state, dsTtl };
}

/** Somebody says that the parent has done what it was asked for: its time begins now, whatever its servers show. */
export function confirmed(state: ZoneState, delays: Delays, now: number): ZoneState {
  const keys = state.keys.map((key): KeyState => {
    const { presence, isConfirmed } = key.ds;
    const waits = presence === 'rumoured' || presence === 'unretentive';
    return waits && isConfirmed !== true ? { ...key, ds: { ...key.ds, until: dsTime(state, delays, key.ds, now), isConfirmed: true } }
      : key;
  });
  return keys.every((key, i) => key === state.keys[i]) ? state : { ...state, keys };
}

/** Whether what the parent has decides about what comes next, so that it is to be asked. */
export const isParentAsked = ({ keys }: ZoneState): boolean =>
  keys.some((key) => signsKeys(key) && key.ds.isConfirmed !== true && (key.ds.presence !== 'omnipresent' || !key.isWanted));
