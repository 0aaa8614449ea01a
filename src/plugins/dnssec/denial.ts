// Records that deny a name or a type without anybody knowing what else there is: made for one question, and no more than that question is
// answered by them. Black lies as CoreDNS tells them (DSEC-7, DSEC-8), compact denial (RFC 9824) and white lies of NSEC3 (RFC 7129 appendix
// B). Knows names as folded wire bytes; knows neither keys nor replies.
import { TYPE } from '../../dns/type-name.ts';
import { HASHED_LABEL, HASH_LENGTH, hashName, writeHashedLabel } from '../../dnssec/hashed-name.ts';
import { bitmapOf } from '../../dnssec/type-bitmap.ts';

/** The longest name, and the longest label, in octets. */
const MOST_NAME = 255, MOST_LABEL = 63;

/** What is denied: the name that is asked for, a type of it, or that the delegation there is signed. */
export type Denied = 'name' | 'type' | 'signed delegation';
/** How. */
export type DenialKind = 'black lies' | 'compact' | 'nsec3';

/** The question, as far as a denial needs it. */
export interface Denying {
  /** The folded wire name that is asked for, and the type. */
  readonly name: Uint8Array;
  readonly type: number;
  /** Octets of the zone's name at the end of it. */
  readonly zone: number;
  /** Octets of the name of the delegation at its end; that of the name where none is in the way. */
  readonly cut: number;
}

/** One record of a denial. */
export interface DenialRecord {
  readonly type: number;
  /** The wire form of its owner, folded. */
  readonly owner: Uint8Array;
  /** Its first label where the rest is the end of the question's name; undefined where all of it is. */
  readonly label: Uint8Array | undefined;
  readonly data: Uint8Array;
}

const { A, NS, SOA, HINFO, MX, TXT, AAAA, LOC, SRV, CERT, SSHFP, TLSA, HIP, OPENPGPKEY, SPF } = TYPE;
const { DS, RRSIG, NSEC, DNSKEY, NSEC3, NXNAME } = TYPE;
/** DSEC-7, DSEC-8. */
const AT_APEX = [A, NS, SOA, HINFO, MX, TXT, AAAA, LOC, SRV, CERT, SSHFP, RRSIG, NSEC, DNSKEY, TLSA, HIP, OPENPGPKEY, SPF];
const AT_NAME = [A, HINFO, TXT, AAAA, LOC, SRV, CERT, SSHFP, RRSIG, NSEC, TLSA, HIP, OPENPGPKEY, SPF];
const AT_CUT = [...AT_NAME, NS];

/** Types that say what a name is, that are no data, or that are denied in other ways: 128 to 255 are for questions alone. */
const NEVER: readonly number[] = [
  NS, SOA, TYPE.CNAME, TYPE.DNAME, DS, DNSKEY, TYPE.CDS, TYPE.CDNSKEY, TYPE.OPT, NSEC, NSEC3, TYPE.NSEC3PARAM, TYPE.CSYNC, TYPE.ZONEMD,
];
/** Everything that may be at a name: a denial that says less would deny what is there, to whoever believes it for other questions. */
const ANY_DATA: readonly number[] = Object.values(TYPE).filter((type) => !NEVER.includes(type) && (type < 128 || type > 255));
const ANY_AT_APEX: readonly number[] = [...ANY_DATA, NS, SOA, DNSKEY, TYPE.NSEC3PARAM, TYPE.CDS, TYPE.CDNSKEY, TYPE.CSYNC, TYPE.ZONEMD];

/** Bitmaps of lists without one type; made once each. */
class Bitmaps {
  readonly #types: readonly number[];
  readonly #whole: Uint8Array;
  readonly #without = new Map<number, Uint8Array>();

