// The records that prove what a zone has not: one behind each name (RFC 4034 section 4) or behind the hash of each (RFC 5155 section 7.1).
// Knows types and names as octets; knows no signature.
import { joined } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import { HASHED_LABEL, HASH_LENGTH, writeHashedLabel } from '../../dnssec/hashed-name.ts';
import { PLANNED } from '../../dnssec/key-plan.ts';
import { bitmapOf } from '../../dnssec/type-bitmap.ts';
import { compareBytes } from '../../store/ordered-entry.ts';
import { BELOW, CUT } from '../zone/nodes.ts';
import type { Plan } from '../zone/plan.ts';

/** How a zone proves what is not there. Hashes are made without salt, once (RFC 9276 section 3.1). */
export type Chain = 'nsec' | 'nsec3' | 'opt-out';

const SHA1 = 1, OPT_OUT = 1;
const NO_SALT = new Uint8Array(0);
/** Salt and iterations of hashes. */
export const SALT: Uint8Array = NO_SALT, ITERATIONS = 0;
const { RRSIG, NSEC, NSEC3, NSEC3PARAM, ZONEMD } = TYPE;

/**
 * Whether records of this type are made by whoever signs, at the zone's own name or elsewhere, so that what a zone has of them goes. A
 * digest of the whole zone goes too: that of the signed one is another.
 */
export const isMade = (type: number, isApex: boolean): boolean => type === RRSIG || type === NSEC || type === NSEC3
  || (isApex && (PLANNED.has(type) || type === NSEC3PARAM || type === ZONEMD));
/** Whether a set at a delegation is the zone's own (RFC 4035 section 2.2): all else there is the child's. */
export const isOwnAtCut = (type: number): boolean => type === TYPE.DS || type === NSEC;

const bitmaps = new Map<string, Uint8Array>();
/** As many kinds of names as few zones have. */
const MOST = 1000;
/** The bitmap of types: most names of a zone have the same. */
function bitmap(types: readonly number[]): Uint8Array {
  const key = types.join();
  let made = bitmaps.get(key);
  if (made === undefined) {
    if (bitmaps.size >= MOST) bitmaps.clear();
    bitmaps.set(key, made = bitmapOf(types));
  }
  return made;
}
/** The types that a proof tells of a name: at a delegation those of the parent's side. */
const told = (types: readonly number[], isCut: boolean): number[] =>
  (isCut ? types.filter((type) => type === TYPE.NS || type === TYPE.DS) : [...types]);

/** The data of the NSEC of a name with these types; `next` is the wire name behind it, `length` bytes of it. */
export function nsecData(next: Uint8Array, length: number, types: readonly number[], isCut: boolean): Uint8Array {
  return joined([next.subarray(0, length), bitmap([...told(types, isCut), RRSIG, NSEC])]);
}
/** The data of the NSEC3 of a name with these types; the hash behind it is at `at` in `next`. */
export function nsec3Data(next: Uint8Array, at: number, types: readonly number[], isCut: boolean, chain: Chain): Uint8Array {
  const own = told(types, isCut);
  // What is signed at the name: at a delegation without keys nothing is.
  const isSigned = own.length > 0 && (!isCut || own.includes(TYPE.DS));
  const head = Uint8Array.of(SHA1, chain === 'opt-out' ? OPT_OUT : 0, ITERATIONS >> 8, ITERATIONS, NO_SALT.length, HASH_LENGTH);
  return joined([head, next.subarray(at, at + HASH_LENGTH), bitmap(isSigned ? [...own, RRSIG] : own)]);
}
/** The data of the NSEC3PARAM of the zone: its flags are always 0 (RFC 5155 section 4.1.2). */
export const nsec3ParamData = (): Uint8Array => Uint8Array.of(SHA1, 0, ITERATIONS >> 8, ITERATIONS, NO_SALT.length);

/** Writes the owner of a hash, below a zone, to `to`; says how many bytes. */
export function writeHashOwner(hash: Uint8Array, at: number, zone: Uint8Array, to: Uint8Array): number {
  to[0] = HASHED_LABEL;
  writeHashedLabel(hash, at, to, 1);
  to.set(zone, HASHED_LABEL + 1);
  return HASHED_LABEL + 1 + zone.length;
}

/** The places of hashes that lie one behind the other, in the order of hashes. Throws Error where two are the same. */
export function sortHashes(hashes: Uint8Array, count: number): Int32Array {
  const size = HASH_LENGTH;
  const compare = (a: number, b: number): number => compareBytes(hashes, a * size, size, hashes, b * size, size);
  const order = Int32Array.from({ length: count }, (_, i) => i).sort(compare);
  for (let i = 1; i < count; i++) if (compare(order[i - 1]!, order[i]!) === 0) throw new Error('two names have the same hash');
  return order;
}
/**
 * The places in a plan of names whose hashes are proven: all that are this zone's, with those that own nothing; with opt-out neither
 * delegations without DS nor what is empty and above these alone (RFC 5155 section 7.1).
 */
export function provenByHash(plan: Plan, chain: Chain, hasDs: (name: number) => boolean): number[] {
  const proven: number[] = [];
  // From the last to the first, so that what is below a name was met before it.
  let below = -1;
  for (let i = plan.count - 1; i >= 0; i--) {
    const flags = plan.flags[i]!;
    if ((flags & BELOW) !== 0) continue;
    const isLeftOut = chain === 'opt-out' && (plan.name[i] === 0 ? !(below >= 0 && plan.isAbove(i, below))
      : (flags & CUT) !== 0 && !hasDs(plan.name[i]!));
    if (isLeftOut) continue;
    proven.push(i);
    below = i;
  }
  return proven.reverse();
}
