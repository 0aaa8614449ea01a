// Which keys a zone shall have: what the policy says, how old keys may become, and what somebody orders. Pure; makes no key, but says which
// are to be made.
import { algorithmNumber } from '../dnskey.ts';
import { signsKeys } from './state.ts';
import type { KeyState, Role, ZoneState } from './state.ts';
import { begun } from './timing.ts';
import type { Delays } from './timing.ts';

/** What keys a zone shall have, and how long caches may keep things. */
export interface KeyPolicy extends Delays {
  /** One CSK, or KSK and ZSK; none where the zone shall be unsigned. */
  readonly roles: readonly Role[];
  /** The number of the algorithm, and bits where that needs them. */
  readonly algorithm: number;
  readonly bits: number | undefined;
  /** Seconds after which another key follows, by role; one that is not here stays. */
  readonly lifetimes: ReadonlyMap<Role, number>;
}

const ofRole = (state: ZoneState, role: Role): readonly KeyState[] => state.keys.filter((key) => key.role === role);
const isFit = (key: KeyState, { roles, algorithm }: KeyPolicy): boolean =>
  roles.includes(key.role) && algorithmNumber(key.data) === algorithm;

/** Whether a key of this role is on its way out, so that another one has to wait. */
export const isRolling = (state: ZoneState, role: Role): boolean => ofRole(state, role).some(({ isWanted }) => !isWanted);

/** Seconds since 1970 at which the key of this role is old; Infinity where it never is, or another one is under way. */
export function ageTime(state: ZoneState, policy: KeyPolicy, role: Role): number {
  const lifetime = policy.lifetimes.get(role);
  const key = ofRole(state, role).find(({ isWanted }) => isWanted);
  return lifetime === undefined || key?.active === undefined || isRolling(state, role) ? Infinity : key.active + lifetime;
}

/** The roles of which a new key is to be made now. `ordered` are those that somebody wants another one of. */
export function wishes(state: ZoneState, policy: KeyPolicy, ordered: readonly Role[], now: number): Role[] {
  if (state.isHeld && state.keys.length > 0) return [];
  return policy.roles.filter((role) => {
    const fit = ofRole(state, role).some((key) => key.isWanted && isFit(key, policy));
    return !fit || ageTime(state, policy, role) <= now || (ordered.includes(role) && !isRolling(state, role));
  });
}

/** A key that was made. */
export type MadeKey = Pick<KeyState, 'file' | 'role' | 'data'>;

/** The state with new keys: those that they follow, and those that the policy does not have, are on their way out. */
export function withKeys(state: ZoneState, policy: KeyPolicy, made: readonly MadeKey[], now: number): ZoneState {
  if (state.isHeld && state.keys.length > 0) return state;
  const replaced = new Set(made.map(({ role }) => role));
  const isOut = (key: KeyState): boolean => key.isWanted && (replaced.has(key.role) || !isFit(key, policy));
  if (made.length === 0 && !state.keys.some(isOut)) return state;
  const hidden = begun('hidden', now);
  return {
    ...state, stamp: state.stamp + 1,
    keys: [
      ...state.keys.map((key) => (isOut(key) ? { ...key, isWanted: false } : key)),
      ...made.map((key): KeyState => ({ ...key, created: now, isWanted: true, dnskey: hidden, signatures: hidden, ds: hidden })),
    ],
  };
}

/** Keys that are neither wanted nor known to any cache, and the state without them. */
export function withoutRemoved(state: ZoneState): { readonly state: ZoneState; readonly removed: readonly KeyState[] } {
  const isRemoved = (key: KeyState): boolean => !key.isWanted && [key.dnskey, key.signatures, key.ds].every(({ presence }) =>
    presence === 'hidden');
  const removed = state.keys.filter(isRemoved);
  return { removed, state: removed.length === 0 ? state : { ...state, keys: state.keys.filter((key) => !isRemoved(key)) } };
}

/** Keys of which nothing is known but that they are in use: all that caches may have of them they have. */
export function takenOver(state: ZoneState, keys: readonly MadeKey[], now: number): ZoneState {
  const there = begun('omnipresent', now);
  const hidden = begun('hidden', now);
  return {
    ...state, stamp: state.stamp + 1,
    keys: keys.map((key): KeyState => ({
      ...key, created: now, active: now, isWanted: true, dnskey: there, signatures: key.role === 'ksk' ? hidden : there,
      ds: signsKeys(key) ? begun('rumoured', now) : hidden,
    })),
  };
}