  constructor(types: readonly number[]) {
    this.#types = types;
    this.#whole = bitmapOf(types);
  }
  without(type: number): Uint8Array {
    if (!this.#types.includes(type)) return this.#whole;
    let found = this.#without.get(type);
    if (found === undefined) this.#without.set(type, (found = bitmapOf(this.#types.filter((other) => other !== type))));
    return found;
  }
  get whole(): Uint8Array {
    return this.#whole;
  }
}
const atApex = new Bitmaps(AT_APEX), atName = new Bitmaps(AT_NAME), atCut = new Bitmaps(AT_CUT);
const anyAtName = new Bitmaps([...ANY_DATA, NSEC]), anyAtApex = new Bitmaps([...ANY_AT_APEX, NSEC]);
const anyAtCut = new Bitmaps([...ANY_DATA, NSEC, NS]);
const hashedAny = new Bitmaps(ANY_DATA), hashedApex = new Bitmaps(ANY_AT_APEX), hashedCut = new Bitmaps([...ANY_DATA, NS]);
const NOBODY = bitmapOf([RRSIG, NSEC, NXNAME]);
const DELEGATION = bitmapOf([NS, RRSIG, NSEC]), HASHED_DELEGATION = bitmapOf([NS]);

/** The records that deny it. */
export function denialOf(kind: DenialKind, denied: Denied, asked: Denying): readonly DenialRecord[] {
  if (kind === 'nsec3') return hashedDenial(denied, asked);
  if (kind === 'compact') return [compactDenial(denied, asked)];
  const { name, type, zone } = asked;
  if (denied === 'signed delegation') return [nsec(name, beside(name), atCut.whole)];
  const lies = name.length === zone ? atApex : type === DS ? atCut : atName;
  // Of a question for the record itself the record is the answer.
  return [nsec(name, below(name), type === NSEC ? lies.whole : lies.without(type))];
}

function compactDenial(denied: Denied, { name, type, zone, cut }: Denying): DenialRecord {
  if (denied === 'signed delegation') {
    const owner = name.subarray(name.length - cut);
    return nsec(owner, below(owner), DELEGATION);
  }
  if (denied === 'name') return nsec(name, below(name), NOBODY);
  const lies = name.length === zone ? anyAtApex : type === DS ? anyAtCut : anyAtName;
  return nsec(name, below(name), type === NSEC ? lies.whole : lies.without(type));
}

const nsec = (owner: Uint8Array, next: Uint8Array, types: Uint8Array): DenialRecord =>
  ({ type: NSEC, owner, label: undefined, data: Buffer.concat([next, types]) });

/** The very next name: a label of one zero octet in front (RFC 4470). */
function below(name: Uint8Array): Uint8Array {
  if (name.length + 2 > MOST_NAME) return beside(name);
  const next = new Uint8Array(name.length + 2);
  next[0] = 1;
  next.set(name, 2);
  return next;
}
/** The next name that is not below: a zero octet behind the first label, or its last octet one more where that does not fit. */
function beside(name: Uint8Array): Uint8Array {
  const size = name[0]!;
  if (size === 0) return name;
  if (size < MOST_LABEL && name.length < MOST_NAME) {
    const next = new Uint8Array(name.length + 1);
    next.set(name.subarray(0, size + 1));
    next[0] = size + 1;
    next.set(name.subarray(size + 1), size + 2);
    return next;
  }
  let last = size;
  while (last > 0 && name[last] === 0xff) last--;
  if (last === 0) return beside(name.subarray(size + 1));
  const next = Uint8Array.from([last, ...name.subarray(1, last + 1), ...name.subarray(size + 1)]);
  // Behind `@` would come capital letters, which are the same as small ones.
  next[last] = next[last] === 0x40 ? 0x5b : next[last]! + 1;
  return next;
}

const NO_SALT = new Uint8Array(0);
/** SHA-1, no flags, no iterations, no salt (RFC 9276 section 3.1); the length of the next hash. */
const HASHED = Uint8Array.of(1, 0, 0, 0, 0, HASH_LENGTH);

/**
 * The name's parent is shown as its closest encloser, with all that may be there; the name and the `*` beside it are not. Three records,
 * and nothing else is denied by them but names that have just these hashes.
 */
function hashedDenial(denied: Denied, { name, type, zone, cut }: Denying): readonly DenialRecord[] {
  const wire = name.subarray(name.length - zone);
  if (denied === 'signed delegation') return [matching(name.subarray(name.length - cut), wire, HASHED_DELEGATION)];
  if (denied === 'type' || name.length === zone) {
    const lies = name.length === zone ? hashedApex : type === DS ? hashedCut : hashedAny;
    return [matching(name, wire, lies.without(type))];
  }
  const parent = name.subarray(name[0]! + 1);
  const star = Buffer.concat([Uint8Array.of(1, 0x2a), parent]);
  const lies = parent.length === zone ? hashedApex : hashedAny;
  return [matching(parent, wire, lies.whole), covering(name, wire), covering(star, wire)];
}

function matching(name: Uint8Array, zone: Uint8Array, types: Uint8Array): DenialRecord {
  const hash = new Uint8Array(HASH_LENGTH);
  hashName(name, 0, NO_SALT, 0, hash, 0);
  return nsec3(hash, moved(hash, 1), zone, types);
}
function covering(name: Uint8Array, zone: Uint8Array): DenialRecord {
  const hash = new Uint8Array(HASH_LENGTH);
  hashName(name, 0, NO_SALT, 0, hash, 0);
  return nsec3(moved(hash, -1), moved(hash, 1), zone, NO_SALT);
}
function nsec3(owner: Uint8Array, next: Uint8Array, zone: Uint8Array, types: Uint8Array): DenialRecord {
  const label = new Uint8Array(1 + HASHED_LABEL);
  label[0] = HASHED_LABEL;
  writeHashedLabel(owner, 0, label, 1);
  return { type: NSEC3, owner: Buffer.concat([label, zone]), label, data: Buffer.concat([HASHED, next, types]) };
}
/** The hash before or behind another one, around the end. */
function moved(hash: Uint8Array, by: 1 | -1): Uint8Array {
  const other = Uint8Array.from(hash);
  for (let i = HASH_LENGTH - 1; i >= 0; i--) {
    other[i]! += by;
    if (other[i] !== (by === 1 ? 0 : 0xff)) break;
  }
  return other;
}
