// Which step of a rollover may be taken now. Each keeps a way from any DS to any DNSKEY set to any signature that a cache may have, for
// each algorithm (RFC 7583, RFC 6781 section 4.1, RFC 6840 section 5.11). Pure: the time is given, the state is data.
import { algorithmNumber } from '../dnskey.ts';
import { isIn, signsKeys, signsZone } from './state.ts';
import type { KeyState, Phase, ZoneState } from './state.ts';
import { begun } from './timing.ts';

/** What the rules look at: the keys as they are before the step. */
class Keys {
  readonly all: readonly KeyState[];
  readonly #of: ReadonlyMap<number, readonly KeyState[]>;

  constructor(all: readonly KeyState[]) {
    this.all = all;
    this.#of = Map.groupBy(all, ({ data }) => algorithmNumber(data));
  }
  like({ data }: KeyState): readonly KeyState[] {
    return this.#of.get(algorithmNumber(data)) ?? [];
  }
  /** Whether some parent may have a DS of ours, or some cache. */
  get isSecure(): boolean {
    return this.all.some(({ ds }) => ds.presence !== 'hidden');
  }
  get isLeaving(): boolean {
    return this.all.every(({ isWanted }) => !isWanted);
  }
  /** Whether every cache that has data of the zone can check it with every DNSKEY set that a cache may have: by this algorithm. */
  isCovered(keys: readonly KeyState[]): boolean {
    const known = keys.filter((key) => signsZone(key) && key.dnskey.presence === 'omnipresent').map(({ signatures }) =>
      signatures.presence);
    return known.includes('omnipresent') || (known.includes('rumoured') && known.includes('unretentive'));
  }
  get isAnyCovered(): boolean {
    return [...this.#of.values()].some((keys) => this.isCovered(keys));
  }
  isAnotherCovered(key: KeyState): boolean {
    const own = this.like(key);
    return [...this.#of.values()].some((keys) => keys !== own && this.isCovered(keys));
  }
}

/** Whether what it waits for is over. */
const isOver = ({ until }: Phase, now: number): boolean => until !== undefined && until <= now;
const arrived = (phase: Phase, now: number): Phase => {
  if (!isOver(phase, now)) return phase;
  if (phase.presence === 'rumoured') return begun('omnipresent', now);
  return phase.presence === 'unretentive' ? begun('hidden', now) : phase;
};

/** A key that never was there may come at once where nobody checks anything, behind the others of its algorithm, or behind signatures. */
function mayShow(key: KeyState, keys: Keys): boolean {
  if (!key.isWanted || key.dnskey.presence !== 'hidden') return false;
  if (!keys.isSecure && !keys.isAnyCovered) return true;
  const like = keys.like(key);
  return keys.isCovered(like)
    || (signsZone(key) ? [key] : like).some((other) => other.isWanted && signsZone(other) && other.signatures.presence === 'omnipresent');
}
/** A new algorithm signs everything before its key is shown (RFC 6781 section 4.1.4); another key is shown before it signs. */
function maySign(key: KeyState, keys: Keys): boolean {
  if (!key.isWanted || !signsZone(key) || key.signatures.presence !== 'hidden') return false;
  if (!keys.isSecure && !keys.isAnyCovered) return true;
  return keys.isCovered(keys.like(key)) ? key.dnskey.presence === 'omnipresent' : key.dnskey.presence === 'hidden';
}
const mayStopSigning = (key: KeyState, keys: Keys): boolean => !key.isWanted && isIn(key.signatures)
  && key.dnskey.presence === 'omnipresent' && keys.isCovered(keys.like(key))
  && keys.like(key).some((other) => other.isWanted && signsZone(other) && other.dnskey.presence === 'omnipresent'
    && isIn(other.signatures));

/** Whether a key may leave the DNSKEY set: nobody needs it, nor all of its algorithm where none of that shall stay. */
function mayHide(key: KeyState, keys: Keys): boolean {
  if (key.isWanted || !isIn(key.dnskey)) return false;
  const like = keys.like(key);
  if (!like.some(({ isWanted }) => isWanted)) {
    return like.every(({ ds }) => ds.presence === 'hidden') && keys.isAnotherCovered(key);
  }
  if (signsZone(key) && !(key.signatures.presence === 'hidden' && keys.isCovered(like))) return false;
  return !signsKeys(key) || (key.ds.presence === 'hidden'
    && like.some((other) => other.isWanted && signsKeys(other) && other.dnskey.presence === 'omnipresent'));
}
const mayAsk = (key: KeyState, keys: Keys): boolean => key.isWanted && signsKeys(key) && key.ds.presence === 'hidden'
  && key.dnskey.presence === 'omnipresent' && keys.isCovered(keys.like(key));
const mayWithdraw = (key: KeyState, keys: Keys): boolean => !key.isWanted && isIn(key.ds)
  && (keys.isLeaving || keys.all.some((other) => other.isWanted && signsKeys(other) && isIn(other.ds)));
/** A parent that shows nothing at all is not believed while the zone shall stay signed. */
const mayForget = (keys: Keys): boolean => keys.isLeaving || keys.all.some(({ ds }) => ds.presence === 'omnipresent');

function step(key: KeyState, keys: Keys, now: number): KeyState {
  if (keys.isLeaving && !keys.isSecure) {
    // Nobody checks anything: all of it goes at once.
    const out = (phase: Phase): Phase => (phase.presence === 'hidden' ? phase : begun('hidden', now));
    return { ...key, dnskey: out(key.dnskey), signatures: out(key.signatures) };
  }
  let { dnskey, signatures, ds } = key;
  if (mayShow(key, keys)) dnskey = begun('rumoured', now);
  else if (mayHide(key, keys)) dnskey = begun('unretentive', now);
  else dnskey = arrived(dnskey, now);
  if (maySign(key, keys)) signatures = begun('rumoured', now);
  else if (mayStopSigning(key, keys)) signatures = begun('unretentive', now);
  else if (!key.isWanted && isIn(signatures) && key.dnskey.presence === 'hidden') signatures = begun('hidden', now);
  else signatures = arrived(signatures, now);
  if (mayAsk(key, keys)) ds = begun('rumoured', now);
  else if (mayWithdraw(key, keys)) ds = begun('unretentive', now);
  else if ((ds.isSettled ?? ds.isConfirmed) === true && (ds.presence !== 'unretentive' || mayForget(keys))) ds = arrived(ds, now);
  return dnskey === key.dnskey && signatures === key.signatures && ds === key.ds ? key : { ...key, dnskey, signatures, ds };
}

/** What of a key is in the zone: where that differs, the plan is another one. */
const inZone = ({ dnskey, signatures, ds }: KeyState): string =>
  `${isIn(dnskey)} ${isIn(signatures)} ${isIn(ds)} ${ds.presence === 'hidden'}`;

/** Takes all steps that may be taken now. Returns the same object where there is none. */
export function advanced(state: ZoneState, now: number): ZoneState {
  if (state.isHeld) return state;
  let { keys } = state;
  for (;;) {
    const before = new Keys(keys);
    const after = keys.map((key) => step(key, before, now));
    if (after.every((key, i) => key === keys[i] || isSame(key, keys[i]!))) break;
    keys = after;
  }
  if (keys === state.keys) return state;
  const isChanged = keys.some((key, i) => inZone(key) !== inZone(state.keys[i]!));
  return { ...state, keys, stamp: state.stamp + (isChanged ? 1 : 0) };
}
const isSame = (a: KeyState, b: KeyState): boolean => a.dnskey === b.dnskey && a.signatures === b.signatures && a.ds === b.ds;
